#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/interaction.h"
#include "liaison/crm/sight.h"
#include "liaison/crm/setup.h"
#include "record.h"

/* Interactions: recorded by hand, shown, listed and searched. */

/* ---- add ---- */

/* The contacts named, as links, and their names for the search. */
struct partners {
	struct interaction_link *links;
	unsigned count;
	const char *names;
	const char *salesperson; /* of the first who has one */
};

static int
add_partner(struct call *call, unsigned i, struct partners *partners, struct err *err)
{
	struct contact contact;
	int64_t id;

	if (call_contact_at(call, "contact", i, &id, err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0)
		return -1;
	if (contact.privacy_blocked) {
		fail_field(err, ERR_REFUSED, "contact",
			"contact '%s' (%s) is privacy-blocked: nothing new is recorded of it",
			contact.no, contact.name);
		return err_hint(err, "contact edit %s --no-privacy-blocked lifts it", contact.no);
	}
	partners->links[i] = (struct interaction_link){ .contact_id = id,
		.company_id = contact.company_id,
		.role = "participant",
		.via = "manual" };
	partners->names = i == 0 ? contact.name
				 : arena_printf(
					   call->arena, "%s, %s", partners->names, contact.name);
	if (partners->salesperson == NULL)
		partners->salesperson = contact.salesperson;
	return 0;
}

static int
read_partners(struct call *call, struct partners *out, struct err *err)
{
	unsigned count = call_count(call, "contact");

	*out = (struct partners){ .links = arena_array(
					  call->arena, count + 1, sizeof *out->links) };
	if (count == 0)
		return fail_field(err, ERR_USAGE, "contact",
			"an interaction is had with somebody: name a "
			"contact");
	for (unsigned i = 0; i < count; i++) {
		if (add_partner(call, i, out, err) < 0)
			return -1;
	}
	out->count = count;
	return 0;
}

static int
read_times(struct call *call, struct interaction *out, struct err *err)
{
	int end_offset;
	bool given;

	out->at = call->now;
	out->offset_min = call->zone != NULL ? zone_offset(call->zone, call->now) : 0;
	if (call_time(call, "at", false, &out->at, &out->offset_min, &given, err) < 0 ||
		call_time(call, "end", true, &out->end_at, &end_offset, &given, err) < 0)
		return -1;
	return 0;
}

static int
read_interaction(struct call *call, struct interaction *out, struct err *err)
{
	bool given;

	*out = (struct interaction){
		.kind = call_text(call, "kind"),
		.template = call_text(call, "template"),
		.subject = call_text(call, "subject"),
		.direction = call_text(call, "direction"),
		.initiated_by = call_text(call, "initiated_by"),
		.duration_min = call_int(call, "duration_min", 0),
		.campaign = call_text(call, "campaign"),
		.campaign_target = call_flag(call, "campaign_target"),
		.campaign_response = call_flag(call, "campaign_response"),
		.opportunity = call_text(call, "opportunity"),
		.salesperson = call_text(call, "salesperson"),
		.evaluation = call_text(call, "evaluation"),
		.attempt_failed = call_flag(call, "attempt_failed"),
		.note = call_text(call, "note"),
	};
	if (read_times(call, out, err) < 0 || call_money(call, "cost", &out->cost, &given, err) < 0)
		return -1;
	return interaction_complete(call->arena, out, call->now, err);
}

/* Who acts, else who looks after the contact, else the one that setup names. */
static int
default_salesperson(struct call *call, const struct partners *partners,
	struct interaction *interaction, struct err *err)
{
	const char *asker;

	if (interaction->salesperson != NULL)
		return call_settle_me(call, &interaction->salesperson, err);
	if (call_salesperson(call, &asker, err) < 0)
		return -1;
	interaction->salesperson = asker != NULL ? asker : partners->salesperson;
	if (interaction->salesperson != NULL)
		return 0;
	return setup_get(
		call->store, call->arena, "default-salesperson", &interaction->salesperson, err);
}

static int
run_add(struct call *call, struct err *err)
{
	struct interaction interaction;
	struct partners partners;
	const char *record;

	if (read_partners(call, &partners, err) < 0 ||
		read_interaction(call, &interaction, err) < 0 ||
		default_salesperson(call, &partners, &interaction, err) < 0 ||
		interaction_add(call->store, &interaction, partners.links, partners.count,
			partners.names, call->now, err) < 0 ||
		interaction_text(call, interaction.id, &record, err) < 0 ||
		call_journal(call, "interaction", interaction.id, NULL, record, err) < 0 ||
		call_event(call, "interaction.recorded", interaction.id, err) < 0)
		return -1;
	return answer_interaction(call, interaction.id, err);
}

/* ---- show, list ---- */

static int
run_show(struct call *call, struct err *err)
{
	return interaction_write_whole(
		call->store, call->arena, call_int(call, "id", 0), call->out, err);
}

static int
and_equal(struct call *call, const char *field, const char *value, struct query_node **where,
	struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_node *node;

	if (query_compare(call->arena, &interaction_noun, &context, field, QUERY_EQ, value, &node,
		    err) < 0)
		return -1;
	*where = query_and(call->arena, *where, node);
	return 0;
}

static int
filter_kinds(struct call *call, struct query_node **where, struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_node *any = NULL, *node;

	for (unsigned i = 0; i < call_count(call, "kind"); i++) {
		if (query_compare(call->arena, &interaction_noun, &context, "kind", QUERY_EQ,
			    call_text_at(call, "kind", i), &node, err) < 0)
			return -1;
		any = any == NULL ? node : query_or(call->arena, any, node);
	}
	*where = query_and(call->arena, *where, any);
	return 0;
}

/* A company's are those of its persons too. */
static const char WITH_CONTACT[] =
	"i.id IN (SELECT x.interaction_id FROM contact q JOIN interaction_contact x"
	" ON x.contact_id = q.id OR x.company_id = q.id"
	" JOIN interaction n ON n.id = x.interaction_id"
	" WHERE q.id = ? AND " SIGHT_LINKED("x", "n.message_id") ")";

static int
filter_contact(struct call *call, struct query_node **where, struct err *err)
{
	int64_t id;

	if (call_text(call, "contact") == NULL)
		return 0;
	if (call_contact(call, "contact", false, &id, err) < 0)
		return -1;
	*where = query_and(call->arena, *where, query_fixed(call->arena, WITH_CONTACT, id));
	return 0;
}

static int
filter_times(struct call *call, struct query_node **where, struct err *err)
{
	int64_t room;
	const int64_t *moment;

	if (call_moment(call, "since", false, &room, &moment, err) < 0)
		return -1;
	if (moment != NULL)
		*where = query_and(
			call->arena, *where, query_fixed(call->arena, "i.at >= ?", room));
	if (call_moment(call, "until", true, &room, &moment, err) < 0)
		return -1;
	if (moment != NULL)
		*where = query_and(
			call->arena, *where, query_fixed(call->arena, "i.at <= ?", room));
	return 0;
}

static int
filter_words(struct call *call, struct query_node **where, struct err *err)
{
	static const char *const FIELDS[] = { "source", "status", "direction", "campaign",
		"opportunity" };
	const char *salesperson = call_text(call, "salesperson");

	for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
		const char *value = call_text(call, FIELDS[i]);

		if (value != NULL && and_equal(call, FIELDS[i], value, where, err) < 0)
			return -1;
	}
	if (salesperson == NULL)
		return 0;
	return and_equal(call, "salesperson", strcmp(salesperson, "ME") == 0 ? "me" : salesperson,
		where, err);
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_node *where = NULL;
	struct query_list list;

	if (filter_kinds(call, &where, err) < 0 || filter_contact(call, &where, err) < 0 ||
		filter_words(call, &where, err) < 0 || filter_times(call, &where, err) < 0 ||
		call_list(call, &interaction_noun, where, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_interaction, err);
}

/* ---- search ---- */

struct search {
	int64_t contact, since_at, until_at;
	const int64_t *contact_id, *since, *until;
	const char *const *kinds;
	unsigned kind_count, limit;
};

static int
read_search(struct call *call, struct search *out, struct err *err)
{
	*out = (struct search){ 0 };
	if (call_text(call, "contact") != NULL) {
		if (call_contact(call, "contact", false, &out->contact, err) < 0)
			return -1;
		out->contact_id = &out->contact;
	}
	out->kinds = call_words(call, "kind", &out->kind_count);
	if (call_moment(call, "since", false, &out->since_at, &out->since, err) < 0 ||
		call_moment(call, "until", true, &out->until_at, &out->until, err) < 0)
		return -1;
	return call_limit(call, &out->limit, err);
}

static int
run_search(struct call *call, struct err *err)
{
	const char *text = call_text(call, "text");
	struct timeline_page page;
	struct search search;

	if (read_search(call, &search, err) < 0 ||
		interaction_search(call->store, call->arena, text != NULL ? text : "",
			search.contact_id, search.since, search.until, search.kinds,
			search.kind_count, search.limit, call_text(call, "after"), &page, err) < 0)
		return -1;
	return answer_interactions(call, page.ids, page.count, page.next, err);
}

/* ---- the table ---- */

#define KIND_PARAM \
	{ \
		"kind", PARAM_NAME, PARAM_REPEATS, "only of this kind: email, meeting, call …", \
			NULL, NULL \
	}
#define SPAN_PARAMS \
	{ "since", PARAM_DATE, 0, "from then on", NULL, NULL }, \
	{ \
		"until", PARAM_DATE, 0, "up to then", NULL, NULL \
	}

static const struct param add_params[] = {
	{ "contact", PARAM_CONTACT, PARAM_REQUIRED | PARAM_REPEATS,
		"with whom: numbers, addresses or names", NULL, NULL },
	{ "kind", PARAM_NAME, 0, "call, letter, note, meeting …", NULL, "note" },
	{ "template", PARAM_CODE, 0, "code of a template", NULL, NULL },
	{ "at", PARAM_DATE, 0, "when it was or begins; else now", NULL, NULL },
	{ "end", PARAM_DATE, 0, "when it ended or ends", NULL, NULL },
	{ "subject", PARAM_TEXT, 0, "what it was about, in a line", NULL, NULL },
	{ "direction", PARAM_ENUM, 0, "which way it went", "inbound|outbound|none", NULL },
	{ "initiated_by", PARAM_ENUM, 0, "who began it; else after the direction", "us|them|none",
		NULL },
	{ "cost", PARAM_MONEY, 0, "what it cost, once for all contacts", NULL, NULL },
	{ "duration_min", PARAM_MINUTES, 0, "how long it took; else from at to end", NULL, NULL },
	{ "campaign", PARAM_CODE, 0, "number of a campaign", NULL, NULL },
	{ "campaign_target", PARAM_FLAG, 0, "it was aimed at them for the campaign", NULL, NULL },
	{ "campaign_response", PARAM_FLAG, 0, "it is their response to the campaign", NULL, NULL },
	{ "opportunity", PARAM_CODE, 0, "number of an opportunity", NULL, NULL },
	{ "salesperson", PARAM_CODE, 0, "who of us; else whoever asks, or looks after the contact",
		NULL, NULL },
	{ "evaluation", PARAM_ENUM, 0, "how it went",
		"very-positive|positive|neutral|negative|very-negative", NULL },
	{ "attempt_failed", PARAM_FLAG, 0, "nobody was reached", NULL, NULL },
	{ "note", PARAM_TEXT, PARAM_LONG, "what was said", NULL, NULL },
	{ 0 },
};

static const struct param show_params[] = {
	{ "id", PARAM_INTEGER, PARAM_REQUIRED, "the interaction's id", NULL, NULL },
	{ 0 },
};

static const struct param list_params[] = {
	KIND_PARAM,
	{ "contact", PARAM_CONTACT, 0, "with this contact; a company's persons too", NULL, NULL },
	{ "source", PARAM_NAME, 0, "captured from this source", NULL, NULL },
	{ "status", PARAM_ENUM, 0, "of this status", "planned|held|recorded|cancelled|draft",
		NULL },
	{ "direction", PARAM_ENUM, 0, "which way", "inbound|outbound|none", NULL },
	{ "salesperson", PARAM_CODE, 0, "of this salesperson, or me", NULL, NULL },
	{ "campaign", PARAM_CODE, 0, "of this campaign", NULL, NULL },
	{ "opportunity", PARAM_CODE, 0, "of this opportunity", NULL, NULL },
	SPAN_PARAMS,
	{ 0 },
};

static const struct param search_params[] = {
	{ "text", PARAM_TEXT, PARAM_REQUIRED,
		"words, \"phrases\", prefix*, subject:word, body:word, parties:word", NULL, NULL },
	KIND_PARAM,
	{ "contact", PARAM_CONTACT, 0, "with this contact; a company's persons too", NULL, NULL },
	SPAN_PARAMS,
	{ "limit", PARAM_INTEGER, 0, "at most so many, 1 to 1,000", NULL, "100" },
	{ "after", PARAM_TEXT, 0, "the cursor of an earlier answer", NULL, NULL },
	{ 0 },
};

static const char COLUMNS[] = "id,at,kind,direction,contacts,subject";

const struct command interaction_commands[] = {
	{ .name = "interaction.add",
		.summary = "record a call, letter, note or meeting",
		.params = add_params,
		.run = run_add,
		.access = ACCESS_WRITES,
		.key = "id",
		.columns = COLUMNS },
	{ .name = "interaction.show",
		.summary = "show an interaction, with the text that was captured",
		.params = show_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "id",
		.columns = COLUMNS },
	{ .name = "interaction.list",
		.summary = "list interactions, newest first",
		.params = list_params,
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "id",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "interaction.search",
		.summary = "search text, subjects, notes and participants",
		.params = search_params,
		.run = run_search,
		.access = ACCESS_READS,
		.key = "id",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ 0 },
};
