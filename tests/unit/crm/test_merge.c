#include "desk.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/merge.h"
#include "merge_part.h"

/* Two contacts become one, and two again. */

static int64_t
ask_of(struct desk *desk, const char *sql, int64_t id)
{
	struct stmt *q = sql_prepare(desk->store, sql);
	int64_t value = -1;
	bool found;

	stmt_bind_int(q, id);
	assert_ok(sql_get_int(q, &value, &found, &desk->err));
	return value;
}

static void
run(struct desk *desk, const char *sql, int64_t id)
{
	struct stmt *q = sql_prepare(desk->store, sql);

	stmt_bind_int(q, id);
	assert_ok(stmt_run(q, &desk->err));
}

static struct merge_result
merge(struct desk *desk, int64_t from, int64_t into, const char *take)
{
	struct merge_result result = { 0 };

	assert_ok(contact_merge(desk->store, desk->arena, from, into, &take, take != NULL, "tester",
		NOW, MERGE_WHOLE, &result, &desk->err));
	return result;
}

static struct merge_result
unmerge(struct desk *desk, int64_t merge)
{
	struct merge_result result = { 0 };

	assert_ok(contact_unmerge(
		desk->store, desk->arena, merge, NOW, MERGE_WHOLE, &result, &desk->err));
	return result;
}

static const struct merge_count *
count_of(const struct merge_result *result, const char *part)
{
	static const struct merge_count NONE = { 0 };

	for (unsigned i = 0; i < result->count; i++) {
		if (strcmp(result->counts[i].part, part) == 0)
			return &result->counts[i];
	}
	return &NONE;
}

static struct contact
add(struct desk *desk, struct contact contact)
{
	assert_ok(contact_add(desk->store, desk->arena, &contact, NOW, &desk->err));
	return contact;
}

/* ---- the schema ---- */

static bool
is_known(const char *place)
{
	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		size_t size = part->table == NULL ? 0 : strlen(part->table);

		if (size > 0 && strncmp(place, part->table, size) == 0 && place[size] == '.' &&
			strcmp(place + size + 1, part->column) == 0)
			return true;
	}
	for (const char *const *derived = merge_derived; *derived != NULL; derived++) {
		if (strcmp(*derived, place) == 0)
			return true;
	}
	return false;
}

/* Columns that are references, or are named like one. */
static const char SELECT_PLACES[] =
	"SELECT m.name || '.' || f.\"from\" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f"
	" WHERE m.type = 'table' AND f.\"table\" = 'contact'"
	" UNION SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
	" WHERE m.type = 'table' AND c.name IN ('contact', 'contact_id')"
	" AND m.name NOT LIKE 'find_%' AND m.name NOT LIKE 'classify_%'";

static void
every_table_that_refers_to_contacts_is_known(void **state)
{
	struct desk *desk = *state;
	struct stmt *q = sql_prepare(desk->store, SELECT_PLACES);
	unsigned count = 0, unknown = 0;

	while (stmt_row(q)) {
		const char *place = stmt_text(q);

		count++;
		if (!is_known(place)) {
			print_error("a merge does not know %s: see lib/crm/merge_part.c\n", place);
			unknown++;
		}
	}
	assert_ok(stmt_end(q, &desk->err));
	assert_true(count > 15);
	assert_int_equal(unknown, 0);
}

/* A dropped row comes back whole: only what is never dropped leaves columns out. */
static void
every_column_of_a_part_is_known(void **state)
{
	/* When an interaction was is asked anew. */
	static const char PARTIAL[] = " persons companies journal merges addresses picture ";
	static const char SELECT_COLUMNS[] = "SELECT name FROM pragma_table_info(?)";
	struct desk *desk = *state;

	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		struct stmt *q;

		if (strstr(PARTIAL, part->name) != NULL)
			continue;
		q = sql_prepare(desk->store, SELECT_COLUMNS);
		stmt_bind_text(q, part->table);
		while (stmt_row(q)) {
			const char *column = stmt_text(q);
			char value[80];

			snprintf(value, sizeof value, "'$.%s'", column);
			if (strcmp(column, part->column) != 0 &&
				(part->back == NULL || strcmp(column, "at") != 0) &&
				strstr(part->restore, value) == NULL)
				fail_msg("%s: %s of %s would be lost", part->name, column,
					part->table);
		}
		assert_ok(stmt_end(q, &desk->err));
	}
}

