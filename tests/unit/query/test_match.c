#include "fixture.h"

#include "liaison/base/clock.h"
#include "liaison/base/text.h"

/* The evaluator over things that are not rows, and that it agrees with SQL. */

struct mail {
	const char *from, *to[3], *subject, *size, *at, *seen;
};

static bool
tell(const char *value, bool (*each)(void *to, const char *value), void *to)
{
	return value == NULL || each(to, value);
}

static void
mail_values(void *object, const char *field, bool (*each)(void *to, const char *value), void *to)
{
	const struct mail *mail = object;

	if (strcmp(field, "from") == 0)
		tell(mail->from, each, to);
	else if (strcmp(field, "subject") == 0)
		tell(mail->subject, each, to);
	else if (strcmp(field, "size") == 0)
		tell(mail->size, each, to);
	else if (strcmp(field, "at") == 0)
		tell(mail->at, each, to);
	else if (strcmp(field, "seen") == 0)
		tell(mail->seen, each, to);
	else if (strcmp(field, "to") == 0)
		for (int i = 0; i < 3 && tell(mail->to[i], each, to); i++)
			continue;
	else if (strcmp(field, "header(List-Id)") == 0)
		tell("<news.list.example>", each, to);
}

static const struct query_field mail_fields[] = {
	{ "from", QUERY_TEXT, NULL, NULL, false },
	{ "to", QUERY_TEXT, NULL, NULL, false },
	{ "subject", QUERY_TEXT, NULL, NULL, false },
	{ "size", QUERY_NUMBER, NULL, NULL, false },
	{ "at", QUERY_TIME, NULL, NULL, false },
	{ "seen", QUERY_BOOL, NULL, NULL, false },
	{ 0 },
};

static const struct query_noun mails = { .name = "message", .fields = mail_fields };

static const struct query_field *
find_header(void *data, const char *name)
{
	static const struct query_field FIELD = { "header(List-Id)", QUERY_TEXT, NULL, NULL,
		false };

	(void)data;
	return text_equal_nocase(name, "header(list-id)") ? &FIELD : NULL;
}

static void
matches_a_message_as_a_rule_says(void **state)
{
	static const struct {
		const char *condition;
		bool match;
	} rows[] = {
		{ "from = ADA@x.example", true },
		{ "from ~ *@x.example and subject ~ 're:*'", true },
		{ "from ~ *@y.example", false },
		{ "to = b@x.example", true },
		{ "to ~ c*", false },
		{ "to != b@x.example", false },
		{ "to in (q@x.example, b@x.example)", true },
		{ "to not in (q@x.example, b@x.example)", false },
		{ "to is blank", false },
		{ "size > 25k and size <= 1M", true },
		{ "size > 30000.5", false },
		{ "at = 2026-11-21", true },
		{ "at >= today and at < tomorrow", true },
		{ "at < today", false },
		{ "seen", false },
		{ "seen = no", true },
		{ "not seen", true },
		{ "seen is blank", true },
		{ "subject in ('', 'x')", false },
		{ "header(list-id) ~ *news*", true },
		{ "not (from = x or to = y) and (size = 30000 or at = yesterday)", true },
		{ "subject ~ 're: *[b]*'", true },
	};
	struct fixture *fixture = *state;
	struct mail mail = { "Ada@X.example", { "a@x.example", "b@x.example", NULL },
		"Re: Offer [b] !", "30000", "2026-11-21T08:30:00+01:00", NULL };
	struct query_values values = { .values = mail_values, .object = &mail };

	fixture->context.find_field = find_header;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (query_match(must_parse(fixture, &mails, rows[i].condition), &values) !=
			rows[i].match)
			fail_msg("%s: not %d", rows[i].condition, rows[i].match);
	assert_true(query_match(NULL, &values));
}

static bool
mail_knows(void *object, const char *field)
{
	(void)object;
	return strcmp(field, "subject") != 0;
}

