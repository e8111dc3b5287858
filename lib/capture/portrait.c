#include "liaison/capture/portrait.h"

#include <string.h>

#include "liaison/crm/contact.h"

/* A section is a statement whose rows are a key, by which it is gone on with, and a JSON object. ?1 is the contact
 * or 0, ?2 the address or NULL, ?3 the last key. */

enum { ROWS_A_TIME = 100 };

/* With a tag, "ada+shop@x.example", it is the same person's. */
#define NAMED \
	"WITH named(address) AS (SELECT ?2 WHERE ?2 IS NOT NULL UNION SELECT e.address FROM " \
	"contact_email e WHERE e.contact_id = ?1), " \
	"cut(mine, host) AS (SELECT substr(address, 1, instr(address, '@') - 1), " \
	"substr(address, instr(address, '@')) FROM named) "
#define TAGGED \
	"a.address > c.mine || '+' AND a.address < c.mine || ',' AND " \
	"substr(a.address, -length(c.host)) = c.host"
#define WHO \
	NAMED ", who(id) AS (SELECT a.id FROM named n JOIN address a ON a.address = n.address " \
	      "UNION SELECT a.id FROM cut c JOIN address a ON " TAGGED "), " \
	      "said(id) AS (SELECT DISTINCT p.message_id FROM who w JOIN party p ON p.address_id " \
	      "= " \
	      "w.id) "
#define OF(table) \
	" FROM " table " WHERE contact_id = ?1 AND ?2 IS ?2 AND id > ?3 ORDER BY id LIMIT 100"
#define OF_PART(table) \
	" FROM " table " WHERE contact = ?1 AND ?2 IS ?2 AND id > ?3 ORDER BY id LIMIT 100"
#define TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"

