#include "inside.h"
#include "liaison/crm/contact.h"
#include "rules.h"
#include "withheld.h"

/* Capture records: the ledger's rows as people and conditions see them. */

enum { HEADER_SHOWN = 64 * 1024 };

/* A quarantined event has no evidence, but its feed has its UID. */
#define EVENT_UID \
	"coalesce((SELECT g.event_uid FROM meeting g WHERE g.message_id = l.message_id), " \
	"(SELECT b.event_uid FROM feed_item b WHERE b.stream_id = l.stream_id AND b.bad_uid = " \
	"l.uid))"
#define RECURRENCE_ID \
	"nullif((SELECT g.recurrence FROM meeting g WHERE g.message_id = l.message_id), '')"

static const struct query_field fields[] = {
	{ "id", QUERY_NUMBER, "l.id", NULL, true },
	{ "source", QUERY_TEXT, "s.name", NULL, true },
	{ "folder", QUERY_TEXT, "t.folder", NULL, true },
	{ "uidvalidity", QUERY_NUMBER, "t.uidvalidity", NULL, true },
	{ "uid", QUERY_NUMBER, "l.uid", NULL, true },
	{ "at", QUERY_TIME, "l.at", NULL, true },
	{ "decision", QUERY_TEXT, "l.decision COLLATE NOCASE", NULL, true },
	{ "reason", QUERY_TEXT, "l.reason", NULL, true },
	{ "rule", QUERY_TEXT, "l.rule", NULL, true },
	{ "interaction", QUERY_NUMBER, "l.interaction_id", NULL, true },
	{ "recognised", QUERY_BOOL, "l.recognised", NULL, true },
	{ "subject", QUERY_TEXT, "m.subject", NULL, true },
	{ "date", QUERY_TIME, "m.at", NULL, true },
	{ "message_id", QUERY_TEXT, "m.message_id", NULL, true },
	{ "list_id", QUERY_TEXT, "m.list_id", NULL, true },
	{ "size", QUERY_NUMBER, "m.size", NULL, true },
	{ "direction", QUERY_TEXT, "m.direction", NULL, true },
	PARTY_FIELD("from", "from"),
	PARTY_FIELD("to", "to"),
	PARTY_FIELD("cc", "cc"),
	PARTY_FIELD("organizer", "organizer"),
	PARTY_FIELD("attendee", "attendee"),
	{ "event_uid", QUERY_TEXT, EVENT_UID, NULL, true },
	{ "recurrence_id", QUERY_TEXT, RECURRENCE_ID, NULL, true },
	/* Others are kept from the time on that a rule names them. */
	{ "header(subject)", QUERY_TEXT, "m.subject", NULL, true },
	{ "header(message_id)", QUERY_TEXT, "m.message_id", NULL, true },
	{ "header(list_id)", QUERY_TEXT, "m.list_id", NULL, true },
	PARTY_FIELD("header(from)", "from"),
	PARTY_FIELD("header(to)", "to"),
	PARTY_FIELD("header(cc)", "cc"),
	PARTY_ANY,
	{ "error", QUERY_TEXT, "x.error",
		"SELECT 1 FROM quarantine x WHERE x.stream_id = l.stream_id AND x.uid = l.uid AND",
		false },
	{ 0 },
};

static const struct query_relation relations[] = {
	{ "interaction", "interaction i WHERE i.id = l.interaction_id", &interaction_noun, NULL },
	{ "contact",
		"interaction_contact x JOIN contact c ON c.id = x.contact_id "
		"WHERE x.interaction_id = l.interaction_id",
		&contact_noun, NULL },
	{ 0 },
};

/* As of interactions: dates, parties and where it was seen. A reason may quote a header. */
#define OPEN(name) \
	{ \
		name, QUERY_ALWAYS, NULL \
	}
