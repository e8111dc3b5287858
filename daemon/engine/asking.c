#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "liaison/store/journal.h"
#include "mailbox.h"

/* Commands that wait for fetch: each ends with an answer, its deadline, or the loss of the
 * connection. */

void *
asking_new(struct loop_call *call, struct mailbox *mailbox, size_t size, int64_t wait_ms)
{
	struct pipeline *pipeline = call->call.engine->pipeline;
	struct asking *asking = mem_zero(1, size);

	asking->number = ++pipeline->asked;
	asking->call = call;
	asking->mailbox = mailbox;
	asking->deadline_ms = clock_monotonic_ms() + wait_ms;
	asking->next = pipeline->askings;
	pipeline->askings = asking;
	return asking;
}

struct mailbox *
asking_source(struct loop_call *call, const char *name, struct err *err)
{
	struct mailbox *mailbox = mailbox_by_name(call->call.engine->pipeline, name);

	if (mailbox == NULL) {
		fail_field(err, ERR_NOT_FOUND, "source",
			"there is no source '%s' in the configuration", name);
		err_hint(err, "liaison source list");
	}
	return mailbox;
}

static struct asking **
place_of(struct asking *asking)
{
	struct asking **place = &asking->call->call.engine->pipeline->askings;

	while (*place != asking)
		place = &(*place)->next;
	return place;
}

void
asking_end(struct asking *asking)
{
	struct asking **place = place_of(asking);

	*place = asking->next;
	if (asking->clear != NULL)
		asking->clear(asking);
	free(asking);
}

void
asking_fail(struct asking *asking, const struct err *err)
{
	struct loop_call *call = asking->call;
	struct err copy = *err;

	asking_end(asking);
	loop_call_fail(call, &copy);
}

void
asking_stop(struct asking *asking, enum err_code code, const char *format, ...)
{
	struct err err;
	char why[sizeof err.message];
	va_list words;

	va_start(words, format);
	vsnprintf(why, sizeof why, format, words);
	va_end(words);
	fail(&err, code, "%s", why);
	asking_fail(asking, &err);
}

bool
asking_is_open(struct pipeline *pipeline, const struct asking *wanted, uint64_t number)
{
	for (struct asking *asking = pipeline->askings; asking != NULL; asking = asking->next) {
		if (asking == wanted)
			return asking->number == number;
	}
	return false;
}

int
asking_frame(struct pipeline *pipeline, const struct frame *frame, bool *taken, struct err *err)
{
	*taken = false;
	if (frame->token == 0 || (frame->type != FRAME_UIDS && frame->type != FRAME_CHECKED))
		return 0;
	for (struct asking *asking = pipeline->askings; asking != NULL; asking = asking->next) {
		if (asking->token == frame->token && asking->frame != NULL) {
			*taken = true;
			return asking->frame(asking, frame, err);
		}
	}
	return 0;
}

static void
expire(struct asking *asking)
{
	if (asking->call->cancelled)
		asking_stop(asking, ERR_UNAVAILABLE, "it was cancelled");
	else if (asking->mailbox != NULL)
		asking_stop(asking, ERR_UNAVAILABLE, "the source '%s' did not answer in time",
			asking->mailbox->name);
	else
		asking_stop(asking, ERR_UNAVAILABLE, "not all sources answered in time");
}

void
askings_tick(struct pipeline *pipeline, int64_t now_ms)
{
	struct asking *next;

	for (struct asking *asking = pipeline->askings; asking != NULL; asking = next) {
		next = asking->next;
		if (!asking->call->cancelled && now_ms >= asking->deadline_ms &&
			asking->late != NULL)
			asking->late(asking);
		else if (asking->call->cancelled || now_ms >= asking->deadline_ms)
			expire(asking);
		else if (asking->tick != NULL)
			asking->tick(asking, now_ms);
	}
}

void
askings_free(struct pipeline *pipeline)
{
	struct asking *next;

	for (struct asking *asking = pipeline->askings; asking != NULL; asking = next) {
		next = asking->next;
		free(asking);
	}
	pipeline->askings = NULL;
}

