#include "desk.h"

/* Recording, linking, totals and the record. */

static struct interaction
call_at(int64_t at)
{
	return (struct interaction){ .kind = "call",
		.status = "recorded",
		.direction = "none",
		.initiated_by = "none",
		.at = at };
}

static void
record(struct desk *desk, struct interaction *interaction, const struct interaction_link *links,
	unsigned count)
{
	assert_ok(interaction_add(desk->store, interaction, links, count, NULL, NOW, &desk->err));
}

static void
one_interaction_with_several_contacts_is_one_row(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0);
	struct interaction call = call_at(NOW);
	struct interaction_link links[] = {
		{ .contact_id = ada, .role = "participant", .via = "manual" },
		{ .contact_id = bob, .role = "participant", .via = "manual" },
		{ .contact_id = ada, .role = "cc", .via = "manual" },
	};

	call.cost = 1250;
	call.duration_min = 45;
	record(desk, &call, links, 3);
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction"), 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction_contact"), 2);
	assert_int_equal(
		ask(desk, "SELECT count(*) FROM interaction_contact WHERE role = 'cc'"), 0);
	assert_int_equal(get_contact(desk, ada).cost, 1250);
	assert_int_equal(get_contact(desk, bob).duration_min, 45);
	assert_int_equal(get_contact(desk, ada).interactions, 1);
}

static void
a_company_counts_what_its_persons_did_once(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme),
		bob = add_person(desk, "Bob", acme);
	struct interaction call = call_at(NOW);
	struct interaction_link links[] = {
		{ .contact_id = ada, .company_id = acme, .role = "to", .via = "address" },
		{ .contact_id = bob, .company_id = acme, .role = "to", .via = "address" },
		{ .contact_id = acme, .role = "to", .via = "domain" },
	};

	call.cost = 100;
	record(desk, &call, links, 3);
	assert_int_equal(get_contact(desk, acme).interactions, 1);
	assert_int_equal(get_contact(desk, acme).cost, 100);
}

static void
last_dates_leave_out_what_failed_and_what_lies_ahead(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	struct interaction_link link = {
		.contact_id = ada, .role = "participant", .via = "manual"
	};
	struct interaction call = call_at(NOW);
	struct contact row;

	call.offset_min = 60;
	record(desk, &call, &link, 1);
	call = call_at(NOW + 100);
	call.attempt_failed = true;
	call.initiated_by = "us";
	record(desk, &call, &link, 1);
	call = call_at(NOW + 200);
	call.status = "planned";
	call.initiated_by = "us";
	record(desk, &call, &link, 1);
	call = call_at(NOW + 300);
	call.status = "cancelled";
	record(desk, &call, &link, 1);
	row = get_contact(desk, ada);
	assert_int_equal(row.interactions, 3);
	assert_int_equal(row.last_interaction, NOW);
	assert_int_equal(row.last_interaction_offset, 60);
	assert_int_equal(row.last_attempt, NOW + 100);
}

static void
linking_one_more_counts_it_once(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme),
		bob = add_person(desk, "Bob", acme),
		id = add_interaction(desk, "call", NOW, "x", ada);
	struct interaction_link link = {
		.contact_id = bob, .company_id = acme, .role = "cc", .via = "address"
	};
	bool added;

	assert_ok(interaction_link_add(desk->store, id, &link, NOW, &added, &desk->err));
	assert_true(added);
	assert_ok(interaction_link_add(desk->store, id, &link, NOW, &added, &desk->err));
	assert_false(added);
	assert_int_equal(get_contact(desk, bob).interactions, 1);
	assert_int_equal(get_contact(desk, acme).interactions, 1);
	link = (struct interaction_link){ .contact_id = acme, .role = "cc", .via = "domain" };
	assert_ok(interaction_link_add(desk->store, id, &link, NOW, &added, &desk->err));
	assert_true(added);
	assert_int_equal(get_contact(desk, acme).interactions, 1);
	assert_fails(interaction_link_add(desk->store, 99, &link, NOW, &added, &desk->err),
		ERR_NOT_FOUND);
}

static void
a_link_to_nobody_is_refused(void **state)
{
	struct desk *desk = *state;
	struct interaction call = call_at(NOW);
	struct interaction_link link = { .contact_id = 9, .role = "to", .via = "manual" };

	assert_fails(
		interaction_add(desk->store, &call, &link, 1, NULL, NOW, &desk->err), ERR_REFUSED);
}

