#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine.h"
#include "liaison/base/address.h"
#include "liaison/capture/forget.h"
#include "liaison/store/forgotten.h"
#include "liaison/store/journal.h"
#include "loop_call.h"
#include "request.h"
#include "watch.h"

/* contact.forget, contact.forgotten, contact.allow. An erasure is many transactions and what lies between them:
 * work of its own for the writer, slice by slice. */

enum { HELD_TRIES = 40 }; /* tries at a log that somebody holds, 50 ms each */

struct forgetting {
	struct work work; /* first */
	struct loop_call *call;
	struct settings *settings; /* held */
	struct arena *arena; /* own */
	const char *words, *user;
	bool redact, dry;
	int64_t id; /* of the receipt; 0: not begun */
	unsigned held;
	bool done, failed;
	struct text out; /* counts, or the receipt */
	struct err err;
};

/* ---- copies that know the person still --------------------------------------------------------- */

static void
write_backup(struct json_out *out, const char *folder, const char *name,
	const struct config *config, struct arena *arena)
{
	struct stat status;

	if (stat(arena_printf(arena, "%s/%s", folder, name), &status) < 0 ||
		!S_ISREG(status.st_mode))
		return;
	json_object_begin(out, NULL);
	json_text(out, "name", name);
	json_time(out, "at", status.st_mtime, 0);
	json_time(out, "until",
		status.st_mtime + config->backup_every * (int64_t)config->backup_keep, 0);
	json_object_end(out);
}

static const char *
backups(struct arena *arena, const struct config *config)
{
	const char *folder = config->backup_directory;
	DIR *open = folder == NULL ? NULL : opendir(folder);
	const struct dirent *entry;
	struct json_doc doc;
	const char *text;

	json_doc_begin(&doc);
	json_array_begin(&doc.out, NULL);
	while (open != NULL && (entry = readdir(open)) != NULL) {
		if (strstr(entry->d_name, ".db") != NULL)
			write_backup(&doc.out, folder, entry->d_name, config, arena);
	}
	json_array_end(&doc.out);
	if (open != NULL)
		closedir(open);
	json_doc_end(&doc, arena, 0, &text);
	return text;
}

/* ---- on the writer's thread -------------------------------------------------------------------- */

static int
count_it(struct forgetting *it, struct store *store, const struct forget_person *person,
	struct err *err)
{
	struct json_out out;

	json_out_init(&out, &it->out);
	json_object_begin(&out, NULL);
	if (forget_count(store, it->arena, person, &out, err) < 0)
		return -1;
	json_object_end(&out);
	return 0;
}

static int
journal_it(struct forgetting *it, struct store *store, struct err *err)
{
	struct journal_entry entry = {
		.user = it->user,
		.method = "contact.forget",
		.noun = "erasure",
		.record = it->id,
		.after = arena_printf(it->arena, "{\"receipt\":%lld,\"shared\":\"%s\"}",
			(long long)it->id, it->redact ? "redact" : "keep"),
	};
	int64_t id;

	return journal_add(store, &entry, &id, err);
}

static int
begin_it(struct forgetting *it, struct store *store, const struct forget_person *person,
	struct err *err)
{
	if (forget_begin(store, it->arena, person, it->user, it->redact,
		    backups(it->arena, &it->settings->config), clock_now(), &it->id, err) < 0 ||
		journal_it(it, store, err) < 0)
		return -1;
	return store_commit(store, err);
}

static int
look(struct forgetting *it, struct worker *worker, struct err *err)
{
	struct store *store = worker->store;
	struct forget_person person;
	int result;

	if (store_begin(store, err) < 0)
		return -1;
	result = forget_find(store, it->arena, it->words, &person, err);
	if (result == 0)
		result = forget_check(store, worker->capture, it->arena, &person, err);
	if (result == 0)
		result = it->dry ? count_it(it, store, &person, err)
				 : begin_it(it, store, &person, err);
	if (store_in_transaction(store))
		store_rollback(store);
	it->done = it->dry;
	return result;
}

static int
write_receipt(struct forgetting *it, struct store *store, struct err *err)
{
	struct json_out out;

	json_out_init(&out, &it->out);
	json_object_begin(&out, NULL);
	if (forget_write(store, it->id, &out, err) < 0)
		return -1;
	json_object_end(&out);
	return 0;
}

