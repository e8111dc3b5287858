#include <string.h>

#include "explain.h"
#include "withheld.h"

/* The whole story of a message: its capture records, whom it was considered for, and why. */

static int
add_sightings(struct story *story, struct err *err)
{
	struct turn *turn = &story->turn;
	struct sighting *seen;
	unsigned count;

	for (unsigned i = 0; i < story->message_count; i++) {
		if (sightings_of(
			    turn->store, turn->lasting, story->messages[i], &seen, &count, err) < 0)
			return -1;
		for (unsigned j = 0; j < count; j++)
			story_add_row(story, seen[j].id);
	}
	return 0;
}

static int
write_captures(struct story *story, struct err *err)
{
	json_array_begin(story->out, "captures");
	for (unsigned i = 0; i < story->row_count; i++) {
		if (capture_write(story->turn.store, story->turn.lasting, story->rows[i],
			    story->out, err) < 0)
			return -1;
	}
	json_array_end(story->out);
	return 0;
}

static const char SELECT_LINK[] =
	"SELECT c.no FROM interaction i JOIN interaction_contact x ON x.interaction_id = i.id "
	"JOIN contact c ON c.id = x.contact_id WHERE i.message_id = ? AND x.email = ? "
	"AND x.via <> 'manual' LIMIT 1";

/* *no: of a contact that the address once linked, or NULL. */
static int
linked_once(struct turn *turn, int64_t message_id, const struct considered *seen, const char **no,
	struct err *err)
{
	struct stmt *q;

	*no = NULL;
	if (seen->outcome != OUTCOME_NO_CONTACT && seen->outcome != OUTCOME_OUTSIDE_VALIDITY)
		return 0;
	q = sql_prepare(turn->store, SELECT_LINK);
	stmt_bind_int(q, message_id);
	stmt_bind_text(q, seen->party->address);
	return sql_get_text(q, turn->arena, no, err);
}

static int
write_considered(struct story *story, int64_t message_id, const struct view *view,
	const struct considered *seen, struct err *err)
{
	struct json_out *out = story->out;
	const char *once, *no = seen->holder == NULL ? NULL : seen->holder->no;

	if (linked_once(&story->turn, message_id, seen, &once, err) < 0)
		return -1;
	json_object_begin(out, NULL);
	json_text(out, "address",
		seen->party->address != NULL ? seen->party->address : seen->party->email);
	json_text(out, "role", role_word(seen->party->role));
	json_text(out, "contact", once != NULL ? once : no);
	json_text(out, "outcome", once != NULL ? "matched" : outcome_word(seen));
	json_text(out, "why",
		once != NULL ? arena_printf(story->turn.arena,
				       "%s had this address when the %s was captured, "
				       "and what was captured stays",
				       once, view->meeting != NULL ? "meeting" : "mail")
			     : outcome_why(&story->turn, view, seen));
	json_object_end(out);
	return 0;
}

static const char SELECT_BY_HAND[] =
	"SELECT x.email, x.role, c.no FROM interaction i JOIN interaction_contact x ON "
	"x.interaction_id = i.id JOIN contact c ON c.id = x.contact_id WHERE i.message_id = ?1 "
	"AND x.via = 'manual' AND (viewer() IS NULL OR " SIGHT_SEEN("?1") ") ORDER BY c.no";

/* Whom people linked it to, whatever its addresses say. */
static int
write_by_hand(struct story *story, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_BY_HAND);
	struct json_out *out = story->out;

	stmt_bind_int(q, message_id);
	while (stmt_row(q)) {
		const char *no;

		json_object_begin(out, NULL);
		json_text(out, "address", stmt_text(q));
		json_text(out, "role", stmt_text(q));
		no = stmt_text(q);
		json_text(out, "contact", no);
		json_text(out, "outcome", "manual");
		json_text(out, "why",
			arena_printf(story->turn.arena, "it was linked to %s by hand", no));
		json_object_end(out);
	}
	return stmt_end(q, err);
}

static const char SELECT_SEEN[] = "SELECT viewer() IS NULL OR " SIGHT_SEEN("?1");

/* Whom a text mentions is what it says. */
static int
leave_out_mentioned(struct story *story, struct stored *stored, bool *withheld, struct err *err)
{
	struct event *event = &stored->event;
	struct stmt *q = sql_prepare(story->turn.store, SELECT_SEEN);
	unsigned kept = 0;
	int64_t seen = 0;

	stmt_bind_int(q, stored->id);
	if (sql_get_int(q, &seen, NULL, err) < 0)
		return -1;
	*withheld = seen == 0;
	if (seen != 0)
		return 0;
	for (unsigned i = 0; i < event->party_count; i++) {
		if (event->parties[i].role == PARTY_MENTIONED)
			continue;
		stored->meeting.responses[kept] = stored->meeting.responses[i];
		event->parties[kept++] = event->parties[i];
	}
	event->party_count = kept;
	return 0;
}

