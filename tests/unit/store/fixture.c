#include "fixture.h"

#include <dirent.h>
#include <sys/stat.h>

#include "schema.h"

/* In memory where there is such a place: nothing here asks for more of it than a few files. */
int
make_folder(void **state)
{
	char name[60];

	snprintf(name, sizeof name, "%s/liaison-store-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(name) == NULL)
		return -1;
	*state = mem_text(name);
	return 0;
}

void
empty_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char name[512];

	if (folder == NULL) {
		mkdir(path, 0700);
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		if (entry->d_type == DT_DIR) {
			empty_folder(name);
			rmdir(name);
		} else
			unlink(name);
	}
	closedir(folder);
}

int
remove_folder(void **state)
{
	empty_folder(*state);
	rmdir(*state);
	free(*state);
	return 0;
}

unsigned long
env_number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text == NULL || *text == '\0' ? otherwise : strtoul(text, NULL, 10);
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

/* A database that mail was captured into by the first version. */
static const char *const FIRST_ROWS[] = {
	"INSERT INTO contact (no, type, name, name_fold, created, changed, interactions) "
	"VALUES ('C00001', 'person', 'Ada', 'ada', 1, 1, 1)",
	"INSERT INTO source (name, kind) VALUES ('work', 'imap')",
	"INSERT INTO stream (source_id, folder, uidvalidity, cursor, anchor, low) "
	"VALUES (1, 'INBOX', 7, 9, 8, 0)",
	"INSERT INTO address (address) VALUES ('ada@x.example')",
	"INSERT INTO message (identity, at, offset_min, direction) VALUES (x'00', 5, 60, "
	"'inbound')",
	"INSERT INTO party (message_id, place, role, address_id) VALUES (1, 0, 'from', 1)",
	"INSERT INTO interaction (kind, status, direction, initiated_by, at, offset_min, "
	"message_id, "
	"created, changed) VALUES ('email', 'recorded', 'inbound', 'them', 5, 60, 1, 5, 5)",
	"INSERT INTO interaction (kind, status, direction, initiated_by, at, offset_min, created, "
	"changed) VALUES ('meeting', 'planned', 'none', 'us', 900, 0, 5, 5)",
	"INSERT INTO interaction_contact (contact_id, at, interaction_id, role, via) "
	"VALUES (1, 5, 1, 'from', 'address')",
	"INSERT INTO ledger (stream_id, uid, at, decision, message_id, interaction_id) "
	"VALUES (1, 9, 5, 'captured', 1, 1)",
};

static void
bring_to(struct store *store, const char *path, size_t version)
{
	struct err err = { 0 };

	if (migrate_with(store, path, schema_files, version, &err) < 0)
		fail_msg("%s", err.message);
}

struct store *
must_make_old(const char *path, size_t version)
{
	struct store *store = must_open(path, STORE_WRITER);

	if (version == 0)
		return store;
	bring_to(store, path, 1);
	for (size_t i = 0; i < sizeof FIRST_ROWS / sizeof FIRST_ROWS[0]; i++)
		must_run(store, FIRST_ROWS[i]);
	if (version > 1)
		bring_to(store, path, version);
	return store;
}

int
reopen(struct store *store, struct err *err)
{
	struct store *fresh = store_reopen_begin(store, err);

	if (fresh == NULL)
		return -1;
	if (store_reopen_check(fresh, err) == 0) {
		store_reopen_end(store, fresh);
		return 0;
	}
	store_close(fresh);
	return -1;
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
