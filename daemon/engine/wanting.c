#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "wanting.h"

/* Text comes second: what the engine wants is asked of fetch, read by parse, stored by the writer. */

enum {
	WHOLE_MAX = 16, /* wants at a time when all of the text is kept */
	SNIPPET_TEXT = 4096,
	AGAIN_MS_WANTING = 60000,
};

static void
wanting_free(struct wanting *wanting)
{
	arena_free(wanting->arena);
	free(wanting);
}

static void
store_done(struct work *work)
{
	struct wanting *wanting = (struct wanting *)work;
	struct mailbox *mailbox = wanting->mailbox;
	struct pipeline *pipeline = mailbox->pipeline;
	bool any = false;

	pthread_mutex_lock(&pipeline->engine->board);
	for (unsigned i = 0; i < wanting->count; i++)
		any = any || wanting->states[i].state == WANT_TEXT ||
		      wanting->states[i].state == WANT_NONE;
	if (wanting->failed)
		log_write(LOG_ERROR, "%s: text is not stored: %s", mailbox->name,
			wanting->err.message);
	mailbox->wanting = NULL;
	if (wanting->failed || !any)
		mailbox->wanted_ms = clock_monotonic_ms() + AGAIN_MS_WANTING;
	if (!pipeline->stopping)
		wanting_begin(mailbox);
	pthread_mutex_unlock(&pipeline->engine->board);
	wanting_free(wanting);
}

static void
finish_if_complete(struct wanting *wanting)
{
	if (wanting->open > 0)
		return;
	wanting->work.priority = WORK_BACKFILL;
	wanting->work.run = wanting_store;
	wanting->work.done = store_done;
	writer_add(wanting->mailbox->pipeline->engine->writer, &wanting->work);
}

static void
settle(struct wanting *wanting, unsigned i, enum want_state state)
{
	if (wanting->states[i].state != WANT_ASKED && wanting->states[i].state != WANT_PARSING)
		return;
	wanting->states[i].state = state;
	wanting->open--;
}

/* ---- asking ------------------------------------------------------------------------------------ */

static bool
same_request(const struct want *a, const struct want *b)
{
	return a->stream_id == b->stream_id && a->bytes == b->bytes &&
	       strcmp(a->part, b->part) == 0;
}

static void
ask_part(struct wanting *wanting, const struct want *want, const struct uid_set *uids,
	uint32_t token)
{
	struct mailbox *mailbox = wanting->mailbox;
	struct frame_writer writer;

	frame_begin(&writer, &mailbox->link->out, FRAME_PART, mailbox->number, token);
	frame_put_text(&writer, TAG_FOLDER, want->folder);
	frame_put_u64(&writer, TAG_UIDVALIDITY, want->uidvalidity);
	frame_put_uids(&writer, TAG_UIDS, uids);
	frame_put_text(&writer, TAG_PART, want->part);
	frame_put_u64(&writer, TAG_SIZE, want->bytes);
	frame_end(&writer);
	link_flush(mailbox->link);
}

/* Wants of one folder, part and size go out together. */
static void
ask_group(struct wanting *wanting, unsigned first)
{
	const struct want *want = &wanting->wants[first];
	struct folder *folder = folder_by_name(wanting->mailbox, want->folder);
	uint32_t token = pipeline_token(wanting->mailbox->pipeline);
	struct uid_set uids = { 0 };

	for (unsigned i = first; i < wanting->count; i++) {
		if (wanting->states[i].token != 0 || !same_request(want, &wanting->wants[i]))
			continue;
		wanting->states[i].token = token;
		uid_set_add(&uids, wanting->wants[i].uid);
		if (folder == NULL || !folder->known)
			settle(wanting, i, WANT_LEFT);
		else if (folder->stream != want->stream_id)
			settle(wanting, i, WANT_FAILED);
	}
	if (folder != NULL && folder->known && folder->stream == want->stream_id)
		ask_part(wanting, want, &uids, token);
	uid_set_clear(&uids);
}

static void
run_list(struct work *work, struct worker *worker)
{
	struct wanting *wanting = (struct wanting *)work;

	wanting->failed = want_list(worker->store, wanting->arena, wanting->source, wanting->most,
				  &wanting->wants, &wanting->count, &wanting->err) < 0;
}

static void
listed(struct wanting *wanting)
{
	struct mailbox *mailbox = wanting->mailbox;

	wanting->open = wanting->count;
	wanting->states = arena_array(wanting->arena, wanting->count, sizeof *wanting->states);
	for (unsigned i = 0; i < wanting->count; i++) {
		if (mailbox->link == NULL)
			wanting->open--; /* it stays wanted */
		else if (wanting->states[i].token == 0)
			ask_group(wanting, i);
	}
}

