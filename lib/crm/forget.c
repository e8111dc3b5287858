#include "liaison/crm/forget.h"

#include "contact_index.h"
#include "liaison/store/forgotten.h"
#include "search_index.h"

/* ---- contacts ---- */

static int
run_with(struct store *store, const char *sql, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

/* A file of contacts may be called after the person. */
static const char *const ERASE[] = {
	("UPDATE import SET name = NULL WHERE id IN (SELECT import_id FROM import_row WHERE"
	 " contact_id = ?1)"),
	"DELETE FROM merge WHERE merged_id = ?1 OR first_id = ?1 OR into_id = ?1",
	"DELETE FROM import_row WHERE contact_id = ?1",
	"DELETE FROM import_company WHERE contact_id = ?1",
	"DELETE FROM contact WHERE id = ?1",
};

/* Triggers note it for the indexes; what they hold goes now. */
int
contact_erase(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	for (size_t i = 0; i < sizeof ERASE / sizeof *ERASE; i++) {
		if (run_with(store, ERASE[i], id, err) < 0)
			return -1;
	}
	return contact_index(store, arena, id, err);
}

static const char TAKE_PERSON[] =
	"UPDATE contact SET company_id = NULL, version = version + 1 WHERE id ="
	" (SELECT id FROM contact WHERE company_id = ? LIMIT 1) RETURNING id";

int
contact_persons_free(struct store *store, struct arena *arena, int64_t company, unsigned max,
	unsigned *count, struct err *err)
{
	for (*count = 0; *count < max; ++*count) {
		struct stmt *q = sql_prepare(store, TAKE_PERSON);
		int64_t person = 0;

		stmt_bind_int(q, company);
		while (stmt_row(q))
			person = stmt_int(q);
		if (stmt_end(q, err) < 0)
			return -1;
		if (person == 0)
			return 0;
		if (contact_index(store, arena, person, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- interactions ---- */

static const char SET_PARTIES[] =
	"UPDATE interaction SET parties = ?2, changed = ?3, version = version + 1 WHERE id = ?1";
static const char *const REDACT[] = {
	"UPDATE interaction SET subject = NULL, snippet = NULL WHERE id = ?1",
	"DELETE FROM interaction_text WHERE interaction_id = ?1",
	"DELETE FROM want WHERE interaction_id = ?1",
	("UPDATE journal SET before = json_replace(before, '$.subject', NULL, '$.snippet', NULL)"
	 " WHERE noun = 'interaction' AND record = ?1 AND json_valid(before)"),
	("UPDATE journal SET after = json_replace(after, '$.subject', NULL, '$.snippet', NULL)"
	 " WHERE noun = 'interaction' AND record = ?1 AND json_valid(after)"),
};

/* What people wrote of it in its note is theirs. */
#define WITHOUT(column) \
	"UPDATE journal SET " column " = json_replace(" column \
	", '$.subject', without(json_extract(" column \
	", '$.subject'), ?2), '$.snippet', without(json_extract(" column ", '$.snippet'), ?2), " \
	"'$.location', without(json_extract(" column ", '$.location'), ?2)) WHERE noun = " \
	"'interaction' AND record = ?1 AND json_valid(" column ")"

static const char *const TAKE_OUT[] = {
	("UPDATE interaction SET subject = without(subject, ?2), snippet = without(snippet, ?2), "
	 "location = without(location, ?2) WHERE id = ?1"),
	"UPDATE interaction_text SET text = without(text, ?2) WHERE interaction_id = ?1",
	WITHOUT("before"),
	WITHOUT("after"),
};

static int
take_out(struct store *store, int64_t id, const char *list, struct err *err)
{
	for (size_t i = 0; i < sizeof TAKE_OUT / sizeof *TAKE_OUT; i++) {
		struct stmt *q = sql_prepare(store, TAKE_OUT[i]);

		stmt_bind_int(q, id);
		stmt_bind_text(q, list);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

int
interaction_leave(struct store *store, int64_t id, const char *parties, const char *list,
	bool redact, int64_t now, struct err *err)
{
	struct stmt *q;

	if (search_index_keep(store, id, err) < 0)
		return -1;
	q = sql_prepare(store, SET_PARTIES);
	stmt_bind_int(q, id);
	stmt_bind_text(q, parties);
	stmt_bind_int(q, now);
	if (stmt_run(q, err) < 0 || take_out(store, id, list, err) < 0)
		return -1;
	for (size_t i = 0; redact && i < sizeof REDACT / sizeof *REDACT; i++) {
		if (run_with(store, REDACT[i], id, err) < 0)
			return -1;
	}
	return search_index_follow(store, err);
}

/* ---- who may not come back ---- */

int
forgotten_refuse(const struct store *store, const char *address, struct err *err)
{
	struct forgotten found;

	if (!forgotten_find(store, address, &found))
		return 0;
	fail_field(err, ERR_REFUSED, "email", "the address '%s' is forgotten, since receipt %lld",
		address, (long long)found.receipt);
	return err_hint(err, "contact allow lets it be recorded again");
}
