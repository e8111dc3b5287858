#include <string.h>

#include "liaison/crm/doubt.h"
#include "liaison/crm/interaction.h"
#include "liaison/crm/sight.h"
#include "currency.h"

/* The interaction record of the protocol, written as its rows come. */

/* One record on its way out, withheld from the store's viewer to that level. */
struct record {
	struct store *store;
	struct json_out *out;
	int64_t id, message;
	unsigned level;
};

/* Columns that are written as they stand, in order. */
struct column {
	const char *name;
	enum { AS_TEXT, AS_FLAG, AS_NUMBER, AS_NUMBER_OR_NULL } as;
};

static bool
is_shown(const struct record *record, const char *name)
{
	return query_is_open(&interaction_noun, name, record->level);
}

static void
write_column(const struct record *record, struct stmt *q, const struct column *column)
{
	bool blank = column->as == AS_NUMBER_OR_NULL && stmt_next_is_null(q);

	if (blank || !is_shown(record, column->name)) {
		stmt_int(q);
		json_null_(record->out, column->name);
		return;
	}
	switch (column->as) {
	case AS_TEXT:
		json_text(record->out, column->name, stmt_text(q));
		return;
	case AS_FLAG:
		json_bool(record->out, column->name, stmt_int(q) != 0);
		return;
	case AS_NUMBER:
	case AS_NUMBER_OR_NULL:
		json_int(record->out, column->name, stmt_int(q));
		return;
	}
}

static void
write_columns(const struct record *record, struct stmt *q, const struct column *columns)
{
	for (const struct column *c = columns; c->name != NULL; c++)
		write_column(record, q, c);
}

static void
write_empty(struct json_out *out, const char *name)
{
	json_array_begin(out, name);
	json_array_end(out);
}

static void
write_times(struct stmt *q, struct json_out *out)
{
	int64_t at = stmt_int(q), end;
	int offset = (int)stmt_int(q);
	bool has_end = !stmt_next_is_null(q);

	end = stmt_int(q);
	json_time(out, "at", at, offset);
	if (has_end)
		json_time(out, "end", end, offset);
	else
		json_null_(out, "end");
}

/* What capture kept of the message's structure is an array already. */
static void
write_attachments(const struct record *record, struct stmt *q)
{
	const char *parts = stmt_text(q);

	if (parts != NULL && is_shown(record, "attachments"))
		json_raw(record->out, "attachments", parts, strlen(parts));
	else
		write_empty(record->out, "attachments");
}

static void
write_cost(const struct record *record, struct stmt *q)
{
	int exponent = currency_exponent(stmt_text(q));
	int64_t cost = stmt_int(q);

	if (is_shown(record, "cost"))
		json_money(record->out, "cost", cost, exponent);
	else
		json_null_(record->out, "cost");
}

static const struct column FIRST[] = {
	{ "id", AS_NUMBER },
	{ "version", AS_NUMBER },
	{ "kind", AS_TEXT },
	{ "status", AS_TEXT },
	{ "direction", AS_TEXT },
	{ "initiated_by", AS_TEXT },
	{ 0 },
};
static const struct column PLACE[] = {
	{ "all_day", AS_FLAG },
	{ "location", AS_TEXT },
	{ "subject", AS_TEXT },
	{ "snippet", AS_TEXT },
	{ "note", AS_TEXT },
	{ 0 },
};
static const struct column ORIGIN[] = {
	{ "message_id", AS_TEXT },
	{ "thread", AS_NUMBER_OR_NULL },
	{ "event_uid", AS_TEXT },
	{ "recurrence_id", AS_TEXT },
	{ 0 },
};
static const struct column TEMPLATE[] = {
	{ "template", AS_TEXT },
	{ "interaction_group", AS_TEXT },
	{ "salesperson", AS_TEXT },
	{ 0 },
};
static const struct column CAMPAIGN[] = {
	{ "campaign", AS_TEXT },
	{ "campaign_target", AS_FLAG },
	{ "campaign_response", AS_FLAG },
	{ "segment", AS_TEXT },
	{ "opportunity", AS_TEXT },
	{ "task", AS_TEXT },
	{ "evaluation", AS_TEXT },
	{ "attempt_failed", AS_FLAG },
	{ 0 },
};

