#include <stddef.h>
#include <string.h>

#include "inside.h"

/* The proof: the server's UIDs of a folder laid beside the ledger. */

struct comparison {
	const struct uid_set *all;
	struct uid_set decided; /* that the server still has */
	struct uid_set outside;
	struct uid_set rest; /* on the server, without a row */
	struct verify_row row;
};

uint64_t *
verify_column(struct verify_row *row, enum decision decision)
{
	uint64_t *const columns[DECISION_COUNT] = {
		[DECIDED_CAPTURED] = &row->captured,
		[DECIDED_UNMATCHED] = &row->unmatched,
		[DECIDED_INTERNAL] = &row->internal,
		[DECIDED_IGNORED] = &row->ignored,
		[DECIDED_BULK] = &row->bulk,
		[DECIDED_AUTOMATIC] = &row->automatic,
		[DECIDED_PRIVATE] = &row->private_,
		[DECIDED_DUPLICATE] = &row->duplicate,
		[DECIDED_QUARANTINED] = &row->quarantined,
		[DECIDED_FORGOTTEN] = &row->forgotten,
	};

	return columns[decision];
}

static void
count_row(struct comparison *comparison, uint32_t uid, const char *word, bool recognised)
{
	struct verify_row *row = &comparison->row;

	if (!uid_set_has(comparison->all, uid)) {
		row->gone++;
		return;
	}
	uid_set_add(&comparison->decided, uid);
	row->decided++;
	row->recognised += recognised;
	++*verify_column(row, decision_by_word(word));
}

static const char SELECT_ROWS[] =
	"SELECT uid, decision, recognised FROM ledger WHERE stream_id = ? ORDER BY uid";

static int
count_rows(struct store *store, int64_t stream_id, struct comparison *comparison, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ROWS);

	stmt_bind_int(q, stream_id);
	while (stmt_row(q)) {
		uint32_t uid = (uint32_t)stmt_int(q);
		const char *word = stmt_text(q);

		count_row(comparison, uid, word, stmt_int(q) != 0);
	}
	return stmt_end(q, err);
}

static const char SELECT_OUTSIDE[] = "SELECT uid FROM outside WHERE stream_id = ? ORDER BY uid";

static int
read_outside(struct store *store, int64_t stream_id, struct comparison *comparison, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OUTSIDE);

	stmt_bind_int(q, stream_id);
	while (stmt_row(q))
		uid_set_add(&comparison->outside, (uint32_t)stmt_int(q));
	return stmt_end(q, err);
}

static void
add_up_to(struct uid_set *to, const struct uid_set *from, uint32_t limit)
{
	for (size_t i = 0; i < from->count && from->ranges[i].first <= limit; i++) {
		uint32_t last = from->ranges[i].last;

		uid_set_add_range(to, from->ranges[i].first, last < limit ? last : limit);
	}
}

/* Above the anchor all is decided whatever its date, so only below it a date can excuse. */
static void
excuse_by_date(struct comparison *comparison, const struct uid_set *window, uint32_t anchor)
{
	struct uid_set early = { 0 };

	if (window != NULL) {
		add_up_to(&early, &comparison->rest, anchor);
		uid_set_subtract(&early, window);
		uid_set_subtract(&comparison->rest, &early);
	}
	uid_set_clear(&early);
}

static int
compare(struct store *store, const struct stream *stream, const struct uid_set *window,
	struct comparison *comparison, struct err *err)
{
	struct verify_row *row = &comparison->row;

	row->folder = stream->folder;
	row->server = uid_set_size(comparison->all);
	if (count_rows(store, stream->id, comparison, err) < 0 ||
		read_outside(store, stream->id, comparison, err) < 0)
		return -1;
	uid_set_unite(&comparison->rest, comparison->all);
	uid_set_subtract(&comparison->rest, &comparison->decided);
	uid_set_subtract(&comparison->rest, &comparison->outside);
	excuse_by_date(comparison, window, stream->anchor);
	row->missing = uid_set_size(&comparison->rest);
	row->outside_window = row->server - row->decided - row->missing;
	return 0;
}

int
verify_stream(struct store *store, const struct stream *stream, const struct uid_set *all,
	const struct uid_set *window, struct verify_row *out, struct uid_set *missing_uids,
	struct err *err)
{
	struct comparison comparison = { .all = all };
	int failed = compare(store, stream, window, &comparison, err);

	if (failed == 0) {
		*out = comparison.row;
		if (missing_uids != NULL)
			uid_set_unite(missing_uids, &comparison.rest);
	}
	uid_set_clear(&comparison.decided);
	uid_set_clear(&comparison.outside);
	uid_set_clear(&comparison.rest);
	return failed;
}

/* The columns in the order of the record. */
static const struct {
	const char *name;
	size_t offset;
} columns[] = {
	{ "server", offsetof(struct verify_row, server) },
	{ "outside_window", offsetof(struct verify_row, outside_window) },
	{ "decided", offsetof(struct verify_row, decided) },
	{ "captured", offsetof(struct verify_row, captured) },
	{ "unmatched", offsetof(struct verify_row, unmatched) },
	{ "internal", offsetof(struct verify_row, internal) },
	{ "ignored", offsetof(struct verify_row, ignored) },
	{ "bulk", offsetof(struct verify_row, bulk) },
	{ "automatic", offsetof(struct verify_row, automatic) },
	{ "private", offsetof(struct verify_row, private_) },
	{ "duplicate", offsetof(struct verify_row, duplicate) },
	{ "quarantined", offsetof(struct verify_row, quarantined) },
	{ "forgotten", offsetof(struct verify_row, forgotten) },
	{ "recognised", offsetof(struct verify_row, recognised) },
	{ "gone", offsetof(struct verify_row, gone) },
	{ "missing", offsetof(struct verify_row, missing) },
};

enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

void
verify_add(struct verify_row *total, const struct verify_row *row)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		uint64_t *sum = (uint64_t *)(void *)((char *)total + columns[i].offset);

		*sum += *(const uint64_t *)(const void *)((const char *)row + columns[i].offset);
	}
}

void
verify_write(const struct verify_row *row, struct json_out *out)
{
	json_object_begin(out, NULL);
	json_text(out, "folder", row->folder);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		const char *at = (const char *)row + columns[i].offset;

		json_int(out, columns[i].name, (int64_t) * (const uint64_t *)(const void *)at);
	}
	json_object_end(out);
}