static void
list_done(struct work *work)
{
	struct wanting *wanting = (struct wanting *)work;
	struct mailbox *mailbox = wanting->mailbox;
	struct pipeline *pipeline = mailbox->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (wanting->failed)
		mailbox->wanted_ms = clock_monotonic_ms() + AGAIN_MS_WANTING;
	if (wanting->failed || wanting->count > 0)
		mailbox->wanted = true;
	if (wanting->failed || wanting->count == 0 || mailbox->link == NULL || pipeline->stopping) {
		mailbox->wanting = NULL;
		wanting_free(wanting);
		if (!pipeline->stopping)
			wanting_begin(mailbox);
	} else {
		listed(wanting);
		finish_if_complete(wanting);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
}

void
wanting_begin(struct mailbox *mailbox)
{
	const struct config *config = &mailbox->pipeline->engine->settings->config;
	const struct config_source *source = config_source_by_number(config, mailbox->number);
	struct wanting *wanting;

	if (mailbox->wanting != NULL || !mailbox->wanted || mailbox->link == NULL ||
		mailbox->paused || source == NULL || clock_monotonic_ms() < mailbox->wanted_ms)
		return;
	mailbox->wanted = false; /* what is committed after the reader looked says so again */
	wanting = mem_zero(1, sizeof *wanting);
	wanting->mailbox = mailbox;
	wanting->source = mailbox->id;
	wanting->most = source->level == LEVEL_TEXT ||
					mailbox->pipeline->engine->rule_level == LEVEL_TEXT
				? WHOLE_MAX
				: WANTS_MAX;
	wanting->arena = arena_new();
	wanting->work.run = run_list;
	wanting->work.done = list_done;
	mailbox->wanting = wanting;
	pool_add(mailbox->pipeline->engine->readers, &wanting->work);
}

/* ---- answers ----------------------------------------------------------------------------------- */

struct part_text {
	uint64_t uid;
	struct frame_field bytes;
	bool has_bytes, truncated, gone, last;
	const char *error;
};

static int
read_part(const struct frame *frame, struct arena *arena, struct part_text *out, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		switch (field.tag) {
		case TAG_UID:
			got = field_u64(&field, UINT32_MAX, &out->uid, err);
			break;
		case TAG_BYTES:
			out->bytes = field;
			out->has_bytes = true;
			break;
		case TAG_TRUNCATED:
			out->truncated = true;
			break;
		case TAG_GONE:
			out->gone = true;
			break;
		case TAG_ERROR:
			got = field_text(&field, arena, 400, &out->error, err);
			break;
		case TAG_LAST:
			out->last = true;
			break;
		default:
			break;
		}
		if (got < 0)
			break;
	}
	return got;
}

static void
read_text(struct wanting *wanting, unsigned i, const struct frame_field *bytes)
{
	const struct want *want = &wanting->wants[i];
	struct ask *ask = mem_zero(1, sizeof *ask);
	struct text payload = { 0 };
	struct frame_writer writer = { .out = &payload };

	frame_put(&writer, TAG_BYTES, bytes->bytes, bytes->size);
	frame_put_text(&writer, TAG_ENCODING, want->encoding);
	frame_put_text(&writer, TAG_CHARSET, want->charset);
	frame_put_text(&writer, TAG_SUBTYPE, want->subtype);
	frame_put_u64(&writer, TAG_SIZE, want->whole ? want->bytes : SNIPPET_TEXT);
	ask->type = FRAME_PARSE_TEXT;
	ask->wanting = wanting;
	ask->item = i;
	ask->payload = (uint8_t *)payload.bytes;
	ask->size = payload.size;
	wanting->states[i].state = WANT_PARSING;
	parsing_add(wanting->mailbox->pipeline, ask);
}

static void
take_part(struct wanting *wanting, uint32_t token, const struct part_text *part)
{
	for (unsigned i = 0; i < wanting->count; i++) {
		struct wanted *state = &wanting->states[i];

		if (state->token != token || state->state != WANT_ASKED)
			continue;
		if (wanting->wants[i].uid != part->uid)
			continue;
		state->truncated = part->truncated;
		if (part->has_bytes)
			read_text(wanting, i, &part->bytes);
		else
			settle(wanting, i,
				part->gone                        ? WANT_NONE
				: mailbox_is_up(wanting->mailbox) ? WANT_FAILED
								  : WANT_LEFT);
	}
	if (!part->last)
		return;
	for (unsigned i = 0; i < wanting->count; i++) {
		if (wanting->states[i].token == token && wanting->states[i].state == WANT_ASKED)
			settle(wanting, i, WANT_FAILED);
	}
}

int
wanting_frame(struct mailbox *mailbox, const struct frame *frame, struct err *err)
{
	struct wanting *wanting = mailbox->wanting;
	struct part_text part = { 0 };
	struct arena *arena = arena_new();
	int done = read_part(frame, arena, &part, err);

	if (done == 0 && wanting != NULL && wanting->open > 0) {
		take_part(wanting, frame->token, &part);
		finish_if_complete(wanting);
	}
	arena_free(arena);
	return done;
}

/* parse answered; text NULL: it cannot be read. */
void
wanting_text(struct ask *ask, const char *text, bool truncated)
{
	struct wanting *wanting = ask->wanting;
	struct wanted *state = &wanting->states[ask->item];

	if (text != NULL)
		state->text = arena_text(wanting->arena, text);
	if (truncated)
		state->truncated = true;
	settle(wanting, ask->item, text != NULL ? WANT_TEXT : WANT_NONE);
	finish_if_complete(wanting);
}

/* Nothing more comes from fetch; what is at parse is waited for. */
void
wanting_lost(struct mailbox *mailbox)
{
	struct wanting *wanting = mailbox->wanting;
	bool any = false;

	mailbox->wanted = true;
	if (wanting == NULL || wanting->open == 0)
		return;
	for (unsigned i = 0; i < wanting->count; i++) {
		if (wanting->states[i].state == WANT_ASKED) {
			settle(wanting, i, WANT_LEFT);
			any = true;
		}
	}
	if (any)
		finish_if_complete(wanting);
}

void
wanting_look(struct engine *engine, int64_t number, const char *text)
{
	struct pipeline *pipeline = engine->pipeline;

	(void)number;
	(void)text;
	pthread_mutex_lock(&engine->board);
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next)
		mailbox->wanted = true; /* the tick begins */
	pthread_mutex_unlock(&engine->board);
}

void
wanting_end(struct mailbox *mailbox)
{
	if (mailbox->wanting != NULL && mailbox->wanting->open > 0) /* else it is queued */
		wanting_free(mailbox->wanting);
	mailbox->wanting = NULL;
}