static const struct query_open open_names[] = {
	OPEN("id"),
	OPEN("version"),
	OPEN("source"),
	OPEN("folder"),
	OPEN("uidvalidity"),
	OPEN("uid"),
	OPEN("at"),
	OPEN("decision"),
	OPEN("interaction"),
	OPEN("recognised"),
	OPEN("date"),
	OPEN("direction"),
	OPEN("from"),
	OPEN("to"),
	OPEN("cc"),
	OPEN("organizer"),
	OPEN("attendee"),
	OPEN("header(from)"),
	OPEN("header(to)"),
	OPEN("header(cc)"),
	{ "any_address", QUERY_ALWAYS, SIGHT_TOOK_PART("p") },
	{ "contact", QUERY_ALWAYS, SIGHT_TOOK_PART("x") },
	{ "event_uid", ROW_MEETING, NULL },
	{ "recurrence_id", ROW_MEETING, NULL },
	{ "error", ROW_MEETING, NULL },
	{ "rule", ROW_PRIVATE, NULL },
	{ "reason", ROW_PRIVATE, NULL },
	{ "subject", ROW_COPY, NULL },
	{ "message_id", ROW_COPY, NULL },
	{ "header(subject)", ROW_COPY, NULL },
	{ "header(message_id)", ROW_COPY, NULL },
	{ 0 },
};

const struct query_noun capture_noun = {
	.name = "capture",
	.from = "ledger l JOIN stream t ON t.id = l.stream_id JOIN source s ON s.id = t.source_id "
		"LEFT JOIN message m ON m.id = l.message_id",
	.id = "l.id",
	.fields = fields,
	.words = decision_words,
	.relations = relations,
	.sort = "-id",
	.find = header_field,
	.withheld = CAPTURE_LEVEL,
	.open = open_names,
};

/* The next column, unless it is withheld at that level. */
static void
write_seen(struct stmt *q, struct json_out *out, const char *name, unsigned level)
{
	const char *text = stmt_text(q);

	json_text(out, name, query_is_open(&capture_noun, name, level) ? text : NULL);
}

/* Rules are known by their numbers. */
static void
write_rule(struct stmt *q, struct json_out *out, unsigned level)
{
	bool seen = !stmt_next_is_null(q) && query_is_open(&capture_noun, "rule", level);
	const char *text = stmt_text(q);
	int64_t rule = 0;

	if (seen && text_to_int64(text, &rule) == 0)
		json_int(out, "rule", rule);
	else
		json_null_(out, "rule");
}

/* What the evidence says of the message, while it is kept. */
static void
write_evidence(struct stmt *q, struct json_out *out, unsigned level)
{
	bool kept = !stmt_next_is_null(q);
	int64_t date = stmt_int(q);
	int offset = (int)stmt_int(q);

	if (kept)
		json_time(out, "date", date, offset);
	else
		json_null_(out, "date");
	write_seen(q, out, "from", level);
	write_seen(q, out, "subject", level);
	write_seen(q, out, "event_uid", level);
	write_seen(q, out, "recurrence_id", level);
}

/* A calendar has no folders, and its events no numbers: both are null there. */
static void
write_place(struct stmt *q, struct json_out *out)
{
	bool calendar = stmt_int(q) != 0;
	const char *folder = stmt_text(q);
	int64_t uidvalidity = stmt_int(q), uid = stmt_int(q);

	if (calendar) {
		json_null_(out, "folder");
		json_null_(out, "uidvalidity");
		json_null_(out, "uid");
		return;
	}
	json_text(out, "folder", folder);
	json_int(out, "uidvalidity", uidvalidity);
	json_int(out, "uid", uid);
}

/* Of what is quarantined alone: how often it was tried, and how large it is. */
static bool
write_tries(struct stmt *q, struct json_out *out)
{
	bool quarantined = !stmt_next_is_null(q);
	int64_t tries = stmt_int(q);
	bool sized = !stmt_next_is_null(q);
	int64_t size = stmt_int(q);

	if (!quarantined)
		return false;
	json_int(out, "tries", tries);
	if (sized)
		json_int(out, "size", size);
	else
		json_null_(out, "size");
	return true;
}

