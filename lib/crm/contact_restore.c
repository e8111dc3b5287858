#include <string.h>

#include "contact_index.h"
#include "contact_row.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/field.h"

/* A contact that was removed, again. */

/* ---- what the journal keeps ---- */

static const char SELECT_EMAILS[] =
	"SELECT json_group_array(json_array(email, address, kind, is_primary, valid_from, "
	"valid_until,"
	" shared, learned_from, state)) FROM"
	" (SELECT * FROM contact_email WHERE contact_id = ? ORDER BY id)";
/* What goes with the contact and is not journaled: words, or NULL. */
static const char SELECT_UNKEPT[] =
	"SELECT CASE WHEN count(*) > 0 THEN 'how to take apart ' || count(*) ||"
	" ' that were merged into it' END FROM merge WHERE into_id = ?1";
static const char SELECT_CREATED[] = "SELECT created FROM contact WHERE id = ?";

int
contact_whole_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q;
	const char *rows;

	json_object_begin(out, NULL);
	if (contact_write_members(store, id, out, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_CREATED);
	stmt_bind_int(q, id);
	json_int(out, "created", stmt_row(q) ? stmt_int(q) : 0);
	if (stmt_end(q, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_EMAILS);
	stmt_bind_int(q, id);
	rows = stmt_row(q) ? stmt_text(q) : "[]";
	json_raw(out, "email_rows", rows, strlen(rows));
	if (stmt_end(q, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_UNKEPT);
	stmt_bind_int(q, id);
	json_text(out, "unkept", stmt_row(q) ? stmt_text(q) : NULL);
	json_object_end(out);
	return stmt_end(q, err);
}

/* ---- back ---- */

#define COLUMN(name, ...) ", " #name
#define MARK(...)         ", ?"

static const char RESTORE_CONTACT[] =
	"INSERT INTO contact (id, version, no, created, changed, name_fold, company_id,"
	" picture_id" CONTACT_TEXTS(COLUMN)
		CONTACT_FLAGS(COLUMN) ") VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM contact WHERE "
				      "no = ? AND type = 'company'),"
				      " (SELECT id FROM file WHERE digest = ?)" CONTACT_TEXTS(MARK)
					      CONTACT_FLAGS(MARK) ")";

static const char *
text_in(const json_t *whole, const char *name)
{
	return json_string_value(json_object_get(whole, name));
}

static bool
is_person(const json_t *whole)
{
	const char *type = text_in(whole, "type");

	return type != NULL && strcmp(type, "person") == 0;
}

static const char *
picture_in(const json_t *whole)
{
	return text_in(json_object_get(whole, "picture"), "digest");
}

static int
put_contact(struct store *store, struct arena *arena, int64_t id, const json_t *whole, int64_t now,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, RESTORE_CONTACT);
	const char *name = text_in(whole, "name");

	stmt_bind_int(q, id);
	stmt_bind_int(q, json_integer_value(json_object_get(whole, "version")) + 1);
	stmt_bind_text(q, text_in(whole, "no"));
	stmt_bind_int(q, json_integer_value(json_object_get(whole, "created")));
	stmt_bind_int(q, now);
	stmt_bind_text(q, name != NULL ? text_fold(arena, name) : NULL);
	stmt_bind_text(q, is_person(whole) ? text_in(whole, "company_no") : NULL);
	stmt_bind_text(q, picture_in(whole));
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (f->type == CONTACT_TEXT)
			stmt_bind_text(q, text_in(whole, f->name));
		else
			stmt_bind_int(q, json_is_true(json_object_get(whole, f->name)));
	}
	if (stmt_run(q, err) == 0)
		return 0;
	return err->code != ERR_CONFLICT
		       ? -1
		       : fail_field(err, ERR_CONFLICT, "no",
				 "the number '%s' is taken by another contact now",
				 text_in(whole, "no"));
}

/* An address that another contact was given since is theirs. */
static const char RESTORE_EMAILS[] =
	"INSERT INTO contact_email (contact_id, email, address, kind, is_primary, valid_from,"
	" valid_until, shared, learned_from, state)"
	" SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4,"
	" r.value ->> 5, r.value ->> 6, r.value ->> 7,"
	" CASE WHEN r.value ->> 6 = 0 AND EXISTS (SELECT 1 FROM contact_email e"
	"  WHERE e.address = r.value ->> 1 AND e.state = 'active') THEN 'removed'"
	"  ELSE r.value ->> 8 END"
	" FROM json_each(?2, '$.email_rows') r";