static const char SELECT_LOST[] =
	"SELECT count(*) FROM pragma_table_info('contact') c WHERE c.name NOT IN ('interactions',"
	" 'last_interaction', 'last_interaction_offset', 'last_attempt', 'last_attempt_offset',"
	" 'cost', 'duration_min')"
	" AND NOT EXISTS (SELECT 1 FROM merge m, json_each(m.merged) j WHERE j.key = c.name)";

static void
every_column_of_the_merged_contact_is_kept(void **state)
{
	struct desk *desk = *state;

	merge(desk, add_person(desk, "Ada", 0), add_person(desk, "Ada", 0), NULL);
	assert_int_equal(ask(desk, SELECT_LOST), 0);
}

/* ---- fields ---- */

static void
what_is_blank_is_filled_and_what_differs_is_told(void **state)
{
	struct desk *desk = *state;
	struct contact ada = add(desk, (struct contact){ .type = "person",
					       .name = "Ada Lovelace",
					       .phone = "+44 20 1",
					       .mobile = "+44 77 1",
					       .opted_out = true });
	struct contact same = add(desk,
		(struct contact){ .type = "person", .name = "A. Lovelace", .phone = "+44 20 2" });
	struct merge_result result = merge(desk, ada.id, same.id, NULL);
	struct contact after = get_contact(desk, same.id);

	assert_string_equal(after.phone, "+44 20 2");
	assert_string_equal(after.mobile, "+44 77 1");
	assert_string_equal(after.name, "A. Lovelace");
	assert_true(after.opted_out);
	assert_int_equal(after.version, same.version + 1);
	assert_int_equal(result.conflict_count, 2);
	assert_string_equal(result.conflicts[0].field, "name");
	assert_string_equal(result.conflicts[1].field, "phone");
	assert_string_equal(result.conflicts[1].into, "+44 20 2");
	assert_string_equal(result.conflicts[1].merged, "+44 20 1");
	assert_false(result.conflicts[1].taken);
	unmerge(desk, result.id);
	after = get_contact(desk, same.id);
	assert_null(after.mobile);
	assert_false(after.opted_out);
	assert_string_equal(get_contact(desk, ada.id).mobile, "+44 77 1");
}

static void
a_field_is_taken_that_was_asked_for(void **state)
{
	struct desk *desk = *state;
	struct contact ada = add(desk,
		(struct contact){ .type = "person", .name = "Ada Lovelace", .city = "London" });
	struct contact same = add(
		desk, (struct contact){ .type = "person", .name = "A. Lovelace", .city = "Paris" });
	struct merge_result result = merge(desk, ada.id, same.id, "name");
	struct contact after = get_contact(desk, same.id);

	assert_string_equal(after.name, "Ada Lovelace");
	assert_string_equal(after.first_name, "Ada");
	assert_string_equal(after.city, "Paris");
	unmerge(desk, result.id);
	after = get_contact(desk, same.id);
	assert_string_equal(after.name, "A. Lovelace");
	assert_string_equal(after.first_name, "A.");
}

static void
an_address_is_not_mixed_of_two(void **state)
{
	struct desk *desk = *state;
	struct contact a = add(desk, (struct contact){ .type = "company",
					     .name = "Acme",
					     .street = "Road 1",
					     .city = "Rome",
					     .post_code = "00100" });
	struct contact b = add(
		desk, (struct contact){ .type = "company", .name = "Acme", .street = "Way 2" });

	merge(desk, a.id, b.id, NULL);
	assert_null(get_contact(desk, b.id).city);
	assert_null(get_contact(desk, b.id).post_code);
}

static void
taking_what_does_not_differ_is_a_mistake(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	const char *take = "city";
	struct merge_result result = { 0 };

	assert_fails(contact_merge(desk->store, desk->arena, a, b, &take, 1, "tester", NOW,
			     MERGE_WHOLE, &result, &desk->err),
		ERR_USAGE);
	assert_string_equal(desk->err.field, "take");
}

