#include "fixture.h"

/* Authentication-Results (RFC 8601): what each server says of the domain in From. */

struct row {
	const char *value; /* of one field */
	const char *server;
	enum verdict verdict;
	const char *words;
};

#define CHECK(rows) \
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) \
	check_row(&rows[i])

static void
check_row(const struct row *row)
{
	struct event *event = event_of(arena_printf(arena,
		"From: Ada <ada@mail.x.example>\r\nAuthentication-Results: %s\r\n", row->value));
	const struct event_authentication *one = event->authentications;

	if (row->server == NULL) {
		if (event->authentication_count != 0)
			fail_msg("'%s' is of '%s'", row->value, one->server);
		return;
	}
	if (event->authentication_count != 1)
		fail_msg("'%s' is of nobody", row->value);
	assert_text(one->server, row->server);
	if (one->verdict != row->verdict)
		fail_msg("'%s' means %u", row->value, one->verdict);
	assert_text(one->words, row->words);
}

static void
believes_what_is_said_of_from(void **state)
{
	static const struct row rows[] = {
		{ "mx.own.example; dmarc=pass header.from=mail.x.example", "mx.own.example",
			VERDICT_VERIFIED, "dmarc=pass header.from=mail.x.example" },
		{ "mx.own.example 1; dmarc=pass (p=none dis=none) header.from=MAIL.x.example",
			"mx.own.example", VERDICT_VERIFIED,
			"dmarc=pass header.from=MAIL.x.example" },
		{ "mx.own.example; dkim=pass reason=\"good; signature\" header.d=x.example",
			"mx.own.example", VERDICT_VERIFIED, "dkim=pass header.d=x.example" },
		{ "mx.own.example; dkim=pass header.i=@mail.x.example header.s=k1",
			"mx.own.example", VERDICT_VERIFIED, "dkim=pass header.i=@mail.x.example" },
		{ "mx.own.example;\r\n\tspf=pass\r\n\tsmtp.mailfrom=bounce@mail.x.example",
			"mx.own.example", VERDICT_VERIFIED,
			"spf=pass smtp.mailfrom=bounce@mail.x.example" },
		{ "\"mx.own.example\"; DKIM / 1 = Pass header.d = x.example", "mx.own.example",
			VERDICT_VERIFIED, "DKIM=Pass header.d=x.example" },
		{ "(a (nested \\) one)) mx.own.example; dkim/1=pass header.d=x.example",
			"mx.own.example", VERDICT_VERIFIED, "dkim=pass header.d=x.example" },
		{ "mx.own.example; spf=fail smtp.mailfrom=list.z.example; "
		  "dkim=pass header.d=x.example",
			"mx.own.example", VERDICT_VERIFIED, "dkim=pass header.d=x.example" },
	};

	(void)state;
	CHECK(rows);
}

