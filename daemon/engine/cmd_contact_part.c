#include <string.h>

#include "cmd_record.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/contact_part.h"
#include "record.h"

/* What belongs to a contact: labels, relations, links, facts, consents. */

/* ---- labels: the kind is the second word of the method ---- */

static const char *
label_kind(const struct call *call)
{
	const char *begin = strchr(call->command->name, '.') + 1;

	return arena_text_n(call->arena, begin, (size_t)(strchr(begin, '.') - begin));
}

/* The codes of the kind that the contact has, as journal entry. */
static int
labels_text(struct call *call, int64_t contact, const char **out, struct err *err)
{
	const char *kind = label_kind(call);
	struct json_doc doc;
	int result;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	result = contact_labels_write(call->store, contact, kind, kind, &doc.out, err);
	json_object_end(&doc.out);
	return json_doc_end(&doc, call->arena, result, out);
}

static int
answer_label(struct call *call, int64_t id, struct err *err)
{
	return contact_label_write(call->store, id, call->out, err);
}

static int
run_label_list(struct call *call, struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_node *of_kind, *of_contact;
	struct query_list list;
	int64_t contact;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		query_compare(call->arena, &contact_label_noun, &context, "kind", QUERY_EQ,
			label_kind(call), &of_kind, err) < 0)
		return -1;
	of_contact = query_fixed(call->arena, "l.contact_id = ?", contact);
	if (call_list(call, &contact_label_noun, query_and(call->arena, of_contact, of_kind), &list,
		    err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_label, err);
}

static bool
is_searched(const struct call *call)
{
	return strcmp(label_kind(call), "web-source") == 0;
}

static int
add_labels(struct call *call, int64_t contact, struct err *err)
{
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (unsigned i = 0; i < call_count(call, "code"); i++) {
		struct contact_label label = { .kind = label_kind(call),
			.code = call_text_at(call, "code", i),
			.word = is_searched(call) ? call_text(call, "word") : NULL };
		bool added;
		int64_t id;

		if (contact_label_add(call->store, call->arena, contact, &label, &added, err) < 0 ||
			contact_label_find(call->store, contact, label.kind, label.code, &id, err) <
				0 ||
			answer_label(call, id, err) < 0)
			return -1;
	}
	json_array_end(call->out);
	json_object_end(call->out);
	return 0;
}

static int
remove_labels(struct call *call, int64_t contact, struct err *err)
{
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (unsigned i = 0; i < call_count(call, "code"); i++) {
		const char *kind = label_kind(call), *code = call_text_at(call, "code", i);
		int64_t id;

		if (contact_label_find(call->store, contact, kind, code, &id, err) < 0 ||
			answer_label(call, id, err) < 0 ||
			contact_label_remove(call->store, contact, kind, code, err) < 0)
			return -1;
	}
	json_array_end(call->out);
	json_object_end(call->out);
	return 0;
}

static int
change_labels(
	struct call *call, int (*change)(struct call *, int64_t, struct err *), struct err *err)
{
	const char *before, *after;
	int64_t contact;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		labels_text(call, contact, &before, err) < 0 || change(call, contact, err) < 0 ||
		labels_text(call, contact, &after, err) < 0)
		return -1;
	if (strcmp(before, after) == 0)
		return 0;
	return call_journal(call, "contact", contact, before, after, err);
}

static int
run_label_add(struct call *call, struct err *err)
{
	return change_labels(call, add_labels, err);
}

static int
run_label_remove(struct call *call, struct err *err)
{
	return change_labels(call, remove_labels, err);
}

/* ---- parts with a day, which is today unless it is said ---- */

/* Nobody has given today what they will give some day. */
static int
check_given(const struct record *record, int64_t today, struct err *err)
{
	if (record->noun != &consent_noun || record->values[at_consent_date].number <= today)
		return 0;
	return fail_field(err, ERR_USAGE, "date",
		"the consent '%s' is of a day to come, and is given only then",
		record->values[at_consent_purpose].text);
}

