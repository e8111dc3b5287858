#include <string.h>

#include "cmd_record.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/interaction.h"
#include "liaison/crm/view.h"
#include "record.h"

/* Lists that people saved; every list of the noun takes one with --view. */

static const struct query_noun *
noun_of(const struct record *view)
{
	return strcmp(view->values[at_view_noun].text, "contact") == 0 ? &contact_noun
								       : &interaction_noun;
}

/* A condition that is wrong is told when it is saved, not when it is used. Who `me` is comes out then. */
static int
try_view(struct call *call, const struct record *view, struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_list list = {
		.noun = noun_of(view), .sort = view->values[at_view_sort].text, .limit = 1
	};
	struct query_node *where = NULL;
	struct query_page page;

	context.me = "me";
	if (view->values[at_view_where].given &&
		query_parse(call->arena, list.noun, &context, view->values[at_view_where].text,
			&where, err) < 0)
		return -1;
	list.where = where;
	return query_run(call->store, call->arena, &list, &page, err);
}

/* One that is there is replaced. */
static int
run_save(struct call *call, struct err *err)
{
	struct record *before = NULL, *after = record_new(call->arena, &view_noun);
	int64_t id;

	if (record_find(call->store, call->arena, &view_noun, call_text(call, "name"), &id, err) ==
		0) {
		if (record_get(call->store, call->arena, &view_noun, id, &before, err) < 0)
			return -1;
		after->id = before->id;
		after->version = before->version;
	} else if (err->code != ERR_NOT_FOUND) {
		return -1;
	}
	if (call_read_record(call, after, err) < 0 || try_view(call, after, err) < 0)
		return -1;
	if (before != NULL ? call_edit_record(call, after, before, err) < 0
			   : call_add_record(call, after, err) < 0)
		return -1;
	return answer_record(call, after->id, err);
}

static const struct param save_params[] = { VIEW_FIELDS(RECORD_PARAM_ADD_, view){ 0 } };
static const struct param remove_params[] = {
	{ "view", PARAM_NAME, PARAM_REQUIRED, "its name", NULL, NULL },
	{ 0 },
};

static const char COLUMNS[] = "name,noun,where,sort,description";

const struct command view_commands[] = {
	{ .name = "view.save",
		.summary = "save a list under a name",
		.params = save_params,
		.run = run_save,
		.access = ACCESS_WRITES,
		.record = &view_noun,
		.key = "name",
		.columns = COLUMNS },
	{ .name = "view.list",
		.summary = "list the saved lists",
		.run = run_record_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.record = &view_noun,
		.key = "name",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "view.remove",
		.summary = "remove a saved list",
		.params = remove_params,
		.run = run_record_remove,
		.access = ACCESS_WRITES,
		.record = &view_noun,
		.key = "name",
		.columns = COLUMNS },
	{ 0 },
};
