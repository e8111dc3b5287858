#include "fixture.h"

#include "schema.h"

static const struct schema_file OLD_AND_NEW[] = {
	{ "001_first", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);" },
	{ "002_second", "CREATE TABLE b (y TEXT); INSERT INTO b SELECT 'from ' || x FROM a;" },
	{ "003_third", "ALTER TABLE b ADD COLUMN z INTEGER DEFAULT 7;" },
};

static int64_t
version(struct store *store)
{
	return must_get(store, "PRAGMA user_version");
}

static void
migrate_to(struct store *store, const char *path, size_t count)
{
	struct err err = { 0 };

	if (migrate_with(store, path, OLD_AND_NEW, count, &err) < 0)
		fail_msg("%s", err.message);
}

static void
brings_a_new_database_to_the_newest_schema(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));

	assert_int_equal(version(store), schema_version());
	assert_true(schema_version() >= 1);
	assert_true(
		must_get(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'contact'") == 1);
	assert_int_equal(must_get(store, "SELECT count(*) FROM v_contacts"), 0);
	assert_int_equal(must_get(store, "PRAGMA foreign_keys"), 1);
	assert_false(exists(in_folder(state, "liaison.db.before-1")));
	store_close(store);
}

static void
makes_a_whole_store_in_memory(void **state)
{
	struct err err;
	struct store *store = store_open_memory(&err);

	(void)state;
	assert_non_null(store);
	assert_int_equal(version(store), schema_version());
	store_close(store);
}

static void
numbers_its_files_without_gaps(void **state)
{
	char start[48];

	(void)state;
	for (size_t i = 0; i < schema_file_count; i++) {
		snprintf(start, sizeof start, "lib/store/schema/%03zu_", i + 1);
		assert_memory_equal(schema_files[i].name, start, strlen(start));
	}
	assert_null(schema_files[schema_file_count].name);
}

static void
brings_a_database_of_the_first_version_with_its_rows(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make_old(path, 1);
	struct err err = { 0 };

	if (store_migrate(store, path, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(version(store), schema_version());
	assert_int_equal(must_get(store, "SELECT count(*) FROM party WHERE response IS NULL"), 1);
	assert_int_equal(must_get(store, "SELECT count(*) FROM ledger WHERE uid = 9"), 1);
	assert_int_equal(must_get(store, "SELECT interactions FROM contact"), 1);
	assert_int_equal(must_get(store, "SELECT count(*) FROM v_interactions"), 2);
	assert_int_equal(must_get(store, "SELECT id FROM v_meetings WHERE status = 'planned'"), 2);
	assert_int_equal(must_get(store, "SELECT count(*) FROM source WHERE visibility = 'all' AND "
					 "salesperson IS NULL"),
		1);
	assert_int_equal(must_get(store, "SELECT count(*) FROM v_salespeople"), 0);
	must_run(store, "INSERT INTO feed (stream_id, reading) VALUES (1, '')");
	assert_int_equal(must_get(store, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(store_check(store, false, NULL, NULL, &err), 0);
	store_close(store);
}

/* "IN (…)" of more than two words in a CHECK makes SQLite build a table of them at each insert. */
static void
has_no_check_that_is_paid_for_at_each_insert(void **state)
{
	static const char *const INSERTS[] = {
		"EXPLAIN INSERT INTO ledger DEFAULT VALUES",
		"EXPLAIN INSERT INTO message DEFAULT VALUES",
		"EXPLAIN INSERT INTO party DEFAULT VALUES",
		"EXPLAIN INSERT INTO address DEFAULT VALUES",
		"EXPLAIN INSERT INTO interaction DEFAULT VALUES",
		"EXPLAIN INSERT INTO contact DEFAULT VALUES",
		"EXPLAIN INSERT INTO interaction_contact DEFAULT VALUES",
		"EXPLAIN INSERT INTO meeting DEFAULT VALUES",
		"EXPLAIN INSERT INTO occurrence DEFAULT VALUES",
	};
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof INSERTS / sizeof INSERTS[0]; i++) {
		struct stmt *q = sql_prepare(store, INSERTS[i]);

		while (stmt_row(q)) {
			stmt_int(q);
			if (strcmp(stmt_text(q), "OpenEphemeral") == 0)
				fail_msg("%s", INSERTS[i]);
		}
		if (stmt_end(q, &err) < 0)
			fail_msg("%s", err.message);
	}
	store_close(store);
}

static void
does_nothing_a_second_time(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path);
	struct err err;

	assert_int_equal(store_migrate(store, path, &err), 0);
	store_close(store);
}

static void
backs_up_beside_before_it_changes_an_older_database(void **state)
{
	const char *path = in_folder(state, "liaison.db"),
		   *backup = in_folder(state, "liaison.db.before-3");
	struct store *store = must_open(path, STORE_WRITER);

	migrate_to(store, path, 1);
	must_run(store, "INSERT INTO a VALUES (2)");
	migrate_to(store, path, 3);
	assert_int_equal(version(store), 3);
	assert_int_equal(must_get(store, "SELECT count(*) FROM b WHERE z = 7"), 2);
	store_close(store);
	store = must_open(backup, STORE_READER);
	assert_int_equal(version(store), 1);
	assert_int_equal(must_get(store, "SELECT count(*) FROM a"), 2);
	assert_int_equal(must_get(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
	store_close(store);
}

/* The third step says of mail that is there whose reading of it is kept. */
static void
older_mail_is_of_the_source_that_has_it_captured(void **state)
{
	static const char *const ROWS[] = {
		"INSERT INTO source (id, name, kind) VALUES (1, 'a', 'imap'), (2, 'b', 'imap'),"
		" (3, 'c', 'ical')",
		"INSERT INTO stream (id, source_id, folder, uidvalidity, cursor, anchor, low)"
		" SELECT id + 10, id, 'INBOX', 1, 0, 0, 0 FROM source",
		"INSERT INTO message (id, identity, at, offset_min, direction) VALUES"
		" (1, x'01', 1, 0, 'none'), (2, x'02', 1, 0, 'none'), (3, x'03', 1, 0, 'none'),"
		" (4, x'04', 1, 0, 'none')",
		"INSERT INTO ledger (stream_id, uid, at, decision, message_id) VALUES"
		" (11, 1, 1, 'duplicate', 1), (12, 1, 1, 'captured', 1), (11, 2, 1, 'unmatched', "
		"2),"
		" (12, 2, 1, 'unmatched', 2), (11, 3, 1, 'captured', 3)",
		"INSERT INTO meeting (message_id, event_uid, recurrence, end_at, status, stream_id,"
		" content) VALUES (3, 'u', '', 1, 'confirmed', 13, 1)",
	};
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_open(path, STORE_WRITER);
	struct err err;

	assert_int_equal(migrate_with(store, path, schema_files, 2, &err), 0);
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		must_run(store, ROWS[i]);
	assert_int_equal(store_migrate(store, path, &err), 0);
	assert_int_equal(must_get(store, "SELECT source_id FROM message WHERE id = 1"), 2);
	assert_int_equal(must_get(store, "SELECT source_id FROM message WHERE id = 2"), 1);
	assert_int_equal(must_get(store, "SELECT source_id FROM message WHERE id = 3"), 3);
	assert_int_equal(must_get(store, "SELECT source_id IS NULL FROM message WHERE id = 4"), 1);
	store_close(store);
}

static void
changes_nothing_when_a_step_fails_in_the_middle(void **state)
{
	static const struct schema_file BROKEN[] = {
		{ "001_first", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);" },
		{ "002_second", "CREATE TABLE b (y TEXT); INSERT INTO a VALUES (5); INSERT INTO "
				"nowhere VALUES (1);" },
	};
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_open(path, STORE_WRITER);
	struct err err = { 0 };

	migrate_to(store, path, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(migrate_with(store, path, BROKEN, 2, &err), -1);
		assert_int_equal(err.code, ERR_STORAGE);
		must_say(&err, "002_second");
		must_say(&err, "nowhere");
		assert_int_equal(version(store), 1);
		assert_int_equal(must_get(store, "SELECT count(*) FROM a"), 1);
		assert_int_equal(
			must_get(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
		assert_int_equal(must_get(store, "PRAGMA foreign_keys"), 1);
	}
	/* Three tries, one backup: the others were the same. */
	assert_true(exists(in_folder(state, "liaison.db.before-2")));
	assert_false(exists(in_folder(state, "liaison.db.before-2.1")));
	migrate_to(store, path, 3);
	store_close(store);
}

static void
keeps_the_steps_that_were_whole(void **state)
{
	static const struct schema_file BROKEN[] = {
		{ "001_first", "CREATE TABLE a (x INTEGER);" },
		{ "002_second", "CREATE TABLE b (y TEXT);" },
		{ "003_third", "CREATE TABLE c (z); CREATE TABLE a (again);" },
	};
	struct store *store = must_open(":memory:", STORE_WRITER);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(migrate_with(store, ":memory:", BROKEN, 3, &err), -1);
	assert_int_equal(version(store), 2);
	assert_int_equal(must_get(store, "SELECT count(*) FROM sqlite_schema"), 2);
	store_close(store);
}

static void
writes_over_no_earlier_backup(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_open(path, STORE_WRITER);

	write_bytes(in_folder(state, "liaison.db.before-2"), "precious", 8);
	migrate_to(store, path, 1);
	migrate_to(store, path, 2);
	assert_int_equal(file_size(in_folder(state, "liaison.db.before-2")), 8);
	assert_true(exists(in_folder(state, "liaison.db.before-2.1")));
	store_close(store);
}

static void
lets_a_step_rebuild_a_table_that_others_refer_to(void **state)
{
	static const struct schema_file FILES[] = {
		{ "001_first", "CREATE TABLE a (id INTEGER PRIMARY KEY, x); CREATE TABLE b (a "
			       "REFERENCES a ON DELETE CASCADE);"
			       "INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (1);" },
		{ "002_rebuild", "CREATE TABLE a_new (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO "
				 "a_new SELECT * FROM a;"
				 "DROP TABLE a; ALTER TABLE a_new RENAME TO a;" },
		{ "003_break", "DELETE FROM a;" },
	};
	struct store *store = must_open(":memory:", STORE_WRITER);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(migrate_with(store, ":memory:", FILES, 2, &err), 0);
	assert_int_equal(must_get(store, "SELECT count(*) FROM b"), 1);
	/* But rows that refer to nothing are not left behind. */
	assert_int_equal(migrate_with(store, ":memory:", FILES, 3, &err), -1);
	must_say(&err, "refer to nothing");
	assert_int_equal(must_get(store, "SELECT count(*) FROM a"), 1);
	store_close(store);
}

static void
read_header(const char *path, uint8_t header[20])
{
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_int_equal(fread(header, 1, 20, file), 20);
	fclose(file);
}

static void
refuses_a_newer_database_and_leaves_it_alone(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path);
	struct err err = { 0 };
	uint8_t header[20];
	int found = -1;

	must_run(store, "PRAGMA user_version = 1000");
	must_run(store, "PRAGMA journal_mode = DELETE");
	assert_int_equal(store_migrate(store, path, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	must_say(&err, "newer than this program");
	assert_true(err.hint[0] != '\0');
	assert_int_equal(version(store), 1000);
	store_close(store);
	assert_int_equal(backup_verify(path, &found, &err), -1);
	must_say(&err, "newer");
	assert_int_equal(found, -1);
	assert_null(store_open(path, STORE_WRITER, &err));
	must_say(&err, "newer than this program");
	read_header(path, header);
	assert_int_equal(header[18], 1); /* not even the journal is another */
}

static void
verifies_a_backup(void **state)
{
	const char *path = in_folder(state, "liaison.db"), *copy = in_folder(state, "copy.db");
	struct store *store = must_make(path);
	struct err err = { 0 };
	int found = -1;

	assert_int_equal(store_backup(store, copy, NULL, NULL, &err), 0);
	assert_int_equal(backup_verify(copy, &found, &err), 0);
	assert_int_equal(found, schema_version());
	store_close(store);
}

static void
refuses_backups_that_are_none(void **state)
{
	const char *path = in_folder(state, "copy.db");
	struct err err = { 0 };
	struct store *store;
	int found = -1;

	assert_int_equal(backup_verify(path, &found, &err), -1);
	must_say(&err, "there is no database");
	write_bytes(
		path, "not a database, but long enough to look at, surely, if only a little", 68);
	assert_int_equal(backup_verify(path, &found, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	unlink(path);
	store = must_open(path, STORE_WRITER);
	assert_int_equal(backup_verify(path, &found, &err), -1);
	must_say(&err, "holds no schema");
	store_close(store);
}

static void
refuses_a_backup_cut_short(void **state)
{
	const char *path = in_folder(state, "liaison.db"), *copy = in_folder(state, "copy.db");
	struct store *store = must_make(path);
	struct err err = { 0 };
	int found = -1;

	must_run(store, "INSERT INTO setup (key, value) VALUES ('k', printf('%.*c', 50000, 'x'))");
	assert_int_equal(store_backup(store, copy, NULL, NULL, &err), 0);
	store_close(store);
	assert_int_equal(truncate(copy, file_size(copy) / 2), 0);
	assert_int_equal(backup_verify(copy, &found, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(brings_a_new_database_to_the_newest_schema),
		TEST(makes_a_whole_store_in_memory),
		TEST(numbers_its_files_without_gaps),
		TEST(has_no_check_that_is_paid_for_at_each_insert),
		TEST(brings_a_database_of_the_first_version_with_its_rows),
		TEST(does_nothing_a_second_time),
		TEST(backs_up_beside_before_it_changes_an_older_database),
		TEST(older_mail_is_of_the_source_that_has_it_captured),
		TEST(changes_nothing_when_a_step_fails_in_the_middle),
		TEST(keeps_the_steps_that_were_whole),
		TEST(writes_over_no_earlier_backup),
		TEST(lets_a_step_rebuild_a_table_that_others_refer_to),
		TEST(refuses_a_newer_database_and_leaves_it_alone),
		TEST(verifies_a_backup),
		TEST(refuses_backups_that_are_none),
		TEST(refuses_a_backup_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
