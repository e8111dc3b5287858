#include <string.h>

#include "inside.h"

/* Headers that rules name: a row each, also of those that a message has not. */

static const char ADD_HEADER[] =
	"INSERT INTO message_header (message_id, name, place, value) VALUES (?, ?, ?, ?) "
	"ON CONFLICT DO NOTHING";

int
headers_put(struct turn *turn, const struct event *event, int64_t message_id, struct err *err)
{
	for (unsigned i = 0; i < event->header_count; i++) {
		struct stmt *q = sql_prepare(turn->store, ADD_HEADER);

		stmt_bind_int(q, message_id);
		stmt_bind_text(q, event->headers[i].name);
		stmt_bind_int(q, i);
		stmt_bind_text(q, event->headers[i].value);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

static const char DROP_HEADERS[] = "DELETE FROM message_header WHERE message_id = ?";

int
headers_drop(struct turn *turn, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, DROP_HEADERS);

	stmt_bind_int(q, message_id);
	return stmt_run(q, err);
}

static const char SELECT_HEADERS[] =
	"SELECT name, value FROM message_header WHERE message_id = ? ORDER BY place LIMIT 64";

int
headers_load(struct store *store, struct arena *arena, int64_t message_id, struct event *event,
	struct err *err)
{
	struct event_header found[EVENT_HEADERS_MAX];
	struct stmt *q = sql_prepare(store, SELECT_HEADERS);
	unsigned count = 0;

	stmt_bind_int(q, message_id);
	while (count < EVENT_HEADERS_MAX && stmt_row(q)) {
		found[count].name = stmt_text_copy(q, arena);
		found[count++].value = stmt_text_copy(q, arena);
	}
	event->header_count = count;
	if (count > 0) {
		event->headers = arena_array(arena, count, sizeof *found);
		memcpy(event->headers, found, count * sizeof *found);
	}
	return stmt_end(q, err);
}
