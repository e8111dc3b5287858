#include "rules.h"

#include <time.h>

#include "rulebook.h"

/* Random rules over random messages: what they are judged as in memory is what SQL says over the
 * evidence, also where that is not whole. LIAISON_RULE_SETS says how many sets, LIAISON_SEED repeats. */

enum { SETS = 250, MAILS = 60, RULES = 5, DEPTH = 3 };

struct chance {
	struct world *world;
	uint64_t state, seed;
	unsigned seen[3]; /* how often each enum query_truth was the answer */
};

static uint64_t
dice(struct chance *chance, uint64_t sides)
{
	uint64_t z = (chance->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % sides;
}

static int64_t
from_environment(const char *name, int64_t otherwise)
{
	const char *word = getenv(name);
	int64_t value = otherwise;

	if (word != NULL)
		text_to_int64(word, &value);
	return value;
}

#define ANY(chance, list) (list)[dice(chance, sizeof(list) / sizeof *(list))]

static const char *const addresses[] = { "ada@x.example", "bob@y.example", "Cy+News@x.example",
	"me@own.example", "colleague@own.example", "\xc3\xa4ra@z.example", "undisclosed" };
static const char *const subjects[] = { "Offer", "offer 17", "\xc3\x84rger, die Zweite", "",
	"Re: 100% \"sure\"", "O'Brien" };
static const char *const lists[] = { NULL, NULL, "news.x.example", "Dev.Y.example" };
static const char *const headers[] = { "x-a", "x-b" };

/* ---- messages ---------------------------------------------------------------------------------- */

static void
add_headers(struct chance *chance, struct event *event)
{
	event->headers = arena_array(chance->world->arena, 4, sizeof *event->headers);
	for (size_t i = 0; i < 2; i++) {
		if (dice(chance, 3) == 0)
			continue;
		event->headers[event->header_count++] = (struct event_header){ headers[i],
			dice(chance, 3) == 0 ? NULL : ANY(chance, subjects) };
		if (dice(chance, 4) == 0 && event->headers[event->header_count - 1].value != NULL)
			event->headers[event->header_count++] = (struct event_header){ headers[i],
				"again" };
	}
}

static struct event *
some_mail(struct chance *chance)
{
	struct event *event = world_mail(
		chance->world, ANY(chance, addresses), ANY(chance, addresses));

	event->subject = dice(chance, 8) == 0 ? NULL : ANY(chance, subjects);
	event->list_id = ANY(chance, lists);
	event->size = dice(chance, 3) * 5000;
	if (dice(chance, 3) == 0)
		mail_add(chance->world, event, PARTY_CC, ANY(chance, addresses));
	if (dice(chance, 5) == 0)
		event->class = dice(chance, 2) == 0 ? CLASS_BULK : CLASS_AUTOMATIC;
	if (dice(chance, 8) == 0)
		event->sensitivity = "private";
	add_headers(chance, event);
	mail_seal(event);
	return event;
}

static void
fill(struct chance *chance)
{
	struct world *world = chance->world;
	int64_t streams[2] = { world->inbox,
		world_stream(world, world->home, "Gel\xc3\xb6scht", 9, 1) };
	uint32_t uids[2] = { 1000, 0 };

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob", "bob@y.example");
	for (int i = 0; i < MAILS; i++) {
		uint64_t where = dice(chance, 2);

		if (i % (MAILS / 6) == 0) {
			world->config.unmatched = (enum config_unmatched)dice(chance, 3);
			world_configure(world);
		}
		world_new(world, streams[where], ++uids[where], some_mail(chance));
	}
}

/* ---- rules ------------------------------------------------------------------------------------- */

static void
add_quoted(struct text *out, const char *word)
{
	text_add_char(out, '"');
	for (; *word != '\0'; word++) {
		if (*word == '"')
			text_add_char(out, '"');
		text_add_char(out, *word);
	}
	text_add_char(out, '"');
}

static const char *
some_value(struct chance *chance, const char *field)
{
	static const char *const decisions[] = { "captured", "unmatched", "bulk", "internal",
		"automatic", "Private" };
	static const char *const directions[] = { "inbound", "outbound", "none" };
	static const char *const folders[] = { "INBOX", "gel\xc3\xb6scht", "home", "work" };

	if (strcmp(field, "decision") == 0)
		return ANY(chance, decisions);
	if (strcmp(field, "direction") == 0)
		return ANY(chance, directions);
	if (strcmp(field, "folder") == 0 || strcmp(field, "source") == 0)
		return ANY(chance, folders);
	if (strcmp(field, "list-id") == 0)
		return "NEWS.x.example";
	if (strcmp(field, "subject") == 0 || strchr(field, '(') != NULL)
		return ANY(chance, subjects);
	return ANY(chance, addresses);
}

static void
add_text_test(struct chance *chance, struct text *out, const char *field)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=" };
	static const char *const patterns[] = { "*", "*@x.*", "?d*", "*e", "off*", "*\xc3\xa4*" };

	text_add(out, field);
	switch (dice(chance, 6)) {
	case 0:
		text_add(out, dice(chance, 2) == 0 ? " is blank" : " is not blank");
		return;
	case 1:
		text_add(out, " ~ ");
		add_quoted(out, ANY(chance, patterns));
		return;
	case 2:
		text_add(out, dice(chance, 2) == 0 ? " in (" : " not in (");
		add_quoted(out, some_value(chance, field));
		text_add(out, ", ");
		add_quoted(out, some_value(chance, field));
		text_add(out, ")");
		return;
	default:
		text_printf(out, " %s ", ANY(chance, ops));
		add_quoted(out, some_value(chance, field));
	}
}

