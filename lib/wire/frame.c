#include "liaison/wire/frame.h"

#include <assert.h>
#include <string.h>

/* The chunk's header as it lies in memory; both ends are one machine. */
struct chunk {
	uint32_t size;
	uint16_t type, flags;
	uint32_t source, token;
};

struct field_head {
	uint16_t tag, zero;
	uint32_t size;
};

enum { CHUNK_MORE = 1, MESSAGE_KEEP = 256 * 1024 };

_Static_assert(sizeof(struct chunk) == FRAME_HEADER_SIZE, "the header is packed");
_Static_assert(sizeof(struct field_head) == 8, "a field's head is packed");

void
frame_reader_clear(struct frame_reader *reader)
{
	text_clear(&reader->in);
	text_clear(&reader->message);
	*reader = (struct frame_reader){ 0 };
}

void
frame_reader_feed(struct frame_reader *reader, const void *bytes, size_t size)
{
	if (reader->taken == reader->in.size)
		text_reset(&reader->in);
	else
		text_drop_front(&reader->in, reader->taken);
	reader->taken = 0;
	text_add_n(&reader->in, bytes, size);
}

static int
chunk_check(const struct frame_reader *reader, const struct chunk *chunk, struct err *err)
{
	if (chunk->size > FRAME_CHUNK_MAX)
		return fail(err, ERR_FORMAT, "a frame's chunk has %u bytes", chunk->size);
	if (chunk->type == 0 || (chunk->flags & ~CHUNK_MORE) != 0)
		return fail(err, ERR_FORMAT, "a frame has type %u and flags %u", chunk->type,
			chunk->flags);
	if ((chunk->flags & CHUNK_MORE) != 0 && chunk->size == 0)
		return fail(err, ERR_FORMAT, "a frame's chunk is empty");
	if (!reader->partial)
		return 0;
	if (chunk->type != reader->open.type || chunk->source != reader->open.source ||
		chunk->token != reader->open.token)
		return fail(err, ERR_FORMAT, "the chunks of two frames are mixed");
	if (reader->message.size + chunk->size > FRAME_MESSAGE_MAX)
		return fail(err, ERR_FORMAT, "a frame is over %d bytes long", FRAME_MESSAGE_MAX);
	return 0;
}

/* Takes one piece of a message in several; returns true with the last. */
static bool
collect(struct frame_reader *reader, const struct chunk *chunk, const uint8_t *bytes)
{
	if (!reader->partial) {
		if (reader->message.room > MESSAGE_KEEP)
			text_clear(&reader->message);
		text_reset(&reader->message);
		reader->open = (struct frame){
			.type = chunk->type, .source = chunk->source, .token = chunk->token
		};
		reader->partial = true;
	}
	text_add_n(&reader->message, bytes, chunk->size);
	reader->partial = (chunk->flags & CHUNK_MORE) != 0;
	return !reader->partial;
}

/* A message of one chunk, nearly every one, is handed out where it lies. */
int
frame_reader_next(struct frame_reader *reader, struct frame *out, struct err *err)
{
	for (;;) {
		size_t left = reader->in.size - reader->taken;
		const uint8_t *bytes;
		struct chunk chunk;

		if (left < sizeof chunk) /* there may be no bytes at all, and nothing to point at */
			return 0;
		bytes = (const uint8_t *)reader->in.bytes + reader->taken;
		memcpy(&chunk, bytes, sizeof chunk);
		if (chunk_check(reader, &chunk, err) < 0)
			return -1;
		if (left - sizeof chunk < chunk.size)
			return 0;
		bytes += sizeof chunk;
		reader->taken += sizeof chunk + chunk.size;
		if (!reader->partial && (chunk.flags & CHUNK_MORE) == 0) {
			*out = (struct frame){ chunk.type, chunk.source, chunk.token, bytes,
				chunk.size };
			return 1;
		}
		if (collect(reader, &chunk, bytes)) {
			*out = reader->open;
			out->bytes = (const uint8_t *)reader->message.bytes;
			out->size = reader->message.size;
			return 1;
		}
	}
}

void
frame_begin(struct frame_writer *writer, struct text *out, enum frame_type type, uint32_t source,
	uint32_t token)
{
	static const char EMPTY[FRAME_HEADER_SIZE];

	*writer = (struct frame_writer){ out, out->size, (uint16_t)type, source, token };
	text_add_n(out, EMPTY, sizeof EMPTY);
}

void
frame_put(struct frame_writer *writer, enum frame_tag tag, const void *bytes, size_t size)
{
	struct field_head head = { (uint16_t)tag, 0, (uint32_t)size };
	struct text *out = writer->out;

	assert(size <= FRAME_MESSAGE_MAX);
	text_reserve(out, sizeof head + size);
	memcpy(out->bytes + out->size, &head, sizeof head);
	if (size > 0)
		memcpy(out->bytes + out->size + sizeof head, bytes, size);
	out->size += sizeof head + size;
	out->bytes[out->size] = '\0';
}

void
frame_put_text(struct frame_writer *writer, enum frame_tag tag, const char *text)
{
	if (text != NULL)
		frame_put(writer, tag, text, strlen(text));
}

