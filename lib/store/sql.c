#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"

/* Statements: prepared once, looked up by the address of their text, with a sticky error. */

static size_t
slot_of(const struct store *store, const char *key)
{
	uint64_t hash = (uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
	size_t slot = (size_t)(hash >> 32) & (store->cache_room - 1);

	while (store->cache[slot] != NULL && store->cache[slot]->key != key)
		slot = (slot + 1) & (store->cache_room - 1);
	return slot;
}

static void
grow_cache(struct store *store)
{
	struct stmt **old = store->cache;
	size_t old_room = store->cache_room;

	if (store->cache_count * 2 < store->cache_room)
		return;
	store->cache_room = old_room ? old_room * 2 : 64;
	store->cache = mem_zero(store->cache_room, sizeof *store->cache);
	for (size_t i = 0; i < old_room; i++)
		if (old[i] != NULL)
			store->cache[slot_of(store, old[i]->key)] = old[i];
	free(old);
}

static void
free_statement(struct stmt *stmt)
{
	sqlite3_finalize(stmt->handle);
	free(stmt->message);
	free(stmt);
}

void
store_drop_statements(struct store *store)
{
	for (size_t i = 0; i < store->cache_room; i++)
		if (store->cache[i] != NULL)
			free_statement(store->cache[i]);
	free(store->cache);
	store->cache = NULL;
	store->cache_room = store->cache_count = 0;
}

static void
stick(struct stmt *stmt, enum err_code code, const char *message)
{
	if (stmt->code != ERR_NONE)
		return;
	stmt->code = code;
	stmt->message = mem_text(message);
}

static void
stick_result(struct stmt *stmt, int result)
{
	char text[300];

	if (stmt->code == ERR_NONE)
		stick(stmt, store_judge(stmt->store, result, text, sizeof text), text);
}

/* A poisoned connection, or one whose transaction SQLite has undone, must not write half of it. */
static void
stick_state(struct stmt *stmt)
{
	char text[300];

	if (stmt->store->poison[0] != '\0') {
		snprintf(text, sizeof text, "the database must be opened again after: %s",
			stmt->store->poison);
		stick(stmt, ERR_STORAGE, text);
	} else if (stmt->store->lost[0] != '\0') {
		snprintf(text, sizeof text, "the transaction was undone: %s", stmt->store->lost);
		stick(stmt, ERR_STORAGE, text);
	}
}

static struct stmt *
new_statement(struct store *store, const char *sql, size_t size, unsigned flags)
{
	struct stmt *stmt = mem_zero(1, sizeof *stmt);
	const char *tail = NULL;
	int result = sqlite3_prepare_v3(store->db, sql, (int)size, flags, &stmt->handle, &tail);

	stmt->store = store;
	if (result != SQLITE_OK)
		stick_result(stmt, result);
	else if (stmt->handle == NULL || tail != sql + size)
		stick(stmt, ERR_INTERNAL, "this is not one statement");
	if (stmt->code != ERR_NONE)
		return stmt;
	stmt->params = sqlite3_bind_parameter_count(stmt->handle);
	stmt->columns = sqlite3_column_count(stmt->handle);
	return stmt;
}

static struct stmt *
cached_statement(struct store *store, const char *sql)
{
	size_t slot;
	struct stmt *stmt;

	grow_cache(store);
	slot = slot_of(store, sql);
	if (store->cache[slot] != NULL)
		return store->cache[slot];
	stmt = new_statement(store, sql, strlen(sql), SQLITE_PREPARE_PERSISTENT);
	if (stmt->code != ERR_NONE)
		return stmt;
	stmt->key = sql;
	store->cache[slot] = stmt;
	store->cache_count++;
	return stmt;
}

static struct stmt *
take(struct stmt *stmt)
{
	assert(!stmt->in_use);
	stmt->in_use = true;
	stmt->started = stmt->counted = stmt->done = false;
	stmt->binds = stmt->column = 0;
	stick_state(stmt);
	return stmt;
}

struct stmt *
sql_prepare(struct store *store, const char *sql)
{
	return take(cached_statement(store, sql));
}

struct stmt *
sql_prepare_once(struct store *store, const char *sql, size_t size)
{
	return take(new_statement(store, sql, size, 0));
}

/* The place of the next value, or 0 when there is nothing to bind to any more. */
static int
next_bind(struct stmt *stmt)
{
	assert(stmt->in_use && !stmt->started);
	stmt->binds++;
	if (stmt->code != ERR_NONE)
		return 0;
	assert(stmt->binds <= stmt->params);
	return stmt->binds;
}

static void
bound(struct stmt *stmt, int result)
{
	if (result != SQLITE_OK)
		stick_result(stmt, result);
}

void
stmt_bind_text_n(struct stmt *stmt, const char *value, size_t size)
{
	int place = next_bind(stmt);

	if (place > 0)
		bound(stmt, sqlite3_bind_text64(
				    stmt->handle, place, value, size, SQLITE_STATIC, SQLITE_UTF8));
}

void
stmt_bind_text(struct stmt *stmt, const char *value)
{
	stmt_bind_text_n(stmt, value, value ? strlen(value) : 0);
}

void
stmt_bind_int(struct stmt *stmt, int64_t value)
{
	int place = next_bind(stmt);

	if (place > 0)
		bound(stmt, sqlite3_bind_int64(stmt->handle, place, value));
}

void
stmt_bind_int_or_null(struct stmt *stmt, int64_t value, bool null)
{
	if (null)
		stmt_bind_null(stmt);
	else
		stmt_bind_int(stmt, value);
}

void
stmt_bind_double(struct stmt *stmt, double value)
{
	int place = next_bind(stmt);

	if (place > 0)
		bound(stmt, sqlite3_bind_double(stmt->handle, place, value));
}

void
stmt_bind_blob(struct stmt *stmt, const void *bytes, size_t size)
{
	int place = next_bind(stmt);

	if (place > 0)
		bound(stmt, sqlite3_bind_blob64(stmt->handle, place, bytes, size, SQLITE_STATIC));
}

void
stmt_bind_null(struct stmt *stmt)
{
	int place = next_bind(stmt);

	if (place > 0)
		bound(stmt, sqlite3_bind_null(stmt->handle, place));
}

static void
start(struct stmt *stmt)
{
	stmt->started = true;
	if (stmt->code != ERR_NONE)
		return;
	assert(stmt->binds == stmt->params);
	stmt->counted = true;
	if (stmt->store->active++ == 0) {
		stmt->store->started_ms = 0;
		stmt->store->expired = false;
	}
}

bool
stmt_row(struct stmt *stmt)
{
	int result;

	assert(stmt->in_use);
	if (!stmt->started)
		start(stmt);
	if (stmt->code != ERR_NONE || stmt->done)
		return false;
	result = sqlite3_step(stmt->handle);
	stmt->column = 0;
	if (result == SQLITE_ROW)
		return true;
	stmt->done = true;
	if (result != SQLITE_DONE)
		stick_result(stmt, result);
	return false;
}

static int
next_column(struct stmt *stmt)
{
	assert(stmt->started && !stmt->done && stmt->column < stmt->columns);
	return stmt->column++;
}

int64_t
stmt_int(struct stmt *stmt)
{
	return sqlite3_column_int64(stmt->handle, next_column(stmt));
}

bool
stmt_next_is_null(struct stmt *stmt)
{
	assert(stmt->started && !stmt->done && stmt->column < stmt->columns);
	return sqlite3_column_type(stmt->handle, stmt->column) == SQLITE_NULL;
}

bool
stmt_next_is_double(struct stmt *stmt)
{
	assert(stmt->started && !stmt->done && stmt->column < stmt->columns);
	return sqlite3_column_type(stmt->handle, stmt->column) == SQLITE_FLOAT;
}

double
stmt_double(struct stmt *stmt)
{
	return sqlite3_column_double(stmt->handle, next_column(stmt));
}

const char *
stmt_text(struct stmt *stmt)
{
	return (const char *)sqlite3_column_text(stmt->handle, next_column(stmt));
}

const char *
stmt_text_copy(struct stmt *stmt, struct arena *arena)
{
	int column = next_column(stmt);
	const char *text = (const char *)sqlite3_column_text(stmt->handle, column);

	if (text == NULL)
		return NULL;
	return arena_text_n(arena, text, (size_t)sqlite3_column_bytes(stmt->handle, column));
}

const void *
stmt_blob(struct stmt *stmt, size_t *size)
{
	int column = next_column(stmt);
	const void *bytes = sqlite3_column_blob(stmt->handle, column);

	*size = (size_t)sqlite3_column_bytes(stmt->handle, column);
	return bytes;
}

/* A statement left before its last row ends here, and may fail only here. */
static void
finish(struct stmt *stmt)
{
	int result = sqlite3_reset(stmt->handle);

	if (result != SQLITE_OK)
		stick_result(stmt, result);
	if (stmt->counted)
		stmt->store->active--;
}

/* Makes a cached statement ready for its next use; the borrowed values are let go. */
static void
rest(struct stmt *stmt)
{
	sqlite3_clear_bindings(stmt->handle);
	free(stmt->message);
	stmt->message = NULL;
	stmt->code = ERR_NONE;
	stmt->in_use = false;
}

int
stmt_end(struct stmt *stmt, struct err *err)
{
	int result = 0;

	assert(stmt->in_use);
	finish(stmt);
	if (stmt->code != ERR_NONE)
		result = fail(err, stmt->code, "%s", stmt->message);
	if (stmt->key != NULL)
		rest(stmt);
	else
		free_statement(stmt);
	return result;
}

int
stmt_run(struct stmt *stmt, struct err *err)
{
	while (stmt_row(stmt))
		continue;
	return stmt_end(stmt, err);
}

int
sql_get_int(struct stmt *stmt, int64_t *out, bool *found, struct err *err)
{
	int64_t value = 0;
	bool any = stmt_row(stmt);

	if (any)
		value = stmt_int(stmt);
	if (stmt_end(stmt, err) < 0)
		return -1;
	if (found != NULL)
		*found = any;
	if (any && out != NULL)
		*out = value;
	return 0;
}

int
sql_get_text(struct stmt *stmt, struct arena *arena, const char **out, struct err *err)
{
	const char *text = NULL;
	bool any = stmt_row(stmt);

	if (any)
		text = stmt_text_copy(stmt, arena);
	if (stmt_end(stmt, err) < 0)
		return -1;
	if (any)
		*out = text;
	return 0;
}