static const char RESTORE_DOMAINS[] = "INSERT INTO contact_domain (contact_id, domain)"
				      " SELECT ?1, d.value FROM json_each(?2, '$.domains') d";
static const char SELECT_LOST[] =
	"SELECT group_concat(r.value ->> 1, ', ') FROM json_each(?2, '$.email_rows') r"
	" WHERE r.value ->> 8 = 'active' AND NOT EXISTS (SELECT 1 FROM contact_email e"
	"  WHERE e.contact_id = ?1 AND e.address = r.value ->> 1 AND e.state = 'active')";

static int
run_json(struct store *store, const char *sql, int64_t id, const char *whole, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	stmt_bind_text(q, whole);
	return stmt_run(q, err);
}

static void
add_lost(struct arena *arena, const char **lost, const char *words)
{
	*lost = *lost == NULL ? words : arena_printf(arena, "%s; %s", *lost, words);
}

static int
put_emails(struct store *store, struct arena *arena, int64_t id, const char *whole,
	const char **lost, struct err *err)
{
	struct stmt *q;
	const char *taken = NULL;

	if (run_json(store, RESTORE_EMAILS, id, whole, err) < 0 ||
		run_json(store, RESTORE_DOMAINS, id, whole, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_LOST);
	stmt_bind_int(q, id);
	stmt_bind_text(q, whole);
	if (sql_get_text(q, arena, &taken, err) < 0)
		return -1;
	if (taken != NULL)
		add_lost(arena, lost,
			arena_printf(arena, "another contact has the address %s now", taken));
	return contact_email_choose(store, id, NULL, err);
}

static const char *
value_words(struct arena *arena, const json_t *value)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return arena_printf(arena, "%.17g", json_number_value(value));
}

/* One that is declared no more, or of another type, cannot be had back. */
static int
put_fields(struct store *store, struct arena *arena, int64_t id, json_t *fields, int64_t now,
	const char **lost, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(fields, name, value)
	{
		const char *assignment = arena_printf(
			arena, "%s=%s", name, value_words(arena, value));

		if (field_set(store, arena, id, assignment, NULL, now, err) == 0)
			continue;
		if (err->code != ERR_NOT_FOUND && err->code != ERR_USAGE)
			return -1;
		add_lost(arena, lost, arena_text(arena, err->message));
	}
	return 0;
}

static void
note_missing(
	struct arena *arena, const json_t *whole, const struct contact *contact, const char **lost)
{
	const char *company = is_person(whole) ? text_in(whole, "company_no") : NULL;
	const char *unkept = text_in(whole, "unkept");

	if (unkept != NULL)
		add_lost(arena, lost, arena_printf(arena, "the journal does not have %s", unkept));

	if (company != NULL && contact->company_id == 0)
		add_lost(
			arena, lost, arena_printf(arena, "the company '%s' is not there", company));
	if (picture_in(whole) != NULL && contact->picture_id == 0)
		add_lost(arena, lost, "the picture is not kept any more");
}

static int
restore(struct store *store, struct arena *arena, int64_t id, const char *text, json_t *whole,
	int64_t now, const char **lost, struct err *err)
{
	struct contact contact;

	if (put_contact(store, arena, id, whole, now, err) < 0 ||
		put_emails(store, arena, id, text, lost, err) < 0 ||
		put_fields(store, arena, id, json_object_get(whole, "fields"), now, lost, err) <
			0 ||
		contact_get(store, arena, id, &contact, err) < 0)
		return -1;
	note_missing(arena, whole, &contact, lost);
	return contact_index(store, arena, id, err);
}

int
contact_restore(struct store *store, struct arena *arena, int64_t id, const char *whole,
	int64_t now, const char **lost, struct err *err)
{
	json_t *tree;
	int result;

	*lost = NULL;
	if (json_line_parse(whole, strlen(whole), &tree, err) < 0)
		return -1;
	result = restore(store, arena, id, whole, tree, now, lost, err);
	json_decref(tree);
	return result;
}

/* ---- notes and addresses ---- */

static const char SELECT_NOTE[] =
	"SELECT json_object('contact', contact_id, 'at', at, 'user', user, 'note', note)"
	" FROM contact_note WHERE id = ?";

int
contact_note_whole(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NOTE);
	bool found;

	stmt_bind_int(q, id);
	found = stmt_row(q);
	if (found) {
		const char *whole = stmt_text(q);

		json_raw(out, NULL, whole, strlen(whole));
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return found ? 0
		     : fail(err, ERR_NOT_FOUND, "there is no note with the id '%lld'",
			       (long long)id);
}

