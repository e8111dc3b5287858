#include "life.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/store/migrate.h"
#include "store/faulty.h"

/* Every call to the disk fails once, or from then on, at each moment of what a database goes through:
 * it is said clearly, undone as a whole, tried again when the disk is well, in the same process, and
 * comes to the same end as if nothing had been. */

struct chapter {
	const char *name;
	int from, to; /* steps */
};

static const struct chapter CHAPTERS[] = {
	{ "start", 0, 0 },
	{ "slices", 4, 7 },
	{ "commands", 9, 11 },
	{ "texts and calls", 24, 26 },
	{ "erasing", 26, 28 },
	{ "removing a contact", 28, 29 },
	{ "meetings", 32, 36 },
	{ "what is not kept", 36, 38 },
	{ "erasing a source", 38, 39 },
	{ "forgetting a person", 40, 41 },
};

enum { CHAPTER_COUNT = sizeof CHAPTERS / sizeof CHAPTERS[0], TRIES = 8 };
#ifdef LIAISON_SANITIZED
enum { EVERY = 600 };
#else
enum { EVERY = 50 };
#endif

struct trial {
	char folder[100], database[200];
	uint8_t sums[CHAPTER_COUNT][LIFE_SUM]; /* at each chapter's end */
};

static unsigned
every(void)
{
	const char *text = getenv("LIAISON_EVERY");

	return text == NULL ? EVERY : (unsigned)strtoul(text, NULL, 10);
}

static void
snapshot_name(const struct trial *trial, int chapter, char name[200])
{
	snprintf(name, 200, "%s/%d.start", trial->folder, chapter);
}

