#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
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
	upkeep_stop(&desk->upkeep);
	faulty_on_read(NULL);
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

/* However long a machine that is busy takes for it. */
static void
turn_until_examined(struct desk *desk)
{
	do
		upkeep_turn(&desk->upkeep, false);
	while (desk->upkeep.fresh != NULL && sched_yield() == 0);
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
	turn_until_examined(desk);
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
	turn_until_examined(desk);
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
		turn_until_examined(desk);
		assert_int_equal(store_is_poisoned(desk->store), i > 0);
		desk->upkeep.mend_due_ms = 0;
		turn_until_examined(desk);
		assert_false(store_is_poisoned(desk->store));
		assert_true(desk->upkeep.mend_delay_ms >= delay);
		delay = desk->upkeep.mend_delay_ms;
	}
	assert_int_equal(delay, 60000);
}

enum { PAGES = 2000, PAGE = 4096, PARTS = 4, SLOW_US = 5000 };

static pthread_t us;
static atomic_bool is_slow;
static atomic_uint reads; /* of others */

/* A slow disk, but for this thread. */
static void
read_slowly(void)
{
	if (pthread_equal(pthread_self(), us))
		return;
	reads++;
	if (is_slow)
		usleep(SLOW_US);
}

/* Ten seconds of reading. */
static void
fill(struct desk *desk)
{
	char key[] = "a";

	for (; key[0] < 'a' + PARTS; key[0]++)
		assert_int_equal(put(desk, key, PAGES / PARTS * PAGE), 0);
	upkeep_turn(&desk->upkeep, true);
	assert_int_equal(store_wal_pages(desk->store), 0);
}

static void
fall_ill_slowly(struct desk *desk)
{
	faulty_set(FAULT_SYNC, 1, false);
	assert_int_equal(put(desk, "during", 10), -1);
	us = pthread_self();
	is_slow = true;
	reads = 0;
	faulty_on_read(read_slowly);
}

static void
goes_on_while_a_large_database_is_examined(void **state)
{
	struct desk *desk = *state;

	fill(desk);
	fall_ill_slowly(desk);
	for (int i = 0; i < 3; i++)
		upkeep_turn(&desk->upkeep, true);
	assert_true(store_is_poisoned(desk->store));
	assert_non_null(desk->upkeep.fresh);
	assert_int_equal(put(desk, "too early", 10), -1);
	assert_trouble(desk, "disk I/O error");
	is_slow = false;
	turn_until_examined(desk);
	assert_false(store_is_poisoned(desk->store));
	assert_trouble(desk, NULL);
	assert_true(reads >= PAGES);
	assert_int_equal(put(desk, "after", 10), 0);
}

static void
is_examined_no_further_when_it_is_time_to_stop(void **state)
{
	struct desk *desk = *state;

	fill(desk);
	fall_ill_slowly(desk);
	upkeep_turn(&desk->upkeep, false);
	assert_non_null(desk->upkeep.fresh);
	upkeep_stop(&desk->upkeep);
	assert_null(desk->upkeep.fresh);
	assert_true(reads < PAGES / 2);
	assert_true(store_is_poisoned(desk->store));
}

/* In the middle of a value. */
static void
damage(struct desk *desk)
{
	FILE *file = fopen(desk->path, "r+b");

	assert_non_null(file);
	fseek(file, PAGES / 2 * PAGE, SEEK_SET);
	for (int i = 0; i < PAGE; i++)
		fputc(0xa5, file);
	fclose(file);
}

/* The disk is also there for others. */
static void
rests_for_as_long_as_it_took_to_find_the_damage(void **state)
{
	struct desk *desk = *state;
	int64_t before = clock_monotonic_ms();

	fill(desk);
	damage(desk);
	fall_ill_slowly(desk);
	upkeep_turn(&desk->upkeep, false);
	assert_non_null(desk->upkeep.fresh);
	desk->upkeep.examined_since_ms -= 900000;
	is_slow = false;
	turn_until_examined(desk);
	assert_trouble(desk, "damaged");
	assert_true(store_is_poisoned(desk->store));
	assert_true(desk->upkeep.mend_due_ms >= before + 900000);
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
		TEST(goes_on_while_a_large_database_is_examined),
		TEST(is_examined_no_further_when_it_is_time_to_stop),
		TEST(rests_for_as_long_as_it_took_to_find_the_damage),
		TEST(tells_of_a_log_that_grows_as_a_reader_holds_it),
		TEST(keeps_the_log_short_while_nobody_holds_it),
		TEST(does_not_try_at_each_commit_to_move_a_log_that_is_held),
	};

	faulty_install();
	return cmocka_run_group_tests_name("upkeep", tests, NULL, NULL);
}