static void
a_person_and_a_company_are_not_one(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Acme", 0), b = add_company(desk, "Acme");
	struct merge_result result = { 0 };

	assert_fails(contact_merge(desk->store, desk->arena, a, b, NULL, 0, "tester", NOW,
			     MERGE_WHOLE, &result, &desk->err),
		ERR_REFUSED);
	assert_fails(contact_merge(desk->store, desk->arena, a, a, NULL, 0, "tester", NOW,
			     MERGE_WHOLE, &result, &desk->err),
		ERR_REFUSED);
}

/* ---- what belongs to it ---- */

static void
addresses_go_over_and_come_back(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct contact_holder holder;
	struct merge_result result = { 0 };
	unsigned count;

	add_email(desk, a, "ada@x.example");
	add_email(desk, b, "ada@y.example");
	result = merge(desk, a, b, NULL);
	assert_ok(contact_by_address(
		desk->store, "ada@x.example", NOW, &holder, 1, &count, &desk->err));
	assert_int_equal(count, 1);
	assert_int_equal(holder.contact_id, b);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_email WHERE is_primary"), 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_email WHERE is_primary"
				   " AND address = 'ada@y.example'"),
		1);
	unmerge(desk, result.id);
	assert_ok(contact_by_address(
		desk->store, "ada@x.example", NOW, &holder, 1, &count, &desk->err));
	assert_int_equal(holder.contact_id, a);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_email WHERE is_primary"), 2);
}

static void
email_between(struct desk *desk, int64_t contact, int64_t from, int64_t until)
{
	struct contact_email email = { .email = "info@x.example",
		.shared = true,
		.has_from = from != 0,
		.from = from,
		.has_until = until != 0,
		.until = until };

	assert_ok(contact_email_add(desk->store, desk->arena, contact, &email, &desk->err));
}

static void
the_times_of_an_address_are_united(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	email_between(desk, a, 1000, 5000);
	email_between(desk, b, 2000, 3000);
	email_between(desk, b, 4000, 9000);
	result = merge(desk, a, b, NULL);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_email"), 1);
	assert_int_equal(ask(desk, "SELECT valid_from FROM contact_email"), 1000);
	assert_int_equal(ask(desk, "SELECT valid_until FROM contact_email"), 9000);
	unmerge(desk, result.id);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_email"), 3);
	assert_int_equal(ask_of(desk,
				 "SELECT valid_until FROM contact_email WHERE contact_id = ?"
				 " ORDER BY valid_from LIMIT 1",
				 b),
		3000);
	assert_int_equal(
		ask_of(desk, "SELECT valid_until FROM contact_email WHERE contact_id = ?", a),
		5000);
}

static int64_t
add_common(struct desk *desk, int64_t at, int64_t a, int64_t b)
{
	struct interaction call = { .kind = "call",
		.status = "recorded",
		.direction = "none",
		.initiated_by = "none",
		.at = at };
	struct interaction_link links[] = { { .contact_id = a, .role = "to", .via = "manual" },
		{ .contact_id = b, .role = "cc", .via = "manual" } };

	assert_ok(interaction_add(desk->store, &call, links, 2, NULL, NOW, &desk->err));
	return call.id;
}

static void
an_interaction_of_both_is_one(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	add_common(desk, NOW - 50, a, b);
	add_interaction(desk, "call", NOW - 10, "hers", a);
	result = merge(desk, a, b, NULL);
	assert_int_equal(count_of(&result, "interactions")->moved, 1);
	assert_int_equal(count_of(&result, "interactions")->dropped, 1);
	assert_int_equal(get_contact(desk, b).interactions, 2);
	assert_int_equal(get_contact(desk, b).last_interaction, NOW - 10);
	unmerge(desk, result.id);
	assert_int_equal(get_contact(desk, a).interactions, 2);
	assert_int_equal(get_contact(desk, b).interactions, 1);
}

static void
who_was_meant_is_certain_when_the_two_are_one(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	int64_t call = add_common(desk, NOW, a, b);
	struct merge_result result = { 0 };

	run(desk, "UPDATE interaction_contact SET ambiguous = 1 WHERE interaction_id = ?", call);
	result = merge(desk, a, b, NULL);
	assert_int_equal(ask(desk, "SELECT sum(ambiguous) FROM interaction_contact"), 0);
	unmerge(desk, result.id);
	assert_int_equal(ask(desk, "SELECT sum(ambiguous) FROM interaction_contact"), 2);
}

