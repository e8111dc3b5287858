#include <stdio.h>

#include "handle.h"

/* Is the database sound? */

static const char FULL_CHECK[] = "SELECT integrity_check FROM pragma_integrity_check(100)";
static const char QUICK_CHECK[] = "SELECT quick_check FROM pragma_quick_check(100)";
static const char FOREIGN_KEYS[] =
	"SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 100";

struct findings {
	void (*complain)(void *context, const char *what);
	void *context;
	unsigned count;
};

static void
note(struct findings *findings, const char *what)
{
	findings->count++;
	if (findings->complain != NULL)
		findings->complain(findings->context, what);
}

static int
check_pages(struct store *store, bool quick, struct findings *findings, struct err *err)
{
	struct stmt *q = sql_prepare(store, quick ? QUICK_CHECK : FULL_CHECK);
	const char *what;

	while (stmt_row(q)) {
		what = stmt_text(q);
		if (what != NULL && sqlite3_stricmp(what, "ok") != 0)
			note(findings, what);
	}
	return stmt_end(q, err);
}

static int
check_references(struct store *store, struct findings *findings, struct err *err)
{
	struct stmt *q = sql_prepare(store, FOREIGN_KEYS);
	char what[300];
	const char *table, *parent;
	int64_t row;

	while (stmt_row(q)) {
		table = stmt_text(q);
		row = stmt_int(q);
		parent = stmt_text(q);
		snprintf(what, sizeof what,
			"row %lld of '%s' refers to a row of '%s' that is not there",
			(long long)row, table ? table : "", parent ? parent : "");
		note(findings, what);
	}
	return stmt_end(q, err);
}

static int
check_all(struct store *store, bool quick, struct findings *findings, struct err *err)
{
	if (check_pages(store, quick, findings, err) < 0 ||
		(!quick && check_references(store, findings, err) < 0))
		return -1;
	if (findings->count > 0)
		return fail(err, ERR_STORAGE, "the database is damaged in %u%s places",
			findings->count, findings->count >= 100 ? " or more" : "");
	return 0;
}

int
store_check(struct store *store, bool quick, void (*complain)(void *context, const char *what),
	void *context, struct err *err)
{
	struct findings findings = { complain, context, 0 };
	int64_t deadline = store->deadline_ms;
	int result;

	store_set_deadline(store, 0);
	result = check_all(store, quick, &findings, err);
	store_set_deadline(store, deadline);
	return result;
}
