#include "desk.h"

/* Meetings that follow a calendar, as far as people left them to it. */

static int64_t
add_meeting(struct desk *desk, int64_t at, int64_t contact)
{
	struct interaction meeting = {
		.kind = "meeting",
		.status = "planned",
		.direction = "none",
		.initiated_by = "us",
		.at = at,
		.end_at = at + 3600,
		.subject = "Review",
		.event_uid = "a@cal",
		.recurrence_id = "2027-01-15",
	};
	struct interaction_link link = { .contact_id = contact,
		.role = "attendee",
		.email = "ada@x.example",
		.via = "address",
		.response = "accepted" };

	assert_ok(interaction_add(desk->store, &meeting, &link, 1, NULL, NOW, &desk->err));
	return meeting.id;
}

static void
tells_a_move_from_a_change(void **state)
{
	struct desk *desk = *state;
	int64_t id = add_meeting(desk, NOW + 100, add_person(desk, "Ada", 0));
	struct interaction wanted = { .id = id,
		.status = "planned",
		.initiated_by = "us",
		.at = NOW + 100,
		.end_at = NOW + 3700,
		.subject = "Review",
		.recurrence_id = "2027-01-15" };
	unsigned changes;

	assert_ok(interaction_follow(
		desk->store, desk->arena, &wanted, NULL, NOW, &changes, &desk->err));
	assert_int_equal(changes, 0);
	wanted.subject = "Interview";
	assert_ok(interaction_follow(
		desk->store, desk->arena, &wanted, NULL, NOW, &changes, &desk->err));
	assert_int_equal(changes, INTERACTION_CHANGED);
	wanted.at += 60;
	assert_ok(interaction_follow(
		desk->store, desk->arena, &wanted, NULL, NOW, &changes, &desk->err));
	assert_int_equal(changes, INTERACTION_CHANGED | INTERACTION_MOVED);
	assert_int_equal(ask(desk, "SELECT to_at - from_at FROM interaction_move"), 60);
	assert_int_equal(ask(desk, "SELECT version FROM interaction"), 3);
}

static void
keeps_links_that_were_made_by_hand(void **state)
{
	struct desk *desk = *state;
	int64_t id = add_meeting(desk, NOW + 100, add_person(desk, "Ada", 0));
	struct interaction_link hand = {
		.contact_id = add_person(desk, "Bob", 0), .role = "participant", .via = "manual"
	};
	const char *invited[] = { "jo@y.example" };
	bool added, changed;

	assert_ok(interaction_link_add(desk->store, id, &hand, NOW, &added, &desk->err));
	assert_ok(interaction_relink(
		desk->store, desk->arena, id, NULL, 0, NULL, 0, NOW, &changed, &desk->err));
	assert_false(changed);
	assert_ok(interaction_relink(
		desk->store, desk->arena, id, NULL, 0, invited, 1, NOW, &changed, &desk->err));
	assert_true(changed);
	assert_int_equal(ask(desk, "SELECT contact_id FROM interaction_contact"), hand.contact_id);
}

static void
only_planned_meetings_are_held(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), next, *ids;
	struct interaction call = { .kind = "call",
		.status = "planned",
		.direction = "outbound",
		.initiated_by = "us",
		.at = NOW - 10 };
	unsigned count;

	assert_ok(interaction_add(desk->store, &call, NULL, 0, NULL, NOW, &desk->err));
	add_meeting(desk, NOW - 3600, ada);
	add_meeting(desk, NOW - 3599, ada);
	assert_ok(interaction_hold(desk->store, desk->arena, NOW, 10, &ids, &count, &desk->err));
	assert_int_equal(count, 1);
	assert_ok(interaction_next_end(desk->store, &next, &desk->err));
	assert_int_equal(next, NOW + 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction WHERE status = 'held'"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_a_move_from_a_change, desk_open, desk_close),
		cmocka_unit_test_setup_teardown(
			keeps_links_that_were_made_by_hand, desk_open, desk_close),
		cmocka_unit_test_setup_teardown(
			only_planned_meetings_are_held, desk_open, desk_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