static int
run_dated_add(struct call *call, struct err *err)
{
	enum { DAY = 86400 };
	struct record *record = record_new(call->arena, call->command->record);
	int64_t local = call->now +
			(call->zone != NULL ? (int64_t)zone_offset(call->zone, call->now) * 60 : 0);

	for (unsigned i = 0; i < record->noun->count; i++) {
		if (strcmp(record->noun->fields[i].name, "date") == 0)
			record->values[i] = (struct record_value){ true, local - local % DAY,
				NULL };
	}
	if (call_read_record(call, record, err) < 0 ||
		check_given(record, local - local % DAY, err) < 0 ||
		call_add_record(call, record, err) < 0)
		return -1;
	return answer_record(call, record->id, err);
}

/* ---- facts go by their id ---- */

static int
run_fact_remove(struct call *call, struct err *err)
{
	int64_t contact, id = call_int(call, "id", 0);
	struct record *record;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		record_get(call->store, call->arena, &fact_noun, id, &record, err) < 0)
		return -1;
	if (record->values[at_fact_contact].number != contact)
		return fail_field(
			err, ERR_NOT_FOUND, "id", "the contact has no fact '%lld'", (long long)id);
	if (record_write(call->store, record, call->out, err) < 0)
		return -1;
	return call_remove_record(call, record, err);
}

/* ---- consents are taken back, not removed ---- */

static int
run_consent_withdraw(struct call *call, struct err *err)
{
	const char *purpose = call_text(call, "purpose");
	struct record *before, *after;
	int64_t contact, id;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		consent_find_open(call->store, contact, purpose, &id, err) < 0 ||
		record_get(call->store, call->arena, &consent_noun, id, &before, err) < 0)
		return -1;
	after = record_copy(call->arena, before);
	if (call_read_day(call, "date", &after->values[at_consent_withdrawn], err) < 0 ||
		call_edit_record(call, after, before, err) < 0)
		return -1;
	return answer_record(call, id, err);
}

/* ---- the table ---- */

#define CONTACT_PARAM \
	{ \
		"contact", PARAM_CONTACT, PARAM_REQUIRED, "a number, an address or a name", NULL, \
			NULL \
	}

static const struct param contact_params[] = { CONTACT_PARAM, { 0 } };

static const struct param label_params[] = {
	CONTACT_PARAM,
	{ "code", PARAM_NAME, PARAM_REQUIRED | PARAM_REPEATS, "the codes", NULL, NULL },
	{ 0 },
};

static const struct param source_params[] = {
	CONTACT_PARAM,
	{ "code", PARAM_NAME, PARAM_REQUIRED, "code of the web source", NULL, NULL },
	{ "word", PARAM_TEXT, PARAM_POSITIONAL, "what to search it for", NULL, NULL },
	{ 0 },
};

static const struct param relation_params[] = { RELATION_FIELDS(RECORD_PARAM_ADD_, relation){ 0 } };
static const struct param link_params[] = { LINK_FIELDS(RECORD_PARAM_ADD_, link){ 0 } };
static const struct param fact_params[] = { FACT_FIELDS(RECORD_PARAM_ADD_, fact){ 0 } };
static const struct param consent_params[] = { CONSENT_FIELDS(RECORD_PARAM_ADD_, consent){ 0 } };

static const struct param relation_remove_params[] = {
	CONTACT_PARAM,
	{ "code", PARAM_CODE, PARAM_REQUIRED, "code of the business relation", NULL, NULL },
	{ 0 },
};
static const struct param link_remove_params[] = {
	CONTACT_PARAM,
	{ "url", PARAM_TEXT, PARAM_REQUIRED, "the address", NULL, NULL },
	{ 0 },
};
static const struct param fact_remove_params[] = {
	CONTACT_PARAM,
	{ "id", PARAM_INTEGER, PARAM_REQUIRED, "the fact's id; contact fact list tells it", NULL,
		NULL },
	{ 0 },
};
static const struct param withdraw_params[] = {
	CONTACT_PARAM,
	{ "purpose", PARAM_CODE, PARAM_REQUIRED, "what it was for", NULL, NULL },
	{ "date", PARAM_DATE, 0, "when; else today", NULL, "today" },
	{ 0 },
};

static const char LABEL_COLUMNS[] = "code,text";

