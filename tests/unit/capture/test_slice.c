#include "world.h"

/* A slice as a whole: the cursor, the window, what is kept, what a rollback leaves behind. */

static int64_t
cursor(struct world *world)
{
	return ask(world, "SELECT cursor FROM stream WHERE id = ?", world->inbox);
}

static void
moves_the_cursor_only_forward(void **state)
{
	struct world *world = *state;
	struct capture_slice slice = { .stream_id = world->inbox, .kind = CAPTURE_NEW };

	assert_int_equal(cursor(world), 1000);
	world_new(world, world->inbox, 1005, world_mail(world, "jo@y.example", "me@own.example"));
	assert_int_equal(cursor(world), 1005);
	slice.cursor = 1003;
	world_slice(world, &slice);
	assert_int_equal(cursor(world), 1005);
	slice.cursor = 0;
	world_slice(world, &slice);
	assert_int_equal(cursor(world), 1005);
	slice.cursor = 1010;
	world_slice(world, &slice);
	assert_int_equal(cursor(world), 1010);
}

static void
leaves_a_decided_uid_as_it_is(void **state)
{
	struct world *world = *state;
	struct row row;

	world_new(world, world->inbox, 1001, world_mail(world, "jo@y.example", "me@own.example"));
	row = world_row(world, world->inbox, 1001);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(world->result.decided, 0);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_int_equal(world_row(world, world->inbox, 1001).id, row.id);
	assert_int_equal(ask(world, "SELECT count(*) FROM message", 0), 1);
}

static void
takes_a_uid_that_stands_twice_in_a_slice_once(void **state)
{
	struct world *world = *state;
	struct capture_item items[2] = {
		{ .uid = 1001, .event = world_mail(world, "jo@y.example", "me@own.example") },
		{ .uid = 1001, .event = world_mail(world, "bo@y.example", "me@own.example") },
	};
	struct capture_slice slice = {
		.stream_id = world->inbox,
		.kind = CAPTURE_NEW,
		.items = items,
		.count = 2,
		.cursor = 1001,
	};

	world_slice(world, &slice);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), 1);
	assert_int_equal(world->result.decided, 1);
}

static void
puts_old_mail_outside_the_window(void **state)
{
	struct world *world = *state;
	struct event *old = world_mail(world, "ada@x.example", "me@own.example");
	struct event *older = world_mail(world, "ada@x.example", "me@own.example");
	struct event *edge = world_mail(world, "ada@x.example", "me@own.example");

	old->date = NOW - 200 * DAY;
	older->date = 0;
	older->internal_date = NOW - 91 * DAY;
	edge->date = edge->internal_date = NOW - 90 * DAY;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 10, old);
	assert_int_equal(world->result.outside, 1);
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 11, older);
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 12, edge);
	assert_int_equal(ask(world, "SELECT count(*) FROM outside", 0), 2);
	assert_int_equal(world_row(world, world->inbox, 10).id, 0);
	assert_decided(world->inbox, 12, "captured");
}

static void
decides_new_mail_whatever_its_date(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	event->date = event->at = NOW - 4000 * DAY;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
}

static void
counts_the_backfill_down(void **state)
{
	struct world *world = *state;
	struct capture_item item = { .uid = 900,
		.event = world_mail(world, "jo@y.example", "me@own.example") };
	struct uid_set gone = { 0 };
	struct capture_slice slice = {
		.stream_id = world->inbox,
		.kind = CAPTURE_BACKFILL,
		.items = &item,
		.count = 1,
		.gone = &gone,
		.low = 800,
		.low_moves = true,
	};
	struct stream stream;

	uid_set_add_range(&gone, 901, 903);
	world_slice(world, &slice);
	assert_ok(stream_get(world->store, world->arena, world->inbox, &stream, &world->err));
	assert_int_equal(stream.low, 800);
	assert_int_equal(stream.backfill_done, 4);
	assert_string_equal(stream.backfill, "running");
	assert_int_equal(stream.cursor, 1000);
	slice = (struct capture_slice){
		.stream_id = world->inbox, .kind = CAPTURE_BACKFILL, .low_moves = true
	};
	world_slice(world, &slice);
	assert_ok(stream_get(world->store, world->arena, world->inbox, &stream, &world->err));
	assert_int_equal(stream.low, 0);
	assert_string_equal(stream.backfill, "done");
	uid_set_clear(&gone);
}

