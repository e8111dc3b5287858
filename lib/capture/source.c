#include <string.h>

#include "liaison/base/text.h"
#include "liaison/capture/source.h"

/* Sources: listed, paused, renamed, retired, erased. */

static const struct query_field source_fields[] = {
	{ "id", QUERY_NUMBER, "s.id", NULL, true },
	{ "version", QUERY_NUMBER, "s.version", NULL, true },
	{ "name", QUERY_TEXT, "s.name", NULL, true },
	{ "kind", QUERY_TEXT, "s.kind COLLATE NOCASE", NULL, true },
	{ "paused", QUERY_BOOL, "s.paused", NULL, true },
	{ "retired", QUERY_BOOL, "s.retired", NULL, true },
	{ "last_complete", QUERY_TIME, "s.last_complete", NULL, true },
	{ 0 },
};

static const struct query_words source_words[] = {
	{ "kind", "imap|maildir|ical" },
	{ 0 },
};

const struct query_noun source_noun = {
	.name = "source",
	.from = "source s",
	.id = "s.id",
	.fields = source_fields,
	.words = source_words,
	.sort = "name",
};

static void
read_source(struct stmt *q, struct arena *arena, struct source *out)
{
	out->id = stmt_int(q);
	out->version = stmt_int(q);
	out->name = stmt_text_copy(q, arena);
	out->kind = stmt_text_copy(q, arena);
	out->paused = stmt_int(q) != 0;
	out->retired = stmt_int(q) != 0;
	out->last_complete = stmt_int(q);
	out->error = stmt_text_copy(q, arena);
}

static const char COUNT_SOURCES[] = "SELECT count(*) FROM source";
static const char SELECT_SOURCES[] =
	"SELECT id, version, name, kind, paused, retired, last_complete, error FROM source "
	"ORDER BY name LIMIT ?";

int
source_list(struct store *store, struct arena *arena, struct source **out, unsigned *count,
	struct err *err)
{
	int64_t most = 0;
	struct source *sources;
	unsigned got = 0;
	struct stmt *q;

	if (sql_get_int(sql_prepare(store, COUNT_SOURCES), &most, NULL, err) < 0)
		return -1;
	sources = arena_array(arena, (size_t)most + 1, sizeof *sources);
	q = sql_prepare(store, SELECT_SOURCES);
	stmt_bind_int(q, most);
	while (stmt_row(q))
		read_source(q, arena, &sources[got++]);
	if (stmt_end(q, err) < 0)
		return -1;
	*out = sources;
	*count = got;
	return 0;
}

static int
not_found(struct store *store, struct arena *arena, const char *name, struct err *err)
{
	const char *names[200], *near;
	struct source *sources;
	unsigned count, kept = 0;

	if (source_list(store, arena, &sources, &count, err) < 0)
		return -1;
	for (; kept < count && kept < 200; kept++)
		names[kept] = sources[kept].name;
	near = text_suggest(name, names, kept);
	fail_field(err, ERR_NOT_FOUND, "source", "there is no source '%s'", name);
	return near == NULL ? -1 : err_hint(err, "there is one named '%s'", near);
}

static const char SELECT_SOURCE[] =
	"SELECT id, version, name, kind, paused, retired, last_complete, error FROM source "
	"WHERE name = ?";

int
source_find(struct store *store, struct arena *arena, const char *name, struct source *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SOURCE);
	struct source found = { 0 };

	stmt_bind_text(q, name);
	if (stmt_row(q))
		read_source(q, arena, &found);
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0)
		return not_found(store, arena, name, err);
	*out = found;
	return 0;
}

static const char SELECT_NAME[] = "SELECT name FROM source WHERE id = ?";

int
source_name(
	struct store *store, struct arena *arena, int64_t id, const char **name, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NAME);

	*name = NULL;
	stmt_bind_int(q, id);
	return sql_get_text(q, arena, name, err);
}

static const char SET_PAUSED[] =
	"UPDATE source SET paused = ?2, version = version + 1 WHERE id = ?1";

int
source_set_paused(struct store *store, int64_t id, bool paused, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_PAUSED);

	stmt_bind_int(q, id);
	stmt_bind_int(q, paused);
	return stmt_run(q, err);
}

