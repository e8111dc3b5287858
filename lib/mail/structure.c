#include <string.h>

#include "liaison/mail/parameter.h"

#include "structure.h"

void
structure_init(struct structure *structure, struct arena *arena, struct charsets *charsets)
{
	*structure = (struct structure){ .arena = arena, .charsets = charsets };
}

void
structure_clear(struct structure *structure)
{
	text_clear(&structure->name);
}

/* A word of the protocol: lower case, without anything a word may not hold. */
static const char *
word(struct arena *arena, const struct frame_field *field)
{
	size_t size = field->size < EVENT_WORD_MAX / 2 ? field->size : EVENT_WORD_MAX / 2;
	char *out = arena_alloc(arena, size + 1);

	for (size_t i = 0; i < size; i++) {
		char c = (char)field->bytes[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		out[i] = c > ' ' && c < 0x7f ? c : '?';
	}
	return out;
}

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static bool
is_one_of(const char *type, const char *const *types)
{
	for (; *types != NULL; types++)
		if (strcmp(type, *types) == 0)
			return true;
	return false;
}

/* What nobody would call an attachment: signatures and a report's own parts. */
static const char *const not_attached[] = { "application/pgp-signature",
	"application/pkcs7-signature", "application/x-pkcs7-signature", "message/delivery-status",
	"message/disposition-notification", "text/rfc822-headers", NULL };

static const char *const reports[] = { "multipart/report", "message/delivery-status",
	"message/disposition-notification", NULL };

static bool
is_attachment(const struct structure *structure, const char *type, bool named)
{
	if (is_one_of(type, not_attached))
		return false;
	if (is(structure->disposition, "attachment"))
		return true;
	if (is(structure->disposition, "inline") && is(structure->type, "image"))
		return false;
	if (is(structure->type, "text"))
		return named;
	return !is(structure->type, "multipart");
}

/* A part of a message within the message. */
static bool
is_inside(const char *number, const char *outer)
{
	size_t size = outer == NULL ? 0 : strlen(outer);

	return size > 0 && strncmp(number, outer, size) == 0 && number[size] == '.';
}

static struct event_part *
new_part(struct structure *structure)
{
	if (structure->count == EVENT_PARTS_MAX) {
		structure->flags |= EVENT_TRUNCATED;
		return NULL;
	}
	if (structure->count == structure->room) {
		unsigned room = structure->room == 0 ? 8 : structure->room * 2;
		struct event_part *parts = arena_array(structure->arena, room, sizeof *parts);

		if (structure->count > 0)
			memcpy(parts, structure->parts, structure->count * sizeof *parts);
		structure->parts = parts;
		structure->room = room;
	}
	return &structure->parts[structure->count++];
}

static void
add_leaf(struct structure *structure, const char *type)
{
	struct event_part *part = new_part(structure);
	const struct text *name = &structure->name;

	if (part == NULL)
		return;
	part->part = structure->number;
	part->type = type;
	if (name->size > 0)
		part->name = parameter_file_name(structure->charsets, structure->arena, name->bytes,
			name->size, EVENT_NAME_MAX, &structure->flags);
	part->charset = structure->charset;
	part->encoding = structure->encoding;
	part->size = structure->size;
	part->attachment = is_attachment(structure, type, part->name != NULL);
}

static void
end_group(struct structure *structure)
{
	const char *type;

	if (!structure->open)
		return;
	structure->open = false;
	if (structure->type == NULL)
		structure->type = "application";
	if (structure->subtype == NULL)
		structure->subtype = is(structure->type, "text") ? "plain" : "octet-stream";
	type = arena_printf(structure->arena, "%s/%s", structure->type, structure->subtype);
	if (is_inside(structure->number, structure->opaque))
		return;
	if (is_one_of(type, reports))
		structure->report = true;
	if (is(structure->type, "multipart"))
		return;
	if (strlen(structure->number) > STRUCTURE_NUMBER_MAX) {
		structure->flags |= EVENT_TRUNCATED;
		return;
	}
	if (is(type, "message/rfc822") || is(type, "message/global"))
		structure->opaque = structure->number;
	add_leaf(structure, type);
}

static int
begin_group(struct structure *structure, const struct frame_field *field, struct err *err)
{
	end_group(structure);
	if (field->size > STRUCTURE_NUMBER_REFUSED)
		return fail(err, ERR_FORMAT, "the number of a part is %u bytes long",
			(unsigned)field->size);
	for (uint32_t i = 0; i < field->size; i++)
		if (field->bytes[i] != '.' && (field->bytes[i] < '0' || field->bytes[i] > '9'))
			return fail(err, ERR_FORMAT, "the number of a part is no number");
	structure->open = true;
	structure->number = field->size == 0 ? "1"
					     : arena_text_n(structure->arena,
						       (const char *)field->bytes, field->size);
	structure->type = structure->subtype = structure->charset = NULL;
	structure->encoding = structure->disposition = NULL;
	structure->size = 0;
	text_reset(&structure->name);
	return 0;
}

/* Pieces of one name may come in several fields. */
static void
add_name(struct structure *structure, const struct frame_field *field)
{
	if (structure->name.size > 0)
		text_add_char(&structure->name, ';');
	if (structure->name.size < FRAME_CHUNK_MAX)
		text_add_n(&structure->name, field->bytes, field->size);
}

static int
take_in_group(struct structure *structure, const struct frame_field *field, struct err *err)
{
	switch (field->tag) {
	case TAG_PART_TYPE:
		structure->type = word(structure->arena, field);
		return 0;
	case TAG_PART_SUBTYPE:
		structure->subtype = word(structure->arena, field);
		return 0;
	case TAG_PART_CHARSET:
		structure->charset = word(structure->arena, field);
		return 0;
	case TAG_PART_ENCODING:
		structure->encoding = word(structure->arena, field);
		return 0;
	case TAG_PART_DISPOSITION:
		structure->disposition = word(structure->arena, field);
		return 0;
	case TAG_PART_NAME:
		add_name(structure, field);
		return 0;
	case TAG_PART_SIZE:
		return field_u64(field, INT64_MAX, &structure->size, err);
	default: /* tags are numbers off the wire */
		return 0;
	}
}

int
structure_take(struct structure *structure, const struct frame_field *field, struct err *err)
{
	if (field->tag == TAG_MESSAGE_PART)
		return begin_group(structure, field, err);
	return structure->open ? take_in_group(structure, field, err) : 0;
}

/* The first text that is the message's own; plain text is better than HTML unless it is empty. */
static const char *
text_part(const struct structure *structure)
{
	const struct event_part *plain = NULL, *html = NULL;

	for (unsigned i = 0; i < structure->count; i++) {
		const struct event_part *part = &structure->parts[i];

		if (part->attachment)
			continue;
		if (plain == NULL && strcmp(part->type, "text/plain") == 0)
			plain = part;
		if (html == NULL && strcmp(part->type, "text/html") == 0)
			html = part;
	}
	if (plain != NULL && (html == NULL || plain->size > 2))
		return plain->part;
	return html == NULL ? NULL : html->part;
}

void
structure_end(struct structure *structure, struct event *event)
{
	end_group(structure);
	event->parts = structure->parts;
	event->part_count = structure->count;
	event->text_part = text_part(structure);
	event->flags |= structure->flags;
}
