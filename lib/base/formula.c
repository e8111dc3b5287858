#include "liaison/base/formula.h"

#include <stdio.h>
#include <string.h>

#include "liaison/base/clock.h"

enum { DAY = 86400 };

/* ---- reading ---- */

static int
wrong(const char *text, struct err *err)
{
	return fail(err, ERR_USAGE,
		"'%.40s' is no date formula, such as 1D, 2W, -3M, 1Q, 1Y, CM or CM+1D", text);
}

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " ");
}

/* *letter upper case; NULL: there is none of those. */
static const char *
read_letter(const char *at, const char *letters, char *letter)
{
	char upper = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;

	if (upper == '\0' || strchr(letters, upper) == NULL)
		return NULL;
	*letter = upper;
	return at + 1;
}

static const char *
read_number(const char *at, int *number)
{
	const char *begin = at;

	for (*number = 0; *at >= '0' && *at <= '9'; at++) {
		*number = *number * 10 + (*at - '0');
		if (*number > FORMULA_NUMBER_MAX)
			return NULL;
	}
	return at > begin ? at : NULL;
}

/* What follows the sign; NULL: it is no term. */
static const char *
read_term(const char *at, struct formula_term *out)
{
	char c;

	out->period = read_letter(at, "C", &c) != NULL;
	out->number = 1;
	at = out->period ? at + 1 : read_number(at, &out->number);
	return at == NULL ? NULL : read_letter(at, "DWMQY", &out->unit);
}

/* Up to end, a '\0' or '>'. */
static const char *
read_terms(const char *at, char end, struct formula *out)
{
	while (*(at = skip_blanks(at)) != end) {
		bool has_sign = *at == '+' || *at == '-', negative = *at == '-';
		struct formula_term *term = &out->terms[out->count];

		if (out->count == FORMULA_TERMS || (out->count > 0 && !has_sign))
			return NULL;
		at = read_term(skip_blanks(at + has_sign), term);
		if (at == NULL)
			return NULL;
		if (negative)
			term->number = -term->number;
		out->count++;
	}
	return at;
}

int
formula_parse(const char *text, struct formula *out, struct err *err)
{
	const char *at = skip_blanks(text);
	bool bracket = *at == '<';
	struct formula read = { 0 };

	at = read_terms(at + bracket, bracket ? '>' : '\0', &read);
	if (at == NULL || read.count == 0 || *skip_blanks(at + bracket) != '\0')
		return wrong(text, err);
	*out = read;
	return 0;
}

char *
formula_text(struct arena *arena, const struct formula *formula)
{
	char text[FORMULA_TERMS * 8] = "";
	size_t used = 0;

	for (unsigned i = 0; i < formula->count; i++) {
		const struct formula_term *term = &formula->terms[i];
		int number = term->number < 0 ? -term->number : term->number;
		const char *sign = term->number < 0 ? "-" : i > 0 ? "+" : "";

		if (term->period)
			snprintf(text + used, sizeof text - used, "%sC%c", sign, term->unit);
		else
			snprintf(text + used, sizeof text - used, "%s%d%c", sign, number,
				term->unit);
		used += strlen(text + used);
	}
	return arena_text(arena, text);
}

/* ---- applying ---- */

static int
days_of_month(int year, int month)
{
	struct civil next = { .year = year + month / 12, .month = month % 12 + 1, .day = 1 };
	struct civil first = { .year = year, .month = month, .day = 1 };

	return (int)((civil_to_time(&next) - civil_to_time(&first)) / DAY);
}

/* The day of the month that is so many after civil's, or its last one when it has no such day. */
static int64_t
add_months(const struct civil *civil, int64_t months)
{
	int64_t month = (int64_t)civil->year * 12 + civil->month - 1 + months;
	struct civil to = { .year = (int)(month / 12), .month = (int)(month % 12) + 1 };
	int last;

	if (month < 0)
		return TIME_MIN - 1;
	last = days_of_month(to.year, to.month);
	to.day = civil->day < last ? civil->day : last;
	return civil_to_time(&to);
}

static int
months_of(char unit)
{
	return unit == 'M' ? 1 : unit == 'Q' ? 3 : 12;
}

static int64_t
shift(int64_t day, const struct civil *civil, const struct formula_term *term)
{
	if (term->unit == 'D' || term->unit == 'W')
		return day + (int64_t)term->number * (term->unit == 'W' ? 7 : 1) * DAY;
	return add_months(civil, (int64_t)term->number * months_of(term->unit));
}

/* The last day of the period that the day is in, or the first. */
static int64_t
to_edge(int64_t day, const struct civil *civil, const struct formula_term *term)
{
	struct civil first = { .year = civil->year, .month = civil->month, .day = 1 };
	int months;

	if (term->unit == 'D')
		return day;
	if (term->unit == 'W')
		return day + (int64_t)((term->number > 0 ? 6 : 0) - weekday(day)) * DAY;
	months = months_of(term->unit);
	first.month -= (first.month - 1) % months;
	return term->number > 0 ? add_months(&first, months) - DAY : civil_to_time(&first);
}

int
formula_apply(const struct formula *formula, int64_t day, int64_t *out, struct err *err)
{
	int64_t at = day - (day % DAY + DAY) % DAY;
	bool within = at >= TIME_MIN && at <= TIME_MAX;

	for (unsigned i = 0; within && i < formula->count; i++) {
		const struct formula_term *term = &formula->terms[i];
		struct civil civil;

		time_to_civil(at, &civil);
		at = term->period ? to_edge(at, &civil, term) : shift(at, &civil, term);
		within = at >= TIME_MIN && at <= TIME_MAX;
	}
	if (!within)
		return fail(err, ERR_USAGE, "the date formula leads out of the years 1900 to 2999");
	*out = at;
	return 0;
}
