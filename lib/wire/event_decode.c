#include <string.h>

#include "bounded.h"
#include "event_tag.h"
#include "liaison/base/clock.h"

/* Events out of frames, of which nothing is believed. */

struct decoder {
	struct arena *arena;
	struct event event;
	struct event_party *party;
	struct event_part *part;
	bool has_identity, has_at;
	struct err *err;
};

static int
make_room(const struct frame *frame, struct decoder *to)
{
	struct event *event = &to->event;
	struct bounded_group groups[] = {
		{ EV_PARTY, EVENT_PARTIES_MAX, "parties", 0 },
		{ EV_PART, EVENT_PARTS_MAX, "parts", 0 },
		{ EV_REFERENCE, EVENT_REFERENCES_MAX, "references", 0 },
		{ EV_HEADER, EVENT_HEADERS_MAX, "headers", 0 },
	};

	if (bounded_count(frame, groups, 4, "an event", to->err) < 0)
		return -1;
	event->parties = arena_array(to->arena, groups[0].count, sizeof *event->parties);
	event->parts = arena_array(to->arena, groups[1].count, sizeof *event->parts);
	event->references = arena_array(to->arena, groups[2].count, sizeof *event->references);
	event->headers = arena_array(to->arena, groups[3].count, sizeof *event->headers);
	return 0;
}

static int
read_clean(struct decoder *to, const struct frame_field *field, size_t max, const char **out)
{
	return bounded_read(field, to->arena, max, false, "an event", out, to->err);
}

/* A part's number goes back to a server within a command: digits and dots, or "TEXT". */
static int
read_part_number(struct decoder *to, const struct frame_field *field, const char **out)
{
	const char *number;

	if (read_clean(to, field, PART_NUMBER_MAX, &number) < 0)
		return -1;
	if (strcmp(number, "TEXT") != 0 &&
		(number[0] == '\0' || number[strspn(number, "0123456789.")] != '\0'))
		return fail(to->err, ERR_FORMAT, "'%s' is no part of a message", number);
	*out = number;
	return 0;
}

static int
read_time(struct decoder *to, const struct frame_field *field, int64_t *out)
{
	int64_t time;

	if (field_i64(field, &time, to->err) < 0)
		return -1;
	if (time < TIME_MIN || time > TIME_MAX)
		return fail(to->err, ERR_FORMAT, "an event's time is out of range");
	*out = time;
	return 0;
}

static int
read_offset(struct decoder *to, const struct frame_field *field)
{
	int64_t offset;

	if (field_i64(field, &offset, to->err) < 0)
		return -1;
	if (offset <= -24 * 60 || offset >= 24 * 60)
		return fail(to->err, ERR_FORMAT, "an event's offset is out of range");
	to->event.offset_min = (int)offset;
	return 0;
}

static int
read_unsigned(struct decoder *to, const struct frame_field *field, unsigned max, unsigned *out)
{
	uint64_t value;

	if (field_u64(field, max, &value, to->err) < 0)
		return -1;
	*out = (unsigned)value;
	return 0;
}

static int
read_identity(struct decoder *to, const struct frame_field *field)
{
	if (field->size != sizeof to->event.identity)
		return fail(to->err, ERR_FORMAT, "an event's identity is no digest");
	memcpy(to->event.identity, field->bytes, sizeof to->event.identity);
	to->has_identity = true;
	return 0;
}

static int
open_party(struct decoder *to, const struct frame_field *field)
{
	unsigned role;

	if (read_unsigned(to, field, PARTY_MENTIONED, &role) < 0)
		return -1;
	if (role < PARTY_FROM)
		return fail(to->err, ERR_FORMAT, "an event's party has no role");
	to->party = &to->event.parties[to->event.party_count++];
	to->party->role = (enum party_role)role;
	return 0;
}

static int
open_part(struct decoder *to, const struct frame_field *field)
{
	to->part = &to->event.parts[to->event.part_count++];
	return read_part_number(to, field, &to->part->part);
}

