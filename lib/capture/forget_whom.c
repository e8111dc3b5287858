#include <string.h>

#include "forget_work.h"
#include "liaison/base/address.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/merge.h"
#include "liaison/store/forgotten.h"

/* Whom an erasure is about, and what would go with them. */

static const char SELECT_NO[] = "SELECT no FROM contact WHERE id = ?";

static int
find_no(struct store *store, struct arena *arena, struct forget_person *person, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NO);

	stmt_bind_int(q, person->contact);
	if (stmt_row(q))
		person->no = stmt_text_copy(q, arena);
	return stmt_end(q, err);
}

int
forget_find(struct store *store, struct arena *arena, const char *words, struct forget_person *out,
	struct err *err)
{
	char *address;

	*out = (struct forget_person){ 0 };
	if (contact_resolve_exact(store, arena, words, &out->contact, err) == 0)
		return find_no(store, arena, out, err);
	if (err->code != ERR_NOT_FOUND || strchr(words, '@') == NULL)
		return -1;
	if (address_canonical(arena, words, &address, err) < 0)
		return -1;
	out->contact = 0;
	out->address = address;
	return 0;
}

/* ---- its words --------------------------------------------------------------------------------- */

/* An address that another contact holds too is that one's, and stays. */
static const char ADD_ADDRESSES[] =
	"INSERT INTO erasure_word (erasure_id, kind, word)"
	" SELECT ?1, 'address', e.address FROM contact_email e WHERE e.contact_id = ?2"
	"  AND NOT EXISTS (SELECT 1 FROM contact_email o WHERE o.address = e.address"
	"   AND o.contact_id <> ?2 AND o.state = 'active') ON CONFLICT DO NOTHING";
/* What else it is called, where something says that it is this one. */
static const char ADD_TEXTS[] =
	"INSERT INTO erasure_word (erasure_id, kind, word)"
	" SELECT DISTINCT ?1, 'text', word FROM ("
	"  SELECT name AS word FROM contact WHERE id = ?2 UNION SELECT name_2 FROM contact WHERE id"
	"   = ?2 UNION SELECT first_name || ' ' || surname FROM contact WHERE id = ?2"
	"  UNION SELECT phone FROM contact WHERE id = ?2 UNION SELECT mobile FROM contact WHERE id"
	"   = ?2 UNION SELECT street FROM contact WHERE id = ?2"
	"  UNION SELECT email FROM contact_email WHERE contact_id = ?2"
	"  UNION SELECT email FROM contact_address WHERE contact = ?2 AND email IS NOT NULL)"
	" WHERE word IS NOT NULL AND word <> '' ON CONFLICT DO NOTHING";
static const char ADD_CONTACT[] =
	"INSERT INTO erasure_word (erasure_id, kind, word)"
	" SELECT ?1, 'contact', CAST(id AS TEXT) FROM contact WHERE id = ?2"
	" UNION ALL SELECT ?1, 'no', no FROM contact WHERE id = ?2"
	" UNION ALL SELECT ?1, 'no', no FROM merge WHERE into_id = ?2 OR first_id = ?2"
	" ON CONFLICT DO NOTHING";
/* What it is known by in an older database, where one of its addresses may have been another contact's, and it
 * may be more than one. */
static const char ADD_MARKS[] =
	"INSERT INTO erasure_word (erasure_id, kind, word)"
	" SELECT ?1, 'mark', 'contact/' || no || '/' || created FROM contact WHERE id = ?2"
	" UNION ALL SELECT ?1, 'mark', 'contact/' || no || '/' || json_extract(merged, '$.created')"
	"  FROM merge WHERE (into_id = ?2 OR first_id = ?2) AND json_extract(merged, '$.created')"
	"   IS NOT NULL"
	" UNION ALL SELECT ?1, 'mark', 'holder/' || w.word || '/' || c.name_fold FROM contact c"
	"  JOIN erasure_word w ON w.erasure_id = ?1 AND w.kind = 'address' WHERE c.id = ?2"
	" ON CONFLICT DO NOTHING";
/* With a tag it is the same person's: "ada+shop@x.example". */
static const char ADD_TAGGED[] =
	"INSERT INTO erasure_word (erasure_id, kind, word)"
	" SELECT ?1, 'address', address FROM address WHERE address > ?2 || '+' AND address < ?2 || "
	"',' AND substr(address, -length(?3)) = ?3"
	" UNION SELECT ?1, 'address', address FROM candidate WHERE address > ?2 || '+' AND address "
	"< ?2 || ',' AND substr(address, -length(?3)) = ?3 ON CONFLICT DO NOTHING";
static const char ADD_NAMES[] =
	"INSERT INTO erasure_word (erasure_id, kind, word)"
	" SELECT DISTINCT ?1, 'text', p.name FROM erasure_word w JOIN address a ON a.address = "
	"w.word JOIN party p ON p.address_id = a.id WHERE w.erasure_id = ?1 AND w.kind = 'address' "
	"AND p.name IS NOT NULL AND length(p.name) > 2 LIMIT 200 ON CONFLICT DO NOTHING";

