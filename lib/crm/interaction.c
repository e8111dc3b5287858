#include "liaison/crm/interaction.h"

#include <string.h>

#include "liaison/base/text.h"
#include "liaison/base/utf8.h"
#include "liaison/crm/setup.h"
#include "search_index.h"
#include "totals.h"

/* Recording what happened, its links and what they count. A backfill runs through here, so each step
 * is one prepared statement. */

static const char INSERT_INTERACTION[] =
	"INSERT INTO interaction (kind, status, direction, initiated_by, at, offset_min, end_at,"
	" all_day, location, subject, snippet, note, message_id, thread, template, "
	"interaction_group,"
	" salesperson, campaign, campaign_target, campaign_response, opportunity, evaluation,"
	" attempt_failed, cost, duration_min, created, changed, parties, event_uid, recurrence_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
	"?19,"
	" ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?26, ?27, ?28, ?29)";

static int
insert_row(struct store *store, struct interaction *i, const char *parties, int64_t now,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_INTERACTION);

	stmt_bind_text(q, i->kind);
	stmt_bind_text(q, i->status);
	stmt_bind_text(q, i->direction);
	stmt_bind_text(q, i->initiated_by);
	stmt_bind_int(q, i->at);
	stmt_bind_int(q, i->offset_min);
	stmt_bind_int_or_null(q, i->end_at, i->end_at == 0);
	stmt_bind_int(q, i->all_day);
	stmt_bind_text(q, i->location);
	stmt_bind_text(q, i->subject);
	stmt_bind_text(q, i->snippet);
	stmt_bind_text(q, i->note);
	stmt_bind_int_or_null(q, i->message_id, i->message_id == 0);
	stmt_bind_int(q, i->thread);
	stmt_bind_text(q, i->template);
	stmt_bind_text(q, i->interaction_group);
	stmt_bind_text(q, i->salesperson);
	stmt_bind_text(q, i->campaign);
	stmt_bind_int(q, i->campaign_target);
	stmt_bind_int(q, i->campaign_response);
	stmt_bind_text(q, i->opportunity);
	stmt_bind_text(q, i->evaluation);
	stmt_bind_int(q, i->attempt_failed);
	stmt_bind_int(q, i->cost);
	stmt_bind_int(q, i->duration_min);
	stmt_bind_int(q, now);
	stmt_bind_text(q, parties);
	stmt_bind_text(q, i->event_uid);
	stmt_bind_text(q, i->recurrence_id);
	if (stmt_run(q, err) < 0)
		return -1;
	i->id = store_last_id(store);
	i->version = 1;
	return 0;
}

static const char INSERT_LINK[] = "INSERT INTO interaction_contact (contact_id, at, "
				  "interaction_id, role, company_id, email, via,"
				  " ambiguous, response) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

static int
insert_link(struct store *store, const struct interaction *interaction,
	const struct interaction_link *link, struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_LINK);

	stmt_bind_int(q, link->contact_id);
	stmt_bind_int(q, interaction->at);
	stmt_bind_int(q, interaction->id);
	stmt_bind_text(q, link->role);
	stmt_bind_int_or_null(q, link->company_id, link->company_id == 0);
	stmt_bind_text(q, link->email);
	stmt_bind_text(q, link->via);
	stmt_bind_int(q, link->ambiguous);
	stmt_bind_text(q, link->response);
	return stmt_run(q, err);
}

/* Whether an earlier link than count is of that contact; as_company: or of a person of it. */
static bool
stands_before(
	const struct interaction_link *links, unsigned count, int64_t contact_id, bool as_company)
{
	for (unsigned i = 0; i < count; i++) {
		if (links[i].contact_id == contact_id ||
			(as_company && links[i].company_id == contact_id))
			return true;
	}
	return false;
}

/* Links one and counts it with its contact and the company, each of which counts it once. */
static int
link_nth(struct store *store, const struct interaction *interaction,
	const struct interaction_link *links, unsigned n, struct err *err)
{
	const struct interaction_link *link = &links[n];

	if (stands_before(links, n, link->contact_id, false))
		return 0;
	if (insert_link(store, interaction, link, err) < 0)
		return -1;
	if (!stands_before(links, n, link->contact_id, true) &&
		totals_add(store, link->contact_id, interaction, err) < 0)
		return -1;
	if (link->company_id == 0 || link->company_id == link->contact_id ||
		stands_before(links, n, link->company_id, true))
		return 0;
	return totals_add(store, link->company_id, interaction, err);
}

int
interaction_add(struct store *store, struct interaction *interaction,
	const struct interaction_link *links, unsigned count, const char *parties, int64_t now,
	struct err *err)
{
	if (interaction->cost != 0 && setup_freeze_currency(store, err) < 0)
		return -1;
	if (insert_row(store, interaction, parties, now, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (link_nth(store, interaction, links, i, err) < 0)
			return -1;
	}
	return search_index_follow(store, err);
}

/* What totals and links need to know. */
static const char SELECT_FIGURES[] =
	"SELECT status, initiated_by, at, offset_min, attempt_failed, cost, duration_min"
	" FROM interaction WHERE id = ?";

static const char *
one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (word != NULL && strcmp(words[i], word) == 0)
			return words[i];
	}
	return words[0];
}