static void
believes_nothing_that_is_said_of_others(void **state)
{
	static const struct row rows[] = {
		{ "mx.own.example; none", "mx.own.example", VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example", "mx.own.example", VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; dkim=pass header.d=evil.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; dkim=pass header.d=a.mail.x.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; dkim=pass header.d=example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; dkim=pass header.d=evilx.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; spf=pass smtp.mailfrom=evil.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		/* A quoted local part is the sender's to choose, as is a domain below his own. */
		{ "mx.own.example; spf=pass smtp.mailfrom=\"x.example\"@evil.example",
			"mx.own.example", VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; spf=pass smtp.mailfrom=\"a@x.example\"@evil.example",
			"mx.own.example", VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; spf=pass smtp.helo=mail.x.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; dmarc=pass header.from=evil.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; dkim=neutral header.d=x.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; auth=pass smtp.auth=ada", "mx.own.example", VERDICT_UNVERIFIED,
			NULL },
		{ "mx.own.example; x=(dmarc=pass", "mx.own.example", VERDICT_UNVERIFIED, NULL },
		{ "mx.own.example; dkim=pass \"header.d=x.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		/* Without a server's name it is nobody's. */
		{ "dmarc=pass header.from=mail.x.example", NULL, VERDICT_UNVERIFIED, NULL },
		{ "; dmarc=pass", NULL, VERDICT_UNVERIFIED, NULL },
		{ "", NULL, VERDICT_UNVERIFIED, NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
believes_no_domain_of_which_the_end_is_cut(void **state)
{
	(void)state;
	for (int size = 250; size < 400; size++) {
		struct event *event = event_of(arena_printf(arena,
			"From: ada@x.example\r\nAuthentication-Results: mx.own.example; spf=pass "
			"smtp.mailfrom=%0*d@x.example.evil.example\r\n",
			size, 0));

		assert_int_equal(event->authentications[0].verdict, VERDICT_UNVERIFIED);
	}
}

static void
notes_what_failed(void **state)
{
	static const struct row rows[] = {
		{ "mx.own.example; dmarc=fail header.from=mail.x.example", "mx.own.example",
			VERDICT_FAILED, "dmarc=fail header.from=mail.x.example" },
		{ "mx.own.example; dkim=pass header.d=x.example; dmarc=fail", "mx.own.example",
			VERDICT_FAILED, "dmarc=fail" },
		{ "mx.own.example; spf=fail smtp.mailfrom=x.example", "mx.own.example",
			VERDICT_FAILED, "spf=fail" },
		{ "mx.own.example; spf=softfail smtp.mailfrom=x.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
		/* A list that changes letters breaks their signatures. */
		{ "mx.own.example; dkim=fail header.d=x.example", "mx.own.example",
			VERDICT_UNVERIFIED, NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
tells_the_topmost_of_each_server(void **state)
{
	const struct event *event = event_of(
		"Authentication-Results: mx.own.example; dmarc=fail\r\n"
		"Authentication-Results: relay.example; dmarc=pass header.from=x.example\r\n"
		"From: ada@x.example\r\n"
		"Authentication-Results: MX.own.example; dmarc=pass header.from=x.example\r\n");

	(void)state;
	assert_int_equal(event->authentication_count, 2);
	assert_text(event->authentications[0].server, "mx.own.example");
	assert_int_equal(event->authentications[0].verdict, VERDICT_FAILED);
	assert_text(event->authentications[1].server, "relay.example");
	assert_int_equal(event->authentications[1].verdict, VERDICT_VERIFIED);
}

static void
vouches_for_nobody_without_a_sender(void **state)
{
	const struct event *event = event_of(
		"Authentication-Results: mx.own.example; dmarc=pass\r\nTo: ada@x.example\r\n");

	(void)state;
	assert_int_equal(event->authentications[0].verdict, VERDICT_UNVERIFIED);
}

static void
is_not_held_up_by_many(void **state)
{
	struct text text = { 0 };
	struct event *event;
	double begun = cpu_ms();

	(void)state;
	text_add(&text, "From: ada@x.example\r\n");
	for (unsigned i = 0; i < 1500; i++)
		text_printf(&text, "Authentication-Results: a%u.example; %s\r\n", i,
			"dkim=pass header.d=((((((;;;;;;\"\"\"\\");
	event = event_of_bytes(text.bytes, text.size);
	assert_int_equal(event->authentication_count, EVENT_AUTHENTICATIONS_MAX);
	assert_true(cpu_ms() - begun < 1000);
	text_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(believes_what_is_said_of_from),
		MAIL_TEST(believes_nothing_that_is_said_of_others),
		MAIL_TEST(believes_no_domain_of_which_the_end_is_cut),
		MAIL_TEST(notes_what_failed),
		MAIL_TEST(tells_the_topmost_of_each_server),
		MAIL_TEST(vouches_for_nobody_without_a_sender),
		MAIL_TEST(is_not_held_up_by_many),
	};

	return RUN_MAIL_TESTS(tests);
}
