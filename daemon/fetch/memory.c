#include <stdlib.h>
#include <string.h>

#include "calendar.h"

/* What the engine has of a calendar. What a server said of its feed (ETag, Last-Modified) is kept with a
 * mark of the address, because another server must not be asked by it: it might find it good. */

enum { MARK_SIZE = 4, NAME_MAX_SIZE = 1000 };

static char *
mark_of(struct arena *arena, const char *url)
{
	uint8_t digest[SHA256_SIZE];

	sha256(url, strlen(url), digest);
	return arena_printf(arena, "%s ", hex_encode(arena, digest, MARK_SIZE));
}

char *
memory_mark(struct arena *arena, const char *url, const char *word)
{
	if (!word || word[0] == '\0')
		return NULL;
	return arena_printf(arena, "%s%s", mark_of(arena, url), word);
}

/* It becomes a line of a question: nothing but one line of plain letters may. */
static bool
is_plain(const char *word)
{
	for (; *word; word++)
		if ((unsigned char)*word < ' ' || (unsigned char)*word > '~')
			return false;
	return true;
}

const char *
memory_unmark(struct arena *arena, const char *url, const char *marked)
{
	const char *mark = mark_of(arena, url);

	if (!marked || !text_starts(marked, mark) || !is_plain(marked))
		return NULL;
	return marked + strlen(mark);
}

static void
set_text(char **own, const char *text)
{
	free(*own);
	*own = text ? mem_text(text) : NULL;
}

static void
forget_names(struct feed_memory *memory)
{
	set_text(&memory->etag, NULL);
	set_text(&memory->modified, NULL);
}

void
memory_rename(struct source *source, const struct http_answer *answer)
{
	struct arena *arena = arena_new();

	set_text(&source->memory->etag, memory_mark(arena, source->config->url, answer->etag));
	set_text(&source->memory->modified,
		memory_mark(arena, source->config->url, answer->modified));
	arena_free(arena);
}

void
memory_free(struct source *source)
{
	if (!source->memory)
		return;
	forget_names(source->memory);
	free(source->memory);
	source->memory = NULL;
}

static int
take_field(struct feed_memory *memory, const struct frame_field *field, struct arena *arena,
	struct err *err)
{
	const char *text;

	if (field->tag == TAG_ETAG || field->tag == TAG_MODIFIED) {
		if (field_text(field, arena, NAME_MAX_SIZE, &text, err) < 0)
			return -1;
		set_text(field->tag == TAG_ETAG ? &memory->etag : &memory->modified, text);
	} else if (field->tag == TAG_DIGEST) {
		if (field->size != SHA256_SIZE)
			return fail(err, ERR_FORMAT, "the engine sent a digest of %u bytes",
				field->size);
		memcpy(memory->digest, field->bytes, SHA256_SIZE);
		memory->has_digest = true;
	}
	return 0;
}

/* An answer to a feed of a former connection says nothing. */
int
memory_take(struct source *source, const struct frame *frame, struct err *err)
{
	struct feed_memory *memory = source->memory;
	struct frame_field field;
	struct arena *arena;
	size_t cursor = 0;
	int got;

	if (frame->token != 0 && (!memory || frame->token != memory->feed_token))
		return 0;
	if (!memory)
		memory = source->memory = mem_zero(1, sizeof(*memory));
	memory->known = true;
	memory->has_digest = false;
	forget_names(memory);
	arena = arena_new();
	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (take_field(memory, &field, arena, err) < 0)
			break;
	arena_free(arena);
	return got == 0 ? 0 : -1;
}
