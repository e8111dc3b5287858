#include "rules.h"

/* The rules of the database while a draft stands in their place: what they left out, and how much they
 * asked for, may be what the draft changes. */

static const char SELECT_STAMP[] = "SELECT stamp FROM rule_state";

int
rules_former(struct turn *turn, struct err *err)
{
	struct rules *former = &turn->capture->former;
	struct rule *list;
	unsigned count;
	int64_t stamp = 0;

	if (sql_get_int(sql_prepare(turn->store, SELECT_STAMP), &stamp, NULL, err) < 0)
		return -1;
	if (former->memory != NULL && stamp == former->stamp)
		return 0;
	if (rules_load(turn->store, turn->arena, &list, &count, err) < 0)
		return -1;
	rules_compile(former, list, count);
	former->stamp = stamp;
	return 0;
}

/* What decided a message stands in its row; whom a rule left out, and which level it set, does not. */
static bool
is_asked(enum rule_kind kind)
{
	return kind != KIND_DECISION;
}

bool
rules_former_concern(struct turn *turn, const struct view *view)
{
	const struct rules *former = &turn->capture->former;
	struct view seen;

	if ((former->kinds & ~(1u << KIND_DECISION)) == 0)
		return false;
	seen = *view;
	seen.verdicts = NULL; /* they are of the draft */
	for (unsigned i = 0; i < former->count; i++) {
		const struct compiled_rule *rule = &former->items[i];

		if (is_asked(rule->kind) && rule_judge(turn, &seen, NULL, rule) != QUERY_FALSE)
			return true;
	}
	return false;
}

enum config_level
rules_former_level(struct turn *turn, const struct view *view)
{
	const struct rules *former = &turn->capture->former;
	struct view seen = *view;

	seen.verdicts = NULL;
	seen.level = NULL;
	for (unsigned i = 0; i < former->count && seen.level == NULL; i++) {
		const struct compiled_rule *rule = &former->items[i];

		if (rule->kind == KIND_LEVEL && rule_judge(turn, &seen, NULL, rule) == QUERY_TRUE)
			seen.level = rule;
	}
	return view_level(turn, &seen);
}