static int
go_on(struct forgetting *it, struct worker *worker, struct err *err)
{
	bool held = false;

	if (forget_slice(worker->store, worker->capture, worker->arena, it->id, clock_now(), &held,
		    &it->done, err) < 0)
		return -1;
	it->held += held;
	if (it->held >= HELD_TRIES)
		it->done = true;
	return it->done ? write_receipt(it, worker->store, err) : 0;
}

static void
run_forgetting(struct work *work, struct worker *worker)
{
	struct forgetting *it = (struct forgetting *)work;
	int result = it->id == 0 ? look(it, worker, &it->err) : go_on(it, worker, &it->err);

	it->failed = result < 0;
}

/* ---- on the loop ------------------------------------------------------------------------------- */

static void
answer(struct forgetting *it)
{
	const struct answer_more counts = { "counts", it->out.bytes, it->out.size };
	struct loop_call *call = it->call;
	struct err err;

	if (it->dry && !call->call.dry_run) {
		fail(&err, ERR_REFUSED, "'%s' must be confirmed", call->call.command->name);
		err_hint(&err, "run it with yes (liaison --yes) after looking at the counts: it "
			       "cannot be taken back");
		loop_call_fail_with(call, &err, &counts);
		return;
	}
	json_raw(call->call.out, NULL, it->out.bytes, it->out.size);
	loop_call_answer(call);
}

static void
forgetting_done(struct work *work)
{
	struct forgetting *it = (struct forgetting *)work;

	if (!it->failed && !it->done) {
		writer_add(it->call->call.engine->writer, &it->work);
		return;
	}
	if (it->failed) {
		if (it->id != 0)
			err_hint(&it->err, "the erasure is gone on with at the next start");
		loop_call_fail(it->call, &it->err);
	} else {
		answer(it);
	}
	text_clear(&it->out);
	settings_release(it->settings);
	arena_free(it->arena);
	free(it);
}

static int
run_forget(struct loop_call *call, struct err *err)
{
	struct forgetting *it = mem_zero(1, sizeof *it);
	const char *shared = call_text(&call->call, "shared");

	(void)err;
	it->call = call;
	it->settings = settings_hold(call->batch->settings);
	it->arena = arena_new();
	it->words = arena_text(it->arena, call_text(&call->call, "contact"));
	it->user = arena_text(it->arena, call->call.user);
	it->redact = shared != NULL && strcmp(shared, "redact") == 0;
	it->dry = call->call.dry_run || !call->call.yes;
	it->work.priority = WORK_COMMAND;
	it->work.run = run_forgetting;
	it->work.done = forgetting_done;
	writer_add(call->call.engine->writer, &it->work);
	return 0;
}

/* ---- contact.forgotten, contact.allow ---------------------------------------------------------- */

static int
run_forgotten(struct call *call, struct err *err)
{
	struct forgotten found;
	char *address;
	bool is;

	if (address_canonical(call->arena, call_text(call, "address"), &address, err) < 0 ||
		forgotten_load(call->store, err) < 0)
		return -1;
	is = forgotten_find(call->store, address, &found);
	json_object_begin(call->out, NULL);
	json_bool(call->out, "forgotten", is);
	if (is) {
		json_time(call->out, "since", found.since, zone_offset(call->zone, found.since));
		json_int(call->out, "receipt", found.receipt);
		json_text_n(call->out, "digest", found.digest, 12);
	} else {
		json_null_(call->out, "since");
		json_null_(call->out, "receipt");
		json_null_(call->out, "digest");
	}
	json_object_end(call->out);
	return 0;
}

struct allowing {
	struct work work; /* first */
	struct loop_call *call;
	struct arena *arena; /* own */
	char *address;
	const char *user;
	struct forgotten found;
	bool failed;
	struct err err;
};

/* The journal knows no address either. */
static int
journal_allowed(struct allowing *it, struct store *store, struct err *err)
{
	struct journal_entry entry = {
		.user = it->user,
		.method = "contact.allow",
		.noun = "erasure",
		.record = it->found.receipt,
		.after = arena_printf(it->arena, "{\"digest\":\"%.12s\"}", it->found.digest),
	};
	int64_t id;

	return journal_add(store, &entry, &id, err);
}

