#include "liaison/base/clock.h"
#include "liaison/crm/series.h"

/* The series that a new database has; they are made again where they are absent. */

static const struct {
	const char *code, *description, *start;
} DEFAULTS[] = {
	{ "CONTACT", "contacts", "C00001" },
	{ "SEGMENT", "segments", "S00001" },
	{ "CAMPAIGN", "campaigns", "K00001" },
	{ "OPPORTUNITY", "opportunities", "O00001" },
	{ "TASK", "tasks", "T00001" },
};

const char *
series_default_code(unsigned i)
{
	return i < sizeof DEFAULTS / sizeof DEFAULTS[0] ? DEFAULTS[i].code : NULL;
}

static const char SELECT_ID[] = "SELECT id FROM series WHERE code = ?";

int
series_add_default(struct store *store, unsigned i, int64_t *id, struct err *err)
{
	const struct series_line line = {
		.start = DEFAULTS[i].start, .increment = 1, .from = TIME_MIN
	};
	struct stmt *q = sql_prepare(store, SELECT_ID);
	bool there;

	stmt_bind_text(q, DEFAULTS[i].code);
	there = stmt_row(q);
	if (stmt_end(q, err) < 0)
		return -1;
	*id = 0;
	if (there)
		return 0;
	if (series_add(store, DEFAULTS[i].code, DEFAULTS[i].description, true, true, false, id,
		    err) < 0)
		return -1;
	return series_line_add(store, DEFAULTS[i].code, &line, err);
}
