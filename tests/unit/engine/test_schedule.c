#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "liaison/crm/interaction.h"
#include "liaison/store/audit.h"
#include "liaison/store/journal.h"
#include "pipeline.h"
#include "schedule_slot.h"

/* Months of the engine's schedule in seconds: meetings that end, backups, what is forgotten, on a store in
 * memory. Clocks, threads and what is told to others are those below; a seed is one story, of sleep,
 * restarts, full disks and a wall clock that is set. */

enum {
	SECOND = 1000,
	HOUR_S = 3600,
	DAY_S = 24 * HOUR_S,
	STEP_MAX_S = HOUR_S,
	MEETINGS_MAX = 2000,
	ROWS_MAX = 1000,
	TRACE = 30,
	TICKS = 8, /* at one moment: so many hundred meetings are held, one after the other */
	DAYS = 30,
	JUMP_S = 2 * HOUR_S, /* what the schedule takes for a clock that was set wrong */
	HELD_LATE_S = HOUR_S + 2 * STEP_MAX_S,
	RETAIN_S = 5 * DAY_S,
#ifdef LIAISON_SANITIZED
	SEEDS = 20,
#else
	SEEDS = 200,
#endif
};

static const int64_t BEGINNING = 1795000000; /* in 2026 */

struct planned {
	int64_t id, ends; /* by the right clock */
	int64_t added; /* monotonic ms */
	bool held;
};

struct row {
	int64_t id, at, right; /* when, by the wall clock and by the right one */
};

static struct world {
	struct engine engine;
	struct worker worker;
	struct schedule *schedule;
	uint64_t seed, chance;
	int64_t awake, slept, end; /* ms */
	int64_t wrong; /* s that the wall clock is ahead of the right one */
	/* Monotonic ms: far ahead without a break; set, or restarted; restarted. */
	int64_t wrong_since, disturbed, restarted;
	bool was_wrong_long; /* for a day: what is old by it may be forgotten */
	struct planned meetings[MEETINGS_MAX];
	size_t meeting_count;
	struct row rows[ROWS_MAX];
	size_t row_count;
	struct work *later[8];
	size_t later_count;
	char folder[64], last_backup[400];
	int64_t backed_up_ms, disk_full_until;
	unsigned backups, restarts;
	int64_t alive_ms;
	int64_t next_jump, next_suspend, next_restart, next_full, next_look;
	char trace[TRACE][120];
	size_t traced;
} * world;

/* ---- time and chance ---- */

int64_t
clock_awake_ms(void)
{
	return world->awake;
}

int64_t
clock_monotonic_ms(void)
{
	return world->awake + world->slept;
}

static int64_t
right_time(void)
{
	return BEGINNING + clock_monotonic_ms() / SECOND;
}

int64_t
clock_now(void)
{
	return right_time() + world->wrong;
}

/* Steele, Lea and Flood's SplitMix64. */
static int64_t
between(int64_t low, int64_t high)
{
	uint64_t z = world->chance += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return low + (int64_t)((z ^ (z >> 31)) % (uint64_t)(high - low + 1));
}

static bool
one_in(int64_t count)
{
	return between(1, count) == 1;
}

static int64_t
in_hours(int64_t least, int64_t most)
{
	return clock_monotonic_ms() + between(least * HOUR_S, most * HOUR_S) * SECOND;
}

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	char *line = world->trace[world->traced++ % TRACE];
	int64_t now = clock_monotonic_ms() / SECOND;
	va_list arguments;
	int size = snprintf(line, sizeof world->trace[0], "day %lld %02lld:%02lld ",
		(long long)(now / DAY_S), (long long)(now / HOUR_S % 24),
		(long long)(now / 60 % 60));

	va_start(arguments, format);
	vsnprintf(line + size, sizeof world->trace[0] - (size_t)size, format, arguments);
	va_end(arguments);
}

