#include "liaison/capture/candidate.h"
#include "liaison/crm/salesperson.h"
#include "world.h"

/* Who a sender is, as far as it can be told: the receiving server's word, and names that are taken. */

static const char *
sender(struct world *world, unsigned uid)
{
	return ask_text(world,
		"SELECT ifnull(authentication, '-') || ' ' || ifnull(authentication_reason, '-') "
		"FROM message WHERE id = ?",
		world_row(world, world->inbox, uid).message);
}

static bool
has_known_name(struct world *world, unsigned uid)
{
	return ask(world, "SELECT flags & 2048 FROM message WHERE id = ?",
		       world_row(world, world->inbox, uid).message) != 0;
}

static struct event *
vouched(struct world *world, const char *server, enum verdict verdict)
{
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	event->authentications = arena_array(world->arena, 2, sizeof *event->authentications);
	event->authentications[0] = (struct event_authentication){ "evil.example", VERDICT_VERIFIED,
		"dmarc=pass" };
	event->authentications[1] = (struct event_authentication){ server, verdict,
		"dkim=pass header.d=y.example" };
	event->authentication_count = 2;
	return event;
}

static void
believes_the_server_that_is_configured(void **state)
{
	struct world *world = *state;

	world->sources[0].authserv_id = "mx.own.example";
	world_configure(world);
	world_new(world, world->inbox, 1001, vouched(world, "MX.own.example", VERDICT_VERIFIED));
	assert_string_equal(sender(world, 1001), "verified dkim=pass header.d=y.example");
	world_new(world, world->inbox, 1002, vouched(world, "mx.own.example", VERDICT_FAILED));
	assert_string_equal(sender(world, 1002), "failed dkim=pass header.d=y.example");
	world_new(world, world->inbox, 1003, vouched(world, "mx2.own.example", VERDICT_VERIFIED));
	assert_string_equal(sender(world, 1003), "unverified -");
	world_new(world, world->inbox, 1004, world_mail(world, "me@own.example", "jo@y.example"));
	assert_string_equal(sender(world, 1004), "- -");
}

static void
believes_nobody_unless_told_whom(void **state)
{
	struct world *world = *state;

	world_new(world, world->inbox, 1001, vouched(world, "mx.own.example", VERDICT_VERIFIED));
	assert_string_equal(sender(world, 1001), "unverified -");
}

static void
keeps_no_words_of_what_is_not_kept(void **state)
{
	struct world *world = *state;

	world->sources[0].authserv_id = "mx.own.example";
	world->config.unmatched = UNMATCHED_ADDRESSES;
	world_configure(world);
	world_new(world, world->inbox, 1001, vouched(world, "mx.own.example", VERDICT_VERIFIED));
	assert_string_equal(sender(world, 1001), "verified -");
}

static void
flags_a_name_that_is_taken(void **state)
{
	static const struct {
		const char *from, *name;
		bool flagged;
	} rows[] = {
		{ "ada@x.example", "Ada Lovelace", false }, /* she herself */
		{ "ada@evil.example", "Ada Lovelace", true },
		{ "ada@evil.example", "LOVELACE, Ada", true },
		{ "ada@evil.example", "Ada Lovelace (x.example)", true },
		{ "ada@evil.example", "Ada", false }, { "ada@evil.example", "Ada Byron", false },
		{ "ada@evil.example", NULL, false },
		{ "bo@evil.example", "Bo Bee", false }, /* of whom no address is known */
		{ "me@evil.example", "Al Boss", true }, /* one of us */
	};
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_contact(world, "person", "Bo Bee");
	ask(world, "INSERT INTO salesperson (code, name) VALUES ('AB', 'Al Boss') RETURNING id", 0);
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct event *event = world_mail(world, rows[i].from, "me@own.example");

		event->parties[0].name = rows[i].name;
		world_new(world, world->inbox, 1001 + i, event);
		if (has_known_name(world, 1001 + i) != rows[i].flagged)
			fail_msg("'%s <%s>' is %sflagged", rows[i].name, rows[i].from,
				rows[i].flagged ? "not " : "");
	}
}

static void
makes_nobody_of_whom_it_doubts(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@evil.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world->sources[0].create_contacts = CREATE_ALL;
	world->sources[0].authserv_id = "mx.own.example";
	world_configure(world);
	event->parties[0].name = "Ada Lovelace";
	world_new(world, world->inbox, 1001, event);
	world_new(world, world->inbox, 1002, vouched(world, "mx.own.example", VERDICT_FAILED));
	assert_int_equal(ask(world, "SELECT count(*) FROM contact", 0), 1);
	event = vouched(world, "mx.own.example", VERDICT_VERIFIED);
	event->parties[0].name = "Jo March";
	world_new(world, world->inbox, 1003, event);
	assert_int_equal(ask(world, "SELECT count(*) FROM contact", 0), 2);
	/* Whose name is taken from now on. */
	event = world_mail(world, "jo@evil.example", "me@own.example");
	event->parties[0].name = "Jo March";
	world_new(world, world->inbox, 1004, event);
	assert_true(has_known_name(world, 1004));
	assert_int_equal(ask(world, "SELECT count(*) FROM contact", 0), 2);
}

static void
takes_no_mail_of_our_own_for_mass_mail(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "bob@own.example");

	event->class = CLASS_BULK;
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "internal");
	event = world_mail(world, "bob@own.example", "me@own.example");
	event->class = CLASS_BULK;
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "bulk");
	event = world_mail(world, "me@own.example", "bob@own.example");
	event->class = CLASS_AUTOMATIC;
	world_new(world, world->inbox, 1003, event);
	assert_decided(world->inbox, 1003, "automatic");
}

static const char *
explain(struct world *world, unsigned uid)
{
	struct explain_thing thing = { .source = "work", .folder = "INBOX", .uid = uid };
	struct json_out out;

	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(explain_write(
		world->store, world->capture, world->arena, &thing, &out, &world->err));
	return world->text.bytes;
}

static void
explains_the_sender_and_the_tag(void **state)
{
	struct world *world = *state;
	struct event *event;

	world->sources[0].authserv_id = "mx.own.example";
	world_configure(world);
	event = vouched(world, "mx.own.example", VERDICT_FAILED);
	event->flags = EVENT_AMBIGUOUS_FROM | EVENT_SPOOFED_NAME | EVENT_MIXED_SCRIPT |
		       EVENT_CALENDAR;
	world_new(world, world->inbox, 1001, event);
	assert_non_null(strstr(explain(world, 1001),
		"\"authentication\":\"failed\",\"authentication_reason\":\"dkim=pass "
		"header.d=y.example\",\"flags\":[\"several-from\",\"mixed-script\","
		"\"spoofed-name\",\"calendar\"]"));
	world_new(world, world->inbox, 1002, world_mail(world, "jo+a@y.example", "me@own.example"));
	assert_non_null(strstr(explain(world, 1002),
		"no contact has this address with its tag, which subaddress = keep makes part of "
		"it, no company the domain y.example"));
	world->sources[0].fold_subaddress = true;
	world_configure(world);
	assert_non_null(strstr(explain(world, 1002),
		"no contact has this address, nor jo@y.example, which it is without its tag, no "
		"company the domain y.example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(believes_the_server_that_is_configured),
		TEST(believes_nobody_unless_told_whom),
		TEST(keeps_no_words_of_what_is_not_kept),
		TEST(flags_a_name_that_is_taken),
		TEST(makes_nobody_of_whom_it_doubts),
		TEST(takes_no_mail_of_our_own_for_mass_mail),
		TEST(explains_the_sender_and_the_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
