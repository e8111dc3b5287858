#include <assert.h>
#include <stdio.h>

#include "handle.h"
#include "liaison/base/clock.h"

/* Transactions and savepoints. SQLite undoes a transaction by itself after some errors; what follows
 * must not run outside of it, so the store stays "lost" until the caller has rolled back. It is lost,
 * too, when it cannot undo what it is to undo: that must not be committed with the rest. */

static const char BEGIN_WRITE[] = "BEGIN IMMEDIATE";
static const char BEGIN_READ[] = "BEGIN";
static const char COMMIT[] = "COMMIT";
static const char ROLLBACK[] = "ROLLBACK";
static const char SAVE[] = "SAVEPOINT s"; /* a name may nest: the innermost is meant */
static const char RELEASE[] = "RELEASE s";
static const char BACK_TO[] = "ROLLBACK TO s";

int
store_begin(struct store *store, struct err *err)
{
	int64_t begun_ms = clock_monotonic_ms();

	assert(!store->open);
	if (store->lost[0] != '\0')
		store_rollback(store);
	if (stmt_run(sql_prepare(store, store->mode == STORE_WRITER ? BEGIN_WRITE : BEGIN_READ),
		    err) < 0)
		return -1;
	store->open = true;
	store->begun_ms = begun_ms;
	return 0;
}

int64_t
store_begun_ms(const struct store *store)
{
	return store->open ? store->begun_ms : clock_monotonic_ms();
}

void
store_before_commit(struct store *store, int (*run)(struct store *store, struct err *err))
{
	assert(store->open && (store->before_commit == NULL || store->before_commit == run));
	store->before_commit = run;
}

int
store_commit(struct store *store, struct err *err)
{
	int (*run)(struct store * store, struct err * err) = store->before_commit;

	assert(store->savepoints == 0);
	store->before_commit = NULL;
	if (run != NULL && run(store, err) < 0)
		return -1;
	if (stmt_run(sql_prepare(store, COMMIT), err) < 0)
		return -1;
	store->open = false;
	return 0;
}

/* Goes past the sticky states, because it is what ends them. */
static void
run_past(struct store *store, const char *sql)
{
	int result = SQLITE_OK;

	if (!sqlite3_get_autocommit(store->db))
		result = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
	if (result != SQLITE_OK)
		snprintf(store->lost, sizeof store->lost, "'%s' failed: %s", sql,
			sqlite3_errstr(result));
}

void
store_rollback(struct store *store)
{
	store->open = false;
	store->before_commit = NULL;
	store->savepoints = 0;
	store->lost[0] = '\0';
	run_past(store, ROLLBACK);
}

bool
store_in_transaction(const struct store *store)
{
	return store->open;
}

int
store_savepoint(struct store *store, struct err *err)
{
	assert(store->open);
	if (stmt_run(sql_prepare(store, SAVE), err) < 0)
		return -1;
	store->savepoints++;
	return 0;
}

int
store_release(struct store *store, struct err *err)
{
	assert(store->savepoints > 0);
	if (stmt_run(sql_prepare(store, RELEASE), err) < 0)
		return -1;
	store->savepoints--;
	return 0;
}

void
store_rollback_to(struct store *store)
{
	assert(store->savepoints > 0);
	run_past(store, BACK_TO);
	if (store->lost[0] == '\0')
		run_past(store, RELEASE);
	store->savepoints--;
}
