#include <string.h>

#include "liaison/capture/source.h"
#include "mailbox.h"

/* Commands over sources: what they are at, and what they should do. */

static const struct param source_params[] = {
	{ "source", PARAM_NAME, PARAM_REQUIRED, "the source's name", NULL, NULL },
	{ 0 },
};

static int
find_source(struct call *call, struct source *out, struct err *err)
{
	return source_find(call->store, call->arena, call_text(call, "source"), out, err);
}

static int
answer_source(struct call *call, const char *name, struct err *err)
{
	return source_write(
		call->engine->pipeline, call->store, call->arena, name, call->zone, call->out, err);
}

static int
answer_by_id(struct call *call, int64_t id, struct err *err)
{
	const char *name;

	if (source_name(call->store, call->arena, id, &name, err) < 0)
		return -1;
	return answer_source(call, name, err);
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_list list;

	if (call_list(call, &source_noun, NULL, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_by_id, err);
}

static int
run_show(struct call *call, struct err *err)
{
	return answer_source(call, call_text(call, "source"), err);
}

/* ---- folders ----------------------------------------------------------------------------------- */

static const char *
mode_name(enum folder_mode mode)
{
	if (mode == FOLDER_IDLE)
		return "idle";
	return mode == FOLDER_POLLED ? "polled" : "unwatched";
}

static void
write_folders(struct call *call, const struct mailbox *mailbox)
{
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (!folder->listed)
			continue;
		json_object_begin(call->out, NULL);
		json_text(call->out, "name", folder->name);
		json_text(call->out, "attributes", folder->attributes);
		json_text(call->out, "delimiter", folder->delimiter);
		json_text(call->out, "watched", mode_name(folder->mode));
		json_text(call->out, "error", folder->error);
		json_object_end(call->out);
	}
	json_array_end(call->out);
	json_null_(call->out, "next");
	json_object_end(call->out);
}

static int
run_folders(struct call *call, struct err *err)
{
	struct engine *engine = call->engine;
	struct mailbox *mailbox;
	struct source source;

	if (find_source(call, &source, err) < 0)
		return -1;
	pthread_mutex_lock(&engine->board);
	mailbox = mailbox_by_name(engine->pipeline, source.name);
	if (mailbox != NULL)
		write_folders(call, mailbox);
	pthread_mutex_unlock(&engine->board);
	if (mailbox == NULL)
		return fail(err, ERR_UNAVAILABLE, "the configuration does not name the source '%s'",
			source.name);
	return 0;
}

/* ---- pause, resume, retire --------------------------------------------------------------------- */

/* After COMMIT, on the loop: number is 1 to hold the source, 0 to let it go on. */
static void
hold(struct engine *engine, int64_t number, const char *name)
{
	struct mailbox *mailbox;

	pthread_mutex_lock(&engine->board);
	mailbox = mailbox_by_name(engine->pipeline, name);
	if (mailbox != NULL && number) {
		mailbox_unwatch(mailbox);
		mailbox->paused = true;
	} else if (mailbox != NULL) {
		mailbox->paused = mailbox->retired = false;
		mailbox_watch(mailbox);
	}
	pthread_mutex_unlock(&engine->board);
}

static void
withdraw(struct engine *engine, int64_t number, const char *name)
{
	struct mailbox *mailbox;

	(void)number;
	pthread_mutex_lock(&engine->board);
	mailbox = mailbox_by_name(engine->pipeline, name);
	if (mailbox != NULL) {
		mailbox_unwatch(mailbox);
		mailbox->retired = true;
	}
	pthread_mutex_unlock(&engine->board);
}

static int
set_paused(struct call *call, bool paused, struct err *err)
{
	struct source source;

	if (find_source(call, &source, err) < 0 ||
		source_set_paused(call->store, source.id, paused, err) < 0 ||
		(!paused && source.retired &&
			source_set_retired(call->store, source.id, false, err) < 0) ||
		call_journal(call, "source", source.id,
			paused ? "{\"paused\":false}" : "{\"paused\":true}",
			paused ? "{\"paused\":true}" : "{\"paused\":false}", err) < 0)
		return -1;
	call_after_commit(call, hold, paused, source.name);
	return answer_source(call, source.name, err);
}

static int
run_pause(struct call *call, struct err *err)
{
	return set_paused(call, true, err);
}

static int
run_resume(struct call *call, struct err *err)
{
	return set_paused(call, false, err);
}

static int
run_retire(struct call *call, struct err *err)
{
	struct source source;

	if (find_source(call, &source, err) < 0 ||
		source_set_retired(call->store, source.id, true, err) < 0 ||
		call_journal(call, "source", source.id, "{\"retired\":false}", "{\"retired\":true}",
			err) < 0)
		return -1;
	call_after_commit(call, withdraw, 1, source.name);
	return answer_source(call, source.name, err);
}

/* ---- remove ------------------------------------------------------------------------------------ */

static const struct param rename_params[] = {
	{ "old", PARAM_NAME, PARAM_REQUIRED, "the name it has in the database", NULL, NULL },
	{ "new", PARAM_NAME, PARAM_REQUIRED, "the name it has in the configuration", NULL, NULL },
	{ 0 },
};