void
askings_lost(struct pipeline *pipeline, const struct mailbox *mailbox)
{
	struct asking *next;

	for (struct asking *asking = pipeline->askings; asking != NULL; asking = next) {
		next = asking->next;
		if (asking->mailbox == mailbox && asking->lost != NULL)
			asking->lost(asking);
	}
}

/* ---- UIDs once more ---------------------------------------------------------------------------- */

void
retry_ask(struct retry *retry, struct folder *folder, struct uid_set *uids)
{
	while (uids->count > 0) {
		struct uid_set part = { 0 };
		struct slice *slice;

		uid_set_take_lowest(uids, SLICE_MAX, &part);
		slice = slice_ask(folder, PURPOSE_RETRY, &part);
		slice->retry = retry;
		retry->pending++;
		retry->asked += uid_set_size(&part);
		uid_set_clear(&part);
	}
}

void
retry_slice_done(struct slice *slice)
{
	struct retry *retry = slice->retry;

	if (retry == NULL)
		return;
	if (!slice->cut)
		retry_done(retry, NULL);
	else
		retry_done(retry, slice->why != NULL ? slice->why : "the connection was lost");
}

void
retry_done(struct retry *retry, const char *why)
{
	if (why != NULL) {
		retry->cut++;
		snprintf(retry->why, sizeof retry->why, "%s", why);
	}
	if (--retry->pending == 0)
		retry->done(retry);
}

/* ---- who asked --------------------------------------------------------------------------------- */

/* A row for the journal on its way to the writer. */
struct note {
	struct work work; /* first */
	struct pipeline *pipeline;
	struct asking *asking;
	uint64_t number; /* of the asking */
	struct retry *retry;
	struct journal_entry entry;
	struct arena *arena;
	struct err err;
	bool failed;
};

static void
write_note(struct work *work, struct worker *worker)
{
	struct note *note = (struct note *)work;
	int64_t id;

	note->failed = store_begin(worker->store, &note->err) < 0;
	if (note->failed)
		return;
	note->failed = journal_add(worker->store, &note->entry, &id, &note->err) < 0 ||
		       store_commit(worker->store, &note->err) < 0;
	if (note->failed)
		store_rollback(worker->store);
}

static void
note_written(struct work *work)
{
	struct note *note = (struct note *)work;

	pthread_mutex_lock(&note->pipeline->engine->board);
	if (asking_is_open(note->pipeline, note->asking, note->number)) {
		if (note->failed)
			asking_fail(note->asking, &note->err);
		else if (--note->retry->pending == 0)
			note->retry->done(note->retry);
	}
	pthread_mutex_unlock(&note->pipeline->engine->board);
	arena_free(note->arena);
	free(note);
}

/* {"folder": "INBOX", "asked": 3} */
static const char *
what_is_asked(struct arena *arena, const struct folder *folder, uint64_t count)
{
	struct json_doc doc;
	const char *text;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	json_text(&doc.out, "folder", folder->name);
	json_int(&doc.out, "asked", (int64_t)count);
	json_object_end(&doc.out);
	json_doc_end(&doc, arena, 0, &text);
	return text;
}

void
retry_note(struct asking *asking, struct retry *retry, const struct folder *folder, uint64_t count)
{
	const struct call *call = &asking->call->call;
	struct note *note = mem_zero(1, sizeof *note);

	note->arena = arena_new();
	note->pipeline = call->engine->pipeline;
	note->asking = asking;
	note->number = asking->number;
	note->retry = retry;
	note->entry = (struct journal_entry){
		.user = arena_text(note->arena, call->user),
		.method = call->command->name,
		.noun = "source",
		.record = folder->mailbox->id,
		.after = what_is_asked(note->arena, folder, count),
	};
	note->work.priority = WORK_COMMAND;
	note->work.run = write_note;
	note->work.done = note_written;
	retry->pending++;
	writer_add(call->engine->writer, &note->work);
}

bool
folder_is_watched(const struct folder *folder)
{
	return folder->listed && folder->mode != FOLDER_UNWATCHED;
}
