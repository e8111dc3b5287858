#include "agenda.h"

/* Two calendars that change at random: whatever happens, totals are what is counted, every
 * occurrence has one row, one meeting is one interaction, and doing the last thing again does
 * nothing. */

enum { ROUNDS = 400, UIDS = 5 };

static const char *const uids[UIDS] = { "a@cal", "b@cal", "c@cal", "d@cal", "e@cal" };

static unsigned
draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

static struct meeting *
any_version(struct agenda *agenda, unsigned *seed)
{
	const char *uid = uids[draw(seed, UIDS)];
	int64_t start = NOW + ((int64_t)draw(seed, 30) - 15) * DAY + draw(seed, 3) * HOUR;
	struct meeting *meeting = draw(seed, 2) ? agenda_event(agenda, uid, start)
						: agenda_series(agenda, uid, start, draw(seed, 6));

	meeting->sequence = draw(seed, 3);
	meeting->stamp += draw(seed, 3);
	meeting->status = draw(seed, 5) == 0 ? MEETING_CANCELLED : MEETING_CONFIRMED;
	if (draw(seed, 8) == 0)
		meeting->sensitivity = "private";
	if (draw(seed, 4) == 0)
		meeting->parties[0].email = meeting->parties[0].address = "ada@x.example";
	if (draw(seed, 3) == 0)
		agenda_party(agenda, meeting, PARTY_ATTENDEE, "me@own.example",
			draw(seed, 2) ? RESPONSE_DECLINED : RESPONSE_ACCEPTED);
	if (draw(seed, 3) == 0)
		agenda_party(agenda, meeting, PARTY_ATTENDEE, "jo@y.example", RESPONSE_ACCEPTED);
	if (draw(seed, 6) == 0)
		meeting->party_count = 1;
	return meeting;
}

static void
look_at_some(struct agenda *agenda, int64_t stream, unsigned *seed)
{
	const char *words = "";

	for (unsigned i = 0; i < UIDS; i++) {
		if (draw(seed, 2))
			words = arena_printf(agenda->world->arena, "%s%s%s", words,
				words[0] == '\0' ? "" : " ", uids[i]);
	}
	agenda_look(agenda, stream, words);
}

static void
hold(struct agenda *agenda)
{
	struct world *world = agenda->world;
	struct capture_result result;
	int64_t next;

	assert_ok(meetings_held(
		world->store, world->arena, agenda->now, 1000, &result, &next, &world->err));
	assert_true(next == 0 || next > agenda->now);
}

static void
check(struct agenda *agenda)
{
	struct world *world = agenda->world;
	bool changed;

	for (int64_t id = 1; id <= 2; id++) {
		assert_ok(contact_recount(world->store, id, &changed, &world->err));
		assert_false(changed);
	}
	assert_int_equal(ask(world, "SELECT count(*) FROM pragma_foreign_key_check", 0), 0);
	assert_int_equal(ask(world,
				 "SELECT (SELECT count(*) FROM ledger) - (SELECT count(*) FROM "
				 "occurrence) - (SELECT count(*) FROM quarantine)",
				 0),
		0);
	assert_int_equal(ask(world,
				 "SELECT count(*) FROM interaction i JOIN meeting g ON "
				 "g.message_id = i.message_id WHERE i.status = 'planned' AND NOT "
				 "EXISTS (SELECT 1 FROM ledger l WHERE l.interaction_id = i.id AND "
				 "l.decision = 'captured')",
				 0),
		0);
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM interaction i WHERE i.status = 'planned' AND "
			"i.at > ? AND NOT EXISTS (SELECT 1 FROM ledger l JOIN occurrence o "
			"ON o.stream_id = l.stream_id AND o.uid = l.uid WHERE l.message_id "
			"= i.message_id AND o.gone = 0)",
			agenda->now),
		0);
	assert_int_equal(ask(world,
				 "SELECT count(*) FROM interaction_contact x JOIN interaction i ON "
				 "i.id = x.interaction_id WHERE x.at <> i.at",
				 0),
		0);
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM interaction WHERE status = 'held' AND end_at "
			"> ?",
			agenda->now),
		0);
	assert_int_equal(
		ask(world,
			"SELECT count(*) FROM (SELECT 1 FROM ledger WHERE decision = "
			"'captured' AND interaction_id IS NOT NULL GROUP BY interaction_id "
			"HAVING count(*) > 1)",
			0),
		0);
}

static void
step(struct agenda *agenda, unsigned *seed)
{
	int64_t stream = draw(seed, 2) ? agenda->team : agenda->side;
	struct meeting *version;

	agenda->max = 1 + draw(seed, 5);
	switch (draw(seed, 8)) {
	case 0:
		look_at_some(agenda, stream, seed);
		break;
	case 1:
		agenda->now += draw(seed, 2) * HOUR;
		break;
	case 2:
		agenda_record(agenda, stream, uids[draw(seed, UIDS)], NULL, 0);
		break;
	default:
		version = any_version(agenda, seed);
		agenda_read(agenda, stream, version);
		agenda_read(agenda, stream, version);
		assert_int_equal(agenda->told_count, 0);
	}
	hold(agenda);
}

static void
holds_whatever_happens(void **state)
{
	struct agenda *agenda = *state;
	unsigned seed = 8;

	world_person(agenda->world, "Ada", "ada@x.example");
	world_person(agenda->world, "Jo", "jo@y.example");
	for (unsigned i = 0; i < ROUNDS; i++) {
		step(agenda, &seed);
		check(agenda);
	}
	assert_true(ask(agenda->world, "SELECT count(*) FROM interaction_move", 0) > 5);
	assert_true(ask(agenda->world,
			    "SELECT count(*) FROM interaction WHERE status = 'cancelled'", 0) > 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(holds_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
