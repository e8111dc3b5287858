#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "liaison/mail/authentication.h"
#include "liaison/mail/classify.h"
#include "liaison/mail/date.h"
#include "liaison/mail/header.h"
#include "liaison/mail/identifier.h"
#include "liaison/mail/message.h"
#include "liaison/mail/word.h"

#include "reading.h"

enum {
	REFERENCES_LOOKED_AT = 1000,
	SANE_DATE_MIN = 31536000, /* 1971: clocks that were never set say 1970 */
	FUTURE_SLACK = 86400,
};

static void
add_keyword(struct reading *reading, const struct frame_field *field)
{
	if (reading->keywords.size + field->size + 1 > EVENT_KEYWORDS_MAX)
		return;
	if (reading->keywords.size > 0)
		text_add_char(&reading->keywords, ' ');
	text_add_n(&reading->keywords, field->bytes, field->size);
}

static int
take_time(const struct frame_field *field, int64_t *out, struct err *err)
{
	int64_t value;

	if (field_i64(field, &value, err) < 0)
		return -1;
	if (value < TIME_MIN || value > TIME_MAX)
		return fail(err, ERR_FORMAT, "the server's date is out of range");
	*out = value;
	return 0;
}

static int
take_offset(const struct frame_field *field, int *out, struct err *err)
{
	int64_t value;

	if (field_i64(field, &value, err) < 0)
		return -1;
	*out = value < -DATE_OFFSET_MAX || value > DATE_OFFSET_MAX ? 0 : (int)value;
	return 0;
}

/* Of lower-case letters, digits and "-", as the engine asks; an item's own words are not believed. */
static void
take_name(struct reading *reading, const struct frame_field *field)
{
	const char *name = arena_text_n(reading->arena, (const char *)field->bytes, field->size);

	if (reading->name_count < EVENT_HEADER_NAMES_MAX && field->size > 0 &&
		field->size <= EVENT_HEADER_NAME_MAX &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == field->size)
		reading->names[reading->name_count++] = name;
}

static int
take_field(struct reading *reading, const struct frame_field *field, struct err *err)
{
	struct event *event = reading->event;

	switch (field->tag) {
	case TAG_INTERNALDATE:
		return take_time(field, &event->internal_date, err);
	case TAG_INTERNALDATE_OFFSET:
		return take_offset(field, &reading->internal_offset, err);
	case TAG_RFC822_SIZE:
		return field_u64(field, INT64_MAX, &event->size, err);
	case TAG_KEYWORD:
		add_keyword(reading, field);
		return 0;
	case TAG_HEADER:
		reading->block = (const char *)field->bytes;
		reading->block_size = field->size;
		return 0;
	case TAG_HEADER_TRUNCATED:
		event->flags |= EVENT_TRUNCATED;
		return 0;
	case TAG_NAME:
		take_name(reading, field);
		return 0;
	case TAG_STRUCTURE_REFUSED:
		event->flags |= EVENT_NO_STRUCTURE;
		return 0;
	default: /* tags are numbers off the wire */
		return structure_take(&reading->structure, field, err);
	}
}

