#include "desk.h"

#include "liaison/crm/contact_find.h"
#include "memory/dump.h"
#include "memory/starve.h"

/* Contacts and interactions when memory runs out: what a command did is rolled back whole. */

static void *
open_filled(void)
{
	struct desk *desk;
	int64_t company;
	void *state;

	desk_open(&state);
	desk = state;
	company = add_company(desk, "Analytical Engines");
	add_email(desk, add_person(desk, "Ada Lovelace", company), "ada@x.example");
	add_email(desk, add_person(desk, "Charles Babbage", company), "charles@x.example");
	add_interaction(desk, "call", NOW - 100, "Weaving patterns", 2);
	add_interaction(desk, "note", NOW - 50, "A pattern", 3);
	return desk;
}

static void
close_filled(void *desk)
{
	desk_close(&desk);
}

static int
dump(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;

	return dump_store(desk->store, out, err);
}

static void
roll_back(void *state)
{
	struct desk *desk = state;

	store_rollback(desk->store);
	arena_reset(desk->arena);
}

static void
reset(void *state)
{
	struct desk *desk = state;

	arena_reset(desk->arena);
}

/* ---- contacts ---------------------------------------------------------------------------------- */

static int
run_add(void *state, struct text *out, struct err *err)
{
	struct contact contact = {
		.type = "person", .name = "Grace Hopper", .company_id = 1, .city = "New York"
	};
	struct contact_email email = { .email = "Grace@Bücher.example" };
	struct desk *desk = state;

	if (store_begin(desk->store, err) < 0 ||
		contact_add(desk->store, desk->arena, &contact, NOW, err) < 0 ||
		contact_email_add(desk->store, desk->arena, contact.id, &email, err) < 0 ||
		contact_domain_add(desk->store, desk->arena, 1, "x.example", err) < 0)
		return -1;
	text_printf(out, "%s %s\n", contact.no, email.address);
	return 0;
}

static int
run_edit(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;
	struct contact contact;

	(void)out;
	if (store_begin(desk->store, err) < 0 ||
		contact_get(desk->store, desk->arena, 2, &contact, err) < 0)
		return -1;
	contact.name = "Ada King, Countess of Lovelace";
	contact.company_id = 0;
	contact_settle_name(desk->arena, &contact, true, false);
	return contact_update(desk->store, desk->arena, &contact, NOW + 1, err);
}

static int
run_remove(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;

	(void)out;
	return store_begin(desk->store, err) < 0 ? -1 : contact_remove(desk->store, 2, err);
}

static int
run_resolve(void *state, struct text *out, struct err *err)
{
	static const char *const WORDS[] = { "C00002", "ada@x.example", "charles b" };
	struct desk *desk = state;

	for (unsigned i = 0; i < 3; i++) {
		int64_t id;

		if (contact_resolve(desk->store, desk->arena, WORDS[i], &id, err) < 0)
			return -1;
		text_printf(out, "%lld\n", (long long)id);
	}
	return 0;
}

/* A mistake that is made is said as it always is, or that there was no memory. */
static int
run_conflict(void *state, struct text *out, struct err *err)
{
	struct contact_email email = { .email = "ada@x.example" };
	struct desk *desk = state;

	if (store_begin(desk->store, err) < 0)
		return -1;
	if (contact_email_add(desk->store, desk->arena, 2, &email, err) == 0)
		return fail(err, ERR_INTERNAL, "an address was taken twice");
	if (err->code != ERR_CONFLICT)
		return -1;
	text_printf(out, "%s\n", err->message);
	return 0;
}

static int
run_search(void *state, struct text *out, struct err *err)
{
	struct contact_finding found;
	struct desk *desk = state;

	if (contact_find(desk->store, desk->arena, "lovelase", 10, &found, err) < 0)
		return -1;
	for (unsigned i = 0; i < found.count; i++)
		text_printf(out, "%lld\n", (long long)found.hits[i].id);
	return 0;
}

static int
run_contact_record(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;
	struct json_out json;

	json_out_init(&json, out);
	return contact_write(desk->store, desk->arena, 2, &json, err);
}

static int
run_recount(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;
	bool changed;

	if (store_begin(desk->store, err) < 0 || contact_recount(desk->store, 1, &changed, err) < 0)
		return -1;
	text_printf(out, "%d\n", changed);
	return 0;
}

/* ---- interactions ------------------------------------------------------------------------------ */

