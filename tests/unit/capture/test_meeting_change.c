#include "agenda.h"

#include "liaison/store/journal.h"

/* Meetings that change: versions, moves, cancellations, series whose rule moved. */

static void
ignores_an_older_version(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *new = agenda_event(agenda, "a@cal", AHEAD);
	struct meeting *old = agenda_event(agenda, "a@cal", AHEAD + HOUR);

	world_person(agenda->world, "Ada", "ada@x.example");
	new->sequence = 2;
	old->sequence = 1;
	old->stamp = new->stamp + DAY;
	agenda_read(agenda, agenda->team, new);
	agenda_read(agenda, agenda->team, old);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	old->sequence = 2;
	old->stamp = new->stamp - 1;
	agenda_read(agenda, agenda->team, old);
	agenda_read(agenda, agenda->side, old);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_string_equal(agenda_decision(agenda, agenda->side, AHEAD),
		"duplicate: the same meeting as in team");
}

static void
counts_a_change_without_a_new_number_in_its_own_calendar(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	meeting->summary = "Interview";
	meeting->location = NULL;
	agenda_read(agenda, agenda->team, meeting);
	assert_int_equal(ask(agenda->world,
				 "SELECT count(*) FROM interaction WHERE subject = 'Interview' AND "
				 "location IS NULL AND version = 2",
				 0),
		1);
	assert_int_equal(agenda->told_count, 1);
	assert_int_equal(agenda->told[0].what, CAPTURE_CHANGED);
}

static void
keeps_a_move(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct json_out out;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD + DAY));
	assert_int_equal(agenda->told_count, 1);
	assert_int_equal(agenda->told[0].what, CAPTURE_MOVED);
	assert_string_equal(agenda_status(agenda, AHEAD + DAY), "planned");
	assert_int_equal(ask(world, "SELECT at FROM interaction_contact", 0), AHEAD + DAY);
	assert_int_equal(ask(world, "SELECT at FROM message", 0), AHEAD + DAY);
	json_out_init(&out, &world->text);
	assert_ok(interaction_write(world->store, world->arena, 1, &out, &world->err));
	assert_non_null(strstr(world->text.bytes, "\"moves\":[{\"at\":\"2027-01-15T08:00:00Z\","
						  "\"from\":\"2027-01-25T09:00:00+01:00\","
						  "\"to\":\"2027-01-26T09:00:00+01:00\"}]"));
	assert_non_null(strstr(world->text.bytes,
		"\"sources\":[{\"source\":\"team\",\"folder\":null,\"uid\":null}]"));
}

static void
counts_anew_what_moves_into_the_past(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", BEHIND));
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
	assert_int_equal(ask(world, "SELECT last_interaction FROM contact", 0), BEHIND);
}

static void
is_cancelled_and_comes_back(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	meeting->status = MEETING_CANCELLED;
	meeting->sequence++;
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(agenda_status(agenda, AHEAD), "cancelled");
	assert_int_equal(agenda->told[0].what, CAPTURE_CANCELLED);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 0);
	meeting->status = MEETING_CONFIRMED;
	meeting->sequence++;
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"captured: attendee ada@x.example, contact C00001");
}

static void
links_whoever_is_invited_and_unlinks_who_is_no_more(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);
	int64_t ada = world_person(world, "Ada", "ada@x.example");
	int64_t jo = world_person(world, "Jo", "jo@y.example");

	agenda_party(agenda, meeting, PARTY_ATTENDEE, "jo@y.example", RESPONSE_NEEDS_ACTION);
	agenda_read(agenda, agenda->team, meeting);
	meeting->party_count = 2;
	meeting->responses[1] = RESPONSE_TENTATIVE;
	agenda_read(agenda, agenda->team, meeting);
	assert_int_equal(ask(world, "SELECT interactions FROM contact WHERE id = ?", ada), 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact WHERE id = ?", jo), 0);
	assert_string_equal(
		ask_text(world, "SELECT response FROM interaction_contact", 0), "tentative");
}

static void
keeps_the_links_of_what_is_past(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", BEHIND);

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	meeting->party_count = 1;
	agenda_read(agenda, agenda->team, meeting);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
}

static void
is_cancelled_when_nobody_we_know_is_invited_any_more(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	meeting->parties[1].email = meeting->parties[1].address = "jo@y.example";
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(agenda_status(agenda, AHEAD), "cancelled");
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"unmatched: no contact has jo@y.example or its domain");
}

static void
changed_by_hand(struct agenda *agenda, const char *after)
{
	struct world *world = agenda->world;
	int64_t id;

	assert_ok(journal_add(world->store,
		&(struct journal_entry){ .user = "ann",
			.method = "interaction.edit",
			.noun = "interaction",
			.record = 1,
			.before = "{}",
			.after = after },
		&id, &world->err));
}

