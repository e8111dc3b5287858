#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "post.h"

/* What children say over their crew channel. They are not believed: a message that is not one, or
 * that is not theirs to send, is answered by replacing them. */

enum { HEARD_AT_ONCE = 256 };

struct said {
	uint64_t kind, id, number;
	int64_t since;
	const char *text, *error;
};

static int
read_field(const struct frame_field *field, struct arena *arena, struct said *out, struct err *err)
{
	switch (field->tag) {
	case TAG_KIND:
		return field_u64(field, CHILD_PARSE, &out->kind, err);
	case TAG_ID:
		return field_u64(field, UINT32_MAX, &out->id, err);
	case TAG_NUMBER:
		return field_u64(field, UINT32_MAX, &out->number, err);
	case TAG_SINCE:
		return field_i64(field, &out->since, err);
	case TAG_TEXT:
		return field_text(field, arena, 4096, &out->text, err);
	case TAG_ERROR:
		return field_text(field, arena, 4096, &out->error, err);
	default: /* a field a later version knows */
		return 0;
	}
}

static int
read_fields(const struct frame *frame, struct arena *arena, struct said *out, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int found;

	while ((found = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (read_field(&field, arena, out, err) < 0)
			return -1;
	}
	return found;
}

static int
hear_ready(struct post *post)
{
	struct crew *crew = post->crew;

	post->child->ready = true;
	if (post->kind == CHILD_ENGINE) {
		crew->was_ready = true;
		crew->events.ready(crew->events.context);
	}
	return 0;
}

static int
hear_fatal(struct post *post, const struct said *said, struct arena *arena)
{
	const char *error = said->error == NULL ? "for no reason it tells" : said->error;

	post->child->fatal = true;
	post->child->fatal_status = said->number > 0 && said->number < 256 ? (int)said->number : 70;
	log_write(LOG_ERROR, "%s: %s", post_name(post),
		text_escape(arena, error, strlen(error), 1000));
	return 0;
}

static int
hear_kill(struct post *post, const struct said *said)
{
	for (struct post *other = post->crew->posts; other != NULL; other = other->next) {
		if (other->child != NULL && other->kind != CHILD_ENGINE &&
			other->kind == (enum child_kind)said->kind && other->child->id == said->id)
			post_kill(other, said->text == NULL ? "the engine gave it up" : said->text);
	}
	return 0;
}

/* The source leaves the common fetch and gets one that only it can harm. */
static int
hear_isolate(struct post *post, uint32_t source)
{
	struct crew *crew = post->crew;
	const struct config_source *found = config_source_by_number(crew->config, source);

	if (found == NULL || source == 0 || crew_isolated(crew, source) != NULL)
		return 0;
	log_write(LOG_WARNING, "%s: gets a fetch of its own", found->name);
	post_new(crew, CHILD_FETCH, source);
	for (struct post *other = crew->posts; other != NULL; other = other->next) {
		if (other->kind == CHILD_FETCH && other->only == 0)
			say_config(other);
	}
	post_fill(crew_isolated(crew, source));
	return 0;
}

static int
hear_secret_ask(struct post *post, const struct frame *frame)
{
	const struct crew_events *events = &post->crew->events;
	struct secret_asker asker = { post->child->id, frame->source, frame->token };

	if (post->only == 0 || post->only == frame->source)
		events->secret(events->context, &asker);
	return 0;
}

static int
hear_refusal(struct post *post, uint32_t source, const struct said *said)
{
	const struct crew_events *events = &post->crew->events;
	struct refusal refusal = { (uint32_t)said->number, said->since };

	if ((post->only == 0 || post->only == source) &&
		config_source_by_number(post->crew->config, source) != NULL)
		events->refused(events->context, source, &refusal);
	return 0;
}

static int
hear_engine(struct post *post, const struct frame *frame, const struct said *said, struct err *err)
{
	const struct crew_events *events = &post->crew->events;

	switch ((int)frame->type) {
	case FRAME_KILL:
		return hear_kill(post, said);
	case FRAME_ISOLATE:
		return hear_isolate(post, frame->source);
	case FRAME_STATUS:
		if (said->text != NULL)
			events->status(events->context, said->text);
		return 0;
	case FRAME_ALIVE:
		post->child->silent = 0;
		events->alive(events->context);
		return 0;
	case FRAME_RELOAD:
		events->reload(events->context, frame->token);
		return 0;
	default:
		return fail(err, ERR_FORMAT, "it sends what an engine does not (%u)", frame->type);
	}
}

static int
hear_frame(struct post *post, const struct frame *frame, const struct said *said,
	struct arena *arena, struct err *err)
{
	switch ((int)frame->type) {
	case FRAME_READY:
		return hear_ready(post);
	case FRAME_FATAL:
		return hear_fatal(post, said, arena);
	case FRAME_PONG:
		return 0;
	case FRAME_SECRET_ASK:
		if (post->kind == CHILD_FETCH)
			return hear_secret_ask(post, frame);
		break;
	case FRAME_SECRET_REFUSED:
		if (post->kind == CHILD_FETCH)
			return hear_refusal(post, frame->source, said);
		break;
	default:
		if (post->kind == CHILD_ENGINE)
			return hear_engine(post, frame, said, err);
	}
	return fail(err, ERR_FORMAT, "it sends what is not its to send (%u)", frame->type);
}

static int
hear_one(struct post *post, const struct frame *frame, struct err *err)
{
	struct arena *arena = arena_new();
	struct said said = { 0 };
	int result;

	if (post->kind != CHILD_ENGINE)
		post->child->silent = 0;
	result = read_fields(frame, arena, &said, err);
	if (result == 0)
		result = hear_frame(post, frame, &said, arena, err);
	arena_free(arena);
	return result;
}

/* After the end of its channel a child has nothing more to do here: it is made to end, unless all
 * are ending anyway. Bounded, so that a child that floods us holds up nobody else. */
void
crew_hear(struct post *post)
{
	struct child *child = post->child;
	struct frame frame;
	struct err err;
	int found = 0;

	if (child == NULL || child->channel.descriptor < 0)
		return;
	for (int i = 0; i < HEARD_AT_ONCE; i++) {
		found = channel_receive(&child->channel, &frame, &err);
		if (found <= 0)
			break;
		if (hear_one(post, &frame, &err) < 0) {
			found = -1;
			break;
		}
	}
	if (found >= 0)
		return;
	uv_poll_stop(&child->poll);
	channel_close(&child->channel);
	if (err.code == ERR_FORMAT)
		post_kill(post, err.message);
	else if (!post->crew->stopping)
		post_kill(post, NULL);
}
