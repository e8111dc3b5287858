#include <stdlib.h>
#include <string.h>

#include "duplicate_side.h"
#include "liaison/base/text.h"

/* The keys of contacts, kept with what they are made from. */

static const char SELECT_INDEXED[] =
	"SELECT content, keys FROM duplicate_content WHERE contact_id = ?";

struct indexed {
	const char *content, *keys; /* NULL: it is not */
};

static int
read_indexed(
	struct store *store, struct arena *arena, int64_t id, struct indexed *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_INDEXED);

	*out = (struct indexed){ 0 };
	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		out->content = stmt_text_copy(q, arena);
		out->keys = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

static const char INSERT_KEY[] =
	"INSERT OR IGNORE INTO duplicate_key (key, contact_id) VALUES (?, ?)";
static const char DELETE_KEY[] = "DELETE FROM duplicate_key WHERE key = ? AND contact_id = ?";

/* Whether keys, "[1,2]", has the one that begins at key. */
static bool
has_key(const char *keys, const char *key, size_t size)
{
	for (const char *at = keys; *at == '[' || *at == ','; at += strcspn(at, ",]")) {
		at++;
		if (strncmp(at, key, size) == 0 && (at[size] == ',' || at[size] == ']'))
			return true;
	}
	return false;
}

/* Runs sql for those of keys that are not among but, which may be NULL. */
static int
for_keys(struct store *store, const char *sql, int64_t id, const char *keys, const char *but,
	struct err *err)
{
	size_t size;

	for (const char *at = keys; *at == '[' || *at == ','; at += size) {
		struct stmt *q;

		size = strcspn(++at, ",]");
		if (size == 0 || (but != NULL && has_key(but, at, size)))
			continue;
		q = sql_prepare(store, sql);
		stmt_bind_int(q, strtoll(at, NULL, 10));
		stmt_bind_int(q, id);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

static const char PUT_CONTENT[] =
	"INSERT INTO duplicate_content (contact_id, content, keys) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (contact_id) DO UPDATE SET content = excluded.content, keys = excluded.keys,"
	" checked = 0";

static int
put_content(struct store *store, int64_t id, const struct indexed *content, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_CONTENT);

	stmt_bind_int(q, id);
	stmt_bind_text(q, content->content);
	stmt_bind_text(q, content->keys);
	return stmt_run(q, err);
}

static const char DELETE_CONTENT[] = "DELETE FROM duplicate_content WHERE contact_id = ?";

static int
drop_content(struct store *store, int64_t id, const struct indexed *before, struct err *err)
{
	struct stmt *q;

	if (before->keys == NULL)
		return 0;
	store_note_compared(store);
	if (for_keys(store, DELETE_KEY, id, before->keys, NULL, err) < 0)
		return -1;
	q = sql_prepare(store, DELETE_CONTENT);
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static const char *
keys_text(struct arena *arena, const char *content, const struct duplicate_rows *rows)
{
	struct duplicate_key keys[DUPLICATE_KEYS_MAX];
	struct duplicate_side side;
	struct text text = { 0 };
	const char *copy;
	unsigned count;

	duplicate_read(arena, content, &side);
	count = duplicate_keys(arena, &side, rows, keys);
	text_add_char(&text, '[');
	for (unsigned i = 0; i < count; i++)
		text_printf(&text, "%s%lld", i > 0 ? "," : "", (long long)keys[i].key);
	text_add_char(&text, ']');
	copy = arena_text_n(arena, text.bytes, text.size);
	text_clear(&text);
	return copy;
}

int
duplicate_index_by(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_rows *rows, struct err *err)
{
	struct indexed before, after = { 0 };

	if (read_indexed(store, arena, id, &before, err) < 0 ||
		duplicate_content(store, arena, id, rows, &after.content, err) < 0)
		return -1;
	if (after.content == NULL)
		return drop_content(store, id, &before, err);
	if (text_same(before.content, after.content))
		return 0;
	store_note_compared(store);
	after.keys = keys_text(arena, after.content, rows);
	if (before.keys != NULL &&
		for_keys(store, DELETE_KEY, id, before.keys, after.keys, err) < 0)
		return -1;
	if (for_keys(store, INSERT_KEY, id, after.keys, before.keys, err) < 0)
		return -1;
	return put_content(store, id, &after, err);
}

int
duplicate_index(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	struct duplicate_rows rows;

	if (duplicate_rows_get(store, arena, &rows, err) < 0)
		return -1;
	return duplicate_index_by(store, arena, id, &rows, err);
}
