#include "desk.h"

/* What persons take from their company, and what a new contact is filled with. */

static struct contact
company_of(struct desk *desk, const char *name, const char *salesperson, const char *street)
{
	struct contact company = { .type = "company",
		.name = name,
		.salesperson = salesperson,
		.street = street,
		.city = "Berlin",
		.phone = "+49 30 1" };

	assert_ok(contact_add(desk->store, desk->arena, &company, NOW, &desk->err));
	return company;
}

static struct contact
follow(struct desk *desk, const struct contact *before, struct contact after)
{
	assert_ok(contact_follow_company(desk->store, desk->arena, before, &after, &desk->err));
	return after;
}

static struct contact
person_at(struct desk *desk, int64_t company)
{
	struct contact person = { .type = "person", .name = "Ada Lovelace", .company_id = company };

	person = follow(desk, NULL, person);
	assert_ok(contact_add(desk->store, desk->arena, &person, NOW, &desk->err));
	return person;
}

static void
a_new_person_takes_what_its_company_has(void **state)
{
	struct desk *desk = *state;
	struct contact acme = company_of(desk, "Acme", "JO", "Road 1");
	struct contact ada = person_at(desk, acme.id);

	assert_string_equal(ada.salesperson, "JO");
	assert_string_equal(ada.street, "Road 1");
	assert_string_equal(ada.city, "Berlin");
	assert_string_equal(ada.phone, "+49 30 1");
	assert_null(ada.territory);
}

static void
what_is_said_wins_over_the_company(void **state)
{
	struct desk *desk = *state;
	struct contact acme = company_of(desk, "Acme", "JO", "Road 1");
	struct contact bob = follow(desk, NULL,
		(struct contact){ .type = "person",
			.name = "Bob",
			.company_id = acme.id,
			.salesperson = "AM",
			.city = "Rome" });

	assert_string_equal(bob.salesperson, "AM");
	assert_string_equal(bob.city, "Rome");
	assert_null(bob.street); /* an address is taken whole or not at all */
	assert_string_equal(bob.phone, "+49 30 1");
}

static void
a_switch_that_is_off_takes_nothing(void **state)
{
	struct desk *desk = *state;
	struct contact acme = company_of(desk, "Acme", "JO", "Road 1"), ada;

	assert_ok(setup_set(desk->store, "inherit-salesperson", "false", &desk->err));
	assert_ok(setup_set(desk->store, "inherit-address", "false", &desk->err));
	ada = person_at(desk, acme.id);
	assert_null(ada.salesperson);
	assert_null(ada.street);
	assert_string_equal(ada.phone, "+49 30 1");
}

static void
another_company_overwrites_the_five_and_what_came_from_the_old_one(void **state)
{
	struct desk *desk = *state;
	struct contact acme = company_of(desk, "Acme", "JO", "Road 1");
	struct contact next = company_of(desk, "Next", NULL, "Lane 2");
	struct contact ada = person_at(desk, acme.id), after = ada;

	after.company_id = next.id;
	after = follow(desk, &ada, after);
	assert_null(after.salesperson); /* unconditionally, even by nothing */
	assert_string_equal(after.street, "Lane 2");
	ada.street = "Her own 3";
	ada.mobile = "0170 5";
	after = ada;
	after.company_id = next.id;
	after = follow(desk, &ada, after);
	assert_string_equal(after.street, "Her own 3");
	assert_string_equal(after.mobile, "0170 5");
}

static struct contact
heir(struct desk *desk, const struct contact *before, const struct contact *after,
	struct contact person)
{
	assert_ok(contact_heir(desk->store, desk->arena, before, after, &person, &desk->err));
	return person;
}

static void
persons_follow_a_company_where_they_had_what_it_had(void **state)
{
	struct desk *desk = *state;
	struct contact acme = company_of(desk, "Acme", "JO", "Road 1"), moved = acme;
	struct contact ada = person_at(desk, acme.id), bob = ada;

	moved.salesperson = "AM";
	moved.street = "Lane 2";
	moved.phone = "+49 30 2";
	bob.salesperson = "OWN";
	bob.post_code = "10115"; /* no longer the company's address */
	ada = heir(desk, &acme, &moved, ada);
	bob = heir(desk, &acme, &moved, bob);
	assert_string_equal(ada.salesperson, "AM");
	assert_string_equal(ada.street, "Lane 2");
	assert_string_equal(ada.phone, "+49 30 2");
	assert_string_equal(bob.salesperson, "OWN");
	assert_string_equal(bob.street, "Road 1");
	assert_string_equal(bob.phone, "+49 30 2");
}

static void
defaults_fill_only_what_is_blank(void **state)
{
	struct desk *desk = *state;
	struct contact ada = { .type = "person", .name = "Ada", .territory = "NORTH" };

	assert_ok(setup_set(desk->store, "default-territory", "south", &desk->err));
	assert_ok(setup_set(desk->store, "default-country", "de", &desk->err));
	assert_ok(setup_set(desk->store, "default-salesperson", "jo", &desk->err));
	assert_ok(setup_set(desk->store, "default-person-salutation", "person", &desk->err));
	assert_ok(setup_set(desk->store, "default-company-salutation", "company", &desk->err));
	assert_ok(contact_fill_defaults(desk->store, desk->arena, &ada, "ME", &desk->err));
	assert_string_equal(ada.territory, "NORTH");
	assert_string_equal(ada.country, "DE");
	assert_string_equal(ada.salesperson, "ME");
	assert_string_equal(ada.salutation, "PERSON");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_new_person_takes_what_its_company_has),
		CASE(what_is_said_wins_over_the_company),
		CASE(a_switch_that_is_off_takes_nothing),
		CASE(another_company_overwrites_the_five_and_what_came_from_the_old_one),
		CASE(persons_follow_a_company_where_they_had_what_it_had),
		CASE(defaults_fill_only_what_is_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
