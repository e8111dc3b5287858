#include "cmd_record.h"
#include "liaison/crm/code.h"
#include "record.h"

/* Codes that people choose from. */

static int
find_code(struct call *call, struct record **out, struct err *err)
{
	int64_t id;

	if (code_find(call->store, call->arena, call_text(call, "kind"), call_text(call, "code"),
		    &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, &code_noun, id, out, err);
}

/* A code that is there takes the new text. */
static int
run_add(struct call *call, struct err *err)
{
	struct record *before, *after;

	if (find_code(call, &before, err) < 0)
		return err->code == ERR_NOT_FOUND ? run_record_add(call, err) : -1;
	after = record_copy(call->arena, before);
	if (call_read_record(call, after, err) < 0 ||
		call_edit_record(call, after, before, err) < 0)
		return -1;
	return answer_record(call, before->id, err);
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_context context = call_query_context(call);
	const char *kind = call_text(call, "kind");
	struct query_node *of_kind = NULL;
	struct query_list list;

	if (kind != NULL && query_compare(call->arena, &code_query, &context, "kind", QUERY_EQ,
				    kind, &of_kind, err) < 0)
		return -1;
	if (call_list(call, &code_query, of_kind, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_record, err);
}

static int
run_remove(struct call *call, struct err *err)
{
	struct record *record;

	if (find_code(call, &record, err) < 0 ||
		record_write(call->store, record, call->out, err) < 0)
		return -1;
	return call_remove_record(call, record, err);
}

static const struct param add_params[] = { CODE_FIELDS(RECORD_PARAM_ADD_, code){ 0 } };

static const struct param list_params[] = {
	{ "kind", PARAM_ENUM, PARAM_POSITIONAL, "only codes of this kind", CODE_KINDS, NULL },
	{ 0 },
};

static const struct param remove_params[] = {
	{ "kind", PARAM_ENUM, PARAM_REQUIRED, "what it is a code of", CODE_KINDS, NULL },
	{ "code", PARAM_CODE, PARAM_REQUIRED, "the code", NULL, NULL },
	{ 0 },
};

static const char COLUMNS[] = "kind,code,text,contacts";

const struct command code_commands[] = {
	{ .name = "code.add",
		.summary = "add a code, or give one another text",
		.params = add_params,
		.run = run_add,
		.access = ACCESS_WRITES,
		.record = &code_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "code.list",
		.summary = "list codes and how many contacts have each",
		.params = list_params,
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.record = &code_noun,
		.key = "code",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "code.remove",
		.summary = "remove a code; contacts keep what they have",
		.params = remove_params,
		.run = run_remove,
		.access = ACCESS_WRITES,
		.traits = COMMAND_CONFIRM,
		.record = &code_noun,
		.key = "code",
		.columns = COLUMNS },
	{ 0 },
};
