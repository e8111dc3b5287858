#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "liaison/mail/date.h"

#include "etpan.h"

enum { DATE_SIZE_MAX = 256, WORDS_MAX = 16 };

/* Zones by name (RFC 5322 section 4.3, and those that mailers write without being allowed to). The
 * military letters mean nothing reliable, so they are +0000 like all that is not here. */
static const struct {
	char name[8];
	int minutes;
} zones[] = {
	{ "EST", -300 },
	{ "EDT", -240 },
	{ "CST", -360 },
	{ "CDT", -300 },
	{ "MST", -420 },
	{ "MDT", -360 },
	{ "PST", -480 },
	{ "PDT", -420 },
	{ "CET", 60 },
	{ "CEST", 120 },
	{ "MET", 60 },
	{ "MEST", 120 },
	{ "MEZ", 60 },
	{ "MESZ", 120 },
	{ "EET", 120 },
	{ "EEST", 180 },
	{ "WEST", 60 },
	{ "MSK", 180 },
	{ "JST", 540 },
	{ "KST", 540 },
};

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
month_number(const char *name)
{
	for (int i = 0; i < 12; i++)
		if (strncasecmp(name, months[i], 3) == 0)
			return i + 1;
	return 0;
}

/* Two digits are of 1950 to 2049, three count from 1900 (RFC 5322 section 4.3). */
static int
full_year(int year, int digits)
{
	if (digits <= 2)
		return year < 50 ? 2000 + year : 1900 + year;
	return digits == 3 ? 1900 + year : year;
}

static bool
finish(const struct civil *civil, int offset, int64_t *time, int *offset_min)
{
	if (civil->year < DATE_YEAR_MIN || civil->year > DATE_YEAR_MAX || !civil_valid(civil))
		return false;
	*time = civil_to_time(civil) - (int64_t)offset * 60;
	*offset_min = offset;
	return true;
}

/* hhmm as minutes; 0 for what no clock shows. */
static int
offset_of(int sign, int hours, int minutes)
{
	int offset = hours * 60 + minutes;

	return minutes > 59 || offset > DATE_OFFSET_MAX ? 0 : sign * offset;
}

/* Reads at most max digits; -1 unless there are at least min, or if there are more. */
static int
read_number(const char **at, const char *end, int min, int max)
{
	int value = 0, count = 0;

	while (*at < end && is_digit(**at) && count < max) {
		value = value * 10 + (**at - '0');
		++*at;
		count++;
	}
	return count < min || (*at < end && is_digit(**at)) ? -1 : value;
}

static bool
take(const char **at, const char *end, char c)
{
	if (*at >= end || **at != c)
		return false;
	++*at;
	return true;
}

/* A comment without specials to the end, as in "(CET)". */
static bool
ends_plainly(const char *at, const char *end)
{
	if (at == end)
		return true;
	if (end - at < 3 || at[0] != ' ' || at[1] != '(' || end[-1] != ')')
		return false;
	for (at += 2; at < end - 1; at++)
		if (*at < ' ' || *at >= 0x7f || strchr("()\\", *at) != NULL)
			return false;
	return true;
}

static bool
plain_day(const char **at, const char *end, struct civil *out)
{
	if (end - *at > 5 && (*at)[3] == ',' && (*at)[4] == ' ' && !is_digit((*at)[0]))
		*at += 5;
	out->day = read_number(at, end, 1, 2);
	if (out->day < 0 || !take(at, end, ' ') || end - *at < 4)
		return false;
	out->month = month_number(*at);
	*at += 3;
	if (out->month == 0 || !take(at, end, ' '))
		return false;
	out->year = read_number(at, end, 4, 4);
	return out->year >= 0 && take(at, end, ' ');
}

static bool
plain_clock(const char **at, const char *end, struct civil *out)
{
	out->hour = read_number(at, end, 2, 2);
	if (out->hour < 0 || !take(at, end, ':'))
		return false;
	out->minute = read_number(at, end, 2, 2);
	out->second = 0;
	if (out->minute >= 0 && take(at, end, ':'))
		out->second = read_number(at, end, 2, 2);
	return out->minute >= 0 && out->second >= 0 && take(at, end, ' ');
}

