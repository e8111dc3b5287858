#include "offline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "liaison/store/file.h"
#include "liaison/store/migrate.h"

static int
complain(const struct err *err)
{
	fprintf(stderr, "liaisond: %s\n", err->message);
	return EXIT_STORAGE;
}

static void
print_finding(void *context, const char *what)
{
	int *mistakes = context;

	fprintf(stderr, "liaisond: %s\n", what);
	++*mistakes;
}

int
offline_check_backup(const char *path)
{
	struct err err;
	int version, mistakes = 0;

	if (backup_verify(path, &version, &err) < 0 ||
		backup_verify_files(path, print_finding, &mistakes, &err) < 0)
		return complain(&err);
	if (mistakes > 0) {
		fail(&err, ERR_STORAGE, "%s: the database is sound, %d of its files are not in it",
			path, mistakes);
		return complain(&err);
	}
	printf("%s: a sound backup, schema %d\n", path, version);
	return 0;
}

/* "liaison.db" becomes "liaison.db.before-restore-20261121T083000Z", its log with it. */
static int
put_aside(struct arena *arena, const char *database, struct err *err)
{
	struct civil now;
	char *aside;

	if (access(database, F_OK) < 0)
		return 0;
	time_to_civil(clock_now(), &now);
	aside = arena_printf(arena, "%s.before-restore-%04d%02d%02dT%02d%02d%02dZ", database,
		now.year, now.month, now.day, now.hour, now.minute, now.second);
	if (access(aside, F_OK) == 0 || rename(database, aside) < 0)
		return fail(err, ERR_STORAGE, "'%s' cannot be put aside: %s", database,
			strerror(errno));
	rename(arena_printf(arena, "%s-wal", database), arena_printf(arena, "%s-wal", aside));
	unlink(arena_printf(arena, "%s-shm", database));
	printf("%s: the old database\n", aside);
	return 0;
}

/* What is missing in the backup is told; what lies in the folder already stays. */
static int
take_files_out(const char *path, const char *fresh, const char *database, struct err *err)
{
	struct store *store;
	int mistakes = 0, result;

	if (backup_verify_files(path, print_finding, &mistakes, err) < 0)
		return -1;
	store = store_open(fresh, STORE_WRITER, err);
	if (store == NULL)
		return -1;
	result = file_unpack(store, database, err);
	store_close(store);
	return result;
}

/* The copy is made by SQLite from the backup and takes the database's name only when it is whole. */
static int
restore(struct arena *arena, const char *path, const char *database, struct err *err)
{
	char *fresh = arena_printf(arena, "%s.restored", database);
	struct store *backup;
	int version, result;

	if (backup_verify(path, &version, err) < 0)
		return -1;
	unlink(fresh);
	backup = store_open(path, STORE_READER, err);
	if (backup == NULL)
		return -1;
	result = store_backup(backup, fresh, NULL, NULL, err);
	store_close(backup);
	if (result == 0)
		result = take_files_out(path, fresh, database, err);
	if (result < 0)
		unlink(fresh);
	if (result < 0 || put_aside(arena, database, err) < 0)
		return -1;
	if (rename(fresh, database) < 0)
		return fail(err, ERR_STORAGE, "'%s' cannot be made: %s", database, strerror(errno));
	printf("%s: restored from %s, schema %d\n", database, path, version);
	return 0;
}

int
offline_restore(const char *path, const char *database)
{
	struct arena *arena = arena_new();
	struct err err;
	int result = restore(arena, path, database, &err);

	arena_free(arena);
	return result < 0 ? complain(&err) : 0;
}