static void
leaves_what_people_changed_as_they_left_it(void **state)
{
	static const char CANCEL[] =
		"UPDATE interaction SET status = 'cancelled', subject = 'Mine'";
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	assert_ok(stmt_run(sql_prepare(world->store, CANCEL), &world->err));
	changed_by_hand(agenda, "{\"status\":\"cancelled\",\"subject\":\"Mine\"}");
	meeting->sequence++;
	meeting->summary = "Theirs";
	meeting->location = "Room 5";
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(ask_text(world,
				    "SELECT status || ' ' || subject || ' ' || location FROM "
				    "interaction",
				    0),
		"cancelled Mine Room 5");
}

static void
does_not_make_again_what_people_removed(void **state)
{
	static const char UNNAME[] = "UPDATE ledger SET interaction_id = NULL";
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);
	int64_t id = 1;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	assert_ok(stmt_run(sql_prepare(world->store, UNNAME), &world->err));
	assert_ok(interaction_erase(world->store, world->arena, &id, 1, &world->err));
	meeting->sequence++;
	meeting->summary = "Again";
	agenda_read(agenda, agenda->team, meeting);
	agenda_read(agenda, agenda->side, meeting);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
}

/* ---- series ---- */

static void
moves_the_occurrences_of_a_series_whose_rule_moved(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda->max = 3;
	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", NOW - 14 * DAY, 6));
	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", NOW - 14 * DAY + HOUR, 6));
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 6);
	assert_string_equal(agenda_status(agenda, NOW - 14 * DAY), "held");
	assert_string_equal(agenda_status(agenda, NOW + 7 * DAY + HOUR), "planned");
	assert_string_equal(agenda_status(agenda, NOW + 7 * DAY), "none");
	assert_string_equal(ask_text(world, "SELECT recurrence_id FROM interaction WHERE at = ?",
				    NOW + 7 * DAY + HOUR),
		"2027-01-22T09:00:00Z");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_move", 0), 4);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), 6);
}

static void
cancels_what_a_series_has_no_more(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *series = agenda_series(agenda, "s@cal", NOW - 7 * DAY, 4);

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, series);
	agenda->max = 1;
	series->occurrences[0] = series->occurrences[1];
	series->occurrence_count = 1;
	agenda_read(agenda, agenda->team, series);
	assert_string_equal(agenda_status(agenda, NOW - 7 * DAY), "held");
	assert_string_equal(agenda_status(agenda, NOW), "planned");
	assert_string_equal(agenda_status(agenda, NOW + 7 * DAY), "cancelled");
	assert_string_equal(agenda_decision(agenda, agenda->team, NOW + 14 * DAY),
		"captured: it is no longer in the calendar");
	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", NOW - 7 * DAY, 4));
	assert_string_equal(agenda_status(agenda, NOW + 14 * DAY), "planned");
	assert_string_equal(agenda_decision(agenda, agenda->team, NOW + 14 * DAY),
		"captured: attendee ada@x.example, contact C00001");
}

static void
cancels_nothing_where_occurrences_may_be_left_out(void **state)
{
	static const unsigned FLAGS[] = { MEETING_RULE_REFUSED, MEETING_INCOMPLETE, MEETING_CUT };
	struct agenda *agenda = *state;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 4);
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, series);
	series->occurrence_count = 1;
	for (unsigned i = 0; i < 3; i++) {
		series->flags = FLAGS[i];
		series->sequence++;
		agenda_read(agenda, agenda->team, series);
		assert_int_equal(ask(world,
					 "SELECT count(*) FROM interaction WHERE status = "
					 "'cancelled'",
					 0),
			i == 2 ? 3 : 0); /* a text that was cut leaves out no occurrence */
	}
}

static void
pairs_nothing_but_the_same_moment_where_occurrences_may_be_left_out(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *moved = agenda_series(agenda, "s@cal", AHEAD + HOUR, 1);
	struct meeting *renamed = agenda_series(agenda, "a@cal", AHEAD + DAY, 1);
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", AHEAD, 2));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD + DAY));
	moved->flags = renamed->flags = MEETING_RULE_REFUSED;
	agenda_read(agenda, agenda->team, moved);
	agenda_read(agenda, agenda->team, renamed);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_string_equal(agenda_status(agenda, AHEAD + HOUR), "planned");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 4);
}

static void
leaves_what_an_exception_that_cannot_be_read_overrides(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 3);
	struct world *world = agenda->world;
	struct meeting versions[3];

	world_person(world, "Ada", "ada@x.example");
	series->occurrence_count = 2;
	versions[0] = *series;
	versions[1] = *agenda_series(agenda, "s@cal", AHEAD + 14 * DAY, 1);
	versions[1].override = true;
	versions[1].occurrences[0].start += HOUR;
	versions[1].occurrences[0].end += HOUR;
	agenda_record(agenda, agenda->team, "s@cal", versions, 2);
	versions[1].flags = MEETING_UNREADABLE;
	versions[1].sequence = 1;
	versions[1].occurrences[0].start -= HOUR;
	versions[2] = *agenda_series(agenda, "s@cal", AHEAD + 21 * DAY, 1);
	versions[2].override = true;
	versions[2].flags = MEETING_UNREADABLE;
	agenda_record(agenda, agenda->team, "s@cal", versions, 3);
	assert_string_equal(agenda_status(agenda, AHEAD + 14 * DAY + HOUR), "planned");
	assert_string_equal(agenda_status(agenda, AHEAD + 21 * DAY), "none");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 3);
	assert_int_equal(agenda->told_count, 0);
}