static int
allow(struct allowing *it, struct worker *worker, struct err *err)
{
	bool was = false;

	if (!forgotten_find(worker->store, it->address, &it->found))
		return fail_field(
			err, ERR_NOT_FOUND, "address", "'%s' is not forgotten", it->address);
	if (journal_allowed(it, worker->store, err) < 0 ||
		forgotten_remove(worker->store, it->address, &was, err) < 0)
		return -1;
	if (!was)
		return fail_field(err, ERR_REFUSED, "address",
			"'%s' is forgotten as what it is without its tag: allow that", it->address);
	return store_commit(worker->store, err);
}

static void
run_allowing(struct work *work, struct worker *worker)
{
	struct allowing *it = (struct allowing *)work;

	it->failed = store_begin(worker->store, &it->err) < 0 || allow(it, worker, &it->err) < 0;
	if (store_in_transaction(worker->store))
		store_rollback(worker->store);
}

static void
allowing_done(struct work *work)
{
	struct allowing *it = (struct allowing *)work;
	struct json_out *out = it->call->call.out;

	if (it->failed) {
		loop_call_fail(it->call, &it->err);
	} else {
		json_object_begin(out, NULL);
		json_bool(out, "forgotten", false);
		json_int(out, "receipt", it->found.receipt);
		json_text_n(out, "digest", it->found.digest, 12);
		json_text(out, "note",
			"mail that comes from now on is captured; what was erased does not come "
			"back");
		json_object_end(out);
		loop_call_answer(it->call);
	}
	arena_free(it->arena);
	free(it);
}

static int
run_allow(struct loop_call *call, struct err *err)
{
	struct arena *arena = arena_new();
	struct allowing *it;
	char *address;

	if (address_canonical(arena, call_text(&call->call, "address"), &address, err) < 0) {
		arena_free(arena);
		return -1;
	}
	it = mem_zero(1, sizeof *it);
	it->call = call;
	it->arena = arena;
	it->address = address;
	it->user = arena_text(arena, call->call.user);
	it->work.priority = WORK_COMMAND;
	it->work.run = run_allowing;
	it->work.done = allowing_done;
	writer_add(call->call.engine->writer, &it->work);
	return 0;
}

/* ---- the table --------------------------------------------------------------------------------- */

static const struct param forget_params[] = {
	{ "contact", PARAM_TEXT, PARAM_REQUIRED, "its number, or a whole address, also of nobody",
		NULL, NULL },
	{ "shared", PARAM_ENUM, 0,
		"what becomes of what others have a part in: they keep it, or without its words",
		"keep|redact", "keep" },
	{ 0 },
};

static const struct param export_params[] = {
	{ "contact", PARAM_TEXT, PARAM_REQUIRED, "its number, or a whole address, also of nobody",
		NULL, NULL },
	{ "file", PARAM_OUTPUT, PARAM_REQUIRED, "where it goes", NULL, NULL },
	{ "type", PARAM_ENUM, 0, "for programs, or for people", "json|text", "json" },
	{ 0 },
};

static const struct param address_params[] = {
	{ "address", PARAM_EMAIL, PARAM_REQUIRED, "whose", NULL, NULL },
	{ 0 },
};

const struct command forget_commands[] = {
	{ .name = "contact.forget",
		.summary = "erase a person, and keep them from coming back",
		.params = forget_params,
		.run_loop = run_forget,
		.access = ACCESS_PRIVACY,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER | COMMAND_TRIES | COMMAND_CONFIRM,
		.key = "receipt",
		.columns = "receipt,contacts,addresses,interactions,shared_interactions,complete" },
	{ .name = "contact.forgotten",
		.summary = "tell whether an address is forgotten",
		.params = address_params,
		.run = run_forgotten,
		.access = ACCESS_PRIVACY,
		.columns = "forgotten,since,receipt" },
	{ .name = "contact.allow",
		.summary = "let a forgotten address be recorded again",
		.params = address_params,
		.run_loop = run_allow,
		.access = ACCESS_PRIVACY,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER,
		.columns = "forgotten,receipt,note" },
	{ .name = "contact.export",
		.summary = "write everything that is held of a person",
		.params = export_params,
		.run_loop = run_export_loop,
		.access = ACCESS_PRIVACY,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER,
		.columns = "contact,type,rows,size" },
	{ 0 },
};
