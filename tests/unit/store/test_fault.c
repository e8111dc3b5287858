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

/* LIAISON_EVERY=1 tries each call there is. */
static unsigned
every(unsigned otherwise)
{
#ifdef LIAISON_SANITIZED
	otherwise *= 40; /* such a build is slower, and looks for other faults */
#endif
	return (unsigned)env_number("LIAISON_EVERY", otherwise);
}

static void
copy_file(const char *from, const char *to)
{
	static char bytes[4 << 20];
	FILE *file = fopen(from, "rb");
	size_t size;

	assert_non_null(file);
	size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	write_bytes(to, bytes, size);
}

/* A database with nothing in it, all in one file. */
static void
make_empty(const char *path)
{
	struct store *store = must_make(path);
	struct err err = { 0 };
	int64_t pages;

	assert_int_equal(store_checkpoint(store, true, &pages, &err), 0);
	store_close(store);
}

/* empty: what is there before; NULL: nothing, and the database is made, which is most of the calls, and
 * the slowest of them. */
static void
try_moments(void **state, const char *empty, enum fault fault, bool for_ever, unsigned step)
{
	char here[300], path[320];

	snprintf(here, sizeof here, "%s/here", (char *)*state);
	snprintf(path, sizeof path, "%s/liaison.db", here);
	for (unsigned nth = 1;; nth += step) {
		int acknowledged;
		bool fell;

		empty_folder(here);
		if (empty != NULL)
			copy_file(empty, path);
		faulty_set(fault, nth, for_ever);
		acknowledged = live_until_it_fails(path);
		fell = faulty_happened();
		faulty_set(FAULT_NONE, 0, false);
		if (!fell && acknowledged == PAIRS)
			return;
		check_what_is_left(path, acknowledged);
	}
}

static void
try_each_moment(void **state, enum fault fault, bool for_ever, unsigned step)
{
	enum { SPARSER = 12 };
	const char *empty = in_folder(state, "empty.db");

	make_empty(empty);
	try_moments(state, empty, fault, for_ever, every(step));
	try_moments(state, NULL, fault, for_ever, every(step == 1 ? 1 : step * SPARSER));
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
survives_locks_that_somebody_else_has(void **state)
{
	try_each_moment(state, FAULT_LOCK, false, 5);
	try_each_moment(state, FAULT_LOCK, true, 5);
}

static void
survives_any_call_that_fails(void **state)
{
	try_each_moment(state, FAULT_ANY, false, 50);
	try_each_moment(state, FAULT_ANY, true, 50);
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

/* ---- migrations -------------------------------------------------------------------------------- */

/* 0: it is brought up; what goes wrong is said. */
static int
bring_up(const char *path)
{
	struct err err = { 0 };
	struct store *store = store_open(path, STORE_WRITER, &err);
	int result = store == NULL ? -1 : store_migrate(store, path, &err);

	if (result < 0 && err.code != ERR_STORAGE && err.code != ERR_UNAVAILABLE)
		fail_msg("code %d: %s", err.code, err.message);
	assert_true(result == 0 || err.message[0] != '\0');
	store_close(store);
	return result;
}

static void
check_version(const char *path, int64_t from, bool arrived)
{
	struct store *store = must_open(path, STORE_WRITER);
	struct err err = { 0 };
	int64_t version = must_get(store, "PRAGMA user_version");

	assert_in_range(version, from, schema_version());
	assert_true(!arrived || version == schema_version());
	if (store_check(store, false, NULL, NULL, &err) < 0 || store_migrate(store, path, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(must_get(store, "PRAGMA user_version"), schema_version());
	assert_int_equal(must_get(store, "SELECT count(*) FROM v_interactions"), 2);
	assert_int_equal(store_check(store, false, NULL, NULL, &err), 0);
	store_close(store);
}

/* Each version begins at another call. */
static void
migrate_at_each_moment(void **state, int64_t from, enum fault fault, bool for_ever)
{
	const unsigned step = every(200);
	char here[300], path[320];

	snprintf(here, sizeof here, "%s/here", (char *)*state);
	snprintf(path, sizeof path, "%s/liaison.db", here);
	for (unsigned nth = 1 + (unsigned)from % step;; nth += step) {
		bool arrived;

		empty_folder(here);
		copy_file(in_folder(state, "old.db"), path);
		faulty_set(fault, nth, for_ever);
		arrived = bring_up(path) == 0;
		if (!faulty_happened()) {
			assert_true(arrived);
			break;
		}
		faulty_set(FAULT_NONE, 0, false);
		check_version(path, from, arrived);
	}
	faulty_set(FAULT_NONE, 0, false);
}

static void
brings_any_version_up_through_whatever_fails(void **state)
{
	static const enum fault KINDS[] = { FAULT_FULL, FAULT_SYNC, FAULT_READ, FAULT_LOCK,
		FAULT_ANY };

	for (int from = 1; from < schema_version(); from++) {
		store_close(must_make_old(in_folder(state, "old.db"), (size_t)from));
		for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
			migrate_at_each_moment(state, from, KINDS[i], false);
			migrate_at_each_moment(state, from, KINDS[i], true);
		}
		empty_folder(*state);
	}
}

/* ---- opening again ----------------------------------------------------------------------------- */

static void
poison(struct store *store)
{
	struct err err = { 0 };

	assert_int_equal(store_begin(store, &err), 0);
	must_run(store, "INSERT INTO setup (key) VALUES ('during')");
	faulty_set(FAULT_SYNC, 1, true);
	assert_int_equal(store_commit(store, &err), -1);
	store_rollback(store);
	assert_true(store_is_poisoned(store));
	assert_non_null(store_poison(store));
}

static struct store *
poisoned(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));

	must_run(store, "INSERT INTO setup (key) VALUES ('before')");
	poison(store);
	return store;
}

static void
opens_again_what_a_failed_sync_has_poisoned(void **state)
{
	struct store *store = poisoned(state), *reader;
	struct err err = { 0 };

	store_set_deadline(store, 60000);
	assert_int_equal(reopen(store, &err), -1); /* the disk does not sync yet */
	assert_int_equal(err.code, ERR_STORAGE);
	assert_true(store_is_poisoned(store));
	faulty_set(FAULT_NONE, 0, false);
	reader = must_open(in_folder(state, "liaison.db"), STORE_READER);
	if (reopen(store, &err) < 0)
		fail_msg("%s", err.message);
	assert_false(store_is_poisoned(store));
	assert_null(store_poison(store));
	must_run(store, "INSERT INTO setup (key) VALUES (fold('AFTER'))");
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup WHERE key = 'after'"), 1);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup WHERE key = 'before'"), 1);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup WHERE key = 'after'"), 1);
	assert_true(store_wal_pages(store) > 0); /* the log's length is heard of again */
	store_close(reader);
	store_close(store);
}

