#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "feed.h"
#include "write.h"

/* The pipeline's life: children from liaisond, what happens each second, and the counts. */

enum { DEATHS_MAX = 3 };

uint32_t
pipeline_token(struct pipeline *pipeline)
{
	pipeline->tokens = (pipeline->tokens + 1) & INT32_MAX; /* the top bit is fetch's */
	return pipeline->tokens == 0 ? ++pipeline->tokens : pipeline->tokens;
}

struct mailbox *
mailbox_by_number(struct pipeline *pipeline, uint32_t number)
{
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->configured && mailbox->number == number)
			return mailbox;
	}
	return NULL;
}

struct mailbox *
mailbox_by_name(struct pipeline *pipeline, const char *name)
{
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->configured && strcmp(mailbox->name, name) == 0)
			return mailbox;
	}
	return NULL;
}

/* ---- children ---------------------------------------------------------------------------------- */

static struct link *
find_link(struct pipeline *pipeline, enum child_kind kind, uint32_t id)
{
	for (struct link *link = pipeline->links; link != NULL; link = link->next) {
		if (link->kind == kind && link->id == id)
			return link;
	}
	return NULL;
}

void
pipeline_child(struct pipeline *pipeline, enum child_kind kind, uint32_t id, uint32_t source,
	int descriptor)
{
	struct link *link;

	pthread_mutex_lock(&pipeline->engine->board);
	link = link_new(pipeline, kind, id, source, descriptor);
	if (kind == CHILD_PARSE) {
		pipeline->parse = link;
		parsing_pump(pipeline);
	} else {
		for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
			mailbox = mailbox->next) {
			if (mailbox->watched && mailbox->number == source)
				mailbox_unwatch(mailbox); /* it has a fetch of its own now */
			mailbox_watch(mailbox);
		}
	}
	pthread_mutex_unlock(&pipeline->engine->board);
}

/* A source that fetch dies of again and again gets a fetch of its own. */
static void
suspect(struct pipeline *pipeline, const struct link *link)
{
	struct mailbox *mailbox = mailbox_by_number(pipeline, pipeline->last_source);

	if (mailbox == NULL || mailbox->link != link || link->source != 0)
		return;
	if (++mailbox->deaths < DEATHS_MAX)
		return;
	log_write(LOG_WARNING, "%s: fetch died of it %u times in a row: it gets one of its own",
		mailbox->name, mailbox->deaths);
	mailbox->deaths = 0;
	crew_isolate(&pipeline->engine->crew, mailbox->number);
}

static void
fetch_gone(struct pipeline *pipeline, struct link *link, const char *how)
{
	char why[200];

	snprintf(why, sizeof why, "fetch ended (%s) and is started again", how);
	suspect(pipeline, link);
	pipeline->fetch_restarts++;
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->link == link)
			mailbox_lost(mailbox, why);
	}
	slices_lost(pipeline, link);
}

void
pipeline_child_gone(
	struct pipeline *pipeline, enum child_kind kind, uint32_t id, bool clean, const char *how)
{
	struct link *link;

	pthread_mutex_lock(&pipeline->engine->board);
	link = find_link(pipeline, kind, id);
	if (link != NULL && kind == CHILD_PARSE) {
		pipeline->parse_restarts++;
		if (pipeline->parse == link) {
			pipeline->parse = NULL;
			parsing_lost(pipeline, clean, how);
		}
	} else if (link != NULL)
		fetch_gone(pipeline, link, how);
	if (link != NULL)
		link_close(link);
	pthread_mutex_unlock(&pipeline->engine->board);
}

static void
ping(struct link *link, int64_t now_ms)
{
	struct frame_writer writer;

	if (link->dead || now_ms - link->pinged_ms < PING_MS)
		return;
	if (link->unanswered == PINGS_MAX) {
		link_kill(link, "it does not answer");
		return;
	}
	link->unanswered++;
	link->pinged_ms = now_ms;
	frame_begin(&writer, &link->out, FRAME_PING, 0, 0);
	frame_end(&writer);
	link_flush(link);
}

void
pipeline_tick(struct pipeline *pipeline, int64_t now_ms)
{
	pthread_mutex_lock(&pipeline->engine->board);
	for (struct link *link = pipeline->links; link != NULL; link = link->next) {
		if (link->kind == CHILD_FETCH) /* parse is timed by the item it is at */
			ping(link, now_ms);
	}
	parsing_tick(pipeline);
	writes_tick(pipeline, now_ms);
	enrolment_tick(pipeline, now_ms);
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next)
		mailbox_tick(mailbox, now_ms);
	askings_tick(pipeline, now_ms);
	job_pump(pipeline);
	parsing_pump(pipeline);
	pthread_mutex_unlock(&pipeline->engine->board);
}

/* ---- counts ------------------------------------------------------------------------------------ */

void
pipeline_line(struct pipeline *pipeline, char *line, size_t size)
{
	unsigned up = 0, down = 0, paused = 0;
	int64_t oldest = 0, now = clock_now();

	pthread_mutex_lock(&pipeline->engine->board);
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (!mailbox->configured || mailbox->retired)
			continue;
		up += mailbox_is_up(mailbox);
		paused += mailbox->paused;
		down += !mailbox->paused && !mailbox_is_up(mailbox);
		if (mailbox_is_up(mailbox) && (oldest == 0 || mailbox->last_complete < oldest))
			oldest = mailbox->last_complete;
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	if (up + down + paused == 0)
		snprintf(line, size, "no sources");
	else
		snprintf(line, size, "%u sources up, %u down, %u paused; oldest check %lld min ago",
			up, down, paused, oldest == 0 ? 0 : (long long)((now - oldest) / 60));
}

/* ---- beginning and end ------------------------------------------------------------------------- */

struct pipeline *
pipeline_new(struct engine *engine)
{
	struct pipeline *pipeline = mem_zero(1, sizeof *pipeline);

	pipeline->engine = engine;
	pipeline->scratch = arena_new();
	return pipeline;
}

/* Of the children; nothing is given to the writer after this. */
static void
let_go(struct pipeline *pipeline)
{
	struct link *next;

	pthread_mutex_lock(&pipeline->engine->board);
	pipeline->stopping = true;
	for (struct link *link = pipeline->links; link != NULL; link = next) {
		next = link->next;
		link_close(link);
	}
	pipeline->parse = NULL;
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next)
		mailbox->link = NULL;
	pthread_mutex_unlock(&pipeline->engine->board);
}

void
pipeline_free(struct pipeline *pipeline)
{
	struct mailbox *next;

	let_go(pipeline);
	askings_free(pipeline);
	writes_free(pipeline);
	parsing_free(pipeline);
	slices_free(pipeline);
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL; mailbox = next) {
		next = mailbox->next;
		mailbox_free(mailbox);
	}
	free(pipeline->stalled);
	arena_free(pipeline->scratch);
	free(pipeline);
}
