/* VTIMEZONE (RFC 5545 3.6.5): when each of its observances begins, in one list. */
#include "recurrence.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rule.h"
#include "timezone_private.h"

enum {
	OBSERVANCES_MAX = 100,
	RDATES_MAX = 200, /* of the whole component */
	RULES_MAX = 10, /* of one observance */
	ONSETS_MAX = 2000, /* of one observance */
	TZID_MAX = 255,
	SIZE_MAX_BYTES = 256 * 1024,
};

struct observance {
	bool has_start, has_from, has_to;
	int64_t start; /* wall clock by the offset before */
	int32_t from, to;
	const char *rules[RULES_MAX];
	unsigned rule_count;
	int64_t added[RDATES_MAX];
	unsigned added_count;
};

struct reading {
	struct arena *arena;
	struct err *err;
	const char *tzid;
	unsigned depth; /* 1: in VTIMEZONE, 2: in an observance, 3: in something unknown */
	bool ended, has_observance;
	struct observance current;
	unsigned observance_count, added_count;
	struct timezone_change *changes;
	size_t change_count, room;
	int64_t first_time; /* of the earliest change, and the offset before it */
	int32_t first;
};

static int
refuse(struct reading *reading, const char *why)
{
	return fail(reading->err, ERR_USAGE, "the time zone definition %s", why);
}

static int
read_digits(const char *at, int count, int *out)
{
	*out = 0;
	for (int i = 0; i < count; i++) {
		if (at[i] < '0' || at[i] > '9')
			return -1;
		*out = *out * 10 + (at[i] - '0');
	}
	return 0;
}

