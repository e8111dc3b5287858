#ifndef QUERY_NOUNS_H
#define QUERY_NOUNS_H

#include "liaison/query/query.h"

/* Nouns over the real schema, for the tests and the fuzz target: contact (c), person (p, a contact
 * again) and interaction (i). */

extern const struct query_noun test_contacts, test_persons, test_interactions;

#define CONTACT_FIELDS(a) \
	{ "no", QUERY_CONTACT, a ".no COLLATE NOCASE", NULL, true }, \
		{ "name", QUERY_TEXT, a ".name_fold", NULL, true }, \
		{ "type", QUERY_TEXT, a ".type", NULL, true }, \
		{ "city", QUERY_TEXT, a ".city", NULL, true }, \
		{ "salesperson", QUERY_TEXT, a ".salesperson", NULL, true }, \
		{ "interactions", QUERY_NUMBER, a ".interactions", NULL, true }, \
		{ "last_interaction", QUERY_TIME, a ".last_interaction", NULL, true }, \
		{ "cost", QUERY_MONEY, a ".cost", NULL, true }, \
		{ "excluded", QUERY_BOOL, a ".excluded", NULL, true }, \
		{ "rate", QUERY_NUMBER, a ".interactions / 2.0", NULL, true }, \
		{ "email", QUERY_TEXT, "e.address", \
			"SELECT 1 FROM contact_email e WHERE e.contact_id = " a \
			".id AND e.state = 'active' AND", \
			false }, \
		{ 0 },

static const struct query_field contact_fields[] = { CONTACT_FIELDS("c") };
static const struct query_field person_fields[] = { CONTACT_FIELDS("p") };

static const struct query_field interaction_fields[] = {
	{ "kind", QUERY_TEXT, "i.kind", NULL, true },
	{ "subject", QUERY_TEXT, "i.subject", NULL, true },
	{ "direction", QUERY_TEXT, "i.direction", NULL, true },
	{ "at", QUERY_TIME, "i.at", NULL, true },
	{ "duration_min", QUERY_NUMBER, "i.duration_min", NULL, true },
	{ 0 },
};

static const struct query_words interaction_words[] = {
	{ "direction", "inbound|outbound|none" },
	{ "kind", NULL },
	{ 0 },
};

static const struct query_field link_copies[] = {
	{ "at", QUERY_TIME, "x.at", NULL, true },
	{ 0 },
};

static const struct query_relation contact_relations[] = {
	{ "interaction",
		"interaction_contact x JOIN interaction i ON i.id = x.interaction_id"
		" WHERE x.contact_id = c.id",
		&test_interactions, link_copies },
	{ "email", "contact_email e WHERE e.contact_id = c.id", NULL, NULL },
	{ "person", "contact p WHERE p.company_id = c.id", &test_persons, NULL },
	{ 0 },
};

static const struct query_relation person_relations[] = {
	{ "company", "contact c WHERE c.id = p.company_id", &test_contacts, NULL },
	{ 0 },
};

static const struct query_relation interaction_relations[] = {
	{ "contact",
		"interaction_contact x JOIN contact c ON c.id = x.contact_id"
		" WHERE x.interaction_id = i.id",
		&test_contacts, NULL },
	{ 0 },
};

#define TEST_NOUN_(noun, rows, row, its_fields, its_words, its_relations, its_sort) \
	{ \
		.name = noun, .from = rows, .id = row, .fields = its_fields, .words = its_words, \
		.relations = its_relations, .sort = its_sort \
	}
#define CONTACT_NOUN \
	TEST_NOUN_("contact", "contact c", "c.id", contact_fields, NULL, contact_relations, "no")
#define PERSON_NOUN \
	TEST_NOUN_("person", "contact p", "p.id", person_fields, NULL, person_relations, "no")
#define INTERACTION_NOUN \
	TEST_NOUN_("interaction", "interaction i", "i.id", interaction_fields, interaction_words, \
		interaction_relations, "-at")

#endif