static void
keeps_what_another_calendar_still_has(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 2);

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, series);
	agenda_read(agenda, agenda->side, series);
	series->occurrence_count = 1;
	agenda_read(agenda, agenda->team, series);
	assert_string_equal(agenda_status(agenda, AHEAD + 7 * DAY), "planned");
	agenda_read(agenda, agenda->side, series);
	assert_string_equal(agenda_status(agenda, AHEAD + 7 * DAY), "cancelled");
}

static void
an_exception_counts_though_its_number_is_lower(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 3);
	struct meeting versions[2];

	world_person(agenda->world, "Ada", "ada@x.example");
	series->sequence = 3;
	agenda_read(agenda, agenda->team, series);
	versions[0] = *series;
	versions[0].occurrence_count = 2;
	versions[1] = *agenda_series(agenda, "s@cal", AHEAD + 14 * DAY, 1);
	versions[1].override = true;
	versions[1].occurrences[0].start += HOUR;
	versions[1].occurrences[0].end += HOUR;
	agenda_record(agenda, agenda->team, "s@cal", versions, 2);
	assert_string_equal(agenda_status(agenda, AHEAD + 14 * DAY + HOUR), "planned");
	assert_int_equal(agenda->told[0].what, CAPTURE_MOVED);
	agenda_read(agenda, agenda->team, series);
	assert_string_equal(agenda_status(agenda, AHEAD + 14 * DAY), "planned");
}

static void
a_single_event_that_becomes_a_series_stays_its_first_one(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->team, agenda_series(agenda, "a@cal", AHEAD, 3));
	assert_int_equal(
		ask(world, "SELECT count(*) FROM interaction WHERE status = 'planned'", 0), 3);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 3);
	assert_string_equal(
		ask_text(world, "SELECT recurrence_id FROM interaction WHERE id = 1", 0),
		"2027-01-25T08:00:00Z");
}

static void
names_occurrences_by_date_and_by_wall_clock(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *days = agenda_series(agenda, "d@cal", AHEAD, 1);
	struct meeting *floating = agenda_series(agenda, "f@cal", AHEAD + DAY, 1);

	world_person(agenda->world, "Ada", "ada@x.example");
	days->form = RECURRENCE_DATE;
	days->occurrences[0].recurrence = AHEAD - AHEAD % DAY;
	days->flags = MEETING_ALL_DAY;
	floating->form = RECURRENCE_LOCAL;
	agenda_read(agenda, agenda->team, days);
	agenda_read(agenda, agenda->team, floating);
	assert_string_equal(
		ask_text(agenda->world,
			"SELECT recurrence_id FROM interaction WHERE all_day AND at = ?", AHEAD),
		"2027-01-25");
	assert_string_equal(
		ask_text(agenda->world, "SELECT recurrence_id FROM interaction WHERE at = ?",
			AHEAD + DAY),
		"2027-01-26T08:00:00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(ignores_an_older_version),
		AGENDA_TEST(counts_a_change_without_a_new_number_in_its_own_calendar),
		AGENDA_TEST(keeps_a_move),
		AGENDA_TEST(counts_anew_what_moves_into_the_past),
		AGENDA_TEST(is_cancelled_and_comes_back),
		AGENDA_TEST(links_whoever_is_invited_and_unlinks_who_is_no_more),
		AGENDA_TEST(keeps_the_links_of_what_is_past),
		AGENDA_TEST(is_cancelled_when_nobody_we_know_is_invited_any_more),
		AGENDA_TEST(leaves_what_people_changed_as_they_left_it),
		AGENDA_TEST(does_not_make_again_what_people_removed),
		AGENDA_TEST(moves_the_occurrences_of_a_series_whose_rule_moved),
		AGENDA_TEST(cancels_what_a_series_has_no_more),
		AGENDA_TEST(cancels_nothing_where_occurrences_may_be_left_out),
		AGENDA_TEST(pairs_nothing_but_the_same_moment_where_occurrences_may_be_left_out),
		AGENDA_TEST(leaves_what_an_exception_that_cannot_be_read_overrides),
		AGENDA_TEST(keeps_what_another_calendar_still_has),
		AGENDA_TEST(an_exception_counts_though_its_number_is_lower),
		AGENDA_TEST(a_single_event_that_becomes_a_series_stays_its_first_one),
		AGENDA_TEST(names_occurrences_by_date_and_by_wall_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