void
frame_put_u64(struct frame_writer *writer, enum frame_tag tag, uint64_t value)
{
	frame_put(writer, tag, &value, sizeof value);
}

void
frame_put_i64(struct frame_writer *writer, enum frame_tag tag, int64_t value)
{
	frame_put(writer, tag, &value, sizeof value);
}

void
frame_put_flag(struct frame_writer *writer, enum frame_tag tag)
{
	frame_put(writer, tag, NULL, 0);
}

void
frame_put_fields(struct frame_writer *writer, const uint8_t *bytes, size_t size)
{
	text_add_n(writer->out, bytes, size);
}

static void
put_header(const struct frame_writer *writer, size_t at, size_t size, bool more)
{
	struct chunk chunk = { (uint32_t)size, writer->type, more ? CHUNK_MORE : 0, writer->source,
		writer->token };

	memcpy(writer->out->bytes + at, &chunk, sizeof chunk);
}

/* Makes room for the headers of the further chunks, from the last one to the second. */
static void
spread(const struct frame_writer *writer, size_t payload)
{
	size_t extra = (payload - 1) / FRAME_CHUNK_MAX;
	char *bytes;

	text_reserve(writer->out, extra * FRAME_HEADER_SIZE);
	bytes = writer->out->bytes + writer->start + FRAME_HEADER_SIZE;
	for (size_t i = extra; i > 0; i--) {
		size_t from = i * FRAME_CHUNK_MAX, size = payload - from;

		if (size > FRAME_CHUNK_MAX)
			size = FRAME_CHUNK_MAX;
		memmove(bytes + from + i * FRAME_HEADER_SIZE, bytes + from, size);
		put_header(writer,
			writer->start + i * (size_t)(FRAME_CHUNK_MAX + FRAME_HEADER_SIZE), size,
			i < extra);
	}
	writer->out->size += extra * FRAME_HEADER_SIZE;
	writer->out->bytes[writer->out->size] = '\0';
}

void
frame_end(struct frame_writer *writer)
{
	size_t payload = writer->out->size - writer->start - FRAME_HEADER_SIZE;

	assert(payload <= FRAME_MESSAGE_MAX);
	if (payload > FRAME_CHUNK_MAX) {
		spread(writer, payload);
		put_header(writer, writer->start, FRAME_CHUNK_MAX, true);
	} else {
		put_header(writer, writer->start, payload, false);
	}
}

size_t
frame_chunk_size(const void *bytes, size_t size)
{
	struct chunk chunk;

	if (size < sizeof chunk)
		return 0;
	memcpy(&chunk, bytes, sizeof chunk);
	return size - sizeof chunk >= chunk.size ? sizeof chunk + chunk.size : 0;
}

int
frame_field_next(
	const struct frame *frame, size_t *cursor, struct frame_field *out, struct err *err)
{
	struct field_head head;
	size_t left = frame->size - *cursor;

	if (left == 0)
		return 0;
	if (left < sizeof head)
		return fail(err, ERR_FORMAT, "a frame of type %u ends within a field", frame->type);
	memcpy(&head, frame->bytes + *cursor, sizeof head);
	if (head.tag == TAG_END || head.zero != 0 || head.size > left - sizeof head)
		return fail(err, ERR_FORMAT, "a frame of type %u has a broken field %u",
			frame->type, head.tag);
	*out = (struct frame_field){ head.tag, frame->bytes + *cursor + sizeof head, head.size };
	*cursor += sizeof head + head.size;
	return 1;
}

bool
frame_has(const struct frame *frame, enum frame_tag tag)
{
	struct frame_field field;
	size_t cursor = 0;
	struct err err;

	while (frame_field_next(frame, &cursor, &field, &err) > 0) {
		if (field.tag == tag)
			return true;
	}
	return false;
}

int
field_u64(const struct frame_field *field, uint64_t max, uint64_t *out, struct err *err)
{
	uint64_t value;

	if (field->size != sizeof value)
		return fail(err, ERR_FORMAT, "field %u is no number", field->tag);
	memcpy(&value, field->bytes, sizeof value);
	if (value > max)
		return fail(err, ERR_FORMAT, "field %u is too large", field->tag);
	*out = value;
	return 0;
}

int
field_i64(const struct frame_field *field, int64_t *out, struct err *err)
{
	if (field->size != sizeof *out)
		return fail(err, ERR_FORMAT, "field %u is no number", field->tag);
	memcpy(out, field->bytes, sizeof *out);
	return 0;
}

int
field_text(const struct frame_field *field, struct arena *arena, size_t max, const char **out,
	struct err *err)
{
	const char *bytes = (const char *)field->bytes;

	if (field->size > max)
		return fail(err, ERR_FORMAT, "field %u is %u bytes long", field->tag, field->size);
	if (memchr(bytes, '\0', field->size) != NULL || !text_is_utf8(bytes, field->size))
		return fail(err, ERR_FORMAT, "field %u is no text", field->tag);
	*out = arena_text_n(arena, bytes, field->size);
	return 0;
}
