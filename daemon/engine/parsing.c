#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "feed.h"
#include "import.h"
#include "rules.h"

/* Items go to parse in order and are kept until they are answered. When parse dies, the first one
 * that has no answer is the suspect: it goes alone to the next parse, and if that dies as well, it is
 * what cannot be read. A parse that has done its share ends well and blames nothing, but one item at
 * which parse after parse ends is suspect all the same. */

enum { SENT_MAX = 1024 * 1024, EXITS_MAX = 2 };

static void
ask_free(struct ask *ask)
{
	free(ask->payload);
	free(ask);
}

static struct ask *
take_first(struct parsing *parsing)
{
	struct ask *ask = parsing->first;

	parsing->first = ask->next;
	if (parsing->unsent == ask)
		parsing->unsent = ask->next;
	if (parsing->first == NULL)
		parsing->last = NULL;
	parsing->count--;
	parsing->alone = false;
	parsing->first_ms = clock_awake_ms();
	return ask;
}

/* Takes out the asks that nobody waits for and parse does not have. */
static void
take_out(struct parsing *parsing)
{
	struct ask **place = &parsing->first, *last = NULL;

	while (*place != NULL) {
		struct ask *ask = *place;

		if (ask->dropped && !ask->sent) {
			*place = ask->next;
			if (parsing->unsent == ask)
				parsing->unsent = ask->next;
			parsing->count--;
			ask_free(ask);
			continue;
		}
		last = ask;
		place = &ask->next;
	}
	parsing->last = last;
}

void
parsing_forget(struct pipeline *pipeline, const struct feed_run *run)
{
	for (struct ask *ask = pipeline->parsing.first; ask != NULL; ask = ask->next) {
		if (ask->feed == run) {
			ask->feed = NULL;
			ask->dropped = true;
		}
	}
	take_out(&pipeline->parsing);
}

void
parsing_add(struct pipeline *pipeline, struct ask *ask)
{
	struct parsing *parsing = &pipeline->parsing;

	ask->token = ++parsing->tokens;
	ask->next = NULL;
	if (parsing->last != NULL)
		parsing->last->next = ask;
	else {
		parsing->first = ask;
		parsing->first_ms = clock_awake_ms();
	}
	parsing->last = ask;
	if (parsing->unsent == NULL)
		parsing->unsent = ask;
	parsing->count++;
}

static void
send_ask(const struct pipeline *pipeline, struct link *link, struct ask *ask)
{
	struct frame_writer writer;

	ask->sent = true;
	if (ask->feed != NULL) {
		feed_put_ask(ask, &link->out);
		return;
	}
	frame_begin(&writer, &link->out, ask->type, 0, ask->token);
	frame_put_fields(&writer, ask->payload, ask->size);
	if (ask->type == FRAME_PARSE_MESSAGE)
		rules_put_names(pipeline->engine, &writer, ask->size);
	frame_end(&writer);
}

/* Sends what parse has room for. */
void
parsing_pump(struct pipeline *pipeline)
{
	struct parsing *parsing = &pipeline->parsing;
	struct link *link = pipeline->parse;

	if (link == NULL || link->dead || parsing->unsent == NULL)
		return;
	while (parsing->unsent != NULL && link->out.size - link->sent < SENT_MAX) {
		if (parsing->alone && parsing->unsent != parsing->first)
			break;
		if (parsing->unsent == parsing->first)
			parsing->first_ms = clock_awake_ms();
		send_ask(pipeline, link, parsing->unsent);
		parsing->unsent = parsing->unsent->next;
	}
	link_flush(link);
}

/* The header of an item's payload, for the quarantine. */
static void
keep_header(struct slice *slice, struct slice_item *item, const struct ask *ask)
{
	struct frame frame = { .bytes = ask->payload, .size = ask->size };
	struct frame_field field;
	struct err err;
	size_t cursor = 0;

	while (frame_field_next(&frame, &cursor, &field, &err) > 0) {
		uint64_t size;

		if (field.tag == TAG_RFC822_SIZE && field_u64(&field, INT64_MAX, &size, &err) == 0)
			item->size = (int64_t)size;
		if (field.tag != TAG_HEADER)
			continue;
		item->header_size = field.size < 64 * 1024 ? field.size : 64 * 1024;
		item->header = (uint8_t *)arena_text_n(
			slice->arena, (const char *)field.bytes, item->header_size);
	}
}

static void
reject(struct pipeline *pipeline, struct ask *ask, const char *error)
{
	struct slice_item *item;

	if (ask->dropped)
		return;
	if (ask->wanting != NULL) {
		wanting_text(ask, NULL, false);
		return;
	}
	if (ask->import != NULL) {
		import_rejected(ask, error);
		return;
	}
	if (ask->feed != NULL) {
		feed_rejected(ask, error);
		return;
	}
	item = &ask->slice->items[ask->item];
	item->error = arena_text(ask->slice->arena, error);
	keep_header(ask->slice, item, ask);
	item->answered = true;
	ask->slice->pending--;
	pipeline->quarantined++;
	log_about(LOG_WARNING,
		&(struct log_subject){ ask->slice->mailbox->name, ask->slice->folder->name,
			item->uid, LOG_ID_QUARANTINED },
		"%s/%s: UID %u is quarantined: %s", ask->slice->mailbox->name,
		ask->slice->folder->name, item->uid, error);
	slice_answered(ask->slice);
}

