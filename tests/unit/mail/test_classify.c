#include "fixture.h"
#include "liaison/mail/classify.h"

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
		{ "Return-Path: <>\r\n", CLASS_AUTOMATIC, "Return-Path" },
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
		{ "Return-Path: <a@b.example>\r\n", CLASS_PERSONAL, NULL },
		{ "Subject: Out of office: next week\r\n", CLASS_PERSONAL, NULL },
		{ "Subject: Re: Out of office\r\nX-Auto-Response-Suppress: All\r\n", CLASS_PERSONAL,
			NULL },
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
knows_answers_in_absence_by_two_signs(void **state)
{
	static const char *const subjects[] = { "Automatic reply: Offer", "OUT OF OFFICE Re: Offer",
		"=?utf-8?q?R=C3=A9ponse_automatique?= : Offre", "Abwesenheitsnotiz: Angebot",
		"Automatische Antwort: Angebot", "=?utf-8?q?Respuesta_autom=C3=A1tica?=: Oferta",
		"Risposta automatica: Offerta", "Afwezig: offerte", "=?utf-8?b?6Ieq5YuV5b+c562U?=",
		"=?utf-8?q?=D0=90=D0=B2=D1=82=D0=BE=D0=BE=D1=82=D0=B2=D0=B5=D1=82?=" };
	static const char *const signs[] = { "X-Auto-Response-Suppress: All\r\n",
		"X-MS-Exchange-Inbox-Rules-Loop: ada@x.example\r\n" };

	(void)state;
	for (size_t n = 0; n < sizeof subjects / sizeof *subjects; n++) {
		struct row rows[] = {
			{ arena_printf(arena, "Subject: %s\r\n", subjects[n]), CLASS_PERSONAL,
				NULL },
			{ arena_printf(arena, "Subject: %s\r\n%s", subjects[n], signs[n % 2]),
				CLASS_AUTOMATIC, "Subject" },
		};

		CHECK(rows);
	}
}

static void
takes_mail_to_very_many_for_mass_mail(void **state)
{
	struct text text = { 0 };
	struct event *event;

	(void)state;
	text_add(&text, "From: a@b.example\r\nTo: g0@c.example");
	for (unsigned i = 1; i < CLASSIFY_RECIPIENTS_MAX; i++)
		text_printf(&text, "%s g%u@c.example", i == 20 ? "\r\nCc:" : ",", i);
	event = event_of(arena_printf(arena, "%s\r\n", text.bytes));
	assert_int_equal(event->class, CLASS_PERSONAL);
	event = event_of(arena_printf(arena, "%s, h@c.example\r\n", text.bytes));
	assert_int_equal(event->class, CLASS_BULK);
	assert_text(event->class_reason, CLASSIFY_MANY);
	text_clear(&text);
}

static struct event *
event_with_part(const char *header, const char *subtype, const char *disposition)
{
	struct item item;

	item_begin(&item);
	item_header(&item, header, strlen(header));
	item_part(&item, "1", "TEXT", "PLAIN", NULL, NULL, 100);
	item_part(&item, "2", "TEXT", subtype, disposition, NULL, 100);
	return item_event(&item);
}

static void
takes_invitations_for_a_persons_doing(void **state)
{
	static const char *const headers[] = {
		"From: a@b.example\r\nAuto-Submitted: auto-generated\r\n",
		"From: a@b.example\r\nReturn-Path: <>\r\n",
		"From: a@b.example\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		const struct event *event = event_with_part(headers[i], "CALENDAR", NULL);

		assert_int_equal(event->class, CLASS_PERSONAL);
		assert_true(event->flags & EVENT_CALENDAR);
	}
	/* A file of events is none, and a list's mail stays a list's. */
	assert_false(event_with_part(headers[0], "CALENDAR", "ATTACHMENT")->flags & EVENT_CALENDAR);
	assert_int_equal(
		event_with_part(headers[0], "CALENDAR", "ATTACHMENT")->class, CLASS_AUTOMATIC);
	assert_int_equal(
		event_with_part("From: a@b.example\r\nList-Id: <l.b.example>\r\n", "CALENDAR", NULL)
			->class,
		CLASS_BULK);
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
		MAIL_TEST(knows_answers_in_absence_by_two_signs),
		MAIL_TEST(takes_mail_to_very_many_for_mass_mail),
		MAIL_TEST(takes_invitations_for_a_persons_doing),
		MAIL_TEST(knows_reports_by_their_parts),
		MAIL_TEST(finds_the_lists_name_and_the_senders_wish),
	};

	return RUN_MAIL_TESTS(tests);
}
