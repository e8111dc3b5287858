#include "feed.h"

#include <stdlib.h>

/* capture.verify of a calendar: the whole feed is asked for and read, and each of its occurrences held
 * against the ledger. */

enum { CHECK_MS = 600000 };

struct feed_check {
	struct mailbox *mailbox;
	struct checking *checking; /* NULL: whoever asked is gone */
	struct arena *arena; /* of verify */
	struct feed_verify *verify;
	struct verify_row row;
	bool repair;
};

struct checking {
	struct asking asking; /* first */
	struct retry noting; /* the journal's row of a repair */
	struct feed_check *check;
};

int
feed_check_add(struct feed_run *run, struct worker *worker, const struct meeting_item *item,
	struct err *err)
{
	struct feed_check *check = run->check;

	if (check->verify == NULL) {
		check->verify = feed_verify_new(
			worker->store, check->arena, run->stream, run->from, run->until, err);
		if (check->verify == NULL)
			return -1;
	}
	return feed_verify_add(check->verify, item->item, item->versions, item->count, err);
}

int
feed_check_end(struct feed_run *run, struct err *err)
{
	struct feed_check *check = run->check;

	return check->verify == NULL ? 0 : feed_verify_end(check->verify, &check->row, err);
}

bool
feed_check_repairs(const struct feed_run *run)
{
	return run->check->repair;
}

static void
answer(struct checking *checking, const struct verify_row *row)
{
	struct loop_call *call = checking->asking.call;
	struct json_out *out = call->call.out;
	struct verify_row total = { 0 };

	verify_add(&total, row);
	json_object_begin(out, NULL);
	json_array_begin(out, "items");
	verify_write(row, out);
	verify_write(&total, out);
	json_array_end(out);
	json_null_(out, "next");
	json_int(out, "folders_in_error", 0);
	json_object_end(out);
	asking_end(&checking->asking);
	loop_call_answer(call);
}

void
feed_check_done(struct feed_run *run, const struct err *error)
{
	struct feed_check *check = run->check;

	run->check = NULL;
	run->mailbox->check = NULL;
	check->row.folder = NULL;
	if (check->checking != NULL && error != NULL)
		asking_fail(&check->checking->asking, error);
	else if (check->checking != NULL)
		answer(check->checking, &check->row);
	arena_free(check->arena);
	free(check);
}

void
feed_check_free(struct mailbox *mailbox)
{
	struct feed_check *check = mailbox->check;

	if (check == NULL)
		return;
	mailbox->check = NULL;
	arena_free(check->arena);
	free(check);
}

void
feed_check_fail(struct mailbox *mailbox, const struct err *error)
{
	struct checking *checking = mailbox->check->checking;

	if (checking != NULL)
		asking_fail(&checking->asking, error); /* and the check with it */
	else
		feed_check_free(mailbox);
}

/* A check that no run has taken up goes with its asker. */
static void
checking_clear(struct asking *asking)
{
	struct checking *checking = (struct checking *)asking;
	struct feed_check *check = checking->check;
	struct mailbox *mailbox = check->mailbox;

	check->checking = NULL;
	if (mailbox->check != check || (mailbox->feed != NULL && mailbox->feed->check == check))
		return;
	mailbox->check = NULL;
	arena_free(check->arena);
	free(check);
}

static void
checking_lost(struct asking *asking)
{
	struct checking *checking = (struct checking *)asking;
	struct mailbox *mailbox = asking->mailbox;

	if (mailbox->feed != NULL && mailbox->feed->check == checking->check)
		return; /* it is all here */
	asking_stop(asking, ERR_UNAVAILABLE, "the connection was lost while verifying");
}

static void
noted(struct retry *noting)
{
	(void)noting; /* nothing waits for it */
}

int
feed_check_begin(struct loop_call *call, struct mailbox *mailbox, bool repair, struct err *err)
{
	struct checking *checking;

	if (mailbox->check != NULL)
		return fail(err, ERR_UNAVAILABLE, "the source '%s' is being verified already",
			mailbox->name);
	checking = asking_new(call, mailbox, sizeof *checking, CHECK_MS);
	checking->asking.lost = checking_lost;
	checking->asking.clear = checking_clear;
	checking->check = mem_zero(1, sizeof *checking->check);
	checking->check->mailbox = mailbox;
	checking->check->checking = checking;
	checking->check->arena = arena_new();
	checking->check->repair = repair;
	mailbox->check = checking->check;
	checking->noting.done = noted;
	if (repair && mailbox->folders != NULL)
		retry_note(&checking->asking, &checking->noting, mailbox->folders,
			mailbox->folders->exists);
	feed_ask_whole(mailbox);
	return 0;
}