static void
add_test(struct chance *chance, struct text *out)
{
	static const char *const fields[] = { "from", "to", "cc", "any-address", "subject",
		"folder", "source", "list-id", "direction", "decision", "header(X-A)",
		"header(x-b)", "header(Subject)", "header(From)", "size" };
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=" };
	const char *field = ANY(chance, fields);

	if (strcmp(field, "size") == 0)
		text_printf(out, "size %s %u", ANY(chance, ops), (unsigned)dice(chance, 3) * 5000);
	else
		add_text_test(chance, out, field);
}

static void
add_condition(struct chance *chance, struct text *out, unsigned depth)
{
	if (depth == 0 || dice(chance, 3) == 0) {
		add_test(chance, out);
		return;
	}
	if (dice(chance, 4) == 0) {
		text_add(out, "not (");
		add_condition(chance, out, depth - 1);
		text_add(out, ")");
		return;
	}
	text_add(out, "(");
	add_condition(chance, out, depth - 1);
	text_add(out, dice(chance, 2) == 0 ? " and " : " or ");
	add_condition(chance, out, depth - 1);
	text_add(out, ")");
}

static unsigned
some_rules(struct chance *chance, struct rule *rules)
{
	static const char *const actions[] = { "ignore", "keep", "private" };
	unsigned count = 1 + (unsigned)dice(chance, RULES);
	struct text where = { 0 };

	for (unsigned i = 0; i < count; i++) {
		text_reset(&where);
		add_condition(chance, &where,
			1 + (unsigned)dice(chance, DEPTH + 1) * (dice(chance, 9) == 0 ? 3 : 1));
		rules[i] = (struct rule){
			.id = i + 1,
			.place = i + 1,
			.action = ANY(chance, actions),
			.where = arena_text(chance->world->arena, where.bytes),
		};
	}
	text_clear(&where);
	return count;
}

/* ---- both ways --------------------------------------------------------------------------------- */

