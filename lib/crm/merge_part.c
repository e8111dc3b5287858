#include "merge_part.h"

#include <string.h>

/* The tables that refer to contacts. Each lists its columns but the contact's: K are the key, C what a
 * change is told by, L what a merge or the machinery changes itself. */

#define KEPT_PAIR_(c)  ", '" #c "', f.\"" #c "\""
#define OTHER_PAIR_(c) ", '" #c "', t.\"" #c "\""
#define KEY_(c)        " AND f.\"" #c "\" = (?1 ->> '$." #c "')"
#define COLUMN_(c)     ", \"" #c "\""
#define VALUE_(c)      ", ?1 ->> '$." #c "'"
#define NONE_(c)

#define ROW_(COLUMNS)            "json_object('v', 1" COLUMNS(KEPT_PAIR_, KEPT_PAIR_, KEPT_PAIR_) ")"
#define OTHER_(COLUMNS)          "json_object('v', 1" COLUMNS(OTHER_PAIR_, OTHER_PAIR_, OTHER_PAIR_) ")"
#define MARK_(COLUMNS)           "json_object('v', 1" COLUMNS(KEPT_PAIR_, KEPT_PAIR_, NONE_) ")"
#define WHERE_(contact, COLUMNS) " WHERE f." contact " = ?2" COLUMNS(KEY_, NONE_, NONE_)

/* NOLINTBEGIN(bugprone-macro-parentheses): what is pasted are words of a statement */

/* What every part has. */
#define ROWS_(title, where, contact, COLUMNS) \
	.name = title, .table = where, .column = contact, \
	.mark = "SELECT " MARK_(COLUMNS) " FROM " where " f" WHERE_(contact, COLUMNS), \
	.move = "UPDATE OR IGNORE " where " AS f SET " contact " = ?3" WHERE_(contact, COLUMNS), \
	.drop = "DELETE FROM " where " AS f" WHERE_(contact, COLUMNS)
/* title, table, the contact's column, the columns; when a row f and the other's t cannot both be; the
 * name of what would be lost with f, else NULL, and both values; how a dropped row comes back; back. */
#define PART_BY_(title, where, contact, COLUMNS, clash, lost, theirs, ours, restoring, sets, lots) \
	{ \
		ROWS_(title, where, contact, COLUMNS), \
			.rows = "SELECT " ROW_(COLUMNS) ", " MARK_( \
				COLUMNS) ", CASE WHEN t." contact \
					 " IS NOT NULL THEN " OTHER_( \
						 COLUMNS) " END, " lost ", " theirs ", " ours \
							  " FROM " where " f LEFT JOIN " where \
							  " t ON t." contact " = ?2 AND (" clash \
							  ") WHERE f." contact " = ?1 LIMIT ?3", \
			.left = "SELECT count(*), count(t." contact ") FROM " where \
				" f LEFT JOIN " where " t ON t." contact " = ?2 AND (" clash \
				") WHERE f." contact " = ?1", \
			.restore = restoring, .back = sets, .many = lots, \
	}
#define RESTORE_(where, contact, COLUMNS) \
	"INSERT OR IGNORE INTO " where " (" contact COLUMNS(COLUMN_, COLUMN_, \
		COLUMN_) ") SELECT ?2" COLUMNS(VALUE_, VALUE_, VALUE_) " WHERE ?3 > 0"
/* guard: when a dropped row may come back. */
#define PART_(title, where, contact, COLUMNS, clash, lost, theirs, ours, guard, sets) \
	PART_BY_(title, where, contact, COLUMNS, clash, lost, theirs, ours, \
		RESTORE_(where, contact, COLUMNS) guard, sets, false)
/* One that stands beside any other. */
#define FREE_(title, where, contact, COLUMNS, lots) \
	{ \
		ROWS_(title, where, contact, COLUMNS), \
			.rows = "SELECT " ROW_(COLUMNS) ", " MARK_( \
				COLUMNS) ", NULL, NULL, NULL, NULL FROM " where \
					 " f WHERE f." contact " = ?1 LIMIT ?3", \
			.left = "SELECT count(*), 0 FROM " where " f WHERE f." contact \
				" = ?1 AND ?2 > 0", \
			.restore = RESTORE_(where, contact, COLUMNS), .many = lots, \
	}
/* One that is the other's if both have it. */
#define ONCE_(title, where, contact, COLUMNS, clash, guard) \
	PART_(title, where, contact, COLUMNS, clash, "NULL", "NULL", "NULL", guard, NULL)

/* NOLINTEND(bugprone-macro-parentheses) */

#define EMAIL_COLUMNS(K, C, L) \
	K(id) \
	C(email) \
	C(address) \
	C(kind) L(is_primary) C(valid_from) C(valid_until) C(shared) C(learned_from) C(state)