static void
the_snippet_is_one_line_of_500_characters(void **state)
{
	struct desk *desk = *state;
	int64_t id = add_interaction(desk, "email", NOW, "x", add_person(desk, "Ada", 0));
	char *text = arena_alloc(desk->arena, 4000);
	json_t *tree;
	const char *snippet;

	for (int i = 0; i < 600; i++)
		memcpy(text + i * 3, i % 10 == 9 ? " \n " : "\xe2\x82\xac", 3);
	assert_ok(interaction_set_text(desk->store, desk->arena, id, text, true, true, &desk->err));
	tree = record_of(desk, "interaction", id);
	snippet = json_string_value(json_object_get(tree, "snippet"));
	assert_int_equal(strlen(snippet), 450 * 3 + 49); /* the 500th is a blank at the end */
	assert_null(strchr(snippet, '\n'));
	json_decref(tree);
	assert_int_equal(ask(desk, "SELECT truncated FROM interaction_text"), 1);
	assert_int_equal(ask(desk, "SELECT length(text) FROM interaction_text"), 540 + 180);
	assert_fails(
		interaction_set_text(desk->store, desk->arena, 99, "x", false, false, &desk->err),
		ERR_NOT_FOUND);
}

static void
all_captured_text_is_in_the_whole_record_only(void **state)
{
	struct desk *desk = *state;
	int64_t id = add_interaction(desk, "email", NOW, "Hello", add_person(desk, "Ada", 0));
	struct json_out out;

	text_reset(&desk->text);
	json_out_init(&out, &desk->text);
	assert_ok(interaction_write_whole(desk->store, desk->arena, id, &out, &desk->err));
	assert_non_null(strstr(desk->text.bytes, ",\"text\":null,\"text_truncated\":null}"));
	assert_ok(interaction_set_text(
		desk->store, desk->arena, id, "one\ntwo", true, true, &desk->err));
	text_reset(&desk->text);
	json_out_init(&out, &desk->text);
	assert_ok(interaction_write_whole(desk->store, desk->arena, id, &out, &desk->err));
	assert_non_null(
		strstr(desk->text.bytes, ",\"text\":\"one\\ntwo\",\"text_truncated\":true}"));
	text_reset(&desk->text);
	json_out_init(&out, &desk->text);
	assert_ok(interaction_write(desk->store, desk->arena, id, &out, &desk->err));
	assert_null(strstr(desk->text.bytes, "\"text\""));
	assert_fails(interaction_write_whole(desk->store, desk->arena, 99, &out, &desk->err),
		ERR_NOT_FOUND);
}

static void
the_record_has_the_keys_of_the_contract_in_order(void **state)
{
	static const char *const KEYS[] = { "id", "version", "kind", "status", "direction",
		"initiated_by", "at", "end", "all_day", "location", "subject", "snippet", "note",
		"attachments", "message_id", "thread", "event_uid", "recurrence_id", "moves",
		"template", "interaction_group", "salesperson", "colleagues", "campaign",
		"campaign_target", "campaign_response", "segment", "opportunity", "task",
		"evaluation", "attempt_failed", "cost", "duration_min", "contacts", "sources",
		"authentication", "flags", "withheld" };
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	struct interaction call = call_at(NOW);
	struct interaction_link link = {
		.contact_id = ada, .role = "participant", .via = "manual"
	};
	json_t *tree, *value, *contact;
	size_t place = 0;
	const char *key;

	call.offset_min = 60;
	call.cost = 1250;
	record(desk, &call, &link, 1);
	tree = record_of(desk, "interaction", call.id);
	json_object_foreach(tree, key, value)
	{
		assert_true(place < sizeof KEYS / sizeof *KEYS);
		assert_string_equal(key, KEYS[place++]);
	}
	assert_int_equal(place, sizeof KEYS / sizeof *KEYS);
	assert_string_equal(
		json_string_value(json_object_get(tree, "at")), "2027-01-15T09:00:00+01:00");
	assert_string_equal(json_string_value(json_object_get(tree, "cost")), "12.50");
	assert_true(json_is_null(json_object_get(tree, "thread")));
	contact = json_array_get(json_object_get(tree, "contacts"), 0);
	assert_string_equal(json_string_value(json_object_get(contact, "no")), "C00001");
	assert_string_equal(json_string_value(json_object_get(contact, "via")), "manual");
	assert_true(json_is_false(json_object_get(contact, "ambiguous")));
	json_decref(tree);
}

