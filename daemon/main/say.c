#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "liaison/base/crypt.h"
#include "post.h"

/* What liaisond says to its children over their crew channels; hear.c is the other direction. */

static bool
has_source(const struct post *post, uint32_t source)
{
	if (post->kind != CHILD_FETCH || post->dismissed)
		return false;
	return post->only != 0 ? post->only == source : crew_isolated(post->crew, source) == NULL;
}

/* The engine gets all sources, a fetch its own, parse nothing. */
void
say_config(struct post *post)
{
	const struct config *config = post->crew->config;
	uint32_t *only = mem_zero(config->source_count + 1, sizeof *only);
	struct text frames = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < config->source_count; i++) {
		if (has_source(post, config->sources[i].number))
			only[count++] = config->sources[i].number;
	}
	if (post->kind == CHILD_ENGINE)
		config_encode_bare(config, &frames);
	else
		config_encode(config, only, count, &frames);
	post_send(post, &frames, -1);
	text_clear(&frames);
	free(only);
}

void
say_channel(struct post *post, int engine_end)
{
	struct text frames = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &frames, FRAME_CHANNEL, post->only, 0);
	frame_put_u64(&writer, TAG_KIND, post->kind);
	frame_put_u64(&writer, TAG_ID, post->child->id);
	frame_end(&writer);
	post_send(crew_engine(post->crew), &frames, engine_end);
	text_clear(&frames);
}

void
crew_answer_secret(struct crew *crew, const struct secret_asker *asker, const char *secret,
	size_t size, const struct refusal *refusal, const struct err *err)
{
	struct post *post = crew_child(crew, asker->child);
	struct text frames = { 0 };
	struct frame_writer writer;

	if (post == NULL)
		return;
	text_reserve(
		&frames, SECRET_SIZE_MAX + 256); /* so that no copy is left behind by growing */
	frame_begin(&writer, &frames, FRAME_SECRET, asker->source, asker->token);
	if (secret != NULL)
		frame_put(&writer, TAG_BYTES, secret, size);
	if (secret != NULL && refusal->count > 0) {
		frame_put_u64(&writer, TAG_NUMBER, refusal->count);
		frame_put_i64(&writer, TAG_SINCE, refusal->until_ms);
	}
	if (secret == NULL)
		frame_put_text(&writer, TAG_ERROR, err->message);
	frame_end(&writer);
	post_send(post, &frames, -1);
	wipe(frames.bytes, frames.size);
	text_clear(&frames);
}

/* File names may be any bytes; a field is text, and bounded. */
static void
put_lines(struct frame_writer *writer, struct arena *arena, enum frame_tag tag,
	const struct text *lines)
{
	bool changed;

	if (lines != NULL && lines->size > 0)
		frame_put_text(writer, tag,
			text_clean(arena, lines->bytes, lines->size, RELOAD_LINES_MAX, true,
				&changed));
}

void
crew_answer_reload(
	struct crew *crew, uint32_t token, const struct text *mistakes, const struct text *remarks)
{
	struct arena *arena = arena_new();
	struct text frames = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &frames, FRAME_RELOAD, 0, token);
	put_lines(&writer, arena, TAG_ERROR, mistakes);
	put_lines(&writer, arena, TAG_TEXT, remarks);
	frame_end(&writer);
	post_send(crew_engine(crew), &frames, -1);
	text_clear(&frames);
	arena_free(arena);
}

void
say_ping(struct post *post)
{
	struct text frames = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &frames, FRAME_PING, 0, post->child->silent);
	frame_end(&writer);
	post_send(post, &frames, -1);
	text_clear(&frames);
}

void
say_gone(struct post *post, uint32_t id, int status, const char *how)
{
	struct text frames = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &frames, FRAME_CHILD_GONE, post->only, 0);
	frame_put_u64(&writer, TAG_KIND, post->kind);
	frame_put_u64(&writer, TAG_ID, id);
	if (WIFEXITED(status))
		frame_put_u64(&writer, TAG_NUMBER, (uint64_t)WEXITSTATUS(status));
	frame_put_text(&writer, TAG_TEXT, how);
	frame_end(&writer);
	post_send(crew_engine(post->crew), &frames, -1);
	text_clear(&frames);
}

void
say_stop(struct post *post, unsigned within_ms)
{
	struct text frames = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &frames, FRAME_STOP, 0, 0);
	frame_put_u64(&writer, TAG_NUMBER, within_ms);
	frame_end(&writer);
	post_send(post, &frames, -1);
	text_clear(&frames);
}