static void
writes_the_log_to_the_disk_anew_before_it_goes_on(void **state)
{
	struct store *store = poisoned(state);
	struct err err = { 0 };
	long before = file_size(in_folder(state, "liaison.db-wal"));

	faulty_set(FAULT_NONE, 0, false);
	assert_true(before > 0);
	assert_int_equal(reopen(store, &err), 0);
	assert_int_equal(file_size(in_folder(state, "liaison.db-wal")), 0);
	store_close(store);
}

/* What a snapshot keeps in the log was not written once more: the disk may have forgotten it. */
static void
waits_for_a_reader_that_keeps_part_of_the_log(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct store *reader = must_open(in_folder(state, "liaison.db"), STORE_READER);
	struct err err = { 0 };

	assert_int_equal(store_begin(reader, &err), 0);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM setup WHERE key = 'before'"), 0);
	must_run(store, "INSERT INTO setup (key) VALUES ('before')");
	poison(store);
	faulty_set(FAULT_NONE, 0, false);
	assert_int_equal(reopen(store, &err), -1);
	must_say(&err, "keeps its log from being written anew");
	assert_true(store_is_poisoned(store));
	store_rollback(reader);
	assert_int_equal(reopen(store, &err), 0);
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup WHERE key = 'before'"), 1);
	store_close(reader);
	store_close(store);
}

static void
takes_no_other_file_for_it_and_makes_none(void **state)
{
	struct store *store = poisoned(state);
	const char *path = in_folder(state, "liaison.db"), *aside = in_folder(state, "aside.db");
	struct err err = { 0 };

	faulty_set(FAULT_NONE, 0, false);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(reopen(store, &err), -1);
	must_say(&err, "there is no database");
	assert_false(exists(path));
	copy_file(aside, path);
	assert_int_equal(reopen(store, &err), -1);
	must_say(&err, "replaced by another file");
	assert_true(store_is_poisoned(store));
	unlink(path);
	assert_int_equal(rename(aside, path), 0);
	assert_int_equal(reopen(store, &err), 0);
	assert_int_equal(must_get(store, "SELECT count(*) FROM setup WHERE key = 'before'"), 1);
	store_close(store);
}

static void
does_not_believe_a_damaged_database_again(void **state)
{
	struct store *store = poisoned(state);
	const char *path = in_folder(state, "liaison.db");
	struct err err = { 0 };
	FILE *file;

	faulty_set(FAULT_NONE, 0, false);
	assert_int_equal(reopen(store, &err), 0); /* now no good page is in the log */
	poison(store);
	faulty_set(FAULT_NONE, 0, false);
	file = fopen(path, "r+b");
	assert_non_null(file);
	fseek(file, 4096 * 3, SEEK_SET);
	for (int i = 0; i < 4096; i++)
		fputc(0xa5, file);
	fclose(file);
	assert_int_equal(reopen(store, &err), -1);
	must_say(&err, "damaged");
	assert_non_null(strstr(err.hint, "--restore"));
	assert_true(store_is_poisoned(store));
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
		TEST(survives_locks_that_somebody_else_has),
		TEST(survives_any_call_that_fails),
		TEST(leaves_no_half_backup_behind),
		TEST(brings_any_version_up_through_whatever_fails),
		TEST(opens_again_what_a_failed_sync_has_poisoned),
		TEST(writes_the_log_to_the_disk_anew_before_it_goes_on),
		TEST(waits_for_a_reader_that_keeps_part_of_the_log),
		TEST(takes_no_other_file_for_it_and_makes_none),
		TEST(does_not_believe_a_damaged_database_again),
	};

	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