static const struct param remove_params[] = {
	{ "source", PARAM_NAME, PARAM_REQUIRED, "the source's name", NULL, NULL },
	{ "erase", PARAM_FLAG, 0, "erase what was captured from it and nowhere else", NULL, NULL },
	{ 0 },
};

static int
check_removable(struct call *call, const char *name, struct err *err)
{
	if (!call_flag(call, "erase")) {
		fail_field(err, ERR_REFUSED, "erase", "removing '%s' erases its history", name);
		return err_hint(err, "say --erase, or retire it, which keeps the history");
	}
	if (config_source_by_name(call->config, name) != NULL) {
		fail(err, ERR_REFUSED, "the configuration still names the source '%s'", name);
		return err_hint(err, "take its section out and reload first");
	}
	return 0;
}

struct removal {
	int64_t id, rows;
	struct source_counts counts;
};

static int
begin_removal(struct call *call, struct removal *removal, struct err *err)
{
	struct source source;

	if (find_source(call, &source, err) < 0 ||
		source_count(call->store, source.id, &removal->counts, err) < 0)
		return -1;
	removal->id = source.id;
	return call_journal(call, "source", source.id,
		arena_printf(call->arena, "{\"name\":\"%s\"}", source.name), NULL, err);
}

static void
answer_removal(struct call *call, const struct removal *removal)
{
	json_object_begin(call->out, NULL);
	json_text(call->out, "name", call_text(call, "source"));
	json_int(call->out, "decisions", removal->counts.rows);
	json_int(call->out, "interactions", removal->counts.interactions);
	json_object_end(call->out);
}

/* A dry run tells what would go even of a source that must not go yet. One that is broken off has erased
 * a part, and goes on when it is asked for again. */
static int
run_remove(struct call *call, struct err *err)
{
	struct removal *removal = call_keep(call, sizeof *removal);
	bool done = call->dry_run;

	if (removal->id == 0 && begin_removal(call, removal, err) < 0)
		return -1;
	/* In each of its transactions: the configuration may name it again. */
	if (!call->dry_run && check_removable(call, call_text(call, "source"), err) < 0)
		return -1;
	while (!done) {
		if (call_is_long(call)) {
			call_continue(call, removal->rows, removal->counts.rows, "decisions");
			return 0;
		}
		if (source_erase_part(
			    call->store, call->arena, removal->id, &removal->rows, &done, err) < 0)
			return -1;
	}
	if (!call->dry_run)
		capture_contacts_changed(call_capture(call));
	answer_removal(call, removal);
	return 0;
}

/* ---- the table --------------------------------------------------------------------------------- */

static const struct param check_params[] = {
	{ "source", PARAM_NAME, PARAM_REQUIRED, "the source's name", NULL, NULL },
	{ "host", PARAM_NAME, 0, "try this HOST or HOST:PORT in place of the configured one", NULL,
		NULL },
	{ 0 },
};

static const struct param sync_params[] = {
	{ "source", PARAM_NAME, PARAM_POSITIONAL, "the source's name; without it all", NULL, NULL },
	{ "accept", PARAM_FLAG, 0,
		"believe what it has no more, also if that is most of it, or all", NULL, NULL },
	{ 0 },
};

#define COLUMNS "name,kind,state,last_complete,error"

const struct command source_commands[] = {
	{ .name = "source.list",
		.summary = "all sources and their health",
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "name",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "source.show",
		.summary = "one source with its folders",
		.params = source_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "name",
		.columns = "folders.name,folders.server,folders.decided,folders.state,"
			   "folders.last_complete,folders.next_try,folders.error" },
	{ .name = "source.folders",
		.summary = "all folders of a source, and which are watched",
		.params = source_params,
		.run = run_folders,
		.access = ACCESS_READS,
		.key = "name",
		.columns = "name,attributes,watched,error",
		.view = VIEW_TABLE },
	{ .name = "source.check",
		.summary = "log in now and say what would be watched",
		.params = check_params,
		.run_loop = run_check_loop,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_LOOP,
		.key = "name" },
	{ .name = "source.sync",
		.summary = "look for new mail now; answers when that is done",
		.params = sync_params,
		.run_loop = run_sync_loop,
		.access = ACCESS_WRITES,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER,
		.key = "name",
		.columns = "name,state,last_complete,error",
		.view = VIEW_TABLE },
	{ .name = "source.pause",
		.summary = "leave a source alone until it is resumed",
		.params = source_params,
		.run = run_pause,
		.access = ACCESS_ADMIN,
		.key = "name" },
	{ .name = "source.resume",
		.summary = "go on with a paused or retired source",
		.params = source_params,
		.run = run_resume,
		.access = ACCESS_ADMIN,
		.key = "name" },
	{ .name = "source.rename",
		.summary = "give a source's history to its section's new name, before or after "
			   "the reload",
		.params = rename_params,
		.run = run_source_rename,
		.access = ACCESS_ADMIN,
		.key = "name" },
	{ .name = "source.retire",
		.summary = "watch a source no more, until it is resumed; its history stays",
		.params = source_params,
		.run = run_retire,
		.access = ACCESS_ADMIN,
		.key = "name" },
	{ .name = "source.remove",
		.summary = "erase a source with its history",
		.params = remove_params,
		.run = run_remove,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_CONFIRM,
		.key = "name" },
	{ 0 },
};
