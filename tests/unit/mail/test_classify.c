#include "fixture.h"

struct row {
	const char *header;
	enum event_class class;
	const char *reason;
};

#define CHECK(rows) \
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) \
	check_row(&rows[i])

static void
check_row(const struct row *row)
{
	struct event *event = event_of(arena_printf(arena, "From: a@b.example\r\n%s", row->header));

	if (event->class != row->class || !text_equal_nocase(event->class_reason, row->reason))
		fail_msg("'%s' is of class %u by %s", row->header, event->class,
			event->class_reason == NULL ? "nothing" : event->class_reason);
}

static void
knows_mass_mail_by_its_lists(void **state)
{
	static const struct row rows[] = {
		{ "List-Id: <news.b.example>\r\n", CLASS_BULK, "List-Id" },
		{ "LIST-UNSUBSCRIBE: <mailto:x@b.example>\r\n", CLASS_BULK, "List-Unsubscribe" },
		{ "List-Post: <mailto:x@b.example>\r\n", CLASS_BULK, "List-Post" },
		{ "Precedence: bulk\r\n", CLASS_BULK, "Precedence" },
		{ "Precedence: LIST\r\n", CLASS_BULK, "Precedence" },
		{ "precedence: junk (really)\r\n", CLASS_BULK, "Precedence" },
	};

	(void)state;
	CHECK(rows);
}

static void
knows_machines_by_what_they_say(void **state)
{
	static const struct row rows[] = {
		{ "Auto-Submitted: auto-replied\r\n", CLASS_AUTOMATIC, "Auto-Submitted" },
		{ "Auto-Submitted: auto-generated (rejected)\r\n", CLASS_AUTOMATIC,
			"Auto-Submitted" },
		{ "Auto-Submitted: auto-replied; owner-email=\"a@b\"\r\nPrecedence: bulk\r\n",
			CLASS_AUTOMATIC, "Auto-Submitted" },
		{ "X-Autoreply: yes\r\n", CLASS_AUTOMATIC, "X-Autoreply" },
		{ "X-Autorespond: Re: hello\r\n", CLASS_AUTOMATIC, "X-Autorespond" },
		{ "Precedence: auto_reply\r\n", CLASS_AUTOMATIC, "Precedence" },
		{ "Content-Type: multipart/report; report-type=delivery-status\r\n",
			CLASS_AUTOMATIC, "Content-Type" },
		{ "Content-Type: Multipart/Report\r\n", CLASS_AUTOMATIC, "Content-Type" },
	};

	(void)state;
	CHECK(rows);
}

static void
takes_people_for_people(void **state)
{
	static const struct row rows[] = {
		{ "", CLASS_PERSONAL, NULL },
		{ "Auto-Submitted: no\r\n", CLASS_PERSONAL, NULL },
		{ "Auto-Submitted: No (a person)\r\n", CLASS_PERSONAL, NULL },
		{ "Auto-Submitted:\r\n", CLASS_PERSONAL, NULL },
		{ "X-Auto-Response-Suppress: All\r\n", CLASS_PERSONAL, NULL },
		{ "Precedence: normal\r\n", CLASS_PERSONAL, NULL },
		{ "Precedence: bulky\r\n", CLASS_PERSONAL, NULL },
		{ "X-Autoreply: no\r\n", CLASS_PERSONAL, NULL },
		{ "Return-Path: <>\r\n", CLASS_PERSONAL, NULL },
		{ "List-Archive: <http://b.example>\r\n", CLASS_PERSONAL, NULL },
		{ "Subject: List-Id: x\r\n", CLASS_PERSONAL, NULL },
		{ "Content-Type: multipart/reporter\r\n", CLASS_PERSONAL, NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
knows_bounces_by_their_empty_return_path(void **state)
{
	struct event *event = event_of("Return-Path: <>\r\nFrom: Mail Delivery System "
				       "<MAILER-DAEMON@mx.b.example>\r\nSubject: failed\r\n");

	(void)state;
	assert_int_equal(event->class, CLASS_AUTOMATIC);
	assert_text(event->class_reason, "Return-Path");
}

static void
knows_reports_by_their_parts(void **state)
{
	struct event *event;
	struct item item;

	(void)state;
	item_begin(&item);
	item_header(&item, "From: a@b.example\r\n", 19);
	item_part(&item, "1", "TEXT", "PLAIN", NULL, NULL, 100);
	item_part(&item, "2", "MESSAGE", "DISPOSITION-NOTIFICATION", NULL, NULL, 100);
	event = item_event(&item);
	assert_int_equal(event->class, CLASS_AUTOMATIC);
	assert_text(event->class_reason, "Content-Type");
	assert_false(event->parts[1].attachment);
}

static void
finds_the_lists_name_and_the_senders_wish(void **state)
{
	static const struct {
		const char *header, *list_id, *sensitivity;
	} rows[] = {
		{ "List-Id: Announcements <announce.b.example>\r\n", "announce.b.example", NULL },
		{ "List-Id: announce.b.example\r\n", "announce.b.example", NULL },
		{ "List-Id: \"a <b>\" <c.example>\r\n", "c.example", NULL },
		{ "List-Id: <broken\r\n", "broken", NULL },
		{ "Sensitivity: Private\r\n", NULL, "private" },
		{ "sensitivity: company-confidential\r\n", NULL, "company-confidential" },
		{ "Sensitivity: Personal\r\n", NULL, "personal" },
		{ "Sensitivity: none\r\n", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct event *event = event_of(rows[i].header);

		assert_text(event->list_id, rows[i].list_id);
		assert_text(event->sensitivity, rows[i].sensitivity);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(knows_mass_mail_by_its_lists),
		MAIL_TEST(knows_machines_by_what_they_say),
		MAIL_TEST(takes_people_for_people),
		MAIL_TEST(knows_bounces_by_their_empty_return_path),
		MAIL_TEST(knows_reports_by_their_parts),
		MAIL_TEST(finds_the_lists_name_and_the_senders_wish),
	};

	return RUN_MAIL_TESTS(tests);
}