static void
the_persons_of_a_company_go_with_it(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_company(desk, "Acme"), b = add_company(desk, "Acme Ltd");
	int64_t ada = add_person(desk, "Ada", a);
	struct merge_result result = { 0 };

	add_interaction(desk, "call", NOW, "call", ada);
	assert_int_equal(get_contact(desk, a).interactions, 1);
	result = merge(desk, a, b, NULL);
	assert_int_equal(get_contact(desk, ada).company_id, b);
	assert_int_equal(get_contact(desk, b).interactions, 1);
	unmerge(desk, result.id);
	assert_int_equal(get_contact(desk, ada).company_id, a);
	assert_int_equal(get_contact(desk, a).interactions, 1);
	assert_int_equal(get_contact(desk, b).interactions, 0);
}

static void
nobody_comes_back_to_a_company_that_is_a_person_now(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_company(desk, "Acme");
	int64_t ada = add_person(desk, "Ada", a), other = add_person(desk, "Ada", 0);
	struct merge_result result = merge(desk, ada, other, NULL);
	struct contact contact = get_contact(desk, other);

	contact.company_id = 0;
	assert_ok(contact_update(desk->store, desk->arena, &contact, NOW, &desk->err));
	contact = get_contact(desk, a);
	contact.type = "person";
	assert_ok(contact_update(desk->store, desk->arena, &contact, NOW, &desk->err));
	unmerge(desk, result.id);
	assert_int_equal(get_contact(desk, ada).company_id, 0);
}

static void
a_label_of_both_is_one_and_comes_back(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct contact_label one = { "tag", "vip", NULL }, two = { "tag", "vip", NULL };
	struct merge_result result = { 0 };
	bool added;

	assert_ok(contact_label_add(desk->store, desk->arena, a, &one, &added, &desk->err));
	assert_ok(contact_label_add(desk->store, desk->arena, b, &two, &added, &desk->err));
	result = merge(desk, a, b, NULL);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_label"), 1);
	unmerge(desk, result.id);
	assert_int_equal(ask(desk, "SELECT count(DISTINCT contact_id) FROM contact_label"), 2);
}

static const char ADD_RELATION[] =
	"INSERT INTO contact_relation (contact, code, kind, no) VALUES (?1, 'CUST', 'customer',"
	" 'N' || ?1)";
static const char ADD_ADDRESS[] =
	"INSERT INTO contact_address (contact, code, street) VALUES (?1, 'SUMMER', 'Way ' || ?1)";

static void
a_number_elsewhere_is_a_conflict(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	run(desk, ADD_RELATION, a);
	run(desk, ADD_RELATION, b);
	result = merge(desk, a, b, NULL);
	assert_string_equal(result.conflicts[0].field, "relation.CUST");
	assert_string_equal(result.conflicts[0].into, "N2");
	assert_string_equal(result.conflicts[0].merged, "N1");
	unmerge(desk, result.id);
	result = merge(desk, a, b, "relation.cust");
	assert_true(result.conflicts[0].taken);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_relation WHERE no = 'N1'"
				   " AND contact = 2"),
		1);
	unmerge(desk, result.id);
	assert_int_equal(
		ask(desk, "SELECT count(*) FROM contact_relation WHERE no = 'N' || contact"), 2);
}

static void
addresses_of_one_code_get_two(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	run(desk, ADD_ADDRESS, a);
	run(desk, ADD_ADDRESS, b);
	result = merge(desk, a, b, NULL);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_address WHERE contact = 2"
				   " AND code IN ('SUMMER', 'SUMMER-2')"),
		2);
	unmerge(desk, result.id);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_address WHERE code = 'SUMMER'"
				   " AND street = 'Way ' || contact"),
		2);
}

static const char ADD_QUESTIONNAIRE[] =
	"INSERT INTO questionnaire (id, code) SELECT ?1, 'Q' WHERE ?1 > 0";
static const char ADD_QUESTION[] = "INSERT INTO question (questionnaire, question, place, multiple)"
				   " VALUES ('Q', 'SIZE', 1, 0), ('Q', 'HOBBY', 2, ?1)";