static bool
has(const int64_t *ids, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

/* truths[row]: what SQL says of rule. */
static void
judge_by_sql(struct world *world, const struct rule *rule, enum query_truth *truths)
{
	struct query_node *where;
	int64_t *certain, *possible;
	size_t certain_count, possible_count;

	assert_ok(rule_parse(world->arena, rule->where, &where, &world->err));
	assert_ok(query_ids_sure(world->store, world->arena, &message_noun, where, QUERY_CERTAIN, 0,
		&certain, &certain_count, &world->err));
	assert_ok(query_ids_sure(world->store, world->arena, &message_noun, where, QUERY_POSSIBLE,
		0, &possible, &possible_count, &world->err));
	for (int64_t row = 1; row <= MAILS; row++)
		truths[row] = has(certain, certain_count, row)     ? QUERY_TRUE
			      : has(possible, possible_count, row) ? QUERY_UNKNOWN
								   : QUERY_FALSE;
}

struct past {
	struct turn turn;
	struct sighting *seen;
	struct stored stored;
	struct view view;
};

static void
load(struct world *world, int64_t row, struct past *out)
{
	int64_t id = ask(world, "SELECT message_id FROM ledger WHERE id = ?", row);
	enum decision recorded = decision_by_word(
		ask_text(world, "SELECT coalesce(plain, decision) FROM ledger WHERE id = ?", row));
	unsigned count;

	out->turn = (struct turn){ .store = world->store,
		.capture = world->capture,
		.arena = world->arena,
		.lasting = world->arena };
	assert_ok(sightings_of(world->store, world->arena, id, &out->seen, &count, &world->err));
	turn_at_sighting(&out->turn, &out->seen[0]);
	assert_ok(message_load(world->store, world->arena, id, &out->stored, &world->err));
	view_stored(&out->turn, &out->stored, &out->view);
	assert_ok(view_decide(&out->turn, &out->view, &world->err));
	if (out->stored.kept <= KEEP_ADDRESSES)
		assert_int_equal(out->view.plain, recorded);
	out->view.plain = recorded;
	out->view.direction = out->stored.direction;
}

static int64_t
first_of(const enum query_truth *truths, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (truths[i] == QUERY_TRUE)
			return i + 1;
	}
	return 0;
}

static void
compare_set(struct chance *chance, struct past *past)
{
	struct world *world = chance->world;
	enum query_truth sql[RULES][MAILS + 1], one[RULES], other[RULES];
	struct rule rules[RULES];
	unsigned count = some_rules(chance, rules);

	assert_ok(capture_try_rules(world->capture, rules, count, &world->err));
	for (unsigned i = 0; i < count; i++)
		judge_by_sql(world, &rules[i], sql[i]);
	for (int64_t row = 1; row <= MAILS; row++) {
		for (unsigned i = 0; i < count; i++) {
			one[i] = rule_judge(&past[row].turn, &past[row].view, NULL,
				&world->capture->rules.items[i]);
			other[i] = sql[i][row];
			chance->seen[one[i]]++;
			if (one[i] != other[i])
				fail_msg("row %lld is %d in memory and %d in SQL by %s; "
					 "LIAISON_SEED=%llu",
					(long long)row, (int)one[i], (int)other[i], rules[i].where,
					(unsigned long long)chance->seed);
		}
		assert_int_equal(first_of(one, count), first_of(other, count));
	}
}

static void
judges_in_memory_as_sql_does(void **state)
{
	struct world *world = *state;
	int64_t sets = from_environment("LIAISON_RULE_SETS", SETS);
	struct chance chance = { .world = world };
	struct arena *lasting = world->arena;
	struct past past[MAILS + 1];

	chance.seed = chance.state = (uint64_t)from_environment(
		"LIAISON_SEED", (int64_t)time(NULL));
	fill(&chance);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), MAILS);
	for (int64_t row = 1; row <= MAILS; row++)
		load(world, row, &past[row]);
	world->arena = arena_new();
	for (int64_t row = 1; row <= MAILS; row++)
		past[row].turn.arena = world->arena;
	for (int64_t set = 0; set < sets; set++) {
		arena_reset(world->arena);
		compare_set(&chance, past);
	}
	arena_free(world->arena);
	world->arena = lasting;
	for (int truth = QUERY_FALSE; truth <= QUERY_UNKNOWN; truth++)
		assert_true(chance.seen[truth] > (unsigned)sets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(judges_in_memory_as_sql_does),
	};

	return cmocka_run_group_tests_name("rule_property", tests, NULL, NULL);
}
