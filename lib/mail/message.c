#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "liaison/mail/authentication.h"
#include "liaison/mail/classify.h"
#include "liaison/mail/date.h"
#include "liaison/mail/header.h"
#include "liaison/mail/identifier.h"
#include "liaison/mail/mailbox.h"
#include "liaison/mail/message.h"
#include "liaison/mail/word.h"

#include "structure.h"

enum {
	REFERENCES_LOOKED_AT = 1000,
	SANE_DATE_MIN = 31536000, /* 1971: clocks that were never set say 1970 */
	FUTURE_SLACK = 86400,
};

/* A message being read. */
struct reading {
	struct charsets *charsets;
	struct arena *arena;
	struct event *event;
	struct header header;
	const char *block; /* the header's bytes; borrowed */
	size_t block_size;
	int internal_offset;
	unsigned party_room;
	struct text keywords;
	const char *names[EVENT_HEADER_NAMES_MAX]; /* of headers that are asked for */
	unsigned name_count;
	struct structure structure;
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

static struct event_party *
new_party(struct reading *reading)
{
	struct event *event = reading->event;

	if (event->party_count == reading->party_room) {
		unsigned room = reading->party_room == 0 ? 8 : reading->party_room * 2;
		struct event_party *parties = arena_array(reading->arena, room, sizeof *parties);

		if (event->party_count > 0)
			memcpy(parties, event->parties, event->party_count * sizeof *parties);
		event->parties = parties;
		reading->party_room = room;
	}
	return &event->parties[event->party_count];
}

static void
add_party(struct reading *reading, enum party_role role, const char *bytes, size_t size)
{
	struct event *event = reading->event;
	struct mailbox mailbox;
	struct event_party *party;

	event->party_total++;
	if (event->party_count == EVENT_PARTIES_MAX)
		return;
	if (!mailbox_read(reading->arena, bytes, size, &mailbox)) {
		event->party_total--;
		return;
	}
	party = new_party(reading);
	mailbox_party(reading->charsets, reading->arena, &mailbox, party, &event->flags);
	party->role = role;
	event->party_count++;
}

static void
add_list(struct reading *reading, enum party_role role, const struct header_field *field)
{
	struct mailbox_list list;
	const char *bytes;
	size_t size;

	mailbox_list_init(&list, field->value, field->size);
	while (mailbox_list_next(&list, &bytes, &size))
		add_party(reading, role, bytes, size);
}

/* Only the first From counts: who adds a second one wants two readers to see two senders. */
static void
add_from(struct reading *reading)
{
	const struct header_field *from = reading->header.first[FIELD_FROM];
	struct event *event = reading->event;

	if (from != NULL) {
		add_list(reading, PARTY_FROM, from);
		if (from->next != NULL || event->party_total > 1)
			event->flags |= EVENT_AMBIGUOUS_FROM;
	}
	if (event->party_count == 0 || event->parties[0].address == NULL)
		event->flags |= EVENT_NO_FROM;
}

static void
add_parties(struct reading *reading)
{
	static const struct {
		enum field_name field;
		enum party_role role;
	} fields[] = {
		{ FIELD_SENDER, PARTY_SENDER },
		{ FIELD_REPLY_TO, PARTY_REPLY_TO },
		{ FIELD_TO, PARTY_TO },
		{ FIELD_CC, PARTY_CC },
		{ FIELD_BCC, PARTY_BCC },
	};
	struct event *event = reading->event;

	add_from(reading);
	for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
		for (const struct header_field *f = reading->header.first[fields[i].field];
			f != NULL; f = f->next)
			add_list(reading, fields[i].role, f);
	if (event->party_total > event->party_count)
		event->flags |= EVENT_TRUNCATED;
}

/* The address that a display name shows, canonical; NULL if there is none ("me @ home" is none). */
static const char *
shown_address(struct arena *arena, const char *name)
{
	static const char around[] = " <>\"'()[],;:";
	const char *sign = strchr(name, '@');
	const char *start = sign;
	struct err err;
	char *address;

	if (sign == NULL)
		return NULL;
	while (start > name && strchr(around, start[-1]) == NULL)
		start--;
	start = arena_text_n(arena, start, (size_t)(sign - start) + strcspn(sign, around));
	if (address_canonical(arena, start, &address, &err) < 0 ||
		strchr(address_domain(address), '.') == NULL)
		return NULL;
	return address;
}

/* The display name is an address, and not the sender's: what a reader sees is a lie. */
static void
check_name(struct reading *reading)
{
	const struct event_party *from = reading->event->parties;
	const char *shown;

	if (reading->event->party_count == 0 || from->role != PARTY_FROM || from->name == NULL)
		return;
	shown = shown_address(reading->arena, from->name);
	if (shown != NULL && (from->address == NULL || strcmp(shown, from->address) != 0))
		reading->event->flags |= EVENT_SPOOFED_NAME;
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
	add_parties(reading);
	check_name(reading);
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
