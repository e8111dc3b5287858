#include <stddef.h>
#include <stdlib.h>

#include "feed.h"

/* capture.verify: the ledger held against what the server has, folder by folder: all UIDs, while the
 * ledger's rows are counted, then the comparison. Only what that leaves over takes the server's UIDs of the
 * window, which it may have to look up, and the comparison again. */

enum { VERIFY_MS = 600000, CATCH_UP_MS = 10000, OPEN_MS = 30000, DAY = 86400 };

enum verify_step {
	VERIFY_OPEN,
	VERIFY_ALL,
	VERIFY_WINDOW,
	VERIFY_CATCH_UP,
	VERIFY_COUNT,
	VERIFY_REPAIR
};

struct verify {
	struct asking asking; /* first */
	struct retry retry; /* second: found by its place */
	enum verify_step step;
	struct folder *folder;
	struct uid_set all, window, missing;
	int64_t since_ms; /* of the step */
	uint64_t tallying; /* the count of the folder's rows that is waited for; 0: none */
	struct verify_row tally;
	bool repair, repaired, windowed;
	unsigned rows, left;
	struct verify_row total;
};

struct counting {
	struct work work; /* first */
	struct verify *verify;
	struct pipeline *pipeline;
	struct uid_set all, window, missing;
	uint64_t number; /* of its asking */
	int64_t stream;
	struct verify_row tally, row;
	struct err err;
	bool has_window, failed;
};

struct tallying {
	struct work work; /* first */
	struct verify *verify;
	struct pipeline *pipeline;
	uint64_t number; /* of the count */
	uint64_t asking; /* of its asking */
	int64_t stream;
	struct verify_row tally;
	struct err err;
	bool failed;
};

static void verify_folder(struct verify *verify);
static void catch_up(struct verify *verify, int64_t now_ms);

static void
clear_sets(struct verify *verify)
{
	uid_set_clear(&verify->all);
	uid_set_clear(&verify->window);
	uid_set_clear(&verify->missing);
}

static void
verify_clear(struct asking *asking)
{
	struct verify *verify = (struct verify *)asking;

	clear_sets(verify);
	for (struct slice *slice = asking->mailbox->pipeline->slices; slice != NULL;
		slice = slice->next) {
		if (slice->retry == &verify->retry)
			slice->retry = NULL;
	}
}

static void
verify_end(struct verify *verify)
{
	struct loop_call *call = verify->asking.call;
	struct json_out *out = call->call.out;

	verify_write(&verify->total, out);
	json_array_end(out);
	json_null_(out, "next");
	json_int(out, "folders_in_error", verify->left);
	json_object_end(out);
	asking_end(&verify->asking);
	loop_call_answer(call);
}

static void
search(struct verify *verify, bool window)
{
	struct mailbox *mailbox = verify->asking.mailbox;
	struct frame_writer writer;

	verify->step = window ? VERIFY_WINDOW : VERIFY_ALL;
	verify->asking.token = pipeline_token(mailbox->pipeline);
	frame_begin(
		&writer, &mailbox->link->out, FRAME_SEARCH, mailbox->number, verify->asking.token);
	frame_put_text(&writer, TAG_FOLDER, verify->folder->name);
	frame_put_u64(&writer, TAG_LOW, 1);
	frame_put_u64(&writer, TAG_HIGH, 0);
	if (window)
		frame_put_i64(&writer, TAG_SINCE, verify->folder->since - DAY);
	frame_end(&writer);
	link_flush(mailbox->link);
}

static void
run_tallying(struct work *work, struct worker *worker)
{
	struct tallying *tallying = (struct tallying *)work;

	arena_reset(worker->arena);
	tallying->failed = verify_tally(worker->store, tallying->stream, &tallying->tally,
				   &tallying->err) < 0;
}

