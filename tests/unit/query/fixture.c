#include "fixture.h"

#include "liaison/base/text.h"

const struct query_noun test_contacts = CONTACT_NOUN;
const struct query_noun test_persons = PERSON_NOUN;
const struct query_noun test_interactions = INTERACTION_NOUN;

void
must_run(struct store *store, const char *sql)
{
	struct err err = { 0 };

	if (stmt_run(sql_prepare_once(store, sql, strlen(sql)), &err) < 0)
		fail_msg("%s: %s", sql, err.message);
}

/* 1 a company in Praha, 2 and 3 its persons, 4 alone and elsewhere, 5 with blanks. */
static void
fill(struct store *store)
{
	must_run(store,
		"INSERT INTO contact (id, no, type, name, name_fold, company_id, city, salesperson,"
		" interactions, last_interaction, cost, excluded, created, changed) VALUES"
		" (1, 'C00001', 'company', 'Žižka & Co', fold('Žižka & Co'), NULL, 'Praha', NULL, "
		"3,"
		"  1795255200, 0, 0, 0, 0),"
		" (2, 'C00002', 'person', 'Ada Lovelace', 'ada lovelace', 1, 'PRAHA', 'AL', 2,"
		"  1795168800, 125000, 0, 0, 0),"
		" (3, 'C00003', 'person', 'Grace Hopper', 'grace hopper', 1, 'Pragersko', 'GH', 0,"
		"  NULL, 1250, 1, 0, 0),"
		" (4, 'C00004', 'person', 'Konrad [Z]', 'konrad [z]', NULL, 'New York', 'al', 11,"
		"  1700000000, -500, 0, 0, 0),"
		" (5, 'C00005', 'person', 'O''Brien', 'o''brien', NULL, NULL, '', 0, NULL, 0, 0, "
		"0, 0)");
	must_run(store, "INSERT INTO contact_email (contact_id, email, address, state) VALUES"
			" (2, 'Ada@X.example', 'ada@x.example', 'active'),"
			" (2, 'ada@old.example', 'ada@old.example', 'removed'),"
			" (2, 'lovelace@y.example', 'lovelace@y.example', 'active'),"
			" (3, 'grace@x.example', 'grace@x.example', 'active')");
	must_run(store,
		"INSERT INTO interaction (id, kind, status, direction, initiated_by, at, "
		"offset_min,"
		" subject, duration_min, created, changed) VALUES"
		" (1, 'email', 'recorded', 'inbound', 'them', 1795255200, 60, 'Offer', 0, 0, 0),"
		" (2, 'email', 'recorded', 'outbound', 'us', 1795168800, 60, 'Re: Offer', 0, 0, 0),"
		" (3, 'call', 'recorded', 'outbound', 'us', 1700000000, 60, NULL, 45, 0, 0)");
	must_run(store,
		"INSERT INTO interaction_contact (contact_id, at, interaction_id, role, via) VALUES"
		" (2, 1795255200, 1, 'from', 'address'), (2, 1795168800, 2, 'to', 'address'),"
		" (4, 1700000000, 3, 'to', 'manual'), (3, 1795255200, 1, 'cc', 'address')");
}

int
open_fixture(void **state)
{
	struct fixture *fixture = mem_zero(1, sizeof *fixture);
	struct err err = { 0 };

	fixture->store = store_open_memory(&err);
	if (fixture->store == NULL)
		fail_msg("%s", err.message);
	fixture->arena = arena_new();
	fixture->context.now = 1795262400; /* 2026-11-21T12:00:00Z */
	fixture->context.me = "AL";
	fill(fixture->store);
	*state = fixture;
	return 0;
}

int
close_fixture(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

struct query_node *
must_parse(struct fixture *fixture, const struct query_noun *noun, const char *condition)
{
	struct err err = { 0 };
	struct query_node *node = NULL;

	if (query_parse(fixture->arena, noun, &fixture->context, condition, &node, &err) < 0)
		fail_msg("%s: %s", condition, err.message);
	assert_non_null(node);
	return node;
}

const char *
ids_of(struct fixture *fixture, const struct query_noun *noun, const char *condition)
{
	struct query_node *node = condition ? must_parse(fixture, noun, condition) : NULL;
	struct err err = { 0 };
	char *text = arena_text(fixture->arena, "");
	int64_t *ids;
	size_t count;

	if (query_ids(fixture->store, fixture->arena, noun, node, 0, &ids, &count, &err) < 0)
		fail_msg("%s: %s", condition, err.message);
	for (size_t i = 0; i < count; i++)
		text = arena_printf(
			fixture->arena, "%s%s%lld", text, i ? " " : "", (long long)ids[i]);
	return text;
}

void
must_select(struct fixture *fixture, const char *condition, const char *ids)
{
	const char *found = ids_of(fixture, &test_contacts, condition);

	if (strcmp(found, ids) != 0)
		fail_msg("%s: found \"%s\", expected \"%s\"", condition, found, ids);
}

const char *
refusal(struct fixture *fixture, const struct query_noun *noun, const char *condition)
{
	struct err err = { 0 };
	struct query_node *node = NULL;

	if (query_parse(fixture->arena, noun, &fixture->context, condition, &node, &err) == 0)
		fail_msg("%s was not refused", condition);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(err.field, "where");
	assert_null(node);
	assert_true(text_is_utf8(err.message, strlen(err.message)));
	return arena_text(fixture->arena, err.message);
}

void
must_refuse(struct fixture *fixture, const char *condition, const char *part)
{
	const char *message = refusal(fixture, &test_contacts, condition);

	if (strstr(message, part) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", condition, message, part);
}
