#include "asking.h"

#include <time.h>

/* Contacts to whom anything happens, in any order, with turns of any size in between: what they are
 * classified by in the end is what is found when all of it is forgotten and found anew, and what plain
 * sums say. LIAISON_CHANGES is how many changes, LIAISON_SEED repeats them. */

enum { CHANGES = 900, ROUND = 25, IDS_MAX = 60 };

struct life {
	struct desk *desk;
	unsigned long long seed;
	int64_t now;
	int64_t questions[3], answers[3]; /* by hand */
	int64_t rating;
	unsigned step;
};

static unsigned
draw(struct life *life, unsigned below)
{
	life->seed = life->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(life->seed >> 33) % below;
}

static void
run(struct life *life, const char *sql, int64_t a, int64_t b)
{
	struct stmt *q = sql_prepare(life->desk->store, sql);

	stmt_bind_int(q, a);
	stmt_bind_int(q, b);
	if (stmt_run(q, &life->desk->err) < 0)
		fail_msg("%s: %s", sql, life->desk->err.message);
}

/* 0: there is none. sql takes a number to choose by. */
static int64_t
any(struct life *life, const char *sql)
{
	struct stmt *q = sql_prepare(life->desk->store, sql);
	int64_t id = 0;
	bool found;

	stmt_bind_int(q, draw(life, 1000));
	if (sql_get_int(q, &id, &found, &life->desk->err) < 0)
		fail_msg("%s: %s", sql, life->desk->err.message);
	return id;
}

static const char ANY_CONTACT[] = "SELECT id FROM contact LIMIT 1 OFFSET"
				  " ?1 % max(1, (SELECT count(*) FROM contact))";
static const char ANY_COMPANY[] =
	"SELECT id FROM contact WHERE type = 'company' LIMIT 1 OFFSET"
	" ?1 % max(1, (SELECT count(*) FROM contact WHERE type = 'company'))";
static const char ANY_PERSON[] =
	"SELECT id FROM contact WHERE type = 'person' LIMIT 1 OFFSET"
	" ?1 % max(1, (SELECT count(*) FROM contact WHERE type = 'person'))";
static const char ANY_INTERACTION[] = "SELECT id FROM interaction LIMIT 1 OFFSET"
				      " ?1 % max(1, (SELECT count(*) FROM interaction))";
static const char ANY_FACT[] = "SELECT id FROM contact_fact LIMIT 1 OFFSET"
			       " ?1 % max(1, (SELECT count(*) FROM contact_fact))";
static const char ANY_BAND[] =
	"SELECT id FROM answer WHERE \"from\" < \"to\" LIMIT 1 OFFSET"
	" ?1 % max(1, (SELECT count(*) FROM answer WHERE \"from\" < \"to\"))";

/* ---- what may happen ---- */

static void
change_contact(struct life *life)
{
	struct desk *desk = life->desk;
	int64_t id = any(life, ANY_PERSON), company = any(life, ANY_COMPANY);
	struct contact contact;

	switch (draw(life, 6)) {
	case 0:
		if (ask(desk, "SELECT count(*) FROM contact") < IDS_MAX)
			add_company(desk, "Acme");
		break;
	case 1:
	case 2:
		if (ask(desk, "SELECT count(*) FROM contact") < IDS_MAX)
			add_person(desk, "Ada Lovelace", draw(life, 3) > 0 ? company : 0);
		break;
	case 3:
		if (id == 0)
			break;
		contact = get_contact(desk, id);
		contact.company_id = draw(life, 3) > 0 ? company : 0;
		assert_ok(
			contact_update(desk->store, desk->arena, &contact, life->now, &desk->err));
		break;
	case 4:
		run(life, "UPDATE contact SET privacy_blocked = ?2 WHERE id = ?1",
			any(life, ANY_CONTACT), draw(life, 2));
		break;
	default:
		id = draw(life, 4) == 0 ? company : id;
		if (id != 0 && draw(life, 2) == 0)
			assert_ok(contact_remove(desk->store, id, &desk->err));
	}
}

static int64_t
any_time(struct life *life)
{
	return life->now - (int64_t)draw(life, 500) * DAY / 2 + 30 * DAY;
}