static int
run_interaction(void *state, struct text *out, struct err *err)
{
	struct interaction interaction = { .kind = "call", .subject = "Looms", .at = NOW };
	struct interaction_link links[2] = {
		{ .contact_id = 2, .company_id = 1, .role = "participant", .via = "manual" },
		{ .contact_id = 3, .company_id = 1, .role = "participant", .via = "manual" },
	};
	struct desk *desk = state;

	if (store_begin(desk->store, err) < 0 ||
		interaction_complete(desk->arena, &interaction, NOW, err) < 0 ||
		interaction_add(desk->store, &interaction, links, 2, "Ada Charles", NOW, err) < 0)
		return -1;
	text_printf(out, "%lld\n", (long long)interaction.id);
	return interaction_set_text(desk->store, desk->arena, interaction.id,
		"Punched cards\nfor the engine", true, false, err);
}

static int
run_erase(void *state, struct text *out, struct err *err)
{
	static const int64_t IDS[] = { 1, 2 };
	struct desk *desk = state;

	(void)out;
	if (store_begin(desk->store, err) < 0)
		return -1;
	return interaction_erase(desk->store, desk->arena, IDS, 2, err);
}

static int
run_timeline(void *state, struct text *out, struct err *err)
{
	struct timeline_page page = { 0 };
	struct desk *desk = state;

	do {
		if (interaction_timeline(desk->store, desk->arena, 1, NULL, NULL, NULL, 0, 1,
			    page.next, &page, err) < 0)
			return -1;
		for (unsigned i = 0; i < page.count; i++)
			text_printf(out, "%lld\n", (long long)page.ids[i]);
	} while (page.next != NULL);
	return 0;
}

static int
run_text_search(void *state, struct text *out, struct err *err)
{
	struct timeline_page page;
	struct desk *desk = state;

	if (interaction_search(desk->store, desk->arena, "pattern* -loom", NULL, NULL, NULL, NULL,
		    0, 10, NULL, &page, err) < 0)
		return -1;
	for (unsigned i = 0; i < page.count; i++)
		text_printf(out, "%lld\n", (long long)page.ids[i]);
	return 0;
}

static int
run_interaction_record(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;
	struct json_out json;

	json_out_init(&json, out);
	return interaction_write_whole(desk->store, desk->arena, 1, &json, err);
}

/* ---- series and setup -------------------------------------------------------------------------- */

static int
run_series(void *state, struct text *out, struct err *err)
{
	static const struct series_line LINE = { "X-001", "X-999", "X-900", 10, TIME_MIN };
	struct desk *desk = state;
	struct json_out json;
	const char *no;
	int64_t id;

	json_out_init(&json, out);
	if (store_begin(desk->store, err) < 0 ||
		series_add(desk->store, "X", "Extras", true, false, false, &id, err) < 0 ||
		series_line_add(desk->store, "X", &LINE, err) < 0 ||
		series_next(desk->store, desk->arena, "X", NOW, false, &no, NULL, err) < 0)
		return -1;
	text_printf(out, "%s ", no);
	return series_write(desk->store, "X", &json, err);
}

static int
run_setup(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;
	struct json_out json;

	json_out_init(&json, out);
	if (store_begin(desk->store, err) < 0 ||
		setup_set(desk->store, "contact-series", "SEGMENT", err) < 0)
		return -1;
	return setup_write(desk->store, desk->arena, NULL, NULL, &json, err);
}

#define READS(name, run) \
	{ \
		name, open_filled, run, NULL, reset, close_filled, false \
	}
#define WRITES(name, run) \
	{ \
		name, open_filled, run, dump, roll_back, close_filled, false \
	}

static const struct scenario SCENARIOS[] = {
	WRITES("adds_a_contact", run_add),
	WRITES("edits_a_contact", run_edit),
	WRITES("removes_a_contact", run_remove),
	READS("finds_a_contact", run_resolve),
	WRITES("refuses_an_address_twice", run_conflict),
	READS("searches_contacts", run_search),
	READS("writes_a_contact", run_contact_record),
	WRITES("counts_a_contacts_interactions", run_recount),
	WRITES("records_an_interaction_with_text", run_interaction),
	WRITES("erases_interactions", run_erase),
	READS("pages_through_a_timeline", run_timeline),
	READS("searches_text", run_text_search),
	READS("writes_an_interaction", run_interaction_record),
	WRITES("draws_a_number", run_series),
	WRITES("changes_the_setup", run_setup),
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