static const struct {
	const char *name, *sql;
} SECTIONS[] = {
	{ "addresses", "SELECT id, json_object('email', email, 'kind', kind, 'state', state, "
		       "'from', " TIME("valid_from") ", 'until', " TIME(
			       "valid_until") ", 'learned_from', "
					      "learned_from)" OF("contact_"
								 "email") },
	{ "notes", "SELECT id, json_object('at', " TIME("at") ", 'user', user, 'note', note)" OF(
			   "contact_note") },
	{ "labels", "SELECT id, json_object('kind', kind, 'code', code, 'word', word)" OF(
			    "contact_label") },
	{ "relations", "SELECT id, json_object('code', code, 'kind', kind, 'no', no)" OF_PART(
			       "contact_relation") },
	{ "links", "SELECT id, json_object('url', url, 'description', description)" OF_PART(
			   "contact_link") },
	{ "facts", "SELECT id, json_object('kind', kind, 'date', " TIME(
			   "date") ", 'amount_minor', "
				   "amount, 'reference', "
				   "reference)" OF_PART("contact_"
							"fact") },
	{ "consents",
		"SELECT id, json_object('purpose', purpose, 'basis', basis, 'source', source, "
		"'date', " TIME("date") ", 'withdrawn', " TIME("withdrawn") ")" OF_PART(
			"contact_consent") },
	{ "postal_addresses",
		"SELECT id, json_object('code', code, 'name', name, 'street', street, 'post_code', "
		"post_code, 'city', city, 'country', country, 'phone', phone, 'mobile', mobile, "
		"'email', email)" OF_PART("contact_address") },
	{ "fields", "SELECT v.field_id, json_object('name', f.name, 'value', v.value) FROM "
		    "field_value v "
		    "JOIN field f ON f.id = v.field_id WHERE v.contact_id = ?1 AND ?2 IS ?2 AND "
		    "v.field_id > ?3 ORDER BY v.field_id LIMIT 100" },
	{ "profile", "SELECT c.id, json_object('questionnaire', a.questionnaire, 'question', "
		     "a.question, "
		     "'answer', a.answer, 'updated', " TIME(
			     "c.updated") ") FROM contact_answer c JOIN "
					  "answer a ON a.id = c.answer_id WHERE c.contact_id = ?1 "
					  "AND ?2 IS ?2 AND c.id > ?3 "
					  "ORDER BY c.id LIMIT 100" },
	{ "merges",
		"SELECT id, json_object('at', " TIME(
			"at") ", 'user', user, 'no', no, 'record', json(merged)) FROM merge WHERE "
			      "(into_id = ?1 OR merged_id = ?1) AND ?2 IS ?2 AND id > ?3 ORDER BY "
			      "id LIMIT 100" },
	{ "interactions", WHO
		"SELECT i.id, json_object('id', i.id, 'kind', i.kind, 'status', i.status, "
		"'direction', i.direction, 'at', " TIME(
			"i.at") ", 'subject', i.subject, 'location', i.location, 'snippet', "
				"i.snippet, 'text', (SELECT t.text FROM interaction_text t "
				"WHERE t.interaction_id = i.id), 'note', i.note, 'parties', "
				"i.parties) FROM interaction i WHERE (i.id IN (SELECT "
				"interaction_id FROM interaction_contact WHERE contact_id = ?1) "
				"OR i.message_id IN (SELECT id FROM said)) AND i.id > ?3 ORDER "
				"BY i.id LIMIT 100" },
	{ "captures",
		WHO "SELECT l.id, json_object('id', l.id, 'source', s.name, 'folder', t.folder, "
		    "'uid', l.uid, 'decision', l.decision, 'reason', l.reason, 'message_id', "
		    "m.message_id, 'subject', m.subject, 'date', " TIME(
			    "m.at") ", 'parties', (SELECT json_group_array(json_object('role', "
				    "p.role, 'name', p.name, 'address', a.address, 'response', "
				    "p.response)) FROM party p LEFT JOIN address a ON a.id = "
				    "p.address_id WHERE p.message_id = m.id)) FROM ledger l JOIN "
				    "stream t ON t.id = l.stream_id JOIN source s ON s.id = "
				    "t.source_id JOIN message m ON m.id = l.message_id WHERE "
				    "l.message_id IN (SELECT id FROM said) AND l.id > ?3 ORDER BY "
				    "l.id LIMIT 100" },
	{ "journal",
		"SELECT id, json_object('id', id, 'at', " TIME(
			"at") ", 'user', user, 'method', method, 'noun', noun, 'before', "
			      "json(before), 'after', json(after)) FROM journal WHERE contact = ?1 "
			      "AND ?2 IS ?2 AND id > ?3 ORDER BY id LIMIT 100" },
	{ "candidate", NAMED
		"SELECT a.id, json_object('address', a.address, 'name', a.name, 'received', "
		"a.received, 'sent', a.sent, 'copied', a.copied, 'meetings', a.meetings, "
		"'first', " TIME("a.first_at") ", 'last', " TIME(
			"a.last_at") ", 'ignored', a.ignored) FROM candidate a WHERE (a.address IN "
				     "(SELECT address FROM named) OR EXISTS (SELECT 1 FROM cut c "
				     "WHERE " TAGGED ")) AND a.id > ?3 ORDER BY a.id LIMIT 100" },
	{ "imports", "SELECT r.rowid_, json_object('file', i.name, 'at', " TIME(
			     "i.at") ", 'user', i.user, 'line', r.line) FROM (SELECT import_id * "
				     "4294967296 + line AS rowid_, import_id, line FROM import_row "
				     "WHERE "
				     "contact_id = ?1) r JOIN import i ON i.id = r.import_id WHERE "
				     "r.rowid_ > ?3 AND ?2 IS ?2 ORDER BY r.rowid_ LIMIT 100" },
};

enum { SECTION_COUNT = sizeof SECTIONS / sizeof *SECTIONS };

/* ---- as text ----------------------------------------------------------------------------------- */

static void write_plain(struct text *out, const char *name, const json_t *value, unsigned depth);

static void
write_line(struct text *out, const char *name, const char *words, unsigned depth)
{
	text_printf(out, "%*s%s: ", (int)depth * 2, "", name);
	for (; *words != '\0'; words++) {
		if (*words == '\n')
			text_printf(out, "\n%*s", (int)depth * 2 + 2, "");
		else
			text_add_char(out, *words);
	}
	text_add_char(out, '\n');
}

static void
write_inside(struct text *out, const json_t *value, unsigned depth)
{
	json_t *object = (json_t *)(uintptr_t)value; /* jansson walks none that is const */
	const char *name;
	json_t *member;

	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			write_plain(out, "-", json_array_get(value, i), depth);
		return;
	}
	json_object_foreach(object, name, member)
	{
		write_plain(out, name, member, depth);
	}
}