static void __attribute__((format(printf, 1, 2))) violated(const char *format, ...)
{
	char words[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	note("VIOLATED: %s", words);
	print_error("the world of LIAISON_SEED=%llu ends like this:\n",
		(unsigned long long)world->seed);
	for (size_t i = world->traced > TRACE ? world->traced - TRACE : 0; i < world->traced; i++)
		print_error("\t%s\n", world->trace[i % TRACE]);
	fail_msg("%s", words);
}

/* ---- in place of threads and of others ---- */

static void
carry_out(struct work *work)
{
	arena_reset(world->worker.arena);
	work->run(work, &world->worker);
	work->done(work);
}

/* Now and then a thread is busy until the next tick. */
static void
take_work(struct work *work)
{
	if (one_in(20) && world->later_count < 8)
		world->later[world->later_count++] = work;
	else
		carry_out(work);
}

static void
write_work(struct writer *writer, struct work *work)
{
	(void)writer;
	take_work(work);
}

static void
work_aside(struct pool *pool, struct work *work)
{
	(void)pool;
	take_work(work);
}

static void
note_alive(struct crew *crew)
{
	(void)crew;
	world->alive_ms = clock_monotonic_ms();
}

static void
ignore_status(struct crew *crew, const char *line)
{
	(void)crew;
	(void)line;
}

static void
write_line(struct pipeline *pipeline, char *line, size_t size)
{
	(void)pipeline;
	snprintf(line, size, "no sources");
}

static void
begin_schedule(void)
{
	world->schedule = schedule_new(&world->engine);
	world->schedule->ways = (struct schedule_ways){ .write = write_work,
		.work_aside = work_aside,
		.alive = note_alive,
		.status = ignore_status,
		.line = write_line };
}

/* An empty file will do. */
int
store_backup(struct store *store, const char *path,
	void (*progress)(void *context, int64_t done, int64_t total), void *context,
	struct err *err)
{
	int64_t now = clock_monotonic_ms(), every = world->engine.settings->config.backup_every;
	struct timespec times[2] = { { .tv_sec = clock_now() }, { .tv_sec = clock_now() } };
	int descriptor;

	(void)store, (void)progress, (void)context;
	if (now < world->disk_full_until)
		return fail(err, ERR_STORAGE, "the disk is full");
	descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return fail(err, ERR_STORAGE, "'%s': %s", path, strerror(errno));
	futimens(descriptor, times);
	close(descriptor);
	note("a backup, %s", path + strlen(world->folder));
	if (world->backups > 0 && now - world->backed_up_ms < every * SECOND &&
		world->restarted < world->backed_up_ms)
		violated("a backup %lld s after the last one",
			(long long)(now - world->backed_up_ms) / SECOND);
	world->backups++;
	world->backed_up_ms = now;
	snprintf(world->last_backup, sizeof world->last_backup, "%s", path);
	return 0;
}

/* ---- what befalls it ---- */

static void
plan_meetings(unsigned count)
{
	for (unsigned i = 0; i < count && world->meeting_count < MEETINGS_MAX; i++) {
		struct planned *meeting = &world->meetings[world->meeting_count++];
		int64_t at = right_time() + between(60, 6 * DAY_S);
		struct interaction interaction = { .kind = "meeting",
			.status = "planned",
			.direction = "none",
			.initiated_by = "none",
			.at = at,
			.end_at = at + between(0, 1) * HOUR_S,
			.subject = "Review" };
		struct err err;

		assert_int_equal(interaction_add(world->worker.store, &interaction, NULL, 0, NULL,
					 right_time(), &err),
			0);
		meeting->id = interaction.id;
		meeting->added = clock_monotonic_ms();
		meeting->ends = interaction.end_at > 0 ? interaction.end_at : at;
	}
}

static void
add_row(void)
{
	struct journal_entry entry = {
		.user = "me", .method = "contact.add", .noun = "contact", .record = 1
	};
	struct row *row = &world->rows[world->row_count++];
	struct err err;

	assert_true(world->row_count <= ROWS_MAX);
	row->at = clock_now();
	row->right = right_time();
	assert_int_equal(store_begin(world->worker.store, &err), 0);
	assert_int_equal(journal_add(world->worker.store, &entry, &row->id, &err), 0);
	assert_int_equal(store_commit(world->worker.store, &err), 0);
}

static void
jump(void)
{
	static const int64_t BY[] = { 3600, -3600, INT64_C(315576000), -INT64_C(315576000) };
	static const int64_t TO[] = { 0, INT64_C(2147483640), INT64_C(4294967290) };
	int64_t kind = between(0, 9), now = clock_monotonic_ms();
	bool was_wrong = world->wrong > JUMP_S;

	if (kind < 4)
		world->wrong = BY[kind];
	else if (kind < 7)
		world->wrong = TO[kind - 4] - right_time();
	else
		world->wrong = 0;
	if (world->wrong > JUMP_S && !was_wrong) /* who has just begun knows no other clock */
		world->wrong_since = now == world->restarted ? INT64_MIN / 2 : now;
	world->disturbed = now;
	world->next_jump = one_in(2) ? now + between(1, 7200) * SECOND : in_hours(1, 100);
	note("the wall clock is %lld s ahead", (long long)world->wrong);
}

static void
suspend(void)
{
	int64_t length = between(60, one_in(5) ? 3 * DAY_S : 8 * HOUR_S);

	note("the machine sleeps for %lld s", (long long)length);
	world->slept += length * SECOND;
	world->next_suspend = in_hours(1, 60);
}

/* What was not begun is dropped with the queue. */
static void
restart(void)
{
	int64_t down = between(1, one_in(5) ? 2 * DAY_S : 600);

	note("the engine is down for %lld s", (long long)down);
	schedule_free(world->schedule);
	world->later_count = 0;
	world->awake += down * SECOND;
	begin_schedule();
	world->disturbed = world->restarted = clock_monotonic_ms();
	world->wrong_since = world->wrong > JUMP_S ? INT64_MIN / 2
						   : 0; /* it knows no other clock */
	world->was_wrong_long = world->was_wrong_long || world->wrong > 0;
	world->restarts++;
	world->next_restart = in_hours(2, 150);
}

static void
fill_disk(void)
{
	world->disk_full_until = in_hours(1, 40);
	world->next_full = world->disk_full_until + in_hours(10, 200) - clock_monotonic_ms();
	note("the disk is full");
}

static void
befall(void)
{
	int64_t now = clock_monotonic_ms();

	if (one_in(20))
		plan_meetings(one_in(20) ? 250 : (unsigned)between(1, 5));
	if (one_in(10))
		add_row();
	if (now >= world->next_suspend)
		suspend();
	if (now >= world->next_restart)
		restart();
	if (now >= world->next_jump)
		jump();
	if (now >= world->next_full)
		fill_disk();
	if (world->wrong > JUMP_S &&
		clock_monotonic_ms() - world->wrong_since > INT64_C(1000) * 23 * HOUR_S)
		world->was_wrong_long = true;
}

/* ---- what must hold ---- */

/* It was planned at the last look. */
static void
held(struct planned *meeting)
{
	int64_t early = meeting->ends - right_time();

	meeting->held = true;
	if (clock_now() < meeting->ends)
		violated("meeting %lld is held %lld s before its end", (long long)meeting->id,
			(long long)(meeting->ends - clock_now()));
	if (early > JUMP_S && clock_monotonic_ms() - world->wrong_since < HOUR_S * SECOND)
		violated("meeting %lld is held %lld s too early, by a clock that was just set",
			(long long)meeting->id, (long long)early);
}

static const char SELECT_PLANNED[] =
	"SELECT id FROM interaction WHERE status = 'planned' ORDER BY id";

/* Meetings were added in the order of their ids. */
static void
look_for_held(void)
{
	struct stmt *q = sql_prepare(world->worker.store, SELECT_PLANNED);
	size_t place = 0;
	struct err err;

	while (stmt_row(q)) {
		int64_t id = stmt_int(q);

		for (; world->meetings[place].id < id; place++)
			if (!world->meetings[place].held)
				held(&world->meetings[place]);
		if (world->meetings[place++].held)
			violated("meeting %lld is planned again", (long long)id);
	}
	assert_int_equal(stmt_end(q, &err), 0);
	for (; place < world->meeting_count; place++)
		if (!world->meetings[place].held)
			held(&world->meetings[place]);
}

static const char SELECT_CHANGED_TWICE[] = "SELECT count(*) FROM interaction WHERE version <> CASE "
					   "status WHEN 'held' THEN 2 ELSE 1 END";

static void
check_held_once(void)
{
	int64_t count = 0;
	struct err err;

	assert_int_equal(sql_get_int(sql_prepare(world->worker.store, SELECT_CHANGED_TWICE), &count,
				 &(bool){ false }, &err),
		0);
	if (count > 0)
		violated("%lld meetings are held more than once", (long long)count);
}

static void
check_meetings(int64_t now)
{
	look_for_held();
	if (now - world->disturbed < INT64_C(1000) * HELD_LATE_S)
		return;
	for (size_t i = 0; i < world->meeting_count; i++) {
		const struct planned *meeting = &world->meetings[i];

		if (!meeting->held && clock_now() - meeting->ends > HELD_LATE_S &&
			now - meeting->added > HELD_LATE_S * INT64_C(1000))
			violated("meeting %lld ended long ago and is not held",
				(long long)meeting->id);
	}
}

static void
check_backups(int64_t now)
{
	const struct config *config = &world->engine.settings->config;
	int64_t allowed = config->backup_every + 4 * HOUR_S;
	/* Who has just begun goes by what it finds, which a wrong clock may have left there. */
	int64_t since = world->restarted > world->backed_up_ms ? world->restarted
							       : world->backed_up_ms;

	if (world->backups > (unsigned)(now / SECOND / config->backup_every) + world->restarts + 2)
		violated("%u backups by then", world->backups);
	if (world->backups > 0 && access(world->last_backup, F_OK) < 0)
		violated("the newest backup is dropped");
	if (world->later_count > 0 || now < world->disk_full_until + INT64_C(2000) * HOUR_S)
		return;
	if (now - since > allowed * SECOND)
		violated("no backup for %lld s", (long long)(now - world->backed_up_ms) / SECOND);
}

static bool
is_listed(const struct audit_entry *entries, unsigned count, int64_t id)
{
	for (unsigned i = 0; i < count; i++)
		if (entries[i].id == id)
			return true;
	return false;
}

/* Only rows that were written by a clock that was about right can be judged. */
static void
check_rows(int64_t now)
{
	struct audit_question question = { .since = TIME_MIN, .limit = ROWS_MAX };
	struct audit_entry *entries;
	unsigned count;
	struct err err;

	if (now < world->next_look)
		return;
	world->next_look = in_hours(20, 30);
	arena_reset(world->worker.arena);
	assert_int_equal(audit_list(world->worker.store, world->worker.arena, &question, &entries,
				 &count, &err),
		0);
	for (size_t i = 0; i < world->row_count; i++) {
		const struct row *row = &world->rows[i];
		bool listed = is_listed(entries, count, row->id);
		int64_t age = right_time() - row->right;

		if (row->at < row->right - JUMP_S || row->at > row->right + JUMP_S)
			continue;
		if (!listed && age < RETAIN_S - JUMP_S && !world->was_wrong_long)
			violated("a row of %lld s is forgotten", (long long)age);
		if (listed && age > RETAIN_S + 2 * DAY_S && world->wrong == 0 &&
			now - world->disturbed > INT64_C(1000) * 26 * HOUR_S)
			violated("a row of %lld s is kept", (long long)age);
	}
}

static void
check(void)
{
	int64_t now = clock_monotonic_ms();

	if (world->later_count == 0 && now - world->alive_ms > 5 * SECOND)
		violated("no sign of life for %lld s", (long long)(now - world->alive_ms) / SECOND);
	check_meetings(now);
	check_backups(now);
	check_rows(now);
}

/* ---- a story ---- */

static void
begin(uint64_t seed)
{
	struct config config = { .arena = arena_new(), .timezone = "UTC" };
	struct err err;

	world = mem_zero(1, sizeof *world);
	world->seed = world->chance = seed;
	world->awake = between(1, 100 * HOUR_S) * SECOND;
	snprintf(world->folder, sizeof world->folder, "/tmp/liaison-schedule-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	config.backup_directory = world->folder;
	config.backup_every = between(2, 24) * HOUR_S;
	config.backup_keep = (unsigned)between(1, 5);
	config.retain_audit = RETAIN_S;
	world->engine.settings = settings_new(&config);
	pthread_mutex_init(&world->engine.board, NULL);
	uv_loop_init(&world->engine.loop);
	assert_int_equal(done_init(&world->engine.done, &world->engine.loop, &err), 0);
	worker_init(&world->worker, &world->engine, store_open_memory(&err));
	assert_non_null(world->worker.store);
	begin_schedule();
	world->backed_up_ms = clock_monotonic_ms();
	world->next_jump = in_hours(1, 100);
	world->next_suspend = in_hours(1, 60);
	world->next_restart = in_hours(2, 150);
	world->next_full = in_hours(10, 300);
	plan_meetings(20);
}

static void
empty_folder(void)
{
	DIR *folder = opendir(world->folder);
	struct dirent *entry;
	char path[400];

	while (folder && (entry = readdir(folder)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", world->folder, entry->d_name);
		unlink(path);
	}
	if (folder)
		closedir(folder);
	rmdir(world->folder);
}

static void
end(void)
{
	schedule_free(world->schedule);
	uv_run(&world->engine.loop, UV_RUN_NOWAIT);
	done_close(&world->engine.done);
	uv_run(&world->engine.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->engine.loop), 0);
	store_close(world->worker.store);
	worker_clear(&world->worker);
	settings_release(world->engine.settings);
	empty_folder();
	free(world);
	world = NULL;
}

static void
tick(void)
{
	size_t count = world->later_count;
	struct work *late[8];

	memcpy(late, world->later, sizeof late);
	world->later_count = 0;
	for (size_t i = 0; i < count; i++)
		carry_out(late[i]);
	schedule_tick(world->schedule, clock_monotonic_ms());
	uv_run(&world->engine.loop, UV_RUN_NOWAIT);
}

static void
live(int64_t days)
{
	int64_t last = clock_monotonic_ms() + days * INT64_C(1000) * DAY_S;

	while (clock_monotonic_ms() < last) {
		world->awake += SECOND * (one_in(8) ? between(1, 5) : between(5, STEP_MAX_S));
		befall();
		for (int i = 0; i < TICKS; i++)
			tick();
		check();
	}
}

static int64_t
from_environment(const char *name, int64_t otherwise)
{
	const char *words = getenv(name);
	int64_t number;

	return words && text_to_int64(words, &number) == 0 && number > 0 ? number : otherwise;
}

static void
keeps_its_promises_for_months_whatever_befalls_it(void **state)
{
	int64_t seed = from_environment("LIAISON_SEED", 0);
	int64_t last = seed > 0 ? seed : from_environment("LIAISON_SEEDS", SEEDS);

	(void)state;
	log_set_level(0);
	for (int64_t at = seed > 0 ? seed : 1; at <= last; at++) {
		begin((uint64_t)at);
		live(from_environment("LIAISON_DAYS", DAYS));
		check_held_once();
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_promises_for_months_whatever_befalls_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