static void
tallying_done(struct work *work)
{
	struct tallying *tallying = (struct tallying *)work;
	struct pipeline *pipeline = tallying->pipeline;
	struct verify *verify = tallying->verify;

	pthread_mutex_lock(&pipeline->engine->board);
	if (asking_is_open(pipeline, &verify->asking, tallying->asking) &&
		verify->tallying == tallying->number) {
		verify->tallying = 0;
		verify->tally = tallying->tally;
		if (tallying->failed)
			asking_fail(&verify->asking, &tallying->err);
		else if (verify->step == VERIFY_CATCH_UP)
			catch_up(verify, clock_monotonic_ms());
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	free(tallying);
}

static void
tally(struct verify *verify)
{
	struct pipeline *pipeline = verify->asking.mailbox->pipeline;
	struct tallying *tallying = mem_zero(1, sizeof *tallying);

	verify->tallying = tallying->number = verify->asking.token;
	tallying->verify = verify;
	tallying->asking = verify->asking.number;
	tallying->pipeline = pipeline;
	tallying->stream = verify->folder->stream;
	tallying->work.run = run_tallying;
	tallying->work.done = tallying_done;
	pool_add(pipeline->engine->readers, &tallying->work);
}

static void
next_folder(struct verify *verify)
{
	verify->folder = verify->folder == NULL ? verify->asking.mailbox->folders
						: verify->folder->next;
	while (verify->folder != NULL && !folder_is_watched(verify->folder))
		verify->folder = verify->folder->next;
	verify->repaired = false;
	if (verify->folder == NULL)
		verify_end(verify);
	else
		verify_folder(verify);
}

static void
verify_folder(struct verify *verify)
{
	clear_sets(verify);
	verify->since_ms = clock_monotonic_ms();
	verify->windowed = false;
	if (verify->folder->known) {
		search(verify, false);
		tally(verify);
	} else
		verify->step = VERIFY_OPEN; /* the tick looks whether it has come */
}

static void
run_counting(struct work *work, struct worker *worker)
{
	struct counting *counting = (struct counting *)work;
	struct stream stream;

	arena_reset(worker->arena);
	counting->failed = stream_get(worker->store, worker->arena, counting->stream, &stream,
				   &counting->err) < 0 ||
			   verify_tallied(worker->store, &stream, &counting->all,
				   counting->has_window ? &counting->window : NULL,
				   &counting->tally, &counting->row, &counting->missing,
				   &counting->err) < 0;
}

static void
begin_repair(struct verify *verify, struct counting *counting)
{
	verify->step = VERIFY_REPAIR;
	verify->repaired = true;
	retry_note(
		&verify->asking, &verify->retry, verify->folder, uid_set_size(&counting->missing));
	retry_ask(&verify->retry, verify->folder, &counting->missing);
}

static void
verify_fail(struct verify *verify, const char *error)
{
	asking_stop(&verify->asking, ERR_UNAVAILABLE, "%s", error);
}

/* What is left over may lie before the window. */
static void
ask_window(struct verify *verify, struct counting *counting)
{
	if (verify->asking.mailbox->link == NULL) {
		verify_fail(verify, "the connection was lost while verifying");
		return;
	}
	verify->all = counting->all;
	counting->all = (struct uid_set){ 0 };
	verify->windowed = true;
	search(verify, true);
}

static void
take_row(struct verify *verify, struct counting *counting)
{
	struct loop_call *call = verify->asking.call;
	struct mailbox *mailbox = verify->asking.mailbox;

	if (counting->row.missing > 0 && verify->folder->has_since && !verify->windowed) {
		ask_window(verify, counting);
		return;
	}
	if (verify->repair && !verify->repaired && counting->missing.count > 0 &&
		mailbox->link != NULL) {
		begin_repair(verify, counting);
		return;
	}
	counting->row.folder = verify->folder->name;
	verify_write(&counting->row, call->call.out);
	verify_add(&verify->total, &counting->row);
	loop_call_progress(call, ++verify->rows, 0, "folders");
	next_folder(verify);
}

static void
counting_done(struct work *work)
{
	struct counting *counting = (struct counting *)work;
	struct pipeline *pipeline = counting->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (asking_is_open(pipeline, &counting->verify->asking, counting->number)) {
		if (counting->failed)
			asking_fail(&counting->verify->asking, &counting->err);
		else
			take_row(counting->verify, counting);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	uid_set_clear(&counting->all);
	uid_set_clear(&counting->window);
	uid_set_clear(&counting->missing);
	free(counting);
}

static void
count_rows(struct verify *verify)
{
	struct pipeline *pipeline = verify->asking.mailbox->pipeline;
	struct counting *counting = mem_zero(1, sizeof *counting);

	verify->step = VERIFY_COUNT;
	counting->verify = verify;
	counting->number = verify->asking.number;
	counting->pipeline = pipeline;
	counting->stream = verify->folder->stream;
	counting->all = verify->all;
	counting->window = verify->window;
	counting->tally = verify->tally;
	counting->has_window = verify->windowed;
	verify->all = verify->window = (struct uid_set){ 0 };
	counting->work.run = run_counting;
	counting->work.done = counting_done;
	pool_add(pipeline->engine->readers, &counting->work);
}

/* New mail that the server has just listed is decided in a moment. */
static void
catch_up(struct verify *verify, int64_t now_ms)
{
	const struct uid_set *all = &verify->all;
	uint32_t highest = all->count == 0 ? 0 : all->ranges[all->count - 1].last;

	verify->step = VERIFY_CATCH_UP;
	if (verify->tallying != 0)
		return; /* it comes here when it is done */
	if (verify->folder->cursor >= highest || now_ms - verify->since_ms > CATCH_UP_MS)
		count_rows(verify);
}

static void
verify_lost(struct asking *asking)
{
	struct verify *verify = (struct verify *)asking;

	if (verify->step != VERIFY_COUNT) /* else the count comes back and finds out */
		verify_fail(verify, "the connection was lost while verifying");
}

static void
verify_tick(struct asking *asking, int64_t now_ms)
{
	struct verify *verify = (struct verify *)asking;

	if (verify->step == VERIFY_CATCH_UP)
		catch_up(verify, now_ms);
	else if (verify->step == VERIFY_OPEN && verify->folder->known)
		verify_folder(verify);
	else if (verify->step == VERIFY_OPEN &&
		 (verify->folder->error != NULL || now_ms - verify->since_ms > OPEN_MS)) {
		verify->left++;
		next_folder(verify);
	}
}

static int
take_list(struct asking *asking, const struct frame *frame, struct err *err)
{
	struct verify *verify = (struct verify *)asking;
	struct uid_set *into = verify->step == VERIFY_WINDOW ? &verify->window : &verify->all;
	const char *error;
	bool last;

	if (uid_list_read(frame, asking->call->call.arena, into, &error, &last, err) < 0)
		return -1;
	if (error != NULL)
		verify_fail(verify, error);
	else if (last) {
		asking->token = 0;
		verify->since_ms = clock_monotonic_ms();
		catch_up(verify, verify->since_ms);
	}
	return 0;
}

static void
repaired(struct retry *retry)
{
	struct verify *verify = (struct verify *)((char *)retry - offsetof(struct verify, retry));

	verify_folder(verify);
}

static int
begin_verify(struct loop_call *call, struct err *err)
{
	const char *name = call_text(&call->call, "source");
	struct mailbox *mailbox = mailbox_by_name(call->call.engine->pipeline, name);
	struct verify *verify;

	if (mailbox == NULL)
		return fail_field(err, ERR_NOT_FOUND, "source",
			"there is no source '%s' in the configuration", name);
	if (!mailbox_is_up(mailbox))
		return fail(err, ERR_UNAVAILABLE, "the source '%s' is %s%s%s", name,
			source_state_name(mailbox), mailbox->error != NULL ? ": " : "",
			mailbox->error != NULL ? mailbox->error : "");
	if (mailbox->kind == SOURCE_ICAL)
		return feed_check_begin(call, mailbox,
			call_flag(&call->call, "repair") && !call->call.dry_run, err);
	verify = asking_new(call, mailbox, sizeof *verify, VERIFY_MS);
	verify->asking.frame = take_list;
	verify->asking.tick = verify_tick;
	verify->asking.lost = verify_lost;
	verify->asking.clear = verify_clear;
	verify->retry.done = repaired;
	verify->repair = call_flag(&call->call, "repair") && !call->call.dry_run;
	json_object_begin(call->call.out, NULL);
	json_array_begin(call->call.out, "items");
	next_folder(verify);
	return 0;
}

int
run_verify_loop(struct loop_call *call, struct err *err)
{
	int done;

	pthread_mutex_lock(&call->call.engine->board);
	done = begin_verify(call, err);
	pthread_mutex_unlock(&call->call.engine->board);
	return done;
}