static const char ADD_ANSWERS[] =
	"INSERT INTO answer (id, questionnaire, question, answer, place) VALUES"
	" (?1, 'Q', 'SIZE', 'SMALL', 1), (?1 + 1, 'Q', 'SIZE', 'LARGE', 2),"
	" (?1 + 2, 'Q', 'HOBBY', 'CHESS', 1), (?1 + 3, 'Q', 'HOBBY', 'MUSIC', 2)";
static const char GIVE_ANSWERS[] = "INSERT INTO contact_answer (contact_id, answer_id, updated) "
				   "VALUES (?1, ?1, 0), (?1, ?1 + 2, "
				   "0)";

static void
a_question_of_one_answer_has_one(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	run(desk, ADD_QUESTIONNAIRE, 1);
	run(desk, ADD_QUESTION, 1);
	run(desk, ADD_ANSWERS, 1);
	run(desk, GIVE_ANSWERS, a);
	run(desk, GIVE_ANSWERS, b);
	result = merge(desk, a, b, NULL);
	assert_int_equal(result.conflict_count, 1);
	assert_string_equal(result.conflicts[0].field, "answer.Q.SIZE");
	assert_string_equal(result.conflicts[0].into, "LARGE");
	assert_string_equal(result.conflicts[0].merged, "SMALL");
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_answer"), 3);
	unmerge(desk, result.id);
	assert_int_equal(
		ask_of(desk, "SELECT count(*) FROM contact_answer WHERE contact_id = ?", a), 2);
	result = merge(desk, a, b, "answer.q.size");
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_answer WHERE answer_id = 1"), 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_answer WHERE answer_id = 2"), 0);
	unmerge(desk, result.id);
	assert_int_equal(
		ask_of(desk, "SELECT count(*) FROM contact_answer WHERE contact_id = ?", b), 2);
}

static const char ADD_ENTRY[] = "INSERT INTO journal (at, user, method, noun, record, contact) "
				"VALUES (0, 'me', 'contact.edit',"
				" 'contact', ?1, ?1)";

static void
what_the_journal_says_of_it_goes_over(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	run(desk, ADD_ENTRY, a);
	result = merge(desk, a, b, NULL);
	assert_int_equal(ask(desk, "SELECT contact FROM journal"), b);
	assert_int_equal(ask(desk, "SELECT record FROM journal"), a);
	unmerge(desk, result.id);
	assert_int_equal(ask(desk, "SELECT contact FROM journal"), a);
}

static const char ADD_PICTURE[] =
	"INSERT INTO file (digest, size, type) VALUES (substr(hex(zeroblob(32)), 1, 64), ?1,"
	" 'image/png')";

static void
a_picture_goes_over_and_is_kept_meanwhile(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	run(desk, ADD_PICTURE, 1);
	run(desk, "UPDATE contact SET picture_id = 1 WHERE id = ?", a);
	result = merge(desk, a, b, NULL);
	assert_int_equal(get_contact(desk, b).picture_id, 1);
	run(desk, "UPDATE contact SET picture_id = NULL WHERE id = ?", b);
	assert_int_equal(ask(desk, "SELECT count(*) FROM file_use WHERE file = 1"), 1);
	unmerge(desk, result.id);
	assert_int_equal(get_contact(desk, a).picture_id, 1);
	assert_int_equal(get_contact(desk, b).picture_id, 0);
}

static const char ADD_OTHER_PICTURE[] =
	"INSERT INTO file (digest, size, type) VALUES (substr(hex(zeroblob(31)) || 'ff', 1, 64),"
	" ?1, 'image/png')";

