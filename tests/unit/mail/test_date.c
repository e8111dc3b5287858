#include "liaison/base/clock.h"
#include "liaison/mail/date.h"

#include "fixture.h"

struct row {
	const char *date, *rfc3339; /* NULL: no date */
};

static void
check_row(const struct row *row)
{
	int64_t time = -1;
	int offset = -1;
	bool known = date_read(row->date, strlen(row->date), &time, &offset);
	const char *got = known ? time_text(arena, time, offset) : NULL;

	if ((got == NULL) != (row->rfc3339 == NULL) ||
		(got != NULL && strcmp(got, row->rfc3339) != 0))
		fail_msg("'%s' became '%s' instead of '%s'", row->date, got == NULL ? "none" : got,
			row->rfc3339 == NULL ? "none" : row->rfc3339);
}

#define CHECK(rows) \
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) \
	check_row(&rows[i])

static void
reads_dates_as_they_should_be(void **state)
{
	static const struct row rows[] = {
		{ "Fri, 3 May 2024 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 03 May 2024 10:20:30 -0730", "2024-05-03T10:20:30-07:30" },
		{ "3 May 2024 10:20 +0000", "2024-05-03T10:20:00Z" },
		{ "Fri, 3 May 2024 10:20:30 +0200 (CEST)", "2024-05-03T10:20:30+02:00" },
		{ "Thu, 29 Feb 2024 23:59:60 +0000", "2024-03-01T00:00:00Z" },
		{ "Thu, 1 Jan 1970 00:00:01 +0000", "1970-01-01T00:00:01Z" },
		{ "Wed, 31 Dec 2200 23:59:59 +0000", "2200-12-31T23:59:59Z" },
		{ "Tue, 19 Jan 2038 03:14:08 +0000", "2038-01-19T03:14:08Z" },
	};

	(void)state;
	CHECK(rows);
}

