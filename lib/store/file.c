#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_path.h"
#include "handle.h"

/* Files and their rows. */

static const char SELECT_ID[] = "SELECT id FROM file WHERE digest = ?";
static const char INSERT_FILE[] = "INSERT INTO file (digest, size, type) VALUES (?1, ?2, ?3)"
				  " ON CONFLICT (digest) DO UPDATE SET unused = NULL";

static int
put_row(struct store *store, const char *digest, size_t size, const char *type, int64_t *id,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_FILE);

	stmt_bind_text(q, digest);
	stmt_bind_int(q, (int64_t)size);
	stmt_bind_text(q, type);
	if (stmt_run(q, err) < 0)
		return -1;
	return file_find(store, digest, id, err);
}

int
file_put(struct store *store, const void *bytes, size_t size, const char *type, bool tried,
	int64_t *id, struct err *err)
{
	char digest[FILE_DIGEST];
	struct arena *arena;
	int result = 0;

	file_digest(bytes, size, digest);
	if (store->path == NULL)
		return fail(err, ERR_STORAGE, "a database in memory has no folder for files");
	if (!tried) {
		arena = arena_new();
		result = file_write(
			arena, file_folder_path(arena, store->path), digest, bytes, size, err);
		arena_free(arena);
	}
	return result < 0 ? -1 : put_row(store, digest, size, type, id, err);
}

int
file_find(struct store *store, const char *digest, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ID);
	bool found;

	stmt_bind_text(q, digest);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	return found ? 0
		     : fail(err, ERR_NOT_FOUND, "the file '%.12s…' is not kept any more", digest);
}

static const char SELECT_FILE[] = "SELECT id, size, digest, type FROM file WHERE id = ?";

int
file_get(struct store *store, struct arena *arena, int64_t id, struct file *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_FILE);
	struct file found = { 0 };

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		found.id = stmt_int(q);
		found.size = stmt_int(q);
		found.digest = stmt_text_copy(q, arena);
		found.type = stmt_text_copy(q, arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0)
		return fail(
			err, ERR_NOT_FOUND, "there is no file with the id '%lld'", (long long)id);
	*out = found;
	return 0;
}

int
file_read(struct store *store, const struct file *file, struct text *out, struct err *err)
{
	struct arena *arena;
	int result;

	if (store->path == NULL)
		return fail(err, ERR_STORAGE, "a database in memory has no folder for files");
	arena = arena_new();
	result = file_load(
		arena, file_folder_path(arena, store->path), file->digest, file->size, out, err);
	arena_free(arena);
	return result;
}

/* ---- are all there? ---- */

static const char SELECT_NEXT[] =
	"SELECT id, size, digest, type FROM file WHERE id > ? ORDER BY id LIMIT 1";

static int
next_file(
	struct store *store, struct arena *arena, int64_t after, struct file *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NEXT);

	*out = (struct file){ 0 };
	stmt_bind_int(q, after);
	if (stmt_row(q)) {
		out->id = stmt_int(q);
		out->size = stmt_int(q);
		out->digest = stmt_text_copy(q, arena);
		out->type = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

int
file_check(struct store *store, void (*complain)(void *context, const char *what), void *context,
	struct err *err)
{
	struct arena *arena = arena_new();
	struct file file = { 0 };
	struct err why;
	int result;

	while ((result = next_file(store, arena, file.id, &file, err)) == 0 && file.id != 0) {
		struct text text = { 0 };

		if (file_read(store, &file, &text, &why) < 0)
			complain(context, why.message);
		text_clear(&text);
		arena_reset(arena);
	}
	arena_free(arena);
	return result;
}

/* ---- those that nothing refers to ---- */

static const char MARK_UNUSED[] =
	"UPDATE file SET unused = ?1 WHERE unused IS NULL"
	" AND NOT EXISTS (SELECT 1 FROM file_use u WHERE u.file = file.id)";
static const char MARK_USED[] = "UPDATE file SET unused = NULL WHERE unused IS NOT NULL"
				" AND EXISTS (SELECT 1 FROM file_use u WHERE u.file = file.id)";
static const char SELECT_OLD[] =
	"SELECT id, size, digest, type FROM file WHERE unused < ?1 ORDER BY unused LIMIT ?2";
static const char DELETE_FILE[] = "DELETE FROM file WHERE id = ?";

static int
mark(struct store *store, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, MARK_USED);

	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, MARK_UNUSED);
	stmt_bind_int(q, now);
	return stmt_run(q, err);
}