static void
shows_the_company_of_its_time_when_the_person_has_another_since(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), beta = add_company(desk, "Beta");
	int64_t ada = add_person(desk, "Ada", acme);
	struct interaction call = call_at(NOW);
	struct interaction_link link = {
		.contact_id = ada, .company_id = acme, .role = "participant", .via = "manual"
	};
	struct contact moved = get_contact(desk, ada);
	json_t *tree, *contact;

	record(desk, &call, &link, 1);
	moved.company_id = beta;
	assert_ok(contact_update(desk->store, desk->arena, &moved, NOW, &desk->err));
	assert_int_equal(get_contact(desk, ada).company_id, beta);
	tree = record_of(desk, "interaction", call.id);
	contact = json_array_get(json_object_get(tree, "contacts"), 0);
	assert_string_equal(json_string_value(json_object_get(contact, "no")), "C00003");
	assert_string_equal(json_string_value(json_object_get(contact, "company_no")), "C00001");
	assert_string_equal(json_string_value(json_object_get(contact, "company_name")), "Acme");
	json_decref(tree);
}

static void
a_captured_one_shows_where_it_was_seen(void **state)
{
	static const char SOURCE[] = "INSERT INTO source (name, kind) VALUES ('work', 'imap')";
	static const char STREAM[] = "INSERT INTO stream (source_id, folder, uidvalidity, cursor,"
				     " anchor, low) VALUES (1, 'INBOX', 7, 9, 9, 0)";
	static const char MESSAGE[] =
		"INSERT INTO message (identity, message_id, at, offset_min,"
		" direction, parts) VALUES (x'00', 'm@x', 1, 0, 'inbound',"
		" '[{\"name\":\"a.pdf\",\"type\":\"application/pdf\",\"size\":9}]')";
	static const char LEDGER[] = "INSERT INTO ledger (stream_id, uid, at, decision, message_id)"
				     " VALUES (1, 5, 1, 'captured', 1), (1, 6, 1, 'duplicate', 1)";
	static const char *const SQL[] = { SOURCE, STREAM, MESSAGE, LEDGER };
	struct desk *desk = *state;
	struct interaction mail = call_at(NOW);
	json_t *tree, *sources;

	for (size_t i = 0; i < 4; i++)
		assert_ok(stmt_run(sql_prepare(desk->store, SQL[i]), &desk->err));
	mail.kind = "email";
	mail.message_id = 1;
	mail.thread = 3;
	record(desk, &mail, NULL, 0);
	tree = record_of(desk, "interaction", mail.id);
	sources = json_object_get(tree, "sources");
	assert_int_equal(json_array_size(sources), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(sources, 0), "uid")), 5);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(sources, 1), "folder")), "INBOX");
	assert_string_equal(json_string_value(json_object_get(tree, "message_id")), "m@x");
	assert_int_equal(json_integer_value(json_object_get(tree, "thread")), 3);
	assert_int_equal(json_array_size(json_object_get(tree, "attachments")), 1);
	json_decref(tree);
}

static void
completes_what_was_recorded_by_hand(void **state)
{
	static const struct {
		struct interaction given;
		const char *kind, *status, *initiated_by;
		int64_t duration;
	} rows[] = {
		{ { .at = NOW }, "note", "recorded", "none", 0 },
		{ { .kind = "Call", .at = NOW - 60, .direction = "outbound" }, "call", "recorded",
			"us", 0 },
		{ { .kind = "letter", .at = NOW, .direction = "inbound" }, "letter", "recorded",
			"them", 0 },
		{ { .kind = "meeting", .at = NOW - 3600, .end_at = NOW - 900 }, "meeting", "held",
			"none", 45 },
		{ { .kind = "meeting", .at = NOW - 60, .end_at = NOW + 60 }, "meeting", "planned",
			"none", 2 },
		{ { .kind = "call", .at = NOW + 60, .initiated_by = "them" }, "call", "planned",
			"them", 0 },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct interaction got = rows[i].given;

		assert_ok(interaction_complete(desk->arena, &got, NOW, &desk->err));
		assert_string_equal(got.kind, rows[i].kind);
		assert_string_equal(got.status, rows[i].status);
		assert_string_equal(got.initiated_by, rows[i].initiated_by);
		assert_int_equal(got.duration_min, rows[i].duration);
	}
}

static void
refuses_what_makes_no_sense_by_hand(void **state)
{
	static const struct {
		struct interaction given;
		const char *field;
	} rows[] = {
		{ { .kind = "two words", .at = NOW }, "kind" },
		{ { .kind = "e,mail", .at = NOW }, "kind" },
		{ { .at = NOW, .end_at = NOW - 1 }, "end" },
		{ { .at = NOW, .cost = -1 }, "cost" },
		{ { .at = NOW, .duration_min = -1 }, "duration_min" },
		{ { .at = NOW, .duration_min = INT64_MAX }, "duration_min" },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct interaction got = rows[i].given;

		assert_fails(interaction_complete(desk->arena, &got, NOW, &desk->err), ERR_USAGE);
		assert_string_equal(desk->err.field, rows[i].field);
	}
}

