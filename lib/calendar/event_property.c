#include "event.h"

#include <string.h>

#include "liaison/base/text.h"

enum {
	RULES_MAX = 20,
	DATES_MAX = 20000, /* of RDATE and EXDATE, each */
	SEQUENCE_MAX = INT32_MAX,
};

/* Appends one to an array of the arena that doubles at powers of two. */
static void *
appended(struct arena *arena, void *array, unsigned count, size_t size)
{
	void *more;

	if (count > 0 && (count & (count - 1)) != 0)
		return array;
	more = arena_array(arena, count == 0 ? 1 : count * 2, size);
	if (count > 0)
		memcpy(more, array, count * size);
	return more;
}

/* A start that cannot be read is told at the end, when it is known of what it is. */
static void
take_start(
	const struct places *places, const struct property *property, struct calendar_event *event)
{
	struct err err;

	if (event->has_start)
		return;
	if (moment_read(places, property->value, strlen(property->value), property->tzid,
		    &event->start, &err) == 0)
		event->has_start = true;
	else
		event->start_fault = arena_text(places->arena, err.message);
}

static int
take_recurrence(const struct places *places, const struct property *property,
	struct calendar_event *event, struct err *err)
{
	struct err why;

	if (event->override)
		return 0;
	event->override = true;
	event->future = text_equal_nocase(property->range, "THISANDFUTURE");
	if (property->range != NULL && !event->future)
		event_remark(event, "RANGE other than THISANDFUTURE is passed over");
	if (moment_read(places, property->value, strlen(property->value), property->tzid,
		    &event->recurrence, &why) < 0)
		return fail(err, ERR_USAGE, "RECURRENCE-ID: %s", why.message);
	event->placed = true;
	return 0;
}

static void
take_rule(
	const struct places *places, const struct property *property, struct calendar_event *event)
{
	if (event->rule_count == RULES_MAX) {
		event->flags |= MEETING_CUT | MEETING_INCOMPLETE;
		return;
	}
	event->rules = appended(
		places->arena, event->rules, event->rule_count, sizeof *event->rules);
	event->rules[event->rule_count++] = text_trim(
		places->arena, property->value, strlen(property->value));
}

/* One of a list: a time, or a PERIOD, that is a start and an end or a duration. */
static int
read_addition(const struct places *places, const char *at, size_t size, const char *tzid,
	struct addition *out, struct err *err)
{
	const char *slash = memchr(at, '/', size);
	const char *rest = slash == NULL ? at + size : slash + 1;
	size_t left = size - (size_t)(rest - at);
	struct moment end;

	*out = (struct addition){ .has_span = slash != NULL };
	if (moment_read(places, at, size - left - (slash != NULL), tzid, &out->start, err) < 0)
		return -1;
	if (slash == NULL)
		return 0;
	if (left > 0 && (*rest == 'P' || *rest == '+' || *rest == '-'))
		return span_read(rest, left, &out->span, err);
	if (moment_read(places, rest, left, tzid, &end, err) < 0)
		return -1;
	out->span.seconds = moment_time(&end, NULL) - moment_time(&out->start, NULL);
	if (out->span.seconds > (int64_t)SPAN_DAYS_MAX * DAY)
		return fail(err, ERR_USAGE, "a period is over %d days long", SPAN_DAYS_MAX);
	return 0;
}

static void
append_date(const struct places *places, enum field field, const struct addition *date,
	struct calendar_event *event)
{
	if (field == FIELD_RDATE) {
		event->added = appended(
			places->arena, event->added, event->added_count, sizeof *event->added);
		event->added[event->added_count++] = *date;
	} else {
		event->removed = appended(places->arena, event->removed, event->removed_count,
			sizeof *event->removed);
		event->removed[event->removed_count++] = date->start;
	}
}

static void
pass_over_date(const struct property *property, const char *why, struct calendar_event *event)
{
	event_remark(event, "%s is passed over: %s", field_name(property->field), why);
	if (property->field == FIELD_RDATE)
		event->flags |= MEETING_INCOMPLETE;
}

static void
take_dates(
	const struct places *places, const struct property *property, struct calendar_event *event)
{
	const char *at = property->value;

	while (*at != '\0') {
		size_t size = strcspn(at, ",");
		struct addition date;
		struct err err;

		if (event->added_count >= DATES_MAX || event->removed_count >= DATES_MAX) {
			event->flags |= MEETING_CUT | MEETING_INCOMPLETE;
			return;
		}
		if (read_addition(places, at, size, property->tzid, &date, &err) == 0)
			append_date(places, property->field, &date, event);
		else
			pass_over_date(property, err.message, event);
		at += size + (at[size] == ',');
	}
}

/* A stamp is UTC; one that is not, or is insane, is none. */
static int64_t
stamp_of(const struct places *places, const char *value)
{
	struct moment moment;
	struct err err;

	if (moment_read(places, value, strlen(value), NULL, &moment, &err) < 0)
		return 0;
	return moment.wall < 0 ? 0 : moment.wall;
}

