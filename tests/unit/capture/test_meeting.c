#include "agenda.h"

/* Occurrences of calendars: decided, recorded, seen again. */

static void
records_a_meeting_that_lies_ahead_as_planned(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	int64_t ada = world_person(world, "Ada", "ada@x.example");

	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"captured: attendee ada@x.example, contact C00001");
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_int_equal(ask(world,
				 "SELECT count(*) FROM interaction WHERE kind = 'meeting' AND "
				 "direction = 'none' AND initiated_by = 'us' AND duration_min = 60 "
				 "AND event_uid = 'a@cal' AND recurrence_id IS NULL AND location = "
				 "'Room 4' AND subject = 'Review' AND offset_min = 60 AND "
				 "end_at - at = 3600 AND thread = 0",
				 0),
		1);
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM interaction_contact WHERE contact_id = ? AND "
			"role = 'attendee' AND response = 'accepted'",
			ada),
		1);
	assert_int_equal(ask(world, "SELECT last_interaction FROM contact WHERE id = ?", ada), 0);
	assert_int_equal(agenda->told_count, 1);
	assert_int_equal(agenda->told[0].what, CAPTURE_RECORDED);
}

static void
records_a_meeting_that_was_as_held(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	int64_t ada = world_person(world, "Ada", "ada@x.example");

	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", BEHIND));
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
	assert_int_equal(
		ask(world, "SELECT last_interaction FROM contact WHERE id = ?", ada), BEHIND);
}

static void
records_each_occurrence_of_a_series_once(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *series = agenda_series(agenda, "s@cal", BEHIND, 7);

	world_person(world, "Ada", "ada@x.example");
	agenda->max = 2;
	agenda_read(agenda, agenda->team, series);
	agenda_read(agenda, agenda->team, series);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), 7);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM interaction WHERE status = 'held'", 0), 2);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM interaction WHERE status = 'planned'", 0), 5);
	assert_string_equal(
		ask_text(world, "SELECT recurrence_id FROM interaction WHERE at = ?", BEHIND),
		"2027-01-05T08:00:00Z");
	assert_int_equal(agenda->told_count, 0);
}

static void
knows_who_began_by_the_organizer(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *theirs = agenda_event(agenda, "a@cal", AHEAD);
	struct meeting *nobodys = agenda_event(agenda, "b@cal", AHEAD + HOUR);

	world_person(agenda->world, "Ada", "ada@x.example");
	theirs->parties[0].email = theirs->parties[0].address = "ada@x.example";
	nobodys->parties[0].role = PARTY_ATTENDEE;
	agenda_read(agenda, agenda->team, theirs);
	agenda_read(agenda, agenda->team, nobodys);
	assert_string_equal(
		ask_text(agenda->world, "SELECT initiated_by FROM interaction WHERE at = ?", AHEAD),
		"them");
	assert_string_equal(
		ask_text(agenda->world, "SELECT initiated_by FROM interaction WHERE at = ?",
			AHEAD + HOUR),
		"none");
	assert_string_equal(ask_text(agenda->world,
				    "SELECT role || ' ' || response FROM interaction_contact "
				    "WHERE at = ?",
				    AHEAD),
		"organizer accepted");
}

static void
decides_what_is_no_meeting_with_others(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *alone = agenda_event(agenda, "a@cal", AHEAD);
	struct meeting *ours = agenda_event(agenda, "b@cal", AHEAD + HOUR);
	struct meeting *strange = agenda_event(agenda, "c@cal", AHEAD + 2 * HOUR);

	alone->party_count = 0;
	ours->parties[1].email = ours->parties[1].address = "bob@own.example";
	agenda_read(agenda, agenda->team, alone);
	agenda_read(agenda, agenda->team, ours);
	agenda_read(agenda, agenda->team, strange);
	assert_string_equal(
		agenda_decision(agenda, agenda->team, AHEAD), "unmatched: nobody is invited");
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD + HOUR),
		"internal: only our own addresses and colleagues");
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD + 2 * HOUR),
		"unmatched: no contact has ada@x.example or its domain");
	assert_int_equal(ask(agenda->world, "SELECT count(*) FROM interaction", 0), 0);
}