static void
an_erased_one_leaves_no_trace(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme), ids[2];
	struct timeline_page page;

	ids[0] = add_interaction(desk, "call", NOW, "canary", ada);
	ids[1] = add_interaction(desk, "call", NOW + 1, "canary", ada);
	add_interaction(desk, "call", NOW + 2, "stays", ada);
	assert_ok(interaction_set_text(
		desk->store, desk->arena, ids[0], "canary text", true, false, &desk->err));
	assert_ok(store_begin(desk->store, &desk->err));
	assert_ok(interaction_erase(desk->store, desk->arena, ids, 2, &desk->err));
	assert_ok(store_commit(desk->store, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction_text"), 0);
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction_contact"), 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM search_queue"), 0);
	assert_int_equal(get_contact(desk, ada).interactions, 1);
	assert_int_equal(get_contact(desk, acme).interactions, 1);
	assert_ok(interaction_search(desk->store, desk->arena, "canary", NULL, NULL, NULL, NULL, 0,
		9, NULL, &page, &desk->err));
	assert_int_equal(page.count, 0);
}

static void
a_rolled_back_one_is_never_found(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), kept;
	struct timeline_page page;

	assert_ok(store_begin(desk->store, &desk->err));
	assert_ok(store_savepoint(desk->store, &desk->err));
	add_interaction(desk, "call", NOW, "undone", ada);
	store_rollback_to(desk->store);
	kept = add_interaction(desk, "call", NOW, "kept", ada);
	assert_ok(store_commit(desk->store, &desk->err));
	assert_ok(store_begin(desk->store, &desk->err));
	add_interaction(desk, "call", NOW, "undone", ada);
	store_rollback(desk->store);
	add_interaction(desk, "call", NOW, "later", ada);
	assert_ok(interaction_search(desk->store, desk->arena, "undone", NULL, NULL, NULL, NULL, 0,
		9, NULL, &page, &desk->err));
	assert_int_equal(page.count, 0);
	assert_ok(interaction_search(desk->store, desk->arena, "kept", NULL, NULL, NULL, NULL, 0, 9,
		NULL, &page, &desk->err));
	assert_int_equal(page.count, 1);
	assert_int_equal(page.ids[0], kept);
	assert_int_equal(get_contact(desk, ada).interactions, 2);
}

/* ---- property: totals always equal a recount ---- */

enum { STEPS = 2000, PEOPLE_MAX = 400 };

static uint64_t seed;