static void
take_sequence(const struct places *places, const char *value, struct calendar_event *event)
{
	int64_t number;

	if (text_to_int64(text_trim(places->arena, value, strlen(value)), &number) == 0 &&
		number >= 0 && number <= SEQUENCE_MAX)
		event->sequence = number;
	else
		event_remark(event, "SEQUENCE is no number from 0 to %d", SEQUENCE_MAX);
}

static void
take_status(const char *word, struct calendar_event *event)
{
	if (text_equal_nocase(word, "CANCELLED") || text_equal_nocase(word, "CANCELED"))
		event->status = MEETING_CANCELLED;
	else if (text_equal_nocase(word, "TENTATIVE"))
		event->status = MEETING_TENTATIVE;
	else if (text_equal_nocase(word, "CONFIRMED"))
		event->status = MEETING_CONFIRMED;
}

/* RFC 5545 section 3.8.1.3: what is not known is treated as private. */
static void
take_class(const char *word, struct calendar_event *event)
{
	if (text_equal_nocase(word, "CONFIDENTIAL"))
		event->sensitivity = "confidential";
	else if (!text_equal_nocase(word, "PUBLIC"))
		event->sensitivity = "private";
}

static const char *
clean(const struct places *places, const char *value, size_t max, bool lines,
	struct calendar_event *event)
{
	size_t size = strlen(value);
	bool changed = false;
	char *text = text_clean(places->arena, value, size, max, lines, &changed);

	if (changed && size <= max)
		event->flags |= MEETING_CLEANED;
	if (size > max)
		event->flags |= MEETING_CUT;
	return text[0] == '\0' ? NULL : text;
}

static void
take_attendee(
	const struct places *places, const struct property *property, struct calendar_event *event)
{
	const char *name;

	if (!party_is_place(&property->party)) {
		party_add(&event->parties, places->arena, PARTY_ATTENDEE, property->value,
			&property->party);
		return;
	}
	name = party_place_name(places->arena, &property->party, &event->parties.cleaned);
	if (name == NULL)
		return;
	if (event->rooms == NULL)
		event->rooms = name;
	else if (strlen(event->rooms) + strlen(name) + 2 <= MEETING_LOCATION_MAX)
		event->rooms = arena_printf(places->arena, "%s, %s", event->rooms, name);
}

static void
take_end(const struct places *places, const struct property *property, struct calendar_event *event)
{
	struct err err;
	int r;

	if (event->has_end || event->has_span)
		return;
	if (property->field == FIELD_DTEND) {
		r = moment_read(places, property->value, strlen(property->value), property->tzid,
			&event->end, &err);
		event->has_end = r == 0;
	} else {
		r = span_read(property->value, strlen(property->value), &event->span, &err);
		event->has_span = r == 0;
	}
	if (r < 0)
		event_remark(event, "%s: %s", field_name(property->field), err.message);
}

/* Long because it is a table of what is read. */
int
event_take(const struct places *places, const struct property *property,
	struct calendar_event *event, struct err *err)
{
	const char *value = property->value;

	switch (property->field) {
	case FIELD_DTSTART:
		take_start(places, property, event);
		return 0;
	case FIELD_RECURRENCE_ID:
		return take_recurrence(places, property, event, err);
	case FIELD_DTEND:
	case FIELD_DURATION:
		take_end(places, property, event);
		return 0;
	case FIELD_RRULE:
		take_rule(places, property, event);
		return 0;
	case FIELD_EXRULE:
		event_remark(event, "EXRULE is passed over (RFC 5545 has it no more)");
		return 0;
	case FIELD_RDATE:
	case FIELD_EXDATE:
		take_dates(places, property, event);
		return 0;
	case FIELD_SEQUENCE:
		take_sequence(places, value, event);
		return 0;
	case FIELD_DTSTAMP:
		event->stamp = stamp_of(places, value);
		return 0;
	case FIELD_LAST_MODIFIED:
		event->modified = stamp_of(places, value);
		return 0;
	case FIELD_STATUS:
		take_status(value, event);
		return 0;
	case FIELD_CLASS:
		take_class(value, event);
		return 0;
	case FIELD_TRANSP:
		if (text_equal_nocase(value, "TRANSPARENT"))
			event->flags |= MEETING_TRANSPARENT;
		return 0;
	case FIELD_SUMMARY:
		event->summary = clean(places, value, EVENT_SUBJECT_MAX, false, event);
		return 0;
	case FIELD_LOCATION:
		event->location = clean(places, value, MEETING_LOCATION_MAX, false, event);
		return 0;
	case FIELD_DESCRIPTION:
		event->text = clean(places, value, MEETING_TEXT_MAX, true, event);
		return 0;
	case FIELD_ORGANIZER:
		party_add(&event->parties, places->arena, PARTY_ORGANIZER, value, &property->party);
		return 0;
	case FIELD_ATTENDEE:
		take_attendee(places, property, event);
		return 0;
	case FIELD_COUNT:
		break;
	}
	return 0;
}
