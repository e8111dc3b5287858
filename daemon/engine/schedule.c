#include "schedule.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "liaison/capture/meeting.h"
#include "liaison/crm/classify.h"
#include "liaison/crm/contact_find.h"
#include "liaison/crm/setup.h"
#include "liaison/store/audit.h"
#include "liaison/store/event_log.h"
#include "liaison/store/file.h"
#include "liaison/store/idempotency.h"
#include "pipeline.h"
#include "schedule_slot.h"

enum {
	ALIVE_S = 5,
	BACKUP_S = 30, /* between looks whether one is due */
	LINE_S = 10,
	METRICS_S = 15,
	FORGET_S = 600,
	FORGET_ROWS = 500,
	RETENTION_S = 6 * 60 * 60,
	HELD_S = 5,
	HELD_ROWS = 100,
	CANDIDATES_S = 1,
	INDEX_S = 2,
	IMPORT_PAUSE_MS = 1000,
	CLASSIFY_S = 2,
	CLASSIFY_CONTACTS = 5000,
	CLASSIFY_MS = 60,
	JUMP_S = 2 * 60 * 60, /* who sets a clock ahead by more may have set it wrong */
	DOUBT_HELD_S = 60 * 60,
	DOUBT_FORGET_S = 24 * 60 * 60,
};

/* ---- signs of life: a turn of the loop and a round through the writer ---- */

static void
look_alive(struct work *work, struct worker *worker)
{
	const char *value;
	struct err err;

	(void)work;
	if (store_is_poisoned(worker->store))
		return; /* the writer says so, and mends it */
	/* Any statement will do; it shows that the writer and its database answer. */
	if (setup_get(worker->store, worker->arena, "default-salesperson", &value, &err) < 0)
		log_write(LOG_ERROR, "database: %s", err.message);
}

static void
alive_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->busy = false;
	slot->schedule->ways.alive(&slot->schedule->engine->crew);
}

/* Once a failure. */
static void
tell_failure(struct job_slot *slot, const char *what, const struct err *err)
{
	if (!slot->failed)
		log_write(LOG_WARNING, "%s: %s", what, err->message);
	slot->failed = true;
}

/* ---- what is old is forgotten, in short turns ---- */

static int
forget_old(struct worker *worker, const struct config *config, int64_t *gone, struct err *err)
{
	int64_t now = clock_now();

	if (event_log_prune(worker->store, err) < 0 ||
		idempotency_prune(worker->store, now, err) < 0)
		return -1;
	if (config->retain_audit == 0)
		return 0;
	return audit_prune(worker->store, now - config->retain_audit, FORGET_ROWS, gone, err);
}

static void
run_forget(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	int64_t gone = 0;
	struct err err;

	if (store_is_poisoned(worker->store))
		return;
	if (store_begin(worker->store, &err) == 0) {
		if (forget_old(worker, &slot->schedule->settings->config, &gone, &err) == 0 &&
			store_commit(worker->store, &err) == 0) {
			slot->failed = false;
			if (gone == FORGET_ROWS)
				slot->due = 0;
			return;
		}
		store_rollback(worker->store);
	}
	tell_failure(slot, "database: what is old is not forgotten", &err);
}

/* ---- meetings that have ended ---- */

static int
hold(struct worker *worker, int64_t now, bool *more, struct err *err)
{
	struct capture_result result = { 0 };
	int64_t next;

	if (meetings_held(worker->store, worker->arena, now, HELD_ROWS, &result, &next, err) < 0 ||
		watch_note_result(worker, now, &result, err) < 0)
		return -1;
	*more = next != 0 && next <= now;
	return store_commit(worker->store, err);
}

static void
run_held(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	bool more = false;
	struct err err;

	if (store_is_poisoned(worker->store))
		return;
	if (store_begin(worker->store, &err) == 0) {
		if (hold(worker, clock_now(), &more, &err) == 0) {
			watch_send(worker, &worker->engine->done);
			slot->failed = false;
			if (more)
				slot->due = 0;
			return;
		}
		store_rollback(worker->store);
		watch_forget(worker);
	}
	tell_failure(slot, "meetings: those that ended are not noted as held", &err);
}

/* ---- contacts that cannot be found yet ---- */

