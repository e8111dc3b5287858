#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "fixture.h"

static void
fill(struct store *store, int rows)
{
	static const char INSERT[] = "INSERT INTO journal (at, user, method, noun, record, before)"
				     " VALUES (1, 'u', 'm', 'n', ?, printf('%.*c', 1000, 'x'))";
	struct err err = { 0 };

	assert_int_equal(store_begin(store, &err), 0);
	for (int i = 0; i < rows; i++) {
		struct stmt *q = sql_prepare(store, INSERT);

		stmt_bind_int(q, i);
		assert_int_equal(stmt_run(q, &err), 0);
	}
	assert_int_equal(store_commit(store, &err), 0);
}

static void
copies_everything_into_one_private_file(void **state)
{
	const char *path = in_folder(state, "liaison.db"), *copy = in_folder(state, "copy.db");
	struct store *store = must_make(path);
	struct err err = { 0 };
	struct stat info;

	fill(store, 500);
	assert_int_equal(store_backup(store, copy, NULL, NULL, &err), 0);
	store_close(store);
	assert_int_equal(stat(copy, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_false(exists(in_folder(state, "copy.db-wal")));
	assert_false(exists(in_folder(state, "copy.db.part")));
	store = must_open(copy, STORE_READER);
	assert_int_equal(must_get(store, "SELECT count(*) FROM journal"), 500);
	assert_int_equal(
		must_get(store, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1);
	store_close(store);
}

static void
writes_over_nothing(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	const char *copy = in_folder(state, "copy.db");
	struct err err = { 0 };

	write_bytes(copy, "mine", 4);
	assert_int_equal(store_backup(store, copy, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(file_size(copy), 4);
	store_close(store);
}

static void
leaves_nothing_when_it_fails(void **state)
{
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct err err = { 0 };

	assert_int_equal(store_backup(store, in_folder(state, "no/copy.db"), NULL, NULL, &err), -1);
	assert_int_equal(err.code, ERR_STORAGE);
	store_close(store);
}

static void
can_be_opened_for_writing_as_the_new_database(void **state)
{
	const char *copy = in_folder(state, "copy.db");
	struct store *store = must_make(in_folder(state, "liaison.db"));
	struct err err = { 0 };

	fill(store, 10);
	assert_int_equal(store_backup(store, copy, NULL, NULL, &err), 0);
	store_close(store);
	store = must_make(copy);
	fill(store, 10);
	assert_int_equal(must_get(store, "SELECT count(*) FROM journal"), 20);
	store_close(store);
}

struct steps {
	unsigned count;
	int64_t done, total;
};

static int
step(void *context, int64_t done, int64_t total, struct err *err)
{
	struct steps *steps = context;

	(void)err;

	assert_true(done >= steps->done);
	assert_true(done <= total);
	steps->count++;
	steps->done = done;
	steps->total = total;
	return 0;
}

static int
stop_it(void *context, int64_t done, int64_t total, struct err *err)
{
	(void)context, (void)done, (void)total;
	return (fail)(err, ERR_UNAVAILABLE, "enough");
}

static void
ends_when_it_is_told_to_and_leaves_nothing(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path), *reader;
	struct err err = { 0 };
	int64_t left;

	fill(store, 3000);
	reader = must_open(path, STORE_READER);
	assert_int_equal(
		store_backup(reader, in_folder(state, "copy.db"), stop_it, NULL, &err), -1);
	assert_string_equal(err.message, "enough");
	assert_false(exists(in_folder(state, "copy.db")));
	assert_false(exists(in_folder(state, "copy.db.part")));
	fill(store, 1);
	assert_int_equal(store_checkpoint(store, true, &left, &err), 0);
	assert_int_equal(left, 0);
	store_close(reader);
	store_close(store);
}

static void
tells_how_far_it_is(void **state)
{
	const char *path = in_folder(state, "liaison.db");
	struct store *store = must_make(path), *reader;
	struct steps steps = { 0 };
	struct err err = { 0 };

	fill(store, 3000);
	reader = must_open(path, STORE_READER);
	assert_int_equal(store_backup(reader, in_folder(state, "copy.db"), step, &steps, &err), 0);
	assert_true(steps.count > 2);
	assert_int_equal(steps.done, steps.total);
	assert_int_equal(steps.total * 4096, file_size(in_folder(state, "copy.db")));
	store_close(reader);
	store_close(store);
}

struct scribe {
	struct store *store;
	atomic_bool stop;
	int rounds;
};

/* Two rows a transaction that belong together. */
static void *
scribble(void *context)
{
	struct scribe *scribe = context;
	struct err err;

	while (!atomic_load(&scribe->stop)) {
		if (store_begin(scribe->store, &err) < 0)
			return NULL;
		must_run(
			scribe->store, "INSERT INTO setup (key) SELECT 'a' || count(*) FROM setup");
		must_run(
			scribe->store, "INSERT INTO setup (key) SELECT 'b' || count(*) FROM setup");
		if (store_commit(scribe->store, &err) < 0)
			return NULL;
		scribe->rounds++;
	}
	return NULL;
}

static void
copies_one_moment_while_the_writer_goes_on(void **state)
{
	const char *path = in_folder(state, "liaison.db"), *copy = in_folder(state, "copy.db");
	struct scribe scribe = { .store = must_make(path) };
	struct store *reader;
	struct err err = { 0 };
	pthread_t thread;
	int version;

	fill(scribe.store, 5000);
	reader = must_open(path, STORE_READER);
	assert_int_equal(pthread_create(&thread, NULL, scribble, &scribe), 0);
	usleep(50000);
	if (store_backup(reader, copy, NULL, NULL, &err) < 0)
		fail_msg("%s", err.message);
	atomic_store(&scribe.stop, true);
	pthread_join(thread, NULL);
	assert_true(scribe.rounds > 5);
	assert_int_equal(backup_verify(copy, &version, &err), 0);
	store_close(reader);
	reader = must_open(copy, STORE_READER);
	assert_int_equal(must_get(reader, "SELECT count(*) % 2 FROM setup"), 0);
	assert_int_equal(must_get(reader, "SELECT count(*) FROM journal"), 5000);
	store_close(reader);
	store_close(scribe.store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_everything_into_one_private_file),
		TEST(writes_over_nothing),
		TEST(leaves_nothing_when_it_fails),
		TEST(can_be_opened_for_writing_as_the_new_database),
		TEST(ends_when_it_is_told_to_and_leaves_nothing),
		TEST(tells_how_far_it_is),
		TEST(copies_one_moment_while_the_writer_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
