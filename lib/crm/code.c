#include "liaison/crm/code.h"

#include <string.h>

#include "code_text.h"
#include "liaison/base/text.h"
#include "liaison/crm/setup.h"
#include "record_noun.h"

static int
is_http(const char *text)
{
	return strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0;
}

/* The address of a web source is opened by people's browsers. */
static int
check_code(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	const struct record_value *text = &record->values[at_code_text];

	(void)store, (void)arena, (void)before;
	if (strcmp(record->values[at_code_kind].text, "web-source") != 0)
		return 0;
	if (text->given && is_http(text->text))
		return 0;
	return fail_field(err, ERR_USAGE, "text",
		"the text of the web source '%s' is no address such as 'https://x.example/?q=%%1'",
		record->values[at_code_code].text);
}

/* An index serves each of them. */
#define COUNT_COLUMN(column) "SELECT count(*) FROM contact WHERE " column " = ? COLLATE NOCASE"
#define COUNT_LABELS(kind) \
	"SELECT count(*) FROM contact_label WHERE kind = '" kind "' AND code = ? COLLATE NOCASE"

static const struct {
	const char *kind, *count;
} USES[] = {
	{ "territory", COUNT_COLUMN("territory") },
	{ "country", COUNT_COLUMN("country") },
	{ "language", COUNT_COLUMN("language") },
	{ "salutation", COUNT_COLUMN("salutation") },
	{ "organizational-level", COUNT_COLUMN("organizational_level") },
	{ "lead-status", COUNT_COLUMN("lead_status") },
	{ "lead-source", COUNT_COLUMN("lead_source") },
	{ "industry-group", COUNT_LABELS("industry-group") },
	{ "mailing-group", COUNT_LABELS("mailing-group") },
	{ "responsibility", COUNT_LABELS("responsibility") },
	{ "web-source", COUNT_LABELS("web-source") },
	{ "business-relation",
		"SELECT count(*) FROM contact_relation WHERE code = ? COLLATE NOCASE" },
};

/* NULL: no contact has codes of that kind. */
static const char *
count_of_kind(const char *kind)
{
	for (size_t i = 0; i < sizeof USES / sizeof *USES; i++) {
		if (strcmp(USES[i].kind, kind) == 0)
			return USES[i].count;
	}
	return NULL;
}

static int
write_uses(struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	const char *sql = count_of_kind(record->values[at_code_kind].text);
	struct stmt *q;
	int64_t count = 0;

	if (sql == NULL) {
		json_int(out, "contacts", 0);
		return 0;
	}
	q = sql_prepare(store, sql);
	stmt_bind_text(q, record->values[at_code_code].text);
	if (sql_get_int(q, &count, NULL, err) < 0)
		return -1;
	json_int(out, "contacts", count);
	return 0;
}

RECORD_NOUN(code, "code", "code", CODE_FIELDS, .check = check_code, .write_more = write_uses);

static const char FIND[] = "SELECT id FROM code WHERE kind = ?1 AND code = ?2";

/* 0: there is none. */
static int
look_up(struct store *store, const char *kind, const char *code, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, FIND);
	bool found;

	stmt_bind_text(q, kind);
	stmt_bind_text(q, code);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	if (!found)
		*id = 0;
	return 0;
}

static const char SELECT_KIND[] = "SELECT code FROM code WHERE kind = ? ORDER BY code LIMIT 1000";

static int
unknown_code(struct store *store, struct arena *arena, const char *kind, const char *field,
	const char *code, struct err *err)
{
	enum { MOST = 1000 };
	struct stmt *q = sql_prepare(store, SELECT_KIND);
	const char **names = arena_array(arena, MOST, sizeof *names), *near;
	size_t count = 0;

	stmt_bind_text(q, kind);
	while (count < MOST && stmt_row(q))
		names[count++] = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	near = text_suggest(upper_text(arena, code), names, count);
	fail_field(err, ERR_NOT_FOUND, field, "there is no %s '%.60s'", kind, code);
	return near != NULL ? err_hint(err, "did you mean '%s'?", near)
			    : err_hint(err, "add it: code add %s %.20s TEXT", kind, code);
}

int
code_find(struct store *store, struct arena *arena, const char *kind, const char *code, int64_t *id,
	struct err *err)
{
	int64_t found;

	if (look_up(store, kind, code, &found, err) < 0)
		return -1;
	if (found == 0)
		return unknown_code(store, arena, kind, "code", code, err);
	*id = found;
	return 0;
}

int
code_refuses_unknown(struct store *store, struct arena *arena, bool *refuses, struct err *err)
{
	const char *policy;

	if (setup_get(store, arena, "unknown-codes", &policy, err) < 0)
		return -1;
	*refuses = policy != NULL && strcmp(policy, "refuse") == 0;
	return 0;
}

