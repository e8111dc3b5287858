#include "fixture.h"

#include "liaison/base/clock.h"
#include "liaison/store/audit.h"
#include "liaison/store/event_log.h"
#include "liaison/store/idempotency.h"
#include "memory/starve.h"

/* The database when memory runs out: opened, migrated, written, undone, copied. */

struct shelf {
	void *folder;
	pid_t maker; /* of the folder */
	struct store *store; /* in memory, or NULL */
	struct arena *arena;
};

static struct shelf *
new_shelf(void)
{
	struct shelf *shelf = mem_zero(1, sizeof *shelf);

	assert_int_equal(make_folder(&shelf->folder), 0);
	shelf->maker = getpid();
	shelf->arena = arena_new();
	return shelf;
}

static void *
open_folder(void)
{
	return new_shelf();
}

static void *
open_store(void)
{
	struct shelf *shelf = new_shelf();
	struct err err;

	shelf->store = store_open_memory(&err);
	assert_non_null(shelf->store);
	must_run(shelf->store, "INSERT INTO setup (key, value) VALUES ('a', '1'), ('b', '2')");
	return shelf;
}

static void
close_shelf(void *state)
{
	struct shelf *shelf = state;

	if (shelf->store != NULL)
		store_close(shelf->store);
	arena_free(shelf->arena);
	if (getpid() == shelf->maker)
		remove_folder(&shelf->folder);
	else
		free(shelf->folder);
	free(shelf);
}

static void
clear_folder(void *state)
{
	struct shelf *shelf = state;

	empty_folder(shelf->folder);
}

static void
roll_back(void *state)
{
	struct shelf *shelf = state;

	store_rollback(shelf->store);
	arena_reset(shelf->arena);
}

/* ---- files ------------------------------------------------------------------------------------- */

/* What a process that ended left behind is there, too. */
static int
run_opening(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;
	const char *path = in_folder(&shelf->folder, "liaison.db");
	struct store *store = store_open(path, STORE_WRITER, err), *reader;
	int result = store == NULL ? -1 : store_migrate(store, path, err);

	if (result == 0) {
		reader = store_open(path, STORE_READER, err);
		result = reader == NULL ? -1 : 0;
		if (reader != NULL)
			store_close(reader);
	}
	if (store != NULL)
		store_close(store);
	text_printf(out, "%d\n", result);
	return result;
}

static int
tell_opening(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;
	int version;

	if (backup_verify(in_folder(&shelf->folder, "liaison.db"), &version, err) < 0)
		return -1;
	text_printf(out, "version %d\n", version);
	return 0;
}

static int
run_backup(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;
	const char *path = in_folder(&shelf->folder, "copy.db");

	unlink(path);
	if (store_backup(shelf->store, path, NULL, NULL, err) < 0) {
		assert_false(exists(path));
		assert_false(exists(in_folder(&shelf->folder, "copy.db.part")));
		return -1;
	}
	text_printf(out, "%ld bytes\n", file_size(path));
	return 0;
}

static int
run_check(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;

	(void)out;
	return store_check(shelf->store, false, NULL, NULL, err);
}

/* ---- transactions ------------------------------------------------------------------------------ */

static int
insert(struct store *store, const char *key, struct err *err)
{
	static const char INSERT[] = "INSERT INTO setup (key) VALUES (?)";
	struct stmt *q = sql_prepare(store, INSERT);

	stmt_bind_text(q, key);
	return stmt_run(q, err);
}

/* The savepoint is undone, and what is around it is kept. */
static int
run_savepoint(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;

	(void)out;
	if (store_begin(shelf->store, err) < 0)
		return -1;
	if (insert(shelf->store, "kept", err) < 0 || store_savepoint(shelf->store, err) < 0)
		return -1;
	if (insert(shelf->store, "undone", err) < 0)
		return -1;
	store_rollback_to(shelf->store);
	return store_commit(shelf->store, err);
}

static int
tell_savepoint(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;

	(void)err;
	text_printf(out, "%lld kept, %lld undone\n",
		(long long)must_get(shelf->store, "SELECT count(*) FROM setup WHERE key = 'kept'"),
		(long long)must_get(
			shelf->store, "SELECT count(*) FROM setup WHERE key = 'undone'"));
	return 0;
}

