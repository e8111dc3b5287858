#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "health.h"
#include "liaison/base/log.h"
#include "mailbox.h"
#include "schedule_slot.h"
#include "system.h"

/* The metrics file, for node_exporter and its like. */

/* A metric: its head, once, then its samples. */
static void
head(struct text *out, const char *name, const char *type, const char *help)
{
	text_printf(out, "# HELP liaison_%s %s\n# TYPE liaison_%s %s\n", name, help, name, type);
}

static void
single(struct text *out, const char *name, const char *type, const char *help, int64_t value)
{
	head(out, name, type, help);
	text_printf(out, "liaison_%s %lld\n", name, (long long)value);
}

/* Backslash, quote and newline are escaped in the value of a label. */
static void
add_label(struct text *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			text_add(out, "\\n");
		else if (*value == '\\' || *value == '"')
			text_printf(out, "\\%c", *value);
		else
			text_add_n(out, value, 1);
	}
}

static void
sample(struct text *out, const char *name, const struct source_health *source, int64_t value)
{
	text_printf(out, "liaison_%s{source=\"", name);
	add_label(out, source->name);
	text_printf(out, "\"} %lld\n", (long long)value);
}

#define OF_SOURCE(name, help, value) \
	do { \
		head(out, name, "gauge", help); \
		for (unsigned i = 0; i < health->count; i++) { \
			const struct source_health *source = &health->sources[i]; \
\
			sample(out, name, source, (int64_t)(value)); \
		} \
	} while (0)

static void
write_states(struct text *out, const struct health *health)
{
	head(out, "source_state", "gauge", "Always 1; the label tells what the source is at.");
	for (unsigned i = 0; i < health->count; i++) {
		text_add(out, "liaison_source_state{source=\"");
		add_label(out, health->sources[i].name);
		text_printf(out, "\",state=\"%s\"} 1\n", health->sources[i].state);
	}
}

static void
write_sources(struct text *out, const struct health *health)
{
	if (health->count == 0)
		return;
	OF_SOURCE("source_up", "Whether the source is connected.", source->up);
	OF_SOURCE("source_ailing", "Whether the source needs somebody.", source->reason != NULL);
	OF_SOURCE("source_last_complete_timestamp_seconds",
		"When all its folders had been looked at; 0: never.", source->last_complete);
	OF_SOURCE("source_backlog_messages", "Messages known of and not decided.", source->backlog);
	OF_SOURCE("source_quarantined_messages", "Messages that could not be read.",
		source->quarantined);
	OF_SOURCE("source_wanted_texts", "Texts that are still to be fetched.", source->wants);
	write_states(out, health);
}

struct pipeline_counts {
	int64_t items, bytes, parse_restarts, fetch_restarts, quarantined, backup_at;
};

static struct pipeline_counts
read_counts(struct schedule *schedule)
{
	struct pipeline *pipeline = schedule->engine->pipeline;
	struct pipeline_counts counts;

	pthread_mutex_lock(&schedule->engine->board);
	counts = (struct pipeline_counts){
		.items = (int64_t)pipeline->items,
		.bytes = (int64_t)pipeline->bytes,
		.parse_restarts = (int64_t)pipeline->parse_restarts,
		.fetch_restarts = (int64_t)pipeline->fetch_restarts,
		.quarantined = (int64_t)pipeline->quarantined,
		.backup_at = schedule->backup_at,
	};
	pthread_mutex_unlock(&schedule->engine->board);
	return counts;
}

static void
write_program(struct text *out, struct schedule *schedule)
{
	struct control *control = &schedule->engine->control;
	struct pipeline_counts counts = read_counts(schedule);

	single(out, "up", "gauge", "Always 1 while the daemon runs.", 1);
	single(out, "start_timestamp_seconds", "gauge", "When the engine began.",
		schedule->engine->started);
	single(out, "requests_total", "counter", "Requests on the control socket.",
		(int64_t)atomic_load(&control->requests));
	single(out, "items_total", "counter", "Messages that were delivered by servers.",
		counts.items);
	single(out, "item_bytes_total", "counter", "Bytes of these.", counts.bytes);
	single(out, "quarantined_total", "counter",
		"Messages and events put into quarantine since the start.", counts.quarantined);
	single(out, "parse_restarts_total", "counter", "Replacements of liaison-parse.",
		counts.parse_restarts);
	single(out, "fetch_restarts_total", "counter", "Replacements of liaison-fetch.",
		counts.fetch_restarts);
	single(out, "backup_timestamp_seconds", "gauge", "When the last backup was made; 0: never.",
		counts.backup_at);
}

static void
write_database(
	struct text *out, const struct health *health, const char *path, struct worker *worker)
{
	single(out, "database_bytes", "gauge", "Size of the database.", store_size(worker->store));
	single(out, "database_log_bytes", "gauge", "Size of its write-ahead log.",
		file_size(arena_printf(worker->arena, "%s-wal", path)));
	if (health->disk_free >= 0)
		single(out, "disk_free_bytes", "gauge", "Room on the disk of the database.",
			health->disk_free);
	single(out, "database_trouble", "gauge", "Whether nothing can be written.",
		health->trouble[0] != '\0');
	single(out, "ailing_sources", "gauge", "Sources that need somebody.", health->ailing);
}

static int
write_metrics(struct schedule *schedule, struct worker *worker, struct text *out, struct err *err)
{
	const char *path = schedule->metrics_settings->config.database;
	struct health health;

	arena_reset(worker->arena);
	if (health_read(schedule->engine, path, worker->store, worker->arena, 0, &health, err) < 0)
		return -1;
	write_program(out, schedule);
	write_database(out, &health, path, worker);
	write_sources(out, &health);
	return 0;
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
	struct err err;

	if (write_metrics(schedule, worker, &text, &err) < 0)
		log_write(LOG_WARNING, "metrics: %s", err.message);
	else if (publish(worker, path, &text) < 0)
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