static void
says_when_nobody_knows(void **state)
{
	static const struct {
		const char *condition;
		enum query_truth truth;
	} rows[] = {
		{ "subject = x", QUERY_UNKNOWN },
		{ "subject is blank", QUERY_UNKNOWN },
		{ "not subject = x", QUERY_UNKNOWN },
		{ "subject = x or from = ada@x.example", QUERY_TRUE },
		{ "subject = x or from = bob@x.example", QUERY_UNKNOWN },
		{ "subject = x and from = bob@x.example", QUERY_FALSE },
		{ "subject = x and from = ada@x.example", QUERY_UNKNOWN },
		{ "not (subject = x and from = bob@x.example)", QUERY_TRUE },
		{ "from = bob@x.example", QUERY_FALSE },
	};
	struct fixture *fixture = *state;
	struct mail mail = { .from = "Ada@X.example" };
	struct query_values values = { mail_values, &mail, mail_knows };

	for (size_t i = 0; i < LENGTH(rows); i++)
		if (query_judge(must_parse(fixture, &mails, rows[i].condition), &values,
			    fixture->arena) != rows[i].truth)
			fail_msg("%s: not %d", rows[i].condition, (int)rows[i].truth);
	assert_int_equal(query_judge(NULL, &values, fixture->arena), QUERY_TRUE);
}

static void
calls_a_field_blank_when_all_of_its_values_are(void **state)
{
	struct fixture *fixture = *state;
	struct mail mail = { .to = { "", "a@x.example", NULL } };
	struct query_values values = { .values = mail_values, .object = &mail };

	assert_false(query_match(must_parse(fixture, &mails, "to = ''"), &values));
	assert_true(query_match(must_parse(fixture, &mails, "to != ''"), &values));
	mail.to[1] = NULL;
	assert_true(query_match(must_parse(fixture, &mails, "to = ''"), &values));
}

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

struct row {
	int64_t id;
	const char *city, *salesperson, *emails[3];
	bool excluded, has_last;
	int64_t interactions, cost, last;
	char no[16], text[32];
};

static const char *const CITIES[] = { "Praha", "PRAHA", "Brno", "", NULL, "Řím", "řím", "a*b",
	"[x]" };
static const char *const EMAILS[] = { "a@x.example", "b@x.example", "c@y.example", "d@y.example" };

static void
make_row(struct row *row, int64_t id, uint32_t *seed)
{
	*row = (struct row){ .id = id };
	snprintf(row->no, sizeof row->no, "R%05lld", (long long)id);
	row->city = CITIES[dice(seed, LENGTH(CITIES))];
	row->salesperson = dice(seed, 3) ? (dice(seed, 2) ? "AL" : "gh") : NULL;
	for (unsigned i = 0, count = dice(seed, 4); i < count; i++)
		row->emails[i] = EMAILS[(i + dice(seed, 2)) % LENGTH(EMAILS)];
	row->excluded = dice(seed, 4) == 0;
	row->interactions = dice(seed, 5);
	row->cost = (int64_t)dice(seed, 5) * 250 - 500;
	row->has_last = dice(seed, 4) > 0;
	row->last = 1795262400 - (int64_t)dice(seed, 6) * 43200;
}

static void
put_emails(struct store *store, const struct row *row)
{
	static const char INSERT[] =
		"INSERT INTO contact_email (contact_id, email, address) VALUES (?, ?, ?)";
	struct err err;

	for (int i = 0; i < 3; i++) {
		struct stmt *q = sql_prepare(store, INSERT);

		stmt_bind_int(q, row->id);
		stmt_bind_text(q, row->emails[i] ? row->emails[i] : "");
		stmt_bind_text(q, row->emails[i] ? row->emails[i] : "");
		if (row->emails[i] == NULL) {
			stmt_end(q, &err);
			continue;
		}
		assert_int_equal(stmt_run(q, &err), 0);
	}
}

