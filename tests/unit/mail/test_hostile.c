#include "fixture.h"

/* Headers made to hurt: each must be read within a fraction of parse's budget and yield an event. */

enum { LIMIT_MS = 300 };

struct hostile {
	const char *before, *piece, *after;
	unsigned count;
};

static struct event *
read_hostile(const struct hostile *hostile)
{
	struct text header = { 0 };
	struct event *event;
	double start;

	arena_reset(arena);
	text_add(&header, "From: a@b.example\r\n");
	text_add(&header, hostile->before);
	for (unsigned i = 0; i < hostile->count; i++)
		text_add(&header, hostile->piece);
	text_add(&header, hostile->after);
	if (header.size > FRAME_MESSAGE_MAX - 1024)
		header.size = FRAME_MESSAGE_MAX - 1024;
	start = cpu_ms();
	event = event_of_bytes(header.bytes, header.size);
	if (cpu_ms() - start > LIMIT_MS)
		fail_msg("%u times '%s' took %.0f ms", hostile->count, hostile->piece,
			cpu_ms() - start);
	text_clear(&header);
	return event;
}

static void
survives_floods_in_every_field(void **state)
{
	static const char *const fields[] = { "From: ", "To: ", "Date: ", "Subject: ",
		"Message-ID: ", "References: ", "List-Id: ", "Content-Type: ", "Auto-Submitted: ",
		"X-Other: " };
	static const char *const pieces[] = { "(", ")", "((a)", "\"", "\\", "<", ">", "<a@b>,",
		"a@b,", ",", ";", ":", "a:;", "=?utf-8?Q?=C3?= ", "=?", "?=", "\r\n ", " ", "\t",
		"\xff", "\xe2\x80\xae", "[", "@", "=?iso-2022-jp?B?GyRC?= ", "=?utf-7?Q?+?= ", "0",
		"1 Jan ", "<@a,@b:", "'" };

	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++) {
			size_t size = strlen(pieces[j]) > 0 ? strlen(pieces[j]) : 1;
			struct hostile hostile = { fields[i], pieces[j], "\r\n\r\n",
				(unsigned)(260000 / size) };

			read_hostile(&hostile);
		}
}

static void
survives_a_block_of_nul_bytes(void **state)
{
	static char zeros[200000];
	struct event *event;

	(void)state;
	event = event_of_bytes(zeros, sizeof zeros);
	assert_int_equal(event->party_count, 0);
	memcpy(zeros, "To: ", 4);
	event = event_of_bytes(zeros, sizeof zeros);
	assert_true(event->flags & EVENT_CLEANED);
	assert_text(event->parties[0].address, NULL);
}

static void
survives_a_hundred_thousand_parentheses(void **state)
{
	static const struct hostile rows[] = {
		{ "Date: ", "(", "\r\n\r\n", 106000 },
		{ "To: ", "(", "a@b.example\r\n\r\n", 106000 },
		{ "To: Ada ", "(\\", "<a@b.example>\r\n\r\n", 53000 },
		{ "To: ", "()", "a@b.example\r\n\r\n", 106000 },
		{ "Message-ID: ", "(", "\r\n\r\n", 106000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		read_hostile(&rows[i]);
}

static void
survives_three_hundred_thousand_fields(void **state)
{
	static const struct hostile rows[] = {
		{ "", "X:y\r\n", "\r\n", 300000 },
		{ "", "To:a@b\r\n", "\r\n", 300000 },
		{ "", "Received: x\r\n y\r\n", "\r\n", 60000 },
		{ "", "\r", "\r\n", 300000 },
		{ "", "garbage\n", "\r\n", 100000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		read_hostile(&rows[i]);
}

static void
survives_two_hundred_thousand_recipients(void **state)
{
	static const struct hostile many = { "To: ", "a@b,", "\r\n\r\n", 200000 };
	static const struct hostile long_names = { "Cc: ",
		"\"a name that is as long as the names of people seldom are\" "
		"<a.rather.long.local.part.of.an.address@and.a.domain.of.some.length.example>,",
		"\r\n\r\n", 7000 };
	struct event *event;

	(void)state;
	event = read_hostile(&many);
	assert_int_equal(event->party_count, EVENT_PARTIES_MAX);
	assert_true(event->party_total > 60000);
	event = read_hostile(&long_names);
	assert_int_equal(event->party_count, EVENT_PARTIES_MAX);
}

/* The longest event that can be: everything at its limit must still fit in one frame. */
static void
fits_the_longest_event_into_a_frame(void **state)
{
	char local[65], label[62], name[251];
	struct text header = { 0 };
	struct event *event;
	struct item item;

	(void)state;
	memset(local, 'l', 64);
	memset(label, 'd', 61);
	memset(name, 'n', 250);
	local[64] = label[61] = name[250] = '\0';
	text_add(&header, "References:");
	for (unsigned i = 0; i < 100; i++)
		text_printf(&header, " <%s%s%s%u@b>\r\n", name, name, name, i);
	text_add(&header, "To: ");
	for (unsigned i = 0; header.size < 250000; i++)
		text_printf(&header, "\"%s\" <%s@%u.%s.%s.%s.example>,\r\n ", name, local, i, label,
			label, label);
	item_begin(&item);
	item_header(&item, header.bytes, header.size);
	for (unsigned i = 0; i < 300; i++)
		item_part(&item, "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24",
			name, name, name, name, UINT64_MAX >> 1);
	event = item_event(&item);
	assert_int_equal(event->part_count, EVENT_PARTS_MAX);
	assert_true(event->party_count > 300);
	assert_true(event->flags & EVENT_TRUNCATED);
	text_clear(&header);
}

static void
reads_what_a_random_generator_writes(void **state)
{
	static const char *const pieces[] = { "From", "To", "Subject", "Date", ": ", "\r\n", "\n",
		" ", "\t", "a@b.example", "<", ">", "\"", "(", ")", "\\", ",", ";", ":",
		"=?utf-8?Q?", "=?koi8-r?B?", "?=", "=C3=A9", "\xc3\xa9", "\xff", "\x01",
		"3 May 2024 10:00:00 +0200", "Message-ID", "[", "]" };
	unsigned seed = 7;
	double start = cpu_ms();

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct text header = { 0 };

		for (unsigned i = 0; i < 40; i++) {
			seed = seed * 1103515245 + 12345;
			text_add(&header, pieces[seed / 65536 % (sizeof pieces / sizeof *pieces)]);
		}
		event_of_bytes(header.bytes, header.size);
		text_clear(&header);
		arena_reset(arena);
	}
	assert_true(cpu_ms() - start < 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(survives_floods_in_every_field),
		MAIL_TEST(survives_a_block_of_nul_bytes),
		MAIL_TEST(survives_a_hundred_thousand_parentheses),
		MAIL_TEST(survives_three_hundred_thousand_fields),
		MAIL_TEST(survives_two_hundred_thousand_recipients),
		MAIL_TEST(fits_the_longest_event_into_a_frame),
		MAIL_TEST(reads_what_a_random_generator_writes),
	};

	return RUN_MAIL_TESTS(tests);
}
