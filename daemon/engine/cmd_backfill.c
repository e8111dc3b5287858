#include <string.h>

#include "liaison/capture/source.h"
#include "mailbox.h"

/* Commands over backfills: one for each folder of a source. */

/* ---- list -------------------------------------------------------------------------------------- */

/* Messages a second since this run of the job began. */
static double
rate_of(const struct job *job, int64_t now_ms)
{
	int64_t ms = now_ms - job->begun_ms;

	if (job->state != JOB_RUNNING || ms < 100 || job->done <= job->before)
		return 0;
	return (double)(job->done - job->before) * 1000 / (double)ms;
}

void
job_write(const struct folder *folder, const struct zone *zone, struct json_out *out)
{
	const struct job *job = &folder->job;
	uint64_t total = job->total > job->done ? job->total : job->done;
	double rate = rate_of(job, clock_monotonic_ms());

	json_object_begin(out, NULL);
	json_int(out, "id", folder->stream);
	json_text(out, "source", folder->mailbox->name);
	json_text(out, "folder", folder->name);
	json_text(out, "state", job_state_name(job));
	json_int(out, "done", (int64_t)job->done);
	json_int(out, "total", (int64_t)total);
	json_double(out, "rate", (double)(int64_t)(rate * 10) / 10);
	if (rate > 0)
		json_int(out, "eta", (int64_t)((double)(total - job->done) / rate));
	else
		json_null_(out, "eta");
	if (folder->has_since)
		json_time(out, "since", folder->since,
			zone == NULL ? 0 : zone_offset(zone, folder->since));
	else
		json_null_(out, "since");
	json_text(out, "error", job->state == JOB_WAITING ? job->error : NULL);
	json_object_end(out);
}

static void
write_jobs(struct call *call, const struct mailbox *mailbox, const char *source)
{
	if (!mailbox->configured || (source != NULL && strcmp(source, mailbox->name) != 0))
		return;
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (folder->stream != 0 && folder->listed)
			job_write(folder, call->zone, call->out);
	}
}

static int
answer_jobs(struct call *call, const char *source)
{
	struct engine *engine = call->engine;

	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	pthread_mutex_lock(&engine->board);
	for (struct mailbox *mailbox = engine->pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next)
		write_jobs(call, mailbox, source);
	pthread_mutex_unlock(&engine->board);
	json_array_end(call->out);
	json_null_(call->out, "next");
	json_object_end(call->out);
	return 0;
}

static const struct param list_params[] = {
	{ "source", PARAM_NAME, PARAM_POSITIONAL, "only this source", NULL, NULL },
	{ 0 },
};

static int
run_list(struct call *call, struct err *err)
{
	(void)err;
	return answer_jobs(call, call_text(call, "source"));
}

/* ---- the streams a command is about ------------------------------------------------------------ */

struct chosen {
	struct source source;
	struct stream *streams;
	unsigned count;
};

static int
choose(struct call *call, struct chosen *out, struct err *err)
{
	const char *folder = call_text(call, "folder");
	unsigned kept = 0;

	if (source_find(call->store, call->arena, call_text(call, "source"), &out->source, err) <
			0 ||
		stream_list(call->store, call->arena, out->source.id, &out->streams, &out->count,
			err) < 0)
		return -1;
	for (unsigned i = 0; i < out->count; i++) {
		if (folder == NULL || strcmp(folder, out->streams[i].folder) == 0)
			out->streams[kept++] = out->streams[i];
	}
	out->count = kept;
	if (folder != NULL && kept == 0)
		return fail_field(err, ERR_NOT_FOUND, "folder",
			"the source '%s' has no watched folder '%s'", out->source.name, folder);
	return 0;
}

static struct folder *
folder_of(struct pipeline *pipeline, int64_t stream)
{
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		for (struct folder *folder = mailbox->folders;
			mailbox->kind == SOURCE_IMAP && folder != NULL; folder = folder->next) {
			if (folder->stream == stream && mailbox->configured)
				return folder;
		}
	}
	return NULL;
}

/* ---- pause, resume ----------------------------------------------------------------------------- */

static void
pause_job(struct engine *engine, int64_t stream, const char *paused)
{
	struct folder *folder;

	pthread_mutex_lock(&engine->board);
	folder = folder_of(engine->pipeline, stream);
	if (folder != NULL)
		job_set_paused(folder, paused != NULL);
	pthread_mutex_unlock(&engine->board);
}