static int
take_frame(struct reading *reading, const struct frame *frame, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int r;

	while ((r = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (take_field(reading, &field, err) < 0)
			return -1;
	if (r < 0)
		return -1;
	if (reading->block == NULL)
		return fail(err, ERR_USAGE, "the message has no header");
	return 0;
}

static void
read_dates(struct reading *reading)
{
	const struct header_field *field = reading->header.first[FIELD_DATE];
	struct event *event = reading->event;
	bool known = field != NULL &&
		     date_read(field->value, field->size, &event->date, &event->offset_min);
	bool sane = known && event->date >= SANE_DATE_MIN;
	bool future = sane && event->internal_date != 0 &&
		      event->date > event->internal_date + FUTURE_SLACK;

	event->at = event->date;
	if (future)
		event->flags |= EVENT_DATE_FUTURE;
	if (!sane)
		event->flags |= EVENT_DATE_MISSING;
	if (!known || future || (!sane && event->internal_date != 0)) {
		event->at = event->internal_date;
		event->offset_min = reading->internal_offset;
	}
}

static const char *
first_id(struct reading *reading, enum field_name name)
{
	const struct header_field *field = reading->header.first[name];
	size_t at = 0;

	return field == NULL ? NULL
			     : identifier_next(reading->arena, field->value, field->size, &at);
}

/* Of too many, the first and the last are kept: the thread's root and the nearest ancestors. */
static void
read_references(struct reading *reading)
{
	const struct header_field *field = reading->header.first[FIELD_REFERENCES];
	struct event *event = reading->event;
	const char *ids[EVENT_REFERENCES_MAX];
	unsigned count = 0, looked = 0;
	const char *id;
	size_t at = 0;

	while (field != NULL && looked++ < REFERENCES_LOOKED_AT &&
		(id = identifier_next(reading->arena, field->value, field->size, &at)) != NULL) {
		if (count == EVENT_REFERENCES_MAX) {
			memmove(ids + 1, ids + 2, (count - 2) * sizeof *ids);
			count--;
		}
		ids[count++] = id;
	}
	if (count == 0)
		return;
	event->references = arena_array(reading->arena, count, sizeof *ids);
	memcpy(event->references, ids, count * sizeof *ids);
	event->reference_count = count;
}

static void
read_subject(struct reading *reading)
{
	const struct header_field *field = reading->header.first[FIELD_SUBJECT];

	if (field != NULL)
		reading->event->subject = words_text(reading->charsets, reading->arena,
			field->value, field->size, EVENT_SUBJECT_MAX, &reading->event->flags);
}

static void
put_number(struct text *out, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	text_add_n(out, bytes, sizeof bytes);
}

static void
put_counted(struct text *out, const char *text)
{
	size_t size = text == NULL ? 0 : strlen(text);

	put_number(out, size);
	text_add_n(out, text == NULL ? "" : text, size);
}

static void
make_identity(struct reading *reading)
{
	struct event *event = reading->event;
	const struct event_party *from = event->party_count > 0 ? &event->parties[0] : NULL;
	bool known = from != NULL && from->role == PARTY_FROM;
	uint8_t digest[SHA256_SIZE];
	struct text *text = &reading->keywords; /* done with them by now */

	text_reset(text);
	put_counted(text, event->message_id);
	put_counted(text, known ? from->address : NULL);
	put_number(text, (uint64_t)event->date);
	put_counted(text, event->subject);
	if (event->message_id != NULL)
		sha256(text->bytes, text->size, digest);
	else
		sha256(reading->block, reading->block_size, digest);
	memcpy(event->identity, digest, sizeof event->identity);
}

static void
read_keywords(struct reading *reading)
{
	const struct text *text = &reading->keywords;
	bool changed;

	if (text->size > 0)
		reading->event->keywords = text_clean(reading->arena, text->bytes, text->size,
			EVENT_KEYWORDS_MAX, false, &changed);
}

/* One that the message has not is told as well, so that nobody has to ask again. */
static void
read_asked(struct reading *reading)
{
	enum { SAME_MAX = EVENT_HEADERS_MAX / EVENT_HEADER_NAMES_MAX };
	struct event *event = reading->event;
	struct header_field found[SAME_MAX];
	unsigned ignored = 0;

	event->headers = arena_array(
		reading->arena, (size_t)reading->name_count * SAME_MAX + 1, sizeof *event->headers);
	for (unsigned i = 0; i < reading->name_count; i++) {
		unsigned count = header_find(reading->arena, reading->block, reading->block_size,
			reading->names[i], found, SAME_MAX);

		for (unsigned j = 0; j < count; j++)
			event->headers[event->header_count++] = (struct event_header){
				reading->names[i],
				words_text(reading->charsets, reading->arena, found[j].value,
					found[j].size, EVENT_HEADER_MAX, &ignored),
			};
		if (count == 0)
			event->headers[event->header_count++].name = reading->names[i];
	}
}

static void
read_header(struct reading *reading)
{
	struct event *event = reading->event;

	header_scan(reading->arena, reading->block, reading->block_size, &reading->header);
	event->flags |= (reading->header.truncated ? EVENT_TRUNCATED : 0) |
			(reading->header.cleaned ? EVENT_CLEANED : 0);
	reading_parties(reading);
	read_dates(reading);
	read_subject(reading);
	event->message_id = first_id(reading, FIELD_MESSAGE_ID);
	event->in_reply_to = first_id(reading, FIELD_IN_REPLY_TO);
	read_references(reading);
	read_asked(reading);
}

int
message_read(struct charsets *charsets, const struct frame *frame, struct arena *arena,
	struct event *out, struct err *err)
{
	struct event event = { 0 };
	struct reading reading = { .charsets = charsets, .arena = arena, .event = &event };
	int r;

	structure_init(&reading.structure, arena, charsets);
	r = take_frame(&reading, frame, err);
	if (r == 0) {
		read_header(&reading);
		structure_end(&reading.structure, &event);
		classify(&reading.header, reading.structure.report, arena, &event);
		authentication_read(&reading.header, arena, &event);
		read_keywords(&reading);
		make_identity(&reading);
		*out = event;
	}
	structure_clear(&reading.structure);
	text_clear(&reading.keywords);
	return r;
}
