#include <string.h>

#include "rules.h"

/* What the rules make of a message: whom they leave out, what they decide, which values they set. */

/* ---- at hand ----------------------------------------------------------------------------------- */

void
rules_clear(struct rules *rules)
{
	if (rules->memory != NULL)
		arena_free(rules->memory);
	*rules = (struct rules){ 0 };
}

static const char SELECT_STAMP[] = "SELECT stamp FROM rule_state";

int
rules_refresh(struct turn *turn, struct err *err)
{
	struct rules *rules = &turn->capture->rules;
	struct rule *list;
	unsigned count;
	int64_t stamp = 0;

	for (unsigned i = 0; i < rules->count; i++)
		rules->items[i].hits = 0; /* of a turn that came to no end */
	if (rules->fixed)
		return rules_former(turn, err);
	if (sql_get_int(sql_prepare(turn->store, SELECT_STAMP), &stamp, NULL, err) < 0)
		return -1;
	if (stamp == rules->stamp)
		return 0;
	if (rules_load(turn->store, turn->arena, &list, &count, err) < 0)
		return -1;
	rules_compile(rules, list, count);
	rules->stamp = stamp;
	return 0;
}

int
capture_try_rules(
	struct capture *capture, const struct rule *rules, unsigned count, struct err *err)
{
	(void)err;
	rules_compile(&capture->rules, rules, count);
	capture->rules.fixed = true;
	return 0;
}

static bool
has_kind(const struct turn *turn, enum rule_kind kind)
{
	return (turn->capture->rules.kinds & 1u << kind) != 0;
}

/* The first rule of the kind that matches; *unknown: one before it asks for what is not known. */
static const struct compiled_rule *
first_rule(struct turn *turn, const struct view *view, const struct event_party *party,
	enum rule_kind kind, bool *unknown)
{
	const struct rules *rules = &turn->capture->rules;

	for (unsigned i = 0; has_kind(turn, kind) && i < rules->count; i++) {
		enum query_truth truth;

		if (rules->items[i].kind != kind)
			continue;
		truth = rule_judge(turn, view, party, &rules->items[i]);
		if (truth == QUERY_TRUE)
			return &rules->items[i];
		*unknown = *unknown || truth == QUERY_UNKNOWN;
	}
	return NULL;
}

/* ---- links ------------------------------------------------------------------------------------- */

static bool
may_link(const struct considered *seen)
{
	return seen->sharers > 0 || seen->outcome == OUTCOME_NO_CONTACT ||
	       seen->outcome == OUTCOME_OUTSIDE_VALIDITY;
}

void
rules_leave_out(struct turn *turn, struct view *view)
{
	const struct compiled_rule *rule = NULL;
	const struct event_party *asked = NULL;
	bool any = false;

	for (unsigned i = 0; has_kind(turn, KIND_LINK) && i < view->considered_count; i++) {
		struct considered *seen = &view->considered[i];

		if (!may_link(seen))
			continue;
		if (seen->party != asked)
			rule = first_rule(turn, view, seen->party, KIND_LINK, &view->unknown);
		asked = seen->party;
		seen->rule = rule;
		if (rule == NULL || rule->action != RULE_IGNORE)
			continue;
		seen->outcome = OUTCOME_LEFT_OUT;
		any = true;
	}
	if (any)
		view_link(turn, view);
}

/* The rule that left nobody: whoever else is in it can be nobody's contact. NULL: somebody is left. */
static const struct considered *
nobody_left(const struct view *view)
{
	const struct considered *out = NULL;

	for (unsigned i = 0; i < view->considered_count; i++) {
		const struct considered *seen = &view->considered[i];

		if (seen->outcome != OUTCOME_LEFT_OUT && may_link(seen))
			return NULL;
		if (seen->outcome == OUTCOME_LEFT_OUT && out == NULL)
			out = seen;
	}
	return out;
}

/* ---- decisions --------------------------------------------------------------------------------- */

static void
ignore_left_out(struct turn *turn, struct view *view)
{
	const struct considered *out = view->matched ? nobody_left(view) : NULL;

	if (out == NULL || view->link_count > 0)
		return;
	view->decision = DECIDED_IGNORED;
	view->rule = out->rule;
	view->reason = arena_printf(turn->arena, "%s is left out by %s", out->party->address,
		rule_words(turn, out->rule));
}