static void
keeps_nothing_of_what_is_private(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *secret = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Ada", "ada@x.example");
	secret->sensitivity = "private";
	agenda_read(agenda, agenda->team, secret);
	assert_string_equal(
		agenda_decision(agenda, agenda->team, AHEAD), "private: CLASS: private");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	assert_int_equal(ask(world, "SELECT count(subject) FROM message", 0), 0);
	assert_int_equal(ask(world, "SELECT count(location) FROM meeting", 0), 0);
}

static void
keeps_times_and_parties_of_what_is_private_and_busy(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *secret = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Ada", "ada@x.example");
	agenda->sources[0].private_busy = true;
	agenda->sources[0].level = LEVEL_TEXT;
	agenda_configure(agenda);
	secret->sensitivity = "confidential";
	secret->text = "The merger.";
	agenda->sources[0].match_text = true;
	agenda_party(agenda, secret, PARTY_MENTIONED, "merger@z.example", RESPONSE_NONE);
	agenda_read(agenda, agenda->team, secret);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_int_equal(ask(world,
				 "SELECT count(*) FROM interaction WHERE subject IS NULL AND "
				 "location IS NULL AND snippet IS NULL",
				 0),
		1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 2);
}

static void
ignores_what_we_declined_until_we_accept(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *invited = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	invited->parties[0].email = invited->parties[0].address = "ada@x.example";
	agenda_party(agenda, invited, PARTY_ATTENDEE, "me@own.example", RESPONSE_ACCEPTED);
	agenda_read(agenda, agenda->team, invited);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	invited->responses[2] = RESPONSE_DECLINED;
	agenda_read(agenda, agenda->team, invited);
	assert_string_equal(
		agenda_decision(agenda, agenda->team, AHEAD), "ignored: we declined it");
	assert_string_equal(agenda_status(agenda, AHEAD), "cancelled");
	assert_int_equal(agenda->told[0].what, CAPTURE_CANCELLED);
	invited->responses[2] = RESPONSE_TENTATIVE;
	agenda_read(agenda, agenda->team, invited);
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"captured: organizer ada@x.example, contact C00001");
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
}

static void
is_not_declined_while_one_of_us_comes(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *invited = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	invited->parties[0].email = invited->parties[0].address = "ada@x.example";
	agenda_party(agenda, invited, PARTY_ATTENDEE, "me@own.example", RESPONSE_DECLINED);
	agenda_party(agenda, invited, PARTY_ATTENDEE, "x@bots.own.example", RESPONSE_NEEDS_ACTION);
	agenda_read(agenda, agenda->team, invited);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
}

static void
records_what_is_cancelled_already_as_cancelled(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *off = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	off->status = MEETING_CANCELLED;
	agenda_read(agenda, agenda->team, off);
	assert_string_equal(agenda_status(agenda, AHEAD), "cancelled");
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"captured: attendee ada@x.example, contact C00001; it was cancelled");
	assert_int_equal(ask(agenda->world, "SELECT sum(interactions) FROM contact", 0), 0);
}

static void
matches_addresses_in_the_text_where_asked(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Jo", "jo@y.example");
	agenda_party(agenda, meeting, PARTY_MENTIONED, "jo@y.example", RESPONSE_NONE);
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(agenda_status(agenda, AHEAD), "none");
	agenda->sources[0].match_text = true;
	agenda_configure(agenda);
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(
		ask_text(world, "SELECT role FROM interaction_contact", 0), "mentioned");
}

static void
matches_by_who_held_the_address_when_it_takes_place(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	int64_t ada = world_contact(world, "person", "Ada");

	world_email_between(world, ada, "ada@x.example", 0, NOW);
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "b@cal", BEHIND));
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"unmatched: no contact has ada@x.example or its domain at that time");
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
}

static void
keeps_of_strangers_what_the_configuration_says(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	world->config.unmatched = UNMATCHED_ADDRESSES;
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	assert_int_equal(ask(world, "SELECT count(subject) FROM message", 0), 0);
	assert_int_equal(ask(world, "SELECT count(location) FROM meeting", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 2);
	world->config.unmatched = UNMATCHED_NONE;
	agenda_read(agenda, agenda->team, agenda_event(agenda, "b@cal", AHEAD));
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 2);
}