static const struct column DURATION[] = {
	{ "duration_min", AS_NUMBER },
	{ 0 },
};

static const char SELECT_RECORD[] =
	"SELECT i.id, i.version, i.kind, i.status, i.direction, i.initiated_by, i.at, i.offset_min,"
	" i.end_at, i.all_day, i.location, i.subject, i.snippet, i.note, m.parts, m.message_id,"
	" nullif(i.thread, 0), i.event_uid, i.recurrence_id, i.template, i.interaction_group, "
	"i.salesperson,"
	" i.campaign, i.campaign_target, i.campaign_response, i.segment, i.opportunity, i.task,"
	" i.evaluation, i.attempt_failed, (SELECT value FROM setup WHERE key = 'currency'), i.cost,"
	" i.duration_min, i.message_id"
	" FROM interaction i LEFT JOIN message m ON m.id = i.message_id WHERE i.id = ?";

static const char SELECT_MOVES[] =
	"SELECT at, from_at, from_offset, to_at, to_offset FROM interaction_move"
	" WHERE interaction_id = ? ORDER BY at, from_at";

static int
write_moves(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_MOVES);

	stmt_bind_int(q, id);
	json_array_begin(out, "moves");
	while (stmt_row(q)) {
		int64_t moment;

		json_object_begin(out, NULL);
		json_time(out, "at", stmt_int(q), 0);
		moment = stmt_int(q);
		json_time(out, "from", moment, (int)stmt_int(q));
		moment = stmt_int(q);
		json_time(out, "to", moment, (int)stmt_int(q));
		json_object_end(out);
	}
	json_array_end(out);
	return stmt_end(q, err);
}

/* colleagues are empty until mail is attributed to salespeople. */
static int
write_row(struct record *record, struct stmt *q, struct err *err)
{
	struct json_out *out = record->out;

	json_object_begin(out, NULL);
	write_columns(record, q, FIRST);
	write_times(q, out);
	write_columns(record, q, PLACE);
	write_attachments(record, q);
	write_columns(record, q, ORIGIN);
	if (write_moves(record->store, record->id, out, err) < 0)
		return -1;
	write_columns(record, q, TEMPLATE);
	write_empty(out, "colleagues");
	write_columns(record, q, CAMPAIGN);
	write_cost(record, q);
	write_columns(record, q, DURATION);
	record->message = stmt_int(q);
	return 0;
}

static const struct column LINK[] = {
	{ "no", AS_TEXT },
	{ "name", AS_TEXT },
	{ "role", AS_TEXT },
	{ "email", AS_TEXT },
	{ "via", AS_TEXT },
	{ "ambiguous", AS_FLAG },
	{ "response", AS_TEXT },
	{ "company_no", AS_TEXT },
	{ "company_name", AS_TEXT },
	{ 0 },
};

/* With the company of that time. */
static const char SELECT_LINKS[] =
	"SELECT c.no, c.name, x.role, x.email, x.via, x.ambiguous, x.response, p.no, p.name"
	" FROM interaction_contact x JOIN contact c ON c.id = x.contact_id"
	" LEFT JOIN contact p ON p.id = x.company_id"
	" WHERE x.interaction_id = ?1 AND (?2 OR " SIGHT_TOOK_PART(
		"x") ")"
		     " ORDER BY CASE x.role WHEN 'from' THEN 0 WHEN 'organizer' THEN 0 WHEN 'to' "
		     "THEN 1"
		     " WHEN 'attendee' THEN 1 WHEN 'participant' THEN 1 WHEN 'cc' THEN 2 ELSE 3 "
		     "END, c.no";

static const char SELECT_SIGHTINGS[] =
	"SELECT s.name, t.folder, l.uid, s.kind = 'ical' FROM ledger l JOIN stream t ON t.id = "
	"l.stream_id"
	" JOIN source s ON s.id = t.source_id"
	" WHERE l.message_id = ?1 AND l.decision IN ('captured', 'duplicate') ORDER BY l.id";