static unsigned
any(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

struct world {
	int64_t people[PEOPLE_MAX], interactions[STEPS];
	unsigned people_count, interaction_count;
};

static int64_t
any_of(const int64_t *ids, unsigned count)
{
	return count == 0 ? 0 : ids[any(count)];
}

static int64_t
any_company(struct desk *desk, const struct world *world)
{
	int64_t id = any_of(world->people, world->people_count);

	return id != 0 && strcmp(get_contact(desk, id).type, "company") == 0 ? id : 0;
}

static struct interaction_link
any_link(struct desk *desk, const struct world *world)
{
	int64_t id = any_of(world->people, world->people_count);

	return (struct interaction_link){ .contact_id = id,
		.role = "to",
		.via = "address",
		.company_id = get_contact(desk, id).company_id };
}

static void
step_contact(struct desk *desk, struct world *world)
{
	static const char *const NAMES[] = { "Ada Lovelace", "Bob Ross", "Acme", "Zoo" };
	const char *name = NAMES[any(4)];

	if (world->people_count == PEOPLE_MAX)
		return;
	world->people[world->people_count++] = any(3) == 0 ? add_company(desk, name)
							   : add_person(desk, name,
								     any_company(desk, world));
}

static void
step_interaction(struct desk *desk, struct world *world)
{
	static const char *const STATUS[] = { "recorded", "held", "planned", "cancelled", "draft",
		"recorded" };
	static const char *const INITIATED[] = { "us", "them", "none" };
	struct interaction interaction = call_at(NOW + any(50));
	struct interaction_link links[5];
	unsigned count = any(5);

	interaction.status = STATUS[any(6)];
	interaction.initiated_by = INITIATED[any(3)];
	interaction.attempt_failed = any(5) == 0;
	interaction.offset_min = (int)any(5) * 60 - 120;
	interaction.cost = any(3) * 50;
	interaction.duration_min = any(90);
	for (unsigned i = 0; i < count; i++)
		links[i] = any_link(desk, world);
	record(desk, &interaction, links, count);
	world->interactions[world->interaction_count++] = interaction.id;
}

static void
step_link(struct desk *desk, struct world *world)
{
	struct interaction_link link = any_link(desk, world);
	bool added;

	if (world->interaction_count > 0)
		assert_ok(interaction_link_add(desk->store,
			any_of(world->interactions, world->interaction_count), &link, NOW, &added,
			&desk->err));
}

static void
step_move(struct desk *desk, struct world *world)
{
	struct contact contact = get_contact(desk, any_of(world->people, world->people_count));

	if (strcmp(contact.type, "person") != 0)
		return;
	contact.company_id = any_company(desk, world);
	assert_ok(contact_update(desk->store, desk->arena, &contact, NOW, &desk->err));
}

static void
forget_gone(struct desk *desk, struct world *world)
{
	unsigned kept = 0;
	struct contact contact;

	for (unsigned i = 0; i < world->people_count; i++) {
		if (contact_get(desk->store, desk->arena, world->people[i], &contact, &desk->err) ==
			0)
			world->people[kept++] = world->people[i];
	}
	world->people_count = kept;
}

static void
step_remove(struct desk *desk, struct world *world)
{
	if (world->people_count < 6)
		return;
	assert_ok(contact_remove(
		desk->store, any_of(world->people, world->people_count), &desk->err));
	forget_gone(desk, world);
}

static void
step_erase(struct desk *desk, struct world *world)
{
	unsigned place;

	if (world->interaction_count < 10)
		return;
	place = any(world->interaction_count);
	assert_ok(interaction_erase(
		desk->store, desk->arena, &world->interactions[place], 1, &desk->err));
	world->interactions[place] = world->interactions[--world->interaction_count];
}

static void
check_totals(struct desk *desk, const struct world *world, int step)
{
	for (unsigned i = 0; i < world->people_count; i++) {
		bool changed;

		assert_ok(contact_recount(desk->store, world->people[i], &changed, &desk->err));
		if (changed)
			fail_msg(
				"after step %d contact %lld had other totals than its interactions",
				step, (long long)world->people[i]);
	}
}

static void
totals_equal_a_recount_after_any_operations(void **state)
{
	struct desk *desk = *state;
	struct world *world = calloc(1, sizeof *world);

	seed = 20261121;
	assert_ok(store_begin(desk->store, &desk->err));
	for (int step = 0; step < STEPS; step++) {
		unsigned choice = world->people_count < 5 ? 0 : any(20);

		if (choice < 4)
			step_contact(desk, world);
		else if (choice < 11)
			step_interaction(desk, world);
		else if (choice < 16)
			step_link(desk, world);
		else if (choice < 18)
			step_move(desk, world);
		else if (choice == 18)
			step_erase(desk, world);
		else if (step % 3 == 0)
			step_remove(desk, world);
		if (step % 50 == 49 || step < 100)
			check_totals(desk, world, step);
		arena_reset(desk->arena);
	}
	check_totals(desk, world, STEPS);
	assert_true(world->interaction_count > 300);
	assert_ok(store_commit(desk->store, &desk->err));
	free(world);
}

static void
a_recount_mends_and_says_so(void **state)
{
	static const char SPOIL[] = "UPDATE contact SET interactions = 7, last_attempt = 5";
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	bool changed;

	add_interaction(desk, "call", NOW, "x", ada);
	assert_ok(stmt_run(sql_prepare(desk->store, SPOIL), &desk->err));
	assert_ok(contact_recount(desk->store, ada, &changed, &desk->err));
	assert_true(changed);
	assert_int_equal(get_contact(desk, ada).interactions, 1);
	assert_false(get_contact(desk, ada).has_last_attempt);
	assert_ok(contact_recount(desk->store, ada, &changed, &desk->err));
	assert_false(changed);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_interaction_with_several_contacts_is_one_row),
		CASE(a_company_counts_what_its_persons_did_once),
		CASE(last_dates_leave_out_what_failed_and_what_lies_ahead),
		CASE(linking_one_more_counts_it_once),
		CASE(a_link_to_nobody_is_refused),
		CASE(the_snippet_is_one_line_of_500_characters),
		CASE(all_captured_text_is_in_the_whole_record_only),
		CASE(the_record_has_the_keys_of_the_contract_in_order),
		CASE(shows_the_company_of_its_time_when_the_person_has_another_since),
		CASE(a_captured_one_shows_where_it_was_seen),
		CASE(completes_what_was_recorded_by_hand),
		CASE(refuses_what_makes_no_sense_by_hand),
		CASE(an_erased_one_leaves_no_trace),
		CASE(a_rolled_back_one_is_never_found),
		CASE(totals_equal_a_recount_after_any_operations),
		CASE(a_recount_mends_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
