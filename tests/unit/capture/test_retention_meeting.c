#include "agenda.h"

#include "liaison/capture/retention.h"

/* Meetings whose time is over, by clocks that are passed in: it counts from their end. */

enum { KEPT = 30 * DAY, ENDED = BEHIND + HOUR, OVER = ENDED + KEPT + 1 };

static struct retention_counts
pass(struct agenda *agenda, int64_t now)
{
	struct world *world = agenda->world;
	struct retention_counts counts = { 0 };
	struct retention_place place = { 0 };
	bool more = true;

	while (more) {
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(retention_turn(world->store, world->capture, world->arena, &place, now,
			&counts, &more, &world->err));
		assert_ok(store_commit(world->store, &world->err));
	}
	return counts;
}

/* Of Ada, with words at all of its places. */
static struct meeting *
review(struct agenda *agenda, unsigned sequence)
{
	struct meeting *meeting = agenda_event(agenda, "review@cal", BEHIND);

	meeting->sequence = sequence;
	meeting->text = "the words of it";
	return meeting;
}

static void
hold_review(struct agenda *agenda)
{
	agenda->world->config.retain_meeting = KEPT;
	agenda->sources[0].level = LEVEL_TEXT;
	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, review(agenda, 0));
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
}

static void
assert_dropped(struct agenda *agenda)
{
	struct world *world = agenda->world;

	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 0);
	assert_null(ask_text(world, "SELECT subject FROM message", 0));
	assert_null(ask_text(world, "SELECT coalesce(location, remark) FROM meeting", 0));
	assert_string_equal(agenda_decision(agenda, agenda->team, BEHIND), "captured: retention");
}

static void
keeps_meetings_for_ever_unless_told(void **state)
{
	struct agenda *agenda = *state;

	hold_review(agenda);
	agenda->world->config.retain_meeting = 0;
	agenda->world->config.retain_email = DAY;
	assert_int_equal(pass(agenda, NOW + 1000 * DAY).meetings, 0);
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
}

static void
takes_a_meeting_out_so_long_after_its_end(void **state)
{
	struct agenda *agenda = *state;
	struct retention_counts counts;

	hold_review(agenda);
	assert_int_equal(pass(agenda, OVER - 1).meetings, 0);
	counts = pass(agenda, OVER);
	assert_int_equal(counts.meetings, 1);
	assert_int_equal(counts.mails, 0);
	assert_dropped(agenda);
}

static void
leaves_mail_to_its_own_time(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	hold_review(agenda);
	world->sources[0].number = 3; /* beside the calendars */
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(pass(agenda, NOW + 400 * DAY).meetings, 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction WHERE kind = 'email'", 0), 1);
	world->config.retain_email = 30 * DAY;
	assert_int_equal(pass(agenda, NOW + 400 * DAY).mails, 1);
}

static void
leaves_the_rest_of_a_series(void **state)
{
	struct agenda *agenda = *state;

	agenda->world->config.retain_meeting = KEPT;
	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_series(agenda, "weekly@cal", BEHIND, 4));
	assert_int_equal(pass(agenda, OVER + 7 * DAY).meetings, 2);
	assert_string_equal(agenda_status(agenda, BEHIND + 7 * DAY), "none");
	assert_string_not_equal(agenda_status(agenda, BEHIND + 14 * DAY), "none");
	assert_int_equal(ask(agenda->world, "SELECT count(*) FROM interaction", 0), 2);
}

/* Neither by another version of it, nor by another calendar, nor by another contact. */
static void
does_not_bring_a_meeting_back(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	hold_review(agenda);
	assert_int_equal(pass(agenda, OVER).meetings, 1);
	agenda->now = OVER;
	agenda_look(agenda, agenda->team, "review@cal");
	agenda_read(agenda, agenda->team, review(agenda, 1));
	assert_dropped(agenda);
	agenda_read(agenda, agenda->side, review(agenda, 2));
	assert_dropped(agenda);
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_dropped(agenda);
}

static void
matches_no_meeting_that_would_go_at_once(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	agenda_read(agenda, agenda->team, review(agenda, 0));
	world->config.retain_meeting = 5 * DAY;
	world_person(world, "Ada", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_string_equal(agenda_status(agenda, BEHIND), "none");
	world->config.retain_meeting = KEPT;
	assert_int_equal(world_rematch(world, "ada@x.example"), 1);
}

static void
drops_the_text_of_a_meeting_alone(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	hold_review(agenda);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 1);
	world->config.retain_meeting = 0;
	world->config.retain_text = KEPT;
	assert_int_equal(pass(agenda, OVER).texts, 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 0);
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Review");
	agenda->now = OVER;
	agenda_read(agenda, agenda->team, review(agenda, 1));
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 0);
}

static void
leaves_a_meeting_that_people_worked_on(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct retention_counts counts;

	hold_review(agenda);
	assert_ok(stmt_run(
		sql_prepare(world->store, "UPDATE interaction SET evaluation = 'negative'"),
		&world->err));
	counts = pass(agenda, OVER);
	assert_int_equal(counts.bared, 1);
	assert_string_equal(ask_text(world, "SELECT evaluation FROM interaction", 0), "negative");
	assert_null(ask_text(
		world, "SELECT coalesce(subject, snippet, parties, location) FROM interaction", 0));
}

static void
tells_when_the_next_meeting_goes(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	int64_t at;

	hold_review(agenda);
	assert_ok(retention_next(world->store, &world->config, true, &at, &world->err));
	assert_int_equal(at, ENDED + KEPT);
	assert_int_equal(retention_window(&world->config, &agenda->sources[0]), KEPT);
	pass(agenda, OVER);
	assert_ok(retention_next(world->store, &world->config, true, &at, &world->err));
	assert_int_equal(at, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(keeps_meetings_for_ever_unless_told),
		AGENDA_TEST(takes_a_meeting_out_so_long_after_its_end),
		AGENDA_TEST(leaves_mail_to_its_own_time),
		AGENDA_TEST(leaves_the_rest_of_a_series),
		AGENDA_TEST(does_not_bring_a_meeting_back),
		AGENDA_TEST(matches_no_meeting_that_would_go_at_once),
		AGENDA_TEST(drops_the_text_of_a_meeting_alone),
		AGENDA_TEST(leaves_a_meeting_that_people_worked_on),
		AGENDA_TEST(tells_when_the_next_meeting_goes),
	};

	return cmocka_run_group_tests_name("retention_meeting", tests, NULL, NULL);
}
