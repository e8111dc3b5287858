#include <pthread.h>
#include <sqlite3.h>

#include "liaison/base/clock.h"

#include "fixture.h"

static int
open_store(void **state)
{
	struct store *store = must_open(":memory:", STORE_WRITER);

	must_run(store, "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
			" size INTEGER CHECK (size > 0), parent INTEGER REFERENCES thing) STRICT");
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
binds_and_reads_every_type_in_order(void **state)
{
	static const char SQL[] = "SELECT ?, ?, ?, ?, ?, ?, ?";
	struct stmt *q = sql_prepare(*state, SQL);
	struct err err;
	size_t size;

	stmt_bind_text(q, "word");
	stmt_bind_int(q, INT64_MIN);
	stmt_bind_double(q, 2.5);
	stmt_bind_blob(q, "a\0b", 3);
	stmt_bind_null(q);
	stmt_bind_text(q, NULL);
	stmt_bind_int_or_null(q, 7, false);
	assert_true(stmt_row(q));
	assert_string_equal(stmt_text(q), "word");
	assert_true(stmt_int(q) == INT64_MIN);
	assert_true(stmt_double(q) == 2.5);
	assert_memory_equal(stmt_blob(q, &size), "a\0b", 3);
	assert_int_equal(size, 3);
	assert_true(stmt_next_is_null(q));
	assert_int_equal(stmt_int(q), 0);
	assert_null(stmt_text(q));
	assert_false(stmt_next_is_null(q));
	assert_int_equal(stmt_int(q), 7);
	assert_false(stmt_row(q));
	assert_false(stmt_row(q));
	assert_int_equal(stmt_end(q, &err), 0);
}

static void
reads_columns_anew_for_each_row(void **state)
{
	static const char SQL[] =
		"SELECT value, value * 2 FROM json_each('[1,2,3]') ORDER BY value";
	struct stmt *q = sql_prepare(*state, SQL);
	struct err err;

	for (int64_t i = 1; i <= 3; i++) {
		assert_true(stmt_row(q));
		assert_int_equal(stmt_int(q), i);
		if (i != 2)
			assert_int_equal(stmt_int(q), i * 2);
	}
	assert_false(stmt_row(q));
	assert_int_equal(stmt_end(q, &err), 0);
}

static void
gives_the_same_statement_again_and_forgets_its_values(void **state)
{
	static const char SQL[] = "SELECT ?";
	struct stmt *first = sql_prepare(*state, SQL), *second;
	struct err err;

	stmt_bind_int(first, 5);
	assert_true(stmt_row(first));
	assert_int_equal(stmt_end(first, &err), 0);
	second = sql_prepare(*state, SQL);
	assert_ptr_equal(first, second);
	stmt_bind_null(second);
	assert_true(stmt_row(second));
	assert_true(stmt_next_is_null(second));
	assert_int_equal(stmt_end(second, &err), 0);
}

/* The texts must differ by address only, so they are cut from one block. */
static void
keeps_a_thousand_statements_apart(void **state)
{
	static char texts[1000][32];
	struct err err;
	int64_t value;
	bool found;

	for (int i = 0; i < 1000; i++)
		snprintf(texts[i], sizeof texts[i], "SELECT %d", i);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1000; i++) {
			assert_int_equal(
				sql_get_int(sql_prepare(*state, texts[i]), &value, &found, &err),
				0);
			assert_int_equal(value, i);
		}
}

