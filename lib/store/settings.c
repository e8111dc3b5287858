#include <stdio.h>

#include "handle.h"

#include "liaison/base/clock.h"

/* How a connection behaves: guards, limits, pragmas, deadlines. */

static const struct {
	int option, value;
} OPTIONS[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	{ SQLITE_DBCONFIG_DQS_DML, 0 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 1 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
};

/* Expressions of compiled conditions are deep and their texts long (see query/), so these two are
 * wider than for statements people write. */
static const struct {
	int limit, value;
} LIMITS[] = {
	{ SQLITE_LIMIT_LENGTH, 4 << 20 },
	{ SQLITE_LIMIT_SQL_LENGTH, 1 << 20 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 1000 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, TERMS_MAX },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static const char COMMON_PRAGMAS[] =
	"PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;"
	"PRAGMA mmap_size = 0; PRAGMA temp_store = FILE; PRAGMA wal_autocheckpoint = 0;"
	"PRAGMA secure_delete = ON;";
static const char WRITER_PRAGMAS[] =
	"PRAGMA cache_size = -12288; PRAGMA journal_size_limit = 16777216;";
/* SQLite keeps a statement journal where it keeps temporary tables, as of the start of a transaction. */
static const char UNDO_IN_MEMORY[] = "PRAGMA temp_store = MEMORY";
static const char UNDO_IN_FILE[] = "PRAGMA temp_store = FILE";
static const char READER_PRAGMAS[] = "PRAGMA cache_size = -2048; PRAGMA query_only = ON;";

int
store_exec(struct store *store, const char *sql, const char *what, struct err *err)
{
	int result = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	if (result != SQLITE_OK)
		return store_fail(store, result, what, err);
	return 0;
}

int
store_pragma_int(struct store *store, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *handle = NULL;
	int result = sqlite3_prepare_v2(store->db, sql, -1, &handle, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(handle);
	if (result == SQLITE_ROW)
		*out = sqlite3_column_int64(handle, 0);
	else
		result = store_fail(store, result, "the database does not answer", err);
	sqlite3_finalize(handle);
	return result == SQLITE_ROW ? 0 : -1;
}

int
store_harden(struct store *store, struct err *err)
{
	int result = SQLITE_OK;

	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	for (size_t i = 0; i < sizeof OPTIONS / sizeof OPTIONS[0] && result == SQLITE_OK; i++)
		result = sqlite3_db_config(store->db, OPTIONS[i].option, OPTIONS[i].value, NULL);
	for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++)
		sqlite3_limit(store->db, LIMITS[i].limit, LIMITS[i].value);
	if (result == SQLITE_OK)
		result = store_add_functions(store);
	if (result != SQLITE_OK)
		return store_fail(store, result, "the database cannot be guarded", err);
	return 0;
}

static int
note_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store *store = context;

	(void)db;
	(void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

static int
set_journal(struct store *store, struct err *err)
{
	sqlite3_stmt *handle = NULL;
	int result = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &handle, NULL);
	const char *mode;

	if (result == SQLITE_OK)
		result = sqlite3_step(handle);
	if (result != SQLITE_ROW) {
		store_fail(store, result, "the database cannot be opened for writing", err);
		sqlite3_finalize(handle);
		return -1;
	}
	mode = (const char *)sqlite3_column_text(handle, 0);
	result = mode &&
		 (sqlite3_stricmp(mode, "wal") == 0 || sqlite3_stricmp(mode, "memory") == 0);
	sqlite3_finalize(handle);
	if (!result)
		return fail(err, ERR_STORAGE, "the file system cannot hold a write-ahead log");
	return 0;
}

void
store_set_hooks(struct store *store)
{
	if (store->mode == STORE_WRITER)
		sqlite3_wal_hook(store->db, note_wal, store);
	store_set_deadline(store, store->deadline_ms);
}

/* Only the writer checkpoints, at its end too: SQLite 3.40 corrupts a WAL that two reset at once. And
 * at its beginning: a sync may have failed for what the log holds before a crash, and now all of it is
 * written once more. A full disk does not keep it from being opened. */
static int
tune_writer(struct store *store, struct err *err)
{
	struct err ignored;
	int64_t left;

	if (set_journal(store, err) < 0)
		return -1;
	store_set_hooks(store);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (store_exec(store, WRITER_PRAGMAS, "the database cannot be set up", err) < 0)
		return -1;
	(void)store_checkpoint(store, true, &left, &ignored);
	return 0;
}

int
store_tune(struct store *store, struct err *err)
{
	if (store_exec(store, COMMON_PRAGMAS, "the database cannot be set up", err) < 0)
		return -1;
	if (store->mode == STORE_WRITER)
		return tune_writer(store, err);
	return store_exec(store, READER_PRAGMAS, "the database cannot be set up", err);
}

/* The clock is first looked at here and not when the statement begins: most are over by then. */
static int
check_deadline(void *context)
{
	struct store *store = context;
	int64_t now = clock_monotonic_ms();

	if (store->started_ms == 0)
		store->started_ms = now;
	store->expired = now - store->started_ms > store->deadline_ms;
	return store->expired;
}

void
store_set_deadline(struct store *store, int64_t ms)
{
	enum { STEPS = 2000 };

	store->deadline_ms = ms;
	sqlite3_progress_handler(
		store->db, ms > 0 ? STEPS : 0, ms > 0 ? check_deadline : NULL, store);
}

void
store_interrupt(struct store *store)
{
	sqlite3_interrupt(store->db);
}

void
store_undo_in_memory(struct store *store, bool on)
{
	struct err ignored; /* it is slower, then */

	(void)store_exec(store, on ? UNDO_IN_MEMORY : UNDO_IN_FILE, "slow savepoints", &ignored);
}

void
store_put_off(struct store *store, bool on)
{
	store->puts_off = on;
}

bool
store_puts_off(const struct store *store)
{
	return store->puts_off;
}

void
store_note_compared(struct store *store)
{
	store->compared++;
}

int64_t
store_compared(const struct store *store)
{
	return store->compared;
}

void
store_set_viewer(struct store *store, const char *viewer)
{
	*store->viewer = viewer;
}

const char *
store_viewer(const struct store *store)
{
	return *store->viewer;
}

int64_t
store_last_id(const struct store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

int64_t
store_changes(const struct store *store)
{
	return sqlite3_changes64(store->db);
}

int64_t
store_wal_pages(const struct store *store)
{
	return store->wal_pages;
}

bool
store_is_poisoned(const struct store *store)
{
	return store->poison[0] != '\0';
}

const char *
store_poison(const struct store *store)
{
	return store_is_poisoned(store) ? store->poison : NULL;
}
