#include <string.h>

#include "inside.h"

/* What is kept of a message: one row however many copies there are, and its parties. */

static const char *const class_words[] = {
	[CLASS_PERSONAL] = "personal",
	[CLASS_BULK] = "bulk",
	[CLASS_AUTOMATIC] = "automatic",
};

/* A word of text_part holds no blank, and "-" stands for none. */
static const char *
word_or_dash(const char *word)
{
	return word == NULL || word[0] == '\0' || strchr(word, ' ') != NULL ? "-" : word;
}

static const char *
subtype_of(const char *type)
{
	const char *slash = type == NULL ? NULL : strchr(type, '/');

	return slash == NULL ? "plain" : slash + 1;
}

const char *
text_part_words(struct arena *arena, const struct event *event)
{
	for (unsigned i = 0; event->text_part != NULL && i < event->part_count; i++) {
		const struct event_part *part = &event->parts[i];

		if (part->part == NULL || strcmp(part->part, event->text_part) != 0)
			continue;
		return arena_printf(arena, "%s %s %s %s %llu", word_or_dash(part->part),
			word_or_dash(part->encoding), word_or_dash(part->charset),
			word_or_dash(subtype_of(part->type)), (unsigned long long)part->size);
	}
	return NULL;
}

static bool
any_attachment(const struct event *event)
{
	for (unsigned i = 0; i < event->part_count; i++) {
		if (event->parts[i].attachment)
			return true;
	}
	return false;
}

/* The attachments as JSON in the capture's scratch text, or NULL. */
static const char *
attachments(struct turn *turn, const struct event *event)
{
	struct text *text = &turn->capture->scratch;
	struct json_out out;

	if (!any_attachment(event))
		return NULL;
	text_reset(text);
	json_out_init(&out, text);
	json_array_begin(&out, NULL);
	for (unsigned i = 0; i < event->part_count; i++) {
		const struct event_part *part = &event->parts[i];

		if (!part->attachment)
			continue;
		json_object_begin(&out, NULL);
		json_text(&out, "name", part->name);
		json_text(&out, "type", part->type);
		json_int(&out, "size", (int64_t)part->size);
		json_object_end(&out);
	}
	json_array_end(&out);
	return text->bytes;
}

/* Everything after the identity, in the order of both statements below. */
static void
bind_message(struct turn *turn, struct stmt *q, const struct view *view,
	const struct placement *placement, enum keep keep)
{
	const struct event *event = view->event;
	bool ids = keep != KEEP_NOTHING, says = keep == KEEP_ALL;

	stmt_bind_text(q, ids ? event->message_id : NULL);
	stmt_bind_int_or_null(q, (int64_t)placement->own, !ids || event->message_id == NULL);
	stmt_bind_text(q, ids ? event->in_reply_to : NULL);
	stmt_bind_text(q, says ? event->subject : NULL);
	stmt_bind_int(q, event->at);
	stmt_bind_int(q, event->offset_min);
	stmt_bind_int_or_null(q, event->date, event->date == 0);
	stmt_bind_int_or_null(q, event->internal_date, event->internal_date == 0);
	stmt_bind_int(q, (int64_t)(event->size & INT64_MAX));
	stmt_bind_int(q, event->flags | view->flags);
	stmt_bind_text(q, class_words[event->class]);
	stmt_bind_text(q, ids ? event->class_reason : NULL);
	stmt_bind_text(q, ids ? event->list_id : NULL);
	stmt_bind_text(q, event->sensitivity);
	stmt_bind_text(q, view->direction);
	stmt_bind_int(q, placement->thread);
	stmt_bind_text(q, says ? attachments(turn, event) : NULL);
	stmt_bind_text(
		q, says || keep == KEEP_ADDRESSES ? text_part_words(turn->arena, event) : NULL);
	stmt_bind_int(q,
		event->party_total > event->party_count ? event->party_total : event->party_count);
	stmt_bind_int(q, turn->source_id);
	stmt_bind_int(q, keep);
	stmt_bind_text(q, view->authentication);
	stmt_bind_text(q, says ? view->authentication_reason : NULL);
	stmt_bind_int(q, view->held);
}

