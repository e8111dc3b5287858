#ifndef LIAISON_TESTS_TEST_H
#define LIAISON_TESTS_TEST_H

/* What every unit test includes first: cmocka and what it needs, without its macro fail(), which
 * would hide ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#undef fail_msg
#define fail_msg(...) \
	do { \
		print_error("ERROR: " __VA_ARGS__); \
		print_error("\n"); \
		_fail(__FILE__, __LINE__); \
	} while (0)

#endif
