#include "handle.h"

/* Moving the write-ahead log into the database, and how large they are. */

int
store_checkpoint(struct store *store, bool truncate, int64_t *pages, struct err *err)
{
	/* A reader that is still at work is waited for this long and no more: the writer stands still. */
	enum { WAIT_MS = 50 };
	int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
	int log = 0, moved = 0, result;

	if (store_is_poisoned(store))
		return fail(err, ERR_STORAGE, "the database must be opened again after: %s",
			store->poison);
	sqlite3_busy_timeout(store->db, WAIT_MS);
	result = sqlite3_wal_checkpoint_v2(store->db, NULL, mode, &log, &moved);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY)
		return store_fail(store, result, "the log cannot be moved into the database", err);
	if (result != SQLITE_OK && log < 0) { /* somebody else moves it: nothing is known of it */
		*pages = store->wal_pages > 0 ? store->wal_pages : 1;
		return 0;
	}
	store->wal_pages = log < 0 ? 0 : log;
	*pages = log > moved ? log - moved : 0;
	return 0;
}

int64_t
store_size(struct store *store)
{
	struct err ignored;
	int64_t pages = 0, page_size = 0;

	if (store_pragma_int(store, "PRAGMA page_count", &pages, &ignored) < 0 ||
		store_pragma_int(store, "PRAGMA page_size", &page_size, &ignored) < 0)
		return 0;
	return pages * page_size;
}
