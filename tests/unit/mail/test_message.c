#include "liaison/base/clock.h"

#include "fixture.h"

static void
reads_an_ordinary_message(void **state)
{
	struct event *event = event_of("From: Ada Lovelace <Ada@B.example>\r\n"
				       "Sender: list@b.example\r\n"
				       "To: Bob <bob@c.example>, carol@d.example\r\n"
				       "Cc: dan@e.example\r\n"
				       "Reply-To: ada.home@b.example\r\n"
				       "Date: Fri, 3 May 2024 10:20:30 +0100\r\n"
				       "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
				       "Message-ID: <m1@b.example>\r\n"
				       "In-Reply-To: <m0@c.example>\r\n"
				       "References: <root@c.example>\r\n <m0@c.example>\r\n\r\n");

	(void)state;
	assert_int_equal(event->party_count, 6);
	assert_int_equal(event->parties[0].role, PARTY_FROM);
	assert_text(event->parties[0].name, "Ada Lovelace");
	assert_text(event->parties[0].email, "Ada@B.example");
	assert_text(event->parties[0].address, "ada@b.example");
	assert_text(party_of(event, PARTY_SENDER, 0)->address, "list@b.example");
	assert_text(party_of(event, PARTY_REPLY_TO, 0)->address, "ada.home@b.example");
	assert_text(party_of(event, PARTY_TO, 1)->address, "carol@d.example");
	assert_text(party_of(event, PARTY_CC, 0)->address, "dan@e.example");
	assert_text(event->subject, "Gr\xc3\xbc\xc3\x9f"
				    "e");
	assert_text(event->message_id, "m1@b.example");
	assert_text(event->in_reply_to, "m0@c.example");
	assert_int_equal(event->reference_count, 2);
	assert_text(event->references[0], "root@c.example");
	assert_text(time_text(arena, event->at, event->offset_min), "2024-05-03T10:20:30+01:00");
	assert_true(event->date == event->at);
	assert_true(event->internal_date == FIXTURE_INTERNAL);
	assert_int_equal(event->size, 4711);
	assert_int_equal(event->flags, 0);
	assert_int_equal(event->class, CLASS_PERSONAL);
}

static void
tells_of_the_headers_that_are_asked_for(void **state)
{
	static const char BLOCK[] = "From: ada@x.example\r\n"
				    "X-Spam-Flag : YES\r\n"
				    "x-spam-flag:\r\n =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
				    "X-Spam-Flag-More: no\r\n\r\n"
				    "X-After: body\r\n";
	struct event *event;
	struct item item;

	(void)state;
	item_begin(&item);
	item_header(&item, BLOCK, sizeof BLOCK - 1);
	frame_put_text(&item.writer, TAG_NAME, "x-spam-flag");
	frame_put_text(&item.writer, TAG_NAME, "x-after");
	event = item_event(&item);
	assert_int_equal(event->header_count, 3);
	assert_text(event->headers[0].name, "x-spam-flag");
	assert_text(event->headers[0].value, "YES");
	assert_text(event->headers[1].value, "Gr\xc3\xbc\xc3\x9f"
					     "e");
	assert_text(event->headers[2].name, "x-after");
	assert_text(event->headers[2].value, NULL);
	assert_int_equal(event_of(BLOCK)->header_count, 0);
}

static void
passes_over_names_that_nobody_asks_for(void **state)
{
	static const char BLOCK[] = "From: ada@x.example\r\n\r\n";
	struct event *event;
	struct item item;

	(void)state;
	item_begin(&item);
	item_header(&item, BLOCK, sizeof BLOCK - 1);
	frame_put_text(&item.writer, TAG_NAME, "");
	frame_put_text(&item.writer, TAG_NAME, "x\ny");
	for (int i = 0; i < 20; i++)
		frame_put_text(&item.writer, TAG_NAME, arena_printf(arena, "x-%d", i));
	event = item_event(&item);
	assert_int_equal(event->header_count, EVENT_HEADER_NAMES_MAX);
	assert_text(event->headers[0].name, "x-0");
}