#define DOMAIN_COLUMNS(K, C, L)    K(domain)
#define NOTE_COLUMNS(K, C, L)      K(id) C(at) C(user) C(note)
#define LABEL_COLUMNS(K, C, L)     K(id) C(kind) C(code) C(word)
#define RELATION_COLUMNS(K, C, L)  K(id) C(version) C(code) C(kind) C(no)
#define LINK_COLUMNS(K, C, L)      K(id) C(version) C(url) C(description)
#define FACT_COLUMNS(K, C, L)      K(id) C(version) C(kind) C(date) C(amount) C(reference)
#define CONSENT_COLUMNS(K, C, L)   K(id) C(version) C(purpose) C(basis) C(source) C(date) C(withdrawn)
#define ADDRESS_COLUMNS(K, C, L)   K(id) C(version) L(code)
#define VALUE_COLUMNS(K, C, L)     K(field_id) C(value)
#define ANSWER_COLUMNS(K, C, L)    K(id) C(answer_id) C(updated) C(answered)
#define PERSON_COLUMNS(K, C, L)    K(id)
#define JOURNAL_COLUMNS(K, C, L)   K(id)
#define MERGE_COLUMNS(K, C, L)     K(id)
#define SEPARATE_COLUMNS(K, C, L)  K(other_id)
#define SEPARATED_COLUMNS(K, C, L) K(contact_id)
/* Calendars and new matching change the rest, and no person. */
#define PARTY_COLUMNS(K, C, L) \
	L(at) K(interaction_id) L(role) L(company_id) L(email) L(via) L(ambiguous) L(response)
#define COMPANY_COLUMNS(K, C, L) L(at) K(interaction_id) K(contact_id)

#define STILL(id, table) " AND EXISTS (SELECT 1 FROM " table " WHERE id = ?1 ->> '$." id "')"

/* Of a question with one answer there is one, whichever of them it is. */
#define ONE_ANSWER \
	"EXISTS (SELECT 1 FROM answer a, answer b, question q WHERE a.id = f.answer_id" \
	" AND b.id = t.answer_id AND q.questionnaire = a.questionnaire AND q.question = " \
	"a.question" \
	" AND b.questionnaire = a.questionnaire AND b.question = a.question AND NOT q.multiple"

/* Two that are apart; who went up in another since is that one. */
#define APART_(title, contact, COLUMNS, other) \
	PART_BY_(title, "duplicate_separate", contact, COLUMNS, "t." other " = f." other, "NULL", \
		"NULL", "NULL", \
		"INSERT OR IGNORE INTO duplicate_separate (" contact ", " other \
		") SELECT ?2, o.id FROM (SELECT coalesce((SELECT c.id FROM contact c WHERE c.id " \
		"= " \
		"?1 ->> '$." other "'), (SELECT m.into_id FROM merge m WHERE m.merged_id = " \
		"?1 ->> '$." other "')) AS id) o WHERE o.id IS NOT NULL AND ?3 > 0", \
		NULL, false)

/* A company that is gone has perhaps gone up in another. */
static const char RESTORE_PARTY[] =
	"INSERT OR IGNORE INTO interaction_contact (contact_id, at, interaction_id, role, "
	"company_id,"
	" email, via, ambiguous, response)"
	" SELECT ?2, i.at, i.id, ?1 ->> '$.role', " MERGE_COMPANY ","
	" ?1 ->> '$.email', ?1 ->> '$.via', ?1 ->> '$.ambiguous', ?1 ->> '$.response'"
	" FROM interaction i WHERE i.id = ?1 ->> '$.interaction_id' AND ?3 > 0";
static const char BACK_PARTY[] =
	"UPDATE interaction_contact SET ambiguous = ?1 ->> '$.ambiguous' WHERE contact_id = ?2"
	" AND interaction_id = ?1 ->> '$.interaction_id'";

static const char BACK_EMAIL[] =
	"UPDATE OR IGNORE contact_email SET is_primary = ?1 ->> '$.is_primary',"
	" kind = ?1 ->> '$.kind', valid_from = ?1 ->> '$.valid_from',"
	" valid_until = ?1 ->> '$.valid_until'"
	" WHERE contact_id = ?2 AND id = ?1 ->> '$.id'";
static const char BACK_ADDRESS[] =
	"UPDATE OR IGNORE contact_address SET code = ?1 ->> '$.code' WHERE "
	"contact = ?2 AND id = ?1 ->> '$.id'";

static const char MARK_PICTURE[] = "SELECT json_object('picture_id', picture_id) FROM contact "
				   "WHERE id = ?2 AND ?1 IS NOT NULL";