static int
let_through(struct turn *turn, struct view *view, struct err *err)
{
	enum decision plain = view->plain;

	if (plain == DECIDED_BULK || plain == DECIDED_AUTOMATIC) {
		if (view_match(turn, view, err) < 0)
			return -1;
		view->plain = plain;
		view_settle(turn, view);
		view->reason = arena_printf(
			turn->arena, "%s; %s", view->reason, rule_words(turn, view->rule));
	}
	ignore_left_out(turn, view);
	return 0;
}

static int
decide_by(struct turn *turn, struct view *view, const struct compiled_rule *rule, struct err *err)
{
	/* What its sender declares private nobody opens, and it is kept like that. */
	if (view->plain == DECIDED_PRIVATE)
		return 0;
	view->rule = rule;
	if (rule->action == RULE_KEEP)
		return let_through(turn, view, err);
	view->decision = rule->action == RULE_PRIVATE ? DECIDED_PRIVATE : DECIDED_IGNORED;
	view->reason = rule_words(turn, rule);
	return 0;
}

int
rules_decide(struct turn *turn, struct view *view, struct err *err)
{
	const struct compiled_rule *rule;
	bool ignored = false;

	if (turn->capture->rules.count == 0)
		return 0;
	rule = first_rule(turn, view, NULL, KIND_DECISION, &view->unknown);
	if (rule != NULL && decide_by(turn, view, rule, err) < 0)
		return -1;
	if (rule == NULL)
		ignore_left_out(turn, view);
	view->level = first_rule(turn, view, NULL, KIND_LEVEL, &ignored);
	view->template = first_rule(turn, view, NULL, KIND_TEMPLATE, &view->template_unknown);
	return 0;
}

enum config_level
view_level(const struct turn *turn, const struct view *view)
{
	if (view->level != NULL)
		return view->level->level;
	return turn->source == NULL ? LEVEL_METADATA : turn->source->level;
}

const char *
rule_value(const struct compiled_rule *rule)
{
	return rule->value;
}

int64_t
rule_number(const struct compiled_rule *rule)
{
	return rule == NULL ? 0 : rule->id;
}

/* ---- hits -------------------------------------------------------------------------------------- */

static void
note(struct turn *turn, const struct compiled_rule *rule)
{
	struct rules *rules = &turn->capture->rules;

	if (rule != NULL)
		rules->items[rule - rules->items].hits++;
}

/* Those about a link that left somebody out, but for the one that was noted last. */
static void
note_left_out(struct turn *turn, const struct view *view, const struct compiled_rule *last)
{
	for (unsigned i = 0; i < view->considered_count; i++) {
		if (view->considered[i].outcome == OUTCOME_LEFT_OUT &&
			view->considered[i].rule != last)
			note(turn, last = view->considered[i].rule);
	}
}

void
rules_note(struct turn *turn, const struct view *view)
{
	if (turn->capture->rules.count == 0)
		return;
	note(turn, view->rule);
	if (view->decision == DECIDED_CAPTURED) {
		note(turn, view->level);
		note(turn, view->template);
	}
	note_left_out(turn, view, view->rule);
}

void
rules_note_more(struct turn *turn, const struct view *view, bool unlinked, bool retemplated)
{
	if (unlinked)
		note_left_out(turn, view, NULL);
	if (retemplated)
		note(turn, view->template);
}

static const char ADD_HITS[] =
	"UPDATE rule SET hits = hits + ?, last_hit = max(coalesce(last_hit, 0), ?) WHERE id = ?";

int
rules_save(struct turn *turn, struct err *err)
{
	struct rules *rules = &turn->capture->rules;

	for (unsigned i = 0; i < rules->count; i++) {
		struct compiled_rule *rule = &rules->items[i];
		struct stmt *q;

		if (rule->hits == 0)
			continue;
		q = sql_prepare(turn->store, ADD_HITS);
		stmt_bind_int(q, rule->hits);
		stmt_bind_int(q, turn->now);
		stmt_bind_int(q, rule->id);
		if (stmt_run(q, err) < 0)
			return -1;
		rule->hits = 0;
	}
	return 0;
}
