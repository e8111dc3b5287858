#include "fixture.h"

#include "faulty.h"

/* A disk that fails at every moment there is: what was committed is there, nothing is there by half,
 * and the next opening finds a sound database. */

static void
poisons_the_store_when_a_sync_fails(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path);
	struct err err = { 0 };
	int64_t pages;

	must_run(store, "INSERT INTO setup (key) VALUES ('before')");
	assert_int_equal(store_begin(store, &err), 0);
	must_run(store, "INSERT INTO setup (key) VALUES ('during')");
	faulty_set(FAULT_SYNC, 1, 0);
	assert_int_equal(store_commit(store, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	assert_true(faulty_happened());
	assert_true(store_is_poisoned(store));
	store_rollback(store);
	/* The disk is well again, but what the kernel holds is not known. */
	must_fail(store, "INSERT INTO setup (key) VALUES ('after')", ERR_STORAGE, "opened again");
	must_fail(store, "SELECT count(*) FROM setup", ERR_STORAGE, "opened again");
	assert_int_equal(store_begin(store, &err), -1);
	assert_int_equal(store_checkpoint(store, false, &pages, &err), -1);
	store_close(store);
	store = must_make(path);
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup WHERE key = 'before'"), 1);
	must_run(store, "INSERT INTO setup (key) VALUES ('after')");
	assert_int_equal(store_check(store, false, NULL, NULL, &err), 0);
	store_close(store);
}

static void
goes_on_when_the_disk_has_room_again(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct err err = { 0 };

	faulty_set(FAULT_FULL, 1, 1);
	assert_int_equal(store_begin(store, &err), 0);
	must_run(store, "INSERT INTO setup (key) VALUES ('a')");
	assert_int_equal(store_commit(store, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	must_say(&err, "disk is full");
	store_rollback(store);
	assert_false(store_is_poisoned(store));
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup"), 0);
	faulty_set(FAULT_NONE, 0, 0);
	must_run(store, "INSERT INTO setup (key) VALUES ('a')");
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup"), 1);
	store_close(store);
}

enum { PAIRS = 12 };

/* Two rows a transaction, every third with a savepoint that is undone; returns pairs committed. */
static int
put_pairs(struct store *store, int first)
{
	static const char INSERT[] =
		"INSERT INTO setup (key, value) VALUES (?, printf('%.*c', 3000, 'x'))";
	struct err err;
	int64_t pages;

	for (int i = first; i < PAIRS; i++) {
		bool ok = store_begin(store, &err) == 0;

		for (int half = 0; half < 2 && ok; half++) {
			char key[32];
			struct stmt *q;

			if (i % 3 == 0 && store_savepoint(store, &err) == 0) {
				q = sql_prepare(store, INSERT);
				stmt_bind_text(q, "undone");
				ok = stmt_run(q, &err) == 0;
				store_rollback_to(store);
			}
			snprintf(key, sizeof key, "%03d.%d", i, half);
			q = sql_prepare(store, INSERT);
			stmt_bind_text(q, key);
			ok = stmt_run(q, &err) == 0 && ok;
		}
		if (!ok || store_commit(store, &err) < 0) {
			store_rollback(store);
			return i;
		}
		if (i % 4 == 3 && store_checkpoint(store, i % 8 == 7, &pages, &err) < 0)
			return i + 1;
	}
	return PAIRS;
}

/* Opens, migrates and writes until something fails; returns pairs that were acknowledged. */
static int
live_until_it_fails(const char *path)
{
	struct err err = { 0 };
	struct store *store = store_open(path, STORE_WRITER, &err);
	int done = 0;

	if (store == NULL)
		return 0;
	if (store_migrate(store, path, &err) == 0)
		done = put_pairs(store, 0);
	store_close(store);
	return done;
}

static void
check_what_is_left(const char *path, int acknowledged)
{
	struct store *store = must_make(path);
	struct err err = { 0 };
	int64_t rows;

	if (store_check(store, false, NULL, NULL, &err) < 0)
		fail_msg("%s", err.message);
	rows = must_get(store, "SELECT count(*) FROM setup");
	assert_int_equal(rows % 2, 0);
	assert_true(rows / 2 >= acknowledged);
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup WHERE key = 'undone'"), 0);
	/* And it goes on from there. */
	assert_int_equal(put_pairs(store, (int)rows / 2), PAIRS);
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup"), PAIRS * 2);
	store_close(store);
}

static void
try_each_moment(void **state, enum fault fault, int for_ever, unsigned step)
{
	static const char *const FILES[] = { "liaison.db", "liaison.db-wal", "liaison.db-shm",
		"liaison.db.new", "liaison.db.new-journal", "liaison.db-journal" };
	const char *path;

	for (unsigned nth = 1;; nth += step) {
		int acknowledged, fell;

		path = in_folder(state, "liaison.db");
		faulty_set(fault, nth, for_ever);
		acknowledged = live_until_it_fails(path);
		fell = faulty_happened();
		faulty_set(FAULT_NONE, 0, 0);
		if (!fell && acknowledged == PAIRS)
			break;
		check_what_is_left(path, acknowledged);
		for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++)
			unlink(in_folder(state, FILES[i]));
	}
}

static void
survives_a_write_that_fails_at_any_moment(void **state)
{
	try_each_moment(state, FAULT_WRITE, 0, 3);
}

static void
survives_a_disk_that_is_gone_from_any_moment_on(void **state)
{
	try_each_moment(state, FAULT_WRITE, 1, 5);
}

static void
survives_a_disk_that_is_full_from_any_moment_on(void **state)
{
	try_each_moment(state, FAULT_FULL, 1, 5);
}

static void
survives_a_sync_that_fails_at_any_moment(void **state)
{
	try_each_moment(state, FAULT_SYNC, 0, 1);
	try_each_moment(state, FAULT_SYNC, 1, 1);
}

static void
survives_files_that_cannot_be_opened(void **state)
{
	try_each_moment(state, FAULT_OPEN, 0, 1);
	try_each_moment(state, FAULT_OPEN, 1, 1);
}

static void
leaves_no_half_backup_behind(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	const char *copy = in_folder(state, "copy.db"), *part = in_folder(state, "copy.db.part");
	struct err err = { 0 };
	int version;

	for (unsigned nth = 1;; nth += 7) {
		faulty_set(FAULT_FULL, nth, 1);
		if (store_backup(store, copy, NULL, NULL, &err) == 0)
			break;
		assert_int_equal(err.code, ERR_STORAGE);
		assert_false(exists(copy));
		assert_false(exists(part));
	}
	faulty_set(FAULT_NONE, 0, 0);
	assert_int_equal(backup_verify(copy, &version, &err), 0);
	store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(poisons_the_store_when_a_sync_fails),
		TEST(goes_on_when_the_disk_has_room_again),
		TEST(survives_a_write_that_fails_at_any_moment),
		TEST(survives_a_disk_that_is_gone_from_any_moment_on),
		TEST(survives_a_disk_that_is_full_from_any_moment_on),
		TEST(survives_a_sync_that_fails_at_any_moment),
		TEST(survives_files_that_cannot_be_opened),
		TEST(leaves_no_half_backup_behind),
	};

	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