static void
makes_an_event_of_nothing(void **state)
{
	struct event *event = event_of("");

	(void)state;
	assert_int_equal(event->party_count, 0);
	assert_text(event->subject, NULL);
	assert_text(event->message_id, NULL);
	assert_true(event->at == FIXTURE_INTERNAL);
	assert_int_equal(event->offset_min, FIXTURE_OFFSET);
	assert_int_equal(event->flags, EVENT_NO_FROM | EVENT_DATE_MISSING);
}

static void
tells_an_empty_subject_from_none(void **state)
{
	(void)state;
	assert_text(event_of("Subject:\r\n")->subject, "");
	assert_text(event_of("Subject: 0\r\n")->subject, "0");
	assert_text(event_of("From: a@b.example\r\n")->subject, NULL);
}

static void
rejects_an_item_without_header(void **state)
{
	struct frame_reader reader = { 0 };
	struct event event;
	struct frame frame;
	struct err err = { 0 };
	struct item item;

	(void)state;
	item_begin(&item);
	frame_end(&item.writer);
	frame_reader_feed(&reader, item.bytes.bytes, item.bytes.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	assert_int_equal(message_read(charsets, &frame, arena, &event, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	frame_reader_clear(&reader);
	text_clear(&item.bytes);
}

static void
does_not_believe_a_malformed_frame(void **state)
{
	static const uint8_t broken[][12] = {
		{ TAG_HEADER, 0, 0, 0, 200, 0, 0, 0, 'x' },
		{ TAG_INTERNALDATE, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3 },
		{ TAG_HEADER, 0, 1, 0, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct frame frame = { FRAME_PARSE_MESSAGE, 1, 1, broken[i], 11 };
		struct err err = { 0 };
		struct event event;

		assert_int_equal(message_read(charsets, &frame, arena, &event, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

static void
dates_by_the_server_what_has_no_sane_date(void **state)
{
	static const struct {
		const char *date;
		unsigned flags;
		bool by_server, kept;
	} rows[] = {
		{ "Fri, 3 May 2024 10:20:30 +0000", 0, false, true },
		{ "Mon, 3 May 2004 10:20:30 +0000", 0, false, true },
		{ "Fri, 99 Feb 99999 99:99:99 +9999", EVENT_DATE_MISSING, true, false },
		{ "not a date", EVENT_DATE_MISSING, true, false },
		{ "Thu, 1 Jan 1970 00:00:10 +0000", EVENT_DATE_MISSING, true, true },
		{ "Thu, 1 Jan 1970 00:00:00 +0000", EVENT_DATE_MISSING, true, false },
		{ "Tue, 19 Jan 2038 03:14:08 +0000", EVENT_DATE_FUTURE, true, true },
		{ "Sat, 4 May 2024 09:59:59 +0000", 0, false, true },
		{ "Sat, 4 May 2024 10:00:01 +0000", EVENT_DATE_FUTURE, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct event *event = event_of(
			arena_printf(arena, "From: a@b.example\r\nDate: %s\r\n", rows[i].date));

		assert_int_equal(event->flags, rows[i].flags);
		assert_int_equal(event->at == FIXTURE_INTERNAL, rows[i].by_server);
		assert_int_equal(event->date != 0, rows[i].kept);
		assert_int_equal(event->offset_min, rows[i].by_server ? FIXTURE_OFFSET : 0);
	}
}

static void
flags_senders_that_are_not_what_they_seem(void **state)
{
	static const struct {
		const char *from;
		unsigned flags;
		const char *address;
	} rows[] = {
		{ "From: a@b.example\r\nFrom: c@d.example\r\n", EVENT_AMBIGUOUS_FROM,
			"a@b.example" },
		{ "From: a@b.example, c@d.example\r\n", EVENT_AMBIGUOUS_FROM, "a@b.example" },
		{ "From: \"ceo@bank.example\" <evil@x.example>\r\n", EVENT_SPOOFED_NAME,
			"evil@x.example" },
		{ "From: \"The CEO (ceo@bank.example)\" <evil@x.example>\r\n", EVENT_SPOOFED_NAME,
			"evil@x.example" },
		{ "From: =?utf-8?Q?ceo=40bank=2Eexample?= <evil@x.example>\r\n", EVENT_SPOOFED_NAME,
			"evil@x.example" },
		{ "From: \"A@B.example\" <a@b.example>\r\n", 0, "a@b.example" },
		{ "From: \"Me @ home\" <a@b.example>\r\n", 0, "a@b.example" },
		{ "From: MAILER-DAEMON\r\n", EVENT_NO_FROM, NULL },
		{ "From: a@xn--pypal-4ve.example\r\n", EVENT_MIXED_SCRIPT,
			"a@xn--pypal-4ve.example" },
		{ "From: a@p\xd0\xb0ypal.example\r\n", EVENT_MIXED_SCRIPT,
			"a@xn--pypal-4ve.example" },
		{ "From: x\x01y@z.example\r\n", EVENT_NO_FROM | EVENT_CLEANED, NULL },
		{ "Sender: a@b.example\r\n", EVENT_NO_FROM, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct event *event = event_of(arena_printf(
			arena, "%sDate: Fri, 3 May 2024 10:20:30 +0000\r\n", rows[i].from));
		const struct event_party *from = party_of(event, PARTY_FROM, 0);

		if (event->flags != rows[i].flags)
			fail_msg("'%s' has flags %x instead of %x", rows[i].from, event->flags,
				rows[i].flags);
		assert_text(from == NULL ? NULL : from->address, rows[i].address);
	}
}

/* The second From is for another reader's eyes: nobody is matched by it. */
static void
takes_no_party_from_a_second_from_field(void **state)
{
	struct event *event = event_of("From: a@b.example\r\nFrom: victim@d.example\r\n");

	(void)state;
	assert_int_equal(event->party_count, 1);
}

static void
counts_parties_beyond_the_limit(void **state)
{
	struct text header = { 0 };
	struct event *event;

	(void)state;
	text_add(&header, "To: ");
	for (unsigned i = 0; i < 1500; i++)
		text_printf(&header, "p%u@b.example,\r\n ", i);
	text_add(&header, "\r\nFrom: a@b.example\r\n\r\n");
	event = event_of_bytes(header.bytes, header.size);
	assert_int_equal(event->party_count, EVENT_PARTIES_MAX);
	assert_int_equal(event->party_total, 1501);
	assert_int_equal(event->parties[0].role, PARTY_FROM);
	assert_true(event->flags & EVENT_TRUNCATED);
	text_clear(&header);
}

static void
keeps_the_root_and_the_nearest_references(void **state)
{
	struct text header = { 0 };
	struct event *event;

	(void)state;
	text_add(&header, "References:");
	for (unsigned i = 0; i < 300; i++)
		text_printf(&header, " <r%u@b>\r\n", i);
	event = event_of_bytes(header.bytes, header.size);
	assert_int_equal(event->reference_count, EVENT_REFERENCES_MAX);
	assert_text(event->references[0], "r0@b");
	assert_text(event->references[1], "r201@b");
	assert_text(event->references[99], "r299@b");
	text_clear(&header);
}

static struct event *
identified(const char *id, const char *from, const char *date, const char *subject)
{
	return event_of(arena_printf(
		arena, "%sFrom: %s\r\nDate: %s\r\nSubject: %s\r\n", id, from, date, subject));
}

#define DATE_ONE "Fri, 3 May 2024 10:20:30 +0000"
#define ID_ONE   "Message-ID: <one@b>\r\n"

static void
knows_copies_by_what_they_say(void **state)
{
	static const char *const rows[][4] = {
		/* the same, written otherwise */
		{ ID_ONE, "A <a@b.example>", DATE_ONE, "=?utf-8?Q?hi?=" },
		{ "Received: x\r\n" ID_ONE, "a@B.EXAMPLE", "Fri, 3 May 2024 12:20:30 +0200", "hi" },
		/* not the same */
		{ "Message-ID: <two@b>\r\n", "a@b.example", DATE_ONE, "hi" },
		{ ID_ONE, "c@b.example", DATE_ONE, "hi" },
		{ ID_ONE, "a@b.example", "Fri, 3 May 2024 10:20:31 +0000", "hi" },
		{ ID_ONE, "a@b.example", DATE_ONE, "ho" },
		{ "", "a@b.example", DATE_ONE, "hi" },
		{ "X: y\r\n", "a@b.example", DATE_ONE, "hi" },
	};
	struct event *first = identified(ID_ONE, "a@b.example", DATE_ONE, "hi");
	uint8_t seen[8][16];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct event *event = identified(rows[i][0], rows[i][1], rows[i][2], rows[i][3]);
		bool same = memcmp(event->identity, first->identity, 16) == 0;

		assert_int_equal(same, i < 2);
		memcpy(seen[i], event->identity, 16);
		for (unsigned j = 2; j < i; j++)
			assert_memory_not_equal(seen[i], seen[j], 16);
	}
}

static void
joins_the_servers_flags(void **state)
{
	struct item item;

	(void)state;
	item_begin(&item);
	item_header(&item, "From: a@b.example\r\n", 19);
	frame_put_text(&item.writer, TAG_KEYWORD, "\\Seen");
	frame_put_text(&item.writer, TAG_KEYWORD, "$Junk\x1b");
	assert_text(item_event(&item)->keywords, "\\Seen $Junk ");
}

static void
survives_nul_bytes_and_spoofs(void **state)
{
	static const char nul[] = "Fr\0om: a@b\r\nSubject: a\0b\r\nFrom: x\0y@z\r\n\r\n";
	struct event *event = event_of_bytes(nul, sizeof nul - 1);

	(void)state;
	assert_true(event->flags & EVENT_CLEANED);
	assert_text(event->subject, "a b");
	assert_text(event->parties[0].email, "x y@z");
	assert_text(event->parties[0].address, NULL);
	event = event_of("From: \"ceo@bank.com\" <evil@x.org>\r\nFrom: second@y.org\r\n"
			 "Sender: third@z\r\nDate: Fri, 99 Feb 99999 99:99:99 +9999\r\n"
			 "Subject: =?utf-8?q?a=0D=0AInjected:_1=00nul=1B]0;x=07?=\r\n\r\n");
	assert_text(event->subject, "a  Injected: 1 nul ]0;x");
	assert_text(event->parties[0].address, "evil@x.org");
	assert_int_equal(event->flags,
		EVENT_AMBIGUOUS_FROM | EVENT_SPOOFED_NAME | EVENT_DATE_MISSING | EVENT_CLEANED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(reads_an_ordinary_message),
		MAIL_TEST(makes_an_event_of_nothing),
		MAIL_TEST(tells_of_the_headers_that_are_asked_for),
		MAIL_TEST(passes_over_names_that_nobody_asks_for),
		MAIL_TEST(tells_an_empty_subject_from_none),
		MAIL_TEST(rejects_an_item_without_header),
		MAIL_TEST(does_not_believe_a_malformed_frame),
		MAIL_TEST(dates_by_the_server_what_has_no_sane_date),
		MAIL_TEST(flags_senders_that_are_not_what_they_seem),
		MAIL_TEST(takes_no_party_from_a_second_from_field),
		MAIL_TEST(counts_parties_beyond_the_limit),
		MAIL_TEST(keeps_the_root_and_the_nearest_references),
		MAIL_TEST(knows_copies_by_what_they_say),
		MAIL_TEST(joins_the_servers_flags),
		MAIL_TEST(survives_nul_bytes_and_spoofs),
	};

	return RUN_MAIL_TESTS(tests);
}