/* What is left of it when it failed is nothing. */
static void
undo_savepoint(void *state)
{
	struct shelf *shelf = state;

	if (store_in_transaction(shelf->store)) {
		store_rollback(shelf->store);
		assert_int_equal(must_get(shelf->store, "SELECT count(*) FROM setup"), 2);
	}
	must_run(shelf->store, "DELETE FROM setup WHERE key IN ('kept', 'undone')");
}

/* A transaction is undone although there is no memory, and the next one begins well. */
static int
run_rollback(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;
	bool found;
	int64_t count;

	if (store_begin(shelf->store, err) < 0)
		return -1;
	if (insert(shelf->store, "undone", err) < 0)
		return -1;
	store_rollback(shelf->store);
	if (store_begin(shelf->store, err) < 0)
		return -1;
	if (sql_get_int(sql_prepare(shelf->store, "SELECT count(*) FROM setup"), &count, &found,
		    err) < 0)
		return -1;
	text_printf(out, "%lld\n", (long long)count);
	return store_commit(shelf->store, err);
}

static void
undo_rollback(void *state)
{
	struct shelf *shelf = state;

	if (store_in_transaction(shelf->store))
		store_rollback(shelf->store);
}

/* ---- journals ---------------------------------------------------------------------------------- */

static int
run_journal(void *state, struct text *out, struct err *err)
{
	struct journal_entry entry = { .user = "ada",
		.method = "contact.add",
		.noun = "contact",
		.record = 1,
		.after = "{\"name\":\"Ada\"}" };
	struct audit_question question = { .since = TIME_MIN, .limit = 10 };
	struct shelf *shelf = state;
	struct audit_entry *found;
	unsigned count;
	int64_t id;

	if (store_begin(shelf->store, err) < 0 || journal_add(shelf->store, &entry, &id, err) < 0 ||
		audit_list(shelf->store, shelf->arena, &question, &found, &count, err) < 0)
		return -1;
	text_printf(out, "%u: %s %s\n", count, found[0].user, found[0].after);
	return 0;
}

static int
run_event_log(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;
	struct event_entry *found;
	unsigned count;
	int64_t seq;

	if (store_begin(shelf->store, err) < 0 ||
		event_log_add(shelf->store, 7, "contact.added", "{\"id\":1}", &seq, err) < 0 ||
		event_log_list(shelf->store, shelf->arena, 0, 10, &found, &count, err) < 0)
		return -1;
	text_printf(out, "%u: %s %s\n", count, found[0].kind, found[0].record);
	return 0;
}

static int
run_idempotency(void *state, struct text *out, struct err *err)
{
	static const uint8_t DIGEST[IDEMPOTENCY_DIGEST];
	struct shelf *shelf = state;
	const char *result;

	if (store_begin(shelf->store, err) < 0 ||
		idempotency_add(shelf->store, "ada", "k", DIGEST, 7, "{\"id\":1}", 8, err) < 0 ||
		idempotency_find(shelf->store, shelf->arena, "ada", "k", DIGEST, 8, &result, err) <
			0)
		return -1;
	text_printf(out, "%s\n", result);
	return 0;
}

static const struct scenario SCENARIOS[] = {
	{ "opens_and_migrates", open_folder, run_opening, tell_opening, clear_folder, close_shelf,
		false },
	{ "makes_a_backup", open_store, run_backup, NULL, clear_folder, close_shelf, false },
	{ "checks_a_database", open_store, run_check, NULL, NULL, close_shelf, false },
	{ "commits_nothing_that_it_was_to_undo", open_store, run_savepoint, tell_savepoint,
		undo_savepoint, close_shelf, false },
	{ "begins_again_after_a_rollback", open_store, run_rollback, NULL, undo_rollback,
		close_shelf, false },
	{ "journals", open_store, run_journal, NULL, roll_back, close_shelf, false },
	{ "logs_an_event", open_store, run_event_log, NULL, roll_back, close_shelf, false },
	{ "keeps_an_answer", open_store, run_idempotency, NULL, roll_back, close_shelf, false },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
