#include "agenda.h"

/* Feeds: what is known of them, what is to be read, what is absent, what verify counts. */

static struct feed_known
known(struct agenda *agenda)
{
	struct world *world = agenda->world;
	struct feed_known out;
	int64_t source = ask(world, "SELECT source_id FROM stream WHERE id = ?", agenda->team);

	assert_ok(feed_known(world->store, world->arena, source, &agenda->sources[0], agenda->now,
		&out, &world->err));
	return out;
}

static unsigned
compare(struct agenda *agenda, const struct feed *feed, unsigned **todo)
{
	struct world *world = agenda->world;
	unsigned count;

	assert_ok(feed_compare(world->store, world->arena, agenda->team, feed,
		agenda->now + 90 * DAY, false, todo, &count, &world->err));
	return count;
}

/* As agenda_record noted it. */
static void
set_digest(struct feed_item *item, unsigned serial)
{
	memcpy(item->digest, &serial, sizeof serial);
}

static void
is_unknown_at_first(void **state)
{
	struct agenda *agenda = *state;
	struct feed_known is = known(agenda);

	assert_false(is.has_digest);
	assert_int_equal(is.last_complete, 0);
	assert_int_equal(is.items, 0);
	assert_int_equal(is.stream_id, agenda->team);
}

static void
remembers_what_the_server_said(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct feed_known is;

	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_look(agenda, agenda->team, "a@cal");
	is = known(agenda);
	assert_true(is.has_digest);
	assert_string_equal(is.etag, "\"1\"");
	assert_int_equal(is.items, 1);
	assert_int_equal(is.last_complete, NOW);
	agenda->now += DAY;
	assert_ok(feed_unchanged(world->store, agenda->team, agenda->now, &world->err));
	assert_int_equal(known(agenda).last_complete, NOW + DAY);
}

static void
reads_what_is_new_or_changed(void **state)
{
	struct agenda *agenda = *state;
	struct feed *feed = agenda_feed(agenda, "a@cal b@cal c@cal");
	unsigned *todo, first = agenda->world->serial;

	assert_int_equal(compare(agenda, feed, &todo), 3);
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "b@cal", AHEAD));
	set_digest(&feed->items[0], first);
	set_digest(&feed->items[1], first + 7);
	assert_int_equal(compare(agenda, feed, &todo), 2);
	assert_int_equal(todo[0], 1);
	assert_int_equal(todo[1], 2);
}

static void
reads_again_what_was_recorded_in_part(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 4);
	struct feed *feed = agenda_feed(agenda, "s@cal");
	struct meeting_item item = { agenda->team, &feed->items[0], series, 1, NULL, 0,
		NOW + 90 * DAY };
	struct capture_result result;
	unsigned *todo, next;

	assert_ok(capture_meeting(world->store, world->capture, world->arena, &item, 0, 10, NOW,
		&result, &next, &world->err));
	assert_int_equal(compare(agenda, feed, &todo), 0);
	feed->items[0].digest[0] = 1;
	assert_ok(capture_meeting(world->store, world->capture, world->arena, &item, 0, 2, NOW,
		&result, &next, &world->err));
	assert_int_equal(next, 2);
	feed->items[0].digest[0] = 0;
	assert_int_equal(compare(agenda, feed, &todo), 1);
}

static void
reads_further_when_a_series_goes_on(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 4);
	struct feed *feed = agenda_feed(agenda, "s@cal");
	unsigned *todo, serial = agenda->world->serial;

	series->flags = MEETING_MORE;
	agenda_read(agenda, agenda->team, series);
	agenda_look(agenda, agenda->team, "s@cal");
	set_digest(&feed->items[0], serial);
	agenda->now += DAY - 1;
	assert_true(known(agenda).has_digest);
	assert_int_equal(compare(agenda, feed, &todo), 0);
	agenda->now += 1;
	assert_false(known(agenda).has_digest);
	assert_int_equal(compare(agenda, feed, &todo), 1);
}