static void
looks_again_at_what_a_wider_window_takes_in(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");
	struct uid_set decided = { 0 };

	event->date = NOW - 200 * DAY;
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 10, event);
	assert_ok(ledger_decided(world->store, world->inbox, 1, 1000, &decided, &world->err));
	assert_int_equal(uid_set_size(&decided), 1);
	assert_ok(stream_backfill(world->store, world->inbox, true, NOW - 30 * DAY, &world->err));
	uid_set_reset(&decided);
	assert_ok(ledger_decided(world->store, world->inbox, 1, 1000, &decided, &world->err));
	assert_int_equal(uid_set_size(&decided), 1);
	assert_ok(stream_backfill(world->store, world->inbox, false, 0, &world->err));
	uid_set_reset(&decided);
	assert_ok(ledger_decided(world->store, world->inbox, 1, 1000, &decided, &world->err));
	assert_int_equal(uid_set_size(&decided), 0);
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 10, event);
	assert_decided(world->inbox, 10, "unmatched");
	uid_set_clear(&decided);
}

static void
replaces_a_quarantined_row_when_it_can_be_read(void **state)
{
	struct world *world = *state;
	int64_t id;

	world_new(world, world->inbox, 1001, NULL);
	id = world_row(world, world->inbox, 1001).id;
	world_decide(world, CAPTURE_RETRY, world->inbox, 1001, NULL);
	assert_int_equal(ask(world, "SELECT tries FROM quarantine", 0), 2);
	assert_decided(world->inbox, 1001, "quarantined");
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_decide(world, CAPTURE_RETRY, world->inbox, 1001,
		world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(world_row(world, world->inbox, 1001).id, id);
	assert_int_equal(ask(world, "SELECT count(*) FROM quarantine", 0), 0);
	assert_int_equal(ask(world, "SELECT version FROM ledger", 0), 3);
}

static void
retries_only_what_is_quarantined_or_missing(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	world_new(world, world->inbox, 1001, event);
	world_decide(world, CAPTURE_RETRY, world->inbox, 1001,
		world_mail(world, "bo@y.example", "me@own.example"));
	assert_int_equal(world->result.decided, 0);
	event = world_mail(world, "bo@y.example", "me@own.example");
	event->date = NOW - 200 * DAY;
	world_decide(world, CAPTURE_RETRY, world->inbox, 500, event);
	assert_int_equal(world->result.outside, 1);
	world_decide(world, CAPTURE_RETRY, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "unmatched");
}

static void
keeps_of_strangers_what_the_configuration_says(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	event->parties[0].name = "Jo Doe";
	world_new(world, world->inbox, 1001, event);
	assert_int_equal(ask(world, "SELECT count(*) FROM message WHERE subject = 'Hello'", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM party WHERE name = 'Jo Doe'", 0), 1);
	world->config.unmatched = UNMATCHED_ADDRESSES;
	event = world_mail(world, "jo@y.example", "me@own.example");
	event->parties[0].name = "Jo Doe";
	world_new(world, world->inbox, 1002, event);
	assert_int_equal(ask(world, "SELECT count(*) FROM message WHERE subject IS NULL", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM party WHERE name = 'Jo Doe'", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 4);
	world->config.unmatched = UNMATCHED_NONE;
	event = world_mail(world, "someone@else.example", "me@own.example");
	event->subject = "Secret";
	mail_reply(world, event, world_mail(world, "x@y.example", NULL));
	world_new(world, world->inbox, 1003, event);
	assert_decided(world->inbox, 1003, "unmatched");
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 4);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM address WHERE address LIKE 'someone%'", 0), 0);
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM message WHERE message_id IS NULL "
			"AND message_id_hash IS NULL AND in_reply_to IS NULL AND subject IS NULL",
			0),
		1);
	assert_int_equal(ask(world, "SELECT count(*) FROM thread_ref", 0), 0);
}

static void
keeps_all_of_what_is_captured(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "Ada@x.example", "me@own.example");
	struct event_part parts[2] = {
		{ .part = "1",
			.type = "text/html",
			.charset = "utf-8",
			.encoding = "base64",
			.size = 99 },
		{ .part = "2",
			.type = "application/pdf",
			.name = "offer \"1\".pdf",
			.size = 12345,
			.attachment = true },
	};

	world->config.unmatched = UNMATCHED_NONE;
	event->parts = parts;
	event->part_count = 2;
	event->text_part = "1";
	event->parties[0].name = "Ada";
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_string_equal(ask_text(world, "SELECT parts FROM message", 0),
		"[{\"name\":\"offer \\\"1\\\".pdf\",\"type\":\"application/pdf\",\"size\":12345}]");
	assert_string_equal(
		ask_text(world, "SELECT text_part FROM message", 0), "1 base64 utf-8 html 99");
	assert_string_equal(
		ask_text(world, "SELECT name || ' ' || email FROM party WHERE place = 0", 0),
		"Ada Ada@x.example");
}

static void
forgets_what_a_rollback_undid(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");
	struct event *reply = world_mail(world, "jo@y.example", "me@own.example");
	struct capture_item item = { .uid = 1001, .event = event };
	struct capture_slice slice = {
		.stream_id = world->inbox,
		.kind = CAPTURE_NEW,
		.items = &item,
		.count = 1,
		.cursor = 1001,
	};

	mail_reply(world, reply, event);
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_slice(world->store, world->capture, world->arena, &slice, NOW,
		&world->result, &world->err));
	store_rollback(world->store);
	ask(world, "INSERT INTO address (address) VALUES ('other@z.example')", 0);
	world_new(world, world->inbox, 1002, reply);
	world_new(world, world->inbox, 1003, event);
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM party p JOIN address a ON a.id = p.address_id "
			"WHERE a.address = 'jo@y.example'",
			0),
		2);
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM party p JOIN address a ON a.id = p.address_id "
			"WHERE a.address = 'other@z.example'",
			0),
		0);
	assert_int_equal(ask(world, "SELECT count(DISTINCT thread) FROM message", 0), 1);
}

