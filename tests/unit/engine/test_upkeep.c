#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liaison/base/arena.h"
#include "liaison/base/log.h"
#include "liaison/store/migrate.h"
#include "store/faulty.h"
#include "test.h"
#include "upkeep.h"

/* What the writer does for its database between pieces of work. */

struct desk {
	char folder[60], path[100];
	struct store *store;
	struct upkeep upkeep;
};

static int
open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	struct err err;

	log_set_level(LOG_ERROR);
	snprintf(desk->folder, sizeof desk->folder, "/tmp/liaison-upkeep-XXXXXX");
	assert_non_null(mkdtemp(desk->folder));
	snprintf(desk->path, sizeof desk->path, "%s/liaison.db", desk->folder);
	desk->store = store_open(desk->path, STORE_WRITER, &err);
	assert_non_null(desk->store);
	assert_int_equal(store_migrate(desk->store, desk->path, &err), 0);
	upkeep_init(&desk->upkeep, desk->store);
	*state = desk;
	return 0;
}

static int
close_desk(void **state)
{
	static const char *const ENDINGS[] = { "", "-wal", "-shm", ".aside" };
	struct desk *desk = *state;
	char path[120];

	faulty_set(FAULT_NONE, 0, false);
	upkeep_clear(&desk->upkeep);
	store_close(desk->store);
	for (size_t i = 0; i < sizeof ENDINGS / sizeof ENDINGS[0]; i++) {
		snprintf(path, sizeof path, "%s%s", desk->path, ENDINGS[i]);
		unlink(path);
	}
	rmdir(desk->folder);
	free(desk);
	return 0;
}

static const char INSERT[] = "INSERT OR REPLACE INTO setup (key, value) VALUES (?, ?)";

static int
put(struct desk *desk, const char *key, size_t size)
{
	struct stmt *q = sql_prepare(desk->store, INSERT);
	char *value = mem_zero(1, size + 1);
	struct err err;
	int result;

	memset(value, 'x', size);
	stmt_bind_text(q, key);
	stmt_bind_text(q, value);
	result = stmt_run(q, &err);
	free(value);
	return result;
}

static void
assert_trouble(struct desk *desk, const char *part)
{
	char words[400];
	bool any = upkeep_trouble(&desk->upkeep, words, sizeof words);

	if (part == NULL && any)
		fail_msg("there is trouble: %s", words);
	if (part != NULL && (!any || strstr(words, part) == NULL))
		fail_msg("'%s' does not say '%s'", words, part);
}

static void
opens_the_database_again_after_a_sync_that_failed(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(put(desk, "before", 10), 0);
	upkeep_turn(&desk->upkeep, false);
	assert_trouble(desk, NULL);
	faulty_set(FAULT_SYNC, 1, false);
	assert_int_equal(put(desk, "during", 10), -1);
	assert_true(store_is_poisoned(desk->store));
	upkeep_turn(&desk->upkeep, false);
	assert_false(store_is_poisoned(desk->store));
	assert_trouble(desk, NULL);
	assert_int_equal(put(desk, "after", 10), 0);
}

static void
says_what_keeps_it_from_being_opened_and_tries_again(void **state)
{
	struct desk *desk = *state;

	faulty_set(FAULT_SYNC, 1, true);
	assert_int_equal(put(desk, "during", 10), -1);
	upkeep_turn(&desk->upkeep, false);
	assert_true(store_is_poisoned(desk->store));
	assert_trouble(desk, "nothing can be written");
	faulty_set(FAULT_NONE, 0, false);
	upkeep_turn(&desk->upkeep, true); /* too early */
	assert_true(store_is_poisoned(desk->store));
	desk->upkeep.mend_due_ms = 0;
	upkeep_turn(&desk->upkeep, true);
	assert_false(store_is_poisoned(desk->store));
	assert_trouble(desk, NULL);
}