static const char DELETE_NOTE[] = "DELETE FROM contact_note WHERE id = ?";

int
contact_note_remove(struct store *store, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_NOTE);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static const char RESTORE_NOTE[] =
	"INSERT INTO contact_note (id, contact_id, at, user, note)"
	" VALUES (?1, ?2 ->> 'contact', ?2 ->> 'at', ?2 ->> 'user', ?2 ->> 'note')";

int
contact_note_restore(struct store *store, int64_t id, const char *whole, struct err *err)
{
	return run_json(store, RESTORE_NOTE, id, whole, err);
}

static const char SELECT_HOLDER[] =
	"SELECT c.no FROM contact_email e JOIN contact c ON c.id = e.contact_id"
	" WHERE e.address = ?2 AND e.state = 'active' AND e.contact_id <> ?1 AND NOT "
	"coalesce((SELECT"
	"  o.shared FROM contact_email o WHERE o.contact_id = ?1 AND o.address = ?2 LIMIT 1), 0)";
static const char REVIVE[] =
	"UPDATE contact_email SET state = 'active',"
	" valid_until = CASE WHEN valid_until < ?3 THEN valid_until END WHERE id = (SELECT id FROM"
	" contact_email WHERE contact_id = ?1 AND address = ?2 AND state = 'removed'"
	" ORDER BY valid_until DESC, id DESC LIMIT 1)";

static const char REVIVE_SPANS[] =
	"UPDATE contact_email AS e SET state = 'active', valid_until = (SELECT s.value ->> 2"
	"  FROM json_each(?3, '$.email_spans') s WHERE s.value ->> 0 = e.address"
	"  AND s.value ->> 1 IS e.valid_from)"
	" WHERE contact_id = ?1 AND address = ?2 AND state = 'removed' AND EXISTS (SELECT 1"
	"  FROM json_each(?3, '$.email_spans') s WHERE s.value ->> 0 = e.address"
	"  AND s.value ->> 1 IS e.valid_from)"
	" AND NOT EXISTS (SELECT 1 FROM contact_email n WHERE n.contact_id = e.contact_id"
	"  AND n.address = e.address AND n.valid_from IS e.valid_from AND n.id > e.id)";
static const char SELECT_SPANS[] =
	"SELECT json_group_array(json_array(address, valid_from, valid_until)) FROM"
	" (SELECT * FROM contact_email WHERE contact_id = ? AND state = 'active' ORDER BY id)";

int
contact_email_spans_write(struct store *store, int64_t contact, const char *name,
	struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SPANS);
	const char *spans;

	stmt_bind_int(q, contact);
	spans = stmt_row(q) ? stmt_text(q) : "[]";
	json_raw(out, name, spans, strlen(spans));
	return stmt_end(q, err);
}

static int
refuse_holder(struct store *store, struct arena *arena, int64_t contact, const char *address,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_HOLDER);
	const char *holder = NULL;

	stmt_bind_int(q, contact);
	stmt_bind_text(q, address);
	if (sql_get_text(q, arena, &holder, err) < 0)
		return -1;
	return holder == NULL
		       ? 0
		       : fail_field(err, ERR_CONFLICT, "email",
				 "the address '%s' belongs to contact '%s' now", address, holder);
}

static int
revive_spans(struct store *store, int64_t contact, const char *address, const char *before,
	bool *revived, struct err *err)
{
	struct stmt *q = sql_prepare(store, REVIVE_SPANS);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, address);
	stmt_bind_text(q, before);
	if (stmt_run(q, err) < 0)
		return -1;
	*revived = store_changes(store) > 0;
	return 0;
}

static int
revive_last(struct store *store, int64_t contact, const char *address, int64_t at, bool *revived,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, REVIVE);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, address);
	stmt_bind_int(q, at);
	if (stmt_run(q, err) < 0)
		return -1;
	*revived = store_changes(store) > 0;
	return 0;
}

int
contact_email_revive(struct store *store, struct arena *arena, int64_t contact, const char *address,
	const char *before, int64_t at, bool *removed, struct err *err)
{
	if (refuse_holder(store, arena, contact, address, err) < 0 ||
		revive_spans(store, contact, address, before, removed, err) < 0 ||
		(!*removed && revive_last(store, contact, address, at, removed, err) < 0) ||
		contact_email_choose(store, contact, NULL, err) < 0)
		return -1;
	return contact_index(store, arena, contact, err);
}
