#include "agenda.h"
#include "rulebook.h"

/* Rules about meetings: their SUMMARY is the subject, and who takes part in them is any-address. */

static int64_t
rule(struct agenda *agenda, const char *action, const char *where)
{
	return world_rule(agenda->world, action, NULL, where);
}

static struct meeting *
lunch(struct agenda *agenda)
{
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	meeting->summary = "Lunch";
	return meeting;
}

static void
ignores_a_meeting_by_its_summary(void **state)
{
	struct agenda *agenda = *state;

	world_person(agenda->world, "Ada", "ada@x.example");
	rule(agenda, "ignore", "subject = lunch and source = team");
	agenda_read(agenda, agenda->team, lunch(agenda));
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"ignored: rule 1, ignore: subject = lunch and source = team");
	assert_int_equal(ask(agenda->world, "SELECT rule FROM ledger", 0), 1);
	assert_int_equal(ask(agenda->world, "SELECT count(*) FROM interaction", 0), 0);
}

static void
leaves_an_attendee_out(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *meeting = lunch(agenda);

	world_person(agenda->world, "Ada", "ada@x.example");
	world_person(agenda->world, "Bob", "bob@y.example");
	agenda_party(agenda, meeting, PARTY_ATTENDEE, "bob@y.example", RESPONSE_ACCEPTED);
	rule(agenda, "ignore", "any-address = bob@y.example");
	agenda_read(agenda, agenda->team, meeting);
	assert_int_equal(ask(agenda->world, "SELECT count(*) FROM interaction_contact", 0), 1);
}

static void
takes_a_planned_meeting_back_and_brings_it_again(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	int64_t id;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, lunch(agenda));
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	id = rule(agenda, "ignore", "attendee = ada@x.example");
	assert_int_equal(world_reapply(world, false), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(world_reapply(world, false), 0);
	assert_ok(rule_remove(world->store, id, &world->err));
	assert_int_equal(world_reapply(world, false), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
}

static void
does_not_bring_back_at_the_next_look_what_people_ignored(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = lunch(agenda);

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_ignore(world->store, world->capture, world->arena, 1, "jo", NOW,
		&world->result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	meeting->location = "Elsewhere";
	meeting->sequence++;
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(
		agenda_decision(agenda, agenda->team, AHEAD), "ignored: by hand, by jo");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
}

static void
knows_that_meetings_have_no_headers(void **state)
{
	struct agenda *agenda = *state;

	world_person(agenda->world, "Ada", "ada@x.example");
	rule(agenda, "ignore", "header(X-Anything) is blank");
	agenda_read(agenda, agenda->team, lunch(agenda));
	assert_int_equal(ask(agenda->world, "SELECT rule FROM ledger", 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(ignores_a_meeting_by_its_summary),
		AGENDA_TEST(leaves_an_attendee_out),
		AGENDA_TEST(takes_a_planned_meeting_back_and_brings_it_again),
		AGENDA_TEST(does_not_bring_back_at_the_next_look_what_people_ignored),
		AGENDA_TEST(knows_that_meetings_have_no_headers),
	};

	return cmocka_run_group_tests_name("rule_meeting", tests, NULL, NULL);
}
