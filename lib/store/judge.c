#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "handle.h"

/* What a result code of SQLite means to the asker. */

static enum err_code
judge_constraint(int result)
{
	switch (result) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_CONFLICT;
	default:
		return ERR_REFUSED;
	}
}

static enum err_code
judge_code(int result)
{
	switch (result & 0xff) {
	case SQLITE_CONSTRAINT:
		return judge_constraint(result);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
	case SQLITE_NOMEM:
		return ERR_UNAVAILABLE;
	case SQLITE_TOOBIG:
		return ERR_REFUSED;
	default:
		return ERR_STORAGE;
	}
}

static void
explain_io(struct store *store, int result, char *text, size_t size)
{
	int number = result == SQLITE_IOERR_SHORT_READ ? 0 : sqlite3_system_errno(store->db);

	if (number == ENOSPC || number == EDQUOT)
		snprintf(text, size, "the disk is full");
	else if (number != 0)
		snprintf(text, size, "%s: %s", sqlite3_errmsg(store->db), strerror(number));
	else
		snprintf(text, size, "%s", sqlite3_errmsg(store->db));
}

static void
explain(struct store *store, int result, char *text, size_t size)
{
	switch (result & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		snprintf(text, size, "the database is locked by another program");
		return;
	case SQLITE_INTERRUPT:
		if (store->expired)
			snprintf(text, size, "this is too expensive: it was stopped after %lld ms",
				(long long)store->deadline_ms);
		else
			snprintf(text, size, "it was interrupted");
		return;
	case SQLITE_NOMEM:
		snprintf(text, size, "this is too large for the memory the database may use");
		return;
	case SQLITE_TOOBIG:
		snprintf(text, size, "a value is too large for the database");
		return;
	case SQLITE_FULL:
		snprintf(text, size, "the disk is full");
		return;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		explain_io(store, result, text, size);
		return;
	case SQLITE_CORRUPT:
		snprintf(text, size, "the database is damaged and a backup must be restored: %s",
			sqlite3_errmsg(store->db));
		return;
	default:
		snprintf(text, size, "%s", sqlite3_errmsg(store->db));
	}
}

/* After a failed fsync the kernel may have dropped the pages it could not write, and a later fsync
 * says all is well; so nothing this connection believes can be trusted. */
static bool
is_poison(const struct store *store, int result)
{
	if (result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC)
		return true;
	return store->mode == STORE_WRITER && (result & 0xff) == SQLITE_CORRUPT;
}

enum err_code
store_judge(struct store *store, int result, char *text, size_t size)
{
	explain(store, result, text, size);
	if (is_poison(store, result) && store->poison[0] == '\0')
		snprintf(store->poison, sizeof store->poison, "%s", text);
	if (store->open && store->lost[0] == '\0' && sqlite3_get_autocommit(store->db))
		snprintf(store->lost, sizeof store->lost, "%s", text);
	return judge_code(result);
}

int
store_fail(struct store *store, int result, const char *what, struct err *err)
{
	char text[300];
	enum err_code code = store_judge(store, result, text, sizeof text);

	return fail(err, code, "%s: %s", what, text);
}
