#ifndef LIAISON_ENGINE_SCHEDULE_SLOT_H
#define LIAISON_ENGINE_SCHEDULE_SLOT_H

#include "engine.h"
#include "liaison/capture/retention.h"
#include "schedule.h"

/* What the parts of the schedule share: schedule.c has the clock and the writer's jobs, backup_plan.c
 * the backups, metrics.c the metrics file. */

/* Each job is one piece of work that is at most once under way. */
struct job_slot {
	struct work work; /* first */
	struct schedule *schedule;
	bool busy;
	bool again; /* there is more to do at once */
	bool failed; /* and the log says so */
	bool more; /* candidates: there is more to count, and time for it */
	int64_t newest; /* candidates: the message decided last, as of the last turn */
	bool wanted; /* candidates: there is text to fetch */
	int64_t due; /* seconds of the monotonic clock */
};

/* Where work goes and who is told: the engine's own, but for a test. */
struct schedule_ways {
	void (*write)(struct writer *writer, struct work *work);
	void (*work_aside)(struct pool *pool, struct work *work);
	void (*alive)(struct crew *crew);
	void (*status)(struct crew *crew, const char *line);
	void (*line)(struct pipeline *pipeline, char *line, size_t size);
};

/* The pass of retention_job.c. */
struct retained {
	struct retention_place place; /* the writer's, with the counts, while one is under way */
	struct retention_counts counts;
	const struct settings *settings; /* that a pass was begun for; compared alone */
	bool merge_soon; /* the next pass merges the search index */
	bool dropped; /* words are in it that nothing has any more */
	int64_t merged; /* s of the monotonic clock: the last pass that merged the search index */
	/* under the board: */
	struct retention_counts last;
	int64_t last_at; /* 0: none has ended yet */
};

struct schedule {
	struct engine *engine;
	struct schedule_ways ways;
	struct job_slot alive, forget, held, index, classify, candidates, metrics, backup, files,
		retention;
	struct retained retained;
	struct file_folder *folder; /* where files has come to look through it; the writer's */
	struct settings *settings; /* held while backup or forget is under way */
	struct settings *metrics_settings, *classify_settings;
	char line[200];
	int64_t line_due;
	/* How far the wall clock is ahead of the monotonic one, s: as far as that is trusted, and at the
	 * last tick. doubted: it was set far ahead of what is trusted. */
	bool has_offset, doubted;
	int64_t offset, seen_offset, doubted_since;
	/* of the backups' thread: */
	bool backup_planned; /* the folder was looked through */
	int64_t backup_last_ms; /* monotonic: when the last one was made, as far as is known */
	int64_t backup_retry_ms, backup_pause_ms; /* after one that failed */
	/* under the board: */
	int64_t backup_at; /* wall clock; 0: never */
	char backup_path[300], backup_error[200];
};

void run_backup(struct work *work, struct worker *worker);
void run_files(struct work *work, struct worker *worker);
/* candidate_job.c */
void run_candidates(struct work *work, struct worker *worker);
void candidates_done(struct work *work);
/* retention_job.c */
void run_retention(struct work *work, struct worker *worker);
void retention_done(struct work *work);
void run_metrics(struct work *work, struct worker *worker);
void metrics_done(struct work *work);

#endif