static void
change_interaction(struct life *life)
{
	static const char *const STATUS[] = { "recorded", "held", "planned", "cancelled", "draft" };
	struct desk *desk = life->desk;
	int64_t contact = any(life, ANY_CONTACT), id = any(life, ANY_INTERACTION);

	if (draw(life, 3) > 0 && contact != 0) {
		happen(desk, contact, STATUS[draw(life, 5)], any_time(life), draw(life, 1000),
			draw(life, 100));
	} else if (draw(life, 4) == 0 && id != 0) {
		assert_ok(interaction_erase(desk->store, desk->arena, &id, 1, &desk->err));
	} else if (draw(life, 2) == 0) {
		run(life,
			draw(life, 2) > 0 ? "UPDATE interaction SET cost = ?2 * 100 WHERE id = ?1"
					  : "UPDATE interaction SET status = CASE ?2 WHEN 0 THEN"
					    " 'cancelled' ELSE 'held' END WHERE id = ?1",
			id, draw(life, 4));
	} else {
		run(life,
			"UPDATE OR IGNORE interaction_contact SET contact_id = ?2, company_id ="
			" (SELECT company_id FROM contact WHERE id = ?2) WHERE interaction_id = ?1"
			" AND EXISTS (SELECT 1 FROM contact WHERE id = ?2)",
			id, contact);
	}
}

static void
change_fact(struct life *life)
{
	int64_t contact = any(life, ANY_CONTACT), fact = any(life, ANY_FACT);

	if (draw(life, 3) > 0 && contact != 0)
		add_fact(life->desk, contact, draw(life, 100000),
			TODAY + ((int64_t)draw(life, 700) - 500) * DAY);
	else if (draw(life, 2) == 0)
		run(life, "DELETE FROM contact_fact WHERE id = ?1 OR ?2 < 0", fact, 0);
	else
		run(life, "UPDATE contact_fact SET amount = amount + ?2 WHERE id = ?1", fact,
			draw(life, 5000));
}

static void
change_relation(struct life *life)
{
	int64_t contact = any(life, ANY_CONTACT);

	run(life,
		draw(life, 3) > 0
			? "INSERT INTO contact_relation (contact, code, kind) SELECT ?1, 'CUST',"
			  " 'other' WHERE ?2 >= 0 AND EXISTS (SELECT 1 FROM contact WHERE id = ?1)"
			  " ON CONFLICT DO NOTHING"
			: "DELETE FROM contact_relation WHERE contact = ?1 AND ?2 >= 0",
		contact, 0);
}

static void
answer_by_hand(struct life *life)
{
	struct desk *desk = life->desk;
	int64_t contact = any(life, ANY_CONTACT);
	unsigned which = draw(life, 3);

	if (contact == 0 || get_contact(desk, contact).privacy_blocked)
		return;
	if (draw(life, 3) > 0)
		answer(desk, contact, life->questions[which], life->answers[which], TODAY);
	else
		run(life, "DELETE FROM contact_answer WHERE contact_id = ?1 AND answer_id = ?2",
			contact, life->answers[which]);
}

static void
change_question(struct life *life)
{
	if (draw(life, 2) == 0)
		run(life, "UPDATE answer SET \"from\" = min(\"to\", ?2) WHERE id = ?1",
			any(life, ANY_BAND), (int64_t)draw(life, 60) * 1000000);
	else
		rate(life->desk, life->rating, life->answers[draw(life, 3)],
			(int)draw(life, 40) * 1000);
}

/* As the engine does it: what is little at once, and turns that are cut short. Days and questions change
 * seldom, as then all is found anew, whatever was noted. */
static void
take_turn(struct life *life)
{
	struct desk *desk = life->desk;
	bool more;

	if (draw(life, 50) == 0)
		life->now += (int64_t)draw(life, 3) * DAY;
	if (draw(life, 2) == 0)
		assert_ok(classify_if_little(desk->store, NULL, life->now, &desk->err));
	else
		assert_ok(classify_turn(
			desk->store, NULL, life->now, 1 + draw(life, 20), 0, &more, &desk->err));
}

