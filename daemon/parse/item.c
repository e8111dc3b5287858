#include "item.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/crypt.h"
#include "liaison/mail/body.h"
#include "liaison/mail/message.h"

#include "calendar.h"
#include "import.h"
#include "poison.h"

enum { WORD_MAX = 127 };

void
parser_init(struct parser *parser)
{
	uint8_t digest[SHA256_SIZE];
	struct err err;
	char *address;

	*parser = (struct parser){ .arena = arena_new() };
	parser->charsets = charsets_new();
	parser->poison = getenv("LIAISON_TEST_POISON") != NULL;
	sha256("", 0, digest);
	address_canonical(parser->arena,
		"a@b\xc3\xbc"
		"cher.example",
		&address, &err);
	domain_is_freemail("example.com");
	calendar_init(parser);
	arena_reset(parser->arena);
}

void
parser_clear(struct parser *parser)
{
	calendar_clear(parser);
	charsets_free(parser->charsets);
	arena_free(parser->arena);
}

int
parser_check(struct parser *parser, struct err *err)
{
	if (charsets_check(parser->charsets, err) < 0)
		return -1;
	return calendar_check(parser, err);
}

void
item_reject(struct text *out, uint32_t source, uint32_t token, const char *why)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_REJECT, source, token);
	frame_put_text(&writer, TAG_ERROR, why);
	frame_end(&writer);
}

static int
take_message(struct parser *parser, const struct frame *frame, struct text *out, struct err *err)
{
	struct frame_writer writer;
	struct event event;

	if (parser->poison)
		poison_obey(frame, TAG_HEADER);
	if (message_read(parser->charsets, frame, parser->arena, &event, err) < 0) {
		if (err->code != ERR_USAGE)
			return -1;
		item_reject(out, frame->source, frame->token, err->message);
		return 0;
	}
	frame_begin(&writer, out, FRAME_EVENT, frame->source, frame->token);
	event_encode(&writer, &event);
	frame_end(&writer);
	return 0;
}

/* A word of a server's: what is no plain ASCII in it matches nothing. */
static const char *
word(struct arena *arena, const struct frame_field *field)
{
	return arena_text_n(
		arena, (const char *)field->bytes, field->size < WORD_MAX ? field->size : WORD_MAX);
}

static int
take_body_field(
	struct arena *arena, const struct frame_field *field, struct body *body, struct err *err)
{
	uint64_t max;

	switch (field->tag) {
	case TAG_BYTES:
		body->bytes = (const char *)field->bytes;
		body->size = field->size;
		return 0;
	case TAG_ENCODING:
		body->encoding = word(arena, field);
		return 0;
	case TAG_CHARSET:
		body->charset = word(arena, field);
		return 0;
	case TAG_SUBTYPE:
		body->subtype = word(arena, field);
		return 0;
	case TAG_SIZE:
		if (field_u64(field, INT64_MAX, &max, err) < 0)
			return -1;
		body->max = max < BODY_TEXT_MAX ? (size_t)max : BODY_TEXT_MAX;
		return 0;
	default: /* tags are numbers off the wire */
		return 0;
	}
}

static int
take_text(struct parser *parser, const struct frame *frame, struct text *out, struct err *err)
{
	struct body body = { .bytes = "", .max = BODY_TEXT_MAX };
	struct frame_field field;
	struct frame_writer writer;
	size_t cursor = 0;
	bool truncated;
	const char *text;
	int r;

	while ((r = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (take_body_field(parser->arena, &field, &body, err) < 0)
			return -1;
	if (r < 0)
		return -1;
	text = body_text(parser->charsets, parser->arena, &body, &truncated);
	frame_begin(&writer, out, FRAME_TEXT, frame->source, frame->token);
	frame_put_text(&writer, TAG_TEXT, text);
	if (truncated)
		frame_put_flag(&writer, TAG_TRUNCATED);
	frame_end(&writer);
	return 0;
}

static void
put_pong(struct text *out, const struct frame *frame)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_PONG, frame->source, frame->token);
	frame_end(&writer);
}

static int
take(struct parser *parser, const struct frame *frame, struct text *out, struct err *err)
{
	switch (frame->type) {
	case FRAME_PARSE_MESSAGE:
		return take_message(parser, frame, out, err);
	case FRAME_PARSE_TEXT:
		return take_text(parser, frame, out, err);
	case FRAME_PARSE_FEED:
		return calendar_take_feed(parser, frame, out, err);
	case FRAME_PARSE_MEETING:
		return calendar_take_item(parser, frame, out, err);
	case FRAME_PARSE_IMPORT:
		return import_take_window(parser, frame, out, err);
	case FRAME_PING:
		put_pong(out, frame);
		return 0;
	default: /* types are numbers off the wire */
		return fail(err, ERR_FORMAT, "frame %u is none that parse answers", frame->type);
	}
}

int
item_take(struct parser *parser, const struct frame *frame, struct text *out, struct err *err)
{
	int r = take(parser, frame, out, err);

	arena_reset(parser->arena);
	parser->items++;
	return r;
}