static const char BACK_PICTURE[] =
	"UPDATE contact SET picture_id = (SELECT id FROM file WHERE id = ?1 ->> '$.picture_id')"
	" WHERE id = ?2";

const struct merge_part merge_parts[] = {
	PART_("emails", "contact_email", "contact_id", EMAIL_COLUMNS,
		"t.address = f.address AND t.valid_from IS f.valid_from", "NULL", "NULL", "NULL",
		" AND NOT EXISTS (SELECT 1 FROM contact_email e WHERE e.address = ?1 ->> "
		"'$.address'"
		" AND e.state = 'active' AND NOT e.shared AND e.contact_id NOT IN (?2, ?3))",
		BACK_EMAIL),
	ONCE_("domains", "contact_domain", "contact_id", DOMAIN_COLUMNS, "t.domain = f.domain", ""),
	FREE_("notes", "contact_note", "contact_id", NOTE_COLUMNS, true),
	PART_("labels", "contact_label", "contact_id", LABEL_COLUMNS,
		"t.kind = f.kind AND t.code = f.code",
		"CASE WHEN f.word IS NOT NULL AND f.word IS NOT t.word"
		" THEN f.kind || '.' || f.code END",
		"t.word", "f.word", "", NULL),
	PART_("relations", "contact_relation", "contact", RELATION_COLUMNS,
		"t.code = f.code OR (t.kind = f.kind AND f.kind <> 'other')",
		"CASE WHEN f.no IS NOT NULL AND f.no IS NOT t.no THEN 'relation.' || f.code END",
		"coalesce(t.no, t.code)", "f.no", "", NULL),
	PART_("links", "contact_link", "contact", LINK_COLUMNS, "t.url = f.url",
		"CASE WHEN f.description IS NOT NULL AND f.description IS NOT t.description"
		" THEN 'link.' || f.url END",
		"t.description", "f.description", "", NULL),
	FREE_("facts", "contact_fact", "contact", FACT_COLUMNS, true),
	FREE_("consents", "contact_consent", "contact", CONSENT_COLUMNS, true),
	PART_("addresses", "contact_address", "contact", ADDRESS_COLUMNS, "0", "NULL", "NULL",
		"NULL", "", BACK_ADDRESS),
	PART_("fields", "field_value", "contact_id", VALUE_COLUMNS, "t.field_id = f.field_id",
		"CASE WHEN f.value IS NOT t.value THEN"
		" 'field.' || (SELECT d.name FROM field d WHERE d.id = f.field_id) END",
		"CAST(t.value AS TEXT)", "CAST(f.value AS TEXT)", STILL("field_id", "field"), NULL),
	PART_("answers", "contact_answer", "contact_id", ANSWER_COLUMNS,
		"t.answer_id = f.answer_id OR " ONE_ANSWER ")",
		"CASE WHEN t.answer_id <> f.answer_id AND " ONE_ANSWER " AND q.source IS NULL)"
		" THEN (SELECT 'answer.' || a.questionnaire || '.' || a.question FROM answer a"
		"  WHERE a.id = f.answer_id) END",
		"(SELECT a.answer FROM answer a WHERE a.id = t.answer_id)",
		"(SELECT a.answer FROM answer a WHERE a.id = f.answer_id)",
		STILL("answer_id", "answer"), NULL),
	PART_BY_("interactions", "interaction_contact", "contact_id", PARTY_COLUMNS,
		"t.at = f.at AND t.interaction_id = f.interaction_id", "NULL", "NULL", "NULL",
		RESTORE_PARTY, BACK_PARTY, true),
	FREE_("companies", "interaction_contact", "company_id", COMPANY_COLUMNS, true),
	FREE_("persons", "contact", "company_id", PERSON_COLUMNS, true),
	APART_("separated", "contact_id", SEPARATE_COLUMNS, "other_id"),
	APART_("separated-from", "other_id", SEPARATED_COLUMNS, "contact_id"),
	/* By these, others find whom they went up in: the first that are back. */
	FREE_("merges", "merge", "into_id", MERGE_COLUMNS, false),
	FREE_("journal", "journal", "contact", JOURNAL_COLUMNS, true),
	{ .name = "picture", .mark = MARK_PICTURE, .back = BACK_PICTURE },
	{ 0 },
};

const char *const merge_derived[] = {
	"duplicate_content.contact_id",
	"duplicate_key.contact_id",
	"duplicate_pair.contact_id",
	"duplicate_pair.other_id",
	"classify_value.contact_id",
	"import_row.contact_id", /* whoever reads it looks for the merge */
	"import_company.contact_id", /* which a merged one is no more */
	NULL,
};

const struct merge_part *
merge_part_find(const char *name)
{
	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		if (strcmp(part->name, name) == 0)
			return part;
	}
	return NULL;
}