static int
take_event(struct ask *ask, const struct frame *frame, struct err *err)
{
	struct slice_item *item;
	struct event *event;

	item = &ask->slice->items[ask->item];
	event = arena_alloc(ask->slice->arena, sizeof *event);
	if (event_decode(frame, ask->slice->arena, event, err) < 0)
		return -1;
	item->event = event;
	if (ask->slice->purpose == PURPOSE_RETRY) /* the database may refuse it again */
		keep_header(ask->slice, item, ask);
	item->answered = true;
	ask->slice->pending--;
	slice_answered(ask->slice);
	return 0;
}

static int
take_text(struct ask *ask, const struct frame *frame, struct err *err)
{
	struct arena *arena = arena_new();
	struct frame_field field;
	const char *text = "";
	bool truncated = false;
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_TRUNCATED)
			truncated = true;
		else if (field.tag == TAG_TEXT &&
			 (got = field_text(&field, arena, FRAME_MESSAGE_MAX, &text, err)) < 0)
			break;
	}
	if (got == 0 && ask->wanting != NULL)
		wanting_text(ask, text, truncated);
	arena_free(arena);
	return got;
}

static int
take_reject(struct pipeline *pipeline, struct ask *ask, const struct frame *frame, struct err *err)
{
	struct arena *arena = arena_new();
	struct frame_field field;
	const char *error = "it cannot be read";
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_ERROR &&
			(got = field_text(&field, arena, 400, &error, err)) < 0)
			break;
	}
	if (got == 0)
		reject(pipeline, ask, error);
	arena_free(arena);
	return got;
}

static bool
answers(enum frame_type answer, enum frame_type question)
{
	if (answer == FRAME_REJECT)
		return true;
	switch (question) {
	case FRAME_PARSE_TEXT:
		return answer == FRAME_TEXT;
	case FRAME_PARSE_FEED:
		return answer == FRAME_FEED_ITEMS;
	case FRAME_PARSE_MEETING:
		return answer == FRAME_MEETING;
	case FRAME_PARSE_IMPORT:
		return answer == FRAME_IMPORT_ROWS;
	default: /* of a message */
		return answer == FRAME_EVENT;
	}
}

int
parsing_frame(struct pipeline *pipeline, const struct frame *frame, struct err *err)
{
	struct parsing *parsing = &pipeline->parsing;
	struct ask *ask = parsing->first;
	bool last = true;
	int done = 0;

	if (ask == NULL || !ask->sent || frame->token != ask->token ||
		!answers((enum frame_type)frame->type, ask->type))
		return fail(err, ERR_FORMAT, "it answers what was not asked (%u)", frame->type);
	if (ask->dropped)
		last = frame->type == FRAME_REJECT || frame_has(frame, TAG_LAST);
	else if (frame->type == FRAME_EVENT)
		done = take_event(ask, frame, err);
	else if (frame->type == FRAME_TEXT)
		done = take_text(ask, frame, err);
	else if (frame->type == FRAME_REJECT)
		done = take_reject(pipeline, ask, frame, err);
	else if (frame->type == FRAME_IMPORT_ROWS)
		done = import_answer(ask, frame, err);
	else
		done = feed_answer(ask, frame, &last, err);
	ask->begun = true;
	if (done == 0 && last)
		ask_free(take_first(parsing));
	return done;
}

/* parse died. */
void
parsing_lost(struct pipeline *pipeline, bool clean, const char *how)
{
	struct parsing *parsing = &pipeline->parsing;
	struct ask *suspect = parsing->first;
	char error[200];

	parsing->alone = false;
	if (suspect != NULL && suspect->begun && suspect->feed != NULL)
		feed_restart(suspect);
	if (clean && suspect != NULL && (!suspect->sent || ++suspect->exits < EXITS_MAX))
		suspect = NULL;
	if (suspect != NULL && suspect->sent && ++suspect->tries >= 2) {
		snprintf(error, sizeof error, "reading it ended parse twice (%s)", how);
		suspect = take_first(parsing);
		reject(pipeline, suspect, error);
		ask_free(suspect);
	} else if (suspect != NULL && suspect->tries > 0)
		parsing->alone = true;
	for (struct ask *ask = parsing->first; ask != NULL; ask = ask->next)
		ask->sent = false;
	take_out(parsing);
	parsing->unsent = parsing->first;
}

void
parsing_tick(struct pipeline *pipeline)
{
	struct parsing *parsing = &pipeline->parsing;

	if (pipeline->parse == NULL || parsing->first == NULL || !parsing->first->sent ||
		clock_awake_ms() - parsing->first_ms < PARSE_MS)
		return;
	link_kill(pipeline->parse, "it has been at one item for 10 s");
}

void
parsing_free(struct pipeline *pipeline)
{
	while (pipeline->parsing.first != NULL)
		ask_free(take_first(&pipeline->parsing));
}
