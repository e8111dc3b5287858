#include "desk.h"

/* Adding, changing, resolving and removing contacts. */

static int
try_add(struct desk *desk, struct contact contact)
{
	return contact_add(desk->store, desk->arena, &contact, NOW, &desk->err);
}

static struct contact
add(struct desk *desk, struct contact contact)
{
	assert_ok(contact_add(desk->store, desk->arena, &contact, NOW, &desk->err));
	return get_contact(desk, contact.id);
}

static void
assert_text(const char *value, const char *wanted)
{
	if (wanted == NULL)
		assert_null(value);
	else if (value == NULL)
		fail_msg("no value instead of '%s'", wanted);
	else
		assert_string_equal(value, wanted);
}

static void
splits_a_persons_name(void **state)
{
	static const struct {
		const char *name, *first, *middle, *surname;
	} rows[] = {
		{ "Ada Lovelace", "Ada", NULL, "Lovelace" },
		{ "Ada King Lovelace", "Ada", "King", "Lovelace" },
		{ "Dr. Ada Augusta King Lovelace", "Ada Augusta", "King", "Lovelace" },
		{ "Dr. Ada", NULL, NULL, "Ada" },
		{ "Prof. DR Ada Lovelace", "Ada", NULL, "Lovelace" },
		{ "Ing Lee", "Ing", NULL, "Lee" },
		{ "Ing. Karel Capek", "Karel", NULL, "Capek" },
		{ "Dr.", NULL, NULL, "Dr." },
		{ "Plato", NULL, NULL, "Plato" },
		{ "  Ada   Lovelace ", "Ada", NULL, "Lovelace" },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct contact got = add(desk, (struct contact){ .name = rows[i].name });

		assert_text(got.first_name, rows[i].first);
		assert_text(got.middle_name, rows[i].middle);
		assert_text(got.surname, rows[i].surname);
		assert_text(got.type, "person");
	}
}

static void
composes_a_name_from_its_parts(void **state)
{
	struct desk *desk = *state;
	struct contact got = add(
		desk, (struct contact){ .first_name = "Ada", .surname = "Lovelace" });

	assert_text(got.name, "Ada Lovelace");
	got.middle_name = "King";
	contact_settle_name(desk->arena, &got, false, true);
	assert_text(got.name, "Ada King Lovelace");
	got.name = "Dr. Bob Ross";
	contact_settle_name(desk->arena, &got, true, false);
	got.middle_name = "Norman";
	contact_settle_name(desk->arena, &got, false, true);
	assert_text(got.name, "Dr. Bob Norman Ross");
	got.name = "Bob Ross";
	contact_settle_name(desk->arena, &got, true, false);
	assert_text(got.first_name, "Bob");
	assert_text(got.middle_name, NULL);
}

static void
keeps_parts_that_the_split_would_not_find(void **state)
{
	struct desk *desk = *state;
	struct contact got = add(desk, (struct contact){ .name = "Ludwig van Beethoven",
					       .first_name = "Ludwig",
					       .surname = "van Beethoven" });

	assert_text(got.name, "Ludwig van Beethoven");
	assert_text(got.first_name, "Ludwig");
	assert_text(got.middle_name, NULL);
	assert_text(got.surname, "van Beethoven");
	got = add(desk, (struct contact){ .name = "Ada King Lovelace", .surname = "Lovelace" });
	assert_text(got.first_name, "Ada");
	assert_text(got.middle_name, "King");
}

