#include "cmd_record.h"
#include "liaison/crm/salutation.h"
#include "record.h"

/* How contacts are greeted. */

static int
run_remove(struct call *call, struct err *err)
{
	struct record *record;

	if (record_get(call->store, call->arena, &salutation_noun, call_int(call, "id", 0), &record,
		    err) < 0 ||
		record_write(call->store, record, call->out, err) < 0)
		return -1;
	return call_remove_record(call, record, err);
}

static int
run_render(struct call *call, struct err *err)
{
	const char *manner = call_text(call, "manner"), *greeting;
	struct contact contact;
	int64_t id;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0)
		return -1;
	if (contact.salutation == NULL) {
		fail_field(err, ERR_REFUSED, "contact", "'%s' has no salutation", contact.name);
		return err_hint(err, "give it one: contact edit %s --salutation CODE", contact.no);
	}
	if (salutation_render(call->store, call->arena, &contact, manner,
		    call_text(call, "language"), &greeting, err) < 0)
		return -1;
	if (greeting == NULL)
		return fail_field(err, ERR_NOT_FOUND, "contact",
			"the salutation '%s' of '%s' has no %s formula for its language",
			contact.salutation, contact.name, manner);
	json_object_begin(call->out, NULL);
	json_text(call->out, "contact", contact.no);
	json_text(call->out, "salutation", contact.salutation);
	json_text(call->out, "greeting", greeting);
	json_object_end(call->out);
	return 0;
}

static const struct param add_params[] = { SALUTATION_FIELDS(RECORD_PARAM_ADD_, salutation){ 0 } };
static const struct param remove_params[] = {
	{ "id", PARAM_INTEGER, PARAM_REQUIRED, "the formula's id; salutation list tells it", NULL,
		NULL },
	{ 0 },
};
static const struct param render_params[] = {
	{ "contact", PARAM_CONTACT, PARAM_REQUIRED, "a number, an address or a name", NULL, NULL },
	{ "manner", PARAM_ENUM, 0, "how", "formal|informal", "formal" },
	{ "language", PARAM_TEXT, 0, "in this language; else the contact's", NULL, NULL },
	{ 0 },
};

static const char COLUMNS[] = "id,code,language,manner,text";

const struct command salutation_commands[] = {
	{ .name = "salutation.add",
		.summary = "add a formula by which contacts are greeted",
		.params = add_params,
		.run = run_record_add,
		.access = ACCESS_WRITES,
		.record = &salutation_noun,
		.key = "id",
		.columns = COLUMNS },
	{ .name = "salutation.list",
		.summary = "list the formulas",
		.run = run_record_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.record = &salutation_noun,
		.key = "id",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "salutation.remove",
		.summary = "remove a formula",
		.params = remove_params,
		.run = run_remove,
		.access = ACCESS_WRITES,
		.record = &salutation_noun,
		.key = "id",
		.columns = COLUMNS },
	{ .name = "salutation.render",
		.summary = "greet a contact",
		.params = render_params,
		.run = run_render,
		.access = ACCESS_READS,
		.key = "contact",
		.columns = "contact,salutation,greeting" },
	{ 0 },
};