/* A calendar has no folders, and its events no numbers. */
static int
write_sightings(struct store *store, int64_t message, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SIGHTINGS);

	stmt_bind_int(q, message);
	json_array_begin(out, "sources");
	while (stmt_row(q)) {
		const char *source = stmt_text(q), *folder = stmt_text(q);
		int64_t uid = stmt_int(q);
		bool calendar = stmt_int(q) != 0;

		json_object_begin(out, NULL);
		json_text(out, "source", source);
		json_text(out, "folder", calendar ? NULL : folder);
		if (calendar)
			json_null_(out, "uid");
		else
			json_int(out, "uid", uid);
		json_object_end(out);
	}
	json_array_end(out);
	return stmt_end(q, err);
}

static int
write_links(const struct record *record, struct err *err)
{
	struct stmt *q = sql_prepare(record->store, SELECT_LINKS);
	const struct record open = { .out = record->out };

	stmt_bind_int(q, record->id);
	stmt_bind_int(q, record->level == SIGHT_WHOLE);
	json_array_begin(record->out, "contacts");
	while (stmt_row(q)) {
		json_object_begin(record->out, NULL);
		write_columns(&open, q, LINK);
		json_object_end(record->out);
	}
	json_array_end(record->out);
	return stmt_end(q, err);
}

static const struct column SENDER[] = {
	{ "authentication", AS_TEXT },
	{ 0 },
};

static const char SELECT_SENDER[] = "SELECT authentication, flags FROM message WHERE id = ?";

/* Whether the sender is who it seems. */
static int
write_sender(const struct record *record, struct err *err)
{
	struct stmt *q = sql_prepare(record->store, SELECT_SENDER);

	stmt_bind_int(q, record->message);
	if (stmt_row(q)) {
		write_columns(record, q, SENDER);
		doubts_write(record->out, "flags", is_shown(record, "flags") ? stmt_int(q) : 0);
	} else {
		json_null_(record->out, "authentication");
		write_empty(record->out, "flags");
	}
	return stmt_end(q, err);
}

static int
write_lists(const struct record *record, struct err *err)
{
	if (write_links(record, err) < 0)
		return -1;
	if (record->message != 0)
		return write_sightings(record->store, record->message, record->out, err);
	write_empty(record->out, "sources");
	return 0;
}

static const char SELECT_TEXT[] =
	"SELECT text, truncated FROM interaction_text WHERE interaction_id = ?";

static int
write_text(const struct record *record, struct err *err)
{
	struct stmt *q = sql_prepare(record->store, SELECT_TEXT);
	bool found;

	stmt_bind_int(q, record->id);
	found = stmt_row(q) && is_shown(record, "text");
	json_text(record->out, "text", found ? stmt_text(q) : NULL);
	if (found)
		json_bool(record->out, "text_truncated", stmt_int(q) != 0);
	else
		json_null_(record->out, "text_truncated");
	return stmt_end(q, err);
}

static int
write_record(struct record *record, bool with_text, struct err *err)
{
	struct stmt *q;
	bool found;
	int failed = 0;

	if (sight_level(record->store, record->id, &record->level, err) < 0)
		return -1;
	q = sql_prepare(record->store, SELECT_RECORD);
	stmt_bind_int(q, record->id);
	found = stmt_row(q);
	if (found)
		failed = write_row(record, q, err);
	if (failed < 0) {
		stmt_end(q, &(struct err){ 0 });
		return -1;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (!found)
		return fail(err, ERR_NOT_FOUND, "there is no interaction '%lld'",
			(long long)record->id);
	if (write_lists(record, err) < 0 || write_sender(record, err) < 0)
		return -1;
	json_bool(record->out, "withheld", record->level != SIGHT_WHOLE);
	if (with_text && write_text(record, err) < 0)
		return -1;
	json_object_end(record->out);
	return 0;
}

int
interaction_write(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	(void)arena;
	return write_record(&(struct record){ store, out, id, 0, 0 }, false, err);
}

int
interaction_write_whole(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	(void)arena;
	return write_record(&(struct record){ store, out, id, 0, 0 }, true, err);
}
