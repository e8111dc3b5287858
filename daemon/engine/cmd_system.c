#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "engine.h"
#include "health.h"
#include "liaison/sandbox/sandbox.h"
#include "liaison/store/migrate.h"
#include "loop_call.h"
#include "pipeline.h"
#include "system.h"

/* system: the daemon itself. */

static void
write_database(struct call *call)
{
	const char *path = call->config->database;
	char trouble[400];
	bool any = writer_trouble(call->engine->writer, trouble, sizeof trouble);

	json_object_begin(call->out, "database");
	json_text(call->out, "path", path);
	json_int(call->out, "size", store_size(call->store));
	json_int(call->out, "wal", file_size(arena_printf(call->arena, "%s-wal", path)));
	json_int(call->out, "schema", schema_version());
	json_text(call->out, "trouble", any ? trouble : NULL);
	json_object_end(call->out);
}

static void
write_program(struct call *call)
{
	json_text(call->out, "version", LIAISON_VERSION);
	json_time(call->out, "started", call->engine->started,
		zone_offset(call->zone, call->engine->started));
	json_int(call->out, "uptime", call->now - call->engine->started);
}

static int
read_health(struct call *call, struct health *out, struct err *err)
{
	return health_read(call->engine, call->config->database, call->store, call->arena,
		call_int(call, "older_than", 0), out, err);
}

static int
check_stale(struct call *call, const struct health *health, struct err *err)
{
	const char *names = health_names(health, call->arena);

	if (!call_flag(call, "fail_stale") || health->ailing == 0)
		return 0;
	fail(err, ERR_UNAVAILABLE,
		health->ailing == 1 ? "the source '%s' is stale" : "the sources '%s' are stale",
		names);
	return err_hint(err, "liaison system health tells why");
}

static void
write_sums(struct call *call, const struct health *health)
{
	int64_t backlog = 0, wants = 0, quarantined = 0;

	for (unsigned i = 0; i < health->count; i++) {
		backlog += (int64_t)health->sources[i].backlog;
		wants += health->sources[i].wants;
		quarantined += health->sources[i].quarantined;
	}
	json_int(call->out, "backlog", backlog);
	json_int(call->out, "wants", wants);
	json_int(call->out, "quarantined", quarantined);
	if (health->disk_free >= 0)
		json_int(call->out, "disk_free", health->disk_free);
	else
		json_null_(call->out, "disk_free");
}

