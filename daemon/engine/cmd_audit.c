#include <string.h>

#include "liaison/crm/contact.h"
#include "liaison/crm/history.h"
#include "liaison/crm/sight.h"
#include "liaison/store/audit.h"
#include "record.h"
#include "system.h"

/* system.audit: who changed what. */

const struct param audit_params[] = {
	{ "by", PARAM_NAME, 0, "only what this user did", NULL, NULL },
	{ "contact", PARAM_CONTACT, 0, "only changes of this contact", NULL, NULL },
	{ "since", PARAM_DATE, 0, "only since then", NULL, NULL },
	{ 0 },
};

static int
filter_user(struct call *call, struct query_node **where, struct err *err)
{
	const char *user = call_text(call, "by");
	struct query_context context = call_query_context(call);
	struct query_node *node;

	if (user == NULL)
		return 0;
	if (query_compare(
		    call->arena, &journal_noun, &context, "user", QUERY_EQ, user, &node, err) < 0)
		return -1;
	*where = query_and(call->arena, *where, node);
	return 0;
}

static int
filter_changes(struct call *call, struct query_node **where, struct err *err)
{
	const int64_t *since;
	int64_t room, contact;

	if (call_moment(call, "since", false, &room, &since, err) < 0)
		return -1;
	if (since != NULL)
		*where = query_and(
			call->arena, *where, query_fixed(call->arena, "j.at >= ?", *since));
	if (call_text(call, "contact") == NULL)
		return 0;
	if (call_contact(call, "contact", false, &contact, err) < 0)
		return -1;
	*where = query_and(call->arena, *where, query_fixed(call->arena, "j.contact = ?", contact));
	return 0;
}

static void
write_json(struct json_out *out, const char *name, const char *json)
{
	if (json == NULL)
		json_null_(out, name);
	else
		json_raw(out, name, json, strlen(json));
}

/* What became of an interaction is its own; of one that is gone nobody knows whose it was. */
static int
write_entry(struct call *call, const struct audit_entry *entry, struct err *err)
{
	bool withheld = false, restored = false;

	if (strcmp(entry->noun, "interaction") == 0 &&
		sight_withheld(call->store, entry->record, &withheld, err) < 0)
		return -1;
	if ((strcmp(entry->noun, "contact-links") == 0 ||
		    strcmp(entry->noun, "contact-past") == 0) &&
		(sight_links_withheld(call->store, entry->before, &withheld, err) < 0 ||
			sight_links_withheld(call->store, entry->after, &restored, err) < 0))
		return -1;
	withheld = withheld || restored;
	json_object_begin(call->out, NULL);
	json_int(call->out, "id", entry->id);
	json_time(call->out, "at", entry->at, zone_offset(call->zone, entry->at));
	json_text(call->out, "user", entry->user);
	json_text(call->out, "method", entry->method);
	json_text(call->out, "noun", entry->noun);
	json_int(call->out, "record", entry->record);
	write_json(call->out, "before", withheld ? NULL : entry->before);
	write_json(call->out, "after", withheld ? NULL : entry->after);
	json_bool(call->out, "withheld", withheld);
	json_int(call->out, "batch", entry->batch != 0 ? entry->batch : entry->id);
	json_object_end(call->out);
	return 0;
}

static int
answer_entry(struct call *call, int64_t id, struct err *err)
{
	struct audit_question question = { .since = TIME_MIN, .before = id + 1, .limit = 1 };
	struct audit_entry *entry;
	unsigned count;

	if (audit_list(call->store, call->arena, &question, &entry, &count, err) < 0)
		return -1;
	return count > 0 ? write_entry(call, entry, err) : 0;
}

int
run_audit(struct call *call, struct err *err)
{
	struct query_node *where = NULL;
	struct query_list list;

	if (filter_user(call, &where, err) < 0 || filter_changes(call, &where, err) < 0 ||
		call_list(call, &journal_noun, where, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_entry, err);
}
