#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "liaison/base/text.h"
#include "liaison/store/forgotten.h"
#include "liaison/store/scrub.h"

/* The list of who is forgotten, beside the database; and what a deletion leaves in its unused space. */

static const struct forgotten AS = { .since = 1000, .receipt = 7 };

static void
forget(struct store *store, const char *address)
{
	struct err err;

	assert_int_equal(forgotten_add(store, &address, 1, &AS, &err), 0);
}

static struct store *
make_list(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));

	forget(store, "ada@x.example");
	forget(store, "bo@x.example");
	return store;
}

static void
must_not_load(struct store *store, const char *part)
{
	struct err err;

	assert_int_equal(forgotten_load(store, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	must_say(&err, part);
}

static void
knows_whom_it_was_told_after_another_start(void **state)
{
	struct store *store = make_list(state);
	struct forgotten found;
	struct err err;

	assert_false(exists(in_folder(state, "forgotten.part")));
	store_close(store);
	store = must_open(in_folder(state, "liaison.db"), STORE_WRITER);
	assert_false(forgotten_find(store, "ada@x.example", NULL));
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_true(forgotten_find(store, "ada@x.example", &found));
	assert_int_equal(found.since, 1000);
	assert_int_equal(found.receipt, 7);
	assert_false(found.mark);
	assert_true(forgotten_find(store, "ada+shop@x.example", NULL));
	assert_false(forgotten_find(store, "cy@x.example", NULL));
	assert_int_equal(forgotten_count(store), 2);
	store_close(store);
}

static void
another_name_of_the_database_has_another_list(void **state)
{
	struct store *store = make_list(state), *other = must_make(in_folder(state, "other.db"));
	struct err err;

	assert_int_equal(forgotten_load(other, &err), 0);
	assert_false(forgotten_any(other));
	forget(other, "cy@x.example");
	assert_true(exists(in_folder(state, "other.db.forgotten")));
	assert_true(exists(in_folder(state, "other.db.forgotten.key")));
	assert_false(forgotten_find(store, "cy@x.example", NULL));
	store_close(other);
	store_close(store);
}

static void
knows_that_shared_words_went_too(void **state)
{
	static const struct forgotten REDACT = { .since = 2000, .receipt = 8, .redact = true };
	struct store *store = make_list(state);
	const char *both[] = { "ada@x.example", "cy@x.example" };
	char before[80];
	struct forgotten found;
	struct err err;

	text_copy(before, sizeof before, forgotten_stamp(store));
	assert_int_equal(forgotten_add(store, both, 1, &REDACT, &err), 0);
	assert_string_not_equal(forgotten_stamp(store), before);
	assert_int_equal(forgotten_add(store, both, 2, &REDACT, &err), 0);
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_true(forgotten_find(store, "ada@x.example", &found) && found.redact);
	assert_int_equal(found.receipt, 7);
	assert_true(forgotten_find(store, "cy@x.example", &found) && found.redact);
	assert_true(forgotten_find(store, "bo@x.example", &found) && !found.redact);
	store_close(store);
}

static void
says_no_address_and_is_of_this_key_alone(void **state)
{
	struct store *store = make_list(state);
	char bytes[400] = "";
	FILE *file = fopen(in_folder(state, "forgotten"), "r");
	struct stat status;

	assert_non_null(file);
	assert_true(fread(bytes, 1, sizeof bytes - 1, file) > 100);
	fclose(file);
	assert_null(strstr(bytes, "x.example"));
	assert_int_equal(stat(in_folder(state, "forgotten.key"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(status.st_size, 32);
	store_close(store);
}

static void
takes_one_off_and_its_stamp_is_another(void **state)
{
	struct store *store = make_list(state);
	char before[80];
	struct err err;
	bool was;

	text_copy(before, sizeof before, forgotten_stamp(store));
	assert_int_equal(forgotten_remove(store, "ada@x.example", &was, &err), 0);
	assert_true(was);
	assert_false(forgotten_find(store, "ada@x.example", NULL));
	assert_true(forgotten_find(store, "bo@x.example", NULL));
	assert_string_not_equal(before, forgotten_stamp(store));
	assert_int_equal(forgotten_remove(store, "ada@x.example", &was, &err), 0);
	assert_false(was);
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_int_equal(forgotten_count(store), 1);
	assert_int_equal(forgotten_remove(store, "bo@x.example", &was, &err), 0);
	assert_string_equal(forgotten_stamp(store), "");
	store_close(store);
}

static void
with_an_address_its_contacts_marks_are_taken_off(void **state)
{
	const struct forgotten mark = { .since = 1000, .receipt = 7, .mark = true },
			       other = { .since = 1000, .receipt = 8, .mark = true };
	const char *own = "contact/C1/9", *others = "contact/C2/9";
	struct store *store = make_list(state);
	struct forgotten found;
	struct err err;
	bool was;

	assert_int_equal(forgotten_add(store, &own, 1, &mark, &err), 0);
	assert_int_equal(forgotten_add(store, &others, 1, &other, &err), 0);
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_true(forgotten_find(store, own, &found));
	assert_true(found.mark);
	assert_int_equal(forgotten_remove(store, "ada@x.example", &was, &err), 0);
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_false(forgotten_find(store, own, NULL));
	assert_true(forgotten_find(store, others, NULL));
	assert_true(forgotten_find(store, "bo@x.example", NULL));
	store_close(store);
}

static void
a_torn_list_is_not_believed(void **state)
{
	struct store *store = make_list(state);

	assert_int_equal(truncate(in_folder(state, "forgotten"), 120), 0);
	must_not_load(store, "line 2");
	assert_true(forgotten_find(store, "ada@x.example", NULL));
	write_bytes(in_folder(state, "forgotten"), "nonsense\n", 9);
	must_not_load(store, "line 1");
	store_close(store);
}

static void
a_list_without_its_key_is_not_believed(void **state)
{
	struct store *store = make_list(state);
	const char *key = in_folder(state, "forgotten.key");
	struct err err;

	assert_int_equal(chmod(key, 0644), 0);
	must_not_load(store, "chmod 600");
	assert_int_equal(truncate(key, 31), 0);
	assert_int_equal(chmod(key, 0600), 0);
	must_not_load(store, "is damaged");
	assert_int_equal(unlink(key), 0);
	must_not_load(store, "is missing");
	assert_int_equal(unlink(in_folder(state, "forgotten")), 0);
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_false(forgotten_any(store));
	store_close(store);
}

/* No byte more can be written, as on a full disk. */
static void
with_no_room(struct store *store, const char *address, struct err *err)
{
	struct rlimit old, none;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 100;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(forgotten_add(store, &address, 1, &AS, err), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}

static void
a_full_disk_leaves_the_list_as_it_was(void **state)
{
	struct store *store = make_list(state);
	struct err err;

	with_no_room(store, "cy@x.example", &err);
	assert_int_equal(err.code, ERR_STORAGE);
	must_say(&err, "cannot be written");
	assert_false(exists(in_folder(state, "forgotten.part")));
	assert_false(forgotten_find(store, "cy@x.example", NULL));
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_int_equal(forgotten_count(store), 2);
	forget(store, "cy@x.example");
	assert_int_equal(forgotten_load(store, &err), 0);
	assert_int_equal(forgotten_count(store), 3);
	store_close(store);
}

/* ---- unused space ------------------------------------------------------------------------------ */

static unsigned
count_in(const char *path, const char *word)
{
	long size = file_size(path);
	char *bytes = malloc((size_t)size + 1);
	FILE *file = fopen(path, "r");
	unsigned count = 0;

	assert_non_null(bytes);
	assert_non_null(file);
	assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
	fclose(file);
	for (long i = 0; i + (long)strlen(word) <= size; i++)
		count += memcmp(bytes + i, word, strlen(word)) == 0;
	free(bytes);
	return count;
}

/* Pages are split again and again, as words of all sizes come in no order. */
static void
fill_and_delete(struct store *store)
{
	must_run(store, "CREATE TABLE crowd (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID");
	must_run(store, "CREATE TABLE rows (id INTEGER PRIMARY KEY, word TEXT) STRICT");
	must_run(store, "CREATE INDEX rows_word ON rows (word)");
	must_run(store,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"
		" INSERT INTO crowd SELECT printf('%08x-', (i * 2654435761) % 4294967296)"
		" || CASE WHEN i % 10 = 0 THEN 'canary' ELSE 'nobody' END"
		" || substr(hex(zeroblob(450)), 1, (i * 7919) % 900) FROM n");
	must_run(store, "INSERT OR IGNORE INTO rows SELECT (length(word) * 2654435761 + rowid_) % "
			"1073741824,"
			" word FROM (SELECT word, row_number() OVER () AS rowid_ FROM crowd)");
	must_run(store, "DELETE FROM crowd WHERE word LIKE '%canary%'");
	must_run(store, "DELETE FROM rows WHERE word LIKE '%canary%'");
}

static void
scrub_all(struct store *store, unsigned max)
{
	int64_t page = 1;
	struct err err;

	while (page != 0)
		assert_int_equal(store_scrub(store, &page, max, &err), 0);
}

static void
deleted_words_leave_the_unused_space_of_pages(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path);
	struct err err;
	int64_t left;

	fill_and_delete(store);
	assert_int_equal(store_checkpoint(store, true, &left, &err), 0);
	assert_true(count_in(path, "canary") > 0);
	scrub_all(store, 7);
	assert_int_equal(count_in(path, "canary"), 0);
	assert_int_equal(must_get(store, "SELECT count(*) FROM crowd"), 3600);
	must_run(store, "INSERT INTO crowd VALUES ('one more')");
	scrub_all(store, 10000);
	assert_int_equal(
		must_get(store, "SELECT count(*) FROM crowd WHERE word LIKE '%nobody%'"), 3600);
	assert_int_equal(store_check(store, false, NULL, NULL, &err), 0);
	store_close(store);
}

static void
a_reader_that_holds_the_log_is_told_of(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path), *reader = must_open(path, STORE_READER);
	int64_t page = 1;
	struct err err;

	assert_int_equal(store_begin(reader, &err), 0);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM contact"), 0);
	must_run(store, "INSERT INTO setup (key, value) VALUES ('a', '1')");
	assert_int_equal(store_scrub(store, &page, 10, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(page, 1);
	store_rollback(reader);
	assert_int_equal(store_scrub(store, &page, 10, &err), 0);
	store_close(reader);
	store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knows_whom_it_was_told_after_another_start),
		TEST(another_name_of_the_database_has_another_list),
		TEST(knows_that_shared_words_went_too),
		TEST(says_no_address_and_is_of_this_key_alone),
		TEST(takes_one_off_and_its_stamp_is_another),
		TEST(with_an_address_its_contacts_marks_are_taken_off),
		TEST(a_torn_list_is_not_believed),
		TEST(a_list_without_its_key_is_not_believed),
		TEST(a_full_disk_leaves_the_list_as_it_was),
		TEST(deleted_words_leave_the_unused_space_of_pages),
		TEST(a_reader_that_holds_the_log_is_told_of),
	};

	return cmocka_run_group_tests_name("forgotten", tests, NULL, NULL);
}