static int
consider_message(struct story *story, int64_t message_id, struct err *err)
{
	struct turn *turn = &story->turn;
	struct stored stored;
	struct sighting *seen;
	bool withheld = false;
	struct view view;
	unsigned count;

	if (sightings_of(turn->store, turn->arena, message_id, &seen, &count, err) < 0 ||
		message_load(turn->store, turn->arena, message_id, &stored, err) < 0 ||
		leave_out_mentioned(story, &stored, &withheld, err) < 0)
		return -1;
	if (count > 0)
		turn_at_sighting(turn, &seen[0]);
	view_stored(turn, &stored, &view);
	if (view_match(turn, &view, err) < 0)
		return -1;
	for (unsigned i = 0; i < view.considered_count; i++) {
		if (withheld)
			view.considered[i].rule = NULL; /* its condition may quote the subject */
		if (write_considered(story, message_id, &view, &view.considered[i], err) < 0)
			return -1;
	}
	return write_by_hand(story, message_id, err);
}

/* Of the first message: as it was first seen. */
static int
tell_rules(struct story *story, struct err *err)
{
	struct turn *turn = &story->turn;
	struct sighting *seen;
	struct stored stored;
	bool withheld = false;
	struct view view;
	unsigned count;

	if (story->message_count == 0)
		return 0;
	if (sightings_of(turn->store, turn->arena, story->messages[0], &seen, &count, err) < 0 ||
		message_load(turn->store, turn->arena, story->messages[0], &stored, err) < 0 ||
		leave_out_mentioned(story, &stored, &withheld, err) < 0)
		return -1;
	if (count > 0)
		turn_at_sighting(turn, &seen[0]);
	view_stored(turn, &stored, &view);
	return explain_rules(story, &view, withheld, err);
}

static const char SELECT_ANSWER[] =
	"SELECT l.decision, ': ' || l.reason, l.interaction_id, CASE WHEN viewer() IS NOT NULL "
	"THEN " CAPTURE_LEVEL " ELSE 0 END FROM ledger l"
	" JOIN stream t ON t.id = l.stream_id JOIN source s ON s.id = t.source_id WHERE l.id = ?";

/* The first record answers. */
static int
answer_by_row(struct story *story, struct err *err)
{
	struct arena *arena = story->turn.lasting;
	struct stmt *q;

	if (story->answer != NULL || story->row_count == 0)
		return 0;
	q = sql_prepare(story->turn.store, SELECT_ANSWER);
	stmt_bind_int(q, story->rows[0]);
	if (stmt_row(q)) {
		const char *decision = stmt_text_copy(q, arena);
		const char *reason = stmt_text_copy(q, arena);
		int64_t interaction = stmt_int(q);

		if (reason == NULL ||
			!query_is_open(&capture_noun, "reason", (unsigned)stmt_int(q)))
			reason = "";
		story->answer = interaction == 0
					? arena_printf(arena, "%s%s", decision, reason)
					: arena_printf(arena, "%s, interaction %lld%s", decision,
						  (long long)interaction, reason);
	}
	return stmt_end(q, err);
}

static int
tell(struct story *story, const struct explain_thing *thing, struct err *err)
{
	if (story_find(story, thing, err) < 0 || add_sightings(story, err) < 0 ||
		answer_by_row(story, err) < 0)
		return -1;
	json_object_begin(story->out, NULL);
	if (write_captures(story, err) < 0)
		return -1;
	json_array_begin(story->out, "considered");
	for (unsigned i = 0; i < story->message_count; i++) {
		if (consider_message(story, story->messages[i], err) < 0)
			return -1;
	}
	json_array_end(story->out);
	json_array_begin(story->out, "rules");
	if (tell_rules(story, err) < 0)
		return -1;
	json_array_end(story->out);
	if (explain_sender(story, err) < 0)
		return -1;
	json_text(story->out, "answer", story->answer);
	json_object_end(story->out);
	return 0;
}

int
explain_write(struct store *store, struct capture *capture, struct arena *arena,
	const struct explain_thing *thing, struct json_out *out, struct err *err)
{
	struct story *story = arena_alloc(arena, sizeof *story);

	story->turn = (struct turn){
		.store = store,
		.capture = capture,
		.arena = arena,
		.lasting = arena,
	};
	story->out = out;
	if (own_learn(&story->turn, err) < 0 || rules_refresh(&story->turn, err) < 0)
		return -1;
	return tell(story, thing, err);
}
