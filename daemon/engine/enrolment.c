#include <stdlib.h>

#include "liaison/base/log.h"
#include "liaison/capture/source.h"
#include "mailbox.h"

/* Sources from the configuration: each gets its row in the database before it is watched. */

enum { ENROL_AGAIN_MS = 1000, ENROL_AGAIN_MOST_MS = 60000 };

struct enrolled {
	uint32_t number;
	int64_t id;
	bool paused, retired;
	char *renamed; /* own; its history has that name now: it gets no row of its own */
};

/* The rows of all configured sources, in one transaction. */
struct enrolment {
	struct work work; /* first */
	struct pipeline *pipeline;
	struct settings *settings;
	struct enrolled *sources;
	struct err err;
	bool failed;
};

/* Whoever renames a source may change its section later: until then nothing is captured twice. *now: the
 * name that has its history, or NULL; *id 0: it has no row. */
static int
note_source(struct store *store, struct arena *arena, const struct config *config, size_t i,
	int64_t *id, const char **now, struct err *err)
{
	const struct config_source *source = &config->sources[i];

	*id = 0;
	if (source_renamed(store, arena, source->name, now, err) < 0)
		return -1;
	if (*now != NULL && config_source_by_name(config, *now) != NULL)
		*now = NULL; /* that one has a section too: this is another mailbox */
	return *now != NULL ? 0 : source_row(store, source, id, err);
}

static int
enrol(struct enrolment *enrolment, struct worker *worker, struct err *err)
{
	const struct config *config = &enrolment->settings->config;

	for (size_t i = 0; i < config->source_count; i++) {
		struct enrolled *to = &enrolment->sources[i];
		struct source source;
		const char *now;

		to->number = config->sources[i].number;
		if (note_source(worker->store, worker->arena, config, i, &to->id, &now, err) < 0)
			return -1;
		if (now != NULL) {
			to->renamed = mem_text(now);
			continue;
		}
		if (source_find(worker->store, worker->arena, config->sources[i].name, &source,
			    err) < 0)
			return -1;
		to->paused = source.paused;
		to->retired = source.retired;
	}
	return store_commit(worker->store, err);
}

static void
run_enrolment(struct work *work, struct worker *worker)
{
	struct enrolment *enrolment = (struct enrolment *)work;

	arena_reset(worker->arena);
	enrolment->failed = store_begin(worker->store, &enrolment->err) < 0;
	if (enrolment->failed)
		return;
	enrolment->failed = enrol(enrolment, worker, &enrolment->err) < 0;
	if (enrolment->failed)
		store_rollback(worker->store);
}

int
pipeline_enrol(struct store *store, const struct config *config, struct err *err)
{
	struct arena *arena;
	const char *now;
	int64_t id;
	int failed = 0;

	if (store_begin(store, err) < 0)
		return -1;
	arena = arena_new();
	for (size_t i = 0; i < config->source_count && failed == 0; i++)
		failed = note_source(store, arena, config, i, &id, &now, err);
	arena_free(arena);
	if (failed == 0)
		return store_commit(store, err);
	store_rollback(store);
	return -1;
}

bool
pipeline_is_behind(const struct pipeline *pipeline)
{
	return pipeline->enrol_pause_ms != 0;
}

static void
leave_unwatched(struct mailbox *mailbox, const char *now)
{
	struct text why = { 0 };

	text_printf(&why, "it was renamed to '%s': give its section that name, and reload", now);
	set_text(&mailbox->error, why.bytes);
	text_clear(&why);
	mailbox->renamed = true;
}