static int
open_header(struct decoder *to, const struct frame_field *field)
{
	return read_clean(to, field, EVENT_HEADER_NAME_MAX,
		&to->event.headers[to->event.header_count++].name);
}

static int
read_header_value(struct decoder *to, const struct frame_field *field)
{
	struct event *event = &to->event;

	if (event->header_count == 0)
		return fail(to->err, ERR_FORMAT, "an event has a value outside a header");
	return read_clean(
		to, field, EVENT_HEADER_MAX, &event->headers[event->header_count - 1].value);
}

static int
open_authentication(struct decoder *to, const struct frame_field *field)
{
	struct event *event = &to->event;

	if (event->authentications == NULL)
		event->authentications = arena_array(
			to->arena, EVENT_AUTHENTICATIONS_MAX, sizeof *event->authentications);
	if (event->authentication_count == EVENT_AUTHENTICATIONS_MAX)
		return fail(to->err, ERR_FORMAT, "an event is vouched for by too many");
	return read_clean(to, field, EVENT_WORD_MAX,
		&event->authentications[event->authentication_count++].server);
}

static int
read_authentication(struct decoder *to, const struct frame_field *field)
{
	struct event *event = &to->event;
	struct event_authentication *one;
	unsigned verdict;

	if (event->authentication_count == 0)
		return fail(to->err, ERR_FORMAT, "an event is vouched for by nobody");
	one = &event->authentications[event->authentication_count - 1];
	if (field->tag == EV_AUTHENTICATION_WORDS)
		return read_clean(to, field, EVENT_AUTHENTICATION_MAX, &one->words);
	if (read_unsigned(to, field, VERDICT_FAILED, &verdict) < 0)
		return -1;
	one->verdict = (enum verdict)verdict;
	return 0;
}

static int
read_party(struct decoder *to, const struct frame_field *field)
{
	struct event_party *party = to->party;

	if (party == NULL)
		return fail(
			to->err, ERR_FORMAT, "an event has field %u outside a party", field->tag);
	if (field->tag == EV_PARTY_NAME)
		return read_clean(to, field, EVENT_NAME_MAX, &party->name);
	if (field->tag == EV_PARTY_EMAIL)
		return read_clean(to, field, EVENT_EMAIL_MAX, &party->email);
	if (read_clean(to, field, EVENT_EMAIL_MAX, &party->address) < 0)
		return -1;
	if (strchr(party->address, '@') == NULL)
		return fail(to->err, ERR_FORMAT, "an event's address has no '@'");
	return 0;
}

static int
read_part(struct decoder *to, const struct frame_field *field)
{
	struct event_part *part = to->part;

	if (part == NULL)
		return fail(
			to->err, ERR_FORMAT, "an event has field %u outside a part", field->tag);
	switch ((int)field->tag) {
	case EV_PART_TYPE:
		return read_clean(to, field, EVENT_WORD_MAX, &part->type);
	case EV_PART_NAME:
		return read_clean(to, field, EVENT_NAME_MAX, &part->name);
	case EV_PART_CHARSET:
		return read_clean(to, field, EVENT_WORD_MAX, &part->charset);
	case EV_PART_ENCODING:
		return read_clean(to, field, EVENT_WORD_MAX, &part->encoding);
	case EV_PART_SIZE:
		return field_u64(field, UINT64_MAX >> 1, &part->size, to->err);
	default: /* EV_PART_ATTACHMENT */
		part->attachment = true;
		return 0;
	}
}