static void
reads_all_again_when_it_is_configured_otherwise(void **state)
{
	struct agenda *agenda = *state;
	struct feed *feed = agenda_feed(agenda, "a@cal");
	unsigned *todo, serial = agenda->world->serial;

	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_look(agenda, agenda->team, "a@cal");
	set_digest(&feed->items[0], serial);
	assert_int_equal(compare(agenda, feed, &todo), 0);
	agenda->sources[0].match_text = true;
	assert_false(known(agenda).has_digest);
	assert_int_equal(compare(agenda, feed, &todo), 1);
}

static void
tries_what_an_older_program_could_not_read(void **state)
{
	static const char OLDER[] = "UPDATE feed_item SET bad_version = '0.0.1'";
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct feed *feed = agenda_feed(agenda, "a@cal");
	unsigned *todo, serial = world->serial;

	agenda_record(agenda, agenda->team, "a@cal", NULL, 0);
	set_digest(&feed->items[0], serial);
	assert_int_equal(compare(agenda, feed, &todo), 0);
	assert_ok(stmt_run(sql_prepare(world->store, OLDER), &world->err));
	assert_int_equal(compare(agenda, feed, &todo), 1);
}

static void
does_not_believe_a_feed_that_lost_half(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	unsigned *todo, count;

	agenda_look(agenda, agenda->team, "a b c d e");
	assert_fails(feed_compare(world->store, world->arena, agenda->team, agenda_feed(agenda, ""),
			     NOW, false, &todo, &count, &world->err),
		ERR_REFUSED);
	assert_string_equal(world->err.message,
		"the calendar has no event, where there were 5: nothing is changed");
	assert_fails(feed_compare(world->store, world->arena, agenda->team,
			     agenda_feed(agenda, "a b"), NOW, false, &todo, &count, &world->err),
		ERR_REFUSED);
	assert_ok(feed_compare(world->store, world->arena, agenda->team, agenda_feed(agenda, "a b"),
		NOW, true, &todo, &count, &world->err));
	assert_ok(feed_compare(world->store, world->arena, agenda->team,
		agenda_feed(agenda, "a b c"), NOW, false, &todo, &count, &world->err));
}

/* ---- absence ---- */

static void
believes_an_absence_at_the_third_look(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "b@cal", BEHIND));
	agenda_look(agenda, agenda->team, "a@cal b@cal c@cal");
	agenda_look(agenda, agenda->team, "c@cal");
	/* so that the next look is not answered with "unchanged" */
	assert_false(known(agenda).has_digest);
	agenda_look(agenda, agenda->team, "c@cal");
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	agenda_look(agenda, agenda->team, "c@cal");
	assert_string_equal(agenda_status(agenda, AHEAD), "cancelled");
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
	assert_int_equal(agenda->told_count, 1);
	assert_int_equal(agenda->told[0].what, CAPTURE_CANCELLED);
	assert_true(known(agenda).has_digest);
	agenda_look(agenda, agenda->team, "c@cal");
	assert_int_equal(agenda->told_count, 0);
}

static void
is_planned_again_when_it_reappears(void **state)
{
	struct agenda *agenda = *state;
	struct feed *feed = agenda_feed(agenda, "a@cal");
	unsigned *todo, serial = agenda->world->serial;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	for (int i = 0; i < 3; i++)
		agenda_look(agenda, agenda->team, "");
	assert_string_equal(agenda_status(agenda, AHEAD), "cancelled");
	set_digest(&feed->items[0], serial);
	assert_int_equal(compare(agenda, feed, &todo), 1);
	agenda_read(agenda, agenda->team, meeting);
	agenda_look(agenda, agenda->team, "a@cal");
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"captured: attendee ada@x.example, contact C00001");
	agenda_look(agenda, agenda->team, "");
	agenda_read(agenda, agenda->team, meeting);
	agenda_look(agenda, agenda->team, "a@cal");
	agenda_look(agenda, agenda->team, "");
	agenda_look(agenda, agenda->team, "");
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
}

static void
is_not_cancelled_while_another_calendar_has_it(void **state)
{
	struct agenda *agenda = *state;

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->side, agenda_event(agenda, "a@cal", AHEAD));
	for (int i = 0; i < 3; i++)
		agenda_look(agenda, agenda->team, "");
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	agenda_read(agenda, agenda->side, agenda_event(agenda, "a@cal", AHEAD + HOUR));
	assert_string_equal(agenda_status(agenda, AHEAD + HOUR), "planned");
}

