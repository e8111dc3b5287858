#include "life.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "liaison/store/migrate.h"
#include "store/disk.h"

/* The power goes at any moment of a database's life: what is found again is exactly what some step had
 * left, no step that was acknowledged is missing, and life goes on from there to the same end. */

enum {
	LIVE_ON_EVERY = 20,
	CUT_AGAIN_EVERY = 10,
	EACH = 600 /* cuts for which each operation is one */
};
#ifdef LIAISON_SANITIZED
enum { CUTS = 25 };
#else
enum { CUTS = 300 };
#endif

struct trial {
	char here[200], there[200]; /* folders */
	char database[220], again[220]; /* in them */
	uint8_t sums[LIFE_STEPS + 1][LIFE_SUM]; /* after each step */
	unsigned told[LIFE_STEPS + 1]; /* operations when it was acknowledged; 0: the beginning */
	unsigned backed_up;
	uint64_t seed;
};

static unsigned long
env_number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text == NULL || *text == '\0' ? otherwise : strtoul(text, NULL, 10);
}

static void
empty(const char *folder)
{
	DIR *all = opendir(folder);
	struct dirent *entry;
	char path[500];

	while (all != NULL && (entry = readdir(all)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (all != NULL)
		closedir(all);
	rmdir(folder);
}

static int
open_trial(void **state)
{
	struct trial *trial = calloc(1, sizeof *trial);
	struct timespec now;
	char root[60];

	snprintf(root, sizeof root, "%s/liaison-power-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(root));
	clock_gettime(CLOCK_REALTIME, &now);
	trial->seed = env_number("LIAISON_SEED", (unsigned long)now.tv_nsec);
	print_message("LIAISON_SEED=%lu\n", (unsigned long)trial->seed);
	snprintf(trial->here, sizeof trial->here, "%s/here", root);
	snprintf(trial->there, sizeof trial->there, "%s/there", root);
	snprintf(trial->database, sizeof trial->database, "%s/liaison.db", trial->here);
	snprintf(trial->again, sizeof trial->again, "%s/liaison.db", trial->there);
	*state = trial;
	return mkdir(trial->here, 0700);
}

static int
close_trial(void **state)
{
	struct trial *trial = *state;

	disk_stop();
	empty(trial->here);
	empty(trial->there);
	*strrchr(trial->here, '/') = '\0';
	rmdir(trial->here);
	free(trial);
	return 0;
}

static void
must(struct life *life, int result, const char *what, long number)
{
	if (result < 0)
		fail_msg("%s %ld: %s", what, number, life->world.err.message);
}

/* Lives on to the end, and is sound. */
static void
live_on(struct life *life)
{
	for (int64_t done = life_done(life); done < LIFE_STEPS; done++) {
		must(life, life_step(life, done), "step", (long)done);
		must(life, life_care(life, done + 1), "care after step", (long)done);
	}
	must(life, store_check(life->world.store, false, NULL, NULL, &life->world.err), "check", 0);
}

static void
live_once(struct trial *trial)
{
	struct life life;

	life_init(&life, trial->database);
	must(&life, life_open(&life), "opening", 0);
	life_sum(trial->database, trial->sums[0]);
	trial->told[0] = disk_count();
	for (int64_t done = 1; done <= LIFE_STEPS; done++) {
		must(&life, life_step(&life, done - 1), "step", (long)done - 1);
		trial->told[done] = disk_count();
		must(&life, life_care(&life, done), "care after step", (long)done);
		if (trial->backed_up == 0 && access(life.copy, F_OK) == 0)
			trial->backed_up = disk_count();
	}
	life_close(&life);
	life_clear(&life);
}

/* What each step leaves is known from a second life, in which the reading disturbs nothing. */
static void
sum_each_step(struct trial *trial)
{
	struct life life;

	assert_int_equal(mkdir(trial->there, 0700), 0);
	life_init(&life, trial->again);
	must(&life, life_open(&life), "opening", 0);
	life_sum(trial->again, trial->sums[0]);
	for (int64_t done = 1; done <= LIFE_STEPS; done++) {
		must(&life, life_step(&life, done - 1), "step", (long)done - 1);
		must(&life, life_care(&life, done), "care after step", (long)done);
		life_sum(trial->again, trial->sums[done]);
	}
	assert_int_equal(ask(&life.world, "SELECT count(*) > 60 FROM interaction", 0), 1);
	assert_int_equal(ask(&life.world, "SELECT count(DISTINCT decision) > 2 FROM ledger", 0), 1);
	life_clear(&life);
	empty(trial->there);
}

static int64_t
told_by(const struct trial *trial, unsigned count)
{
	int64_t told = -1;

	while (told < LIFE_STEPS && trial->told[told + 1] <= count)
		told++;
	return told;
}

/* The list of the forgotten is on the disk before anything is erased. */
static void
lay_list(const struct trial *trial, unsigned count)
{
	char from[220], to[220];

	if (count <= trial->told[LIFE_STEPS])
		return;
	snprintf(from, sizeof from, "%s/forgotten", trial->here);
	snprintf(to, sizeof to, "%s/forgotten", trial->there);
	assert_int_equal(link(from, to), 0);
}

static void
judge_copy(const struct trial *trial, const struct life *life, unsigned count)
{
	struct err err = { 0 };
	int version;

	if (count >= trial->backed_up)
		assert_int_equal(access(life->copy, F_OK), 0);
	if (access(life->copy, F_OK) == 0 && backup_verify(life->copy, &version, &err) < 0)
		fail_msg("after %u operations: %s", count, err.message);
}

/* What is there again. steps: told and not yet told; 0 of them may be without sources. */
static void
judge(struct trial *trial, unsigned count, bool to_the_end)
{
	int64_t told = told_by(trial, count), done;
	uint8_t sum[LIFE_SUM];
	struct life life;

	lay_list(trial, count);
	life_init(&life, trial->again);
	if (told < 0 && access(trial->again, F_OK) < 0) {
		life_clear(&life);
		return;
	}
	must(&life, life_open(&life), "opening after operation", (long)count);
	must(&life, store_check(life.world.store, false, NULL, NULL, &life.world.err),
		"check after operation", (long)count);
	done = life_done(&life);
	if (done < told || done > told + 1)
		fail_msg("after %u operations %d steps are there, %d were acknowledged", count,
			(int)done, (int)told);
	life_sum(trial->again, sum);
	if (memcmp(sum, trial->sums[done], LIFE_SUM) != 0)
		fail_msg("after %u operations it is not what step %d left", count, (int)done);
	judge_copy(trial, &life, count);
	if (to_the_end) {
		live_on(&life);
		life_sum(trial->again, sum);
		assert_memory_equal(sum, trial->sums[LIFE_STEPS], LIFE_SUM);
	}
	life_clear(&life);
}

static void
loses_nothing_and_halves_nothing_when_the_power_goes(void **state)
{
	struct trial *trial = *state;
	unsigned long cuts = env_number("LIAISON_CUTS", CUTS), rounds, each;
	unsigned all;

	sum_each_step(trial);
	disk_record(trial->here);
	live_once(trial);
	all = disk_count();
	disk_stop();
	rounds = cuts / (all + 1) + 1;
	each = cuts / rounds;
	for (unsigned long i = 0; i < rounds * each; i++) {
		unsigned count = (unsigned)(i % each * all / (each - 1));

		trial->seed += i % each == 0;
		assert_int_equal(mkdir(trial->there, 0700), 0);
		disk_lay_out(trial->there, count, trial->seed * 1000003 + count);
		judge(trial, count, i % LIVE_ON_EVERY == 0);
		empty(trial->there);
	}
	print_message(
		"%lu power cuts in %u operations of %d steps\n", rounds * each, all, LIFE_STEPS);
}

/* How often the forgotten one's addresses, with a tag or none, are there. */
static unsigned
count_in(const char *path)
{
	static char bytes[8 << 20];
	FILE *file = fopen(path, "rb");
	unsigned count = 0;
	size_t size;

	if (file == NULL)
		return 0;
	size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	assert_true(size < sizeof bytes);
	for (size_t i = 0; i + strlen(LIFE_FORGOTTEN) <= size; i++)
		count += memcmp(bytes + i, "p4+", 3) == 0 ||
			 memcmp(bytes + i, LIFE_FORGOTTEN, strlen(LIFE_FORGOTTEN)) == 0;
	return count;
}

/* Down to unused bytes of pages, which are overwritten past SQLite. */
static void
ends_a_forgetting_wherever_the_power_goes(void **state)
{
	struct trial *trial = *state;
	unsigned long cuts = env_number("LIAISON_CUTS", CUTS), rounds = cuts / EACH + 1;
	unsigned step = cuts < EACH ? (unsigned)(EACH / cuts) : 1, from, all, each;

	sum_each_step(trial);
	disk_record(trial->here);
	live_once(trial);
	all = disk_count();
	from = trial->told[LIFE_STEPS];
	each = (all - from) / step;
	disk_stop();
	assert_int_equal(count_in(trial->database), 0);
	for (unsigned long i = 0; i < rounds * each; i++) {
		unsigned count = from + (unsigned)(i % each * step + trial->seed % step) + 1;
		char log[230];

		trial->seed += i % each == 0 ? step : 0;
		assert_int_equal(mkdir(trial->there, 0700), 0);
		disk_lay_out(trial->there, count, trial->seed * 1000003 + count);
		judge(trial, count, false);
		snprintf(log, sizeof log, "%s-wal", trial->again);
		if (count_in(trial->again) + count_in(log) > 0)
			fail_msg("after operation %u of %u bytes are left", count, all);
		empty(trial->there);
	}
	print_message("%lu times %u of %u operations\n", rounds, each, all - from);
}

/* The power goes once more, while what is left is being opened. */
static void
survives_a_second_cut_while_it_recovers(void **state)
{
	struct trial *trial = *state;
	unsigned long cuts = env_number("LIAISON_CUTS", CUTS) / CUT_AGAIN_EVERY;
	unsigned all;

	sum_each_step(trial);
	disk_record(trial->here);
	live_once(trial);
	all = disk_count();
	for (unsigned long i = 0; i < cuts; i++) {
		unsigned count = (unsigned)((i + 1) * all / (cuts + 1)), more;
		struct life life;

		/* Recorded anew each time, for the second cut is of another folder. */
		empty(trial->here);
		assert_int_equal(mkdir(trial->here, 0700), 0);
		disk_record(trial->here);
		live_once(trial);
		disk_stop();
		assert_int_equal(mkdir(trial->there, 0700), 0);
		disk_lay_out(trial->there, count, ++trial->seed);
		disk_record(trial->there);
		life_init(&life, trial->again);
		must(&life, life_open(&life), "opening", (long)count);
		life_clear(&life);
		more = disk_count();
		disk_stop();
		empty(trial->there);
		assert_int_equal(mkdir(trial->there, 0700), 0);
		disk_lay_out(trial->there, (unsigned)(trial->seed % (more + 1)), trial->seed);
		judge(trial, count, false);
		empty(trial->there);
	}
	print_message("%lu second cuts\n", cuts);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_trial, close_trial)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loses_nothing_and_halves_nothing_when_the_power_goes),
		TEST(ends_a_forgetting_wherever_the_power_goes),
		TEST(survives_a_second_cut_while_it_recovers),
	};

	disk_install();
	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
