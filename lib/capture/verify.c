#include <stddef.h>
#include <string.h>

#include "inside.h"
#include "liaison/base/crypt.h"

/* The proof: the server's UIDs of a folder laid beside the ledger. */

/* A folder of more ranges is compared row by row. */
enum { RANGES_COUNTED = 2000 };

struct comparison {
	const struct uid_set *all;
	const struct verify_row *tally;
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

/* ---- the same by counting: most folders are ranges that the ledger has whole ---------------------- */

static const char SELECT_TALLY[] = "SELECT decision, recognised, count(*) FROM ledger "
				   "WHERE stream_id = ? GROUP BY decision, recognised";

int
verify_tally(struct store *store, int64_t stream_id, struct verify_row *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_TALLY);

	*out = (struct verify_row){ 0 };
	stmt_bind_int(q, stream_id);
	while (stmt_row(q)) {
		uint64_t *column = verify_column(out, decision_by_word(stmt_text(q)));
		bool recognised = stmt_int(q) != 0;
		uint64_t count = (uint64_t)stmt_int(q);

		*column += count;
		out->decided += count;
		out->recognised += recognised ? count : 0;
	}
	return stmt_end(q, err);
}

static const char COUNT_RANGE[] =
	"SELECT count(*) FROM ledger WHERE stream_id = ? AND uid BETWEEN ? AND ?";
static const char SELECT_RANGE[] =
	"SELECT uid FROM ledger WHERE stream_id = ? AND uid BETWEEN ? AND ? ORDER BY uid";

static int
count_range(struct store *store, int64_t stream_id, const struct uid_range *range,
	struct uid_set *decided, struct err *err)
{
	int64_t count = 0;
	struct stmt *q = sql_prepare(store, COUNT_RANGE);
	bool found;

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, range->first);
	stmt_bind_int(q, range->last);
	if (sql_get_int(q, &count, &found, err) < 0)
		return -1;
	if (count == (int64_t)range->last - range->first + 1)
		uid_set_add_range(decided, range->first, range->last);
	if (count == 0 || count == (int64_t)range->last - range->first + 1)
		return 0;
	q = sql_prepare(store, SELECT_RANGE);
	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, range->first);
	stmt_bind_int(q, range->last);
	while (stmt_row(q))
		uid_set_add(decided, (uint32_t)stmt_int(q));
	return stmt_end(q, err);
}

static const char SELECT_GONE[] =
	"SELECT decision, recognised FROM ledger WHERE stream_id = ? AND uid BETWEEN ? AND ?";

/* What lies between the server's ranges is gone, and no column counts it. */
static int
take_gone(struct store *store, int64_t stream_id, int64_t first, int64_t last,
	struct verify_row *row, bool *fits, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_GONE);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, first);
	stmt_bind_int(q, last);
	while (stmt_row(q)) {
		uint64_t *column = verify_column(row, decision_by_word(stmt_text(q)));
		bool recognised = stmt_int(q) != 0;

		*fits = *fits && *column > 0 && row->recognised >= recognised;
		--*column;
		row->recognised -= recognised;
		row->gone++;
	}
	return stmt_end(q, err);
}

/* *fits false: the ledger has changed since it was tallied, or there are too many ranges. */
static int
count_ranges(struct store *store, int64_t stream_id, struct comparison *comparison, bool *fits,
	struct err *err)
{
	const struct uid_set *all = comparison->all;
	struct verify_row row = *comparison->tally;
	int64_t next = 1;

	*fits = all->count <= RANGES_COUNTED;
	for (size_t i = 0; i <= all->count && *fits; i++) {
		const struct uid_range *range = i < all->count ? &all->ranges[i] : NULL;

		if (take_gone(store, stream_id, next, range ? range->first - 1 : UINT32_MAX, &row,
			    fits, err) < 0 ||
			(range != NULL && count_range(store, stream_id, range, &comparison->decided,
						  err) < 0))
			return -1;
		next = range != NULL ? (int64_t)range->last + 1 : next;
	}
	row.decided -= row.gone;
	*fits = *fits && uid_set_size(&comparison->decided) == row.decided;
	if (*fits)
		comparison->row = row;
	else
		uid_set_reset(&comparison->decided);
	return 0;
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
	bool counted = false;

	if (count_ranges(store, stream->id, comparison, &counted, err) < 0)
		return -1;
	if ((!counted && count_rows(store, stream->id, comparison, err) < 0) ||
		read_outside(store, stream->id, comparison, err) < 0)
		return -1;
	row->folder = stream->folder;
	row->server = uid_set_size(comparison->all);
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
	struct verify_row tally;

	if (verify_tally(store, stream->id, &tally, err) < 0)
		return -1;
	return verify_tallied(store, stream, all, window, &tally, out, missing_uids, err);
}

int
verify_tallied(struct store *store, const struct stream *stream, const struct uid_set *all,
	const struct uid_set *window, const struct verify_row *tally, struct verify_row *out,
	struct uid_set *missing_uids, struct err *err)
{
	struct comparison comparison = { .all = all, .tally = tally };
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

static const char SELECT_KNOWN[] =
	"SELECT EXISTS (SELECT 1 FROM message WHERE message_id_hash = ?1 AND message_id = ?2)";

int
message_ids_known(struct store *store, struct arena *arena, const char *lines, int64_t *known,
	struct err *err)
{
	*known = 0;
	while (*lines != '\0') {
		size_t size = strcspn(lines, "\n");
		struct stmt *q = sql_prepare(store, SELECT_KNOWN);
		int64_t one = 0;
		bool found;

		stmt_bind_int(q, (int64_t)hash64(lines, size));
		stmt_bind_text(q, arena_text_n(arena, lines, size));
		if (sql_get_int(q, &one, &found, err) < 0)
			return -1;
		*known += one;
		lines += size + (lines[size] == '\n');
	}
	return 0;
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