int
code_settle(struct store *store, struct arena *arena, const char *kind, const char *field,
	const char **code, struct err *err)
{
	struct record *known;
	bool refuses;
	int64_t id;

	if (*code == NULL)
		return 0;
	if (look_up(store, kind, *code, &id, err) < 0)
		return -1;
	if (id != 0) {
		if (record_get(store, arena, &code_noun, id, &known, err) < 0)
			return -1;
		*code = known->values[at_code_code].text;
		return 0;
	}
	if (code_refuses_unknown(store, arena, &refuses, err) < 0)
		return -1;
	return refuses ? unknown_code(store, arena, kind, field, *code, err) : 0;
}

static int
add_code(struct store *store, struct arena *arena, const char *kind, const char *code,
	const char *text, struct err *err)
{
	struct record *record = record_new(arena, &code_noun);

	record->values[at_code_kind] = (struct record_value){ true, 0, kind };
	record->values[at_code_code] = (struct record_value){ true, 0, code };
	record->values[at_code_text] = (struct record_value){ text != NULL, 0, text };
	return record_add(store, arena, record, err);
}

int
code_take(struct store *store, struct arena *arena, const char *kind, const char *field,
	const char **code, struct err *err)
{
	int64_t id;

	if (code_settle(store, arena, kind, field, code, err) < 0 ||
		code_check(arena, field, code, err) < 0 ||
		look_up(store, kind, *code, &id, err) < 0)
		return -1;
	if (id != 0)
		return 0;
	if (strcmp(kind, "web-source") == 0)
		return unknown_code(store, arena, kind, field, *code, err);
	return add_code(store, arena, kind, *code, NULL, err);
}

/* ---- what a new user begins with ---- */

static const struct seed {
	const char *kind, *code, *text;
} SEEDS[] = {
	{ "business-relation", "CUST", "customer" },
	{ "business-relation", "VEND", "vendor" },
	{ "business-relation", "BANK", "bank" },
	{ "business-relation", "EMPL", "employee" },
	{ "business-relation", "PROS", "prospect" },
	{ "business-relation", "PRESS", "press" },
	{ "industry-group", "MANUF", "manufacturing" },
	{ "industry-group", "RETAIL", "retail and wholesale" },
	{ "industry-group", "SERVICE", "services" },
	{ "industry-group", "PUBLIC", "public bodies" },
	{ "lead-source", "EVENT", "fair or event" },
	{ "lead-source", "REFERRAL", "referral" },
	{ "lead-source", "WEB", "web site" },
	{ "lead-status", "CONTACTED", "contacted" },
	{ "lead-status", "NEW", "new" },
	{ "lead-status", "QUALIFIED", "qualified" },
	{ "lead-status", "UNFIT", "not qualified" },
	{ "mailing-group", "NEWS", "newsletter" },
	{ "mailing-group", "SEASON", "season's greetings" },
	{ "organizational-level", "CEO", "chief executive" },
	{ "organizational-level", "CFO", "chief financial officer" },
	{ "organizational-level", "MANAGER", "manager" },
	{ "organizational-level", "STAFF", "member of staff" },
	{ "responsibility", "MARKETING", "marketing" },
	{ "responsibility", "PRODUCTION", "production" },
	{ "responsibility", "PURCHASE", "purchasing" },
	{ "responsibility", "SALE", "sales" },
	{ "campaign-status", "PLANNED", "planned" },
	{ "campaign-status", "RUNNING", "running" },
	{ "campaign-status", "DONE", "done" },
	{ "salutation", "COMPANY", "companies" },
	{ "salutation", "F", "women" },
	{ "salutation", "M", "men" },
	{ "salutation", "PERSON", "persons" },
};

int
code_seed(struct store *store, struct arena *arena, struct json_out *out, unsigned *added,
	struct err *err)
{
	const char *kind = NULL;

	for (size_t i = 0; i < sizeof SEEDS / sizeof *SEEDS; i++) {
		const struct seed *seed = &SEEDS[i];
		int64_t id;

		if (look_up(store, seed->kind, seed->code, &id, err) < 0)
			return -1;
		if (kind == NULL || strcmp(kind, seed->kind) != 0) {
			if (kind != NULL)
				json_array_end(out);
			json_array_begin(out, kind = seed->kind);
		}
		if (id != 0)
			continue;
		if (add_code(store, arena, seed->kind, seed->code, seed->text, err) < 0)
			return -1;
		json_text(out, NULL, seed->code);
		(*added)++;
	}
	json_array_end(out);
	return 0;
}