/* +HHMM or +HHMMSS */
static int
read_offset(const char *value, int32_t *out)
{
	size_t length = strlen(value);
	int hours, minutes, seconds = 0;

	if ((length != 5 && length != 7) || (*value != '+' && *value != '-'))
		return -1;
	if (read_digits(value + 1, 2, &hours) < 0 || read_digits(value + 3, 2, &minutes) < 0 ||
		(length == 7 && read_digits(value + 5, 2, &seconds) < 0))
		return -1;
	if (hours > 23 || minutes > 59 || seconds > 59)
		return -1;
	*out = (*value == '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
	return 0;
}

/* 20261025T030000; what follows a "/" (a PERIOD's end) and a "Z" is of no use to an onset. */
static int
read_moment(const char *value, int64_t *out)
{
	struct civil civil = { 0 }, real;

	if (strlen(value) < 8 || read_digits(value, 4, &civil.year) < 0 ||
		read_digits(value + 4, 2, &civil.month) < 0 ||
		read_digits(value + 6, 2, &civil.day) < 0)
		return -1;
	value += 8;
	if (*value == 'T' || *value == 't') {
		if (read_digits(value + 1, 2, &civil.hour) < 0 ||
			read_digits(value + 3, 2, &civil.minute) < 0 ||
			read_digits(value + 5, 2, &civil.second) < 0)
			return -1;
		value += 7;
	}
	if (*value == 'Z' || *value == 'z')
		value++;
	if (*value != '\0' && *value != '/')
		return -1;
	real = civil; /* the same day of a year that civil_valid knows */
	real.year += real.year < 1900 ? 400 : 0;
	if (civil.year < 1600 || civil.year > RULE_LAST_YEAR || !civil_valid(&real))
		return -1;
	*out = civil_to_time(&civil);
	return 0;
}

static int
read_added(struct reading *reading, char *value)
{
	struct observance *current = &reading->current;

	for (char *end; value != NULL; value = end) {
		end = strchr(value, ',');
		if (end != NULL)
			*end++ = '\0';
		if (++reading->added_count > RDATES_MAX)
			return refuse(reading, "has more than 200 RDATEs");
		if (read_moment(value, &current->added[current->added_count++]) < 0)
			return refuse(reading, "has an RDATE that is no time");
	}
	return 0;
}

static int
read_rule(struct reading *reading, const char *value)
{
	struct rule rule;

	if (reading->current.rule_count == RULES_MAX)
		return refuse(reading, "has more than 10 rules in one observance");
	if (rule_parse(value, &rule, reading->err) < 0)
		return -1;
	if (rule.frequency != YEARLY)
		return refuse(reading, "has a rule that is not YEARLY");
	reading->current.rules[reading->current.rule_count++] = value;
	return 0;
}

static void
add_change(struct reading *reading, int64_t time, const struct observance *observance)
{
	struct timezone_change *larger;

	if (reading->change_count == reading->room) {
		reading->room = reading->room > 0 ? 2 * reading->room : 512;
		larger = arena_array(reading->arena, reading->room, sizeof *larger);
		if (reading->change_count > 0)
			memcpy(larger, reading->changes, reading->change_count * sizeof *larger);
		reading->changes = larger;
	}
	if (reading->change_count == 0 || time < reading->first_time) {
		reading->first_time = time;
		reading->first = observance->from;
	}
	reading->changes[reading->change_count++] = (struct timezone_change){ time,
		observance->to };
}

/* Onsets are wall clock by the offset that ends, which is a zone of one offset. */
static int
add_observance(struct reading *reading)
{
	struct observance *current = &reading->current;
	struct timezone fixed = { .name = "", .first = current->from };
	struct recurrence set = { .start = current->start,
		.zone = &fixed,
		.rules = current->rules,
		.rule_count = current->rule_count,
		.added = current->added,
		.added_count = current->added_count };
	int64_t *onsets;
	unsigned count;
	bool more, cut;

	if (!current->has_start || !current->has_from || !current->has_to)
		return refuse(
			reading, "has an observance without DTSTART, TZOFFSETFROM or TZOFFSETTO");
	if (++reading->observance_count > OBSERVANCES_MAX)
		return refuse(reading, "has more than 100 observances");
	if (recurrence_expand(&set, TIME_MIN, TIME_MAX, ONSETS_MAX, reading->arena, &onsets, &count,
		    &more, &cut, reading->err) < 0)
		return -1;
	if (cut)
		return refuse(reading, "has an observance that begins more than 2000 times");
	if (current->start - current->from < TIME_MIN) /* Outlook's are of 1601 */
		add_change(reading, current->start - current->from, current);
	for (unsigned i = 0; i < count; i++)
		add_change(reading, onsets[i], current);
	return 0;
}

static int
begin(struct reading *reading, const char *what)
{
	bool observance = strcasecmp(what, "STANDARD") == 0 || strcasecmp(what, "DAYLIGHT") == 0;

	if (reading->ended || (reading->depth == 0) != (strcasecmp(what, "VTIMEZONE") == 0))
		return refuse(reading, "is not one VTIMEZONE");
	if (reading->depth >= 2 || (reading->depth == 1 && !observance))
		return refuse(reading, "has components that do not belong there");
	reading->depth++;
	memset(&reading->current, 0, sizeof reading->current);
	return 0;
}

static int
end(struct reading *reading)
{
	if (reading->depth == 0)
		return refuse(reading, "is not one VTIMEZONE");
	reading->depth--;
	if (reading->depth == 1)
		return add_observance(reading);
	reading->ended = true;
	return 0;
}

static int
read_observed(struct reading *reading, const char *name, char *value)
{
	struct observance *current = &reading->current;

	if (strcasecmp(name, "DTSTART") == 0) {
		current->has_start = read_moment(value, &current->start) == 0;
		return current->has_start ? 0 : refuse(reading, "has a DTSTART that is no time");
	}
	if (strcasecmp(name, "TZOFFSETFROM") == 0) {
		current->has_from = read_offset(value, &current->from) == 0;
		return current->has_from ? 0 : refuse(reading, "has a TZOFFSETFROM that is none");
	}
	if (strcasecmp(name, "TZOFFSETTO") == 0) {
		current->has_to = read_offset(value, &current->to) == 0;
		return current->has_to ? 0 : refuse(reading, "has a TZOFFSETTO that is none");
	}
	if (strcasecmp(name, "RRULE") == 0)
		return read_rule(reading, value);
	if (strcasecmp(name, "RDATE") == 0)
		return read_added(reading, value);
	return 0;
}

/* line is one content line, unfolded: NAME;PARAMETER="…":VALUE */
static int
read_line(struct reading *reading, char *line)
{
	char *value = line;
	bool quoted = false;

	for (; *value != '\0' && (quoted || *value != ':'); value++)
		quoted ^= *value == '"';
	if (*value == '\0')
		return *line == '\0' ? 0 : refuse(reading, "has a line that is no NAME:VALUE");
	*value++ = '\0';
	line[strcspn(line, ";")] = '\0';
	for (size_t length = strlen(value); length > 0 && value[length - 1] == ' '; length--)
		value[length - 1] = '\0';
	if (strcasecmp(line, "BEGIN") == 0)
		return begin(reading, value);
	if (strcasecmp(line, "END") == 0)
		return end(reading);
	if (reading->depth == 2)
		return read_observed(reading, line, value);
	if (reading->depth == 1 && strcasecmp(line, "TZID") == 0 && reading->tzid == NULL)
		reading->tzid = value;
	return reading->depth > 0 ? 0 : refuse(reading, "is not one VTIMEZONE");
}

/* Joins folded lines (RFC 5545 3.1) and ends each with NUL. */
static size_t
unfold(const char *bytes, size_t size, char *out)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		bool line_end = bytes[i] == '\n' || bytes[i] == '\r';

		if (bytes[i] == '\r' && i + 1 < size && bytes[i + 1] == '\n')
			i++;
		if (!line_end)
			out[length++] = bytes[i];
		else if (i + 1 < size && (bytes[i + 1] == ' ' || bytes[i + 1] == '\t'))
			i++;
		else
			out[length++] = '\0';
	}
	out[length++] = '\0';
	return length;
}

static int
by_time(const void *left, const void *right)
{
	const struct timezone_change *a = left, *b = right;

	return (a->time > b->time) - (a->time < b->time);
}

int
timezone_read(const char *bytes, size_t size, struct arena *arena, const struct timezone **out,
	struct err *err)
{
	struct reading *reading = arena_alloc(arena, sizeof *reading);
	struct timezone *zone;
	size_t length;
	char *lines;

	reading->arena = arena;
	reading->err = err;
	if (size > SIZE_MAX_BYTES || memchr(bytes, '\0', size) != NULL)
		return refuse(reading, "is over 256 KiB or has a NUL");
	lines = arena_alloc(arena, size + 1);
	length = unfold(bytes, size, lines);
	for (size_t at = 0; at < length;) {
		size_t next = at + strlen(lines + at) + 1;

		if (read_line(reading, lines + at) < 0)
			return -1;
		at = next;
	}
	if (!reading->ended || reading->change_count == 0)
		return refuse(reading, "has no observance, or is cut short");
	if (reading->tzid == NULL || strlen(reading->tzid) > TZID_MAX)
		return refuse(reading, "has no TZID, or a longer one than 255 bytes");
	qsort(reading->changes, reading->change_count, sizeof *reading->changes, by_time);
	zone = arena_alloc(arena, sizeof *zone);
	*zone = (struct timezone){ reading->tzid, NULL, reading->changes, reading->change_count,
		reading->first };
	*out = zone;
	return 0;
}
