#include "event.h"

#include <string.h>

#include "liaison/base/text.h"

/* DTEND as the span from the start: whole days for days, exact time for times (RFC 5545 3.8.5.3). */
static struct span
span_to(const struct calendar_event *event)
{
	const struct moment *start = &event->start;
	struct moment end = event->end;
	int64_t day = day_of(end.wall);

	if (start->form == MOMENT_DATE) {
		if (day != end.wall)
			day += DAY; /* a time that ends a whole day */
		return (struct span){ (day - start->wall) / DAY, 0 };
	}
	if (end.form == MOMENT_DATE || end.floating || end.unknown != NULL)
		end.zone = start->zone;
	return (struct span){ 0, moment_time(&end, NULL) - moment_time(start, NULL) };
}

/* RFC 5545 section 3.6.1: a whole day lasts one at least, of a time nothing is known but its start. */
static struct span
least_span(const struct calendar_event *event)
{
	return (struct span){ event->start.form == MOMENT_DATE ? 1 : 0, 0 };
}

static void
settle_end(struct calendar_event *event)
{
	struct span *span = &event->span;

	if (event->has_end)
		*span = span_to(event);
	if (event->start.form == MOMENT_DATE)
		*span = (struct span){ span->days + span->seconds / DAY, 0 };
	if (!event->has_end && !event->has_span)
		event->flags |= MEETING_END_MISSING;
	if (span->days < 0 || span->seconds < 0)
		event->flags |= MEETING_END_BEFORE_START;
	if (span->days < 0 || span->seconds < 0 || (span->days == 0 && span->seconds == 0))
		*span = least_span(event);
}

/* An override may leave out when it is: then it is when it was. */
static int
settle_start(struct calendar_event *event, struct err *err)
{
	if (event->has_start)
		return 0;
	if (event->start_fault != NULL)
		return fail(err, ERR_USAGE, "DTSTART: %s", event->start_fault);
	if (!event->override)
		return fail(err, ERR_USAGE, "the event has no DTSTART");
	event->start = event->recurrence;
	return 0;
}

static void
settle_zone(const struct places *places, struct calendar_event *event)
{
	const struct moment *start = &event->start;
	const char *unknown = start->unknown;

	if (start->form == MOMENT_DATE)
		event->flags |= MEETING_ALL_DAY;
	if (start->floating)
		event->flags |= MEETING_FLOATING;
	if (unknown == NULL && event->has_end && start->form != MOMENT_DATE)
		unknown = event->end.unknown;
	if (unknown == NULL)
		return;
	event_remark(event, "nobody knows the time zone '%s'",
		text_escape(places->arena, unknown, strlen(unknown), 60));
	if (start->unknown != NULL)
		event->flags |= MEETING_ZONE_UNKNOWN;
}

static void
settle_parties(struct calendar_event *event)
{
	unsigned looked_at = event->content->attendees;

	if (looked_at > CONTENT_ATTENDEES_MAX)
		event->parties.total += looked_at - CONTENT_ATTENDEES_MAX;
	if (event->parties.cleaned || event->content->cleaned)
		event->flags |= MEETING_CLEANED;
	if (event->location == NULL)
		event->location = event->rooms;
}

int
event_settle(const struct places *places, struct calendar_event *event, struct err *err)
{
	if (settle_start(event, err) < 0)
		return -1;
	settle_end(event);
	settle_zone(places, event);
	settle_parties(event);
	if (event->refused > 0)
		event_remark(event, "%u of its lines cannot be read and are passed over",
			event->refused);
	return 0;
}