static void
enrolled(struct pipeline *pipeline, const struct enrolment *enrolment)
{
	const struct config *config = &enrolment->settings->config;

	for (size_t i = 0; i < config->source_count; i++) {
		const struct enrolled *source = &enrolment->sources[i];
		struct mailbox *mailbox = mailbox_by_number(pipeline, source->number);

		if (mailbox == NULL || mailbox->id != 0)
			continue;
		mailbox->renamed = false;
		if (source->renamed != NULL) {
			leave_unwatched(mailbox, source->renamed);
			continue;
		}
		mailbox->id = source->id;
		mailbox->paused = source->paused;
		mailbox->retired = source->retired;
		set_text(&mailbox->error, NULL);
		mailbox_watch(mailbox);
	}
	if (pipeline->enrol_pause_ms != 0)
		log_write(LOG_NOTICE, "sources: all are noted now");
	pipeline->enrol_ms = pipeline->enrol_pause_ms = 0;
}

/* A full disk, say: it is tried again, and whoever asks is told why these sources stand still. */
static void
enrolment_failed(struct pipeline *pipeline, const struct err *err)
{
	int64_t *pause = &pipeline->enrol_pause_ms;
	struct text why = { 0 };

	if (*pause == 0)
		log_write(LOG_ERROR, "sources: cannot be noted: %s", err->message);
	*pause = *pause == 0 ? ENROL_AGAIN_MS : *pause * 2;
	if (*pause > ENROL_AGAIN_MOST_MS)
		*pause = ENROL_AGAIN_MOST_MS;
	pipeline->enrol_ms = clock_monotonic_ms() + *pause;
	text_printf(&why, "it cannot be noted in the database: %s", err->message);
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->configured && mailbox->id == 0)
			set_text(&mailbox->error, why.bytes);
	}
	text_clear(&why);
}

static void
enrolment_done(struct work *work)
{
	struct enrolment *enrolment = (struct enrolment *)work;
	struct pipeline *pipeline = enrolment->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (!pipeline->stopping && enrolment->failed)
		enrolment_failed(pipeline, &enrolment->err);
	else if (!pipeline->stopping)
		enrolled(pipeline, enrolment);
	pthread_mutex_unlock(&pipeline->engine->board);
	for (size_t i = 0; i < enrolment->settings->config.source_count; i++)
		free(enrolment->sources[i].renamed);
	settings_release(enrolment->settings);
	free(enrolment->sources);
	free(enrolment);
}

void
enrolment_begin(struct pipeline *pipeline)
{
	struct enrolment *enrolment = mem_zero(1, sizeof *enrolment);

	enrolment->pipeline = pipeline;
	enrolment->settings = settings_hold(pipeline->engine->settings);
	enrolment->sources = mem_zero(
		enrolment->settings->config.source_count + 1, sizeof *enrolment->sources);
	enrolment->work.priority = WORK_COMMAND;
	enrolment->work.run = run_enrolment;
	enrolment->work.done = enrolment_done;
	writer_add(pipeline->engine->writer, &enrolment->work);
}

void
enrolment_tick(struct pipeline *pipeline, int64_t now_ms)
{
	if (pipeline->enrol_ms == 0 || now_ms < pipeline->enrol_ms)
		return;
	pipeline->enrol_ms = 0;
	enrolment_begin(pipeline);
}

/* A source that was left out stays until nothing refers to it, unseen. */
static void
leave_out(struct mailbox *mailbox, const struct config *config)
{
	if (!mailbox->configured || config_source_by_name(config, mailbox->name) != NULL)
		return;
	mailbox_unwatch(mailbox);
	mailbox->configured = mailbox->renamed = false;
}

void
pipeline_configure(struct pipeline *pipeline)
{
	const struct config *config = &pipeline->engine->settings->config;

	pthread_mutex_lock(&pipeline->engine->board);
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next)
		leave_out(mailbox, config);
	for (size_t i = 0; i < config->source_count; i++) {
		struct mailbox *mailbox = mailbox_by_name(pipeline, config->sources[i].name);

		if (mailbox == NULL)
			mailbox = mailbox_new(pipeline, &config->sources[i]);
		mailbox_configure(mailbox, &config->sources[i]);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	enrolment_begin(pipeline);
}