static const char SET_RETIRED[] =
	"UPDATE source SET retired = ?2, version = version + 1 WHERE id = ?1";

int
source_set_retired(struct store *store, int64_t id, bool retired, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_RETIRED);

	stmt_bind_int(q, id);
	stmt_bind_int(q, retired);
	return stmt_run(q, err);
}

static const char RENAME[] = "UPDATE source SET name = ?2, version = version + 1 WHERE id = ?1";

int
source_rename(struct store *store, int64_t id, const char *name, struct err *err)
{
	struct stmt *q = sql_prepare(store, RENAME);

	stmt_bind_int(q, id);
	stmt_bind_text(q, name);
	if (stmt_run(q, err) == 0)
		return 0;
	if (err->code == ERR_CONFLICT)
		return fail_field(err, ERR_CONFLICT, "new", "there is a source '%s' already", name);
	return -1;
}

/* The journal knows: its entry of a rename is the one that says a source's name alone. */
static const char SELECT_RENAMED[] =
	"SELECT s.name FROM journal j JOIN source s ON s.id = j.record WHERE j.noun = 'source' "
	"AND j.method = 'source.rename' AND j.before = json_object('name', ?1) "
	"AND s.retired = 0 AND NOT EXISTS (SELECT 1 FROM source o WHERE o.name = ?1) "
	"ORDER BY j.id DESC LIMIT 1";

int
source_renamed(struct store *store, struct arena *arena, const char *name, const char **now,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RENAMED);

	*now = NULL;
	stmt_bind_text(q, name);
	return sql_get_text(q, arena, now, err);
}

/* Interactions that only this source has seen. */
#define ONLY_HERE \
	"SELECT DISTINCT l.interaction_id FROM ledger l JOIN stream t ON t.id = l.stream_id " \
	"WHERE t.source_id = ?1 AND l.interaction_id IS NOT NULL AND NOT EXISTS (" \
	"SELECT 1 FROM ledger o JOIN stream u ON u.id = o.stream_id " \
	"WHERE o.message_id = l.message_id AND u.source_id <> ?1)"

static const char COUNT_STREAMS[] = "SELECT count(*) FROM stream WHERE source_id = ?";
static const char COUNT_ROWS[] =
	"SELECT count(*) FROM ledger l JOIN stream t ON t.id = l.stream_id WHERE t.source_id = ?";
static const char COUNT_INTERACTIONS[] = "SELECT count(*) FROM (" ONLY_HERE ")";

static int
count_one(struct store *store, const char *sql, int64_t id, int64_t *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	return sql_get_int(q, out, NULL, err);
}

int
source_count(struct store *store, int64_t id, struct source_counts *out, struct err *err)
{
	struct source_counts counts = { 0 };

	if (count_one(store, COUNT_STREAMS, id, &counts.streams, err) < 0 ||
		count_one(store, COUNT_ROWS, id, &counts.rows, err) < 0 ||
		count_one(store, COUNT_INTERACTIONS, id, &counts.interactions, err) < 0)
		return -1;
	*out = counts;
	return 0;
}

static const char COUNT_QUARANTINED[] =
	"SELECT count(*) FROM quarantine WHERE stream_id IN "
	"(SELECT id FROM stream WHERE source_id = ? AND current = 1)";
static const char COUNT_WANTS[] = "SELECT count(*) FROM want WHERE stream_id IN "
				  "(SELECT id FROM stream WHERE source_id = ?)";

int
source_waiting(
	struct store *store, int64_t id, int64_t *quarantined, int64_t *wants, struct err *err)
{
	if (count_one(store, COUNT_QUARANTINED, id, quarantined, err) < 0)
		return -1;
	return count_one(store, COUNT_WANTS, id, wants, err);
}

static const char COUNT_LEDGER[] = "SELECT count(*) FROM ledger WHERE stream_id = ?";

int
ledger_count(struct store *store, int64_t stream_id, int64_t *count, struct err *err)
{
	return count_one(store, COUNT_LEDGER, stream_id, count, err);
}

static const char SELECT_LAST[] = "SELECT coalesce(max(id), 0) FROM ledger";

int
ledger_last(struct store *store, int64_t *id, struct err *err)
{
	return sql_get_int(sql_prepare(store, SELECT_LAST), id, NULL, err);
}