static void
forgets_what_an_undone_retry_learned(void **state)
{
	struct world *world = *state;
	struct capture_item item = { .uid = 1001,
		.event = world_mail(world, "jo@y.example", "me@own.example") };
	struct capture_slice slice = {
		.stream_id = world->inbox, .kind = CAPTURE_RETRY, .items = &item, .count = 1
	};

	world_new(world, world->inbox, 1001, NULL);
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_slice(world->store, world->capture, world->arena, &slice, NOW,
		&world->result, &world->err));
	store_rollback(world->store);
	ask(world, "INSERT INTO address (address) VALUES ('other@z.example')", 0);
	world_slice(world, &slice);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM party p JOIN address a ON a.id = p.address_id "
			"WHERE a.address = 'other@z.example'",
			0),
		0);
}

static void
does_not_trust_numbers_of_erased_addresses(void **state)
{
	struct world *world = *state;

	world_new(world, world->inbox, 1001, world_mail(world, "jo@y.example", "me@own.example"));
	world_new(world, world->inbox, 1002, world_mail(world, "bo@y.example", "me@own.example"));
	ask(world, "DELETE FROM ledger WHERE uid = 1001", 0);
	ask(world, "DELETE FROM message WHERE id = 1", 0);
	ask(world, "DELETE FROM address WHERE address = 'jo@y.example'", 0);
	capture_contacts_changed(world->capture);
	world_new(world, world->inbox, 1003, world_mail(world, "jo@y.example", "me@own.example"));
	assert_decided(world->inbox, 1003, "unmatched");
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM party p JOIN address a ON a.id = p.address_id "
			"WHERE a.address = 'jo@y.example'",
			0),
		1);
}

