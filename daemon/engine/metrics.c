#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "pipeline.h"
#include "schedule_slot.h"

/* The metrics file, for node_exporter and its like. */

static void
write_metrics(struct schedule *schedule, struct worker *worker, struct text *out)
{
	struct control *control = &schedule->engine->control;
	char names[200];
	unsigned stale = pipeline_stale(
		schedule->engine->pipeline, clock_now(), names, sizeof names);

	text_printf(out, "# TYPE liaison_up gauge\nliaison_up 1\n");
	text_printf(out, "# TYPE liaison_stale_sources gauge\nliaison_stale_sources %u\n", stale);
	text_printf(out, "# TYPE liaison_requests_total counter\nliaison_requests_total %llu\n",
		atomic_load(&control->requests));
	text_printf(out, "# TYPE liaison_database_bytes gauge\nliaison_database_bytes %lld\n",
		(long long)store_size(worker->store));
	text_printf(out,
		"# TYPE liaison_backup_time_seconds gauge\nliaison_backup_time_seconds %lld\n",
		(long long)schedule->backup_at);
}

/* Another program reads it at any time: it is whole or the one before. */
static int
publish(struct worker *worker, const char *path, const struct text *text)
{
	const char *draft = arena_printf(worker->arena, "%s.part", path);
	int descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool whole;

	if (descriptor < 0)
		return -1;
	fchmod(descriptor, 0644);
	whole = write(descriptor, text->bytes, text->size) == (ssize_t)text->size;
	if (close(descriptor) < 0 || !whole)
		return -1;
	return rename(draft, path);
}

void
run_metrics(struct work *work, struct worker *worker)
{
	struct schedule *schedule = ((struct job_slot *)work)->schedule;
	const char *path = schedule->metrics_settings->config.metrics_file;
	struct text text = { 0 };

	write_metrics(schedule, worker, &text);
	if (publish(worker, path, &text) < 0)
		log_write(LOG_DEBUG, "metrics: '%s' cannot be written: %s", path, strerror(errno));
	text_clear(&text);
}

void
metrics_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->busy = false;
	settings_release(slot->schedule->metrics_settings);
	slot->schedule->metrics_settings = NULL;
}
