#include "rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "liaison/base/clock.h"

enum { PART_MAX = 1000 };

static const char *const WEEKDAYS[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

static int
refuse(struct err *err, const char *part, const char *why)
{
	return fail(err, ERR_USAGE, "the rule is not expanded: %s %s", part, why);
}

/* Digits with an optional sign; returns what follows, or NULL. */
static const char *
read_number(const char *at, int *out)
{
	int value = 0, sign = *at == '-' ? -1 : 1;

	if (*at == '-' || *at == '+')
		at++;
	if (*at < '0' || *at > '9')
		return NULL;
	for (; *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (*at - '0');
		if (value > 1000000)
			return NULL;
	}
	*out = sign * value;
	return at;
}

/* Reads a list of numbers from low to high, or from -high where back is not NULL, and marks them. */
static int
read_bits(const char *part, const char *value, int low, int high, uint64_t *bits, uint64_t *back,
	struct err *err)
{
	unsigned count = 0;
	int number;

	for (;; value++) {
		if ((value = read_number(value, &number)) == NULL || (*value != ',' && *value))
			return refuse(err, part, "is not a list of numbers");
		if (abs(number) < low || abs(number) > high || (number < 0 && back == NULL))
			return refuse(err, part, "has a number out of range");
		if (++count > RULE_LIST_MAX)
			return refuse(err, part, "has more than 100 numbers");
		*(number < 0 ? back : bits) |= UINT64_C(1) << abs(number);
		if (*value == '\0')
			return 0;
	}
}

static int
read_count(struct rule *rule, const char *value, struct err *err)
{
	int number;
	const char *end = read_number(value, &number);

	if (end == NULL || *end != '\0' || number < 1 || number > RULE_COUNT_MAX)
		return refuse(err, "COUNT", "is not a number from 1 to 100000");
	rule->count = number;
	return 0;
}

static int
read_interval(struct rule *rule, const char *value, struct err *err)
{
	int number;
	const char *end = read_number(value, &number);

	if (end == NULL || *end != '\0' || number < 1 || number > RULE_INTERVAL_MAX)
		return refuse(err, "INTERVAL", "is not a number from 1 to 10000");
	rule->interval = number;
	return 0;
}

static int
read_frequency(struct rule *rule, const char *value, struct err *err)
{
	static const char *const NAMES[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
	static const char *const SUB_DAILY[] = { "SECONDLY", "MINUTELY", "HOURLY" };

	for (int i = 0; i < 4; i++) {
		if (strcasecmp(value, NAMES[i]) == 0) {
			rule->frequency = (enum frequency)i;
			return 0;
		}
	}
	for (int i = 0; i < 3; i++)
		if (strcasecmp(value, SUB_DAILY[i]) == 0)
			return refuse(err, SUB_DAILY[i], "is more often than daily");
	return refuse(err, "FREQ", "is none of DAILY, WEEKLY, MONTHLY, YEARLY");
}

/* "20261121", "20261121T080000" or "20261121T080000Z" */
static int
read_until(struct rule *rule, const char *value, struct err *err)
{
	static const char FORM[] = "ddddddddTddddddZ";
	int digits[14] = { 0 }, count = 0;
	size_t length = strlen(value);
	struct civil civil;

	if (length != 8 && length != 15 && length != 16)
		return refuse(err, "UNTIL", "is no date or time");
	for (size_t i = 0; i < length; i++) {
		if (FORM[i] == 'd' && value[i] >= '0' && value[i] <= '9')
			digits[count++] = value[i] - '0';
		else if (FORM[i] == 'd' || (value[i] & ~0x20) != FORM[i])
			return refuse(err, "UNTIL", "is no date or time");
	}
	civil = (struct civil){ digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3],
		digits[4] * 10 + digits[5], digits[6] * 10 + digits[7], digits[8] * 10 + digits[9],
		digits[10] * 10 + digits[11], digits[12] * 10 + digits[13] };
	if (civil.year > 2999) /* "for ever", as some write it */
		civil = (struct civil){ 2999, 12, 31, 23, 59, 59 };
	if (!civil_valid(&civil))
		return refuse(err, "UNTIL", "is no date or time");
	rule->until_form = length == 8 ? UNTIL_DATE : length == 15 ? UNTIL_LOCAL : UNTIL_UTC;
	rule->until = civil_to_time(&civil);
	return 0;
}

static int
weekday_named(const char *name)
{
	for (int i = 0; i < 7; i++)
		if (strncasecmp(name, WEEKDAYS[i], 2) == 0)
			return i;
	return -1;
}

static int
read_week_start(struct rule *rule, const char *value, struct err *err)
{
	rule->week_start = strlen(value) == 2 ? weekday_named(value) : -1;
	return rule->week_start < 0 ? refuse(err, "WKST", "is no weekday") : 0;
}

static void
add_day(struct rule *rule, int ordinal, int weekday)
{
	if (ordinal == 0) {
		rule->weekdays |= (uint8_t)(1 << weekday);
		return;
	}
	rule->counted_weekdays |= (uint8_t)(1 << weekday);
	rule->days[rule->day_count++] = (struct rule_day){ (int8_t)ordinal, (uint8_t)weekday };
}

static int
read_days(struct rule *rule, const char *value, struct err *err)
{
	unsigned count = 0;
	int ordinal, weekday;

	for (;; value++) {
		bool numbered = *value == '-' || *value == '+' || (*value >= '0' && *value <= '9');

		ordinal = 0;
		if (numbered && (value = read_number(value, &ordinal)) == NULL)
			return refuse(err, "BYDAY", "is not a list of weekdays");
		if (numbered && (ordinal == 0 || abs(ordinal) > 53))
			return refuse(err, "BYDAY", "has a number out of range");
		if ((weekday = weekday_named(value)) < 0 || (value[2] != ',' && value[2] != '\0'))
			return refuse(err, "BYDAY", "is not a list of weekdays");
		if (++count > RULE_LIST_MAX)
			return refuse(err, "BYDAY", "has more than 100 weekdays");
		add_day(rule, ordinal, weekday);
		value += 2;
		if (*value == '\0')
			return 0;
	}
}

/* BYYEARDAY and BYSETPOS have 366 numbers either way: too many for bits. */
static int
read_list(const char *part, const char *value, int *out, unsigned *count, struct err *err)
{
	for (*count = 0;; value++) {
		int number;

		if ((value = read_number(value, &number)) == NULL || (*value != ',' && *value))
			return refuse(err, part, "is not a list of numbers");
		if (number == 0 || abs(number) > 366)
			return refuse(err, part, "has a number out of range");
		if (*count == RULE_LIST_MAX)
			return refuse(err, part, "has more than 100 numbers");
		out[(*count)++] = number;
		if (*value == '\0')
			return 0;
	}
}

static int
read_yeardays(struct rule *rule, const char *value, struct err *err)
{
	int list[RULE_LIST_MAX];
	unsigned count;

	if (read_list("BYYEARDAY", value, list, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++)
		(list[i] > 0 ? rule->yeardays : rule->yeardays_back)[abs(list[i])] = true;
	rule->has_yeardays = true;
	return 0;
}

static int
read_positions(struct rule *rule, const char *value, struct err *err)
{
	return read_list("BYSETPOS", value, rule->positions, &rule->position_count, err);
}

static int
read_months(struct rule *rule, const char *value, struct err *err)
{
	uint64_t bits = 0;

	if (read_bits("BYMONTH", value, 1, 12, &bits, NULL, err) < 0)
		return -1;
	rule->months = (uint32_t)bits;
	return 0;
}

static int
read_weeks(struct rule *rule, const char *value, struct err *err)
{
	return read_bits("BYWEEKNO", value, 1, 53, &rule->weeks, &rule->weeks_back, err);
}

static int
read_monthdays(struct rule *rule, const char *value, struct err *err)
{
	uint64_t bits = 0, back = 0;

	if (read_bits("BYMONTHDAY", value, 1, 31, &bits, &back, err) < 0)
		return -1;
	rule->monthdays = (uint32_t)bits;
	rule->monthdays_back = (uint32_t)back;
	return 0;
}

static int
read_hours(struct rule *rule, const char *value, struct err *err)
{
	uint64_t bits = 0;

	if (read_bits("BYHOUR", value, 0, 23, &bits, NULL, err) < 0)
		return -1;
	rule->hours = (uint32_t)bits;
	return 0;
}

static int
read_minutes(struct rule *rule, const char *value, struct err *err)
{
	return read_bits("BYMINUTE", value, 0, 59, &rule->minutes, NULL, err);
}

/* Without leap seconds second 60 is second 59 (RFC 5545 3.3.10). */
static int
read_seconds(struct rule *rule, const char *value, struct err *err)
{
	if (read_bits("BYSECOND", value, 0, 60, &rule->seconds, NULL, err) < 0)
		return -1;
	if (rule->seconds >> 60 != 0)
		rule->seconds = (rule->seconds & ~(UINT64_C(1) << 60)) | UINT64_C(1) << 59;
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct rule *rule, const char *value, struct err *err);
} PARTS[] = {
	{ "FREQ", read_frequency },
	{ "INTERVAL", read_interval },
	{ "COUNT", read_count },
	{ "UNTIL", read_until },
	{ "WKST", read_week_start },
	{ "BYMONTH", read_months },
	{ "BYWEEKNO", read_weeks },
	{ "BYYEARDAY", read_yeardays },
	{ "BYMONTHDAY", read_monthdays },
	{ "BYDAY", read_days },
	{ "BYHOUR", read_hours },
	{ "BYMINUTE", read_minutes },
	{ "BYSECOND", read_seconds },
	{ "BYSETPOS", read_positions },
};

enum { PART_COUNT = sizeof PARTS / sizeof PARTS[0], PART_FREQ = 1 << 0 };

static int
read_part(struct rule *rule, const char *part, size_t length, unsigned *seen, struct err *err)
{
	char name[PART_MAX + 1], *value;

	if (length > PART_MAX)
		return refuse(err, "a part", "is longer than 1000 bytes");
	memcpy(name, part, length);
	name[length] = '\0';
	if (strlen(name) != length || (value = strchr(name, '=')) == NULL)
		return refuse(err, "a part", "is not written as NAME=VALUE");
	*value++ = '\0';
	for (unsigned i = 0; i < PART_COUNT; i++) {
		if (strcasecmp(name, PARTS[i].name) != 0)
			continue;
		if (*seen & 1u << i)
			return refuse(err, PARTS[i].name, "is there twice");
		*seen |= 1u << i;
		return PARTS[i].read(rule, value, err);
	}
	if (strncasecmp(name, "X-", 2) == 0)
		return 0;
	if (strcasecmp(name, "RSCALE") == 0 || strcasecmp(name, "SKIP") == 0)
		return refuse(err, "RSCALE", "names another calendar (RFC 7529)");
	return refuse(err, "a part", "is none of RFC 5545");
}

/* What RFC 5545 3.3.10 says MUST NOT stand together. */
static int
check(const struct rule *rule, unsigned seen, struct err *err)
{
	bool yearly = rule->frequency == YEARLY;

	if (!(seen & PART_FREQ))
		return refuse(err, "FREQ", "is missing");
	if (rule->count > 0 && rule->until_form != UNTIL_NONE)
		return refuse(err, "COUNT", "and UNTIL are both there");
	if (rule->day_count > 0 && rule->frequency < MONTHLY)
		return refuse(err, "BYDAY", "counts weekdays without MONTHLY or YEARLY");
	if (rule->day_count > 0 && (rule->weeks | rule->weeks_back) != 0)
		return refuse(err, "BYDAY", "counts weekdays beside BYWEEKNO");
	if ((rule->weeks | rule->weeks_back) != 0 && !yearly)
		return refuse(err, "BYWEEKNO", "is for YEARLY only");
	if (rule->has_yeardays && !yearly)
		return refuse(err, "BYYEARDAY", "is for YEARLY only");
	if ((rule->monthdays | rule->monthdays_back) != 0 && rule->frequency == WEEKLY)
		return refuse(err, "BYMONTHDAY", "is not for WEEKLY");
	return 0;
}

int
rule_parse(const char *value, struct rule *out, struct err *err)
{
	struct rule rule = { .interval = 1 };
	unsigned seen = 0;

	while (*value != '\0') {
		size_t length = strcspn(value, ";");

		if (length > 0 && read_part(&rule, value, length, &seen, err) < 0)
			return -1;
		value += length + (value[length] == ';');
	}
	if (check(&rule, seen, err) < 0)
		return -1;
	*out = rule;
	return 0;
}