static int
list_old(struct store *store, struct arena *arena, int64_t before, unsigned max, struct file *out,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OLD);

	*count = 0;
	stmt_bind_int(q, before);
	stmt_bind_int(q, max);
	while (*count < max && stmt_row(q)) {
		struct file *file = &out[(*count)++];

		file->id = stmt_int(q);
		file->size = stmt_int(q);
		file->digest = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

static int
delete_rows(struct store *store, const struct file *files, unsigned count, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		struct stmt *q = sql_prepare(store, DELETE_FILE);

		stmt_bind_int(q, files[i].id);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

/* The rows are gone for good before the files are: a crash between leaves files without a row. */
static int
sweep(struct store *store, struct arena *arena, int64_t now, unsigned max, bool *more,
	struct err *err)
{
	struct file *files = arena_array(arena, max, sizeof *files);
	const char *folder = file_folder_path(arena, store->path);
	unsigned count = 0;

	if (store_begin(store, err) < 0)
		return -1;
	if (mark(store, now, err) < 0 ||
		list_old(store, arena, now - FILE_GRACE_S, max, files, &count, err) < 0 ||
		delete_rows(store, files, count, err) < 0 || store_commit(store, err) < 0) {
		store_rollback(store);
		return -1;
	}
	for (unsigned i = 0; i < count; i++)
		unlink(arena_printf(arena, "%s/%s", folder, files[i].digest));
	*more = count == max;
	return 0;
}

int
file_sweep(struct store *store, int64_t now, unsigned max, bool *more, struct err *err)
{
	struct arena *arena;
	int result;

	*more = false;
	if (store->path == NULL)
		return 0;
	arena = arena_new();
	result = sweep(store, arena, now, max, more, err);
	arena_free(arena);
	return result;
}

void
file_unlink(struct store *store, const char *digest)
{
	struct arena *arena;
	struct err err;
	int64_t id;

	if (store->path == NULL || file_find(store, digest, &id, &err) == 0 ||
		err.code != ERR_NOT_FOUND)
		return;
	arena = arena_new();
	unlink(arena_printf(arena, "%s/%s", file_folder_path(arena, store->path), digest));
	arena_free(arena);
}

/* ---- those that no row knows ---- */

struct file_folder {
	DIR *folder;
	char *path;
};

void
file_folder_close(struct file_folder *place)
{
	if (place == NULL)
		return;
	closedir(place->folder);
	free(place->path);
	free(place);
}

static struct file_folder *
open_folder(const struct store *store)
{
	struct arena *arena = arena_new();
	char *path = mem_text(file_folder_path(arena, store->path));
	DIR *folder = opendir(path);
	struct file_folder *place;

	arena_free(arena);
	if (folder == NULL) {
		free(path);
		return NULL;
	}
	place = mem_zero(1, sizeof *place);
	place->folder = folder;
	place->path = path;
	return place;
}

static int
is_known(struct store *store, const char *name, bool *known, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ID);
	int64_t id;

	stmt_bind_text(q, name);
	return sql_get_int(q, &id, known, err);
}

/* A draft is a digest and ".part"; what else lies there is none of ours. */
static int
look_at(struct store *store, const struct file_folder *place, const char *name, int64_t now,
	struct err *err)
{
	struct arena *arena;
	const char *path;
	char digest[FILE_DIGEST];
	struct stat status;
	bool known = false;

	text_copy(digest, sizeof digest, name);
	if (!file_is_digest(digest) ||
		(strlen(name) != strlen(digest) && strcmp(name + strlen(digest), ".part") != 0))
		return 0;
	if (strlen(name) == strlen(digest) && is_known(store, name, &known, err) < 0)
		return -1;
	arena = arena_new();
	path = arena_printf(arena, "%s/%s", place->path, name);
	if (!known && lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
		now - status.st_mtime > FILE_GRACE_S)
		unlink(path);
	arena_free(arena);
	return 0;
}

int
file_sweep_folder(
	struct store *store, struct file_folder **place, int64_t now, unsigned max, struct err *err)
{
	const struct dirent *entry;

	if (store->path == NULL)
		return 0;
	if (*place == NULL)
		*place = open_folder(store);
	for (unsigned i = 0; *place != NULL && i < max; i++) {
		entry = readdir((*place)->folder);
		if (entry == NULL) {
			file_folder_close(*place);
			*place = NULL;
			return 0;
		}
		if (look_at(store, *place, entry->d_name, now, err) < 0)
			return -1;
	}
	return 0;
}