static int
set_paused(struct call *call, bool paused, struct err *err)
{
	struct chosen chosen;

	if (choose(call, &chosen, err) < 0)
		return -1;
	for (unsigned i = 0; i < chosen.count; i++) {
		const struct stream *stream = &chosen.streams[i];
		bool done = strcmp(stream->backfill, "done") == 0;

		/* Paused as its last step was stored: it still has to hear that it may go on. */
		if (done && paused)
			continue;
		if (!done &&
			stream_set_backfill(call->store, stream->id, paused ? "paused" : "running",
				stream->backfill_total, err) < 0)
			return -1;
		call_after_commit(call, pause_job, stream->id, paused ? "paused" : NULL);
	}
	json_object_begin(call->out, NULL);
	json_text(call->out, "source", chosen.source.name);
	json_int(call->out, "folders", chosen.count);
	json_text(call->out, "state", paused ? "paused" : "running");
	json_object_end(call->out);
	return call_journal(call, "source", chosen.source.id, NULL,
		paused ? "{\"backfill\":\"paused\"}" : "{\"backfill\":\"running\"}", err);
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

/* ---- start ------------------------------------------------------------------------------------- */

/* A new window: text is its beginning as a number, NULL: all. */
static void
start_job(struct engine *engine, int64_t stream, const char *since)
{
	struct folder *folder;
	int64_t time = 0;

	if (since != NULL)
		text_to_int64(since, &time);
	pthread_mutex_lock(&engine->board);
	folder = folder_of(engine->pipeline, stream);
	if (folder != NULL)
		job_restart(folder, since != NULL, time);
	pthread_mutex_unlock(&engine->board);
}

/* What would be dropped at once for its age is not read. */
static void
keep_to_retention(const struct call *call, bool *has, int64_t *since)
{
	int64_t keep = call->config->retain_email;

	if (keep == 0 || (*has && *since >= call->now - keep))
		return;
	*has = true;
	*since = call->now - keep;
}

/* "2y", "all", a date or a moment; absent: the window of now. */
static int
read_since(
	struct call *call, const struct stream *stream, bool *has, int64_t *since, struct err *err)
{
	const char *words = call_text(call, "since");
	int64_t seconds;
	int offset;

	*has = stream->has_since;
	*since = stream->since;
	if (words == NULL)
		return 0;
	*has = strcmp(words, "all") != 0;
	if (*has && duration_parse(words, &seconds) == 0)
		*since = call->now - seconds;
	else if (*has && moment_parse(words, call->zone, call->now, false, since, &offset, err) < 0)
		return fail_field(err, ERR_USAGE, "since",
			"'%s' is not a duration (90d, 2y), a date, or 'all'", words);
	keep_to_retention(call, has, since);
	return 0;
}

static int
restart(struct call *call, const struct stream *stream, struct err *err)
{
	int64_t since;
	bool has;

	if (read_since(call, stream, &has, &since, err) < 0 ||
		stream_backfill(call->store, stream->id, has, since, err) < 0)
		return -1;
	call_after_commit(call, start_job, stream->id,
		has ? arena_printf(call->arena, "%lld", (long long)since) : NULL);
	return 0;
}

static int
run_start(struct call *call, struct err *err)
{
	struct chosen chosen;

	if (choose(call, &chosen, err) < 0)
		return -1;
	for (unsigned i = 0; i < chosen.count; i++) {
		if (restart(call, &chosen.streams[i], err) < 0)
			return -1;
	}
	json_object_begin(call->out, NULL);
	json_text(call->out, "source", chosen.source.name);
	json_int(call->out, "folders", chosen.count);
	json_text(call->out, "state", "running");
	json_object_end(call->out);
	return call_journal(
		call, "source", chosen.source.id, NULL, "{\"backfill\":\"started\"}", err);
}

/* ---- the table --------------------------------------------------------------------------------- */

static const struct param start_params[] = {
	{ "source", PARAM_NAME, PARAM_REQUIRED, "the source's name", NULL, NULL },
	{ "since", PARAM_TEXT, 0, "how far back: 90d, 2y, a date, or 'all'", NULL, NULL },
	{ "folder", PARAM_TEXT, 0, "only this folder", NULL, NULL },
	{ 0 },
};

static const struct param folder_params[] = {
	{ "source", PARAM_NAME, PARAM_REQUIRED, "the source's name", NULL, NULL },
	{ "folder", PARAM_TEXT, 0, "only this folder", NULL, NULL },
	{ 0 },
};

const struct command backfill_commands[] = {
	{ .name = "backfill.list",
		.summary = "how far the reading of old mail has come",
		.params = list_params,
		.run = run_list,
		.access = ACCESS_READS,
		.key = "folder",
		.columns = "source,folder,state,done,total,rate,eta",
		.view = VIEW_TABLE },
	{ .name = "backfill.start",
		.summary = "read old mail again, with another window",
		.params = start_params,
		.run = run_start,
		.access = ACCESS_ADMIN,
		.key = "source" },
	{ .name = "backfill.pause",
		.summary = "let old mail wait",
		.params = folder_params,
		.run = run_pause,
		.access = ACCESS_ADMIN,
		.key = "source" },
	{ .name = "backfill.resume",
		.summary = "go on reading old mail",
		.params = folder_params,
		.run = run_resume,
		.access = ACCESS_ADMIN,
		.key = "source" },
	{ 0 },
};