static void
put_row(struct store *store, const struct row *row)
{
	static const char INSERT[] =
		"INSERT INTO contact (id, no, type, name, name_fold, city, salesperson,"
		" excluded, interactions, cost, last_interaction, created, changed)"
		" VALUES (?, ?, 'person', 'n', 'n', ?, ?, ?, ?, ?, ?, 0, 0)";
	struct stmt *q = sql_prepare(store, INSERT);
	struct err err = { 0 };

	stmt_bind_int(q, row->id);
	stmt_bind_text(q, row->no);
	stmt_bind_text(q, row->city);
	stmt_bind_text(q, row->salesperson);
	stmt_bind_int(q, row->excluded);
	stmt_bind_int(q, row->interactions);
	stmt_bind_int(q, row->cost);
	stmt_bind_int_or_null(q, row->last, !row->has_last);
	if (stmt_run(q, &err) < 0)
		fail_msg("%s", err.message);
	put_emails(store, row);
}

static void
row_values(void *object, const char *field, bool (*each)(void *to, const char *value), void *to)
{
	struct row *row = object;
	const char *sign = row->cost < 0 ? "-" : "";
	long long cost = llabs((long long)row->cost);

	row->text[0] = '\0';
	if (strcmp(field, "email") == 0) {
		for (int i = 0; i < 3; i++)
			if (!tell(row->emails[i], each, to))
				return;
		return;
	}
	if (strcmp(field, "city") == 0)
		tell(row->city, each, to);
	else if (strcmp(field, "salesperson") == 0)
		tell(row->salesperson, each, to);
	else if (strcmp(field, "no") == 0)
		tell(row->no, each, to);
	else if (strcmp(field, "excluded") == 0)
		tell(row->excluded ? "yes" : "no", each, to);
	else if (strcmp(field, "interactions") == 0)
		snprintf(row->text, sizeof row->text, "%lld", (long long)row->interactions);
	else if (strcmp(field, "cost") == 0)
		snprintf(
			row->text, sizeof row->text, "%s%lld.%02lld", sign, cost / 100, cost % 100);
	else if (row->has_last)
		snprintf(row->text, sizeof row->text, "%lld", (long long)row->last);
	if (row->text[0] != '\0')
		tell(row->text, each, to);
}

static const char *const ORDER[] = { "=", "!=", "<", "<=", ">", ">=" };

static void
add_text_test(struct text *out, uint32_t *seed)
{
	static const char *const FIELDS[] = { "city", "salesperson", "email" };
	static const char *const VALUES[] = { "praha", "''", "Brno", "\"ŘÍM\"", "me", "gh",
		"a@x.example", "C@y.example", "'a*b'", "'[x]'" };
	static const char *const GLOBS[] = { "*", "p*", "?raha", "*@x.example", "'*[*'", "ř*",
		"a?b", "''" };
	const char *field = FIELDS[dice(seed, LENGTH(FIELDS))];

	switch (dice(seed, 5)) {
	case 0:
		text_printf(out, "%s ~ %s", field, GLOBS[dice(seed, LENGTH(GLOBS))]);
		return;
	case 1:
		text_printf(out, "%s is %sblank", field, dice(seed, 2) ? "not " : "");
		return;
	case 2:
		text_printf(out, "%s %sin (%s, %s)", field, dice(seed, 2) ? "not " : "",
			VALUES[dice(seed, LENGTH(VALUES))], VALUES[dice(seed, LENGTH(VALUES))]);
		return;
	default:
		text_printf(out, "%s %s %s", field, ORDER[dice(seed, LENGTH(ORDER))],
			VALUES[dice(seed, LENGTH(VALUES))]);
	}
}

static void
add_time_test(struct text *out, uint32_t *seed)
{
	static const char *const TIMES[] = { "today", "yesterday", "today-2d", "now", "now-12h",
		"2026-11-20", "2026-11-20T12:00:00Z", "2026-11-21T13:00:00+01:00" };
	const char *a = TIMES[dice(seed, LENGTH(TIMES))], *b = TIMES[dice(seed, LENGTH(TIMES))];

	if (dice(seed, 4) == 0)
		text_printf(out, "last_interaction in (%s, %s)", a, b);
	else
		text_printf(out, "last_interaction %s %s", ORDER[dice(seed, LENGTH(ORDER))], a);
}