static const char SELECT_IDENTITY[] = "SELECT id FROM message WHERE identity = ?";

static int
find_message(struct turn *turn, const uint8_t identity[16], int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_IDENTITY);
	bool found = false;

	stmt_bind_blob(q, identity, 16);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	return found ? 0 : fail(err, ERR_INTERNAL, "a message was there and is not");
}

static const char ADD_MESSAGE[] =
	"INSERT INTO message (identity, message_id, message_id_hash, in_reply_to, subject, at, "
	"offset_min, date, internal_date, size, flags, class, class_reason, list_id, sensitivity, "
	"direction, thread, parts, text_part, party_total, source_id, kept, "
	"authentication, authentication_reason, held) "
	"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
	"ON CONFLICT (identity) DO NOTHING";

int
message_put(struct turn *turn, const struct view *view, const struct placement *placement,
	enum keep keep, int64_t *id, bool *fresh, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, ADD_MESSAGE);

	stmt_bind_blob(q, view->event->identity, 16);
	bind_message(turn, q, view, placement, keep);
	if (stmt_run(q, err) < 0)
		return -1;
	*fresh = store_changes(turn->store) > 0;
	if (!*fresh)
		return find_message(turn, view->event->identity, id, err);
	*id = store_last_id(turn->store);
	return 0;
}

static const char FILL_MESSAGE[] =
	"UPDATE message SET message_id = ?, message_id_hash = ?, in_reply_to = ?, subject = ?, at "
	"= ?, "
	"offset_min = ?, date = ?, internal_date = ?, size = ?, flags = ?, class = ?, class_reason "
	"= ?, "
	"list_id = ?, sensitivity = ?, direction = ?, thread = ?, parts = ?, text_part = ?, "
	"party_total = ?, source_id = ?, kept = ?, authentication = ?, authentication_reason = ?, "
	"held = ? WHERE id = ?";

static const char DROP_PARTIES[] = "DELETE FROM party WHERE message_id = ?";

static int
drop_parties(struct turn *turn, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, DROP_PARTIES);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

int
message_fill(struct turn *turn, const struct view *view, const struct placement *placement,
	int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, FILL_MESSAGE);

	bind_message(turn, q, view, placement, KEEP_ALL);
	stmt_bind_int(q, id);
	if (stmt_run(q, err) < 0 || drop_parties(turn, id, err) < 0 ||
		headers_drop(turn, id, err) < 0)
		return -1;
	return parties_put(turn, view, KEEP_ALL, id, err);
}

static const char ADD_PARTY[] = "INSERT INTO party (message_id, place, role, address_id, name, "
				"email, response) VALUES (?, ?, ?, ?, ?, ?, ?)";

int
party_put(struct turn *turn, const struct event_party *party, const char *response, bool names,
	int64_t message_id, unsigned place, struct err *err)
{
	int64_t address_id = 0;
	struct stmt *q;
	bool typed = party->address == NULL || party->email == NULL ||
		     strcmp(party->email, party->address) != 0;

	if (party->address != NULL &&
		known_address_id(turn, known_find(&turn->capture->known, party->address),
			&address_id, err) < 0)
		return -1;
	q = sql_prepare(turn->store, ADD_PARTY);
	stmt_bind_int(q, message_id);
	stmt_bind_int(q, place);
	stmt_bind_text(q, role_word(party->role));
	stmt_bind_int_or_null(q, address_id, address_id == 0);
	stmt_bind_text(q, names ? party->name : NULL);
	stmt_bind_text(q, typed && names ? party->email : NULL);
	stmt_bind_text(q, response);
	return stmt_run(q, err);
}

int
parties_put(struct turn *turn, const struct view *view, enum keep keep, int64_t message_id,
	struct err *err)
{
	const struct event *event = view->event;

	if (keep == KEEP_PRIVATE || keep == KEEP_NOTHING)
		return 0;
	for (unsigned i = 0; i < event->party_count && i < EVENT_PARTIES_MAX; i++) {
		if (party_put(turn, &event->parties[i], NULL, keep == KEEP_ALL, message_id, i,
			    err) < 0)
			return -1;
	}
	return keep == KEEP_ALL ? headers_put(turn, event, message_id, err) : 0;
}