static void
fills_the_parts_that_were_not_given(void **state)
{
	struct desk *desk = *state;
	static const struct {
		struct contact given;
		const char *first, *middle, *surname;
	} rows[] = {
		{ { .name = "Eve M Smith", .first_name = "Evelyn" }, "Evelyn", "M", "Smith" },
		{ { .name = "Eve Smith", .first_name = "Evelyn" }, "Evelyn", NULL, "Smith" },
		{ { .name = "Mary Jane Watson", .first_name = "Mary Jane" }, "Mary Jane", NULL,
			"Watson" },
		{ { .name = "Mary Jane Watson", .first_name = "Jane" }, "Jane", NULL, "Watson" },
		{ { .name = "Dr. Ludwig van Beethoven", .surname = "van Beethoven" }, "Ludwig",
			NULL, "van Beethoven" },
		{ { .name = "Ada K Byron", .surname = "Lovelace" }, "Ada", "K", "Lovelace" },
		{ { .name = "Madonna", .first_name = "Madonna" }, "Madonna", NULL, NULL },
		{ { .name = "Ada King Lovelace", .middle_name = "King" }, "Ada", "King",
			"Lovelace" },
		{ { .name = "Ada Lovelace", .middle_name = "Augusta" }, "Ada", "Augusta",
			"Lovelace" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct contact got = add(desk, rows[i].given);

		assert_text(got.name, rows[i].given.name);
		assert_text(got.first_name, rows[i].first);
		assert_text(got.middle_name, rows[i].middle);
		assert_text(got.surname, rows[i].surname);
	}
}

static void
a_companys_name_is_not_split(void **state)
{
	struct desk *desk = *state;
	struct contact got = add(
		desk, (struct contact){ .type = "company", .name = "Acme Trading Ltd" });

	assert_text(got.surname, NULL);
	assert_text(got.first_name, NULL);
}

static void
names_the_field_the_value_and_the_rule(void **state)
{
	static const struct {
		struct contact contact;
		const char *field, *says;
	} rows[] = {
		{ { .name = "" }, "name", "must have a name" },
		{ { .name = "   " }, "name", "must have a name" },
		{ { .name = "A", .type = "robot" }, "type", "'robot'" },
		{ { .name = "A", .phone = "555-CALL" }, "phone", "'555-CALL' has a letter" },
		{ { .name = "A", .phone = "12\xc3\xa4" }, "phone", "letter" },
		{ { .name = "A", .mobile = "+-()" }, "mobile", "no digit" },
		{ { .name = "A", .language = "german" }, "language", "'german'" },
		{ { .name = "A", .language = "de-" }, "language", "'de-'" },
		{ { .name = "A", .country = "D1" }, "country", "'D1'" },
		{ { .name = "A", .country = "D" }, "country", "'D'" },
		{ { .name = "A", .country = "Germany" }, "country", "may have 3" },
		{ { .name = "A", .home_page = "not a page" }, "home_page", "'not a page'" },
		{ { .name = "A", .home_page = "javascript:alert(1)" }, "home_page", "web address" },
		{ { .name = "A", .home_page = "https://" }, "home_page", "web address" },
		{ { .name = "A", .home_page = "https://me@x.example" }, "home_page",
			"web address" },
		{ { .name = "A", .correspondence = "pigeon" }, "correspondence", "'pigeon'" },
		{ { .name = "A", .salesperson = "two words" }, "salesperson", "code" },
		{ { .name = "A", .post_code = "123456789012345678901" }, "post_code",
			"21 characters" },
		{ { .name = "A\nB" }, "name", "more than one line" },
		{ { .name = "A", .type = "company", .surname = "B" }, "surname", "no surname" },
		{ { .name = "A", .type = "company", .currency = "LOL" }, "currency",
			"'LOL' is none of ISO 4217" },
		{ { .name = "A", .type = "company", .job_title = "B" }, "job_title",
			"no job title" },
		{ { .name = "A", .type = "company", .minor = true }, "minor", "company" },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_fails(try_add(desk, rows[i].contact), ERR_USAGE);
		assert_string_equal(desk->err.field, rows[i].field);
		if (strstr(desk->err.message, rows[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", desk->err.message, rows[i].says);
	}
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact"), 0);
}

static void
takes_what_people_really_write(void **state)
{
	struct desk *desk = *state;
	struct contact got = add(desk, (struct contact){ .name = "\xc5\x81ukasz \xe6\x9d\x8e",
					       .phone = "+49 (0)30\xc2\xa0"
							"123\xe2\x80\x93"
							"45/6",
					       .country = "de",
					       .language = "pt-BR",
					       .home_page = "x.example:8080/a?b",
					       .salesperson = "jo",
					       .city = " Praha " });

	assert_text(got.country, "DE");
	assert_text(got.language, "pt-BR");
	assert_text(got.salesperson, "JO");
	assert_text(got.city, "Praha");
	assert_text(got.surname, "\xe6\x9d\x8e");
}

static void
a_very_long_name_is_refused_not_cut(void **state)
{
	struct desk *desk = *state;
	char *name = malloc(1000001);

	memset(name, 'a', 1000000);
	name[1000000] = '\0';
	assert_fails(try_add(desk, (struct contact){ .name = name }), ERR_USAGE);
	assert_string_equal(desk->err.field, "name");
	free(name);
}

static void
a_company_must_be_a_company(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada Lovelace", 0), acme = add_company(desk, "Acme");

	assert_int_equal(get_contact(desk, add_person(desk, "Bob Ross", acme)).company_id, acme);
	assert_fails(
		try_add(desk, (struct contact){ .name = "C", .company_id = ada }), ERR_REFUSED);
	assert_fails(
		try_add(desk, (struct contact){ .name = "C", .company_id = 999 }), ERR_NOT_FOUND);
	assert_fails(
		try_add(desk,
			(struct contact){ .name = "C", .type = "company", .company_id = acme }),
		ERR_USAGE);
}

static void
a_minor_is_blocked_until_a_parent_consents(void **state)
{
	struct desk *desk = *state;
	struct contact kid = add(desk, (struct contact){ .name = "Kid", .minor = true });

	assert_true(kid.privacy_blocked);
	kid.privacy_blocked = false;
	assert_fails(contact_update(desk->store, desk->arena, &kid, NOW, &desk->err), ERR_REFUSED);
	assert_string_equal(desk->err.field, "privacy_blocked");
	kid = get_contact(desk, kid.id);
	kid.parental_consent = true;
	assert_ok(contact_update(desk->store, desk->arena, &kid, NOW, &desk->err));
	assert_false(get_contact(desk, kid.id).privacy_blocked);
}

static void
an_update_adds_one_to_the_version(void **state)
{
	struct desk *desk = *state;
	struct contact ada = get_contact(desk, add_person(desk, "Ada Lovelace", 0));

	ada.city = "London";
	assert_ok(contact_update(desk->store, desk->arena, &ada, NOW + 5, &desk->err));
	assert_int_equal(ada.version, 2);
	ada = get_contact(desk, ada.id);
	assert_int_equal(ada.version, 2);
	assert_int_equal(ada.changed, NOW + 5);
	assert_int_equal(ada.created, NOW);
	assert_string_equal(ada.city, "London");
	ada.id = 77;
	assert_fails(
		contact_update(desk->store, desk->arena, &ada, NOW, &desk->err), ERR_NOT_FOUND);
}

static void
the_type_stays_once_something_hangs_on_it(void **state)
{
	struct desk *desk = *state;
	struct contact acme = get_contact(desk, add_company(desk, "Acme Trading"));
	int64_t bob = add_person(desk, "Bob Ross", acme.id);

	acme.type = "person";
	assert_fails(contact_update(desk->store, desk->arena, &acme, NOW, &desk->err), ERR_REFUSED);
	assert_ok(contact_remove(desk->store, bob, &desk->err));
	assert_ok(contact_update(desk->store, desk->arena, &acme, NOW, &desk->err));
	acme = get_contact(desk, acme.id);
	assert_text(acme.first_name, "Acme");
	assert_text(acme.surname, "Trading");
	add_interaction(desk, "call", NOW, "hello", acme.id);
	acme.type = "company";
	assert_fails(contact_update(desk->store, desk->arena, &acme, NOW, &desk->err), ERR_REFUSED);
}

static void
resolves_numbers_addresses_and_names(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada Lovelace", 0), adam = add_person(desk, "Adam Smith", 0),
		exact = add_person(desk, "Ada", 0), id = 0;

	add_email(desk, adam, "Adam@X.example");
	assert_ok(contact_resolve(desk->store, desk->arena, "c00001", &id, &desk->err));
	assert_int_equal(id, ada);
	assert_ok(contact_resolve(desk->store, desk->arena, " C00001 ", &id, &desk->err));
	assert_ok(contact_resolve(desk->store, desk->arena, "adam@x.EXAMPLE", &id, &desk->err));
	assert_int_equal(id, adam);
	assert_ok(contact_resolve(desk->store, desk->arena, "ADA", &id, &desk->err));
	assert_int_equal(id, exact);
	assert_ok(contact_resolve(desk->store, desk->arena, "ada l", &id, &desk->err));
	assert_int_equal(id, ada);
	assert_fails(contact_resolve(desk->store, desk->arena, "nobody", &id, &desk->err),
		ERR_NOT_FOUND);
	assert_fails(contact_resolve(desk->store, desk->arena, " ", &id, &desk->err), ERR_USAGE);
}

static void
names_the_candidates_of_an_ambiguous_name(void **state)
{
	struct desk *desk = *state;
	int64_t id = 0;

	add_person(desk, "Ada Lovelace", 0);
	add_person(desk, "Adam Smith", 0);
	assert_fails(
		contact_resolve(desk->store, desk->arena, "Ad", &id, &desk->err), ERR_AMBIGUOUS);
	assert_int_equal(desk->err.candidate_count, 2);
	assert_string_equal(desk->err.candidates[0].no, "C00001");
	assert_string_equal(desk->err.candidates[1].name, "Adam Smith");
	assert_string_equal(desk->err.candidates[1].type, "person");
}

static void
what_cannot_be_undone_takes_no_names(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), id = 0;

	add_email(desk, ada, "ada@x.example");
	assert_fails(contact_resolve_exact(desk->store, desk->arena, "Ada", &id, &desk->err),
		ERR_NOT_FOUND);
	assert_ok(
		contact_resolve_exact(desk->store, desk->arena, "ada@x.example", &id, &desk->err));
	assert_int_equal(id, ada);
	assert_ok(contact_resolve_exact(desk->store, desk->arena, "C00001", &id, &desk->err));
}

static void
a_removed_persons_history_goes_to_its_company(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), bob = add_person(desk, "Bob Ross", acme);

	add_interaction(desk, "call", NOW, "one", bob);
	add_interaction(desk, "call", NOW + 1, "two", bob);
	assert_int_equal(get_contact(desk, acme).interactions, 2);
	assert_ok(contact_remove(desk->store, bob, &desk->err));
	assert_int_equal(get_contact(desk, acme).interactions, 2);
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction_contact"), 2);
	assert_fails(contact_remove(desk->store, bob, &desk->err), ERR_NOT_FOUND);
}

static void
a_removed_company_takes_its_persons_and_leaves_history(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), other = add_company(desk, "Other"),
		bob = add_person(desk, "Bob Ross", acme);
	struct contact moved = get_contact(desk, bob);
	struct contact_removal removal;

	add_email(desk, bob, "bob@acme.example");
	assert_ok(contact_domain_add(desk->store, desk->arena, acme, "acme.example", &desk->err));
	add_interaction(desk, "call", NOW, "at acme", bob);
	moved.company_id = other;
	assert_ok(contact_update(desk->store, desk->arena, &moved, NOW, &desk->err));
	add_interaction(desk, "call", NOW + 1, "at other", bob);
	assert_ok(contact_removal_count(desk->store, other, &removal, &desk->err));
	assert_int_equal(removal.persons, 1);
	assert_int_equal(removal.emails, 1);
	assert_int_equal(removal.interactions, 2);
	assert_ok(contact_remove(desk->store, other, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact"), 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction"), 2);
	assert_int_equal(get_contact(desk, acme).interactions, 1); /* the past of that time */
	assert_ok(contact_remove(desk->store, acme, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction"), 2);
	assert_int_equal(ask(desk, "SELECT count(*) FROM interaction_contact"), 0);
}

static void
a_first_company_gets_the_past(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), next = add_company(desk, "Next"),
		bob = add_person(desk, "Bob Ross", 0);
	struct contact row;

	add_interaction(desk, "call", NOW, "before", bob);
	row = get_contact(desk, bob);
	row.company_id = acme;
	assert_ok(contact_update(desk->store, desk->arena, &row, NOW, &desk->err));
	assert_int_equal(get_contact(desk, acme).interactions, 1);
	row.company_id = next;
	assert_ok(contact_update(desk->store, desk->arena, &row, NOW, &desk->err));
	assert_int_equal(get_contact(desk, acme).interactions, 1); /* a change keeps it */
	assert_int_equal(get_contact(desk, next).interactions, 0);
}

static void
the_record_has_the_keys_of_the_contract_in_order(void **state)
{
	static const char *const KEYS[] = { "id", "version", "no", "type", "name", "first_name",
		"middle_name", "surname", "company_no", "company_name", "job_title", "salesperson",
		"territory", "language", "country", "street", "city", "post_code", "phone",
		"mobile", "home_page", "correspondence", "lead_status", "lead_source", "emails",
		"domains", "privacy_blocked", "minor", "parental_consent", "excluded", "opted_out",
		"interactions", "last_interaction", "last_attempt", "next_task", "cost",
		"duration_min", "opportunities", "estimated_value", "calculated_value",
		"organizational_level", "format_region", "salutation", "name_2", "initials",
		"street_2", "county", "extension", "pager", "fax", "currency", "vat_no",
		"registration_no", "external_id", "picture", "fields" };
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), bob = add_person(desk, "Bob Ross", acme);
	json_t *record, *email;
	size_t place = 0;
	const char *key;
	json_t *value;

	add_email(desk, bob, "Bob@X.example");
	record = record_of(desk, "contact", bob);
	json_object_foreach(record, key, value)
	{
		assert_true(place < sizeof KEYS / sizeof *KEYS);
		assert_string_equal(key, KEYS[place++]);
	}
	assert_int_equal(place, sizeof KEYS / sizeof *KEYS);
	assert_string_equal(json_string_value(json_object_get(record, "company_name")), "Acme");
	assert_true(json_is_null(json_object_get(record, "last_interaction")));
	assert_string_equal(json_string_value(json_object_get(record, "cost")), "0.00");
	email = json_array_get(json_object_get(record, "emails"), 0);
	assert_string_equal(json_string_value(json_object_get(email, "email")), "Bob@X.example");
	assert_true(json_is_true(json_object_get(email, "primary")));
	assert_true(json_is_null(json_object_get(email, "from")));
	assert_string_equal(json_string_value(json_object_get(email, "state")), "active");
	json_decref(record);
	record = record_of(desk, "contact", acme);
	assert_string_equal(json_string_value(json_object_get(record, "company_no")), "C00001");
	json_decref(record);
}

static void
amounts_follow_the_currency(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	json_t *record;

	assert_ok(setup_set(desk->store, "currency", "jpy", &desk->err));
	record = record_of(desk, "contact", ada);
	assert_string_equal(json_string_value(json_object_get(record, "cost")), "0");
	json_decref(record);
}

static void
a_missing_contact_is_not_found(void **state)
{
	struct desk *desk = *state;
	struct contact contact;
	struct json_out out;

	json_out_init(&out, &desk->text);
	assert_fails(contact_get(desk->store, desk->arena, 5, &contact, &desk->err), ERR_NOT_FOUND);
	assert_fails(contact_write(desk->store, desk->arena, 5, &out, &desk->err), ERR_NOT_FOUND);
}

static void
writes_a_note(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), id;
	struct json_out out;
	json_t *note;

	assert_ok(contact_note_add(desk->store, ada, "me", "first", NOW, &id, &desk->err));
	assert_ok(contact_note_add(desk->store, ada, "me", "second", NOW + 1, &id, &desk->err));
	json_out_init(&out, &desk->text);
	assert_ok(contact_note_write(desk->store, id, &out, &desk->err));
	note = json_loads(desk->text.bytes, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(note, "note")), "second");
	assert_int_equal(json_integer_value(json_object_get(note, "id")), id);
	json_decref(note);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(splits_a_persons_name),
		CASE(composes_a_name_from_its_parts),
		CASE(keeps_parts_that_the_split_would_not_find),
		CASE(fills_the_parts_that_were_not_given),
		CASE(a_companys_name_is_not_split),
		CASE(names_the_field_the_value_and_the_rule),
		CASE(takes_what_people_really_write),
		CASE(a_very_long_name_is_refused_not_cut),
		CASE(a_company_must_be_a_company),
		CASE(a_minor_is_blocked_until_a_parent_consents),
		CASE(an_update_adds_one_to_the_version),
		CASE(the_type_stays_once_something_hangs_on_it),
		CASE(resolves_numbers_addresses_and_names),
		CASE(names_the_candidates_of_an_ambiguous_name),
		CASE(what_cannot_be_undone_takes_no_names),
		CASE(a_removed_persons_history_goes_to_its_company),
		CASE(a_removed_company_takes_its_persons_and_leaves_history),
		CASE(a_first_company_gets_the_past),
		CASE(the_record_has_the_keys_of_the_contract_in_order),
		CASE(amounts_follow_the_currency),
		CASE(a_missing_contact_is_not_found),
		CASE(writes_a_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