/* What is blank is left out. */
static void
write_plain(struct text *out, const char *name, const json_t *value, unsigned depth)
{
	char number[32];

	if (json_is_string(value)) {
		if (json_string_length(value) > 0)
			write_line(out, name, json_string_value(value), depth);
	} else if (json_is_integer(value)) {
		text_copy(number, sizeof number, "");
		snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
		write_line(out, name, number, depth);
	} else if (json_is_real(value)) {
		snprintf(number, sizeof number, "%.15g", json_real_value(value));
		write_line(out, name, number, depth);
	} else if (json_is_true(value) || json_is_false(value)) {
		write_line(out, name, json_is_true(value) ? "yes" : "no", depth);
	} else if ((json_is_object(value) && json_object_size(value) > 0) ||
		   (json_is_array(value) && json_array_size(value) > 0)) {
		text_printf(out, "%*s%s:\n", (int)depth * 2, "", name);
		write_inside(out, value, depth + 1);
	}
}

static int
write_text_row(struct text *out, const char *row, struct err *err)
{
	json_t *value;

	if (json_line_parse(row, strlen(row), &value, err) < 0)
		return -1;
	write_inside(out, value, 0);
	text_add_char(out, '\n');
	json_decref(value);
	return 0;
}

/* ---- both -------------------------------------------------------------------------------------- */

static int
write_row(struct portrait *portrait, const char *row, struct text *out, struct err *err)
{
	portrait->rows++;
	if (portrait->text) {
		if (portrait->in_section++ == 0)
			text_printf(out, "== %s ==\n\n", SECTIONS[portrait->section].name);
		return write_text_row(out, row, err);
	}
	if (portrait->in_section++ > 0)
		text_add_char(out, ',');
	text_add(out, row);
	return 0;
}

static int
write_contact(struct store *store, struct arena *arena, struct portrait *portrait, struct text *out,
	struct err *err)
{
	struct text record = { 0 };
	struct json_out json;
	int result;

	json_out_init(&json, &record);
	result = contact_write(store, arena, portrait->person.contact, &json, err);
	if (result == 0 && portrait->text) {
		text_add(out, "== contact ==\n\n");
		result = write_text_row(out, record.bytes, err);
	} else if (result == 0) {
		text_add(out, record.bytes);
	}
	text_clear(&record);
	return result;
}

static int
begin(struct store *store, struct arena *arena, struct portrait *portrait, struct text *out,
	struct err *err)
{
	portrait->after = INT64_MIN;
	if (!portrait->text)
		text_add(out, "{\"contact\":");
	if (portrait->person.contact != 0) {
		if (write_contact(store, arena, portrait, out, err) < 0)
			return -1;
	} else if (portrait->text) {
		text_printf(out, "What is held of %s, who is no contact.\n\n",
			portrait->person.address);
	} else {
		text_add(out, "null");
	}
	if (!portrait->text)
		text_printf(out, ",\"%s\":[", SECTIONS[0].name);
	return 0;
}

static void
next_section(struct portrait *portrait, struct text *out)
{
	portrait->section++;
	portrait->after = INT64_MIN;
	portrait->in_section = 0;
	portrait->done = portrait->section == SECTION_COUNT;
	if (portrait->text)
		return;
	if (portrait->done)
		text_add(out, "]}\n");
	else
		text_printf(out, "],\"%s\":[", SECTIONS[portrait->section].name);
}

int
portrait_write(struct store *store, struct arena *arena, struct portrait *portrait,
	struct text *out, struct err *err)
{
	unsigned count = 0;
	struct stmt *q;
	int result = 0;

	if (portrait->section == 0 && portrait->after == 0 &&
		begin(store, arena, portrait, out, err) < 0)
		return -1;
	q = sql_prepare(store, SECTIONS[portrait->section].sql);
	stmt_bind_int(q, portrait->person.contact);
	stmt_bind_text(q, portrait->person.address);
	stmt_bind_int(q, portrait->after);
	while (result == 0 && stmt_row(q)) {
		portrait->after = stmt_int(q);
		count++;
		result = write_row(portrait, stmt_text(q), out, err);
	}
	if (result < 0) {
		struct err ignored;

		(void)stmt_end(q, &ignored);
		return -1;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (count < ROWS_A_TIME)
		next_section(portrait, out);
	return 0;
}
