#include "liaison/capture/candidate.h"
#include "liaison/capture/rule.h"
#include "world.h"

/* The past matched again when a contact gets an address or a domain. */

static void
captures_the_past_of_a_new_address(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 9, 1);
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_new(world, world->inbox, 1001, event);
	world_new(world, archive, 5, event);
	world_new(world, world->inbox, 1002, world_mail(world, "jo@y.example", "me@own.example"));
	world_new(world, world->inbox, 1003, world_mail(world, "me@own.example", "ada@x.example"));
	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_int_equal(world_rematch(world, "Ada@X.example"), 2);
	assert_int_equal(world->result.captured, 2);
	assert_int_equal(world->result.told_count, 2);
	assert_decided(world->inbox, 1001, "captured");
	assert_reason(world->inbox, 1001, "from ada@x.example, contact C00001");
	assert_decided(archive, 5, "duplicate");
	assert_reason(archive, 5, "the same message as work:INBOX:1001");
	assert_decided(world->inbox, 1002, "unmatched");
	assert_decided(world->inbox, 1003, "captured");
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 2);
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
}

static void
adds_one_more_link_to_what_is_captured(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	mail_add(world, event, PARTY_CC, "bob@y.example");
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_person(world, "Bob Byte", "bob@y.example");
	assert_int_equal(world_rematch(world, "bob@y.example"), 1);
	assert_int_equal(world->result.told[0].what, CAPTURE_CHANGED);
	assert_int_equal(world->result.captured, 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 2);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact WHERE no = 'C00002'", 0), 1);
}

static void
flags_the_past_of_an_address_that_is_shared_now(void **state)
{
	struct world *world = *state;
	int64_t bob;

	world_person(world, "Ada Lovelace", "family@x.example");
	world_new(
		world, world->inbox, 1001, world_mail(world, "family@x.example", "me@own.example"));
	bob = world_contact(world, "person", "Bob Lovelace");
	world_shared_email(world, bob, "family@x.example");
	assert_int_equal(world_rematch(world, "family@x.example"), 1);
	assert_int_equal(ask(world, "SELECT sum(ambiguous) FROM interaction_contact", 0), 2);
}

static void
respects_the_time_of_an_address(void **state)
{
	struct world *world = *state;
	struct event *early = world_mail(world, "ada@x.example", "me@own.example");
	int64_t ada;

	early->at = NOW - 300 * DAY;
	world_new(world, world->inbox, 1001, early);
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	ada = world_contact(world, "person", "Ada Lovelace");
	world_email_between(world, ada, "ada@x.example", NOW - 100 * DAY, 0);
	assert_int_equal(world_rematch(world, "ada@x.example"), 1);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_decided(world->inbox, 1002, "captured");
}

static void
keeps_history_when_an_address_is_removed(void **state)
{
	struct world *world = *state;
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");

	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_ok(contact_email_remove(
		world->store, world->arena, ada, "ada@x.example", NOW, &world->err));
	capture_contacts_changed(world->capture);
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(world->inbox, 1002, "unmatched");
}

static int64_t
rematch_of(struct world *world, int64_t contact)
{
	int64_t count;

	assert_ok(capture_rematch(world->store, world->capture, world->arena, contact, NOW,
		&world->result, &count, &world->err));
	return count;
}

