#ifndef LIAISON_STORE_SQL_H
#define LIAISON_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* The database: one writing connection, many reading ones; statements prepared once, with a sticky
 * error so that bind, row and column calls are unchecked and stmt_end reports. The door to SQLite
 * (pragmas and limits as reliability.md 4.5 with temp_store=FILE). One thread a store. */

struct store;
struct stmt;

enum store_mode { STORE_WRITER, STORE_READER };

/* Opens path (":memory:" for tests) as configured; creates nothing for a reader. Does not migrate.
 * ERR_STORAGE: not a database, unreadable, damaged; ERR_UNAVAILABLE: locked. */
struct store *store_open(const char *path, enum store_mode mode, struct err *err);
void store_close(struct store *store);
/* A writer at the newest schema in memory, for tests. */
struct store *store_open_memory(struct err *err);

int store_begin(struct store *store, struct err *err); /* BEGIN IMMEDIATE; reader: BEGIN */
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);
/* store_commit runs it once before the COMMIT of the open transaction, unless that is rolled back;
 * it may be noted again and again. Its failure fails the commit. */
void store_before_commit(struct store *store, int (*run)(struct store *store, struct err *err));
bool store_in_transaction(const struct store *store);
/* What is read was so then at the earliest, by the monotonic clock: when the open transaction began; now
 * when there is none. */
int64_t store_begun_ms(const struct store *store);
/* Savepoints nest; name is one of our own constants. */
int store_savepoint(struct store *store, struct err *err);
int store_release(struct store *store, struct err *err);
void store_rollback_to(struct store *store); /* undoes and releases the innermost savepoint */

/* WAL checkpoint by the writer: PASSIVE, or TRUNCATE when full. *pages: left in the WAL. */
int store_checkpoint(struct store *store, bool truncate, int64_t *pages, struct err *err);
/* Pages the WAL held after the last commit of this writer; what a checkpoint is asked by. */
int64_t store_wal_pages(const struct store *store);
/* A sync failed or the file proved damaged: every call fails with ERR_STORAGE until the store is
 * closed and opened again. */
bool store_is_poisoned(const struct store *store);
/* The same in words; NULL: it is not. */
const char *store_poison(const struct store *store);
/* A poisoned store is opened again in three steps, outside of a transaction: it is believed once its log
 * has been written to the disk anew and the file is sound. Meanwhile it is as it was.
 * begin: another connection to the same file, own, with the log moved. ERR_STORAGE: not to be had; another
 * file at its path, or none, is not taken for it. ERR_UNAVAILABLE: a reader holds the log. */
struct store *store_reopen_begin(const struct store *store, struct err *err);
/* Reads all pages, which takes long if they are many; any one thread, store_interrupt ends it. */
int store_reopen_check(struct store *fresh, struct err *err);
/* fresh, which is no more, takes the place of store. */
void store_reopen_end(struct store *store, struct store *fresh);
/* Stops a running statement of store from another thread: it fails with ERR_UNAVAILABLE. */
void store_interrupt(struct store *store);
/* Statements that begin after this call fail with ERR_UNAVAILABLE "too expensive" after ms. 0: none. */
void store_set_deadline(struct store *store, int64_t ms);
/* Who the connection reads for, as viewer() tells SQL; NULL, as it begins: for us, who may see all. ""
 * is somebody who owns nothing. Borrowed until it is set again. Rows say by it what they withhold (see
 * query.h), so whoever runs a stranger's command sets it once, and no command has to think of it. */
void store_set_viewer(struct store *store, const char *viewer);
const char *store_viewer(const struct store *store);
/* What is derived from rows, to find contacts by, is only noted from now on, and made later: for whom
 * writes many in one transaction. */
void store_put_off(struct store *store, bool on);
/* What takes back a savepoint is kept in memory from the next transaction on, however much it is: for
 * whom begins one for every few rows. Else it goes into a file beyond 124 KiB. */
void store_undo_in_memory(struct store *store, bool on);
bool store_puts_off(const struct store *store);
/* Whoever writes what contacts are compared by says so; how often it was said, undone or not, tells whether
 * what is known of it is as it was. */
void store_note_compared(struct store *store);
int64_t store_compared(const struct store *store);
int64_t store_last_id(const struct store *store);
int64_t store_changes(const struct store *store); /* rows of the last statement */

/* sql: a static string; its address is the cache key. Never NULL: errors are sticky in the result.
 * A statement that is still in use is an assert. */
struct stmt *sql_prepare(struct store *store, const char *sql);
/* For query/ only: compiled text that is not static; freed by stmt_end. */
struct stmt *sql_prepare_once(struct store *store, const char *sql, size_t size);
/* Binds go to ?1, ?2, … in order of the calls. */
void stmt_bind_text(struct stmt *stmt, const char *value); /* NULL: NULL; borrowed until stmt_end */
void stmt_bind_text_n(struct stmt *stmt, const char *value, size_t size);
void stmt_bind_int(struct stmt *stmt, int64_t value);
void stmt_bind_int_or_null(struct stmt *stmt, int64_t value, bool null);
void stmt_bind_double(struct stmt *stmt, double value);
void stmt_bind_blob(struct stmt *stmt, const void *bytes, size_t size); /* NULL: NULL */
void stmt_bind_null(struct stmt *stmt);
bool stmt_row(struct stmt *stmt); /* the next row is there */
/* Columns in order of the calls, from the first, for each row. */
int64_t stmt_int(struct stmt *stmt); /* NULL reads as 0 */
bool stmt_next_is_null(struct stmt *stmt); /* of the column the next read would give */
bool stmt_next_is_double(struct stmt *stmt);
double stmt_double(struct stmt *stmt);
const char *stmt_text(struct stmt *stmt); /* NULL for NULL; borrowed until the next row */
const char *stmt_text_copy(struct stmt *stmt, struct arena *arena);
const void *stmt_blob(struct stmt *stmt, size_t *size);
/* Resets and reports the sticky error. ERR_CONFLICT: a UNIQUE failed; ERR_REFUSED: a CHECK or
 * foreign key; ERR_UNAVAILABLE: busy or interrupted; ERR_STORAGE: the rest. */
int stmt_end(struct stmt *stmt, struct err *err);
/* Binds done: runs to the end, no rows wanted. */
int stmt_run(struct stmt *stmt, struct err *err);

/* One row, one number; *found false leaves *out alone. NULL: who asks does not want to know. */
int sql_get_int(struct stmt *stmt, int64_t *out, bool *found, struct err *err);
/* One row, one text; without a row *out is left alone. */
int sql_get_text(struct stmt *stmt, struct arena *arena, const char **out, struct err *err);

/* After every so many pages; -1 with err ends the backup. */
typedef int backup_progress(void *context, int64_t done, int64_t total, struct err *err);
/* Online backup of the whole database to path (must not exist), page by page with pauses so that the
 * writer goes on. Meanwhile it holds one state of the database. progress may be NULL. */
int store_backup(struct store *store, const char *path, backup_progress *progress, void *context,
	struct err *err);
/* The same with the files beside the database in it (store/file.h). */
int store_backup_whole(struct store *store, const char *path, backup_progress *progress,
	void *context, struct err *err);
/* integrity_check and foreign_key_check, or of the pages alone quick_check; complains once per finding.
 * 0: sound. */
int store_check(struct store *store, bool quick, void (*complain)(void *context, const char *what),
	void *context, struct err *err);
int64_t store_size(struct store *store); /* bytes of the database file; 0: nobody can tell */

#endif