static void
step(struct life *life)
{
	switch (draw(life, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		change_contact(life);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		change_interaction(life);
		break;
	case 8:
	case 9:
	case 10:
		change_fact(life);
		break;
	case 11:
		change_relation(life);
		break;
	case 12:
		answer_by_hand(life);
		break;
	case 13:
		if (draw(life, 20) == 0)
			change_question(life);
		break;
	default:
		take_turn(life);
	}
}

/* ---- what must hold ---- */

static const char SELECT_ALL[] =
	"SELECT group_concat(line, char(10)) FROM (SELECT t.contact_id || ' ' || a.questionnaire ||"
	" ' ' || a.question || ' ' || a.answer || ' ' || coalesce(t.answered, '-') AS line"
	" FROM contact_answer t JOIN answer a ON a.id = t.answer_id"
	" UNION ALL SELECT 'value ' || question_id || ' ' || contact_id || ' ' || value"
	" FROM classify_value ORDER BY 1)";

static const char *
snapshot(struct life *life)
{
	struct stmt *q = sql_prepare(life->desk->store, SELECT_ALL);
	const char *all = NULL;

	if (stmt_row(q))
		all = stmt_text_copy(q, life->desk->arena);
	if (stmt_end(q, &life->desk->err) < 0)
		fail_msg("%s", life->desk->err.message);
	return all == NULL ? "" : all;
}

static void
forget_all(struct life *life)
{
	run(life,
		"DELETE FROM contact_answer WHERE ?1 = ?2 AND answer_id IN (SELECT a.id FROM "
		"answer a"
		" JOIN question q ON q.questionnaire = a.questionnaire AND q.question = a.question"
		" WHERE q.source IS NOT NULL)",
		0, 0);
	run(life, "DELETE FROM classify_value WHERE ?1 = ?2", 0, 0);
	assert_int_equal(classify_begin_again(life->desk->store, &life->desk->err), 0);
}

/* What is said in plain words of one question each: no contact's answer may differ from it. */
static const char *const WRONG[] = {
	"SELECT count(*) FROM contact c WHERE EXISTS (SELECT 1 FROM contact_answer t JOIN answer a"
	" ON a.id = t.answer_id WHERE t.contact_id = c.id AND a.answer = 'several') <>"
	" (NOT c.privacy_blocked AND c.interactions - (SELECT count(DISTINCT i.id) FROM "
	"interaction i"
	" JOIN interaction_contact x ON x.interaction_id = i.id WHERE (x.contact_id = c.id OR"
	" x.company_id = c.id) AND i.status NOT IN ('cancelled', 'draft')"
	" AND i.at >= ?1 + 86400) >= 3)",
	"SELECT count(*) FROM contact c WHERE EXISTS (SELECT 1 FROM contact_answer t JOIN answer a"
	" ON a.id = t.answer_id WHERE t.contact_id = c.id AND a.answer = 'bought') <>"
	" (?1 > 0 AND NOT c.privacy_blocked AND NOT coalesce((SELECT privacy_blocked FROM contact"
	" WHERE id = c.company_id), 0) AND EXISTS (SELECT 1 FROM contact_fact f JOIN contact h"
	" ON h.id = f.contact WHERE f.date <= ?1 AND coalesce(h.company_id, h.id) ="
	" coalesce(c.company_id, c.id)))",
	"SELECT count(*) FROM contact_answer t JOIN contact c ON c.id = t.contact_id JOIN answer a"
	" ON a.id = t.answer_id WHERE a.questionnaire = 'CUSTOMERS' AND ?1 > 0 AND (c.type <> "
	"'company'"
	" OR c.privacy_blocked OR NOT EXISTS (SELECT 1 FROM contact_relation r"
	" WHERE r.contact IN (c.id, c.company_id) AND r.code = 'CUST'))",
};

/* The totals that the first of them goes by are counted at once when people change something; here it
 * was changed by plain SQL. */
static void
count_totals(struct life *life)
{
	struct stmt *q = sql_prepare(life->desk->store, "SELECT id FROM contact");
	int64_t ids[IDS_MAX * 2];
	unsigned count = 0;
	bool changed;

	while (count < IDS_MAX * 2 && stmt_row(q))
		ids[count++] = stmt_int(q);
	assert_int_equal(stmt_end(q, &life->desk->err), 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(
			contact_recount(life->desk->store, ids[i], &changed, &life->desk->err), 0);
}

static void
check_plainly(struct life *life, unsigned long long seed)
{
	count_totals(life);
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		struct stmt *q = sql_prepare(life->desk->store, WRONG[i]);
		int64_t wrong = -1;
		bool found;

		stmt_bind_int(q, life->now - life->now % DAY);
		if (sql_get_int(q, &wrong, &found, &life->desk->err) < 0 || wrong != 0)
			fail_msg("LIAISON_SEED=%llu, change %u: %lld contacts are wrong by sum "
				 "%zu %s",
				seed, life->step, (long long)wrong, i, life->desk->err.message);
	}
}

static void
check(struct life *life, unsigned long long seed)
{
	const char *live, *anew;

	classify_on(life->desk, life->now);
	live = snapshot(life);
	check_plainly(life, seed);
	forget_all(life);
	classify_on(life->desk, life->now);
	anew = snapshot(life);
	if (strcmp(live, anew) != 0)
		fail_msg("LIAISON_SEED=%llu, change %u: live\n%s\nanew\n%s", seed, life->step, live,
			anew);
}

/* ---- the questions ---- */

static void
ask_by_hand(struct life *life)
{
	static const char *const TEXTS[] = { "One", "Two", "Three" };

	for (int i = 0; i < 3; i++) {
		life->questions[i] = add_question(
			life->desk, (struct question){ .text = TEXTS[i] });
		life->answers[i] = add_band(life->desk, TEXTS[i], TEXTS[i], OPEN, OPEN);
	}
}

static void
ask_all(struct life *life)
{
	struct desk *desk = life->desk;
	static const struct question ASKED[] = {
		{ .text = "Lately", .source = "interaction-quantity", .start = "-3M" },
		{ .text = "Often",
			.source = "interaction-frequency",
			.start = "-1Y",
			.decimals = 1 },
		{ .text = "Dear", .source = "interaction-cost", .decimals = 2 },
		{ .text = "Long", .source = "interaction-duration", .start = "-CM" },
		{ .text = "Sales", .source = "fact-sum", .fact = "SALES", .start = "-1Y" },
		{ .text = "Share",
			.source = "fact-sum",
			.fact = "SALES",
			.method = "percent-of-value" },
		{ .text = "Rank",
			.source = "interaction-quantity",
			.method = "percent-of-contacts" },
		{ .text = "Sum",
			.source = "fact-sum",
			.fact = "SALES",
			.method = "cumulative-value",
			.sorting = "ascending" },
	};
	int64_t band = 0;

	for (size_t i = 0; i < sizeof ASKED / sizeof *ASKED; i++) {
		add_question(desk, ASKED[i]);
		add_band(desk, ASKED[i].text, "none", OPEN, 0);
		add_band(desk, ASKED[i].text, "some", 1, 20000);
		band = add_band(desk, ASKED[i].text, "much", 20001, OPEN);
	}
	add_question(desk, (struct question){ .text = "Ever", .source = "interaction-quantity" });
	add_band(desk, "Ever", "several", 3000, OPEN);
	add_question(desk,
		(struct question){ .text = "Bought", .source = "fact-count", .fact = "SALES" });
	add_band(desk, "Bought", "bought", 1000, OPEN);
	add_question(desk, (struct question){ .questionnaire = "CUSTOMERS",
				   .text = "Kept",
				   .source = "fact-average",
				   .fact = "SALES",
				   .start = "-1Y" });
	add_record(desk, &answer_noun,
		(struct record_value[answer_count]){ [at_answer_questionnaire] = word("CUSTOMERS"),
			[at_answer_question] = word("Kept"),
			[at_answer_answer] = word("kept") });
	life->rating = add_question(desk,
		(struct question){ .text = "Worth", .source = "rating", .min_answered = 2500 });
	add_band(desk, "Worth", "little", OPEN, 15000);
	add_band(desk, "Worth", "a lot", 15001, OPEN);
	rate(desk, life->rating, band, 20000);
}

static void
what_is_live_is_what_is_found_anew(void **state)
{
	const char *changes = getenv("LIAISON_CHANGES"), *repeat = getenv("LIAISON_SEED");
	unsigned long long seed = repeat != NULL ? strtoull(repeat, NULL, 10)
						 : (unsigned long long)time(NULL);
	unsigned count = changes != NULL ? (unsigned)strtoul(changes, NULL, 10) : CHANGES;
	struct life life = { .desk = *state, .seed = seed, .now = NOW };

	print_message("LIAISON_SEED=%llu\n", seed);
	add_questionnaire(life.desk, "CUSTOMERS", "company", "CUST");
	ask_by_hand(&life);
	ask_all(&life);
	for (life.step = 1; life.step <= count; life.step++) {
		step(&life);
		if (life.step % ROUND == 0) {
			check(&life, seed);
			arena_reset(life.desk->arena);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(what_is_live_is_what_is_found_anew) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
