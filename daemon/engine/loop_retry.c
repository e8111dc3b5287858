#include <stddef.h>
#include <stdlib.h>

#include "feed.h"

/* capture.retry: what is quarantined is asked of the server once more. */

enum { RETRY_MS = 600000 };

struct retrying {
	struct asking asking; /* first */
	struct retry retry;
	unsigned open; /* lists under way */
	uint64_t unavailable;
};

/* Whether there are records of the numbers given. */
struct looking {
	struct work work; /* first */
	struct retrying *retrying;
	uint64_t number; /* of its asking */
	struct pipeline *pipeline;
	struct arena *arena;
	int64_t *ids;
	unsigned id_count;
	struct err err;
	bool failed;
};

/* What of one source is quarantined. */
struct listing {
	struct work work; /* first */
	struct retrying *retrying;
	uint64_t number; /* of its asking */
	struct pipeline *pipeline;
	struct mailbox *mailbox;
	struct arena *arena;
	int64_t source, *ids;
	unsigned id_count, count;
	struct quarantined *found;
	struct err err;
	bool failed;
};

static void
run_listing(struct work *work, struct worker *worker)
{
	struct listing *listing = (struct listing *)work;

	listing->failed = quarantine_list(worker->store, listing->arena, listing->source,
				  listing->ids, listing->id_count, &listing->found, &listing->count,
				  &listing->err) < 0;
}

static void
retrying_clear(struct asking *asking)
{
	struct retrying *retrying = (struct retrying *)asking;
	struct pipeline *pipeline = asking->call->call.engine->pipeline;

	for (struct slice *slice = pipeline->slices; slice != NULL; slice = slice->next) {
		if (slice->retry == &retrying->retry)
			slice->retry = NULL;
	}
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->retry == &retrying->retry)
			mailbox->retry = NULL;
	}
}

static void
retrying_finish(struct retrying *retrying)
{
	struct loop_call *call = retrying->asking.call;
	struct json_out *out = call->call.out;

	if (retrying->open > 0 || retrying->retry.pending > 0)
		return;
	if (retrying->retry.cut > 0) {
		asking_stop(&retrying->asking, ERR_UNAVAILABLE,
			"not all of it could be read again: %s", retrying->retry.why);
		return;
	}
	json_object_begin(out, NULL);
	json_int(out, "asked", (int64_t)retrying->retry.asked);
	json_int(out, "unavailable", (int64_t)retrying->unavailable);
	json_object_end(out);
	asking_end(&retrying->asking);
	loop_call_answer(call);
}

static void
retried(struct retry *retry)
{
	retrying_finish((struct retrying *)((char *)retry - offsetof(struct retrying, retry)));
}

/* All of it is read again, and with it what could not be. */
static void
ask_calendar(struct retrying *retrying, struct mailbox *mailbox, unsigned count)
{
	retrying->retry.asked += count;
	if (count == 0 || retrying->asking.call->call.dry_run || mailbox->folders == NULL)
		return;
	retry_note(&retrying->asking, &retrying->retry, mailbox->folders, count);
	feed_retry(mailbox, &retrying->retry);
}

static void
ask_again(struct listing *listing)
{
	struct retrying *retrying = listing->retrying;

	if (listing->mailbox->kind == SOURCE_ICAL) {
		ask_calendar(retrying, listing->mailbox, listing->count);
		return;
	}
	for (struct folder *folder = listing->mailbox->folders; folder != NULL;
		folder = folder->next) {
		struct uid_set uids = { 0 };

		for (unsigned i = 0; i < listing->count; i++) {
			if (folder->known && listing->found[i].stream_id == folder->stream)
				uid_set_add(&uids, listing->found[i].uid);
		}
		if (retrying->asking.call->call.dry_run) {
			retrying->retry.asked += uid_set_size(&uids);
		} else if (uids.count > 0) {
			retry_note(
				&retrying->asking, &retrying->retry, folder, uid_set_size(&uids));
			retry_ask(&retrying->retry, folder, &uids);
		}
		uid_set_clear(&uids);
	}
}

static void
listing_done(struct work *work)
{
	struct listing *listing = (struct listing *)work;
	struct retrying *retrying = listing->retrying;
	struct pipeline *pipeline = listing->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (asking_is_open(pipeline, &retrying->asking, listing->number)) {
		retrying->open--;
		if (!listing->failed && mailbox_is_up(listing->mailbox))
			ask_again(listing);
		else
			retrying->unavailable += listing->count;
		retrying_finish(retrying);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	arena_free(listing->arena);
	free(listing);
}

static int64_t *
read_ids(const struct call *call, struct arena *arena, unsigned *count)
{
	int64_t *ids;

	*count = call_count(call, "id");
	ids = arena_array(arena, *count + 1, sizeof *ids);
	for (unsigned i = 0; i < *count; i++)
		text_to_int64(call_text_at(call, "id", i), &ids[i]);
	return ids;
}

static void
list_quarantined(struct retrying *retrying, struct mailbox *mailbox)
{
	struct call *call = &retrying->asking.call->call;
	struct listing *listing = mem_zero(1, sizeof *listing);

	listing->retrying = retrying;
	listing->number = retrying->asking.number;
	listing->pipeline = mailbox->pipeline;
	listing->mailbox = mailbox;
	listing->arena = arena_new();
	listing->source = mailbox->id;
	listing->ids = read_ids(call, listing->arena, &listing->id_count);
	listing->work.run = run_listing;
	listing->work.done = listing_done;
	retrying->open++;
	pool_add(mailbox->pipeline->engine->readers, &listing->work);
}

static void
list_all(struct retrying *retrying)
{
	struct engine *engine = retrying->asking.call->call.engine;

	for (struct mailbox *mailbox = engine->pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->configured && mailbox->id != 0)
			list_quarantined(retrying, mailbox);
	}
	retrying_finish(retrying);
}

static void
run_looking(struct work *work, struct worker *worker)
{
	struct looking *looking = (struct looking *)work;
	struct text record = { 0 };
	struct json_out out;

	for (unsigned i = 0; i < looking->id_count && !looking->failed; i++) {
		text_reset(&record);
		json_out_init(&out, &record);
		looking->failed = capture_write(worker->store, looking->arena, looking->ids[i],
					  &out, &looking->err) < 0;
	}
	text_clear(&record);
}

static void
looking_done(struct work *work)
{
	struct looking *looking = (struct looking *)work;
	struct pipeline *pipeline = looking->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (asking_is_open(pipeline, &looking->retrying->asking, looking->number)) {
		if (looking->failed)
			asking_fail(&looking->retrying->asking, &looking->err);
		else
			list_all(looking->retrying);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	arena_free(looking->arena);
	free(looking);
}

int
run_retry_loop(struct loop_call *call, struct err *err)
{
	struct engine *engine = call->call.engine;
	struct looking *looking = mem_zero(1, sizeof *looking);
	struct retrying *retrying;

	(void)err;
	pthread_mutex_lock(&engine->board);
	retrying = asking_new(call, NULL, sizeof *retrying, RETRY_MS);
	retrying->asking.clear = retrying_clear;
	retrying->retry.done = retried;
	pthread_mutex_unlock(&engine->board);
	looking->retrying = retrying;
	looking->number = retrying->asking.number;
	looking->pipeline = engine->pipeline;
	looking->arena = arena_new();
	looking->ids = read_ids(&call->call, looking->arena, &looking->id_count);
	looking->work.run = run_looking;
	looking->work.done = looking_done;
	pool_add(engine->readers, &looking->work);
	return 0;
}