static void
of_two_pictures_one_is_chosen_and_neither_is_lost(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	run(desk, ADD_PICTURE, 1);
	run(desk, ADD_OTHER_PICTURE, 1);
	run(desk, "UPDATE contact SET picture_id = 1 WHERE id = ?", a);
	run(desk, "UPDATE contact SET picture_id = 2 WHERE id = ?", b);
	result = merge(desk, a, b, NULL);
	assert_int_equal(result.conflict_count, 1);
	assert_string_equal(result.conflicts[0].field, "picture");
	assert_string_equal(result.conflicts[0].into + 62, "ff");
	assert_string_equal(result.conflicts[0].merged + 62, "00");
	assert_false(result.conflicts[0].taken);
	assert_int_equal(get_contact(desk, b).picture_id, 2);
	unmerge(desk, result.id);
	result = merge(desk, a, b, "picture");
	assert_true(result.conflicts[0].taken);
	assert_int_equal(get_contact(desk, b).picture_id, 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM file_use WHERE file = 2"), 1);
	unmerge(desk, result.id);
	assert_int_equal(get_contact(desk, a).picture_id, 1);
	assert_int_equal(get_contact(desk, b).picture_id, 2);
	assert_int_equal(ask(desk, "SELECT count(*) FROM file_use WHERE file = 2"), 1);
}

/* ---- since ---- */

static void
what_somebody_changed_since_stays(void **state)
{
	struct desk *desk = *state;
	struct contact a = add(desk,
		(struct contact){ .type = "person", .name = "Ada", .city = "Rome", .phone = "1" });
	int64_t b = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };
	struct contact after;

	run(desk, ADD_RELATION, a.id);
	add_email(desk, a.id, "ada@x.example");
	result = merge(desk, a.id, b, NULL);
	after = get_contact(desk, b);
	after.city = "Oslo";
	assert_ok(contact_update(desk->store, desk->arena, &after, NOW, &desk->err));
	run(desk, "UPDATE contact_relation SET no = 'N9', version = version + 1 WHERE contact = ?",
		b);
	add_interaction(desk, "call", NOW, "later", b);
	result = unmerge(desk, result.id);
	assert_int_equal(count_of(&result, "relations")->dropped, 1);
	assert_int_equal(count_of(&result, "emails")->moved, 1);
	assert_int_equal(ask(desk, "SELECT contact FROM contact_relation"), b);
	assert_int_equal(ask(desk, "SELECT contact_id FROM contact_email"), a.id);
	assert_string_equal(get_contact(desk, b).city, "Oslo");
	assert_null(get_contact(desk, b).phone);
	assert_string_equal(get_contact(desk, a.id).city, "Rome");
	assert_int_equal(get_contact(desk, b).interactions, 1);
	assert_int_equal(get_contact(desk, a.id).interactions, 0);
}

static void
the_number_of_the_merged_one_is_the_others(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Bob", 0), found, one;
	struct contact again = { .type = "person", .name = "Eve", .no = "C00001" };
	struct merge_result result = merge(desk, a, b, NULL);

	assert_ok(contact_resolve(desk->store, desk->arena, "c00001", &found, &desk->err));
	assert_int_equal(found, b);
	assert_fails(contact_resolve_exact(desk->store, desk->arena, "C00001", &found, &desk->err),
		ERR_NOT_FOUND);
	assert_string_equal(desk->err.message, "'C00001' was merged into 'C00002'");
	assert_fails(contact_add(desk->store, desk->arena, &again, NOW, &desk->err), ERR_CONFLICT);
	assert_ok(merge_find(desk->store, "C00001", &one, &desk->err));
	assert_int_equal(one, result.id);
	unmerge(desk, one);
	assert_ok(contact_resolve_exact(desk->store, desk->arena, "C00001", &found, &desk->err));
	assert_int_equal(found, a);
}

/* One row goes over. */
static struct merge_result
merge_a_bit(struct desk *desk, int64_t from, int64_t into)
{
	struct merge_result result = { 0 };

	assert_ok(contact_merge(desk->store, desk->arena, from, into, NULL, 0, "tester", NOW, 0,
		&result, &desk->err));
	assert_false(result.done);
	return result;
}

static void
what_a_dry_run_does_not_move_is_counted(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	struct merge_result result;

	for (int i = 0; i < 5; i++)
		add_interaction(desk, "call", NOW - i, "call", a);
	result = merge_a_bit(desk, a, b);
	assert_int_equal(result.total, 5);
	assert_ok(contact_merge_rest(desk->store, false, &result, &desk->err));
	assert_int_equal(count_of(&result, "interactions")->moved, 5);
}

