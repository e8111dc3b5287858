#include "command.h"
#include "rules.h"

/* rule: what is ignored, kept, private, how much of it is fetched, and by which template. */

static int
answer_rule(struct call *call, int64_t id, struct err *err)
{
	return rule_write(call->store, call->arena, id, call->out, err);
}

/* The rule as JSON, in the call's arena. */
static int
rule_text(struct call *call, int64_t id, const char **out, struct err *err)
{
	struct json_doc doc;

	json_doc_begin(&doc);
	return json_doc_end(
		&doc, call->arena, rule_write(call->store, call->arena, id, &doc.out, err), out);
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_list list;

	if (call_list(call, &rule_noun, NULL, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_rule, err);
}

/* ---- add --------------------------------------------------------------------------------------- */

static const struct param add_params[] = {
	{ "action", PARAM_ENUM, PARAM_REQUIRED, "what is done with mail it matches",
		"ignore|keep|private|level|template", NULL },
	{ "where", PARAM_TEXT, PARAM_REQUIRED | PARAM_LONG, "which messages: a condition", NULL,
		NULL },
	{ "place", PARAM_INTEGER, 0, "where in the order, from 1; behind all, or without it: last",
		NULL, NULL },
	{ "value", PARAM_TEXT, 0, "of level: metadata, snippet or text; of template: its code",
		NULL, NULL },
	{ "link", PARAM_FLAG, 0,
		"about each party alone: ignore leaves out that contact's link; else so when "
		"ignore names any-address and neither from, to nor cc",
		NULL, NULL },
	{ 0 },
};

static int
run_add(struct call *call, struct err *err)
{
	struct rule rule = {
		.action = call_text(call, "action"),
		.where = call_text(call, "where"),
		.value = call_text(call, "value"),
		.place = call_int(call, "place", 0),
		.link = call_flag(call, "link"),
	};
	const char *after;

	if (call_given(call, "place") && rule.place < 1)
		return fail_field(err, ERR_USAGE, "place", "the place %lld is not from 1 on",
			(long long)rule.place);
	if (!call_given(call, "link") && rule_links(call->arena, &rule, &rule.link, err) < 0)
		return -1;
	if (rule_add(call->store, call->arena, &rule, call->now, err) < 0 ||
		rule_text(call, rule.id, &after, err) < 0 ||
		call_journal(call, "rule", rule.id, NULL, after, err) < 0 ||
		rules_changed(call, err) < 0)
		return -1;
	return answer_rule(call, rule.id, err);
}

/* ---- move, remove ------------------------------------------------------------------------------ */

static const struct param one_params[] = {
	{ "rule", PARAM_INTEGER, PARAM_REQUIRED, "the rule's id", NULL, NULL },
	{ 0 },
};

static const struct param move_params[] = {
	{ "rule", PARAM_INTEGER, PARAM_REQUIRED, "the rule's id", NULL, NULL },
	{ "place", PARAM_INTEGER, PARAM_REQUIRED, "its new place, from 1; behind all: last", NULL,
		NULL },
	{ 0 },
};

static int
run_show(struct call *call, struct err *err)
{
	return answer_rule(call, call_int(call, "rule", 0), err);
}

static int
run_move(struct call *call, struct err *err)
{
	int64_t id = call_int(call, "rule", 0), place = call_int(call, "place", 0);
	const char *before, *after;

	if (rule_text(call, id, &before, err) < 0 ||
		rule_move(call->store, id, place, call->now, err) < 0 ||
		rule_text(call, id, &after, err) < 0 ||
		call_journal(call, "rule", id, before, after, err) < 0)
		return -1;
	return answer_rule(call, id, err);
}

static int
run_remove(struct call *call, struct err *err)
{
	int64_t id = call_int(call, "rule", 0);
	const char *before;

	if (rule_text(call, id, &before, err) < 0 ||
		call_journal(call, "rule", id, before, NULL, err) < 0 ||
		rule_remove(call->store, id, err) < 0 || rules_changed(call, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	json_int(call->out, "removed", id);
	json_object_end(call->out);
	return 0;
}

/* ---- the table --------------------------------------------------------------------------------- */

static const struct param test_params[] = {
	{ "file", PARAM_INPUT, PARAM_REQUIRED, "rules, one a line: ACTION [VALUE]: CONDITION", NULL,
		NULL },
	{ "since", PARAM_DATE, 0, "only messages since then", NULL, NULL },
	{ "show", PARAM_INTEGER, 0, "tell of at most so many messages that change", NULL, "100" },
	{ 0 },
};

#define COLUMNS "id,place,action,value,link,where,hits,last_hit"

const struct command rule_commands[] = {
	{ .name = "rule.list",
		.summary = "rules in their order, and how often each decided",
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "id",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "rule.show",
		.summary = "one rule",
		.params = one_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "id",
		.columns = COLUMNS },
	{ .name = "rule.add",
		.summary = "add a rule for what comes from now on",
		.params = add_params,
		.run = run_add,
		.access = ACCESS_ADMIN,
		.key = "id",
		.columns = COLUMNS },
	{ .name = "rule.move",
		.summary = "give a rule another place in the order",
		.params = move_params,
		.run = run_move,
		.access = ACCESS_ADMIN,
		.key = "id",
		.columns = COLUMNS },
	{ .name = "rule.remove",
		.summary = "remove a rule; what it decided stays until capture reapply",
		.params = one_params,
		.run = run_remove,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_CONFIRM,
		.key = "id" },
	{ .name = "rule.test",
		.summary = "what other rules would make of the past; nothing is changed",
		.params = test_params,
		.run_loop = run_rule_test_loop,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_LOOP | COMMAND_TRIES,
		.key = "id",
		.columns =
			"diff.id,diff.date,diff.from,diff.subject,diff.now,diff.then,diff.rule" },
	{ 0 },
};
