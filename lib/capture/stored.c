#include <string.h>

#include "inside.h"

/* A message read back as an event, so that the past is matched by the same code as the present. */

static const char COUNT_PARTIES[] = "SELECT count(*) FROM party WHERE message_id = ?";

static const char SELECT_PARTIES[] =
	"SELECT p.role, p.name, a.address, p.email FROM party p LEFT JOIN address a "
	"ON a.id = p.address_id WHERE p.message_id = ? ORDER BY p.place";

static int
load_parties(
	struct store *store, struct arena *arena, int64_t id, struct event *event, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_PARTIES);
	int64_t count = 0;
	bool found;

	stmt_bind_int(q, id);
	if (sql_get_int(q, &count, &found, err) < 0)
		return -1;
	event->parties = arena_array(arena, (size_t)count + 1, sizeof *event->parties);
	q = sql_prepare(store, SELECT_PARTIES);
	stmt_bind_int(q, id);
	while (event->party_count < count && stmt_row(q)) {
		struct event_party *party = &event->parties[event->party_count++];

		party->role = role_by_word(stmt_text(q));
		party->name = stmt_text_copy(q, arena);
		party->address = stmt_text_copy(q, arena);
		party->email = stmt_text_copy(q, arena);
		if (party->email == NULL)
			party->email = party->address;
	}
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
read_message(struct stmt *q, struct arena *arena, struct stored *out)
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
}

static const char SELECT_MESSAGE[] =
	"SELECT id, thread, direction, text_part, at, offset_min, message_id, in_reply_to, "
	"subject, "
	"class, class_reason, list_id, sensitivity FROM message WHERE id = ?";

int
message_load(
	struct store *store, struct arena *arena, int64_t id, struct stored *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_MESSAGE);

	*out = (struct stored){ 0 };
	stmt_bind_int(q, id);
	if (stmt_row(q))
		read_message(q, arena, out);
	if (stmt_end(q, err) < 0)
		return -1;
	if (out->id == 0)
		return fail(err, ERR_NOT_FOUND, "nothing is kept of message %lld", (long long)id);
	return load_parties(store, arena, id, &out->event, err);
}
