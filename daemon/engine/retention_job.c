#include "liaison/base/log.h"
#include "pipeline.h"
#include "schedule_slot.h"

/* [retention]: a pass over the database when the engine starts, when the configuration was read again, and
 * four times a day, a slice a transaction behind everything else. */

enum { UNKNOWN_AGAIN_S = 10, MERGE_S = 24 * 60 * 60 };

void
run_retention(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	struct retained *retained = &slot->schedule->retained;
	struct err err;

	slot->more = false;
	slot->again = worker->capture == NULL || store_is_poisoned(worker->store);
	if (slot->again)
		return; /* nobody has said yet how long, or nothing can be written */
	if (store_begin(worker->store, &err) == 0) {
		if (retention_turn(worker->store, worker->capture, worker->arena, &retained->place,
			    clock_now(), &retained->counts, &slot->more, &err) == 0 &&
			store_commit(worker->store, &err) == 0) {
			slot->failed = false;
			return;
		}
		store_rollback(worker->store);
		capture_contacts_changed(worker->capture);
	}
	slot->again = true;
	slot->more = false;
	if (!slot->failed)
		log_write(LOG_WARNING, "retention: what is over its time is not dropped: %s",
			err.message);
	slot->failed = true;
}

static bool
is_any(const struct retention_counts *counts)
{
	return counts->mails + counts->meetings + counts->texts + counts->evidence +
		       counts->headers >
	       0;
}

/* What went for its age leaves the search index once a day, as all of that is written anew. */
static void
plan_merge(struct schedule *schedule, int64_t now)
{
	struct retained *retained = &schedule->retained;
	const struct retention_counts *counts = &retained->counts;

	retained->dropped = retained->dropped ||
			    counts->mails + counts->meetings + counts->texts > 0;
	if (retained->place.merges) {
		retained->merged = now;
		retained->dropped = false;
	}
	if (retained->dropped && (retained->merged == 0 || now - retained->merged >= MERGE_S))
		retained->merge_soon = true;
	if (retained->merge_soon)
		schedule->retention.due = 0;
}

static void
end_pass(struct schedule *schedule)
{
	struct retained *retained = &schedule->retained;
	const struct retention_counts *counts = &retained->counts;

	if (is_any(counts))
		log_write(LOG_INFO,
			"retention: dropped %llu mails, %llu meetings, the text of %llu, evidence "
			"of %llu messages and %llu unreadable headers",
			(unsigned long long)counts->mails, (unsigned long long)counts->meetings,
			(unsigned long long)counts->texts, (unsigned long long)counts->evidence,
			(unsigned long long)counts->headers);
	pthread_mutex_lock(&schedule->engine->board);
	retained->last = *counts;
	retained->last_at = clock_now();
	pthread_mutex_unlock(&schedule->engine->board);
	plan_merge(schedule, clock_monotonic_ms() / 1000);
	retained->place = (struct retention_place){ .merges = retained->merge_soon };
	retained->counts = (struct retention_counts){ 0 };
	retained->merge_soon = false;
}

void
retention_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;
	struct schedule *schedule = slot->schedule;

	if (slot->again)
		slot->due = clock_monotonic_ms() / 1000 + UNKNOWN_AGAIN_S;
	else if (!slot->more)
		end_pass(schedule);
	slot->busy = slot->more && !schedule->doubted && !schedule->engine->stopping;
	if (slot->busy)
		schedule->ways.write(schedule->engine->writer, work);
	else if (slot->more)
		slot->due = 0; /* it goes on when the clock is believed again */
}

/* Behind the one that is under way, if any. */
void
retention_soon(struct schedule *schedule)
{
	if (schedule == NULL)
		return;
	schedule->retained.merge_soon = true;
	schedule->retention.due = 0;
}

void
retention_last(struct schedule *schedule, int64_t *at, struct retention_counts *counts)
{
	pthread_mutex_lock(&schedule->engine->board);
	*at = schedule->retained.last_at;
	*counts = schedule->retained.last;
	pthread_mutex_unlock(&schedule->engine->board);
}