static void
empty(const struct trial *trial, const char *beginning)
{
	DIR *all = opendir(trial->folder);
	struct dirent *entry;
	char path[500];

	while ((entry = readdir(all)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", trial->folder, entry->d_name);
		if (entry->d_name[0] != '.' &&
			strncmp(entry->d_name, beginning, strlen(beginning)) == 0)
			unlink(path);
	}
	closedir(all);
}

static void
copy_file(const char *from, const char *to)
{
	static char bytes[4 << 20];
	FILE *in = fopen(from, "rb"), *out;
	size_t size;

	if (in == NULL)
		return; /* before the start there is no database */
	size = fread(bytes, 1, sizeof bytes, in);
	fclose(in);
	out = fopen(to, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(out);
}

static void
must(struct life *life, int result)
{
	if (result < 0)
		fail_msg("%s", life->world.err.message);
}

/* A life without faults: the database at the beginning of each chapter, and what it is at the end. */
static void
live_well(struct trial *trial)
{
	char name[200];
	struct life life;

	life_init(&life, trial->database);
	must(&life, life_open(&life));
	for (int chapter = 0; chapter < CHAPTER_COUNT; chapter++) {
		for (int64_t done = life_done(&life); done < CHAPTERS[chapter].from; done++)
			must(&life, life_step(&life, done));
		life_close(&life);
		snapshot_name(trial, chapter, name);
		if (chapter > 0)
			copy_file(trial->database, name);
		must(&life, life_open(&life));
		for (int64_t done = life_done(&life); done < CHAPTERS[chapter].to; done++)
			must(&life, life_step(&life, done));
		must(&life, life_settle(&life));
		life_sum(trial->database, trial->sums[chapter]);
	}
	life_clear(&life);
	empty(trial, "liaison.db");
	empty(trial, "forgotten");
}

static int
open_trial(void **state)
{
	struct trial *trial = calloc(1, sizeof *trial);

	snprintf(trial->folder, sizeof trial->folder, "%s/liaison-fault-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(trial->folder));
	snprintf(trial->database, sizeof trial->database, "%s/liaison.db", trial->folder);
	*state = trial;
	live_well(trial);
	return 0;
}

static int
close_trial(void **state)
{
	struct trial *trial = *state;

	faulty_set(FAULT_NONE, 0, false);
	empty(trial, "");
	rmdir(trial->folder);
	free(trial);
	return 0;
}

/* It is told what is wrong, and nothing but the disk is. */
static void
judge_words(const struct err *err)
{
	if (err->code != ERR_STORAGE && err->code != ERR_UNAVAILABLE)
		fail_msg("%s: %s", err_name(err->code), err->message);
	assert_true(strlen(err->message) > 10);
}

static int
reopen(struct store *store, struct err *err)
{
	struct store *fresh = store_reopen_begin(store, err);

	if (fresh == NULL)
		return -1;
	if (store_reopen_check(fresh, err) < 0) {
		store_close(fresh);
		return -1;
	}
	store_reopen_end(store, fresh);
	return 0;
}

/* As the writer does between pieces of work. */
static int
mend(struct life *life)
{
	if (life->world.store == NULL)
		return life_open(life);
	if (store_is_poisoned(life->world.store))
		return reopen(life->world.store, &life->world.err);
	return 0;
}

/* How often something failed. */
static unsigned
try_chapter(struct life *life, const struct chapter *chapter, unsigned tries)
{
	int64_t left;
	unsigned failures = 0;
	int done = chapter->from;

	while (failures < tries) {
		int result = mend(life);

		if (result == 0 && done < chapter->to && (result = life_step(life, done)) == 0)
			done++;
		if (result == 0 && done == chapter->to)
			result = life_settle(life);
		if (result == 0 && done == chapter->to)
			result = store_checkpoint(life->world.store, true, &left, &life->world.err);
		if (result == 0 && done == chapter->to)
			return failures;
		if (result < 0) {
			judge_words(&life->world.err);
			failures++;
		}
	}
	return failures;
}

static void
judge_end(struct trial *trial, struct life *life, int number, enum fault fault, unsigned nth)
{
	uint8_t sum[LIFE_SUM];

	must(life, store_check(life->world.store, false, NULL, NULL, &life->world.err));
	life_sum(trial->database, sum);
	if (memcmp(sum, trial->sums[number], LIFE_SUM) != 0)
		fail_msg("%s: after %s at call %u it is another database", CHAPTERS[number].name,
			faulty_name(fault), nth);
}

/* false: the chapter has fewer calls of that kind. */
static bool
fail_at(struct trial *trial, int number, enum fault fault, unsigned nth, bool for_ever)
{
	const struct chapter *chapter = &CHAPTERS[number];
	struct chapter rest = *chapter;
	char name[200];
	struct life life;
	bool happened;

	snapshot_name(trial, number, name);
	copy_file(name, trial->database);
	life_init(&life, trial->database);
	faulty_set(fault, nth, for_ever);
	try_chapter(&life, chapter, for_ever ? 2 : TRIES);
	happened = faulty_happened();
	faulty_set(FAULT_NONE, 0, false);
	must(&life, mend(&life));
	rest.from = (int)life_done(&life);
	assert_int_equal(try_chapter(&life, &rest, 1), 0);
	judge_end(trial, &life, number, fault, nth);
	life_clear(&life);
	empty(trial, "liaison.db");
	empty(trial, "forgotten");
	return happened;
}

static void
try_all(struct trial *trial, enum fault fault)
{
	unsigned count = 0;

	for (int number = 0; number < CHAPTER_COUNT; number++) {
		for (int for_ever = 0; for_ever < 2; for_ever++) {
			for (unsigned nth = 1; fail_at(trial, number, fault, nth, for_ever == 1);
				nth += every())
				count++;
		}
	}
	assert_true(count >= 2 * (CHAPTER_COUNT - 1));
	print_message("%s: %u times\n", faulty_name(fault), count);
}

static void
goes_on_after_writes_that_fail(void **state)
{
	try_all(*state, FAULT_WRITE);
}

static void
goes_on_when_a_full_disk_has_room_again(void **state)
{
	try_all(*state, FAULT_FULL);
}

static void
goes_on_after_syncs_that_fail(void **state)
{
	try_all(*state, FAULT_SYNC);
}

static void
goes_on_after_reads_that_fail(void **state)
{
	try_all(*state, FAULT_READ);
}

static void
goes_on_when_a_lock_is_given_up(void **state)
{
	try_all(*state, FAULT_LOCK);
}

static void
goes_on_after_any_call_that_fails(void **state)
{
	try_all(*state, FAULT_ANY);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_trial, close_trial)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_on_after_writes_that_fail),
		TEST(goes_on_when_a_full_disk_has_room_again),
		TEST(goes_on_after_syncs_that_fail),
		TEST(goes_on_after_reads_that_fail),
		TEST(goes_on_when_a_lock_is_given_up),
		TEST(goes_on_after_any_call_that_fails),
	};

	faulty_install();
	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
