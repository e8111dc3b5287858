#include <sqlite3.h>

#include "fixture.h"

static int
open_store(void **state)
{
	struct store *store = must_open(":memory:", STORE_WRITER);

	must_run(store, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
	*state = store;
	return 0;
}

static int
close_store(void **state)
{
	store_close(*state);
	return 0;
}

static void
put(struct store *store, int64_t a)
{
	static const char INSERT[] = "INSERT INTO t (a) VALUES (?)";
	struct stmt *q = sql_prepare(store, INSERT);
	struct err err;

	stmt_bind_int(q, a);
	assert_int_equal(stmt_run(q, &err), 0);
}

static int64_t
count(struct store *store)
{
	return must_get(store, "SELECT count(*) FROM t");
}

static void
keeps_what_is_committed_and_not_what_is_rolled_back(void **state)
{
	struct err err;

	assert_int_equal(store_begin(*state, &err), 0);
	assert_true(store_in_transaction(*state));
	put(*state, 1);
	assert_int_equal(store_commit(*state, &err), 0);
	assert_false(store_in_transaction(*state));
	assert_int_equal(store_begin(*state, &err), 0);
	put(*state, 2);
	store_rollback(*state);
	assert_int_equal(count(*state), 1);
}

static void
undoes_the_innermost_savepoint_only(void **state)
{
	struct err err;

	assert_int_equal(store_begin(*state, &err), 0);
	put(*state, 1);
	assert_int_equal(store_savepoint(*state, &err), 0);
	put(*state, 2);
	assert_int_equal(store_savepoint(*state, &err), 0);
	put(*state, 3);
	store_rollback_to(*state);
	assert_int_equal(count(*state), 2);
	put(*state, 4);
	assert_int_equal(store_savepoint(*state, &err), 0);
	put(*state, 5);
	assert_int_equal(store_release(*state, &err), 0);
	assert_int_equal(store_release(*state, &err), 0);
	assert_int_equal(store_commit(*state, &err), 0);
	assert_int_equal(must_get(*state, "SELECT group_concat(a, '') FROM t"), 1245);
}

static void
forgets_savepoints_with_their_transaction(void **state)
{
	struct err err;

	assert_int_equal(store_begin(*state, &err), 0);
	assert_int_equal(store_savepoint(*state, &err), 0);
	assert_int_equal(store_savepoint(*state, &err), 0);
	put(*state, 1);
	store_rollback(*state);
	assert_int_equal(count(*state), 0);
	assert_int_equal(store_begin(*state, &err), 0);
	assert_int_equal(store_savepoint(*state, &err), 0);
	put(*state, 2);
	assert_int_equal(store_release(*state, &err), 0);
	assert_int_equal(store_commit(*state, &err), 0);
	assert_int_equal(count(*state), 1);
}

static void
goes_on_after_a_failed_statement(void **state)
{
	struct err err;

	assert_int_equal(store_begin(*state, &err), 0);
	put(*state, 1);
	must_fail(*state, "INSERT INTO t (a) VALUES (1)", ERR_CONFLICT, "t.a");
	put(*state, 2);
	assert_int_equal(store_commit(*state, &err), 0);
	assert_int_equal(count(*state), 2);
}

/* SQLite undoes everything when the memory or the disk is full; a batch of commands, each in its
 * savepoint, must not go on and commit the rest as if nothing had happened. */
static void
commits_nothing_of_a_transaction_that_sqlite_undid(void **state)
{
	struct err err = { 0 };

	must_run(*state, "PRAGMA max_page_count = 40");
	assert_int_equal(store_begin(*state, &err), 0);
	put(*state, 1);
	assert_int_equal(store_savepoint(*state, &err), 0);
	must_run(*state, "INSERT INTO t (a, b) VALUES (2, 'x') ON CONFLICT DO NOTHING");
	/* The error rolls back the statement or the transaction; ROLLBACK makes it surely the latter. */
	must_fail(*state,
		"INSERT OR ROLLBACK INTO t (a, b) SELECT value, printf('%.*c', 3000, 'x')"
		" FROM json_each('[5,6,7,1]')",
		ERR_CONFLICT, "t.a");
	store_rollback_to(*state);
	assert_int_equal(store_savepoint(*state, &err), -1);
	must_say(&err, "undone");
	must_fail(*state, "INSERT INTO t (a) VALUES (9)", ERR_STORAGE, "undone");
	assert_int_equal(store_commit(*state, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	store_rollback(*state);
	assert_int_equal(count(*state), 0);
	assert_int_equal(store_begin(*state, &err), 0);
	put(*state, 10);
	assert_int_equal(store_commit(*state, &err), 0);
	assert_int_equal(count(*state), 1);
}

static void
says_when_the_disk_is_full(void **state)
{
	struct err err = { 0 };

	must_run(*state, "PRAGMA max_page_count = 20");
	assert_int_equal(store_begin(*state, &err), 0);
	must_fail(*state,
		"WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100)"
		" INSERT INTO t (a, b) SELECT x, printf('%.*c', 3000, 'x') FROM n",
		ERR_STORAGE, "disk is full");
	store_rollback(*state);
	assert_int_equal(count(*state), 0);
}

static void
reports_a_commit_that_fails(void **state)
{
	struct err err = { 0 };

	must_run(*state,
		"CREATE TABLE child (t INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
	assert_int_equal(store_begin(*state, &err), 0);
	must_run(*state, "INSERT INTO child VALUES (5)");
	assert_int_equal(store_commit(*state, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	store_rollback(*state);
	assert_int_equal(must_get(*state, "SELECT count(*) FROM child"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_what_is_committed_and_not_what_is_rolled_back),
		TEST(undoes_the_innermost_savepoint_only),
		TEST(forgets_savepoints_with_their_transaction),
		TEST(goes_on_after_a_failed_statement),
		TEST(commits_nothing_of_a_transaction_that_sqlite_undid),
		TEST(says_when_the_disk_is_full),
		TEST(reports_a_commit_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
