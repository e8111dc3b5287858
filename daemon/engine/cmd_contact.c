#include "cmd_contact.h"

#include "contact_removal.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/profile.h"
#include "record.h"

/* Contacts: the table, and the commands that are a few lines. */

static int
run_show(struct call *call, struct err *err)
{
	int64_t id;

	if (call_contact(call, "contact", false, &id, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	if (contact_write_members(call->store, id, call->out, err) < 0 ||
		profile_write(call->store, id, "profile", call->out, err) < 0)
		return -1;
	json_object_end(call->out);
	return 0;
}

static int
answer_removal(
	struct call *call, const struct contact *contact, const struct contact_removal *removal)
{
	json_object_begin(call->out, NULL);
	json_text(call->out, "no", contact->no);
	json_text(call->out, "name", contact->name);
	json_int(call->out, "persons", removal->persons);
	json_int(call->out, "emails", removal->emails);
	json_int(call->out, "interactions", removal->interactions);
	json_object_end(call->out);
	return 0;
}

struct removing {
	int64_t id, persons; /* id 0: not begun */
	struct contact_removal counts;
};

static int
begin_removal(struct call *call, struct removing *run, struct err *err)
{
	int64_t id;

	if (call_contact(call, "contact", true, &id, err) < 0 ||
		contact_check_removal(call->store, call->arena, id, err) < 0 ||
		contact_removal_count(call->store, id, &run->counts, err) < 0)
		return -1;
	run->id = id;
	return 0;
}

/* The counts of what goes with it are the answer, and all that a dry run asks for. */
static int
run_remove(struct call *call, struct err *err)
{
	struct removing *run = call_keep(call, sizeof *run);
	struct contact contact;
	bool done = true;

	if ((run->id == 0 && begin_removal(call, run, err) < 0) ||
		contact_get(call->store, call->arena, run->id, &contact, err) < 0 ||
		(!call->dry_run && remove_contact(call, run->id, &run->persons, &done, err) < 0))
		return -1;
	if (done)
		return answer_removal(call, &contact, &run->counts);
	call_continue(call, run->persons, run->counts.persons, "persons");
	return 0;
}

/* The words, or what a file says. */
static int
note_text(struct call *call, const char **note, struct err *err)
{
	const char *text;

	*note = call_text(call, "note");
	if (call_input_text(call, &text, err) < 0)
		return -1;
	if (*note != NULL && text != NULL)
		return fail_field(err, ERR_USAGE, "file", "'note' and 'file' exclude each other");
	if (text != NULL && text[0] == '\0')
		return fail_field(err, ERR_USAGE, "file", "'file' is empty");
	if (*note == NULL && text == NULL) {
		fail_field(err, ERR_USAGE, "note", "the note has no text");
		return err_hint(
			err, "give it as a word, or with --file PATH (- is standard input)");
	}
	*note = *note != NULL ? *note : text;
	return 0;
}

static int
run_note(struct call *call, struct err *err)
{
	const char *note;
	int64_t contact, id;

	if (note_text(call, &note, err) < 0)
		return -1;
	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		contact_note_add(call->store, contact, call->user, note, call->now, &id, err) < 0 ||
		call_journal_of(call, contact, "contact-note", id, NULL,
			arena_printf(call->arena, "{\"contact\":%lld}", (long long)contact),
			err) < 0)
		return -1;
	return contact_note_write(call->store, id, call->out, err);
}

static int
answer_note(struct call *call, int64_t id, struct err *err)
{
	return contact_note_write(call->store, id, call->out, err);
}

static int
run_note_list(struct call *call, struct err *err)
{
	struct query_list list;
	int64_t id;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		call_list(call, &contact_note_noun,
			query_fixed(call->arena, "n.contact_id = ?", id), &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_note, err);
}

/* ---- the table ---- */

#define CONTACT_PARAM \
	{ \
		"contact", PARAM_CONTACT, PARAM_REQUIRED, "a number, an address or a name", NULL, \
			NULL \
	}
#define EXACT_PARAM \
	{ \
		"contact", PARAM_CONTACT, PARAM_REQUIRED, "a number or a whole address", NULL, \
			NULL \
	}

/* What add and edit share, after the name. */
#define CONTACT_PARAMS \
	{ "type", PARAM_ENUM, 0, "what it is; a company when only companies' words are given", \
		"person|company", NULL }, \
		{ "company", PARAM_CONTACT, 0, "the company a person belongs to", NULL, NULL }, \
		{ "create", PARAM_FLAG, 0, \
			"add the company when there is none of that name, with the person's " \
			"address", \
			NULL, NULL }, \
		{ "first_name", PARAM_TEXT, 0, "first name; else split from the name", NULL, \
			NULL }, \
		{ "middle_name", PARAM_TEXT, 0, "middle name", NULL, NULL }, \
		{ "surname", PARAM_TEXT, 0, "surname", NULL, NULL }, \
		{ "initials", PARAM_TEXT, 0, "a person's initials", NULL, NULL }, \
		{ "name_2", PARAM_TEXT, 0, "second line of the name", NULL, NULL }, \
		{ "job_title", PARAM_TEXT, 0, "what the person does", NULL, NULL }, \
		{ "email", PARAM_EMAIL, PARAM_REPEATS, \
			"an address mail is matched by; the first is primary", NULL, NULL }, \
		{ "domain", PARAM_DOMAIN, PARAM_REPEATS, \
			"a company's domain: mail of it is matched", NULL, NULL }, \
		{ "phone", PARAM_TEXT, 0, "phone number, without letters", NULL, NULL }, \
		{ "mobile", PARAM_TEXT, 0, "mobile number, without letters", NULL, NULL }, \
		{ "extension", PARAM_TEXT, 0, "extension of the phone number", NULL, NULL }, \
		{ "pager", PARAM_TEXT, 0, "pager", NULL, NULL }, \
		{ "fax", PARAM_TEXT, 0, "fax number, without letters", NULL, NULL }, \
		{ "street", PARAM_TEXT, 0, "street and number", NULL, NULL }, \
		{ "street_2", PARAM_TEXT, 0, "second line of the street", NULL, NULL }, \
		{ "city", PARAM_TEXT, 0, "city", NULL, NULL }, \
		{ "post_code", PARAM_TEXT, 0, "post code", NULL, NULL }, \
		{ "county", PARAM_TEXT, 0, "county, state or province", NULL, NULL }, \
		{ "country", PARAM_TEXT, 0, "country, by its code such as DE, or its name", NULL, \
			NULL }, \
		{ "format_region", PARAM_TEXT, 0, \
			"how dates and amounts are written for it, such as de-CH", NULL, NULL }, \
		{ "salutation", PARAM_CODE, 0, "code of how it is greeted", NULL, NULL }, \
		{ "organizational_level", PARAM_CODE, 0, "code of a person's rank", NULL, NULL }, \
		{ "language", PARAM_TEXT, 0, "code of the language, such as de or pt-BR", NULL, \
			NULL }, \
		{ "territory", PARAM_CODE, 0, "code of the territory", NULL, NULL }, \
		{ "salesperson", PARAM_CODE, 0, "code of who looks after it", NULL, NULL }, \
		{ "correspondence", PARAM_ENUM, 0, "the medium it prefers", "email|hard-copy", \
			NULL }, \
		{ "home_page", PARAM_TEXT, 0, "web address", NULL, NULL }, \
		{ "currency", PARAM_TEXT, 0, "code of the currency it trades in, such as EUR", \
			NULL, NULL }, \
		{ "vat_no", PARAM_TEXT, 0, "VAT registration number", NULL, NULL }, \
		{ "registration_no", PARAM_TEXT, 0, "number in a register of companies", NULL, \
			NULL }, \
		{ "external_id", PARAM_TEXT, 0, "what another program knows it by", NULL, NULL }, \
		{ "lead_status", PARAM_TEXT, 0, "how far a lead is", NULL, NULL }, \
		{ "lead_source", PARAM_TEXT, 0, "where it came from", NULL, NULL }, \
		{ "field", PARAM_TEXT, PARAM_REPEATS, "a field of your own: NAME=VALUE", NULL, \
			NULL }, \
		{ "excluded", PARAM_FLAG, 0, "is left out of segments", NULL, NULL }, \
		{ "privacy_blocked", PARAM_FLAG, 0, "nothing new may be recorded by hand", NULL, \
			NULL }, \
		{ "minor", PARAM_FLAG, 0, "is a minor; blocked until a parent consents", NULL, \
			NULL }, \
	{ \
		"parental_consent", PARAM_FLAG, 0, "a parent consented", NULL, NULL \
	}

static const struct param add_params[] = {
	{ "name", PARAM_TEXT, PARAM_REQUIRED, "the person's or company's name", NULL, NULL },
	CONTACT_PARAMS,
	{ "no", PARAM_CODE, 0, "number; else the next one of the series", NULL, NULL },
	{ "series", PARAM_CODE, 0,
		"the series that gives the number: that of setup, or one related to it", NULL,
		NULL },
	{ 0 },
};

static const struct param edit_params[] = {
	CONTACT_PARAM,
	{ "name", PARAM_TEXT, 0, "the name", NULL, NULL },
	CONTACT_PARAMS,
	{ 0 },
};

static const struct param contact_params[] = { CONTACT_PARAM, { 0 } };
static const struct param exact_params[] = { EXACT_PARAM, { 0 } };

static const struct param optout_params[] = {
	CONTACT_PARAM,
	{ "withdraw", PARAM_FLAG, 0, "the contact wants them again", NULL, NULL },
	{ 0 },
};

static const struct param find_params[] = {
	{ "text", PARAM_TEXT, PARAM_REQUIRED,
		"number, name, address, domain, city or phone, or a "
		"part of it",
		NULL, NULL },
	{ 0 },
};

static const struct param timeline_params[] = {
	CONTACT_PARAM,
	{ "since", PARAM_DATE, 0, "from then on", NULL, NULL },
	{ "until", PARAM_DATE, 0, "up to then", NULL, NULL },
	{ "kind", PARAM_NAME, PARAM_REPEATS, "only of this kind: email, meeting, call …", NULL,
		NULL },
	{ "limit", PARAM_INTEGER, 0, "at most so many, 1 to 1,000", NULL, "100" },
	{ "after", PARAM_TEXT, 0, "the cursor of an earlier answer", NULL, NULL },
	{ 0 },
};

static const struct param note_params[] = {
	CONTACT_PARAM,
	{ "note", PARAM_TEXT, PARAM_POSITIONAL | PARAM_LONG, "the text", NULL, NULL },
	{ "file", PARAM_INPUT, 0, "in place of the text: a file that has it", NULL, NULL },
	{ 0 },
};

static const struct param email_add_params[] = {
	CONTACT_PARAM,
	{ "email", PARAM_EMAIL, PARAM_REQUIRED, "the address", NULL, NULL },
	{ "from", PARAM_DATE, 0, "it is theirs from then on", NULL, NULL },
	{ "until", PARAM_DATE, 0, "it was theirs up to then", NULL, NULL },
	{ "kind", PARAM_TEXT, 0, "work, home, …", NULL, NULL },
	{ "shared", PARAM_FLAG, 0,
		"another contact may have it too: both are matched, flagged "
		"ambiguous",
		NULL, NULL },
	{ "primary", PARAM_FLAG, 0, "make it the first one", NULL, NULL },
	{ 0 },
};

static const struct param email_remove_params[] = {
	CONTACT_PARAM,
	{ "email", PARAM_EMAIL, PARAM_REQUIRED, "the address", NULL, NULL },
	{ 0 },
};

static const char COLUMNS[] = "no,name,type,company_name,city,interactions,last_interaction";

const struct command contact_commands[] = {
	{ .name = "contact.add",
		.summary = "add a person or a company",
		.params = add_params,
		.run = run_contact_add,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = COLUMNS },
	{ .name = "contact.show",
		.summary = "show a contact",
		.params = contact_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "no",
		.columns = COLUMNS },
	{ .name = "contact.list",
		.summary = "list contacts",
		.run = run_contact_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "no",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "contact.find",
		.summary = "find contacts by free text, the likeliest first",
		.params = find_params,
		.run = run_contact_find,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "no",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "contact.edit",
		.summary = "change fields of a contact",
		.params = edit_params,
		.run = run_contact_edit,
		.access = ACCESS_WRITES,
		.traits = COMMAND_NOUN_EDIT,
		.key = "no",
		.columns = COLUMNS },
	{ .name = "contact.remove",
		.summary = "remove a contact; its history stays",
		.params = exact_params,
		.run = run_remove,
		.access = ACCESS_WRITES,
		.traits = COMMAND_CONFIRM,
		.key = "no",
		.columns = "no,name,persons,interactions" },
	{ .name = "contact.timeline",
		.summary = "what happened with a contact, newest first",
		.params = timeline_params,
		.run = run_contact_timeline,
		.access = ACCESS_READS,
		.key = "id",
		.columns = "id,at,kind,direction,subject",
		.view = VIEW_TABLE },
	{ .name = "contact.optout",
		.summary = "record that a contact wants no mailings",
		.params = optout_params,
		.run = run_contact_optout,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = "no,name,opted_out" },
	{ .name = "contact.note",
		.summary = "add a note to a contact",
		.params = note_params,
		.run = run_note,
		.access = ACCESS_WRITES,
		.key = "id",
		.columns = "id,at,user,note",
		.input_max = 256 * 1024 },
	{ .name = "contact.note.list",
		.summary = "list the notes on a contact, newest first",
		.params = contact_params,
		.run = run_note_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "id",
		.columns = "id,at,user,note",
		.view = VIEW_TABLE },
	{ .name = "contact.email.add",
		.summary = "add an address and match past mail by it",
		.params = email_add_params,
		.run = run_contact_email_add,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = COLUMNS },
	{ .name = "contact.email.remove",
		.summary = "stop matching by an address; history stays",
		.params = email_remove_params,
		.run = run_contact_email_remove,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = COLUMNS },
	{ .name = "contact.email.list",
		.summary = "list a contact's addresses",
		.params = contact_params,
		.run = run_contact_email_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "email",
		.columns = "email,kind,primary,from,until,state",
		.view = VIEW_TABLE },
	{ 0 },
};
