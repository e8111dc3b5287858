#include "inside.h"

/* A message whose interaction is kept no longer. Its rows keep what was decided, so that no later look
 * at the mailbox brings it back and a count of the ledger still adds up. */

bool
is_outlived(const struct turn *turn, int64_t at)
{
	int64_t keep = turn->capture->config->retain_email;

	return keep > 0 && at < turn->now - keep;
}

bool
is_meeting_outlived(const struct turn *turn, int64_t end_at)
{
	int64_t keep = turn->capture->config->retain_meeting;

	return keep > 0 && end_at < turn->now - keep;
}

bool
refuse_outlived(const struct turn *turn, struct view *view)
{
	if (view->decision != DECIDED_CAPTURED || !is_outlived(turn, view->event->at))
		return false;
	view->decision = view->plain = DECIDED_IGNORED;
	view->reason = "retention: it is older than mail is kept";
	return true;
}

static const char DROP_WANTS[] = "DELETE FROM want WHERE interaction_id = ?";
static const char CLEAR_ROWS[] = "UPDATE ledger SET reason = ?2, interaction_id = ?3, "
				 "version = version + 1 WHERE message_id = ?1";

static int
clear_rows(struct turn *turn, int64_t message_id, const char *reason, int64_t interaction_id,
	struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, CLEAR_ROWS);

	stmt_bind_int(q, message_id);
	stmt_bind_text(q, reason);
	stmt_bind_int_or_null(q, interaction_id, interaction_id == 0);
	return stmt_run(q, err);
}

int
wants_drop(struct turn *turn, int64_t interaction_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, DROP_WANTS);

	stmt_bind_int(q, interaction_id);
	return stmt_run(q, err);
}

int
message_outlive(struct turn *turn, int64_t message_id, int64_t interaction_id, const char *reason,
	bool *bared, struct err *err)
{
	*bared = false;
	if (interaction_is_worked_on(turn->store, interaction_id, bared, err) < 0 ||
		clear_rows(turn, message_id, reason, *bared ? interaction_id : 0, err) < 0 ||
		message_strip(turn, message_id, err) < 0 ||
		wants_drop(turn, interaction_id, err) < 0)
		return -1;
	return *bared ? interaction_bare(turn->store, interaction_id, turn->now, err) : 0;
}
