#include "event.h"

#include <libical/ical.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REMARK_MAX = 300 };

void
event_clear(struct calendar_event *event)
{
	text_clear(&event->remark);
}

void
event_remark(struct calendar_event *event, const char *format, ...)
{
	char line[200];
	va_list list;

	if (event->remark.size > REMARK_MAX)
		return;
	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	text_printf(&event->remark, "%s%.*s", event->remark.size == 0 ? "" : "; ",
		(int)text_cut(line, strlen(line), sizeof line), line);
}

/* Which of ours libical's property is. */
static enum field
field_of(icalproperty *found)
{
	const char *name;

	switch ((int)icalproperty_isa(found)) { /* libical knows a hundred more */
	case ICAL_SUMMARY_PROPERTY:
		return FIELD_SUMMARY;
	case ICAL_LOCATION_PROPERTY:
		return FIELD_LOCATION;
	case ICAL_DESCRIPTION_PROPERTY:
		return FIELD_DESCRIPTION;
	case ICAL_ORGANIZER_PROPERTY:
		return FIELD_ORGANIZER;
	case ICAL_ATTENDEE_PROPERTY:
		return FIELD_ATTENDEE;
	case ICAL_X_PROPERTY:
		name = icalproperty_get_x_name(found);
		return name == NULL || strncmp(name, "X-", 2) != 0
			       ? FIELD_COUNT
			       : field_find(name + 2, strlen(name + 2));
	default:
		return FIELD_COUNT;
	}
}

static const char *
value_of(icalproperty *found)
{
	icalvalue *value = icalproperty_get_value(found);

	switch (value == NULL ? 0 : (int)icalvalue_isa(value)) {
	case ICAL_TEXT_VALUE:
		return icalvalue_get_text(value);
	case ICAL_X_VALUE:
		return icalvalue_get_x(value);
	case ICAL_CALADDRESS_VALUE:
		return icalvalue_get_caladdress(value);
	default:
		return NULL;
	}
}

/* A copy in the arena; libical's own is freed at once. */
static const char *
parameter_of(icalproperty *found, const char *name, struct arena *arena)
{
	char *value = icalproperty_get_parameter_as_string_r(found, name);
	const char *copy = value == NULL ? NULL : arena_text(arena, value);

	icalmemory_free_buffer(value);
	return copy;
}

static void
read_parameters(icalproperty *found, struct arena *arena, struct property *out)
{
	switch ((int)out->field) { /* most have none that is read */
	case FIELD_DTSTART:
	case FIELD_DTEND:
	case FIELD_RDATE:
	case FIELD_EXDATE:
		out->tzid = parameter_of(found, "TZID", arena);
		break;
	case FIELD_RECURRENCE_ID:
		out->tzid = parameter_of(found, "TZID", arena);
		out->range = parameter_of(found, "RANGE", arena);
		break;
	case FIELD_ORGANIZER:
	case FIELD_ATTENDEE:
		out->party.cn = parameter_of(found, "CN", arena);
		out->party.email = parameter_of(found, "EMAIL", arena);
		out->party.partstat = parameter_of(found, "PARTSTAT", arena);
		out->party.cutype = parameter_of(found, "CUTYPE", arena);
		break;
	default:
		break;
	}
}

static int
take_property(const struct places *places, icalproperty *found, struct calendar_event *event,
	struct err *err)
{
	struct property property = { .field = field_of(found), .value = value_of(found) };

	if (property.field == FIELD_COUNT || property.value == NULL) {
		event->refused++;
		return 0;
	}
	read_parameters(found, places->arena, &property);
	return event_take(places, &property, event, err);
}

/* All of one kind: the organizer, who must not fall behind a limit, or all others. */
static int
take_properties(const struct places *places, icalcomponent *component, bool organizer,
	struct calendar_event *event, struct err *err)
{
	icalproperty *found = icalcomponent_get_first_property(component, ICAL_ANY_PROPERTY);

	for (; found != NULL;
		found = icalcomponent_get_next_property(component, ICAL_ANY_PROPERTY)) {
		if ((icalproperty_isa(found) == ICAL_ORGANIZER_PROPERTY) != organizer)
			continue;
		if (take_property(places, found, event, err) < 0)
			return -1;
	}
	return 0;
}

static int
take_all(const struct places *places, icalcomponent *component, struct calendar_event *event,
	struct err *err)
{
	if (take_properties(places, component, true, event, err) < 0 ||
		take_properties(places, component, false, event, err) < 0)
		return -1;
	return event_settle(places, event, err);
}

int
event_read(const struct places *places, const struct content_event *content,
	struct calendar_event *out, struct err *err)
{
	icalcomponent *component;
	int r;

	*out = (struct calendar_event){ .content = content, .refused = content->refused };
	icalerror_set_errors_are_fatal(0);
	component = icalparser_parse_string(content->text);
	if (component == NULL || icalcomponent_isa(component) != ICAL_VEVENT_COMPONENT)
		r = fail(err, ERR_USAGE, "libical cannot read the event");
	else
		r = take_all(places, component, out, err);
	if (component != NULL)
		icalcomponent_free(component);
	icalmemory_free_ring();
	return r;
}