static void
cancels_many_in_pieces(void **state)
{
	struct agenda *agenda = *state;

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", AHEAD, 9));
	agenda->max = 2;
	for (int i = 0; i < 3; i++)
		agenda_look(agenda, agenda->team, "");
	assert_int_equal(ask(agenda->world,
				 "SELECT count(*) FROM interaction WHERE status = 'cancelled'", 0),
		9);
	assert_int_equal(
		ask(agenda->world, "SELECT looks FROM feed WHERE stream_id = ?", agenda->team), 3);
}

/* ---- verify ---- */

static void
verifies_a_feed_against_the_ledger(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 3);
	struct meeting *outside = agenda_event(agenda, "o@cal", AHEAD);
	struct feed_item items[] = { { .uid = "s@cal" }, { .uid = "bad@cal" }, { .uid = "o@cal" } };
	struct feed_verify *verify;
	struct verify_row row;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, series);
	agenda_read(agenda, agenda->team, agenda_event(agenda, "gone@cal", AHEAD));
	agenda_record(agenda, agenda->team, "bad@cal", NULL, 0);
	agenda_add(agenda, series, AHEAD + 50 * DAY, AHEAD + 50 * DAY);
	outside->occurrence_count = 0;
	verify = feed_verify_new(world->store, world->arena, agenda->team, NOW - 365 * DAY,
		NOW + 90 * DAY, &world->err);
	assert_non_null(verify);
	assert_ok(feed_verify_add(verify, &items[0], series, 1, &world->err));
	assert_ok(feed_verify_add(verify, &items[1], NULL, 0, &world->err));
	assert_ok(feed_verify_add(verify, &items[2], outside, 1, &world->err));
	assert_ok(feed_verify_end(verify, &row, &world->err));
	assert_int_equal(row.server, 6);
	assert_int_equal(row.decided, 4);
	assert_int_equal(row.captured, 3);
	assert_int_equal(row.quarantined, 1);
	assert_int_equal(row.outside_window, 1);
	assert_int_equal(row.missing, 1);
	assert_int_equal(row.gone, 1);
	assert_int_equal(row.server, row.outside_window + row.decided + row.missing);
}

static void
verifies_nothing_of_what_cannot_be_read_and_is_not_recorded(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 2);
	struct feed_item item = { .uid = "s@cal" };
	struct feed_verify *verify;
	struct verify_row row;

	series->occurrence_count = 1;
	agenda_read(agenda, agenda->team, series);
	series->occurrence_count = 2;
	series->flags = MEETING_UNREADABLE;
	verify = feed_verify_new(world->store, world->arena, agenda->team, NOW - 365 * DAY,
		NOW + 90 * DAY, &world->err);
	assert_non_null(verify);
	assert_ok(feed_verify_add(verify, &item, series, 1, &world->err));
	assert_ok(feed_verify_end(verify, &row, &world->err));
	assert_int_equal(row.server, 1);
	assert_int_equal(row.decided, 1);
	assert_int_equal(row.missing, 0);
	assert_int_equal(row.gone, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(is_unknown_at_first),
		AGENDA_TEST(remembers_what_the_server_said),
		AGENDA_TEST(reads_what_is_new_or_changed),
		AGENDA_TEST(reads_again_what_was_recorded_in_part),
		AGENDA_TEST(reads_further_when_a_series_goes_on),
		AGENDA_TEST(reads_all_again_when_it_is_configured_otherwise),
		AGENDA_TEST(tries_what_an_older_program_could_not_read),
		AGENDA_TEST(does_not_believe_a_feed_that_lost_half),
		AGENDA_TEST(believes_an_absence_at_the_third_look),
		AGENDA_TEST(is_planned_again_when_it_reappears),
		AGENDA_TEST(is_not_cancelled_while_another_calendar_has_it),
		AGENDA_TEST(cancels_many_in_pieces),
		AGENDA_TEST(verifies_a_feed_against_the_ledger),
		AGENDA_TEST(verifies_nothing_of_what_cannot_be_read_and_is_not_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
