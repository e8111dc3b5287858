#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handle.h"

#include "liaison/base/clock.h"
#include "liaison/store/migrate.h"

/* Opening and closing: nothing is created unless nothing was there, nothing foreign is touched. */

enum {
	HEAP_MAX = 128 << 20,
	/* Of what undoes a savepoint; what is more goes into a file, in one write, of which SQLite's
	 * Unix VFS keeps the lower 17 bits of the length. */
	UNDO_MAX = 0x1f000,
};

static void
set_up_library(void)
{
	/* Refused when a test has started SQLite already; NOMUTEX at each opening says the same. */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, UNDO_MAX);
	sqlite3_initialize();
	sqlite3_hard_heap_limit64(HEAP_MAX);
}

int
store_prepare_library(struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_up_library);
	if (sqlite3_threadsafe() == 0)
		return fail(err, ERR_INTERNAL, "this SQLite cannot be used by threads");
	return 0;
}

/* Sorters spill into unnamed files beside the database: /tmp may be small, or out of the sandbox.
 * The first writer opens before any other thread, which is what SQLite asks for here. */
static void
set_temporary_folder(const char *real)
{
	const char *slash = strrchr(real, '/');

	if (sqlite3_temp_directory == NULL)
		sqlite3_temp_directory = sqlite3_mprintf("%.*s", (int)(slash - real + 1), real);
}

static struct store *
new_store(enum store_mode mode)
{
	struct store *store = mem_zero(1, sizeof *store);

	store->mode = mode;
	store->scratch = arena_new();
	return store;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_drop_statements(store);
	sqlite3_close_v2(store->db);
	arena_free(store->scratch);
	store_drop_forgotten(store);
	free(store->path);
	free(store);
}