static void
opens_a_stream_once_and_keeps_its_marks(void **state)
{
	struct world *world = *state;
	struct stream stream;
	bool fresh;

	world_new(world, world->inbox, 1001, world_mail(world, "jo@y.example", "me@own.example"));
	assert_ok(stream_open(world->store, world->arena, world->work, "INBOX", 7, "", 2000, false,
		0, &stream, &fresh, &world->err));
	assert_false(fresh);
	assert_int_equal(stream.id, world->inbox);
	assert_int_equal(stream.cursor, 1001);
	assert_int_equal(stream.anchor, 1000);
	assert_true(stream.has_since);
	assert_string_equal(stream.source, "work");
	assert_ok(stream_open(world->store, world->arena, world->work, "INBOX", 8, "", 1, false, 0,
		&stream, &fresh, &world->err));
	assert_true(fresh);
	assert_int_equal(stream.cursor, 0);
	assert_string_equal(stream.backfill, "done");
	assert_int_equal(ask(world, "SELECT current FROM stream WHERE id = ?", world->inbox), 0);
	assert_ok(stream_open(world->store, world->arena, world->work, "INBOX", 7, "", 2000, false,
		0, &stream, &fresh, &world->err));
	assert_true(stream.current);
	assert_int_equal(ask(world, "SELECT count(*) FROM stream WHERE current = 1", 0), 1);
}

static struct stream
open_at(struct world *world, const char *folder, const char *server, uint32_t uidnext, bool *fresh)
{
	struct stream stream;

	assert_ok(stream_open(world->store, world->arena, world->work, folder, 7, server, uidnext,
		false, 0, &stream, fresh, &world->err));
	return stream;
}

static void
keeps_two_servers_of_one_uidvalidity_apart(void **state)
{
	struct world *world = *state;
	struct event *known = world_mail(world, "jo@y.example", "me@own.example");
	struct event *other = world_mail(world, "jo@y.example", "me@own.example");
	struct stream stream;
	bool fresh;

	world_person(world, "Jo", "jo@y.example");
	world_new(world, world->inbox, 1001, known);
	stream = open_at(world, "INBOX", "a.example:993 me", 1002, &fresh);
	assert_false(fresh); /* of before servers were noted */
	assert_false(stream.moved);
	assert_int_equal(stream.id, world->inbox);
	assert_int_equal(stream.cursor, 1001);

	stream = open_at(world, "INBOX", "b.example:993 me", 900, &fresh);
	assert_true(fresh);
	assert_true(stream.moved);
	assert_int_not_equal(stream.id, world->inbox);
	assert_int_equal(stream.uidvalidity, 7);
	assert_int_equal(stream.cursor, 899);
	world_new(world, stream.id, 1001, other);
	world_new(world, stream.id, 1002, known);
	assert_decided(stream.id, 1001, "captured");
	assert_decided(stream.id, 1002, "captured");
	assert_int_equal(
		ask(world, "SELECT recognised FROM ledger WHERE stream_id = ? AND uid = 1002",
			stream.id),
		1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 2);

	stream = open_at(world, "INBOX", "a.example:993 me", 1002, &fresh);
	assert_false(fresh);
	assert_true(stream.moved);
	assert_int_equal(stream.id, world->inbox);
	assert_int_equal(stream.cursor, 1001);
}

static void
leaves_the_folders_of_the_former_server_that_the_new_one_has_not(void **state)
{
	struct world *world = *state;
	struct stream former, stream;
	bool fresh;

	open_at(world, "INBOX", "a.example:993 me", 10, &fresh);
	former = open_at(world, "Old", "a.example:993 me", 10, &fresh);
	stream = open_at(world, "INBOX", "b.example:993 me", 10, &fresh);
	assert_true(stream.moved);
	assert_int_equal(ask(world, "SELECT current FROM stream WHERE id = ?", former.id), 0);
	assert_false(open_at(world, "Sent", "b.example:993 me", 10, &fresh).moved);
}