/* Whether it is asked of one contact or of all. */
static void
adds_nobody_to_what_people_decided(void **state)
{
	struct world *world = *state;
	struct event *bulk = world_mail(world, "r1@x.example", "me@own.example");
	int64_t one = world_person(world, "R1", "r1@x.example");
	int64_t two = world_person(world, "R2", "r2@x.example");

	bulk->class = CLASS_BULK;
	world_new(world, world->inbox, 1001, bulk);
	assert_ok(capture_link(world->store, world->capture, world->arena,
		world_row(world, world->inbox, 1001).id, two, "jo", NOW, &world->result,
		&world->err));
	assert_int_equal(rematch_of(world, 0), 0);
	assert_int_equal(rematch_of(world, one), 0);
	assert_int_equal(world_rematch(world, "r1@x.example"), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
}

static void
leaves_lists_private_and_internal_mail_alone(void **state)
{
	struct world *world = *state;
	struct event *bulk = world_mail(world, "ada@x.example", "me@own.example");
	struct event *secret = world_mail(world, "ada@x.example", "me@own.example");

	bulk->class = CLASS_BULK;
	secret->sensitivity = "personal";
	world_new(world, world->inbox, 1001, bulk);
	world_new(world, world->inbox, 1002, secret);
	world_new(
		world, world->inbox, 1003, world_mail(world, "bob@own.example", "me@own.example"));
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob Byte", "bob@own.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_int_equal(world_rematch(world, "bob@own.example"), 0);
	assert_decided(world->inbox, 1001, "bulk");
	assert_decided(world->inbox, 1002, "private");
	assert_decided(world->inbox, 1003, "internal");
}

static int64_t
rematch_domain(struct world *world, const char *domain)
{
	int64_t count;

	assert_ok(capture_rematch_domain(world->store, world->capture, world->arena, domain, NOW,
		&world->result, &count, &world->err));
	return count;
}

static void
captures_the_past_of_a_new_domain(void **state)
{
	struct world *world = *state;
	int64_t company;

	world_new(world, world->inbox, 1001, world_mail(world, "jo@x.example", "me@own.example"));
	world_new(world, world->inbox, 1002,
		world_mail(world, "bo@mail.x.example", "me@own.example"));
	world_new(
		world, world->inbox, 1003, world_mail(world, "cy@notx.example", "me@own.example"));
	company = world_contact(world, "company", "Example Ltd");
	assert_ok(
		contact_domain_add(world->store, world->arena, company, "x.example", &world->err));
	capture_contacts_changed(world->capture);
	assert_int_equal(rematch_domain(world, "X.example"), 2);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(world->inbox, 1002, "captured");
	assert_decided(world->inbox, 1003, "unmatched");
	assert_int_equal(rematch_domain(world, "gmail.com"), 0);
}

static void
finds_tagged_addresses_where_tags_are_folded(void **state)
{
	struct world *world = *state;

	world->sources[0].fold_subaddress = true;
	world_configure(world);
	world_new(
		world, world->inbox, 1001, world_mail(world, "ada+a@x.example", "me@own.example"));
	world_new(
		world, world->inbox, 1002, world_mail(world, "ada+b@y.example", "me@own.example"));
	world_new(world, world->inbox, 1003, world_mail(world, "adam@x.example", "me@own.example"));
	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(world->inbox, 1002, "unmatched");
}

static void
rematches_a_contact_or_everything(void **state)
{
	struct world *world = *state;
	int64_t ada, count;

	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	world_new(world, world->inbox, 1002, world_mail(world, "ada@y.example", "me@own.example"));
	world_new(world, world->inbox, 1003, world_mail(world, "bob@z.example", "me@own.example"));
	ada = world_person(world, "Ada Lovelace", "ada@x.example");
	world_email(world, ada, "ada@y.example");
	world_person(world, "Bob Byte", "bob@z.example");
	assert_ok(capture_rematch(world->store, world->capture, world->arena, ada, NOW,
		&world->result, &count, &world->err));
	assert_int_equal(count, 2);
	assert_decided(world->inbox, 1003, "unmatched");
	assert_ok(capture_rematch(world->store, world->capture, world->arena, 0, NOW,
		&world->result, &count, &world->err));
	assert_int_equal(count, 1);
	assert_decided(world->inbox, 1003, "captured");
}

/* A transaction whose time is over before it begins. */
static void
match_one(struct world *world, struct past_run *run)
{
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_past(world->store, world->capture, world->arena, run, 1, NOW,
		&world->result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
}

static void
write_to_us(struct world *world, uint32_t first, uint32_t last, const char *address)
{
	for (uint32_t uid = first; uid <= last; uid++)
		world_new(world, world->inbox, uid, world_mail(world, address, "me@own.example"));
}

static void
matches_the_past_in_as_many_transactions_as_it_takes(void **state)
{
	static const struct {
		const char *key, *address;
	} PASTS[] = {
		{ "ada@x.example", "ada@x.example" },
		{ "@y.example", "bo@y.example" },
		{ NULL, "cy@z.example" },
	};
	struct world *world = *state;

	for (uint32_t i = 0; i < sizeof PASTS / sizeof *PASTS; i++) {
		struct past_run run = { .key = PASTS[i].key };
		uint32_t first = 1001 + 10 * i;

		write_to_us(world, first, first + 2, PASTS[i].address);
		world_person(world, "A Person", PASTS[i].address);
		for (int64_t made = 1; made <= 3; made++) {
			assert_false(run.over);
			match_one(world, &run);
			assert_int_equal(run.made, made);
			assert_int_equal(ask(world, "SELECT count(*) FROM candidate_past", 0),
				made < 3 && run.key != NULL);
		}
		assert_true(run.over);
		assert_int_equal(run.last, run.after);
		assert_decided(world->inbox, first + 2, "captured");
	}
}

static void
goes_on_with_the_past_behind_capture(void **state)
{
	struct world *world = *state;
	struct past_run run = { .key = "ada@x.example" };
	struct candidate_result result;

	write_to_us(world, 1001, 1004, "ada@x.example");
	world_person(world, "Ada Lovelace", "ada@x.example");
	match_one(world, &run);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(world->inbox, 1002, "unmatched");
	capture_free(world->capture); /* the engine was killed */
	world->capture = capture_new(&world->config);
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(candidate_follow(
		world->store, world->capture, world->arena, 100, NOW, &result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	assert_int_equal(result.capture.told_count, 3);
	assert_decided(world->inbox, 1004, "captured");
	assert_int_equal(ask(world, "SELECT count(*) FROM candidate_past", 0), 0);
}

static void
ends_the_past_of_an_address_that_is_nowhere_any_more(void **state)
{
	struct world *world = *state;
	struct candidate_result result;

	assert_ok(store_begin(world->store, &world->err));
	assert_ok(stmt_run(sql_prepare(world->store, "INSERT INTO candidate_past (address) VALUES "
						     "('ada@x.example')"),
		&world->err));
	assert_ok(candidate_follow(
		world->store, world->capture, world->arena, 100, NOW, &result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	assert_int_equal(ask(world, "SELECT count(*) FROM candidate_past", 0), 0);
}

static void
leaves_the_past_to_who_waits_for_it(void **state)
{
	struct world *world = *state;
	struct past_run run = { .key = "ada@x.example", .awaited = true };
	struct candidate_result result;

	write_to_us(world, 1001, 1003, "ada@x.example");
	world_person(world, "Ada Lovelace", "ada@x.example");
	match_one(world, &run);
	for (int64_t later = 4; later <= 5; later++) {
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(candidate_follow(world->store, world->capture, world->arena, 100,
			NOW + later, &result, &world->err));
		assert_ok(store_commit(world->store, &world->err));
		assert_int_equal(result.capture.told_count, later == 5 ? 2 : 0);
	}
}

static void
wants_the_text_of_old_mail(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	struct event_part part = { .part = "1.2", .type = "text/plain", .size = 100 };
	int64_t next;

	world->sources[0].level = LEVEL_TEXT;
	event->parts = &part;
	event->part_count = 1;
	event->text_part = "1.2";
	world_new(world, world->inbox, 1001, event);
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 0);
	next = world_stream(world, world->work, "INBOX", 8, 1);
	world_new(world, next, 1, event);
	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 1);
	assert_int_equal(world->result.wanted, 1);
	assert_int_equal(ask(world, "SELECT stream_id FROM want", 0), next);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(next, 1, "captured");
}

static void
puts_what_it_captures_into_its_thread(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "me@own.example", "ada@x.example");
	struct event *reply = world_mail(world, "ada@x.example", "me@own.example");
	struct event *both = world_mail(world, "ada@x.example", "me@own.example");

	mail_reply(world, reply, first);
	mail_reply(world, both, reply);
	world_new(world, world->inbox, 1001, first);
	world_new(world, world->inbox, 1002, reply);
	mail_add(world, both, PARTY_CC, "bob@z.example");
	world_person(world, "Bob Byte", "bob@z.example");
	world_new(world, world->inbox, 1003, both);
	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 3);
	assert_int_equal(ask(world, "SELECT count(DISTINCT thread) FROM interaction", 0), 1);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM interaction WHERE initiated_by = 'us'", 0), 3);
}

static void
forgets_a_contact_that_was_taken_back(void **state)
{
	struct world *world = *state;
	struct contact ada = { .type = "person", .name = "Ada Lovelace" };
	struct contact_email email = { .email = "ada@x.example" };
	int64_t count;

	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(contact_add(world->store, world->arena, &ada, NOW, &world->err));
	assert_ok(contact_email_add(world->store, world->arena, ada.id, &email, &world->err));
	assert_ok(capture_rematch_address(world->store, world->capture, world->arena,
		"ada@x.example", NOW, &world->result, &count, &world->err));
	assert_int_equal(count, 1);
	store_rollback(world->store);
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "unmatched");
	assert_decided(world->inbox, 1002, "unmatched");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(captures_the_past_of_a_new_address),
		TEST(adds_one_more_link_to_what_is_captured),
		TEST(flags_the_past_of_an_address_that_is_shared_now),
		TEST(respects_the_time_of_an_address),
		TEST(keeps_history_when_an_address_is_removed),
		TEST(adds_nobody_to_what_people_decided),
		TEST(leaves_lists_private_and_internal_mail_alone),
		TEST(captures_the_past_of_a_new_domain),
		TEST(finds_tagged_addresses_where_tags_are_folded),
		TEST(rematches_a_contact_or_everything),
		TEST(matches_the_past_in_as_many_transactions_as_it_takes),
		TEST(goes_on_with_the_past_behind_capture),
		TEST(ends_the_past_of_an_address_that_is_nowhere_any_more),
		TEST(leaves_the_past_to_who_waits_for_it),
		TEST(wants_the_text_of_old_mail),
		TEST(puts_what_it_captures_into_its_thread),
		TEST(forgets_a_contact_that_was_taken_back),
	};

	return cmocka_run_group_tests_name("rematch", tests, NULL, NULL);
}