static void
waits_longer_each_time_for_one_that_falls_ill_again(void **state)
{
	struct desk *desk = *state;
	int64_t delay = 0;

	for (int i = 0; i < 12; i++) {
		faulty_set(FAULT_SYNC, 1, false);
		assert_int_equal(put(desk, "during", 10), -1);
		upkeep_turn(&desk->upkeep, false);
		assert_int_equal(store_is_poisoned(desk->store), i > 0);
		desk->upkeep.mend_due_ms = 0;
		upkeep_turn(&desk->upkeep, false);
		assert_false(store_is_poisoned(desk->store));
		assert_true(desk->upkeep.mend_delay_ms >= delay);
		delay = desk->upkeep.mend_delay_ms;
	}
	assert_int_equal(delay, 60000);
}

static void
begin_reading(struct store *reader)
{
	struct err err;
	bool found;
	int64_t count;

	assert_int_equal(store_begin(reader, &err), 0);
	assert_int_equal(sql_get_int(sql_prepare(reader, "SELECT count(*) FROM setup"), &count,
				 &found, &err),
		0);
}

/* 64 MiB and a little. */
static void
write_much(struct desk *desk)
{
	for (int i = 0; i < 36; i++) {
		assert_int_equal(put(desk, i % 2 == 0 ? "a" : "b", 2 << 20), 0);
		upkeep_turn(&desk->upkeep, false);
	}
}

static void
tells_of_a_log_that_grows_as_a_reader_holds_it(void **state)
{
	struct desk *desk = *state;
	struct store *reader;
	struct err err;

	reader = store_open(desk->path, STORE_READER, &err);
	assert_non_null(reader);
	begin_reading(reader);
	write_much(desk);
	desk->upkeep.log_due_ms = 0;
	upkeep_turn(&desk->upkeep, true);
	assert_trouble(desk, "write-ahead log has grown to");
	store_rollback(reader);
	desk->upkeep.log_due_ms = 0;
	upkeep_turn(&desk->upkeep, true);
	assert_trouble(desk, NULL);
	assert_int_equal(store_wal_pages(desk->store), 0);
	store_close(reader);
}

static void
keeps_the_log_short_while_nobody_holds_it(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(put(desk, "a", 10), 0);
	upkeep_turn(&desk->upkeep, true); /* a pause, after which it is not waited again */
	for (int i = 0; i < 36; i++) {
		assert_int_equal(put(desk, "a", 2 << 20), 0);
		upkeep_turn(&desk->upkeep, false);
		assert_in_range(store_wal_pages(desk->store), 0, 6000);
	}
	upkeep_turn(&desk->upkeep, true);
	assert_int_equal(store_wal_pages(desk->store), 0);
}

/* Each try to move a log that is held may take a while. */
static void
does_not_try_at_each_commit_to_move_a_log_that_is_held(void **state)
{
	struct desk *desk = *state;
	struct store *reader;
	struct err err;
	int64_t due;

	reader = store_open(desk->path, STORE_READER, &err);
	assert_non_null(reader);
	begin_reading(reader);
	write_much(desk);
	desk->upkeep.log_due_ms = 0;
	upkeep_turn(&desk->upkeep, false);
	due = desk->upkeep.log_due_ms;
	assert_true(due > 0);
	desk->upkeep.log_due_ms = due += 100000;
	assert_int_equal(put(desk, "a", 100), 0);
	upkeep_turn(&desk->upkeep, false);
	assert_int_equal(desk->upkeep.log_due_ms, due);
	store_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_the_database_again_after_a_sync_that_failed),
		TEST(says_what_keeps_it_from_being_opened_and_tries_again),
		TEST(waits_longer_each_time_for_one_that_falls_ill_again),
		TEST(tells_of_a_log_that_grows_as_a_reader_holds_it),
		TEST(keeps_the_log_short_while_nobody_holds_it),
		TEST(does_not_try_at_each_commit_to_move_a_log_that_is_held),
	};

	faulty_install();
	return cmocka_run_group_tests_name("upkeep", tests, NULL, NULL);
}
