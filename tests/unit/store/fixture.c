#include "fixture.h"

#include <dirent.h>
#include <sys/stat.h>

int
make_folder(void **state)
{
	char name[] = "/tmp/liaison-store-XXXXXX";

	if (mkdtemp(name) == NULL)
		return -1;
	*state = mem_text(name);
	return 0;
}

int
remove_folder(void **state)
{
	DIR *dir = opendir(*state);
	struct dirent *entry;
	char path[512];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", (char *)*state, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(*state);
	free(*state);
	return 0;
}

const char *
in_folder(void **state, const char *name)
{
	static char paths[8][256];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", (char *)*state, name);
	return path;
}

bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

long
file_size(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (long)info.st_size : -1;
}

void
write_bytes(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

struct store *
must_open(const char *path, enum store_mode mode)
{
	struct err err = { 0 };
	struct store *store = store_open(path, mode, &err);

	if (store == NULL)
		fail_msg("%s", err.message);
	return store;
}

struct store *
must_make(const char *path)
{
	struct store *store = must_open(path, STORE_WRITER);
	struct err err = { 0 };

	if (store_migrate(store, path, &err) < 0)
		fail_msg("%s", err.message);
	return store;
}

void
must_run(struct store *store, const char *sql)
{
	struct err err = { 0 };

	if (stmt_run(sql_prepare_once(store, sql, strlen(sql)), &err) < 0)
		fail_msg("%s: %s", sql, err.message);
}

int64_t
must_get(struct store *store, const char *sql)
{
	struct err err = { 0 };
	int64_t value = 0;
	bool found = false;

	if (sql_get_int(sql_prepare_once(store, sql, strlen(sql)), &value, &found, &err) < 0)
		fail_msg("%s: %s", sql, err.message);
	assert_true(found);
	return value;
}

void
must_fail(struct store *store, const char *sql, enum err_code code, const char *part)
{
	struct err err = { 0 };

	assert_int_equal(stmt_run(sql_prepare_once(store, sql, strlen(sql)), &err), -1);
	if (err.code != code)
		fail_msg("%s: code %d: %s", sql, err.code, err.message);
	must_say(&err, part);
}

void
must_say(const struct err *err, const char *part)
{
	if (strstr(err->message, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err->message, part);
}