/* One field. A table of tags, so it is long. */
static int
read_field(struct decoder *to, const struct frame_field *field)
{
	struct event *event = &to->event;
	unsigned class;

	switch ((int)field->tag) {
	case EV_AT:
		to->has_at = true;
		return read_time(to, field, &event->at);
	case EV_OFFSET:
		return read_offset(to, field);
	case EV_DATE:
		return read_time(to, field, &event->date);
	case EV_INTERNAL_DATE:
		return read_time(to, field, &event->internal_date);
	case EV_SIZE:
		return field_u64(field, UINT64_MAX >> 1, &event->size, to->err);
	case EV_MESSAGE_ID:
		return read_clean(to, field, EVENT_ID_MAX, &event->message_id);
	case EV_IN_REPLY_TO:
		return read_clean(to, field, EVENT_ID_MAX, &event->in_reply_to);
	case EV_REFERENCE:
		return read_clean(
			to, field, EVENT_ID_MAX, &event->references[event->reference_count++]);
	case EV_SUBJECT:
		return read_clean(to, field, EVENT_SUBJECT_MAX, &event->subject);
	case EV_PARTY:
		return open_party(to, field);
	case EV_PARTY_NAME:
	case EV_PARTY_EMAIL:
	case EV_PARTY_ADDRESS:
		return read_party(to, field);
	case EV_PARTY_TOTAL:
		return read_unsigned(to, field, 1u << 30, &event->party_total);
	case EV_PART:
		return open_part(to, field);
	case EV_PART_TYPE:
	case EV_PART_NAME:
	case EV_PART_CHARSET:
	case EV_PART_ENCODING:
	case EV_PART_SIZE:
	case EV_PART_ATTACHMENT:
		return read_part(to, field);
	case EV_TEXT_PART:
		return read_part_number(to, field, &event->text_part);
	case EV_FLAGS:
		return read_unsigned(to, field, FLAGS_ALL, &event->flags);
	case EV_CLASS:
		if (read_unsigned(to, field, CLASS_AUTOMATIC, &class) < 0)
			return -1;
		event->class = (enum event_class) class;
		return 0;
	case EV_CLASS_REASON:
		return read_clean(to, field, EVENT_WORD_MAX, &event->class_reason);
	case EV_LIST_ID:
		return read_clean(to, field, EVENT_ID_MAX, &event->list_id);
	case EV_SENSITIVITY:
		return read_clean(to, field, EVENT_WORD_MAX, &event->sensitivity);
	case EV_KEYWORDS:
		return read_clean(to, field, EVENT_KEYWORDS_MAX, &event->keywords);
	case EV_IDENTITY:
		return read_identity(to, field);
	case EV_HEADER:
		return open_header(to, field);
	case EV_HEADER_VALUE:
		return read_header_value(to, field);
	case EV_AUTHENTICATION:
		return open_authentication(to, field);
	case EV_AUTHENTICATION_VERDICT:
	case EV_AUTHENTICATION_WORDS:
		return read_authentication(to, field);
	default:
		return fail(to->err, ERR_FORMAT, "an event has an unknown field %u", field->tag);
	}
}

static int
check_whole(const struct decoder *to)
{
	const struct event *event = &to->event;

	if (!to->has_at || !to->has_identity)
		return fail(to->err, ERR_FORMAT, "an event lacks its time or its identity");
	for (unsigned i = 0; i < event->party_count; i++)
		if (event->parties[i].email == NULL)
			return fail(to->err, ERR_FORMAT, "an event's party has no email");
	for (unsigned i = 0; i < event->part_count; i++)
		if (event->parts[i].type == NULL)
			return fail(to->err, ERR_FORMAT, "an event's part has no type");
	return 0;
}

int
event_decode(const struct frame *frame, struct arena *arena, struct event *out, struct err *err)
{
	struct decoder to = { .arena = arena, .err = err };
	struct frame_field field;
	size_t cursor = 0;

	if (make_room(frame, &to) < 0)
		return -1;
	while (frame_field_next(frame, &cursor, &field, err) > 0)
		if (read_field(&to, &field) < 0)
			return -1;
	if (check_whole(&to) < 0)
		return -1;
	*out = to.event;
	return 0;
}