static void
keeps_text_as_the_level_says(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Ada", "ada@x.example");
	meeting->text = "We talk\nof roses.";
	agenda_read(agenda, agenda->team, meeting);
	assert_int_equal(ask(world, "SELECT count(snippet) FROM interaction", 0), 0);
	agenda->sources[0].level = LEVEL_SNIPPET;
	agenda_configure(agenda);
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(
		ask_text(world, "SELECT snippet FROM interaction", 0), "We talk of roses.");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 0);
	agenda->sources[0].level = LEVEL_TEXT;
	agenda_configure(agenda);
	meeting->text = "We talk of tulips.";
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(
		ask_text(world, "SELECT text FROM interaction_text", 0), "We talk of tulips.");
}

/* ---- two calendars ---- */

static void
is_one_meeting_in_two_calendars(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	agenda_read(agenda, agenda->side, meeting);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_string_equal(agenda_decision(agenda, agenda->side, AHEAD),
		"duplicate: the same meeting as in team");
	assert_int_equal(ask(world, "SELECT interaction_id FROM ledger ORDER BY id DESC", 0), 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
}

static void
takes_only_missing_parties_from_a_copy(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *copy = agenda_event(agenda, "a@cal", AHEAD);

	world_person(world, "Ada", "ada@x.example");
	world_person(world, "Jo", "jo@y.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	copy->summary = "Something else";
	agenda_party(agenda, copy, PARTY_ATTENDEE, "jo@y.example", RESPONSE_TENTATIVE);
	agenda_read(agenda, agenda->side, copy);
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Review");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 2);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 3);
	agenda_read(agenda, agenda->side, copy);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 3);
}

static void
is_captured_by_the_calendar_that_lets_it_be_seen(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *secret = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda->sources[1].private_busy = true;
	agenda_configure(agenda);
	secret->sensitivity = "private";
	agenda_read(agenda, agenda->team, secret);
	agenda_read(agenda, agenda->side, secret);
	assert_string_equal(
		agenda_decision(agenda, agenda->team, AHEAD), "private: CLASS: private");
	assert_string_equal(agenda_decision(agenda, agenda->side, AHEAD),
		"captured: attendee ada@x.example, contact C00001");
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	agenda_read(agenda, agenda->team, secret);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
}

static void
stays_captured_when_the_first_calendar_makes_it_private(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, meeting);
	agenda_read(agenda, agenda->side, meeting);
	meeting->sensitivity = "private";
	meeting->sequence++;
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_string_equal(
		agenda_decision(agenda, agenda->team, AHEAD), "private: CLASS: private");
	assert_string_equal(agenda_decision(agenda, agenda->side, AHEAD),
		"captured: the calendar it was captured from first keeps it private now");
	agenda_read(agenda, agenda->side, meeting);
	assert_string_equal(agenda_status(agenda, AHEAD), "cancelled");
	assert_int_equal(ask(agenda->world, "SELECT count(subject) FROM interaction", 0), 0);
}

static void
follows_the_newer_version_whosever_it_is(void **state)
{
	struct agenda *agenda = *state;
	struct meeting *old = agenda_event(agenda, "a@cal", AHEAD);
	struct meeting *new = agenda_event(agenda, "a@cal", AHEAD + HOUR);

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, old);
	new->sequence = 1;
	agenda_read(agenda, agenda->side, new);
	assert_string_equal(agenda_status(agenda, AHEAD + HOUR), "planned");
	old->summary = "Changed without a new number";
	agenda_read(agenda, agenda->team, old);
	assert_string_equal(agenda_status(agenda, AHEAD + HOUR), "planned");
	assert_string_equal(
		ask_text(agenda->world, "SELECT subject FROM interaction", 0), "Review");
}

/* ---- later ---- */

static void
is_linked_when_a_contact_gets_the_address(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	agenda->sources[0].level = LEVEL_SNIPPET;
	agenda_configure(agenda);
	meeting->text = "We talk of roses.";
	agenda_read(agenda, agenda->team, meeting);
	agenda_read(agenda, agenda->team, agenda_event(agenda, "b@cal", BEHIND));
	agenda_look(agenda, agenda->team, "a@cal b@cal");
	world_person(world, "Ada", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 2);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_string_equal(agenda_status(agenda, BEHIND), "held");
	assert_string_equal(agenda_decision(agenda, agenda->team, AHEAD),
		"captured: attendee ada@x.example, contact C00001");
	assert_string_equal(
		ask_text(world, "SELECT response FROM interaction_contact", 0), "accepted");
	/* its text was not kept: it is read again */
	assert_int_equal(ask(world, "SELECT count(digest) FROM feed_item", 0), 0);
	assert_int_equal(ask(world, "SELECT count(digest) FROM feed", 0), 0);
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(ask_text(world, "SELECT snippet FROM interaction WHERE at = ?", AHEAD),
		"We talk of roses.");
}