static int
open_file(struct store *store, const char *path, int flags, struct err *err)
{
	int result = sqlite3_open_v2(
		path, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

	if (store->db == NULL)
		return fail(
			err, ERR_STORAGE, "the database '%s' cannot be opened: no memory", path);
	if (result != SQLITE_OK)
		return fail(err, ERR_STORAGE, "the database '%s' cannot be opened: %s", path,
			result == SQLITE_CANTOPEN_SYMLINK ? "it is a symbolic link"
							  : sqlite3_errmsg(store->db));
	return store_harden(store, err);
}

/* The new file gets its name when it is whole, so that no crash leaves an empty one behind. */
static int
create_under(const char *draft, struct err *err)
{
	struct store *store = new_store(STORE_WRITER);
	char sql[64];
	int result;

	snprintf(sql, sizeof sql, "PRAGMA application_id = %d", APPLICATION_ID);
	result = open_file(store, draft, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (result == 0 && chmod(draft, 0600) < 0)
		result = fail(err, ERR_STORAGE, "'%s' cannot be made private: %s", draft,
			strerror(errno));
	if (result == 0)
		result = store_exec(store, sql, "the database cannot be created", err);
	store_close(store);
	return result;
}

static int
create(const char *path, struct err *err)
{
	char *draft = sqlite3_mprintf("%s.new", path);
	int result;

	if (draft == NULL)
		return fail(err, ERR_STORAGE, "no memory");
	unlink(draft);
	result = create_under(draft, err);
	if (result == 0 && (rename(draft, path) < 0 || store_sync_folder(path) < 0))
		result = fail(err, ERR_STORAGE, "the database '%s' cannot be created: %s", path,
			strerror(errno));
	sqlite3_free(draft);
	return result;
}

/* A log without its database: somebody took the database away, and a new one would swallow it. */
static int
refuse_orphan(const char *path, const char *ending, struct err *err)
{
	char *name = sqlite3_mprintf("%s%s", path, ending);
	struct stat info;
	int result = 0;

	if (name != NULL && lstat(name, &info) == 0 && info.st_size > 0) {
		result = fail(
			err, ERR_STORAGE, "there is '%s' but no database it belongs to", name);
		err_hint(err, "put the database back beside it, or move it away");
	}
	sqlite3_free(name);
	return result;
}

static int
refuse_missing(const char *path, struct err *err)
{
	if (errno == ENOENT)
		return fail(err, ERR_STORAGE, "there is no database '%s'", path);
	return fail(
		err, ERR_STORAGE, "the database '%s' cannot be opened: %s", path, strerror(errno));
}

/* Notes which file it is. */
static int
find(struct store *store, const char *path, struct err *err)
{
	struct stat info;

	if (lstat(path, &info) < 0)
		return refuse_missing(path, err);
	if (S_ISLNK(info.st_mode))
		return fail(err, ERR_STORAGE, "the database '%s' is a symbolic link", path);
	if (!S_ISREG(info.st_mode))
		return fail(err, ERR_STORAGE, "the database '%s' is not a file", path);
	if (info.st_size == 0) {
		fail(err, ERR_STORAGE, "the database '%s' is an empty file", path);
		return err_hint(err, "restore a backup, or remove it to begin anew");
	}
	store->device = info.st_dev;
	store->inode = info.st_ino;
	return 0;
}

static int
create_if_missing(const char *path, struct err *err)
{
	struct stat info;

	if (lstat(path, &info) == 0 || errno != ENOENT)
		return 0; /* find says what is wrong with it */
	if (refuse_orphan(path, "-wal", err) < 0 || refuse_orphan(path, "-journal", err) < 0)
		return -1;
	return create(path, err);
}

int
store_refuse_newer(const char *path, int64_t version, size_t known, struct err *err)
{
	fail(err, ERR_STORAGE,
		"the database '%s' is newer than this program: version %lld of the schema, "
		"this knows %zu",
		path, (long long)version, known);
	return err_hint(err, "install the newer liaison, or restore a backup made by this one");
}

/* Before anything is set up in it, which would change a file that is not for us. */
static int
check_ours(struct store *store, const char *path, struct err *err)
{
	int64_t id = 0, tables = 0, version = 0;
	struct err why;

	if (store_pragma_int(store, "PRAGMA application_id", &id, &why) < 0 ||
		store_pragma_int(store, "PRAGMA user_version", &version, &why) < 0 ||
		store_pragma_int(store, "SELECT count(*) FROM sqlite_schema", &tables, &why) < 0) {
		fail(err, why.code, "the database '%s' cannot be read: %s", path, why.message);
		return err_hint(err, "nothing was changed; a backup can be restored");
	}
	if (id != APPLICATION_ID) {
		fail(err, ERR_STORAGE, "'%s' is not a database of liaison", path);
		return err_hint(err, "nothing was changed; let 'database' name another file");
	}
	if (version > schema_version())
		return store_refuse_newer(path, version, (size_t)schema_version(), err);
	return 0;
}

/* Looked at first: opening a database writes what its log holds into it. */
static int
refuse_another(const struct store *store, const struct store *same, struct err *err)
{
	if (same == NULL || (store->device == same->device && store->inode == same->inode))
		return 0;
	fail(err, ERR_STORAGE, "the database '%s' was replaced by another file", store->path);
	return err_hint(err, "restart liaisond, which opens what is there now");
}

static int
open_real(struct store *store, const struct store *same, struct err *err)
{
	int flags = store->mode == STORE_WRITER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

	if (find(store, store->path, err) < 0 || refuse_another(store, same, err) < 0 ||
		open_file(store, store->path, flags, err) < 0 ||
		check_ours(store, store->path, err) < 0)
		return -1;
	if (store->mode == STORE_WRITER)
		set_temporary_folder(store->path);
	return store_tune(store, err);
}

struct store *
store_open_existing(char *path, enum store_mode mode, const struct store *same, struct err *err)
{
	struct store *store = new_store(mode);

	store->path = path;
	if (open_real(store, same, err) == 0)
		return store;
	store_close(store);
	return NULL;
}

static struct store *
open_memory(struct err *err)
{
	struct store *store = new_store(STORE_WRITER);

	if (open_file(store, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) == 0 &&
		store_tune(store, err) == 0)
		return store;
	store_close(store);
	return NULL;
}

struct store *
store_open(const char *path, enum store_mode mode, struct err *err)
{
	char *real;

	if (store_prepare_library(err) < 0)
		return NULL;
	if (strcmp(path, ":memory:") == 0)
		return open_memory(err);
	real = store_real_path(path, err);
	if (real == NULL)
		return NULL;
	if (mode == STORE_WRITER && create_if_missing(real, err) < 0) {
		free(real);
		return NULL;
	}
	return store_open_existing(real, mode, NULL, err);
}

struct store *
store_open_memory(struct err *err)
{
	struct store *store = store_open(":memory:", STORE_WRITER, err);

	if (store != NULL && store_migrate(store, ":memory:", err) < 0) {
		store_close(store);
		return NULL;
	}
	return store;
}