static void
keeps_the_first_error_until_the_end(void **state)
{
	static const char SQL[] = "INSERT INTO thing (name, size) VALUES (?, ?) RETURNING id";
	struct stmt *q;
	struct err err = { 0 };

	must_run(*state, "INSERT INTO thing (name) VALUES ('one')");
	q = sql_prepare(*state, SQL);
	stmt_bind_text(q, "one");
	stmt_bind_int(q, 1);
	assert_false(stmt_row(q));
	assert_false(stmt_row(q));
	assert_int_equal(stmt_end(q, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	must_say(&err, "thing.name");
	/* And the statement works again. */
	q = sql_prepare(*state, SQL);
	stmt_bind_text(q, "two");
	stmt_bind_int(q, 1);
	assert_true(stmt_row(q));
	assert_true(stmt_int(q) > 0);
	assert_int_equal(stmt_end(q, &err), 0);
}

static void
lets_a_statement_that_cannot_be_prepared_be_used(void **state)
{
	static const char SQL[] = "SELECT a, b FROM nowhere WHERE c = ?";
	struct stmt *q = sql_prepare(*state, SQL);
	struct err err = { 0 };
	size_t size;

	stmt_bind_text(q, "x");
	stmt_bind_int(q, 1);
	stmt_bind_blob(q, &size, sizeof size);
	assert_false(stmt_row(q));
	assert_int_equal(stmt_end(q, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	must_say(&err, "nowhere");
	must_run(*state, "CREATE TABLE nowhere (a, b, c)");
	q = sql_prepare(*state, SQL);
	stmt_bind_text(q, "x");
	assert_false(stmt_row(q));
	assert_int_equal(stmt_end(q, &err), 0);
}

static void
refuses_two_statements_in_one_text(void **state)
{
	must_fail(*state, "SELECT 1; SELECT 2", ERR_INTERNAL, "one statement");
	must_fail(*state, "", ERR_INTERNAL, "one statement");
}

static void
says_what_kind_of_constraint_failed(void **state)
{
	must_run(*state, "INSERT INTO thing (id, name) VALUES (1, 'one')");
	must_fail(*state, "INSERT INTO thing (name) VALUES ('one')", ERR_CONFLICT, "name");
	must_fail(*state, "INSERT INTO thing (id, name) VALUES (1, 'two')", ERR_CONFLICT, "id");
	must_fail(*state, "INSERT INTO thing (name, size) VALUES ('two', 0)", ERR_REFUSED, "size");
	must_fail(*state, "INSERT INTO thing (name, parent) VALUES ('two', 9)", ERR_REFUSED,
		"FOREIGN");
	must_fail(*state, "INSERT INTO thing (name) VALUES (NULL)", ERR_REFUSED, "name");
	must_fail(*state, "INSERT INTO thing (name, size) VALUES ('two', 'much')", ERR_REFUSED,
		"size");
}

/* With RETURNING the statement may be left early, and fails only then. */
static void
reports_what_fails_when_a_statement_is_left(void **state)
{
	static const char SQL[] = "INSERT INTO late (parent) VALUES (99) RETURNING 1";
	struct stmt *q;
	struct err err = { 0 };

	must_run(*state, "CREATE TABLE late (parent INTEGER REFERENCES thing DEFERRABLE INITIALLY "
			 "DEFERRED)");
	q = sql_prepare(*state, SQL);
	assert_true(stmt_row(q));
	assert_int_equal(stmt_end(q, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(must_get(*state, "SELECT count(*) FROM late"), 0);
}

static void
says_when_there_is_no_number(void **state)
{
	static const char NONE[] = "SELECT id FROM thing WHERE id = 77";
	struct err err;
	int64_t value = 5;
	bool found = true;

	assert_int_equal(sql_get_int(sql_prepare(*state, NONE), &value, &found, &err), 0);
	assert_false(found);
	assert_int_equal(value, 5);
}

static void
leaves_alone_what_no_row_tells(void **state)
{
	static const char NONE[] = "SELECT 'x' WHERE 0", SOME[] = "SELECT 'word'",
			  NO[] = "SELECT x";
	struct arena *arena = arena_new();
	const char *text = "before";
	int64_t value = 7;
	struct err err;

	assert_int_equal(sql_get_int(sql_prepare(*state, NONE), &value, NULL, &err), 0);
	assert_int_equal(value, 7);
	assert_int_equal(sql_get_int(sql_prepare(*state, SOME), NULL, NULL, &err), 0);
	assert_int_equal(sql_get_text(sql_prepare(*state, NONE), arena, &text, &err), 0);
	assert_int_equal(sql_get_text(sql_prepare(*state, NO), arena, &text, &err), -1);
	assert_string_equal(text, "before");
	assert_int_equal(sql_get_text(sql_prepare(*state, SOME), arena, &text, &err), 0);
	assert_string_equal(text, "word");
	arena_free(arena);
}

static void
tells_the_last_id_and_the_changes(void **state)
{
	must_run(*state, "INSERT INTO thing (id, name) VALUES (41, 'a'), (42, 'b')");
	assert_int_equal(store_last_id(*state), 42);
	assert_int_equal(store_changes(*state), 2);
	must_run(*state, "UPDATE thing SET size = 3 WHERE id = 41");
	assert_int_equal(store_changes(*state), 1);
}

static void
does_not_take_words_for_names(void **state)
{
	must_fail(*state, "SELECT \"no_such_column\"", ERR_STORAGE, "no_such_column");
}

static void
loads_no_extension_and_attaches_nothing(void **state)
{
	must_fail(*state, "SELECT load_extension('x')", ERR_STORAGE, "not authorized");
	must_fail(*state, "ATTACH ':memory:' AS other", ERR_STORAGE, "too many attached");
	must_run(*state, "PRAGMA writable_schema = ON");
	must_fail(*state, "DELETE FROM sqlite_schema", ERR_STORAGE, "sqlite_master");
}

static void
refuses_values_that_are_too_large(void **state)
{
	must_fail(*state, "SELECT zeroblob(5000000)", ERR_REFUSED, "too large");
}

static void
folds_letters_of_all_scripts(void **state)
{
	assert_int_equal(must_get(*state, "SELECT fold('PRAHA') = 'praha'"), 1);
	assert_int_equal(must_get(*state, "SELECT fold('ŽIŽKOV ΑΘΗΝΑ') = 'žižkov αθηνα'"), 1);
	assert_int_equal(must_get(*state, "SELECT fold(NULL) IS NULL"), 1);
	assert_int_equal(must_get(*state, "SELECT fold(12) = '12'"), 1);
	assert_int_equal(must_get(*state, "SELECT glob_fold('Praha', 'pRa*')"), 1);
	assert_int_equal(must_get(*state, "SELECT glob_fold('Praha', 'ra*')"), 0);
	assert_int_equal(must_get(*state, "SELECT glob_fold('a[b]c', 'A[B]C')"), 1);
	assert_int_equal(must_get(*state, "SELECT glob_fold(NULL, '*') IS NULL"), 1);
}

static void
matches_hostile_globs_in_no_time(void **state)
{
	int64_t before = clock_monotonic_ms();

	assert_int_equal(must_get(*state, "SELECT glob_fold(printf('%.*c', 20000, 'a'),"
					  " '*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b')"),
		0);
	assert_true(clock_monotonic_ms() - before < 2000);
}

static const char ENDLESS[] =
	"WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

static void
stops_what_is_too_expensive(void **state)
{
	int64_t before = clock_monotonic_ms();

	store_set_deadline(*state, 50);
	must_fail(*state, ENDLESS, ERR_UNAVAILABLE, "too expensive");
	assert_true(clock_monotonic_ms() - before < 5000);
	/* Each statement has its own time. */
	usleep(60000);
	assert_int_equal(must_get(*state, "SELECT 1"), 1);
	store_set_deadline(*state, 0);
}

static void *
interrupt_soon(void *store)
{
	for (int i = 0; i < 20; i++) {
		usleep(20000);
		store_interrupt(store);
	}
	return NULL;
}

static void
stops_when_another_thread_says_so(void **state)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, *state), 0);
	must_fail(*state, ENDLESS, ERR_UNAVAILABLE, "interrupted");
	pthread_join(thread, NULL);
}

static const char VIEWER[] = "SELECT viewer()";

/* The statement is prepared once, and the viewer is another each time. */
static void
tells_for_whom_it_reads(void **state)
{
	static const char *const VIEWERS[] = { NULL, "AB", "", NULL, "CD" };
	struct store *store = *state;
	struct err err;

	for (size_t i = 0; i < sizeof VIEWERS / sizeof *VIEWERS; i++) {
		struct stmt *q = sql_prepare(store, VIEWER);
		const char *viewer;

		store_set_viewer(store, VIEWERS[i]);
		assert_true(stmt_row(q));
		viewer = stmt_text(q);
		if (VIEWERS[i] == NULL)
			assert_null(viewer);
		else
			assert_string_equal(viewer, VIEWERS[i]);
		assert_int_equal(stmt_end(q, &err), 0);
		assert_ptr_equal(store_viewer(store), VIEWERS[i]);
	}
}

static void
has_limits_on_what_memory_it_takes(void **state)
{
	(void)state;
	assert_int_equal(sqlite3_hard_heap_limit64(-1), 128 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			binds_and_reads_every_type_in_order, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			reads_columns_anew_for_each_row, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			gives_the_same_statement_again_and_forgets_its_values, open_store,
			close_store),
		cmocka_unit_test_setup_teardown(
			keeps_a_thousand_statements_apart, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			keeps_the_first_error_until_the_end, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			lets_a_statement_that_cannot_be_prepared_be_used, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			refuses_two_statements_in_one_text, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			says_what_kind_of_constraint_failed, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			reports_what_fails_when_a_statement_is_left, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			says_when_there_is_no_number, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			leaves_alone_what_no_row_tells, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			tells_the_last_id_and_the_changes, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			does_not_take_words_for_names, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			loads_no_extension_and_attaches_nothing, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			refuses_values_that_are_too_large, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			folds_letters_of_all_scripts, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			matches_hostile_globs_in_no_time, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			stops_what_is_too_expensive, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			stops_when_another_thread_says_so, open_store, close_store),
		cmocka_unit_test_setup_teardown(tells_for_whom_it_reads, open_store, close_store),
		cmocka_unit_test_setup_teardown(
			has_limits_on_what_memory_it_takes, open_store, close_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