static int
run_two(struct store *store, const char *sql, int64_t erasure, int64_t contact, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, erasure);
	stmt_bind_int(q, contact);
	return stmt_run(q, err);
}

static int
add_tagged(struct store *store, struct arena *arena, int64_t erasure, const char *address,
	struct err *err)
{
	const char *domain = strrchr(address, '@');
	struct stmt *q;

	if (domain == NULL)
		return 0;
	q = sql_prepare(store, ADD_TAGGED);
	stmt_bind_int(q, erasure);
	stmt_bind_text(q, arena_text_n(arena, address, (size_t)(domain - address)));
	stmt_bind_text(q, domain);
	return stmt_run(q, err);
}

static const char SELECT_ADDRESSES[] =
	"SELECT word FROM erasure_word WHERE erasure_id = ? AND kind = 'address'";

static int
add_all_tagged(struct store *store, struct arena *arena, int64_t erasure, struct err *err)
{
	enum { MOST = 1000 };
	struct stmt *q = sql_prepare(store, SELECT_ADDRESSES);
	const char *addresses[MOST];
	unsigned count = 0;

	stmt_bind_int(q, erasure);
	while (stmt_row(q) && count < MOST)
		addresses[count++] = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (add_tagged(store, arena, erasure, addresses[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
add_words(struct store *store, struct arena *arena, const struct forget_person *person,
	int64_t erasure, struct err *err)
{
	struct erasing it = { .store = store, .id = erasure };
	struct stmt *q;

	if (person->address != NULL && erasing_add_word(&it, "address", person->address, err) < 0)
		return -1;
	if (person->contact != 0 &&
		(run_two(store, ADD_CONTACT, erasure, person->contact, err) < 0 ||
			run_two(store, ADD_ADDRESSES, erasure, person->contact, err) < 0 ||
			run_two(store, ADD_MARKS, erasure, person->contact, err) < 0 ||
			run_two(store, ADD_TEXTS, erasure, person->contact, err) < 0))
		return -1;
	if (add_all_tagged(store, arena, erasure, err) < 0)
		return -1;
	q = sql_prepare(store, ADD_NAMES);
	stmt_bind_int(q, erasure);
	return stmt_run(q, err);
}

static const char ADD_ERASURE[] =
	"INSERT INTO erasure (at, user, shared, backups) VALUES (?, ?, ?, ?)";

int
forget_begin(struct store *store, struct arena *arena, const struct forget_person *person,
	const char *user, bool redact, const char *backups, int64_t now, int64_t *id,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, ADD_ERASURE);

	stmt_bind_int(q, now);
	stmt_bind_text(q, user);
	stmt_bind_text(q, redact ? "redact" : "keep");
	stmt_bind_text(q, backups);
	if (stmt_run(q, err) < 0)
		return -1;
	*id = store_last_id(store);
	return add_words(store, arena, person, *id, err);
}

/* ---- what speaks against it -------------------------------------------------------------------- */

static const char SELECT_NAMING[] =
	"SELECT 'rule ' || id FROM rule WHERE names(condition, ?1)"
	" UNION ALL SELECT 'the view ' || name FROM view WHERE names(\"where\", ?1)"
	" LIMIT 1";

/* A name of one word is looked for as a whole value. */
static const char SELECT_NAMING_NAME[] =
	"WITH called(name) AS (SELECT name FROM contact WHERE id = ?1 UNION SELECT name_2 FROM "
	"contact WHERE id = ?1 UNION SELECT first_name || ' ' || surname FROM contact WHERE id = "
	"?1), texts(owner, text) AS (SELECT 'rule ' || id, condition FROM rule UNION ALL SELECT "
	"'the view ' || name, \"where\" FROM view) SELECT name, owner FROM called, texts WHERE "
	"length(name) > 2 AND names(text, name) AND (instr(name, ' ') > 0 OR instr(lower(text), "
	"'''' || lower(name) || '''') > 0 OR instr(lower(text), '\"' || lower(name) || '\"') > 0 "
	"OR "
	"instr(replace(lower(text), ' ', ''), '=' || lower(name)) > 0) LIMIT 1";

static int
check_names(struct store *store, struct arena *arena, int64_t contact, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NAMING_NAME);
	const char *name = NULL, *owner = NULL;

	stmt_bind_int(q, contact);
	if (stmt_row(q)) {
		name = stmt_text_copy(q, arena);
		owner = stmt_text_copy(q, arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (owner == NULL)
		return 0;
	fail_field(err, ERR_REFUSED, "contact", "'%s' is named by %s", name, owner);
	return err_hint(err, "change or remove that first: it is not known what it means without "
			     "the name");
}

static int
check_address(struct store *store, struct capture *capture, struct arena *arena,
	const char *address, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NAMING);
	const char *found = NULL;

	stmt_bind_text(q, address);
	if (stmt_row(q))
		found = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	if (found != NULL) {
		fail_field(err, ERR_REFUSED, "contact", "'%s' is named by %s", address, found);
		return err_hint(err, "change or remove that first: it is not known what it means "
				     "without the address");
	}
	if (own_side(&capture->own, address) == SIDE_OURS ||
		own_was_theirs(&capture->own, address, TIME_MAX))
		return fail_field(
			err, ERR_REFUSED, "contact", "'%s' is one of our own addresses", address);
	return 0;
}

int
forget_check(struct store *store, struct capture *capture, struct arena *arena,
	const struct forget_person *person, struct err *err)
{
	struct contact_email *emails = NULL;
	struct capture_result result = { 0 };
	unsigned count = 0;
	struct turn turn;

	if (turn_begin(&turn, store, capture, arena, 0, &result, err) < 0)
		return -1;
	if (person->address != NULL)
		return check_address(store, capture, arena, person->address, err);
	if (contact_merge_refuse(store, arena, person->contact, err) < 0)
		return -1;
	if (contact_emails(store, arena, person->contact, &emails, &count, err) < 0 ||
		check_names(store, arena, person->contact, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (check_address(store, capture, arena, emails[i].address, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- how much it is ---------------------------------------------------------------------------- */

#define PERSON \
	"WITH named(address) AS (SELECT ?2 WHERE ?2 IS NOT NULL UNION SELECT e.address FROM " \
	"contact_email e WHERE e.contact_id = ?1 AND NOT EXISTS (SELECT 1 FROM contact_email o " \
	"WHERE o.address = e.address AND o.contact_id <> ?1 AND o.state = 'active')), " \
	"cut(address, mine, host) AS (SELECT address, substr(address, 1, instr(address, '@') - " \
	"1), " \
	"substr(address, instr(address, '@')) FROM named), " \
	"who(address) AS (SELECT address FROM named UNION SELECT t.address FROM cut c JOIN " \
	"address " \
	"t ON t.address > c.mine || '+' AND t.address < c.mine || ',' AND substr(t.address, " \
	"-length(c.host)) = c.host), " \
	"said(id) AS (SELECT DISTINCT p.message_id FROM who w JOIN address a ON a.address = " \
	"w.address JOIN party p ON p.address_id = a.id), " \
	"had(id) AS (SELECT x.interaction_id FROM interaction_contact x WHERE x.contact_id = ?1 " \
	"UNION SELECT i.id FROM said s JOIN interaction i ON i.message_id = s.id) "

static const struct {
	const char *name, *sql;
} COUNTED[] = {
	{ "contacts", "SELECT count(*) FROM contact WHERE id = ?1 AND ?2 IS ?2" },
	{ "addresses", PERSON "SELECT count(*) FROM who" },
	{ "interactions", PERSON "SELECT count(*) FROM had h WHERE NOT EXISTS (SELECT 1 FROM "
				 "interaction_contact x WHERE x.interaction_id = h.id AND "
				 "x.contact_id <> ?1)" },
	{ "shared_interactions",
		PERSON "SELECT count(*) FROM had h WHERE EXISTS (SELECT 1 FROM "
		       "interaction_contact x WHERE x.interaction_id = h.id AND x.contact_id <> "
		       "?1)" },
	{ "messages", PERSON "SELECT count(*) FROM said" },
	{ "journal", "SELECT count(*) FROM journal WHERE contact = ?1 AND ?2 IS ?2" },
	{ "candidates", PERSON "SELECT count(*) FROM candidate WHERE address IN (SELECT address "
			       "FROM who)" },
	{ "persons", "SELECT count(*) FROM contact WHERE company_id = ?1 AND ?2 IS ?2" },
};

int
forget_count(struct store *store, struct arena *arena, const struct forget_person *person,
	struct json_out *out, struct err *err)
{
	(void)arena;
	for (size_t i = 0; i < sizeof COUNTED / sizeof *COUNTED; i++) {
		struct stmt *q = sql_prepare(store, COUNTED[i].sql);
		int64_t count = 0;
		bool found;

		stmt_bind_int(q, person->contact);
		stmt_bind_text(q, person->address);
		if (sql_get_int(q, &count, &found, err) < 0)
			return -1;
		json_int(out, COUNTED[i].name, count);
	}
	return 0;
}

/* ---- the receipt ------------------------------------------------------------------------------- */

static const char SELECT_RECEIPT[] =
	"SELECT id, at, user, shared, done, contacts, addresses, interactions, "
	"shared_interactions, messages, shared_messages, journal, files, others, backups "
	"FROM erasure WHERE id = ?";

static void
write_receipt(struct stmt *q, struct json_out *out)
{
	static const char *const counts[] = { "contacts", "addresses", "interactions",
		"shared_interactions", "messages", "shared_messages", "journal", "files",
		"others" };
	const char *backups;

	json_int(out, "receipt", stmt_int(q));
	json_time(out, "at", stmt_int(q), 0);
	json_text(out, "user", stmt_text(q));
	json_text(out, "shared", stmt_text(q));
	json_bool(out, "complete", !stmt_next_is_null(q));
	(void)stmt_int(q);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		json_int(out, counts[i], stmt_int(q));
	backups = stmt_text(q);
	if (backups == NULL)
		backups = "[]";
	json_raw(out, "backups", backups, strlen(backups));
}

int
forget_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RECEIPT);

	stmt_bind_int(q, id);
	if (stmt_row(q))
		write_receipt(q, out);
	return stmt_end(q, err);
}
