#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handle.h"
#include "schema.h"

#include "liaison/store/file.h"
#include "liaison/store/migrate.h"

/* From any older schema to this build's, a file at a time. */

int
schema_version(void)
{
	return (int)schema_file_count;
}

static int
read_version(struct store *store, int *version, struct err *err)
{
	int64_t value = 0;

	if (store_pragma_int(store, "PRAGMA user_version", &value, err) < 0)
		return -1;
	*version = (int)value;
	return 0;
}

static int
refuse_broken_references(struct store *store, const char *name, struct err *err)
{
	int64_t broken = 0;

	if (store_pragma_int(store, "SELECT count(*) FROM pragma_foreign_key_check", &broken, err) <
		0)
		return -1;
	if (broken > 0)
		return fail(err, ERR_STORAGE, "'%s' would leave %lld rows that refer to nothing",
			name, (long long)broken);
	return 0;
}

static int
run_file(struct store *store, const struct schema_file *file, int version, struct err *err)
{
	char sql[64], what[200];

	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
	snprintf(what, sizeof what, "the schema cannot be brought up to '%s'", file->name);
	if (store_begin(store, err) < 0)
		return -1;
	if (store_exec(store, file->sql, what, err) < 0 ||
		refuse_broken_references(store, file->name, err) < 0 ||
		store_exec(store, sql, what, err) < 0 || store_commit(store, err) < 0) {
		store_rollback(store);
		return -1;
	}
	return 0;
}

/* A file may rebuild a table, which needs foreign keys out of the way (sqlite.org/lang_altertable);
 * they are checked as a whole instead, and cannot be switched inside of a transaction. */
static int
run_files(struct store *store, const struct schema_file *files, int from, size_t count,
	struct err *err)
{
	struct err ignored;
	int result = store_exec(store, "PRAGMA foreign_keys = OFF", "the schema is locked", err);

	for (size_t i = (size_t)from; i < count && result == 0; i++)
		result = run_file(store, &files[i], (int)i + 1, err);
	if (store_exec(store, "PRAGMA foreign_keys = ON", "the schema is locked",
		    result ? &ignored : err) < 0)
		return -1;
	return result;
}

static bool
same_bytes(FILE *a, FILE *b)
{
	char left[4096], right[4096];
	size_t got;

	do {
		got = fread(left, 1, sizeof left, a);
		if (got != fread(right, 1, sizeof right, b) || memcmp(left, right, got) != 0)
			return false;
	} while (got > 0);
	return !ferror(a) && !ferror(b);
}

static bool
same_files(const char *a, const char *b)
{
	FILE *left = fopen(a, "re"), *right = fopen(b, "re");
	bool same = left != NULL && right != NULL && same_bytes(left, right);

	if (left != NULL)
		fclose(left);
	if (right != NULL)
		fclose(right);
	return same;
}

static char *
backup_name(const char *path, size_t version, unsigned number)
{
	size_t size = strlen(path) + 48;
	char *name = mem_alloc(size);

	if (number == 0)
		snprintf(name, size, "%s.before-%zu", path, version);
	else
		snprintf(name, size, "%s.before-%zu.%u", path, version, number);
	return name;
}

static int
write_backup(struct store *store, const char *name, const char *before, struct err *err)
{
	int ignored;

	if (store_backup(store, name, NULL, NULL, err) < 0 ||
		backup_verify(name, &ignored, err) < 0)
		return -1;
	if (before != NULL && same_files(name, before))
		unlink(name);
	return 0;
}

/* Nothing is written over: a database that was restored and is brought up again gets another name,
 * and a failing migration that is tried at every start does not fill the disk with equal copies. */
static int
back_up(struct store *store, const char *path, size_t version, struct err *err)
{
	enum { NAMES = 100 };
	char *name = backup_name(path, version, 0), *before = NULL;
	unsigned number = 0;
	int result;

	while (access(name, F_OK) == 0 && ++number < NAMES) {
		free(before);
		before = name;
		name = backup_name(path, version, number);
	}
	result = write_backup(store, name, before, err);
	free(before);
	free(name);
	return result;
}

int
migrate_with(struct store *store, const char *path, const struct schema_file *files, size_t count,
	struct err *err)
{
	int version = 0;

	if (read_version(store, &version, err) < 0)
		return -1;
	if (version < 0 || (size_t)version > count)
		return store_refuse_newer(path, version, count, err);
	if ((size_t)version == count)
		return 0;
	if (version > 0 && strcmp(path, ":memory:") != 0 && back_up(store, path, count, err) < 0)
		return -1;
	return run_files(store, files, version, count, err);
}

int
store_migrate(struct store *store, const char *path, struct err *err)
{
	return migrate_with(store, path, schema_files, schema_file_count, err);
}

static int
verify(struct store *store, const char *path, int *version, struct err *err)
{
	int found = 0;

	if (read_version(store, &found, err) < 0)
		return -1;
	if (found > schema_version())
		return store_refuse_newer(path, found, schema_file_count, err);
	if (found < 1)
		return fail(err, ERR_STORAGE, "'%s' holds no schema", path);
	if (store_check(store, false, NULL, NULL, err) < 0)
		return -1;
	*version = found;
	return 0;
}

int
backup_verify(const char *path, int *version, struct err *err)
{
	struct store *store = store_open(path, STORE_READER, err);
	int result;

	if (store == NULL)
		return -1;
	result = verify(store, path, version, err);
	store_close(store);
	return result;
}

int
backup_verify_files(const char *path, void (*complain)(void *context, const char *what),
	void *context, struct err *err)
{
	struct store *store = store_open(path, STORE_READER, err);
	int result;

	if (store == NULL)
		return -1;
	result = file_check_packed(store, complain, context, err);
	store_close(store);
	return result;
}
