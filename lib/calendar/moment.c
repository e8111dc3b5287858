#include "moment.h"

#include <string.h>

#include "liaison/base/text.h"

#include "recurrence.h"

/* The feed's own zone of that name. */
static const struct timezone *
own_zone(const struct places *places, const char *tzid)
{
	const struct timezone *zone = NULL;
	struct err err;

	for (unsigned i = 0; zone == NULL && i < places->zone_count; i++) {
		const struct content_zone *own = &places->zones[i];

		if (!text_equal_nocase(own->tzid, tzid))
			continue;
		if (!places->tried[i] && timezone_read(own->bytes, own->size, places->arena,
						 &places->read[i], &err) < 0)
			places->read[i] = NULL;
		places->tried[i] = true;
		zone = places->read[i];
	}
	return zone;
}

static bool
take_digits(const char **at, const char *end, unsigned count, int *out)
{
	int value = 0;

	if (end - *at < (ptrdiff_t)count)
		return false;
	for (unsigned i = 0; i < count; i++, ++*at) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*out = value;
	return true;
}

static bool
take_date(const char **at, const char *end, struct civil *out)
{
	return take_digits(at, end, 4, &out->year) && take_digits(at, end, 2, &out->month) &&
	       take_digits(at, end, 2, &out->day);
}

/* Seconds may be missing, as some write them so. */
static bool
take_clock(const char **at, const char *end, struct civil *out)
{
	if (!take_digits(at, end, 2, &out->hour) || !take_digits(at, end, 2, &out->minute))
		return false;
	return *at == end || **at == 'Z' || **at == 'z' || take_digits(at, end, 2, &out->second);
}

static bool
read_civil(const char *at, const char *end, struct civil *out, enum moment_form *form)
{
	*out = (struct civil){ 0 };
	if (!take_date(&at, end, out))
		return false;
	*form = MOMENT_DATE;
	if (at < end && (*at == 'T' || *at == 't')) {
		at++;
		*form = MOMENT_LOCAL;
		if (!take_clock(&at, end, out))
			return false;
		if (at < end && (*at == 'Z' || *at == 'z')) {
			at++;
			*form = MOMENT_UTC;
		}
	}
	return at == end && out->year >= MOMENT_YEAR_MIN && out->year <= MOMENT_YEAR_MAX &&
	       civil_valid(out);
}

static void
trim(const char **value, size_t *size)
{
	while (*size > 0 && (**value == ' ' || **value == '\t')) {
		++*value;
		--*size;
	}
	while (*size > 0 && ((*value)[*size - 1] == ' ' || (*value)[*size - 1] == '\t'))
		--*size;
}

/* A system zone comes first: what feeds write of it is often incomplete (RFC 5545 3.6.5). */
static void
set_zone(const struct places *places, const char *tzid, struct moment *out)
{
	const struct timezone *zone = timezone_find(places->system, tzid);

	out->name = tzid;
	if (zone != NULL)
		out->name = timezone_name(zone);
	else
		zone = own_zone(places, tzid);
	if (zone == NULL)
		out->unknown = tzid;
	else
		out->zone = zone;
}

int
moment_read(const struct places *places, const char *value, size_t size, const char *tzid,
	struct moment *out, struct err *err)
{
	struct moment moment = { 0 };
	struct civil civil;

	trim(&value, &size);
	if (!read_civil(value, value + size, &civil, &moment.form))
		return fail(err, ERR_USAGE, "'%s' is no time between %d and %d",
			text_escape(places->arena, value, size, 60), MOMENT_YEAR_MIN,
			MOMENT_YEAR_MAX);
	moment.wall = civil_to_time(&civil);
	moment.zone = moment.form == MOMENT_UTC ? places->utc : places->home;
	moment.floating = moment.form == MOMENT_LOCAL && (tzid == NULL || tzid[0] == '\0');
	if (moment.form == MOMENT_LOCAL &&
		!moment.floating) /* others need none, whatever it says */
		set_zone(places, tzid, &moment);
	*out = moment;
	return 0;
}

int64_t
time_of(const struct timezone *zone, int64_t wall, int *offset_min)
{
	struct civil civil;
	int offset;

	time_to_civil(wall, &civil);
	return timezone_time(zone, &civil, offset_min == NULL ? &offset : offset_min);
}

int64_t
wall_of(const struct timezone *zone, int64_t time)
{
	return time + (int64_t)timezone_offset(zone, time) * 60;
}

int64_t
day_of(int64_t wall)
{
	int64_t rest = wall % DAY;

	return wall - (rest < 0 ? rest + DAY : rest);
}

int64_t
moment_time(const struct moment *moment, int *offset_min)
{
	return time_of(moment->zone, moment->wall, offset_min);
}

/* One "15M"; clock: after the T. */
static bool
take_unit(const char **at, const char *end, bool clock, struct span *out)
{
	int64_t number = 0;
	const char *from = *at;

	while (*at < end && **at >= '0' && **at <= '9') {
		number = number * 10 + (**at - '0');
		if (number > (int64_t)SPAN_DAYS_MAX * DAY)
			return false;
		++*at;
	}
	if (*at == from || *at == end)
		return false;
	switch (*(*at)++) {
	case 'W':
		out->days += number * 7;
		return !clock;
	case 'D':
		out->days += number;
		return !clock;
	case 'H':
		out->seconds += number * 3600;
		return clock;
	case 'M':
		out->seconds += number * 60;
		return clock;
	case 'S':
		out->seconds += number;
		return clock;
	default:
		return false;
	}
}

static bool
take_units(const char *at, const char *end, struct span *out)
{
	bool clock = false;

	if (at == end || *at++ != 'P' || at == end)
		return false;
	while (at < end) {
		if (*at == 'T' && !clock) {
			clock = true;
			at++;
		} else if (!take_unit(&at, end, clock, out)) {
			return false;
		}
		if (out->days > SPAN_DAYS_MAX || out->seconds > (int64_t)SPAN_DAYS_MAX * DAY)
			return false;
	}
	return true;
}

int
span_read(const char *value, size_t size, struct span *out, struct err *err)
{
	const char *at = value, *end;
	struct span span = { 0 };
	bool minus;

	trim(&at, &size);
	end = at + size;
	minus = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (!take_units(at, end, &span) ||
		span.days * DAY + span.seconds > (int64_t)SPAN_DAYS_MAX * DAY)
		return fail(err, ERR_USAGE, "a duration that cannot be, or is over %d days",
			SPAN_DAYS_MAX);
	if (minus)
		span = (struct span){ -span.days, -span.seconds };
	*out = span;
	return 0;
}

/* Days keep the wall clock, seconds do not (RFC 5545 3.3.6). */
int64_t
span_end(const struct span *span, const struct timezone *zone, int64_t wall)
{
	return time_of(zone, wall + span->days * DAY, NULL) + span->seconds;
}
