#include "fixture.h"

#include <time.h>

#include "disk.h"
#include "schema.h"

/* Power cuts while a database is made, brought up to a newer schema, written and backed up: the next
 * opening finds a sound one with all that was committed, and goes on. */

#ifdef LIAISON_SANITIZED
enum { CUTS = 25 };
#else
enum { CUTS = 300 };
#endif

struct folders {
	void **state;
	char here[300], there[300]; /* where it is done; where it is found again */
	uint64_t seed;
};

static void
make_folders(struct folders *folders, void **state)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*folders = (struct folders){ .state = state };
	snprintf(folders->here, sizeof folders->here, "%s/here", (char *)*state);
	snprintf(folders->there, sizeof folders->there, "%s/there", (char *)*state);
	folders->seed = env_number("LIAISON_SEED", (unsigned long)now.tv_nsec);
	print_message("LIAISON_SEED=%lu\n", (unsigned long)folders->seed);
	empty_folder(folders->here);
}

static const char *
in(const char *folder, const char *name)
{
	static char paths[8][400];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

/* What may be left of here after so many deeds. */
static void
cut_at(struct folders *folders, unsigned count)
{
	empty_folder(folders->there);
	disk_lay_out(folders->there, count, folders->seed * 1000003 + count);
}

typedef void judge_fn(struct folders *folders, unsigned count, void *context);

/* Calls judge for moments that are spread evenly over all that was recorded, as often as need be. */
static void
at_each_moment(struct folders *folders, unsigned long cuts, judge_fn *judge, void *context)
{
	unsigned all = disk_count();
	unsigned long rounds = cuts / (all + 1) + 1, each = cuts / rounds;

	disk_stop();
	for (unsigned long i = 0; i < rounds * each; i++) {
		unsigned count = each < 2 ? all : (unsigned)(i % each * all / (each - 1));

		folders->seed += i > 0 && i % each == 0;
		cut_at(folders, count);
		judge(folders, count, context);
	}
	print_message("%lu power cuts in %u operations\n", rounds * each, all);
}

static unsigned long
cuts_for(unsigned share)
{
	return env_number("LIAISON_CUTS", CUTS) / share;
}

static void
must_be_sound(struct store *store, unsigned count)
{
	struct err err = { 0 };

	if (store_check(store, false, NULL, NULL, &err) < 0)
		fail_msg("after %u operations: %s", count, err.message);
}

/* ---- migrations -------------------------------------------------------------------------------- */

struct journey {
	size_t from;
	unsigned arrived; /* operations when store_migrate had returned */
};

static int64_t
schema_sum(struct store *store)
{
	return must_get(store,
		"SELECT sum(length(sql) * (1 + unicode(name)) + unicode(substr(name, 2)))"
		" FROM sqlite_schema");
}

static int64_t
newest_schema_sum(void)
{
	struct err err;
	struct store *store = store_open_memory(&err);
	int64_t sum;

	assert_non_null(store);
	sum = schema_sum(store);
	store_close(store);
	return sum;
}

static void
judge_backup(struct folders *folders, const struct journey *journey)
{
	struct err err = { 0 };
	char name[40];
	int version = 0;

	snprintf(name, sizeof name, "liaison.db.before-%zu", schema_file_count);
	if (backup_verify(in(folders->there, name), &version, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(version, journey->from);
}

static void
judge_journey(struct folders *folders, unsigned count, void *context)
{
	const struct journey *journey = context;
	const char *path = in(folders->there, "liaison.db");
	struct store *store;
	struct err err = { 0 };
	int64_t version;

	if (!exists(path) && journey->from == 0 && count < journey->arrived)
		return; /* not yet made, and nobody was told that it is */
	store = must_open(path, STORE_WRITER);
	must_be_sound(store, count);
	version = must_get(store, "PRAGMA user_version");
	assert_in_range(version, journey->from, schema_file_count);
	if (count >= journey->arrived)
		assert_int_equal(version, schema_file_count);
	if (journey->from > 0 && (size_t)version > journey->from)
		judge_backup(folders, journey);
	if (store_migrate(store, path, &err) < 0)
		fail_msg("after %u operations: %s", count, err.message);
	assert_int_equal(must_get(store, "PRAGMA user_version"), schema_file_count);
	assert_int_equal(schema_sum(store), newest_schema_sum());
	assert_int_equal(must_get(store, "SELECT count(*) FROM ledger"), journey->from > 0);
	assert_int_equal(
		must_get(store, "SELECT count(*) FROM v_interactions"), journey->from > 0 ? 2 : 0);
	must_be_sound(store, count);
	store_close(store);
}

static void
brings_any_version_up_through_a_power_cut_at_each_step(void **state)
{
	for (size_t from = 0; from < schema_file_count; from++) {
		struct journey journey = { .from = from };
		struct folders folders;
		const char *path;
		struct err err = { 0 };
		struct store *store;

		make_folders(&folders, state);
		path = in(folders.here, "liaison.db");
		if (from > 0)
			store_close(must_make_old(path, from));
		disk_record(folders.here);
		store = must_open(path, STORE_WRITER);
		if (store_migrate(store, path, &err) < 0)
			fail_msg("%s", err.message);
		journey.arrived = disk_count();
		store_close(store);
		at_each_moment(
			&folders, cuts_for((unsigned)schema_file_count), judge_journey, &journey);
	}
}

/* ---- writing and backing up -------------------------------------------------------------------- */

enum { ROWS = 60 };

struct diary {
	unsigned acknowledged[ROWS]; /* operations when the commit of each pair had returned */
	unsigned backed_up;
};

static const char INSERT[] = "INSERT INTO setup (key, value) VALUES (?, printf('%.*c', 1500, 'x'))";

static void
put_pair(struct store *store, unsigned number)
{
	struct err err = { 0 };
	char key[32];

	assert_int_equal(store_begin(store, &err), 0);
	for (unsigned half = 0; half < 2; half++) {
		struct stmt *q = sql_prepare(store, INSERT);

		snprintf(key, sizeof key, "%03u.%u", number, half);
		stmt_bind_text(q, key);
		assert_int_equal(stmt_run(q, &err), 0);
	}
	assert_int_equal(store_commit(store, &err), 0);
}

static void
judge_diary(struct folders *folders, unsigned count, void *context)
{
	const struct diary *diary = context;
	const char *copy = in(folders->there, "copy.db");
	struct store *store = must_open(in(folders->there, "liaison.db"), STORE_WRITER);
	struct err err = { 0 };
	int64_t rows, told = 0;
	int version;

	must_be_sound(store, count);
	rows = must_get(store, "SELECT count(*) FROM setup");
	while (told < ROWS && diary->acknowledged[told] <= count)
		told++;
	assert_int_equal(rows % 2, 0);
	assert_in_range(rows / 2, told, told + 1);
	assert_int_equal(
		must_get(store, "SELECT count(DISTINCT substr(key, 1, 3)) FROM setup"), rows / 2);
	if (count >= diary->backed_up)
		assert_true(exists(copy));
	if (exists(copy) && backup_verify(copy, &version, &err) < 0)
		fail_msg("after %u operations: %s", count, err.message);
	store_close(store);
}

static void
keeps_what_was_committed_and_no_half_backup_through_power_cuts(void **state)
{
	struct diary diary = { .backed_up = UINT32_MAX };
	struct folders folders;
	struct store *store;
	struct err err = { 0 };
	int64_t left;

	make_folders(&folders, state);
	store = must_make(in(folders.here, "liaison.db"));
	disk_record(folders.here);
	for (unsigned i = 0; i < ROWS; i++) {
		put_pair(store, i);
		diary.acknowledged[i] = disk_count();
		if (i % 7 == 6)
			assert_int_equal(store_checkpoint(store, i % 14 == 13, &left, &err), 0);
		if (i == ROWS / 2) {
			assert_int_equal(
				store_backup(store, in(folders.here, "copy.db"), NULL, NULL, &err),
				0);
			diary.backed_up = disk_count();
		}
	}
	store_close(store);
	at_each_moment(&folders, cuts_for(1), judge_diary, &diary);
}

/* The disk itself is tried: without a sync before the log is begun anew, cuts must be found out. */
static void
finds_out_a_database_that_does_not_sync(void **state)
{
	struct folders folders;
	struct store *store;
	unsigned told[ROWS], lost = 0, all;

	make_folders(&folders, state);
	store = must_make(in(folders.here, "liaison.db"));
	must_run(store, "PRAGMA synchronous = OFF");
	disk_record(folders.here);
	for (unsigned i = 0; i < ROWS; i++) {
		put_pair(store, i);
		told[i] = disk_count();
	}
	all = disk_count();
	store_close(store);
	disk_stop();
	for (unsigned i = 0; i < 20; i++) {
		cut_at(&folders, all - i);
		store = must_open(in(folders.there, "liaison.db"), STORE_WRITER);
		lost += must_get(store, "SELECT count(*) FROM setup") < 2 * (ROWS - 20) &&
			told[ROWS - 20] <= all - i;
		store_close(store);
	}
	assert_true(lost > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(brings_any_version_up_through_a_power_cut_at_each_step),
		TEST(keeps_what_was_committed_and_no_half_backup_through_power_cuts),
		TEST(finds_out_a_database_that_does_not_sync),
	};

	disk_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
