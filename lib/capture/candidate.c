#include "liaison/base/address.h"
#include "liaison/base/text.h"
#include "person.h"

/* Candidates as people see them, and what they say of them. */

static const struct query_field fields[] = {
	{ "id", QUERY_NUMBER, "d.id", NULL, true },
	{ "version", QUERY_NUMBER, "d.version", NULL, true },
	{ "address", QUERY_TEXT, "d.address COLLATE NOCASE", NULL, true },
	{ "domain", QUERY_TEXT, "substr(d.address, instr(d.address, '@') + 1) COLLATE NOCASE", NULL,
		true },
	{ "name", QUERY_TEXT, "d.name", NULL, true },
	{ "weight", QUERY_NUMBER, "d.weight", NULL, true },
	{ "received", QUERY_NUMBER, "d.received", NULL, true },
	{ "sent", QUERY_NUMBER, "d.sent", NULL, true },
	{ "copied", QUERY_NUMBER, "d.copied", NULL, true },
	{ "meetings", QUERY_NUMBER, "d.meetings", NULL, true },
	{ "first", QUERY_TIME, "d.first_at", NULL, true },
	{ "last", QUERY_TIME, "d.last_at", NULL, true },
	{ 0 },
};

const struct query_noun candidate_noun = {
	.name = "candidate",
	.from = "candidate d",
	.id = "d.id",
	.fields = fields,
	.sort = "-weight",
};

static const char SELECT_COMPANY[] = "SELECT no, name FROM contact WHERE id = ?";

int
candidate_guess_company(
	struct store *store, struct arena *arena, struct candidate *candidate, struct err *err)
{
	const char *domain = address_domain(candidate->address);
	struct contact_holder holder[2];
	unsigned count;
	struct stmt *q;

	if (contact_by_domain(store, domain, holder, 2, &count, err) < 0)
		return -1;
	if (count != 1 || holder[0].person)
		return 0;
	q = sql_prepare(store, SELECT_COMPANY);
	stmt_bind_int(q, holder[0].contact_id);
	if (stmt_row(q)) {
		candidate->company_id = holder[0].contact_id;
		candidate->company_no = stmt_text_copy(q, arena);
		candidate->company_name = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

struct record {
	int64_t id, version, received, sent, copied, meetings, first, last, weight, points;
	const char *address, *name;
	bool ignored, seen;
};

static const char SELECT_RECORD[] =
	"SELECT id, version, address, name, weight, points, received, sent, copied, meetings, "
	"ignored, last_at IS NOT NULL, first_at, last_at FROM candidate WHERE id = ?";

static int
load_record(
	struct store *store, struct arena *arena, int64_t id, struct record *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RECORD);

	*out = (struct record){ 0 };
	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		out->id = stmt_int(q);
		out->version = stmt_int(q);
		out->address = stmt_text_copy(q, arena);
		out->name = stmt_text_copy(q, arena);
		out->weight = stmt_int(q);
		out->points = stmt_int(q);
		out->received = stmt_int(q);
		out->sent = stmt_int(q);
		out->copied = stmt_int(q);
		out->meetings = stmt_int(q);
		out->ignored = stmt_int(q) != 0;
		out->seen = stmt_int(q) != 0;
		out->first = stmt_int(q);
		out->last = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return out->id != 0 ? 0
			    : fail(err, ERR_NOT_FOUND, "there is no candidate %lld", (long long)id);
}

static void
write_moment(struct json_out *out, const char *name, bool known, int64_t at)
{
	if (known)
		json_time(out, name, at, 0);
	else
		json_null_(out, name);
}

int
candidate_write(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	struct candidate candidate = { 0 };
	struct record record;

	if (load_record(store, arena, id, &record, err) < 0)
		return -1;
	candidate.address = record.address;
	if (candidate_guess_company(store, arena, &candidate, err) < 0)
		return -1;
	json_object_begin(out, NULL);
	json_int(out, "id", record.id);
	json_int(out, "version", record.version);
	json_text(out, "address", record.address);
	json_text(out, "domain", address_domain(record.address));
	json_text(out, "name", record.name);
	json_text(out, "company", candidate.company_no);
	json_text(out, "company_name", candidate.company_name);
	json_int(out, "weight", record.weight);
	json_int(out, "points", record.points);
	json_int(out, "received", record.received);
	json_int(out, "sent", record.sent);
	json_int(out, "copied", record.copied);
	json_int(out, "meetings", record.meetings);
	write_moment(out, "first", record.seen, record.first);
	write_moment(out, "last", record.seen, record.last);
	json_bool(out, "ignored", record.ignored);
	json_object_end(out);
	return 0;
}

static const char SELECT_ADDRESS[] =
	"SELECT id, name, known, ignored, points > 0 FROM candidate WHERE address = ?";

int
candidate_find(struct store *store, struct arena *arena, const char *address, struct candidate *out,
	struct err *err)
{
	struct candidate found = { 0 };
	char *canonical;
	struct stmt *q;
	bool seen = false;

	if (address_canonical(arena, address, &canonical, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_ADDRESS);
	found.address = canonical;
	stmt_bind_text(q, canonical);
	if (stmt_row(q)) {
		found.id = stmt_int(q);
		found.name = stmt_text_copy(q, arena);
		found.known = stmt_int(q) != 0;
		found.ignored = stmt_int(q) != 0;
		seen = stmt_int(q) != 0;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (!seen) {
		fail_field(err, ERR_NOT_FOUND, "address", "there is no candidate '%s'", canonical);
		return err_hint(err, "candidate list shows them; contact add takes any address");
	}
	if (candidate_guess_company(store, arena, &found, err) < 0)
		return -1;
	*out = found;
	return 0;
}

static const char SET_IGNORED[] =
	"INSERT INTO candidate (address, ignored, known) VALUES (?1, ?2, EXISTS (SELECT 1 FROM "
	"contact_email e WHERE e.address = ?1 AND e.state = 'active')) ON CONFLICT (address) DO "
	"UPDATE SET ignored = ?2, version = version + 1 WHERE ignored <> ?2";
static const char SELECT_ID[] = "SELECT id FROM candidate WHERE address = ?";
static const char IS_IGNORED[] = "SELECT id FROM candidate WHERE address = ? AND ignored = 1";

static int
get_id(struct store *store, const char *sql, const char *address, int64_t *id, bool *found,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_text(q, address);
	return sql_get_int(q, id, found, err);
}

int
candidate_set_ignored(struct store *store, struct arena *arena, const char *address, bool ignored,
	int64_t *id, bool *changed, struct err *err)
{
	struct stmt *q;
	char *canonical;
	bool found;

	if (address_canonical(arena, address, &canonical, err) < 0 ||
		get_id(store, IS_IGNORED, canonical, id, &found, err) < 0)
		return -1;
	if (!ignored && !found)
		return fail_field(err, ERR_NOT_FOUND, "address", "'%s' is not ignored", canonical);
	q = sql_prepare(store, SET_IGNORED);
	stmt_bind_text(q, canonical);
	stmt_bind_int(q, ignored);
	if (stmt_run(q, err) < 0)
		return -1;
	*changed = store_changes(store) > 0;
	return get_id(store, SELECT_ID, canonical, id, &found, err);
}