static void
run_index(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	bool more = false;
	struct err err;

	slot->again = false;
	if (store_is_poisoned(worker->store))
		return;
	if (store_begin(worker->store, &err) == 0) {
		if (contact_index_turn(worker->store, &more, &err) == 0 &&
			store_commit(worker->store, &err) == 0) {
			slot->failed = false;
			slot->again = more;
			return;
		}
		store_rollback(worker->store);
	}
	tell_failure(slot, "contacts: those that changed are not made to be found", &err);
}

/* An import that goes on makes more of them faster than they are done: it comes first. One that waits for
 * its file does not. */
static bool
is_importing(const struct schedule *schedule, int64_t now_ms)
{
	int64_t since = schedule->engine->imported_ms;

	return since != 0 && now_ms - since < IMPORT_PAUSE_MS;
}

/* Many, after an import or a new release, are done turn by turn without waiting for the clock. */
static void
turns_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	if (slot->again)
		slot->schedule->ways.write(slot->schedule->engine->writer, work);
	else
		slot->busy = false;
}

static void
index_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->again = slot->again && !is_importing(slot->schedule, clock_monotonic_ms());
	turns_done(work);
}

/* ---- contacts whose values changed, and all of them every day ---- */

static int
classify(struct store *store, const struct zone *zone, bool *more, struct err *err)
{
	if (classify_turn(store, zone, clock_now(), CLASSIFY_CONTACTS, CLASSIFY_MS, more, err) < 0)
		return -1;
	return store_commit(store, err);
}

static void
run_classify(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	const struct zone *zone = slot->schedule->classify_settings->zone;
	struct store *store = worker->store;
	bool due = false, more = false;
	struct err err;
	int result;

	slot->again = false;
	if (store_is_poisoned(store))
		return;
	result = classify_is_due(store, zone, clock_now(), &due, &err);
	if (result == 0 && due && (result = store_begin(store, &err)) == 0) {
		result = classify(store, zone, &more, &err);
		if (result < 0)
			store_rollback(store);
	}
	slot->again = result == 0 && more;
	if (result < 0)
		tell_failure(slot, "questionnaires: contacts are not classified", &err);
	else
		slot->failed = false;
}

/* ---- the clock ---- */

/* Most jobs have nothing to do on the loop. */
static void
job_done(struct work *work)
{
	((struct job_slot *)work)->busy = false;
}

static void
prepare(struct schedule *schedule, struct job_slot *slot,
	void (*run)(struct work *, struct worker *), void (*done)(struct work *))
{
	slot->schedule = schedule;
	slot->work.run = run;
	slot->work.done = done;
	slot->work.priority = WORK_BACKGROUND;
}

static const struct schedule_ways OWN_WAYS = { .write = writer_add,
	.work_aside = pool_add,
	.alive = crew_alive,
	.status = crew_status,
	.line = pipeline_line };

struct schedule *
schedule_new(struct engine *engine)
{
	struct schedule *schedule = mem_zero(1, sizeof *schedule);

	schedule->engine = engine;
	schedule->ways = OWN_WAYS;
	prepare(schedule, &schedule->alive, look_alive, alive_done);
	schedule->alive.work.priority = WORK_COMMAND;
	prepare(schedule, &schedule->forget, run_forget, job_done);
	prepare(schedule, &schedule->held, run_held, job_done);
	prepare(schedule, &schedule->index, run_index, index_done);
	prepare(schedule, &schedule->classify, run_classify, turns_done);
	prepare(schedule, &schedule->candidates, run_candidates, candidates_done);
	prepare(schedule, &schedule->metrics, run_metrics, metrics_done);
	prepare(schedule, &schedule->backup, run_backup, job_done);
	prepare(schedule, &schedule->files, run_files, job_done);
	prepare(schedule, &schedule->retention, run_retention, retention_done);
	return schedule;
}

void
schedule_free(struct schedule *schedule)
{
	settings_release(schedule->settings);
	settings_release(schedule->metrics_settings);
	settings_release(schedule->classify_settings);
	file_folder_close(schedule->folder);
	free(schedule);
}

static bool
is_due(struct job_slot *slot, int64_t now, int64_t every)
{
	if (slot->busy || now < slot->due)
		return false;
	slot->due = now + every;
	slot->busy = true;
	return true;
}