#define PART_LIST(noun, what, of, shown) \
	{ \
		.name = "contact." noun ".list", .summary = "list a contact's " what, \
		.params = contact_params, .run = run_part_list, .access = ACCESS_READS, \
		.traits = COMMAND_LIST, .record = (of), .key = "id", .columns = (shown), \
		.view = VIEW_TABLE \
	}
#define LABELS(kind, what, add_params) \
	{ .name = "contact." kind ".add", \
		.summary = "add a contact to " what, \
		.params = (add_params), \
		.run = run_label_add, \
		.access = ACCESS_WRITES, \
		.key = "code", \
		.columns = LABEL_COLUMNS }, \
		{ .name = "contact." kind ".remove", \
			.summary = "take a contact out of " what, \
			.params = label_params, \
			.run = run_label_remove, \
			.access = ACCESS_WRITES, \
			.key = "code", \
			.columns = LABEL_COLUMNS }, \
	{ \
		.name = "contact." kind ".list", .summary = "list a contact's " what, \
		.params = contact_params, .run = run_label_list, .access = ACCESS_READS, \
		.traits = COMMAND_LIST, .key = "code", .columns = LABEL_COLUMNS, \
		.view = VIEW_TABLE \
	}

const struct command contact_part_commands[] = {
	LABELS("mailing-group", "mailing groups", label_params),
	LABELS("industry-group", "industry groups", label_params),
	LABELS("responsibility", "responsibilities", label_params),
	LABELS("web-source", "web sources", source_params),
	LABELS("tag", "tags", label_params),
	{ .name = "contact.relation.add",
		.summary = "say which record of another program a contact is",
		.params = relation_params,
		.run = run_record_add,
		.access = ACCESS_WRITES,
		.record = &relation_noun,
		.key = "code",
		.columns = "code,kind,no" },
	{ .name = "contact.relation.remove",
		.summary = "remove a business relation",
		.params = relation_remove_params,
		.run = run_part_remove,
		.access = ACCESS_WRITES,
		.record = &relation_noun,
		.key = "code",
		.columns = "code,kind,no" },
	PART_LIST("relation", "business relations", &relation_noun, "code,kind,no"),
	{ .name = "contact.link.add",
		.summary = "add a link to a contact",
		.params = link_params,
		.run = run_record_add,
		.access = ACCESS_WRITES,
		.record = &link_noun,
		.key = "url",
		.columns = "url,description" },
	{ .name = "contact.link.remove",
		.summary = "remove a link",
		.params = link_remove_params,
		.run = run_part_remove,
		.access = ACCESS_WRITES,
		.record = &link_noun,
		.key = "url",
		.columns = "url,description" },
	PART_LIST("link", "links", &link_noun, "url,description"),
	{ .name = "contact.fact.add",
		.summary = "record a figure from outside: a sale, an invoice",
		.params = fact_params,
		.run = run_dated_add,
		.access = ACCESS_WRITES,
		.record = &fact_noun,
		.key = "id",
		.columns = "id,kind,date,amount,reference" },
	{ .name = "contact.fact.remove",
		.summary = "remove a figure",
		.params = fact_remove_params,
		.run = run_fact_remove,
		.access = ACCESS_WRITES,
		.record = &fact_noun,
		.key = "id",
		.columns = "id,kind,date,amount,reference" },
	PART_LIST("fact", "figures from outside", &fact_noun, "id,kind,date,amount,reference"),
	{ .name = "contact.consent.add",
		.summary = "record what a contact consents to",
		.params = consent_params,
		.run = run_dated_add,
		.access = ACCESS_WRITES,
		.record = &consent_noun,
		.key = "purpose",
		.columns = "purpose,basis,source,date,withdrawn" },
	{ .name = "contact.consent.withdraw",
		.summary = "record that a contact took a consent back",
		.params = withdraw_params,
		.run = run_consent_withdraw,
		.access = ACCESS_WRITES,
		.record = &consent_noun,
		.key = "purpose",
		.columns = "purpose,basis,source,date,withdrawn" },
	PART_LIST("consent", "consents", &consent_noun, "purpose,basis,source,date,withdrawn"),
	{ 0 },
};