bool
date_plain(const char *bytes, size_t size, int64_t *time, int *offset_min)
{
	const char *at = bytes, *end = bytes + size;
	struct civil civil = { 0 };
	int sign, zone;

	if (!plain_day(&at, end, &civil) || !plain_clock(&at, end, &civil))
		return false;
	if (end - at < 5 || (*at != '+' && *at != '-'))
		return false;
	sign = *at++ == '-' ? -1 : 1;
	zone = read_number(&at, end, 4, 4);
	if (zone < 0 || !ends_plainly(at, end))
		return false;
	return finish(&civil, offset_of(sign, zone / 100, zone % 100), time, offset_min);
}

/* "+0100", "-100", "+1", "+01:00" after GMT, UTC or nothing. */
static int
numeric_zone(const char *text)
{
	int sign = *text == '-' ? -1 : 1;
	int value = 0, digits = 0;

	for (text++; is_digit(*text) && digits < 5; text++, digits++) {
		value = value * 10 + (*text - '0');
		if (digits == 1 && text[1] == ':')
			text++;
	}
	if (digits > 4)
		return 0;
	return digits <= 2 ? offset_of(sign, value, 0) : offset_of(sign, value / 100, value % 100);
}

static int
zone_minutes(const char *text)
{
	size_t letters;

	if (*text == '+' || *text == '-')
		return numeric_zone(text);
	letters = strcspn(text, "+- ");
	if ((text[letters] == '+' || text[letters] == '-') &&
		(strncasecmp(text, "GMT", 3) == 0 || strncasecmp(text, "UT", 2) == 0))
		return numeric_zone(text + letters);
	if (is_digit(*text) && strlen(text) == 4)
		return offset_of(1, (text[0] - '0') * 10 + text[1] - '0',
			(text[2] - '0') * 10 + text[3] - '0');
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (strlen(zones[i].name) == letters &&
			strncasecmp(text, zones[i].name, letters) == 0)
			return zones[i].minutes;
	return 0;
}

/* Words of a date that is not in the usual form. */
struct words {
	char *word[WORDS_MAX];
	unsigned count;
};

/* Blanks and commas part words; so do the dashes of "3-May-2024". */
static bool
is_gap(const char *text, size_t at)
{
	if (text[at] == ' ' || text[at] == ',')
		return true;
	if (text[at] != '-' || at == 0 || text[at + 1] == '\0')
		return false;
	return is_digit(text[at - 1])
		       ? isalpha((unsigned char)text[at + 1]) != 0
		       : isalpha((unsigned char)text[at - 1]) && is_digit(text[at + 1]) &&
				 memchr(text, ':', at) == NULL;
}

static void
split_words(char *text, struct words *out)
{
	bool inside = false;

	out->count = 0;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (is_gap(text, i)) {
			text[i] = ' ';
			inside = false;
		} else if (!inside && out->count < WORDS_MAX) {
			out->word[out->count++] = text + i;
			inside = true;
		}
	}
	for (unsigned i = 0; i < out->count; i++)
		out->word[i][strcspn(out->word[i], " ")] = '\0';
}

/* What the words are. */
struct parts {
	const char *day, *month, *year, *zone, *clock;
	size_t clock_size;
};

/* "May", "Sept." or "September", but not the weekday "Mardi". */
static bool
is_month(const char *word)
{
	static const char *const full[12] = { "January", "February", "March", "April", "May",
		"June", "July", "August", "September", "October", "November", "December" };
	int number = month_number(word);
	size_t size = strcspn(word, ".");

	return number > 0 && size >= 3 && strncasecmp(word, full[number - 1], size) == 0;
}

static bool
is_number(const char *word, size_t max)
{
	size_t digits = strspn(word, "0123456789");

	return digits > 0 && digits <= max && word[digits] == '\0';
}

/* "10:00:00+0200": the zone may be glued to the time. */
static void
cut_clock(struct parts *parts, const char *word)
{
	parts->clock = word;
	parts->clock_size = strspn(word, "0123456789:");
	if (word[parts->clock_size] != '\0')
		parts->zone = word + parts->clock_size;
}

