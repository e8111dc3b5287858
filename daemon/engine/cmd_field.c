#include "cmd_record.h"
#include "liaison/crm/field.h"
#include "record.h"

/* Fields that people declare. */

static const struct param add_params[] = { FIELD_FIELDS(RECORD_PARAM_ADD_, field){ 0 } };
static const struct param remove_params[] = {
	{ "noun", PARAM_ENUM, PARAM_REQUIRED, "what has the field", "contact", NULL },
	{ "field", PARAM_NAME, PARAM_REQUIRED, "its name", NULL, NULL },
	{ 0 },
};

static const char COLUMNS[] = "noun,name,type,description,contacts";

const struct command field_commands[] = {
	{ .name = "field.add",
		.summary = "declare a field of your own",
		.params = add_params,
		.run = run_record_add,
		.access = ACCESS_ADMIN,
		.record = &field_noun,
		.key = "name",
		.columns = COLUMNS },
	{ .name = "field.list",
		.summary = "list the fields that were declared",
		.run = run_record_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.record = &field_noun,
		.key = "name",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "field.remove",
		.summary = "remove a field and all its values",
		.params = remove_params,
		.run = run_record_remove,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_CONFIRM,
		.record = &field_noun,
		.key = "name",
		.columns = COLUMNS },
	{ 0 },
};