static void
lists_the_current_streams_of_a_source(void **state)
{
	struct world *world = *state;
	struct stream *list;
	unsigned count;

	world_stream(world, world->work, "Archive", 1, 1);
	world_stream(world, world->work, "INBOX", 8, 1);
	world_stream(world, world->home, "INBOX", 1, 1);
	assert_ok(stream_list(world->store, world->arena, world->work, &list, &count, &world->err));
	assert_int_equal(count, 2);
	assert_string_equal(list[0].folder, "Archive");
	assert_int_equal(list[1].uidvalidity, 8);
	assert_ok(stream_completed(world->store, list[0].id, NOW, &world->err));
	assert_int_equal(
		ask(world, "SELECT last_complete FROM source WHERE id = ?", world->work), NOW);
	assert_ok(stream_set_backfill(world->store, list[1].id, "paused", 77, &world->err));
	assert_int_equal(
		ask(world, "SELECT backfill_total FROM stream WHERE backfill = 'paused'", 0), 77);
}

static void
refuses_a_stream_that_is_not_there(void **state)
{
	struct world *world = *state;
	struct capture_slice slice = { .stream_id = 999, .kind = CAPTURE_NEW };

	assert_ok(store_begin(world->store, &world->err));
	assert_fails(capture_slice(world->store, world->capture, world->arena, &slice, NOW,
			     &world->result, &world->err),
		ERR_NOT_FOUND);
	store_rollback(world->store);
}

static void
survives_more_addresses_than_it_remembers(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	struct capture_item items[100];
	struct capture_slice slice = {
		.stream_id = world->inbox,
		.kind = CAPTURE_NEW,
		.items = items,
		.count = 100,
		.cursor = 1100,
	};

	world_person(world, "Ada Lovelace", "ada@x.example");
	for (unsigned i = 0; i < 100; i++) {
		items[i] = (struct capture_item){ .uid = 1001 + i,
			.event = world_mail(world, "ada@x.example", "me@own.example") };
		event = items[i].event;
		event->parties = arena_array(world->arena, 1000, sizeof *event->parties);
		for (unsigned j = 0; j < 1000; j++) {
			const char *email = j == 0 ? "ada@x.example"
						   : arena_printf(world->arena,
							     "p%u.%u@many.example", i, j);

			event->parties[j] = (struct event_party){ .role = j == 0 ? PARTY_FROM
										 : PARTY_CC,
				.email = email,
				.address = email };
		}
		event->party_count = 1000;
	}
	world_slice(world, &slice);
	assert_int_equal(world->result.captured, 100);
	assert_int_equal(ask(world, "SELECT count(*) FROM address", 0), 100 * 999 + 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM party WHERE address_id IS NULL", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(moves_the_cursor_only_forward),
		TEST(leaves_a_decided_uid_as_it_is),
		TEST(takes_a_uid_that_stands_twice_in_a_slice_once),
		TEST(puts_old_mail_outside_the_window),
		TEST(decides_new_mail_whatever_its_date),
		TEST(counts_the_backfill_down),
		TEST(looks_again_at_what_a_wider_window_takes_in),
		TEST(replaces_a_quarantined_row_when_it_can_be_read),
		TEST(retries_only_what_is_quarantined_or_missing),
		TEST(keeps_of_strangers_what_the_configuration_says),
		TEST(keeps_all_of_what_is_captured),
		TEST(forgets_what_a_rollback_undid),
		TEST(forgets_what_an_undone_retry_learned),
		TEST(does_not_trust_numbers_of_erased_addresses),
		TEST(opens_a_stream_once_and_keeps_its_marks),
		TEST(keeps_two_servers_of_one_uidvalidity_apart),
		TEST(leaves_the_folders_of_the_former_server_that_the_new_one_has_not),
		TEST(lists_the_current_streams_of_a_source),
		TEST(refuses_a_stream_that_is_not_there),
		TEST(survives_more_addresses_than_it_remembers),
	};

	return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}