/* Before the time: day, month and year in any order that makes sense, a weekday in any language;
 * after it: the zone, or the year as asctime writes it. */
static void
sort_word(struct parts *parts, const char *word)
{
	if (parts->clock == NULL && is_digit(*word) && strchr(word, ':') != NULL)
		cut_clock(parts, word);
	else if (parts->day == NULL && is_number(word, 2) && parts->clock == NULL)
		parts->day = word;
	else if (parts->year == NULL && is_number(word, 4) &&
		 (parts->clock == NULL || (strlen(word) == 4 && parts->month != NULL)))
		parts->year = word;
	else if (parts->clock == NULL && parts->month == NULL && is_month(word))
		parts->month = word;
	else if (parts->clock != NULL && parts->zone == NULL)
		parts->zone = word;
}

/* Numbers of many digits wrap around in libetpan, so they never get there. */
static bool
is_clock(const char *text, size_t size)
{
	size_t digits = 0;

	for (size_t i = 0; i < size; i++) {
		digits = text[i] == ':' ? 0 : digits + 1;
		if (digits > 2)
			return false;
	}
	return size <= 8;
}

/* The numbers of one date, put into the order libetpan reads; its answer is checked by finish. */
static bool
read_parts(const struct parts *parts, int64_t *time, int *offset_min)
{
	char plain[64];
	struct civil civil;

	if (parts->day == NULL || parts->month == NULL || parts->year == NULL ||
		parts->clock == NULL || !is_clock(parts->clock, parts->clock_size))
		return false;
	snprintf(plain, sizeof plain, "%.2s %.3s %.4s %.*s", parts->day, parts->month, parts->year,
		(int)parts->clock_size, parts->clock);
	if (!etpan_date(plain, strlen(plain), &civil))
		return false;
	civil.year = full_year(civil.year, (int)strlen(parts->year));
	return finish(
		&civil, zone_minutes(parts->zone == NULL ? "" : parts->zone), time, offset_min);
}

/* The date without comments and controls, NUL-terminated; false if nothing or too much is left. */
static bool
copy_plain(const char *bytes, size_t size, char out[DATE_SIZE_MAX])
{
	size_t kept = 0, depth = 0;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];

		if (c == '\\' && i + 1 < size)
			i++;
		depth += c == '(';
		if (depth == 0 && c != '\\') {
			if (kept + 1 == DATE_SIZE_MAX)
				return false;
			out[kept++] = c < ' ' || c >= 0x7f ? ' ' : c;
		}
		if (c == ')' && depth > 0 && --depth == 0 && kept + 1 < DATE_SIZE_MAX)
			out[kept++] = ' ';
	}
	out[kept] = '\0';
	return kept > 0;
}

/* "10 : 20 :30" is one word (RFC 5322 section 4.3 allows blanks there). */
static void
join_clock(char *text)
{
	size_t kept = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == ' ' && ((kept > 0 && text[kept - 1] == ':') ||
					      text[i + strspn(text + i, " ")] == ':'))
			continue;
		text[kept++] = text[i];
	}
	text[kept] = '\0';
}

/* Cuts a weekday, in whatever language, up to its comma. */
static char *
after_weekday(char *text)
{
	size_t size = strcspn(text, ",0123456789");

	return text[size] == ',' ? text + size + 1 : text;
}

bool
date_odd(const char *bytes, size_t size, int64_t *time, int *offset_min)
{
	char text[DATE_SIZE_MAX];
	struct words words;
	struct parts parts = { 0 };

	if (!copy_plain(bytes, size, text))
		return false;
	join_clock(text);
	split_words(after_weekday(text), &words);
	for (unsigned i = 0; i < words.count; i++)
		sort_word(&parts, words.word[i]);
	return read_parts(&parts, time, offset_min);
}

bool
date_read(const char *bytes, size_t size, int64_t *time, int *offset_min)
{
	return date_plain(bytes, size, time, offset_min) || date_odd(bytes, size, time, offset_min);
}
