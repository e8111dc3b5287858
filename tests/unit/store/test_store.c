#include <sys/stat.h>

#include "fixture.h"

static struct store *
must_not_open(const char *path, enum store_mode mode, enum err_code code, const char *part)
{
	struct err err = { 0 };
	struct store *store = store_open(path, mode, &err);

	assert_null(store);
	if (err.code != code)
		fail_msg("code %d: %s", err.code, err.message);
	must_say(&err, part);
	return store;
}

static void
makes_a_private_database_in_wal_mode(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_open(path, STORE_WRITER);
	struct stat info;

	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_true(info.st_size > 0);
	must_run(store, "CREATE TABLE t (a)");
	assert_int_equal(stat(in_folder(state, "liaison.db-wal"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(
		must_get(store, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(must_get(store, "PRAGMA application_id"), 0x6c696169);
	assert_false(exists(in_folder(state, "liaison.db.new")));
	store_close(store);
	/* The writer's end moves the log into the database. */
	assert_false(exists(in_folder(state, "liaison.db-wal")));
}

static void
has_the_settings_that_keep_data(void **state)
{
	struct store *store = must_open(in_folder(state, "liaison.db"), STORE_WRITER);

	assert_int_equal(must_get(store, "PRAGMA synchronous"), 2);
	assert_int_equal(must_get(store, "PRAGMA foreign_keys"), 1);
	assert_int_equal(must_get(store, "PRAGMA trusted_schema"), 0);
	assert_int_equal(must_get(store, "PRAGMA cell_size_check"), 1);
	assert_int_equal(must_get(store, "PRAGMA secure_delete"), 1);
	assert_int_equal(must_get(store, "PRAGMA temp_store"), 1);
	assert_int_equal(must_get(store, "PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(must_get(store, "PRAGMA mmap_size"), 0);
	assert_int_equal(must_get(store, "PRAGMA cache_size"), -12288);
	assert_int_equal(must_get(store, "PRAGMA busy_timeout"), 5000);
	store_close(store);
}

static void
keeps_what_was_committed(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path);

	must_run(store, "INSERT INTO setup (key, value) VALUES ('a', 'b')");
	store_close(store);
	store = must_open(path, STORE_READER);
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup WHERE value = 'b'"), 1);
	store_close(store);
}

static void
opens_through_a_linked_folder_but_no_linked_file(void **state)
{
	struct store *store;

	assert_int_equal(mkdir(in_folder(state, "real"), 0700), 0);
	assert_int_equal(symlink("real", in_folder(state, "link")), 0);
	store = must_open(in_folder(state, "link/liaison.db"), STORE_WRITER);
	store_close(store);
	assert_int_equal(symlink("real/liaison.db", in_folder(state, "linked.db")), 0);
	must_not_open(in_folder(state, "linked.db"), STORE_WRITER, ERR_STORAGE, "symbolic link");
	must_not_open(in_folder(state, "linked.db"), STORE_READER, ERR_STORAGE, "symbolic link");
	unlink(in_folder(state, "real/liaison.db"));
	rmdir(in_folder(state, "real"));
}

static void
refuses_an_empty_file_and_leaves_it_alone(void **state)
{
	const char *path = in_folder(state, "liaison.db");

	write_bytes(path, "", 0);
	must_not_open(path, STORE_WRITER, ERR_STORAGE, "empty");
	must_not_open(path, STORE_READER, ERR_STORAGE, "empty");
	assert_int_equal(file_size(path), 0);
}

static void
refuses_what_is_no_database_and_leaves_it_alone(void **state)
{
	static const char WORDS[] =
		"dear diary, today I kept my notes in a file with an unlucky name\n";
	const char *path = in_folder(state, "liaison.db");
	char back[sizeof WORDS];
	FILE *file;

	write_bytes(path, WORDS, sizeof WORDS);
	must_not_open(path, STORE_WRITER, ERR_STORAGE, "cannot be read");
	must_not_open(path, STORE_READER, ERR_STORAGE, "cannot be read");
	file = fopen(path, "rb");
	assert_int_equal(fread(back, 1, sizeof back, file), sizeof WORDS);
	fclose(file);
	assert_memory_equal(back, WORDS, sizeof WORDS);
}

static void
refuses_a_database_of_another_program(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_open(path, STORE_WRITER);

	must_run(store, "PRAGMA application_id = 7");
	store_close(store);
	must_not_open(path, STORE_WRITER, ERR_STORAGE, "not a database of liaison");
	must_not_open(path, STORE_READER, ERR_STORAGE, "not a database of liaison");
}

static void
refuses_a_damaged_header(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	FILE *file;

	store_close(must_make(path));
	file = fopen(path, "r+b");
	fseek(file, 16, SEEK_SET);
	fputc(3, file);
	fputc(7, file);
	fclose(file);
	must_not_open(path, STORE_WRITER, ERR_STORAGE, "cannot be read");
}

static void
refuses_a_folder_and_a_missing_folder(void **state)
{
	must_not_open(in_folder(state, "."), STORE_WRITER, ERR_STORAGE, "not a file");
	must_not_open(
		in_folder(state, "no/liaison.db"), STORE_WRITER, ERR_STORAGE, "cannot be opened");
}

static void
makes_nothing_for_a_reader(void **state)
{
	const char *path = in_folder(state, "liaison.db");

	must_not_open(path, STORE_READER, ERR_STORAGE, "there is no database");
	assert_false(exists(path));
}

static void
refuses_to_begin_anew_beside_an_orphaned_log(void **state)
{
	write_bytes(in_folder(state, "liaison.db-wal"), "rest", 4);
	must_not_open(in_folder(state, "liaison.db"), STORE_WRITER, ERR_STORAGE,
		"no database it belongs to");
	assert_false(exists(in_folder(state, "liaison.db")));
	assert_int_equal(file_size(in_folder(state, "liaison.db-wal")), 4);
}

static void
begins_anew_after_a_crash_in_the_middle_of_creation(void **state)
{
	write_bytes(in_folder(state, "liaison.db.new"), "half", 4);
	store_close(must_open(in_folder(state, "liaison.db"), STORE_WRITER));
	assert_false(exists(in_folder(state, "liaison.db.new")));
}

static void
lets_readers_read_and_not_write(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *writer = must_make(path), *reader = must_open(path, STORE_READER);

	must_run(writer, "INSERT INTO setup (key, value) VALUES ('a', 'b')");
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup"), 1);
	must_fail(reader, "DELETE FROM setup", ERR_STORAGE, "readonly");
	must_fail(reader, "CREATE TABLE t (a)", ERR_STORAGE, "readonly");
	must_run(reader, "PRAGMA query_only = OFF");
	must_fail(reader, "DELETE FROM setup", ERR_STORAGE, "readonly");
	assert_int_equal(must_get(writer, "SELECT count(*) FROM setup"), 1);
	store_close(reader);
	store_close(writer);
}

static void
shows_a_reader_one_state_for_a_transaction(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *writer = must_make(path), *reader = must_open(path, STORE_READER);
	struct err err;

	assert_int_equal(store_begin(reader, &err), 0);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup"), 0);
	must_run(writer, "INSERT INTO setup (key) VALUES ('a')");
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup"), 0);
	assert_int_equal(store_commit(reader, &err), 0);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup"), 1);
	store_close(reader);
	store_close(writer);
}

static void
lets_no_reader_checkpoint(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *writer = must_make(path), *reader;
	long before;

	must_run(writer, "INSERT INTO setup (key) VALUES ('a')");
	before = file_size(in_folder(state, "liaison.db-wal"));
	assert_true(before > 0);
	reader = must_open(path, STORE_READER);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup"), 1);
	store_close(reader);
	assert_int_equal(file_size(in_folder(state, "liaison.db-wal")), before);
	store_close(writer);
}

static void
moves_the_log_when_asked_and_not_before(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path);
	struct err err;
	int64_t pages = -1;

	for (int i = 0; i < 1500; i++)
		must_run(store, "INSERT INTO journal (at, user, method, noun, record, before)"
				" VALUES (1, 'u', 'm', 'n', 1, printf('%.*c', 4000, 'x'))");
	assert_true(store_wal_pages(store) > 1500);
	assert_int_equal(store_checkpoint(store, false, &pages, &err), 0);
	assert_int_equal(pages, 0);
	assert_true(file_size(in_folder(state, "liaison.db-wal")) > 0);
	assert_int_equal(store_checkpoint(store, true, &pages, &err), 0);
	assert_int_equal(pages, 0);
	assert_int_equal(store_wal_pages(store), 0);
	assert_int_equal(file_size(in_folder(state, "liaison.db-wal")), 0);
	assert_int_equal(store_size(store), file_size(path));
	store_close(store);
}

static void
does_not_wait_long_for_a_reader_to_move_the_log(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *writer = must_make(path), *reader = must_open(path, STORE_READER);
	struct err err;
	int64_t pages = 0;

	assert_int_equal(store_begin(reader, &err), 0);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup"), 0);
	must_run(writer, "INSERT INTO setup (key) VALUES ('a')");
	assert_int_equal(store_checkpoint(writer, true, &pages, &err), 0);
	assert_true(pages > 0);
	assert_int_equal(store_commit(reader, &err), 0);
	assert_int_equal(store_checkpoint(writer, true, &pages, &err), 0);
	assert_int_equal(pages, 0);
	store_close(reader);
	store_close(writer);
}

static void
says_when_another_program_holds_the_lock(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *first = must_make(path), *second = must_open(path, STORE_WRITER);
	struct err err;

	assert_int_equal(store_begin(first, &err), 0);
	must_run(second, "PRAGMA busy_timeout = 20");
	assert_int_equal(store_begin(second, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	must_say(&err, "locked");
	assert_false(store_in_transaction(second));
	store_rollback(first);
	assert_int_equal(store_begin(second, &err), 0);
	store_rollback(second);
	store_close(second);
	store_close(first);
}

static void
finds_a_sound_database_sound(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct err err = { 0 };

	assert_int_equal(store_check(store, true, NULL, NULL, &err), 0);
	assert_int_equal(store_check(store, false, NULL, NULL, &err), 0);
	store_close(store);
}

struct heard {
	unsigned count;
	char first[200];
};

static void
hear(void *context, const char *what)
{
	struct heard *heard = context;

	if (heard->count++ == 0)
		snprintf(heard->first, sizeof heard->first, "%s", what);
}

static void
finds_rows_that_refer_to_nothing(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct heard heard = { 0 };
	struct err err = { 0 };

	must_run(store, "PRAGMA foreign_keys = OFF");
	must_run(store,
		"INSERT INTO contact_note (contact_id, at, user, note) VALUES (5, 1, 'u', 'n')");
	assert_int_equal(store_check(store, true, hear, &heard, &err), 0); /* of the pages alone */
	assert_int_equal(store_check(store, false, hear, &heard, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	assert_int_equal(heard.count, 1);
	assert_non_null(strstr(heard.first, "contact_note"));
	store_close(store);
}

static void
finds_damaged_pages_and_writes_no_more(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path);
	struct heard heard = { 0 };
	struct err err = { 0 };
	FILE *file;

	for (int i = 0; i < 8000; i++) /* the last quarter of the file is theirs */
		must_run(store,
			"INSERT INTO journal (at, user, method, noun, record)"
			" VALUES (1, 'somebody', 'method', 'noun', abs(random() % 100000))");
	store_close(store);
	file = fopen(path, "r+b");
	for (long at = file_size(path) - 16L * 4096; at < file_size(path); at += 4096) {
		fseek(file, at, SEEK_SET);
		fwrite("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1, 12, file);
	}
	fclose(file);
	store = must_open(path, STORE_WRITER);
	assert_int_equal(store_check(store, false, hear, &heard, &err), -1);
	assert_true(heard.count > 0);
	must_fail(store, "DELETE FROM journal", ERR_STORAGE, "malformed");
	assert_true(store_is_poisoned(store));
	must_fail(store, "INSERT INTO setup (key) VALUES ('a')", ERR_STORAGE, "opened again");
	store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

/* What SQL is told does not hang on where the connection was made. */
static void
reads_for_its_viewer_when_it_was_opened_again_too(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct err err = { 0 };

	if (reopen(store, &err) < 0)
		fail_msg("%s", err.message);
	assert_null(store_viewer(store));
	assert_int_equal(must_get(store, "SELECT viewer() IS NULL"), 1);
	store_set_viewer(store, "AB");
	assert_int_equal(must_get(store, "SELECT viewer() = 'AB'"), 1);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_a_private_database_in_wal_mode),
		TEST(has_the_settings_that_keep_data),
		TEST(keeps_what_was_committed),
		TEST(opens_through_a_linked_folder_but_no_linked_file),
		TEST(refuses_an_empty_file_and_leaves_it_alone),
		TEST(refuses_what_is_no_database_and_leaves_it_alone),
		TEST(refuses_a_database_of_another_program),
		TEST(refuses_a_damaged_header),
		TEST(refuses_a_folder_and_a_missing_folder),
		TEST(makes_nothing_for_a_reader),
		TEST(refuses_to_begin_anew_beside_an_orphaned_log),
		TEST(begins_anew_after_a_crash_in_the_middle_of_creation),
		TEST(lets_readers_read_and_not_write),
		TEST(shows_a_reader_one_state_for_a_transaction),
		TEST(lets_no_reader_checkpoint),
		TEST(moves_the_log_when_asked_and_not_before),
		TEST(does_not_wait_long_for_a_reader_to_move_the_log),
		TEST(says_when_another_program_holds_the_lock),
		TEST(finds_a_sound_database_sound),
		TEST(finds_rows_that_refer_to_nothing),
		TEST(finds_damaged_pages_and_writes_no_more),
		TEST(reads_for_its_viewer_when_it_was_opened_again_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
