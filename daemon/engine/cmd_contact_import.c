#include "command.h"
#include "dump.h"
#include "import.h"

/* contact.import and contact.dump: the table. */

static const struct param import_params[] = {
	{ "file", PARAM_INPUT, PARAM_REQUIRED, "the file; - is standard input", NULL, NULL },
	{ "type", PARAM_ENUM, 0, "what it is; else its first bytes tell", "csv|vcard", NULL },
	{ "map", PARAM_TEXT, PARAM_REPEATS, "which field a column is: COLUMN=FIELD, - for none",
		NULL, NULL },
	{ "preset", PARAM_ENUM, 0, "which program's names the columns have", "bc|hubspot|espocrm",
		NULL },
	{ "clear", PARAM_FLAG, 0, "a blank cell clears the field", NULL, NULL },
	{ "create", PARAM_FLAG, 0, "make companies that are named and not there", NULL, NULL },
	{ "strict", PARAM_FLAG, 0, "end at a row that is refused, and record nothing of the file",
		NULL, NULL },
	{ "again", PARAM_FLAG, 0, "take rows, too, that an import of this file recorded", NULL,
		NULL },
	{ "raw", PARAM_FLAG, 0, "an apostrophe before = + - or @ is part of the cell", NULL, NULL },
	{ 0 },
};

static const struct param dump_params[] = {
	{ "file", PARAM_OUTPUT, PARAM_REQUIRED, "the file; - is standard output", NULL, NULL },
	{ "type", PARAM_ENUM, 0,
		"what to write; else as the file is called, or CSV; vcard is version 4",
		"csv|vcard|vcard3", NULL },
	{ "where", PARAM_WHERE, 0, "only contacts for which this holds", NULL, NULL },
	{ "raw", PARAM_FLAG, 0, "CSV for machines: no apostrophe before = + - @", NULL, NULL },
	{ 0 },
};

const struct command contact_import_commands[] = {
	{ .name = "contact.import",
		.summary = "add and change contacts as a CSV or vCard file says",
		.params = import_params,
		.run_loop = run_import_loop,
		.access = ACCESS_WRITES,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER | COMMAND_TRIES | COMMAND_STREAM,
		.columns = "rows,added,changed,unchanged,skipped,refused",
		.input_max = IMPORT_FILE_MAX },
	{ .name = "contact.dump",
		.summary = "write contacts to a CSV or vCard file",
		.params = dump_params,
		.run_loop = run_dump_loop,
		.access = ACCESS_READS,
		.traits = COMMAND_LOOP,
		.columns = "contacts,type,size" },
	{ 0 },
};
