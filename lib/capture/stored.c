#include <string.h>

#include "inside.h"

/* A message read back as an event, so that the past is matched by the same code as the present. */

void
stored_party(struct stmt *q, struct arena *arena, struct stored *out, unsigned *room)
{
	struct event *event = &out->event;
	unsigned i = event->party_count++;
	struct event_party *party;

	if (i == *room) {
		event->parties = arena_grow(arena, event->parties, i, room, sizeof *party);
		out->meeting.responses = arena_grow(
			arena, out->meeting.responses, i, room, sizeof *out->meeting.responses);
	}
	party = &event->parties[i];
	party->role = role_by_word(stmt_text(q));
	party->name = stmt_text_copy(q, arena);
	party->address = stmt_text_copy(q, arena);
	party->email = stmt_text_copy(q, arena);
	if (party->email == NULL)
		party->email = party->address;
	out->meeting.responses[i] = stmt_text_copy(q, arena);
}

static const char SELECT_PARTIES[] =
	"SELECT " STORED_PARTY " FROM party p LEFT JOIN address a "
	"ON a.id = p.address_id WHERE p.message_id = ? ORDER BY p.place";

static int
load_parties(
	struct store *store, struct arena *arena, int64_t id, struct stored *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PARTIES);
	unsigned room = 0;

	stmt_bind_int(q, id);
	while (stmt_row(q))
		stored_party(q, arena, out, &room);
	return stmt_end(q, err);
}

static enum event_class
class_by_word(const char *word)
{
	if (strcmp(word, "bulk") == 0)
		return CLASS_BULK;
	return strcmp(word, "automatic") == 0 ? CLASS_AUTOMATIC : CLASS_PERSONAL;
}

static void
read_meeting(struct stmt *q, struct arena *arena, struct meeting_facts *out)
{
	out->event_uid = stmt_text_copy(q, arena);
	out->recurrence = stmt_text_copy(q, arena);
	out->end_at = stmt_int(q);
	out->all_day = stmt_int(q) != 0;
	out->location = stmt_text_copy(q, arena);
	out->status = stmt_int(q) != 0 ? MEETING_CANCELLED : MEETING_CONFIRMED;
	out->sequence = stmt_int(q);
	out->stamp = stmt_int(q);
	out->content = stmt_int(q);
}

void
stored_message(struct stmt *q, struct arena *arena, struct stored *out)
{
	struct event *event = &out->event;

	out->id = stmt_int(q);
	out->thread = stmt_int(q);
	out->direction = stmt_text_copy(q, arena);
	out->text_part = stmt_text_copy(q, arena);
	event->at = stmt_int(q);
	event->offset_min = (int)stmt_int(q);
	event->message_id = stmt_text_copy(q, arena);
	event->in_reply_to = stmt_text_copy(q, arena);
	event->subject = stmt_text_copy(q, arena);
	event->class = class_by_word(stmt_text(q));
	event->class_reason = stmt_text_copy(q, arena);
	event->list_id = stmt_text_copy(q, arena);
	event->sensitivity = stmt_text_copy(q, arena);
	read_meeting(q, arena, &out->meeting);
	out->source_id = stmt_int(q);
	event->size = (uint64_t)stmt_int(q);
	out->kept = (enum keep)stmt_int(q);
	out->held = (enum held)stmt_int(q);
}

void
view_stored(struct turn *turn, const struct stored *stored, struct view *out)
{
	if (stored->meeting.event_uid != NULL)
		meeting_view(turn, &stored->event, &stored->meeting, out);
	else
		view_init(turn, &stored->event, out);
	out->kept = stored->kept;
	out->held = stored->held;
}

static const char SELECT_MESSAGE[] =
	"SELECT " STORED_MESSAGE
	" FROM message m LEFT JOIN meeting g ON g.message_id = m.id WHERE m.id = ?";

int
message_load(
	struct store *store, struct arena *arena, int64_t id, struct stored *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_MESSAGE);

	*out = (struct stored){ 0 };
	stmt_bind_int(q, id);
	if (stmt_row(q))
		stored_message(q, arena, out);
	if (stmt_end(q, err) < 0)
		return -1;
	if (out->id == 0)
		return fail(err, ERR_NOT_FOUND, "nothing is kept of message %lld", (long long)id);
	if (load_parties(store, arena, id, out, err) < 0)
		return -1;
	return headers_load(store, arena, id, &out->event, err);
}
