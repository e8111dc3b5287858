#include <string.h>

#include "liaison/base/clock.h"

#include "bounded.h"
#include "meeting_field.h"

enum { FLAGS_ALL = (MEETING_UNREADABLE << 1) - 1, DAY = 24 * 60 * 60 };

static const char WHAT[] = "a meeting";

struct decoder {
	struct arena *arena;
	struct meeting meeting;
	struct event_party *party; /* the group that is open */
	struct err *err;
};

static int
make_room(const struct frame *frame, struct decoder *to)
{
	struct meeting *meeting = &to->meeting;
	struct bounded_group groups[] = {
		{ MT_PARTY, MEETING_PARTIES_MAX, "parties", 0 },
		{ MT_OCCURRENCE, MEETING_OCCURRENCES_MAX, "occurrences", 0 },
	};

	if (bounded_count(frame, groups, 2, WHAT, to->err) < 0)
		return -1;
	meeting->parties = arena_array(to->arena, groups[0].count, sizeof *meeting->parties);
	meeting->responses = arena_array(to->arena, groups[0].count, sizeof *meeting->responses);
	meeting->occurrences = arena_array(
		to->arena, groups[1].count, sizeof *meeting->occurrences);
	return 0;
}

static int
read_clean(struct decoder *to, const struct frame_field *field, size_t max, const char **out)
{
	return bounded_read(field, to->arena, max, false, WHAT, out, to->err);
}

static int
read_within(
	struct decoder *to, const struct frame_field *field, int64_t min, int64_t max, int64_t *out)
{
	int64_t value;

	if (field_i64(field, &value, to->err) < 0)
		return -1;
	if (value < min || value > max)
		return fail(
			to->err, ERR_FORMAT, "field %u of %s is out of range", field->tag, WHAT);
	*out = value;
	return 0;
}

static int
read_number(struct decoder *to, const struct frame_field *field, int64_t max, unsigned *out)
{
	int64_t value = 0;

	if (read_within(to, field, 0, max, &value) < 0)
		return -1;
	*out = (unsigned)value;
	return 0;
}

static int
read_form(struct decoder *to, const struct frame_field *field)
{
	unsigned form;

	if (read_number(to, field, RECURRENCE_LOCAL, &form) < 0)
		return -1;
	to->meeting.form = (enum recurrence_form)form;
	return 0;
}

static int
read_status(struct decoder *to, const struct frame_field *field)
{
	unsigned status;

	if (read_number(to, field, MEETING_CANCELLED, &status) < 0)
		return -1;
	to->meeting.status = (enum meeting_status)status;
	return 0;
}

static int
open_party(struct decoder *to, const struct frame_field *field)
{
	uint64_t role;

	if (field_u64(field, PARTY_MENTIONED, &role, to->err) < 0)
		return -1;
	if (role < PARTY_ORGANIZER)
		return fail(to->err, ERR_FORMAT, "a party of %s has no role there", WHAT);
	to->party = &to->meeting.parties[to->meeting.party_count++];
	to->party->role = (enum party_role)role;
	return 0;
}

static int
read_address(struct decoder *to, const struct frame_field *field)
{
	struct event_party *party = to->party;

	if (read_clean(to, field, EVENT_EMAIL_MAX, &party->address) < 0)
		return -1;
	if (strchr(party->address, '@') == NULL)
		return fail(to->err, ERR_FORMAT, "an address of %s has no '@'", WHAT);
	return 0;
}

static int
read_response(struct decoder *to, const struct frame_field *field)
{
	unsigned response;

	if (read_number(to, field, RESPONSE_DELEGATED, &response) < 0)
		return -1;
	to->meeting.responses[to->meeting.party_count - 1] = (uint8_t)response;
	return 0;
}

static int
read_party(struct decoder *to, const struct frame_field *field)
{
	if (to->party == NULL)
		return fail(
			to->err, ERR_FORMAT, "%s has field %u outside a party", WHAT, field->tag);
	switch ((int)field->tag) {
	case MT_PARTY_NAME:
		return read_clean(to, field, EVENT_NAME_MAX, &to->party->name);
	case MT_PARTY_EMAIL:
		return read_clean(to, field, EVENT_EMAIL_MAX, &to->party->email);
	case MT_PARTY_ADDRESS:
		return read_address(to, field);
	default: /* MT_PARTY_RESPONSE */
		return read_response(to, field);
	}
}

static bool
is_time(int64_t time)
{
	return time >= TIME_MIN && time <= TIME_MAX;
}