static void
reads_obsolete_and_usual_forms(void **state)
{
	static const struct row rows[] = {
		{ "Fri, 3 May 2024 10:20:30 GMT", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 UT", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 Z", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 EST", "2024-05-03T10:20:30-05:00" },
		{ "Fri, 3 May 2024 10:20:30 PDT", "2024-05-03T10:20:30-07:00" },
		{ "Fri, 3 May 2024 10:20:30 CEST", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 2024 10:20:30 A", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 -0000", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 GMT+0100", "2024-05-03T10:20:30+01:00" },
		{ "Fri, 3 May 2024 10:20:30 UTC-3", "2024-05-03T10:20:30-03:00" },
		{ "Fri, 3 May 2024 10:20:30 +02:00", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 2024 10:20:30+0200", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 2024 10:20:30Z", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 +2", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 2024 10:20:30", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 24 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 99 10:20:30 +0200", "1999-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 124 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "Fri,3 May 2024 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "Fri 3 May 2024 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "Friday, 3-May-24 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "vr., 3 May 2024 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "Mar, 7 May 2024 10:20:30 +0200", "2024-05-07T10:20:30+02:00" },
		{ "  Fri ,  3   may   2024  9:20:30   +0200", "2024-05-03T09:20:30+02:00" },
		{ "May 3, 2024 10:20:30 +0200", "2024-05-03T10:20:30+02:00" },
		{ "Fri May 03 2024 10:20:30 GMT+0200 (Central European Summer Time)",
			"2024-05-03T10:20:30+02:00" },
		{ "Fri May  3 10:20:30 2024", "2024-05-03T10:20:30Z" },
		{ "Fri May  3 10:20:30 CEST 2024", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 21 Nov 97 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00" },
		{ "3 September 2024 10:20:30 +0200", "2024-09-03T10:20:30+02:00" },
	};

	(void)state;
	CHECK(rows);
}

static void
drops_comments_whatever_they_hold(void **state)
{
	static const struct row rows[] = {
		{ "Fri, 3 May 2024 10:20:30 +0200 (\xe8\xa5\xbf\xff\xfe)",
			"2024-05-03T10:20:30+02:00" },
		{ "(x) Fri(day), 3 (third) May(y) 2024 10:20:30 (t) +0200",
			"2024-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 2024 10:20:30 +0200 (a (b \\) c) d)", "2024-05-03T10:20:30+02:00" },
		{ "Fri, 3 May 2024 10:20:30 +0200 (never closed", "2024-05-03T10:20:30+02:00" },
	};

	(void)state;
	CHECK(rows);
}

static void
knows_what_is_no_date(void **state)
{
	static const struct row rows[] = {
		{ "", NULL },
		{ "yesterday", NULL },
		{ "Fri, 99 Feb 99999 99:99:99 +9999", NULL },
		{ "Fri, 31 Feb 2024 10:00:00 +0000", NULL },
		{ "Thu, 29 Feb 2023 10:00:00 +0000", NULL },
		{ "Fri, 3 May 2024 24:00:00 +0000", NULL },
		{ "Fri, 3 May 2024 10:60:00 +0000", NULL },
		{ "Wed, 31 Dec 1969 10:00:00 +0000", NULL },
		{ "Thu, 1 Jan 2201 10:00:00 +0000", NULL },
		{ "Fri, 3 May 4294969320 10:00:00 +0000", NULL },
		{ "Fri, 3 May 2024 4294967306:00:00 +0000", NULL },
		{ "Fri, 0 May 2024 10:00:00 +0000", NULL },
		{ "Fri, 3 Mai 2024 10:00:00 +0000", NULL },
		{ "3 May 2024", NULL },
		{ "10:00:00 +0000", NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
takes_absurd_zones_for_none(void **state)
{
	static const struct row rows[] = {
		{ "Fri, 3 May 2024 10:20:30 +9999", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 +1401", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 +1400", "2024-05-03T10:20:30+14:00" },
		{ "Fri, 3 May 2024 10:20:30 +0060", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 +020000000000", "2024-05-03T10:20:30Z" },
		{ "Fri, 3 May 2024 10:20:30 Nowhere", "2024-05-03T10:20:30Z" },
	};

	(void)state;
	CHECK(rows);
}

static unsigned seed = 1;

static unsigned
draw(unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % below;
}

/* The fast way and libetpan's must tell the same of every date in the usual form. */
static void
reads_plain_dates_as_libetpan_does(void **state)
{
	static const char *const days[] = { "Mon, ", "Fri, ", "", "fri, " };
	static const char *const months[] = { "Jan", "Feb", "Mar", "apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec", "Xyz" };
	static const char *const zones[] = { "+0000", "-0800", "+0530", "+1400", "+9900", "-0000",
		"+0100 (CET)", "+0175" };
	unsigned plain = 0, real = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		int64_t fast = 0, slow = 0;
		int fast_offset = 0, slow_offset = 0;
		char *date = arena_printf(arena, "%s%u %s %04u %02u:%02u:%02u %s", days[draw(4)],
			draw(33), months[draw(13)], 1965 + draw(240), draw(25), draw(61), draw(62),
			zones[draw(8)]);
		bool known = date_plain(date, strlen(date), &fast, &fast_offset);
		bool odd = date_odd(date, strlen(date), &slow, &slow_offset);

		if (known != odd || fast != slow || fast_offset != slow_offset)
			fail_msg("'%s' is %d %lld %d and %d %lld %d", date, known, (long long)fast,
				fast_offset, odd, (long long)slow, slow_offset);
		plain++;
		real += known;
		arena_reset(arena);
	}
	assert_int_equal(plain, 200000);
	assert_true(real > 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(reads_dates_as_they_should_be),
		MAIL_TEST(reads_obsolete_and_usual_forms),
		MAIL_TEST(drops_comments_whatever_they_hold),
		MAIL_TEST(knows_what_is_no_date),
		MAIL_TEST(takes_absurd_zones_for_none),
		MAIL_TEST(reads_plain_dates_as_libetpan_does),
	};

	return RUN_MAIL_TESTS(tests);
}