static int
read_figures(struct store *store, int64_t id, struct interaction *out, struct err *err)
{
	static const char *const STATUS[] = { "recorded", "planned", "held", "cancelled", "draft" };
	static const char *const INITIATED[] = { "none", "us", "them" };
	struct stmt *q = sql_prepare(store, SELECT_FIGURES);

	memset(out, 0, sizeof *out);
	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		out->id = id;
		out->status = one_of(stmt_text(q), STATUS, 5);
		out->initiated_by = one_of(stmt_text(q), INITIATED, 3);
		out->at = stmt_int(q);
		out->offset_min = (int)stmt_int(q);
		out->attempt_failed = stmt_int(q) != 0;
		out->cost = stmt_int(q);
		out->duration_min = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (out->id == 0)
		return fail(err, ERR_NOT_FOUND, "there is no interaction '%lld'", (long long)id);
	return 0;
}

static const char SELECT_STANDING[] =
	"SELECT max(contact_id = ?2), max(contact_id = ?2 OR company_id IS ?2),"
	" max(contact_id = ?3 OR company_id IS ?3)"
	" FROM interaction_contact WHERE interaction_id = ?1";

struct standing {
	bool linked, counted, company_counted;
};

static int
find_standing(struct store *store, int64_t id, const struct interaction_link *link,
	struct standing *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_STANDING);

	memset(out, 0, sizeof *out);
	stmt_bind_int(q, id);
	stmt_bind_int(q, link->contact_id);
	stmt_bind_int(q, link->company_id);
	if (stmt_row(q)) {
		out->linked = stmt_int(q) != 0;
		out->counted = stmt_int(q) != 0;
		out->company_counted = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

static const char TOUCH[] =
	"UPDATE interaction SET version = version + 1, changed = ?2 WHERE id = ?1";

static int
touch(struct store *store, int64_t id, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, TOUCH);

	stmt_bind_int(q, id);
	stmt_bind_int(q, now);
	return stmt_run(q, err);
}

int
interaction_link_add(struct store *store, int64_t id, const struct interaction_link *link,
	int64_t now, bool *added, struct err *err)
{
	struct interaction interaction;
	struct standing standing;

	if (read_figures(store, id, &interaction, err) < 0 ||
		find_standing(store, id, link, &standing, err) < 0)
		return -1;
	*added = !standing.linked;
	if (standing.linked)
		return 0;
	if (insert_link(store, &interaction, link, err) < 0 || touch(store, id, now, err) < 0)
		return -1;
	if (!standing.counted && totals_add(store, link->contact_id, &interaction, err) < 0)
		return -1;
	if (link->company_id == 0 || link->company_id == link->contact_id ||
		standing.company_counted)
		return 0;
	return totals_add(store, link->company_id, &interaction, err);
}

/* ---- text ---- */

enum { SNIPPET_CHARACTERS = 500 };

/* Runs of blanks become one. */
char *
interaction_snippet(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, strlen(text) + 1);
	size_t size = 0;
	unsigned characters = 0;

	for (const char *c = text; *c != '\0'; c++) {
		bool blank = *c == ' ' || *c == '\n' || *c == '\t' || *c == '\r';

		if (blank && (size == 0 || out[size - 1] == ' '))
			continue;
		if (utf8_begins(*c) && characters++ == SNIPPET_CHARACTERS)
			break;
		out[size++] = blank ? ' ' : *c;
	}
	while (size > 0 && out[size - 1] == ' ')
		size--;
	out[size] = '\0';
	return out;
}

static const char PUT_SNIPPET[] = "UPDATE interaction SET snippet = ? WHERE id = ?";

static int
put_snippet(struct store *store, int64_t id, const char *snippet, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_SNIPPET);

	stmt_bind_text(q, snippet);
	stmt_bind_int(q, id);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) == 0)
		return fail(err, ERR_NOT_FOUND, "there is no interaction '%lld'", (long long)id);
	return 0;
}

static const char PUT_TEXT[] =
	"INSERT INTO interaction_text (interaction_id, text, truncated) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (interaction_id) DO UPDATE SET text = excluded.text,"
	" truncated = excluded.truncated";

static int
put_text(struct store *store, int64_t id, const char *text, bool truncated, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_TEXT);

	stmt_bind_int(q, id);
	stmt_bind_text(q, text);
	stmt_bind_int(q, truncated);
	return stmt_run(q, err);
}

int
interaction_set_text(struct store *store, struct arena *arena, int64_t id, const char *text,
	bool whole, bool truncated, struct err *err)
{
	if (search_index_keep(store, id, err) < 0 ||
		put_snippet(store, id, interaction_snippet(arena, text), err) < 0)
		return -1;
	if (whole && put_text(store, id, text, truncated, err) < 0)
		return -1;
	return search_index_follow(store, err);
}