static int
read_occurrence(struct decoder *to, const struct frame_field *field)
{
	struct meeting *meeting = &to->meeting;
	struct packed_occurrence one;

	if (field->size != sizeof one)
		return fail(to->err, ERR_FORMAT, "an occurrence of %s is none", WHAT);
	memcpy(&one, field->bytes, sizeof one);
	if (!is_time(one.recurrence) || !is_time(one.start) || !is_time(one.end))
		return fail(to->err, ERR_FORMAT, "an occurrence of %s is out of range", WHAT);
	if (one.end < one.start)
		return fail(to->err, ERR_FORMAT, "an occurrence of %s ends before it starts", WHAT);
	if (one.offset_min <= -24 * 60 || one.offset_min >= 24 * 60)
		return fail(to->err, ERR_FORMAT, "the offset of an occurrence of %s is none", WHAT);
	meeting->occurrences[meeting->occurrence_count++] = (struct occurrence){ one.recurrence,
		one.start, one.end, (int)one.offset_min };
	return 0;
}

/* One field. A table of tags, so it is long. */
static int
read_field(struct decoder *to, const struct frame_field *field)
{
	struct meeting *meeting = &to->meeting;

	switch ((int)field->tag) {
	case MT_UID:
		return read_clean(to, field, MEETING_UID_MAX, &meeting->uid);
	case MT_FORM:
		return read_form(to, field);
	case MT_OVERRIDE:
		meeting->override = true;
		return 0;
	case MT_SEQUENCE:
		return read_within(to, field, 0, INT64_MAX, &meeting->sequence);
	case MT_STAMP:
		return read_within(to, field, TIME_MIN, TIME_MAX, &meeting->stamp);
	case MT_MODIFIED:
		return read_within(to, field, TIME_MIN, TIME_MAX, &meeting->modified);
	case MT_STATUS:
		return read_status(to, field);
	case MT_SENSITIVITY:
		return read_clean(to, field, EVENT_WORD_MAX, &meeting->sensitivity);
	case MT_SUMMARY:
		return read_clean(to, field, EVENT_SUBJECT_MAX, &meeting->summary);
	case MT_LOCATION:
		return read_clean(to, field, MEETING_LOCATION_MAX, &meeting->location);
	case MT_TEXT:
		return bounded_read(
			field, to->arena, MEETING_TEXT_MAX, true, WHAT, &meeting->text, to->err);
	case MT_ZONE:
		return read_clean(to, field, MEETING_ZONE_MAX, &meeting->zone);
	case MT_REMARK:
		return read_clean(to, field, MEETING_REMARK_MAX, &meeting->remark);
	case MT_FLAGS:
		return read_number(to, field, FLAGS_ALL, &meeting->flags);
	case MT_PARTY:
		return open_party(to, field);
	case MT_PARTY_NAME:
	case MT_PARTY_EMAIL:
	case MT_PARTY_ADDRESS:
	case MT_PARTY_RESPONSE:
		return read_party(to, field);
	case MT_PARTY_TOTAL:
		return read_number(to, field, 1 << 30, &meeting->party_total);
	case MT_OCCURRENCE:
		return read_occurrence(to, field);
	case TAG_LAST:
		return 0;
	default:
		return fail(to->err, ERR_FORMAT, "%s has an unknown field %u", WHAT, field->tag);
	}
}

/* Each occurrence has a name of its own, in the form of all of them. */
static int
check_names(const struct decoder *to)
{
	const struct meeting *meeting = &to->meeting;
	const struct occurrence *all = meeting->occurrences;
	unsigned count = meeting->occurrence_count;

	if (meeting->form == RECURRENCE_SINGLE &&
		(count > 1 || (count == 1 && all[0].recurrence != 0)))
		return fail(to->err, ERR_FORMAT, "%s that does not recur has recurrences", WHAT);
	for (unsigned i = 0; i < count; i++) {
		if (meeting->form == RECURRENCE_DATE && all[i].recurrence % DAY != 0)
			return fail(to->err, ERR_FORMAT, "a recurrence of %s is no date", WHAT);
		if (i > 0 && all[i].recurrence <= all[i - 1].recurrence)
			return fail(to->err, ERR_FORMAT, "recurrences of %s do not ascend", WHAT);
	}
	return 0;
}

static int
check_whole(const struct decoder *to)
{
	const struct meeting *meeting = &to->meeting;

	if (meeting->uid == NULL || meeting->uid[0] == '\0')
		return fail(to->err, ERR_FORMAT, "%s has no UID", WHAT);
	for (unsigned i = 0; i < meeting->party_count; i++)
		if (meeting->parties[i].email == NULL)
			return fail(to->err, ERR_FORMAT, "a party of %s has no email", WHAT);
	if (meeting->party_total < meeting->party_count)
		return fail(to->err, ERR_FORMAT, "%s has more parties than it had", WHAT);
	return check_names(to);
}

int
meeting_decode(const struct frame *frame, struct arena *arena, struct meeting *out, struct err *err)
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
	*out = to.meeting;
	return 0;
}
