#include "agenda.h"
#include "liaison/capture/candidate.h"

/* Who is seen in meetings. */

/* "address meetings", by address. */
static const char *
seen(struct agenda *agenda)
{
	struct world *world = agenda->world;
	struct candidate_result result;

	do {
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(candidate_follow(world->store, world->capture, world->arena, 100, NOW,
			&result, &world->err));
		assert_ok(store_commit(world->store, &world->err));
	} while (result.more);
	return ask_text(world,
		"SELECT group_concat(address || ' ' || meetings, ', ') FROM (SELECT * FROM "
		"candidate WHERE shown = 1 ORDER BY address)",
		0);
}

static void
counts_each_occurrence_that_they_are_invited_to(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *meeting = agenda_event(agenda, "a@cal", BEHIND);

	agenda_party(agenda, meeting, PARTY_ATTENDEE, "jo@y.example", RESPONSE_ACCEPTED);
	agenda_party(agenda, meeting, PARTY_MENTIONED, "cy@z.example", RESPONSE_NONE);
	agenda_read(agenda, agenda->team, meeting);
	agenda_read(agenda, agenda->side, meeting); /* the same one */
	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", BEHIND, 3));
	assert_string_equal(seen(agenda), "ada@x.example 4, jo@y.example 1");
	assert_int_equal(ask(agenda->world,
				 "SELECT weight FROM candidate WHERE address = 'jo@y.example'", 0),
		40);
}

static void
counts_no_meeting_that_is_cancelled(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(seen(agenda), "ada@x.example 1");
	meeting->status = MEETING_CANCELLED;
	meeting->sequence++;
	agenda_read(agenda, agenda->team, meeting);
	assert_null(seen(agenda));
}

static void
counts_whom_another_calendar_names(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *meeting = agenda_event(agenda, "a@cal", BEHIND);

	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(seen(agenda), "ada@x.example 1");
	agenda_party(agenda, meeting, PARTY_ATTENDEE, "jo@y.example", RESPONSE_ACCEPTED);
	agenda_read(agenda, agenda->side, meeting);
	assert_string_equal(seen(agenda), "ada@x.example 1, jo@y.example 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(counts_each_occurrence_that_they_are_invited_to),
		AGENDA_TEST(counts_no_meeting_that_is_cancelled),
		AGENDA_TEST(counts_whom_another_calendar_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