static void
add_test(struct text *out, uint32_t *seed)
{
	static const char *const AMOUNTS[] = { "0", "2.50", "-5", "5.0", "-2.5" };

	switch (dice(seed, 8)) {
	case 0:
		text_printf(out, "interactions %s %u%s", ORDER[dice(seed, LENGTH(ORDER))],
			dice(seed, 5), dice(seed, 2) ? ".5" : "");
		return;
	case 1:
		text_printf(out, "cost %s %s", ORDER[dice(seed, LENGTH(ORDER))],
			AMOUNTS[dice(seed, LENGTH(AMOUNTS))]);
		return;
	case 2:
		text_printf(out, "excluded%s", dice(seed, 2) ? "" : " != yes");
		return;
	case 3:
		text_printf(out, "no %s r0000%u", dice(seed, 2) ? "=" : "~", dice(seed, 10));
		return;
	case 4:
	case 5:
		add_time_test(out, seed);
		return;
	default:
		add_text_test(out, seed);
	}
}

static void
add_condition(struct text *out, uint32_t *seed, unsigned depth)
{
	unsigned kind = depth == 0 ? 0 : dice(seed, 6);

	if (kind == 0) {
		add_test(out, seed);
	} else if (kind == 1) {
		text_add(out, "not (");
		add_condition(out, seed, depth - 1);
		text_add(out, ")");
	} else {
		text_add(out, "(");
		for (unsigned i = 0; i < kind; i++) {
			if (i > 0)
				text_add(out, depth % 2 ? " and " : " or ");
			add_condition(out, seed, depth - 1);
		}
		text_add(out, ")");
	}
}

static void
must_agree(struct fixture *fixture, struct row *rows, unsigned count, const char *condition)
{
	struct query_node *node = must_parse(fixture, &test_contacts, condition);
	struct err err = { 0 };
	size_t found, at = 0;
	int64_t *ids;

	if (query_ids(fixture->store, fixture->arena, &test_contacts, node, 0, &ids, &found, &err) <
		0)
		fail_msg("%s: %s", condition, err.message);
	for (unsigned i = 0; i < count; i++) {
		bool in_sql = at < found && ids[at] == rows[i].id;
		struct query_values values = { .values = row_values, .object = &rows[i] };

		at += in_sql;
		if (query_match(node, &values) != in_sql)
			fail_msg("%s: row %s: SQL says %d", condition, rows[i].no, in_sql);
	}
	assert_int_equal(at, found);
}

enum { ROWS = 60, CONDITIONS = 3000 };

static void
agrees_with_sql_on_any_condition(void **state)
{
	static struct row rows[ROWS];
	struct fixture *fixture = *state;
	struct text condition = { 0 };
	uint32_t seed = 20261121;

	must_run(fixture->store, "DELETE FROM interaction_contact");
	must_run(fixture->store, "DELETE FROM contact WHERE company_id IS NOT NULL");
	must_run(fixture->store, "DELETE FROM contact");
	for (unsigned i = 0; i < ROWS; i++) {
		make_row(&rows[i], i + 1, &seed);
		put_row(fixture->store, &rows[i]);
	}
	for (int i = 0; i < CONDITIONS; i++) {
		text_reset(&condition);
		add_condition(&condition, &seed, (unsigned)i % 5);
		must_agree(fixture, rows, ROWS, condition.bytes);
		arena_reset(fixture->arena);
	}
	/* High trees are compiled in another way. */
	for (int i = 0; i < 20; i++) {
		text_reset(&condition);
		add_condition(&condition, &seed, 5);
		for (int j = 0; j < 15; j++) {
			text_add(&condition, j % 2 ? " or not (" : " and (");
			add_condition(&condition, &seed, 1);
		}
		for (int j = 0; j < 15; j++)
			text_add(&condition, ")");
		must_agree(fixture, rows, ROWS, condition.bytes);
		arena_reset(fixture->arena);
	}
	text_clear(&condition);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(matches_a_message_as_a_rule_says),
		TEST(says_when_nobody_knows),
		TEST(calls_a_field_blank_when_all_of_its_values_are),
		TEST(agrees_with_sql_on_any_condition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
