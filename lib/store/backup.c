#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "handle.h"
#include "liaison/store/file.h"

/* Online backup. A reader holds one snapshot for the whole of it, so that the writer goes on and the
 * copy need not begin again; a writer that copies itself has nobody to make room for. */

enum {
	SLICE_PAGES = 256, /* 1 MiB */
	PAUSE_NS = 2000000,
	BUSY_TRIES = 500,
};

struct copy {
	struct store *from;
	sqlite3 *to;
	backup_progress *progress;
	void *context;
	bool files;
};

static void
pause_for(long ns)
{
	struct timespec pause = { 0, ns };

	nanosleep(&pause, NULL);
}

static int
report(const struct copy *copy, sqlite3_backup *backup, struct err *err)
{
	int64_t total = sqlite3_backup_pagecount(backup);

	if (copy->progress == NULL)
		return 0;
	return copy->progress(copy->context, total - sqlite3_backup_remaining(backup), total, err);
}

/* SQLITE_ABORT: it is not wanted any more, as err says. */
static int
copy_pages(const struct copy *copy, sqlite3_backup *backup, struct err *err)
{
	unsigned tries = 0;
	int result;

	for (;;) {
		result = sqlite3_backup_step(backup, SLICE_PAGES);
		if (result == SQLITE_OK)
			result = report(copy, backup, err) < 0 ? SQLITE_ABORT : SQLITE_OK;
		else if ((result != SQLITE_BUSY && result != SQLITE_LOCKED) || ++tries > BUSY_TRIES)
			return result;
		if (result == SQLITE_ABORT)
			return result;
		if (copy->from->mode == STORE_READER || result != SQLITE_OK)
			pause_for(PAUSE_NS);
	}
}

static int
copy_fail(const struct copy *copy, int result, struct err *err)
{
	const char *why = (result & 0xff) == SQLITE_FULL ? "the disk is full"
							 : sqlite3_errmsg(copy->to);

	return fail(err, ERR_STORAGE, "the backup cannot be written: %s", why);
}

static int
copy_whole(const struct copy *copy, struct err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy->to, "main", copy->from->db, "main");
	int result, ended;

	if (backup == NULL)
		return copy_fail(copy, sqlite3_errcode(copy->to), err);
	result = copy_pages(copy, backup, err);
	if (result == SQLITE_DONE && report(copy, backup, err) < 0)
		result = SQLITE_ABORT;
	ended = sqlite3_backup_finish(backup);
	if (result == SQLITE_ABORT)
		return -1;
	if (result != SQLITE_DONE || ended != SQLITE_OK)
		return copy_fail(copy, ended != SQLITE_OK ? ended : result, err);
	/* One file, that can be moved and read without a log beside it. */
	result = sqlite3_exec(copy->to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	return result == SQLITE_OK ? 0 : copy_fail(copy, result, err);
}

/* The snapshot begins with the first read. */
static int
hold_snapshot(struct store *store, bool *held, struct err *err)
{
	int64_t ignored;

	*held = store->mode == STORE_READER && !store->open;
	if (!*held)
		return 0;
	if (store_begin(store, err) < 0)
		return -1;
	return store_pragma_int(store, "SELECT count(*) FROM sqlite_schema", &ignored, err);
}

static int
copy_from(struct copy *copy, struct err *err)
{
	bool held;
	int result = hold_snapshot(copy->from, &held, err);

	if (result == 0)
		result = copy_whole(copy, err);
	if (held)
		store_rollback(copy->from);
	return result;
}

/* Nothing needs to be durable page by page: the file has no name yet that anybody believes. */
static int
copy_to(struct copy *copy, const char *draft, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_NOFOLLOW;
	int result = sqlite3_open_v2(draft, &copy->to, flags, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_exec(copy->to, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (result != SQLITE_OK)
		result = copy_fail(copy, result, err);
	else if (chmod(draft, 0600) < 0)
		result = fail(err, ERR_STORAGE, "'%s' cannot be made private: %s", draft,
			strerror(errno));
	else
		result = copy_from(copy, err);
	sqlite3_close_v2(copy->to);
	if (result == 0 && copy->files)
		result = file_pack(copy->from, draft, err);
	return result;
}

static int
publish(const char *draft, const char *path, struct err *err)
{
	if (store_sync_file(draft) < 0 || rename(draft, path) < 0 || store_sync_folder(path) < 0)
		return fail(err, ERR_STORAGE, "the backup '%s' cannot be kept: %s", path,
			strerror(errno));
	return 0;
}

static int
make_backup(struct copy *copy, const char *path, struct err *err)
{
	char *draft = sqlite3_mprintf("%s.part", path);
	int result;

	if (draft == NULL)
		return fail(err, ERR_UNAVAILABLE, "there is no memory for a backup");
	unlink(draft);
	result = copy_to(copy, draft, err);
	if (result == 0)
		result = publish(draft, path, err);
	if (result < 0)
		unlink(draft);
	sqlite3_free(draft);
	return result;
}

static int
back_up(struct copy *copy, const char *path, struct err *err)
{
	struct stat info;
	char *real = store_real_path(path, err);
	int result;

	if (real == NULL)
		return -1;
	if (lstat(real, &info) == 0)
		result = fail(err, ERR_CONFLICT, "there is a file '%s' already", path);
	else
		result = make_backup(copy, real, err);
	free(real);
	return result;
}

int
store_backup(struct store *store, const char *path, backup_progress *progress, void *context,
	struct err *err)
{
	struct copy copy = { store, NULL, progress, context, false };

	return back_up(&copy, path, err);
}

int
store_backup_whole(struct store *store, const char *path, backup_progress *progress, void *context,
	struct err *err)
{
	struct copy copy = { store, NULL, progress, context, true };

	return back_up(&copy, path, err);
}