static int
run_status(struct call *call, struct err *err)
{
	const char *missing = sandbox_missing();
	struct health health;

	if (read_health(call, &health, err) < 0 || check_stale(call, &health, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	write_program(call);
	if (pipeline_write_status(call->engine->pipeline, call->store, call->arena, call->zone,
		    call->out, err) < 0)
		return -1;
	write_sums(call, &health);
	json_text(call->out, "stale", health_names(&health, call->arena));
	write_database(call);
	json_text(call->out, "sandbox", missing[0] != '\0' ? missing : "whole");
	backup_write_last(call);
	json_object_end(call->out);
	return 0;
}

static const struct param status_params[] = {
	{ "fail_stale", PARAM_FLAG, 0, "answer an error when a source is stale", NULL, NULL },
	{ "older_than", PARAM_DURATION, 0,
		"stale is one that was not completely looked at for so long, whatever its state",
		NULL, NULL },
	{ 0 },
};

static const struct param health_params[] = {
	{ "older_than", PARAM_DURATION, 0,
		"stale is one that was not completely looked at for so long, whatever its state",
		NULL, NULL },
	{ 0 },
};

static void
write_reason(struct call *call, const char *what, const char *name, const char *reason,
	const char *error)
{
	json_object_begin(call->out, NULL);
	json_text(call->out, "what", what);
	json_text(call->out, "name", name);
	json_text(call->out, "reason", reason);
	json_text(call->out, "error", error);
	json_object_end(call->out);
}

static void
write_reasons(struct call *call, const struct health *health)
{
	json_array_begin(call->out, "reasons");
	if (health->trouble[0] != '\0')
		write_reason(call, "database", NULL, "error", health->trouble);
	for (unsigned i = 0; i < health->count; i++) {
		const struct source_health *source = &health->sources[i];

		if (source->reason != NULL)
			write_reason(call, "source", source->name, source->reason, source->error);
	}
	json_array_end(call->out);
}

static int
run_health(struct call *call, struct err *err)
{
	struct health health;
	bool sick;

	if (read_health(call, &health, err) < 0)
		return -1;
	sick = health.trouble[0] != '\0';
	json_object_begin(call->out, NULL);
	json_bool(call->out, "ok", health.ailing == 0 && !sick);
	json_int(call->out, "stale", health.ailing);
	json_text(call->out, "names", health_names(&health, call->arena));
	json_text(call->out, "database", sick ? health.trouble : NULL);
	write_reasons(call, &health);
	json_int(call->out, "sources", health.count);
	write_sums(call, &health);
	json_object_end(call->out);
	return 0;
}

static int
run_version(struct call *call, struct err *err)
{
	(void)err;
	json_object_begin(call->out, NULL);
	json_text(call->out, "version", LIAISON_VERSION);
	json_int(call->out, "schema", schema_version());
	json_object_end(call->out);
	return 0;
}

static unsigned
write_lines(struct json_out *out, const char *lines)
{
	unsigned count = 0;

	while (lines != NULL && *lines != '\0') {
		size_t length = strcspn(lines, "\n");

		json_text_n(out, NULL, lines, length);
		lines += length + (lines[length] == '\n');
		count++;
	}
	return count;
}

static void
refuse_reload(struct loop_call *call, const char *mistakes)
{
	struct text list = { 0 };
	struct json_out json;
	struct err err;
	unsigned count;

	json_out_init(&json, &list);
	json_array_begin(&json, NULL);
	count = write_lines(&json, mistakes);
	json_array_end(&json);
	fail(&err, ERR_CONFIG, "the configuration has %u mistake%s; the old one stays in force",
		count, count == 1 ? "" : "s");
	loop_call_fail_with(call, &err, &(struct answer_more){ "mistakes", list.bytes, list.size });
	text_clear(&list);
}

/* An answer that goes out behind what the writer was given before it. */
struct settled {
	struct work work; /* first */
	struct loop_call *call;
	char *remarks; /* lines, or NULL; own */
};

static void
run_settled(struct work *work, struct worker *worker)
{
	(void)work;
	(void)worker;
}

static void
settled_done(struct work *work)
{
	static const char BEHIND[] =
		"the sources cannot be noted in the database, which is tried again: until then who "
		"sees what they saw is as it was";
	struct settled *settled = (struct settled *)work;
	struct loop_call *call = settled->call;

	json_object_begin(call->call.out, NULL);
	json_bool(call->call.out, "reloaded", true);
	json_array_begin(call->call.out, "remarks");
	write_lines(call->call.out, settled->remarks);
	if (pipeline_is_behind(call->call.engine->pipeline))
		json_text(call->call.out, NULL, BEHIND);
	json_array_end(call->call.out);
	json_object_end(call->call.out);
	loop_call_answer(call);
	free(settled->remarks);
	free(settled);
}

/* The rows of the sources say who sees what: whoever is answered finds them as they are configured. */
static void
answer_settled(struct loop_call *call, const char *remarks)
{
	struct settled *settled = mem_zero(1, sizeof *settled);

	settled->work.priority = WORK_COMMAND;
	settled->work.run = run_settled;
	settled->work.done = settled_done;
	settled->call = call;
	settled->remarks = remarks == NULL ? NULL : mem_text(remarks);
	writer_add(call->call.engine->writer, &settled->work);
}

void
reload_answer(struct loop_call *call, const char *mistakes, const char *remarks)
{
	if (mistakes != NULL) {
		refuse_reload(call, mistakes);
		return;
	}
	answer_settled(call, remarks);
}

static int
run_reload(struct loop_call *call, struct err *err)
{
	(void)err;
	crew_reload(&call->call.engine->crew, call);
	return 0;
}

static const struct param backup_params[] = {
	{ "output", PARAM_OUTPUT, PARAM_REQUIRED, "the file to write", NULL, NULL },
	{ 0 },
};

const struct command system_commands[] = {
	{ .name = "system.status",
		.summary = "sources, freshness, errors, the database",
		.params = status_params,
		.run = run_status,
		.access = ACCESS_READS,
		.columns = "sources.name,sources.state,sources.last_complete,sources.backlog,"
			   "sources.quarantined,sources.next,sources.next_at,sources.error,"
			   "folders.source,folders.name,folders.state,folders.last_complete,"
			   "folders.backlog,folders.error" },
	{ .name = "system.health",
		.summary = "is all well, and what is not?",
		.params = health_params,
		.run = run_health,
		.access = ACCESS_READS },
	{ .name = "system.version",
		.summary = "which liaison and schema this is",
		.run = run_version,
		.access = ACCESS_READS },
	{ .name = "system.stats",
		.summary = "counts of records, decisions and requests",
		.run = run_stats,
		.access = ACCESS_READS },
	{ .name = "system.backup",
		.summary = "a copy of the database, while all goes on",
		.params = backup_params,
		.run_loop = run_backup_loop,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_LOOP },
	{ .name = "system.check",
		.summary = "is the database sound, and do its totals add up?",
		.run_loop = run_check_database,
		.access = ACCESS_READS,
		.traits = COMMAND_LOOP | COMMAND_TRIES },
	{ .name = "system.reload",
		.summary = "read the configuration again",
		.run_loop = run_reload,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_LOOP },
	{ .name = "system.audit",
		.summary = "who changed what",
		.params = audit_params,
		.run = run_audit,
		.access = ACCESS_PRIVACY,
		.traits = COMMAND_LIST,
		.key = "id",
		.columns = "id,at,user,method,noun,record,before,after",
		.view = VIEW_TABLE },
	{ 0 },
};