static void
is_captured_at_last_where_nothing_was_kept_of_it(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *meeting = agenda_event(agenda, "a@cal", AHEAD);

	world->config.unmatched = UNMATCHED_NONE;
	agenda_read(agenda, agenda->team, meeting);
	world_person(world, "Ada", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	agenda_read(agenda, agenda->team, meeting);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Review");
}

static void
quarantines_what_cannot_be_read_until_it_can(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda_record(agenda, agenda->team, "a@cal", NULL, 0);
	agenda_record(agenda, agenda->team, "a@cal", NULL, 0);
	assert_string_equal(ask_text(world, "SELECT decision || ': ' || reason FROM ledger", 0),
		"quarantined: its DTSTART is no date");
	assert_int_equal(ask(world, "SELECT tries FROM quarantine", 0), 2);
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	assert_int_equal(ask(world, "SELECT count(*) FROM quarantine", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), 1);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	agenda_record(agenda, agenda->team, "a@cal", NULL, 0);
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), 1);
}

static void
is_held_when_it_has_ended(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	int64_t ada = world_person(world, "Ada", "ada@x.example"), next;
	struct capture_result result;

	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", NOW, 3));
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(meetings_held(
		world->store, world->arena, NOW + 30 * DAY, 2, &result, &next, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	assert_int_equal(result.told_count, 2);
	assert_int_equal(next, NOW + 14 * DAY + HOUR);
	assert_int_equal(ask(world, "SELECT last_interaction FROM contact WHERE id = ?", ada),
		NOW + 7 * DAY);
	assert_ok(meetings_held(
		world->store, world->arena, NOW + 30 * DAY, 2, &result, &next, &world->err));
	assert_int_equal(next, 0);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM interaction WHERE status = 'held'", 0), 3);
	assert_ok(meetings_held(
		world->store, world->arena, NOW + 30 * DAY, 2, &result, &next, &world->err));
	assert_int_equal(result.told_count, 0);
}

static void
leaves_with_its_source_unless_another_has_it(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	world_person(world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", AHEAD));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "b@cal", BEHIND));
	agenda_read(agenda, agenda->side, agenda_event(agenda, "a@cal", AHEAD));
	assert_ok(source_erase(world->store, world->arena,
		ask(world, "SELECT source_id FROM stream WHERE id = ?", agenda->team),
		&world->err));
	assert_string_equal(agenda_status(agenda, AHEAD), "planned");
	assert_string_equal(agenda_status(agenda, BEHIND), "none");
	assert_int_equal(ask(world, "SELECT count(*) FROM meeting", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM pragma_foreign_key_check", 0), 0);
	agenda_read(agenda, agenda->side, agenda_event(agenda, "a@cal", AHEAD + HOUR));
	assert_string_equal(agenda_status(agenda, AHEAD + HOUR), "planned");
}

static const char *
explained(struct agenda *agenda, const struct explain_thing *thing)
{
	struct world *world = agenda->world;
	struct json_out out;

	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(explain_write(
		world->store, world->capture, world->arena, thing, &out, &world->err));
	return world->text.bytes;
}

static void
is_explained_by_its_uid_and_occurrence(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct explain_thing thing;
	struct json_out out;
	const char *words;

	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", AHEAD, 3));
	agenda_record(agenda, agenda->team, "bad@cal", NULL, 0);
	assert_ok(explain_parse(world->store, world->arena, "s@cal", &thing, &world->err));
	assert_string_equal(thing.event_uid, "s@cal");
	words = explained(agenda, &thing);
	assert_non_null(strstr(words, "\"recurrence_id\":\"2027-01-25T08:00:00Z\""));
	assert_non_null(strstr(words, "\"folder\":null,\"uidvalidity\":null,\"uid\":null"));
	thing.recurrence_id = "2027-02-01T08:00:00Z";
	words = explained(agenda, &thing);
	assert_null(strstr(words, "\"recurrence_id\":\"2027-01-25T08:00:00Z\""));
	assert_non_null(strstr(words, "unmatched: no contact has ada@x.example"));
	thing.recurrence_id = "2031-02-01T08:00:00Z";
	assert_non_null(strstr(explained(agenda, &thing), "but not on '2031-02-01T08:00:00Z'"));
	thing = (struct explain_thing){ .event_uid = "bad@cal" };
	assert_non_null(strstr(
		explained(agenda, &thing), "\"answer\":\"quarantined: its DTSTART is no date"));
	thing.event_uid = "never@cal";
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_fails(explain_write(
			     world->store, world->capture, world->arena, &thing, &out, &world->err),
		ERR_NOT_FOUND);
}

static unsigned
count(struct agenda *agenda, const char *condition)
{
	struct world *world = agenda->world;
	struct query_context context = { .now = NOW };
	struct query_list list = { .noun = &capture_noun, .limit = 100 };
	struct query_node *where;
	struct query_page page;

	assert_ok(
		query_parse(world->arena, &capture_noun, &context, condition, &where, &world->err));
	list.where = where;
	assert_ok(query_run(world->store, world->arena, &list, &page, &world->err));
	return page.count;
}

static void
answers_conditions_over_meetings(void **state)
{
	struct agenda *agenda = *state;

	world_person(agenda->world, "Ada", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_series(agenda, "s@cal", AHEAD, 3));
	agenda_read(agenda, agenda->team, agenda_event(agenda, "a@cal", BEHIND));
	agenda_record(agenda, agenda->team, "bad@cal", NULL, 0);
	assert_int_equal(count(agenda, "event-uid = 's@cal'"), 3);
	assert_int_equal(count(agenda, "event-uid = 'bad@cal' and decision = quarantined"), 1);
	assert_int_equal(count(agenda, "recurrence-id = '2027-01-25T08:00:00Z'"), 1);
	assert_int_equal(count(agenda, "attendee = ada@x.example"), 4);
	assert_int_equal(count(agenda, "organizer = me@own.example and date < now"), 1);
	assert_int_equal(count(agenda, "has interaction(kind = meeting and status = held)"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(records_a_meeting_that_lies_ahead_as_planned),
		AGENDA_TEST(records_a_meeting_that_was_as_held),
		AGENDA_TEST(records_each_occurrence_of_a_series_once),
		AGENDA_TEST(knows_who_began_by_the_organizer),
		AGENDA_TEST(decides_what_is_no_meeting_with_others),
		AGENDA_TEST(keeps_nothing_of_what_is_private),
		AGENDA_TEST(keeps_times_and_parties_of_what_is_private_and_busy),
		AGENDA_TEST(ignores_what_we_declined_until_we_accept),
		AGENDA_TEST(is_not_declined_while_one_of_us_comes),
		AGENDA_TEST(records_what_is_cancelled_already_as_cancelled),
		AGENDA_TEST(matches_addresses_in_the_text_where_asked),
		AGENDA_TEST(matches_by_who_held_the_address_when_it_takes_place),
		AGENDA_TEST(keeps_of_strangers_what_the_configuration_says),
		AGENDA_TEST(keeps_text_as_the_level_says),
		AGENDA_TEST(is_one_meeting_in_two_calendars),
		AGENDA_TEST(takes_only_missing_parties_from_a_copy),
		AGENDA_TEST(is_captured_by_the_calendar_that_lets_it_be_seen),
		AGENDA_TEST(stays_captured_when_the_first_calendar_makes_it_private),
		AGENDA_TEST(follows_the_newer_version_whosever_it_is),
		AGENDA_TEST(is_linked_when_a_contact_gets_the_address),
		AGENDA_TEST(is_captured_at_last_where_nothing_was_kept_of_it),
		AGENDA_TEST(quarantines_what_cannot_be_read_until_it_can),
		AGENDA_TEST(is_held_when_it_has_ended),
		AGENDA_TEST(leaves_with_its_source_unless_another_has_it),
		AGENDA_TEST(answers_conditions_over_meetings),
		AGENDA_TEST(is_explained_by_its_uid_and_occurrence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