static void
a_merge_that_was_broken_off_is_gone_on_with(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	int64_t c = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 }, begun;

	for (int i = 0; i < 5; i++)
		add_interaction(desk, "call", NOW - i, "call", a);
	begun = merge_a_bit(desk, a, b);
	assert_fails(contact_merge(desk->store, desk->arena, c, b, NULL, 0, "tester", NOW,
			     MERGE_WHOLE, &result, &desk->err),
		ERR_UNAVAILABLE);
	assert_fails(contact_unmerge(desk->store, desk->arena, begun.id, NOW, MERGE_WHOLE, &result,
			     &desk->err),
		ERR_UNAVAILABLE);
	assert_fails(contact_remove(desk->store, b, &desk->err), ERR_REFUSED);
	assert_fails(
		contact_merge_refuse(desk->store, desk->arena, a, &desk->err), ERR_UNAVAILABLE);
	result = merge(desk, a, b, NULL);
	assert_true(result.again);
	assert_int_equal(result.id, begun.id);
	assert_int_equal(count_of(&result, "interactions")->moved, 5);
	assert_int_equal(get_contact(desk, b).interactions, 5);
	assert_ok(contact_merge_refuse(desk->store, desk->arena, b, &desk->err));
}

static void
merges_are_taken_back_from_the_last(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	int64_t c = add_person(desk, "Ada", 0), found;
	struct merge_result first, second, result;

	add_email(desk, a, "ada@x.example");
	first = merge(desk, a, b, NULL);
	second = merge(desk, b, c, NULL);
	assert_ok(contact_resolve(desk->store, desk->arena, "C00001", &found, &desk->err));
	assert_int_equal(found, c);
	assert_fails(contact_unmerge(desk->store, desk->arena, first.id, NOW, MERGE_WHOLE, &result,
			     &desk->err),
		ERR_REFUSED);
	assert_string_equal(desk->err.message,
		"'C00001' was merged into 'C00002', which was merged into 'C00003'");
	unmerge(desk, second.id);
	unmerge(desk, first.id);
	assert_int_equal(ask(desk, "SELECT contact_id FROM contact_email"), a);
}

static void
two_that_were_separated_stay_so_by_another(void **state)
{
	struct desk *desk = *state;
	int64_t a = add_person(desk, "Ada", 0), b = add_person(desk, "Ada", 0);
	int64_t c = add_person(desk, "Ada", 0);
	struct merge_result result = { 0 };

	assert_ok(duplicate_separate(desk->store, a, c, false, &desk->err));
	assert_ok(duplicate_separate(desk->store, a, b, false, &desk->err));
	result = merge(desk, a, b, NULL);
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_separate"), 2);
	assert_int_equal(
		ask_of(desk, "SELECT other_id FROM duplicate_separate WHERE contact_id = ?", b), c);
	unmerge(desk, result.id);
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_separate"), 4);
	assert_int_equal(
		ask_of(desk, "SELECT count(*) FROM duplicate_separate WHERE contact_id = ?", a), 2);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)
	const struct CMUnitTest tests[] = {
		TEST(every_table_that_refers_to_contacts_is_known),
		TEST(every_column_of_a_part_is_known),
		TEST(every_column_of_the_merged_contact_is_kept),
		TEST(what_is_blank_is_filled_and_what_differs_is_told),
		TEST(a_field_is_taken_that_was_asked_for),
		TEST(an_address_is_not_mixed_of_two),
		TEST(taking_what_does_not_differ_is_a_mistake),
		TEST(a_person_and_a_company_are_not_one),
		TEST(addresses_go_over_and_come_back),
		TEST(the_times_of_an_address_are_united),
		TEST(an_interaction_of_both_is_one),
		TEST(who_was_meant_is_certain_when_the_two_are_one),
		TEST(the_persons_of_a_company_go_with_it),
		TEST(nobody_comes_back_to_a_company_that_is_a_person_now),
		TEST(a_label_of_both_is_one_and_comes_back),
		TEST(a_number_elsewhere_is_a_conflict),
		TEST(addresses_of_one_code_get_two),
		TEST(a_question_of_one_answer_has_one),
		TEST(what_the_journal_says_of_it_goes_over),
		TEST(a_picture_goes_over_and_is_kept_meanwhile),
		TEST(of_two_pictures_one_is_chosen_and_neither_is_lost),
		TEST(what_somebody_changed_since_stays),
		TEST(the_number_of_the_merged_one_is_the_others),
		TEST(what_a_dry_run_does_not_move_is_counted),
		TEST(a_merge_that_was_broken_off_is_gone_on_with),
		TEST(merges_are_taken_back_from_the_last),
		TEST(two_that_were_separated_stay_so_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