static void
tell_line(struct schedule *schedule, int64_t now)
{
	char line[sizeof schedule->line];

	if (now < schedule->line_due)
		return;
	schedule->line_due = now + LINE_S;
	schedule->ways.line(schedule->engine->pipeline, line, sizeof line);
	if (strcmp(line, schedule->line) == 0)
		return;
	memcpy(schedule->line, line, sizeof line);
	schedule->ways.status(&schedule->engine->crew, line);
}

/* Only while nothing of it is under way: the threads read it. */
static void
take_settings(struct schedule *schedule)
{
	if (schedule->forget.busy || schedule->backup.busy ||
		schedule->settings == schedule->engine->settings)
		return;
	settings_release(schedule->settings);
	schedule->settings = settings_hold(schedule->engine->settings);
}

/* A clock that is set far ahead is doubted for a while: what is forgotten, or noted as held, by a wrong
 * one is not to be had back. A machine that sleeps moves both clocks. */
static void
compare_clocks(struct schedule *schedule, int64_t now)
{
	int64_t offset = clock_now() - now, ahead = offset - schedule->offset;
	bool jumped = offset - schedule->seen_offset > JUMP_S;

	if (!schedule->has_offset || ahead <= JUMP_S ||
		(!jumped && now - schedule->doubted_since >= DOUBT_FORGET_S)) {
		schedule->has_offset = true;
		schedule->offset = offset;
		schedule->doubted = false;
	} else if (jumped) {
		log_write(LOG_WARNING,
			"the clock was set %lld s ahead: for a day nothing is forgotten for its "
			"age",
			(long long)ahead);
		schedule->doubted = true;
		schedule->doubted_since = now;
	}
	schedule->seen_offset = offset;
}

static bool
is_doubted(const struct schedule *schedule, int64_t now, int64_t seconds)
{
	return schedule->doubted && now - schedule->doubted_since < seconds;
}

void
schedule_tick(struct schedule *schedule, int64_t now_ms)
{
	struct engine *engine = schedule->engine;
	const struct config *config = &engine->settings->config;
	int64_t now = now_ms / 1000;

	take_settings(schedule);
	compare_clocks(schedule, now);
	if (is_due(&schedule->alive, now, ALIVE_S))
		schedule->ways.write(engine->writer, &schedule->alive.work);
	if (!is_doubted(schedule, now, DOUBT_FORGET_S) && is_due(&schedule->forget, now, FORGET_S))
		schedule->ways.write(engine->writer, &schedule->forget.work);
	if (!is_doubted(schedule, now, DOUBT_FORGET_S) && is_due(&schedule->files, now, FORGET_S))
		schedule->ways.write(engine->writer, &schedule->files.work);
	if (schedule->retained.settings != engine->settings) {
		schedule->retained.settings = engine->settings;
		schedule->retention.due = 0;
	}
	if (!is_doubted(schedule, now, DOUBT_FORGET_S) &&
		is_due(&schedule->retention, now, RETENTION_S))
		schedule->ways.write(engine->writer, &schedule->retention.work);
	if (!is_doubted(schedule, now, DOUBT_HELD_S) && is_due(&schedule->held, now, HELD_S))
		schedule->ways.write(engine->writer, &schedule->held.work);
	if (!is_importing(schedule, now_ms) && is_due(&schedule->index, now, INDEX_S))
		schedule->ways.write(engine->writer, &schedule->index.work);
	if (is_due(&schedule->classify, now, CLASSIFY_S)) {
		settings_release(schedule->classify_settings);
		schedule->classify_settings = settings_hold(engine->settings);
		schedule->ways.write(engine->writer, &schedule->classify.work);
	}
	if (is_due(&schedule->candidates, now, CANDIDATES_S))
		schedule->ways.write(engine->writer, &schedule->candidates.work);
	if (schedule->settings->config.backup_directory != NULL &&
		is_due(&schedule->backup, now, BACKUP_S))
		schedule->ways.work_aside(engine->background, &schedule->backup.work);
	if (config->metrics_file != NULL && is_due(&schedule->metrics, now, METRICS_S)) {
		schedule->metrics_settings = settings_hold(engine->settings);
		schedule->ways.work_aside(engine->background, &schedule->metrics.work);
	}
	tell_line(schedule, now);
}
