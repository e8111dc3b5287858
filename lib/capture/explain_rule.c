#include "explain.h"
#include "rules.h"

/* How each rule fared with a message. */

static const char *
truth_word(enum query_truth truth)
{
	switch (truth) {
	case QUERY_FALSE:
		return "not-matched";
	case QUERY_TRUE:
		return "matched";
	case QUERY_UNKNOWN:
		break;
	}
	return "unknown";
}

/* One about links did something to a party, or matched none. */
static const char *
link_outcome(const struct view *view, const struct compiled_rule *rule)
{
	for (unsigned i = 0; i < view->considered_count; i++) {
		if (view->considered[i].rule == rule)
			return rule->action == RULE_IGNORE ? "left-out" : "let-in";
	}
	return "not-matched";
}

static const char *
outcome_of(struct turn *turn, const struct view *view, const struct compiled_rule *rule, bool *met)
{
	enum query_truth truth;

	if (rule->kind == KIND_LINK)
		return link_outcome(view, rule);
	if (met[rule->kind])
		return "not-asked";
	truth = rule_judge(turn, view, NULL, rule);
	met[rule->kind] = truth == QUERY_TRUE;
	return truth_word(truth);
}

int
explain_rules(struct story *story, const struct view *view, bool withheld, struct err *err)
{
	struct turn *turn = &story->turn;
	const struct rules *rules = &turn->capture->rules;
	struct view judged = *view;
	bool met[KIND_TEMPLATE + 1] = { false };
	int failed;

	failed = view->meeting != NULL ? meeting_decide(turn, &judged, err)
				       : view_decide(turn, &judged, err);
	for (unsigned i = 0; failed == 0 && i < rules->count; i++) {
		const struct compiled_rule *rule = &rules->items[i];

		json_object_begin(story->out, NULL);
		json_int(story->out, "rule", rule->id);
		json_int(story->out, "place", rule->place);
		json_text(story->out, "action", rule_action_word(rule->action));
		json_text(story->out, "outcome",
			withheld ? "withheld" : outcome_of(turn, &judged, rule, met));
		json_text(story->out, "where", rule->written);
		json_object_end(story->out);
	}
	return failed;
}

const char *
explain_left_out(struct turn *turn, const struct considered *seen)
{
	return seen->rule == NULL ? "a rule leaves it out"
				  : arena_printf(turn->arena, "%s leaves it out",
					    rule_words(turn, seen->rule));
}
