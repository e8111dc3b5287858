#include "cmd_contact.h"

#include <stdlib.h>

#include "liaison/base/text.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_find.h"
#include "liaison/crm/interaction.h"
#include "record.h"

/* Lists of contacts, and of what happened with one. */

enum { HITS_MAX = 1000 };

int
run_contact_list(struct call *call, struct err *err)
{
	struct query_list list;

	if (call_list(call, &contact_noun, NULL, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_contact, err);
}

/* ---- find ---- */

/* One of the hits: a condition that lists and conditions can be and-ed with. */
static struct query_node *
among(struct call *call, const struct contact_finding *found)
{
	struct query_node *node = query_fixed(call->arena, "c.id = ?", 0); /* nobody's */

	for (unsigned i = 0; i < found->count; i++)
		node = query_or(
			call->arena, node, query_fixed(call->arena, "c.id = ?", found->hits[i].id));
	return node;
}

static int
compare_ids(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Drops the hits that where does not hold for; their order stays. */
static int
keep_matching(struct call *call, const struct query_node *where, struct contact_finding *found,
	struct err *err)
{
	int64_t *matching;
	size_t count;
	unsigned kept = 0;

	if (query_ids(call->store, call->arena, &contact_noun, where, 0, &matching, &count, err) <
		0)
		return -1;
	for (unsigned i = 0; i < found->count; i++) {
		if (count > 0 &&
			bsearch(&found->hits[i].id, matching, count, sizeof *matching, compare_ids))
			found->hits[kept++] = found->hits[i];
	}
	found->count = kept;
	return 0;
}

/* Ranked lists are at most 1,000 long and are found anew each time: their cursor is a place. */
static int
read_place(const char *after, unsigned *place, struct err *err)
{
	uint32_t number = 0;

	if (after != NULL && (after[0] != 'f' || text_to_uint32(after + 1, &number) < 0))
		return fail_field(
			err, ERR_USAGE, "after", "'%.60s' is no cursor of this list", after);
	*place = number;
	return 0;
}

/* The contact's record, and why it is one. */
static int
answer_hit(struct call *call, const struct contact_hit *hit, struct err *err)
{
	json_object_begin(call->out, NULL);
	if (contact_write_members(call->store, hit->id, call->out, err) < 0)
		return -1;
	contact_why_write(hit, call->out);
	json_object_end(call->out);
	return 0;
}

static int
answer_hits(struct call *call, const struct contact_finding *found, unsigned place,
	const struct query_list *list, struct err *err)
{
	unsigned end = place > found->count ? found->count : place;

	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (; end < found->count && end < place + list->limit; end++) {
		if (answer_hit(call, &found->hits[end], err) < 0)
			return -1;
	}
	json_array_end(call->out);
	json_text(call->out, "next",
		end < found->count ? arena_printf(call->arena, "f%u", end) : NULL);
	if (list->count)
		json_int(call->out, "count", found->count);
	json_text(call->out, "cut", found->cut);
	json_object_end(call->out);
	return 0;
}

/* Sorted by a field when asked, else the likeliest first. */
int
run_contact_find(struct call *call, struct err *err)
{
	bool narrowed = call_text(call, "where") != NULL || call_text(call, "view") != NULL;
	const char *text = call_text(call, "text");
	struct query_node *extra = NULL;
	struct contact_finding found;
	struct query_list list;
	unsigned place = 0;

	if (text == NULL)
		return fail_field(err, ERR_USAGE, "text", "there is nothing to find in no words");
	if (contact_find(call->store, call->arena, text, HITS_MAX, &found, err) < 0)
		return -1;
	if (narrowed || call_text(call, "sort") != NULL)
		extra = among(call, &found);
	if (call_list(call, &contact_noun, extra, &list, err) < 0)
		return -1;
	if (list.sort != NULL)
		return call_answer_list(call, &list, answer_contact, err);
	if (read_place(list.after, &place, err) < 0)
		return -1;
	if (narrowed && keep_matching(call, list.where, &found, err) < 0)
		return -1;
	return answer_hits(call, &found, place, &list, err);
}

/* ---- timeline ---- */

int
run_contact_timeline(struct call *call, struct err *err)
{
	int64_t id, since_at, until_at;
	const int64_t *since, *until;
	struct timeline_page page;
	const char *const *kinds;
	unsigned kind_count, limit;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		call_moment(call, "since", false, &since_at, &since, err) < 0 ||
		call_moment(call, "until", true, &until_at, &until, err) < 0 ||
		call_limit(call, &limit, err) < 0)
		return -1;
	kinds = call_words(call, "kind", &kind_count);
	if (interaction_timeline(call->store, call->arena, id, since, until, kinds, kind_count,
		    limit, call_text(call, "after"), &page, err) < 0)
		return -1;
	return answer_interactions(call, page.ids, page.count, page.next, err);
}
