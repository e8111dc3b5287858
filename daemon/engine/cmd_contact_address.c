#include "cmd_record.h"
#include "liaison/crm/contact_part.h"
#include "record.h"

/* contact.alt-address: further postal addresses and the days they are in force. */

/* The days, if they were said. */
static int
add_range(struct call *call, int64_t address, struct err *err)
{
	struct record_value from = { 0 }, until = { 0 };

	if (call_read_day(call, "from", &from, err) < 0 ||
		call_read_day(call, "until", &until, err) < 0)
		return -1;
	if (!from.given && !until.given)
		return 0;
	if (!from.given)
		return fail_field(err, ERR_USAGE, "from", "'until' needs 'from' beside it");
	return address_range_add(
		call->store, address, from.number, until.given ? &until.number : NULL, err);
}

static int
put_address(struct call *call, struct record *before, int64_t *id, struct err *err)
{
	struct record *after = before != NULL ? record_copy(call->arena, before)
					      : record_new(call->arena, &address_noun);
	int result;

	if (call_read_record(call, after, err) < 0)
		return -1;
	result = before != NULL ? call_edit_record(call, after, before, err)
				: call_add_record(call, after, err);
	*id = after->id;
	return result;
}

static int
find_address(struct call *call, struct record **out, struct err *err)
{
	int64_t contact, id;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		record_find_part(
			call->store, &address_noun, contact, call_text(call, "code"), &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, &address_noun, id, out, err);
}

/* One that is there takes what is said, and a further range. */
static int
run_add(struct call *call, struct err *err)
{
	struct record *before = NULL;
	int64_t contact, id;

	if (call_contact(call, "contact", false, &contact, err) < 0)
		return -1;
	if (find_address(call, &before, err) < 0 && err->code != ERR_NOT_FOUND)
		return -1;
	if (put_address(call, before, &id, err) < 0 || add_range(call, id, err) < 0)
		return -1;
	return answer_record(call, id, err);
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_list list;
	struct record_value on = { 0 };
	int64_t contact, id;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		call_read_day(call, "on", &on, err) < 0)
		return -1;
	if (on.given && address_in_force(call->store, contact, on.number, &id, err) < 0)
		return -1;
	if (call_list(call, &address_query,
		    on.given ? query_fixed(call->arena, "t.id = ?", id)
			     : query_fixed(call->arena, "t.contact = ?", contact),
		    &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_record, err);
}

#define CONTACT_PARAM \
	{ \
		"contact", PARAM_CONTACT, PARAM_REQUIRED, "a number, an address or a name", NULL, \
			NULL \
	}

static const struct param add_params[] = {
	ADDRESS_FIELDS(RECORD_PARAM_ADD_, address) //
	{ "from", PARAM_DATE, 0, "it is in force from this day on", NULL, NULL },
	{ "until", PARAM_DATE, 0, "to this day; else for ever", NULL, NULL },
	{ 0 },
};
static const struct param remove_params[] = {
	CONTACT_PARAM,
	{ "code", PARAM_CODE, PARAM_REQUIRED, "code of the address", NULL, NULL },
	{ 0 },
};
static const struct param list_params[] = {
	CONTACT_PARAM,
	{ "on", PARAM_DATE, 0, "only the one in force on this day; none: the contact's own", NULL,
		NULL },
	{ 0 },
};

static const char COLUMNS[] = "code,street,post_code,city,country,ranges";

const struct command contact_address_commands[] = {
	{ .name = "contact.alt-address.add",
		.summary = "add a postal address, or days on which it is in force",
		.params = add_params,
		.run = run_add,
		.access = ACCESS_WRITES,
		.record = &address_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "contact.alt-address.remove",
		.summary = "remove a postal address",
		.params = remove_params,
		.run = run_part_remove,
		.access = ACCESS_WRITES,
		.record = &address_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "contact.alt-address.list",
		.summary = "list a contact's further postal addresses",
		.params = list_params,
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.record = &address_noun,
		.key = "code",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ 0 },
};
