#include "schedule_world.h"

#include "liaison/crm/interaction.h"
#include "liaison/store/audit.h"
#include "liaison/store/journal.h"

/* Months of the engine's schedule in seconds: meetings that end, backups, what is forgotten, on a store in
 * memory. A seed is one story, of sleep, restarts, full disks and a wall clock that is set. */

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
	static const int64_t TO[] = { 600, INT64_C(2147483640), INT64_C(4294967290) };
	int64_t kind = between(0, 9), now = clock_monotonic_ms();
	bool was_wrong = world->wrong > JUMP_S;

	if (kind < 4)
		world->wrong = BY[kind];
	else if (kind < 7)
		/* Not the same second twice, by which two backups would have one name. */
		world->wrong = TO[kind - 4] - between(0, 600) - right_time();
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
	"SELECT id FROM interaction WHERE status = 'planned' AND kind = 'meeting' ORDER BY id";

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

/* ---- one thing at a time ----------------------------------------------------------------------- */

/* Until nothing of it waits for a thread that is busy. */
static void
tick_through(void)
{
	do
		tick();
	while (world->later_count > 0);
}

static void
leave(const char *name, int64_t age_s)
{
	struct timespec times[2] = { { .tv_sec = clock_now() - age_s },
		{ .tv_sec = clock_now() - age_s } };
	char path[400];
	int descriptor;

	snprintf(path, sizeof path, "%s/%s", world->folder, name);
	descriptor = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(descriptor >= 0);
	futimens(descriptor, times);
	close(descriptor);
}

static bool
is_left(const char *name)
{
	char path[400];

	snprintf(path, sizeof path, "%s/%s", world->folder, name);
	return access(path, F_OK) == 0;
}

static void
drops_what_a_backup_that_was_killed_has_left(void **state)
{
	(void)state;
	begin(1);
	leave("liaison-20261121T083000Z.db.part", DAY_S);
	leave("liaison-20261121T083000Z.db.part-journal", DAY_S);
	leave("liaison-20261121T093000Z.db.part", 60); /* it may be another daemon's */
	leave("liaison-20261121T083000Z.db.partial", DAY_S);
	leave("mine.db.part", DAY_S);
	tick_through();
	assert_false(is_left("liaison-20261121T083000Z.db.part"));
	assert_false(is_left("liaison-20261121T083000Z.db.part-journal"));
	assert_true(is_left("liaison-20261121T093000Z.db.part"));
	assert_true(is_left("liaison-20261121T083000Z.db.partial"));
	assert_true(is_left("mine.db.part"));
	world->awake += world->engine.settings->config.backup_every * SECOND;
	world->awake += HOUR_S * SECOND;
	tick_through();
	assert_int_equal(world->backups, 2);
	assert_false(is_left("liaison-20261121T093000Z.db.part"));
	assert_true(is_left("mine.db.part"));
	end();
}

static void
run_sql(const char *sql)
{
	struct err err;

	if (stmt_run(sql_prepare(world->worker.store, sql), &err) < 0)
		fail_msg("%s: %s", sql, err.message);
}

/* How often the log says that meetings are not held while they are tried five times. */
static unsigned
complaints(void)
{
	FILE *file = tmpfile();
	int stderr_before = dup(STDERR_FILENO);
	char line[300];
	unsigned count = 0;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	for (int i = 0; i < 5; i++) {
		world->awake += 5 * SECOND;
		tick_through();
	}
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	rewind(file);
	while (fgets(line, sizeof line, file) != NULL)
		count += strstr(line, "not noted as held") != NULL;
	fclose(file);
	return count;
}

static void
says_once_that_a_job_fails(void **state)
{
	(void)state;
	log_set_level(LOG_WARNING);
	begin(1);
	assert_int_equal(complaints(), 0);
	run_sql("ALTER TABLE interaction RENAME TO lost");
	assert_int_equal(complaints(), 1);
	assert_int_equal(complaints(), 0);
	run_sql("ALTER TABLE lost RENAME TO interaction");
	assert_int_equal(complaints(), 0);
	run_sql("ALTER TABLE interaction RENAME TO lost_again");
	assert_int_equal(complaints(), 1);
	end();
}

/* ---- contacts to be indexed ---- */

static int64_t
count_queued(void)
{
	int64_t count = 0;
	bool found;
	struct err err;

	assert_int_equal(
		sql_get_int(sql_prepare(world->worker.store, "SELECT count(*) FROM find_queue"),
			&count, &found, &err),
		0);
	return count;
}

static void
an_import_that_goes_on_comes_before_its_index(void **state)
{
	(void)state;
	begin(1);
	run_sql("INSERT INTO find_queue (contact_id) VALUES (1)");
	world->engine.imported_ms = clock_monotonic_ms();
	tick_through();
	assert_int_equal(count_queued(), 1);
	world->awake += 5 * SECOND; /* it waits for its file */
	tick_through();
	assert_int_equal(count_queued(), 0);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drops_what_a_backup_that_was_killed_has_left),
		cmocka_unit_test(says_once_that_a_job_fails),
		cmocka_unit_test(an_import_that_goes_on_comes_before_its_index),
		cmocka_unit_test(keeps_its_promises_for_months_whatever_befalls_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