/* The raw header of what could not be read, as far as it was kept: no control character of it is told. */
static void
write_header(struct stmt *q, struct arena *arena, struct json_out *out, unsigned level)
{
	bool changed, kept = !stmt_next_is_null(q);
	size_t size;
	const char *bytes = stmt_blob(q, &size);

	json_text(out, "header",
		kept && level == 0 ? text_clean(arena, bytes, size, HEADER_SHOWN, true, &changed)
				   : NULL);
}

static void
write_record(struct stmt *q, struct arena *arena, bool whole, struct json_out *out)
{
	unsigned level = (unsigned)stmt_int(q);
	bool quarantined;

	json_object_begin(out, NULL);
	json_int(out, "id", stmt_int(q));
	json_int(out, "version", stmt_int(q));
	json_text(out, "source", stmt_text(q));
	write_place(q, out);
	json_time(out, "at", stmt_int(q), 0);
	json_text(out, "decision", stmt_text(q));
	write_seen(q, out, "reason", level);
	write_rule(q, out, level);
	if (stmt_next_is_null(q)) {
		json_null_(out, "interaction");
		stmt_int(q);
	} else {
		json_int(out, "interaction", stmt_int(q));
	}
	write_seen(q, out, "error", level);
	quarantined = write_tries(q, out);
	write_evidence(q, out, level);
	if (whole && quarantined)
		write_header(q, arena, out, level);
	json_bool(out, "withheld", level != 0);
	json_object_end(out);
}

#define RECORD(level) \
	"SELECT " level \
	", l.id, l.version, s.name, s.kind = 'ical', t.folder, t.uidvalidity, l.uid, " \
	"l.at, l.decision, l.reason, l.rule, l.interaction_id, x.error, x.tries, x.size, m.at, " \
	"m.offset_min, " \
	"(SELECT coalesce(p.email, a.address) FROM party p " \
	"LEFT JOIN address a ON a.id = p.address_id " \
	"WHERE p.message_id = m.id AND p.role IN ('from', 'organizer') ORDER BY p.place LIMIT " \
	"1), " \
	"m.subject, " EVENT_UID ", " RECURRENCE_ID ", x.header" \
	" FROM ledger l JOIN stream t ON t.id = l.stream_id " \
	"JOIN source s ON s.id = t.source_id LEFT JOIN message m ON m.id = l.message_id " \
	"LEFT JOIN quarantine x ON x.stream_id = l.stream_id AND x.uid = l.uid WHERE l.id = ?"

static const char SELECT_RECORD[] = RECORD("0");
static const char SELECT_SEEN_RECORD[] = RECORD(CAPTURE_LEVEL);

static const char SELECT_LEVEL[] = "SELECT " CAPTURE_LEVEL
				   " FROM ledger l JOIN stream t ON t.id = l.stream_id "
				   "JOIN source s ON s.id = t.source_id WHERE l.id = ?";

int
capture_withheld(struct store *store, int64_t row, bool *withheld, struct err *err)
{
	struct stmt *q;
	int64_t level = 0;

	*withheld = false;
	if (store_viewer(store) == NULL)
		return 0;
	q = sql_prepare(store, SELECT_LEVEL);
	stmt_bind_int(q, row);
	if (sql_get_int(q, &level, NULL, err) < 0)
		return -1;
	*withheld = level != 0;
	return 0;
}

static int
write_one(struct store *store, struct arena *arena, int64_t id, bool whole, struct json_out *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(
		store, store_viewer(store) == NULL ? SELECT_RECORD : SELECT_SEEN_RECORD);
	bool found;

	stmt_bind_int(q, id);
	found = stmt_row(q);
	if (found)
		write_record(q, arena, whole, out);
	if (stmt_end(q, err) < 0)
		return -1;
	return found ? 0
		     : fail(err, ERR_NOT_FOUND, "there is no capture record '%lld'", (long long)id);
}

int
capture_write(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	return write_one(store, arena, id, false, out, err);
}

int
capture_write_whole(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	return write_one(store, arena, id, true, out, err);
}
