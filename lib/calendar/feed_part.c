#include "feed_part.h"

#include <string.h>

void *
feed_grown(void *array, unsigned count, unsigned *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room == 0 ? 64 : *room * 2;
	return mem_resize(array, *room * size);
}

uint64_t
feed_name_hash(const char *name, size_t size)
{
	char folded[256];

	if (size > sizeof folded)
		return hash64(name, size);
	for (size_t i = 0; i < size; i++)
		folded[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	return hash64(folded, size);
}

void
feed_part_blame(struct feed_part *part, enum feed_fault fault, unsigned line)
{
	if (part->open.fault != FAULT_NONE)
		return;
	part->open.fault = fault;
	part->open.fault_line = line;
}

void
feed_part_digest(struct feed_part *part, const struct feed_line *line)
{
	text_add_n(&part->digested, line->text, line->length);
	text_add_char(&part->digested, '\n');
}

void
feed_part_begin(struct feed_part *part, const struct feed_line *line)
{
	part->open = (struct feed_component){ .calendar = part->scan->calendar_count - 1,
		.line = line->number,
		.first_range = part->scan->range_count,
		.first_name = part->scan->name_count };
	part->unusable = false;
	part->range_start = (uint32_t)line->offset;
	text_reset(&part->digested);
	feed_part_digest(part, line);
}

/* What lies between the last range and end becomes one. */
static void
end_range(struct feed_part *part, size_t end)
{
	struct feed_scan *scan = part->scan;
	uint32_t size = (uint32_t)(end - part->range_start);

	if (size == 0)
		return;
	scan->ranges = feed_grown(
		scan->ranges, scan->range_count, &scan->range_room, sizeof *scan->ranges);
	scan->ranges[scan->range_count++] = (struct feed_range){ part->range_start, size };
	part->open.size += size;
	part->open.range_count++;
}

void
feed_part_pass_over(struct feed_part *part, const struct feed_line *line)
{
	end_range(part, line->offset);
	part->range_start = (uint32_t)(line->offset + line->size);
}

static void
store_event(struct feed_part *part)
{
	struct feed_scan *scan = part->scan;

	scan->events = feed_grown(
		scan->events, scan->event_count, &scan->event_room, sizeof *scan->events);
	scan->events[scan->event_count++] = part->open;
}

static void
store_zone(struct feed_part *part)
{
	struct feed_scan *scan = part->scan;

	if (part->unusable || part->open.fault != FAULT_NONE ||
		scan->zone_count == FEED_ZONES_MAX) {
		scan->zones_dropped++;
		return;
	}
	scan->zones = feed_grown(
		scan->zones, scan->zone_count, &scan->zone_room, sizeof *scan->zones);
	scan->zones[scan->zone_count++] = part->open;
}

void
feed_part_end(struct feed_part *part, bool event, size_t end)
{
	end_range(part, end);
	sha256(part->digested.bytes, part->digested.size, part->open.digest);
	if (event)
		store_event(part);
	else
		store_zone(part);
}

size_t
feed_unescape(const char *text, size_t size, char *out)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (c == '\\' && i + 1 < size && strchr("\\,;nN", text[i + 1]) != NULL &&
			text[i + 1] != '\0') {
			c = text[++i];
			if (c == 'n' || c == 'N')
				c = ' ';
		}
		out[length++] = c;
	}
	return length;
}

static void
take_uid(struct feed_part *part, const struct feed_line *line)
{
	char unescaped[MEETING_UID_MAX];
	size_t size;
	const char *value = feed_line_value(line, &size);
	bool changed;

	if (part->open.uid != NULL || size == 0)
		return;
	if (size > sizeof unescaped) {
		feed_part_blame(part, FAULT_UID_LONG, line->number);
		size = sizeof unescaped;
	}
	size = feed_unescape(value, size, unescaped);
	part->open.uid = text_clean(part->arena, unescaped, size, MEETING_UID_MAX, false, &changed);
}

/* An event names few zones, so those it has named are looked through. */
static void
name_zone(struct feed_part *part, const struct feed_line *line)
{
	struct feed_scan *scan = part->scan;
	struct feed_component *open = &part->open;
	const char *zone;
	uint64_t hash;
	size_t size;

	if (!feed_line_zone(line, &zone, &size))
		return;
	hash = feed_name_hash(zone, size);
	for (unsigned i = 0; i < open->name_count; i++)
		if (scan->names[open->first_name + i] == hash)
			return;
	if (open->name_count == FEED_ZONES_NAMED_MAX) {
		feed_part_blame(part, FAULT_ZONES, line->number);
		return;
	}
	scan->names = feed_grown(
		scan->names, scan->name_count, &scan->name_room, sizeof *scan->names);
	scan->names[scan->name_count++] = hash;
	open->name_count++;
}

void
feed_part_event_line(struct feed_part *part, const struct feed_line *line, bool direct)
{
	bool attached = feed_line_is(line, "ATTACH") && line->size > FEED_LINE_MAX;

	if (attached) {
		part->scan->attachments++;
		feed_part_pass_over(part, line);
		return;
	}
	if (line->longest > FEED_LINE_MAX)
		feed_part_blame(part, FAULT_LINE_LONG, line->number);
	if (direct && feed_line_is(line, "UID"))
		take_uid(part, line);
	if (line->text[line->name] == ';')
		name_zone(part, line);
	if (!feed_line_is(line, "DTSTAMP"))
		feed_part_digest(part, line);
}

void
feed_part_zone_line(struct feed_part *part, const struct feed_line *line, bool direct)
{
	char unescaped[MEETING_ZONE_MAX];
	size_t size;
	const char *value;

	if (line->longest > FEED_LINE_MAX)
		part->unusable = true;
	if (direct && part->open.zone == 0 && feed_line_is(line, "TZID")) {
		value = feed_line_value(line, &size);
		if (size <= sizeof unescaped) { /* as a parameter it is not escaped */
			size = feed_unescape(value, size, unescaped);
			value = unescaped;
		}
		part->open.zone = feed_name_hash(value, size);
	}
	feed_part_digest(part, line);
}
