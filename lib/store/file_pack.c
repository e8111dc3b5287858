#include <stdlib.h>
#include <string.h>

#include "file_path.h"
#include "handle.h"

/* Files in backups: one file that has all. */

static const char HAS_TABLE[] = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";

static int
has_table(struct store *store, const char *name, bool *has, struct err *err)
{
	struct stmt *q = sql_prepare(store, HAS_TABLE);

	stmt_bind_text(q, name);
	return sql_get_int(q, NULL, has, err);
}

static const char NEXT_FILE[] =
	"SELECT id, size, digest FROM file WHERE id > ? ORDER BY id LIMIT 1";
/* A backup that was put in place by hand has some already. */
static const char PACK[] = "INSERT OR REPLACE INTO backup_file (digest, bytes) VALUES (?, ?)";

static int
next_file(
	struct store *store, struct arena *arena, int64_t after, struct file *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, NEXT_FILE);

	*out = (struct file){ 0 };
	stmt_bind_int(q, after);
	if (stmt_row(q)) {
		out->id = stmt_int(q);
		out->size = stmt_int(q);
		out->digest = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

static int
pack_one(struct store *copy, const struct file *file, const struct text *bytes, struct err *err)
{
	struct stmt *q = sql_prepare(copy, PACK);

	stmt_bind_text(q, file->digest);
	stmt_bind_blob(q, bytes->bytes != NULL ? bytes->bytes : "", bytes->size);
	return stmt_run(q, err);
}

static int
pack_all(struct store *from, struct store *copy, struct err *err)
{
	struct arena *arena = arena_new();
	struct file file = { 0 };
	struct err ignored;
	int result = 0;

	while (result == 0) {
		struct text text = { 0 };

		arena_reset(arena);
		result = next_file(copy, arena, file.id, &file, err);
		if (result < 0 || file.id == 0)
			break;
		if (file_read(from, &file, &text, &ignored) == 0)
			result = pack_one(copy, &file, &text, err);
		text_clear(&text);
	}
	arena_free(arena);
	return result;
}

static const char CREATE[] =
	"CREATE TABLE IF NOT EXISTS backup_file (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL)"
	" STRICT, WITHOUT ROWID";

static int
pack(struct store *from, struct store *copy, struct err *err)
{
	bool files;

	if (has_table(copy, "file", &files, err) < 0)
		return -1;
	if (!files)
		return 0;
	if (store_begin(copy, err) < 0)
		return -1;
	if (store_exec(copy, CREATE, "the backup cannot hold the files", err) < 0 ||
		pack_all(from, copy, err) < 0 || store_commit(copy, err) < 0) {
		store_rollback(copy);
		return -1;
	}
	return 0;
}

int
file_pack(struct store *store, const char *path, struct err *err)
{
	struct store *copy;
	int result;

	if (store->path == NULL)
		return 0;
	copy = store_open(path, STORE_WRITER, err);
	if (copy == NULL)
		return -1;
	result = pack(store, copy, err);
	if (result == 0)
		result = store_exec(
			copy, "PRAGMA journal_mode = DELETE", "the backup cannot be finished", err);
	store_close(copy);
	return result;
}

/* ---- what is in it ---- */

static const char SELECT_BYTES[] = "SELECT bytes FROM backup_file WHERE digest = ?";

/* *found false: it is not there. *same: it is what it should be. */
static int
compare(struct store *copy, const struct file *file, bool *found, bool *same, struct err *err)
{
	struct stmt *q = sql_prepare(copy, SELECT_BYTES);
	char digest[FILE_DIGEST];
	size_t size = 0;

	stmt_bind_text(q, file->digest);
	*found = stmt_row(q);
	*same = false;
	if (*found) {
		const void *bytes = stmt_blob(q, &size);

		file_digest(bytes != NULL ? bytes : "", size, digest);
		*same = (int64_t)size == file->size && strcmp(digest, file->digest) == 0;
	}
	return stmt_end(q, err);
}

static int
check_packed(struct store *copy, struct arena *arena,
	void (*complain)(void *context, const char *what), void *context, struct err *err)
{
	struct file file = { 0 };
	bool found, same;

	for (;;) {
		if (next_file(copy, arena, file.id, &file, err) < 0)
			return -1;
		if (file.id == 0)
			return 0;
		if (compare(copy, &file, &found, &same, err) < 0)
			return -1;
		if (!same)
			complain(context,
				arena_printf(arena, "the file '%.12s…' is %s in the backup",
					file.digest, found ? "altered" : "missing"));
	}
}

int
file_check_packed(struct store *copy, void (*complain)(void *context, const char *what),
	void *context, struct err *err)
{
	struct arena *arena;
	bool files, packed;
	int result;

	if (has_table(copy, "file", &files, err) < 0 ||
		has_table(copy, "backup_file", &packed, err) < 0)
		return -1;
	if (!files || !packed) /* an older schema, or a copy that was made without */
		return 0;
	arena = arena_new();
	result = check_packed(copy, arena, complain, context, err);
	arena_free(arena);
	return result;
}

/* ---- out of it ---- */

static int
unpack_one(struct store *copy, struct arena *arena, const char *folder, const struct file *file,
	struct err *err)
{
	struct stmt *q = sql_prepare(copy, SELECT_BYTES);
	struct err why;
	char digest[FILE_DIGEST];
	int result = 0;

	stmt_bind_text(q, file->digest);
	if (stmt_row(q)) {
		size_t size;
		const void *bytes = stmt_blob(q, &size);

		file_digest(bytes != NULL ? bytes : "", size, digest);
		if (strcmp(digest, file->digest) == 0)
			result = file_write(arena, folder, digest, bytes, size, &why);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (result < 0)
		*err = why;
	return result;
}

static int
unpack(struct store *copy, const char *database, struct err *err)
{
	struct arena *arena = arena_new();
	const char *folder = file_folder_path(arena, database);
	struct arena *scratch = arena_new();
	struct file file = { 0 };
	int result = 0;

	while (result == 0) {
		arena_reset(scratch);
		result = next_file(copy, scratch, file.id, &file, err);
		if (result < 0 || file.id == 0)
			break;
		result = unpack_one(copy, scratch, folder, &file, err);
	}
	arena_free(scratch);
	arena_free(arena);
	return result;
}

int
file_unpack(struct store *copy, const char *database, struct err *err)
{
	static const char WHAT[] = "the files cannot be taken out of the backup";
	char *real;
	bool packed;
	int result;

	if (has_table(copy, "backup_file", &packed, err) < 0)
		return -1;
	if (!packed)
		return 0;
	real = store_real_path(database, err);
	if (real == NULL)
		return -1;
	sqlite3_limit(copy->db, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM builds another beside it */
	result = unpack(copy, real, err);
	free(real);
	store_drop_statements(copy);
	if (result < 0 || store_exec(copy, "DROP TABLE backup_file", WHAT, err) < 0 ||
		store_exec(copy, "VACUUM", WHAT, err) < 0)
		return -1;
	return store_exec(copy, "PRAGMA journal_mode = DELETE", WHAT, err);
}
