#include <stdlib.h>
#include <string.h>

#include "cmd_contact.h"
#include "liaison/capture/candidate.h"
#include "record.h"
#include "rematch.h"

/* candidate: unknown people seen in mail and meetings, and making contacts of them. */

static int
write_candidate(struct call *call, int64_t id, struct err *err)
{
	return candidate_write(call->store, call->arena, id, call->out, err);
}

/* ---- candidate.list ---- */

static const struct param list_params[] = {
	{ "ignored", PARAM_FLAG, 0, "those that are ignored instead", NULL, NULL },
	{ 0 },
};

static int
run_list(struct call *call, struct err *err)
{
	struct query_node *shown = query_fixed(
		call->arena, "d.shown = ?", call_flag(call, "ignored") ? 2 : 1);
	struct query_list list;

	if (call_list(call, &candidate_noun, shown, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, write_candidate, err);
}

/* ---- candidate.accept ---- */

static const struct param accept_params[] = {
	{ "address", PARAM_EMAIL, PARAM_REQUIRED | PARAM_REPEATS, "whom: one contact each", NULL,
		NULL },
	{ "contact", PARAM_CONTACT, 0, "give the addresses to this contact instead", NULL, NULL },
	{ "name", PARAM_TEXT, 0, "the name, if another than mail shows", NULL, NULL },
	{ "company", PARAM_CONTACT, 0, "the company; else the one that has the domain", NULL,
		NULL },
	{ "salesperson", PARAM_CODE, 0, "code of who looks after it", NULL, NULL },
	{ "lead_source", PARAM_TEXT, 0, "where it came from", NULL, NULL },
	{ 0 },
};

/* What is said of a new contact cannot be said of one that is there. */
static int
check_accept(const struct call *call, struct err *err)
{
	static const char *const of_new[] = { "name", "company", "salesperson", "lead_source" };

	for (size_t i = 0; i < sizeof of_new / sizeof *of_new; i++) {
		if (call_given(call, "contact") && call_given(call, of_new[i]))
			return fail_field(err, ERR_USAGE, of_new[i],
				"'contact' and '%s' exclude each other", of_new[i]);
	}
	if (call_given(call, "name") && call_count(call, "address") > 1)
		return fail_field(err, ERR_USAGE, "name",
			"'name' fits one address, and %u are given", call_count(call, "address"));
	return 0;
}

static int
fill_contact(
	struct call *call, const struct candidate *candidate, struct contact *out, struct err *err)
{
	const char *mine;

	candidate_contact(call->arena, candidate, out);
	if (call_text(call, "name") != NULL)
		out->name = call_text(call, "name");
	out->salesperson = call_text(call, "salesperson");
	out->lead_source = call_text(call, "lead_source");
	if (call_text(call, "company") != NULL &&
		call_contact(call, "company", false, &out->company_id, err) < 0)
		return -1;
	if (call_salesperson(call, &mine, err) < 0 ||
		contact_follow_company(call->store, call->arena, NULL, out, err) < 0)
		return -1;
	return contact_fill_defaults(call->store, call->arena, out, mine, err);
}

static int
give_address(struct call *call, const struct candidate *candidate, int64_t contact, int64_t *count,
	struct err *err)
{
	struct contact_email email = { .email = candidate->address,
		.learned_from = arena_printf(call->arena, "mail, accepted by %s", call->user) };

	if (contact_email_add(call->store, call->arena, contact, &email, err) < 0)
		return -1;
	return rematch_address(call, email.address, count, err);
}

static int
make_contact(struct call *call, const struct candidate *candidate, int64_t *id, int64_t *count,
	struct err *err)
{
	struct contact contact;
	const char *record;

	if (fill_contact(call, candidate, &contact, err) < 0 ||
		contact_add(call->store, call->arena, &contact, call->now, err) < 0 ||
		give_address(call, candidate, contact.id, count, err) < 0 ||
		contact_text(call, contact.id, &record, err) < 0)
		return -1;
	*id = contact.id;
	return call_journal(call, "contact", contact.id, NULL, record, err);
}

static const char *
given_text(struct call *call, int64_t version, const char *address)
{
	struct json_doc doc;
	const char *text;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	json_int(&doc.out, "version", version);
	json_text(&doc.out, "email", address);
	json_object_end(&doc.out);
	json_doc_end(&doc, call->arena, 0, &text);
	return text;
}

/* As contact.email.add does. */
static int
journal_given(struct call *call, int64_t id, const char *address, struct err *err)
{
	struct contact contact;

	if (contact_touch(call->store, id, call->now, err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0)
		return -1;
	return call_journal(call, "contact", id, given_text(call, contact.version - 1, NULL),
		given_text(call, contact.version, address), err);
}

/* *item: what is answered of it, in the arena that lasts. */
static int
write_accepted(struct call *call, const char *address, int64_t contact, int64_t rematched,
	const char **item, struct err *err)
{
	struct json_doc doc;
	int result;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	json_text(&doc.out, "address", address);
	json_int(&doc.out, "rematched", rematched);
	result = contact_write_members(call->store, contact, &doc.out, err);
	json_object_end(&doc.out);
	return json_doc_end(&doc, call_keep_arena(call), result, item);
}

struct accepting {
	const char **items; /* what is answered; NULL: not begun */
	int64_t contact; /* 0: a new one each */
	unsigned next;
	int64_t given; /* who has the next one's address already; 0: nobody */
	const char *address; /* canonical */
	int64_t made; /* of the past of those before it */
};

/* A dry run's last transaction was undone. */
static int
accept_next(struct call *call, struct accepting *accepting, struct err *err)
{
	int64_t contact = accepting->contact, count;
	struct candidate candidate;

	if (accepting->given != 0 && !call->dry_run)
		return rematch_go_on(call, err);
	if (candidate_find(call->store, call->arena, call_text_at(call, "address", accepting->next),
		    &candidate, err) < 0)
		return -1;
	if (contact == 0) {
		if (make_contact(call, &candidate, &contact, &count, err) < 0)
			return -1;
	} else if (give_address(call, &candidate, contact, &count, err) < 0 ||
		   journal_given(call, contact, candidate.address, err) < 0) {
		return -1;
	}
	accepting->given = contact;
	accepting->address = arena_text(call_keep_arena(call), candidate.address);
	return 0;
}

static int
finish_next(struct call *call, struct accepting *accepting, struct err *err)
{
	int64_t made = rematch_made(call);

	if (write_accepted(call, accepting->address, accepting->given, made - accepting->made,
		    &accepting->items[accepting->next], err) < 0)
		return -1;
	accepting->made = made;
	accepting->given = 0;
	accepting->next++;
	return 0;
}

static int
compare_addresses(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All are looked at before the first one is accepted. */
static int
check_candidates(struct call *call, struct err *err)
{
	unsigned count = call_count(call, "address");
	const char **addresses = arena_array(call->arena, count + 1, sizeof *addresses);

	for (unsigned i = 0; i < count; i++) {
		struct candidate candidate;

		if (candidate_find(call->store, call->arena, call_text_at(call, "address", i),
			    &candidate, err) < 0)
			return -1;
		addresses[i] = candidate.address;
	}
	qsort(addresses, count, sizeof *addresses, compare_addresses);
	for (unsigned i = 1; i < count; i++) {
		if (strcmp(addresses[i], addresses[i - 1]) == 0)
			return fail_field(err, ERR_CONFLICT, "address",
				"the address '%s' is given twice", addresses[i]);
	}
	return 0;
}

static int
begin_accepting(struct call *call, struct accepting *accepting, struct err *err)
{
	if (check_accept(call, err) < 0 ||
		(call_given(call, "contact") &&
			call_contact(call, "contact", false, &accepting->contact, err) < 0) ||
		check_candidates(call, err) < 0)
		return -1;
	accepting->items = arena_array(
		call_keep_arena(call), call_count(call, "address") + 1, sizeof *accepting->items);
	return 0;
}

/* As many as a transaction takes. */
static int
run_accept(struct call *call, struct err *err)
{
	struct accepting *accepting = call_keep(call, sizeof *accepting);
	unsigned count = call_count(call, "address");

	rematch_wait(call);
	if (accepting->items == NULL && begin_accepting(call, accepting, err) < 0)
		return -1;
	while (accepting->next < count && !call_is_long(call)) {
		if (accept_next(call, accepting, err) < 0)
			return -1;
		if (rematch_continues(call))
			return 0;
		if (finish_next(call, accepting, err) < 0)
			return -1;
	}
	if (accepting->next < count) {
		call_continue(call, accepting->next, count, "candidates");
		return 0;
	}
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (unsigned i = 0; i < count; i++)
		json_raw(call->out, NULL, accepting->items[i], strlen(accepting->items[i]));
	json_array_end(call->out);
	json_null_(call->out, "next");
	json_object_end(call->out);
	return 0;
}

/* ---- candidate.ignore ---- */

static const struct param ignore_params[] = {
	{ "address", PARAM_EMAIL, PARAM_REQUIRED | PARAM_REPEATS, "whom to leave alone", NULL,
		NULL },
	{ "withdraw", PARAM_FLAG, 0, "ignore them no more", NULL, NULL },
	{ 0 },
};

static int
ignore_one(struct call *call, const char *address, struct err *err)
{
	bool ignored = !call_flag(call, "withdraw"), changed;
	static const char *const STATES[] = { "{\"ignored\":false}", "{\"ignored\":true}" };
	int64_t id;

	if (candidate_set_ignored(call->store, call->arena, address, ignored, &id, &changed, err) <
		0)
		return -1;
	if (changed &&
		call_journal(call, "candidate", id, STATES[!ignored], STATES[ignored], err) < 0)
		return -1;
	return write_candidate(call, id, err);
}

static int
run_ignore(struct call *call, struct err *err)
{
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (unsigned i = 0; i < call_count(call, "address"); i++) {
		if (ignore_one(call, call_text_at(call, "address", i), err) < 0)
			return -1;
	}
	json_array_end(call->out);
	json_null_(call->out, "next");
	json_object_end(call->out);
	return 0;
}

static const char COLUMNS[] = "address,name,company_name,weight,received,sent,meetings,last";

const struct command candidate_commands[] = {
	{ .name = "candidate.list",
		.summary = "unknown people seen in mail and meetings, by weight",
		.params = list_params,
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "address",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "candidate.accept",
		.summary = "make contacts of them; their past mail is matched",
		.params = accept_params,
		.run = run_accept,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = "no,name,address,company_name,rematched",
		.view = VIEW_TABLE },
	{ .name = "candidate.ignore",
		.summary = "leave them out of the list for good",
		.params = ignore_params,
		.run = run_ignore,
		.access = ACCESS_WRITES,
		.key = "address",
		.columns = "address,name,ignored",
		.view = VIEW_TABLE },
	{ 0 },
};
