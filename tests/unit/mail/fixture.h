#ifndef MAIL_FIXTURE_H
#define MAIL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "liaison/mail/message.h"

/* After our headers: it makes a macro of fail. */
#include <cmocka.h>

/* What every test of the mail room needs: converters, an arena, and items made of readable text. */

extern struct charsets *charsets;
extern struct arena *arena;

int fixture_setup(void **state);
int fixture_teardown(void **state);
int fixture_reset(void **state); /* before each test */

/* An item being made. */
struct item {
	struct text bytes;
	struct frame_writer writer;
};

void item_begin(struct item *item);
void item_header(struct item *item, const char *bytes, size_t size);
void item_part(struct item *item, const char *number, const char *type, const char *subtype,
	const char *disposition, const char *name, uint64_t size);
/* Ends the item and reads it as parse does; the result passed through a frame and back, so that what
 * is tested is what the engine gets. */
struct event *item_event(struct item *item);

/* Internal date of all items here: 2024-05-03T12:00:00+02:00. */
#define FIXTURE_INTERNAL INT64_C(1714730400)
enum { FIXTURE_OFFSET = 120 };

/* The event of a message with that header block. */
struct event *event_of(const char *header);
struct event *event_of_bytes(const char *header, size_t size);
/* The i-th party of a role; NULL if there is none. */
const struct event_party *party_of(const struct event *event, enum party_role role, unsigned i);

/* CPU milliseconds since the first call with that start. */
double cpu_ms(void);

void assert_text(const char *got, const char *expected); /* both may be NULL */

#define MAIL_TEST(name)       cmocka_unit_test_setup(name, fixture_reset)
#define RUN_MAIL_TESTS(tests) cmocka_run_group_tests(tests, fixture_setup, fixture_teardown)

#endif
