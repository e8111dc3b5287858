#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/base/arena.h"

static void
gives_zeroed_aligned_memory_that_does_not_overlap(void **state)
{
	struct arena *arena = arena_new();
	unsigned char *pieces[2000];
	size_t sizes[2000];

	(void)state;
	srand(1);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2000; i++) {
			sizes[i] = (size_t)(rand() % (i % 50 == 0 ? 100000 : 200));
			pieces[i] = arena_alloc(arena, sizes[i]);
			assert_int_equal((uintptr_t)pieces[i] % 16, 0);
			for (size_t k = 0; k < sizes[i]; k++)
				if (pieces[i][k] != 0)
					fail_msg("a byte is not zero");
			memset(pieces[i], i & 0xff, sizes[i]);
		}
		for (int i = 0; i < 2000; i++)
			for (size_t k = 0; k < sizes[i]; k++)
				if (pieces[i][k] != (i & 0xff))
					fail_msg("piece %d was written over", i);
		assert_true(arena_used(arena) > 100000);
		arena_reset(arena);
		assert_int_equal(arena_used(arena), 0);
	}
	arena_free(arena);
	arena_free(NULL);
}

static void
grows_an_array_and_keeps_its_items(void **state)
{
	struct arena *arena = arena_new();
	uint64_t *items = NULL;
	unsigned count = 0, room = 0, grown = 0;

	(void)state;
	while (count < 1000) {
		if (count == room) {
			items = arena_grow(arena, items, count, &room, sizeof *items);
			assert_true(room > count * 2);
			grown++;
		}
		assert_int_equal(items[count], 0);
		items[count] = count + 1;
		count++;
	}
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(items[i], i + 1);
	assert_true(grown < 10);
	arena_free(arena);
}

static void
copies_and_prints_text(void **state)
{
	struct arena *arena = arena_new();
	char longer[40000];

	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_null(arena_text(arena, NULL));
	assert_string_equal(arena_text(arena, "abc"), "abc");
	assert_string_equal(arena_text_n(arena, "abc", 2), "ab");
	assert_string_equal(arena_text_n(arena, NULL, 0), "");
	assert_string_equal(arena_printf(arena, "%s-%d", "a", 5), "a-5");
	assert_int_equal(strlen(arena_printf(arena, "%s", longer)), sizeof longer - 1);
	arena_free(arena);
}

/* What cannot be had ends the program with 71, so that its parent replaces it. */
static void
ends_the_program_when_a_product_overflows(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct arena *arena = arena_new();

		close(STDERR_FILENO);
		arena_array(arena, SIZE_MAX / 2, 4);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 71);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory_that_does_not_overlap),
		cmocka_unit_test(grows_an_array_and_keeps_its_items),
		cmocka_unit_test(copies_and_prints_text),
		cmocka_unit_test(ends_the_program_when_a_product_overflows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
