#include "dump.h"

#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/contact_part.h"
#include "liaison/crm/import.h"
#include "liaison/crm/profile.h"
#include "liaison/wire/json.h"
#include "record.h"

/* The cells of a contact that are lists, as import.h reads them. */

enum list {
	LIST_EMAILS,
	LIST_DOMAINS,
	LIST_MAILING_GROUPS,
	LIST_INDUSTRY_GROUPS,
	LIST_RESPONSIBILITIES,
	LIST_WEB_SOURCES,
	LIST_TAGS,
	LIST_RELATIONS,
	LIST_LINKS,
	LIST_FACTS,
	LIST_CONSENTS,
	LIST_ADDRESSES,
	LIST_NOTES,
	LIST_ANSWERS,
	LIST_COUNT
};

static const struct {
	const char *name;
	const char *kind; /* of labels */
	const struct record_noun *noun; /* of parts */
} LISTS[LIST_COUNT] = {
	[LIST_EMAILS] = { "emails", NULL, NULL },
	[LIST_DOMAINS] = { "domains", NULL, NULL },
	[LIST_MAILING_GROUPS] = { "mailing_groups", "mailing-group", NULL },
	[LIST_INDUSTRY_GROUPS] = { "industry_groups", "industry-group", NULL },
	[LIST_RESPONSIBILITIES] = { "responsibilities", "responsibility", NULL },
	[LIST_WEB_SOURCES] = { "web_sources", "web-source", NULL },
	[LIST_TAGS] = { "tags", "tag", NULL },
	[LIST_RELATIONS] = { "relations", NULL, &relation_noun },
	[LIST_LINKS] = { "links", NULL, &link_noun },
	[LIST_FACTS] = { "facts", NULL, &fact_noun },
	[LIST_CONSENTS] = { "consents", NULL, &consent_noun },
	[LIST_ADDRESSES] = { "addresses", NULL, &address_noun },
	[LIST_NOTES] = { "notes", NULL, NULL },
	[LIST_ANSWERS] = { "answers", NULL, NULL },
};

/* ---- elements of lists ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Blanks at its ends would be dropped. */
static void
add_escaped(struct text *out, const char *value)
{
	size_t size = strlen(value);

	for (size_t i = 0; i < size; i++) {
		bool end = i == 0 || i == size - 1;

		if (strchr("\\;|", value[i]) != NULL || (end && is_blank(value[i])))
			text_add_char(out, '\\');
		text_add_char(out, value[i]);
	}
}

static void
add_key(struct text *out, const char *key)
{
	if (out->size > 0)
		text_add_char(out, ';');
	add_escaped(out, key);
}

static void
add_attribute(struct text *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_printf(out, "|%s=", name);
	add_escaped(out, value);
}

static const char *
taken(struct arena *arena, struct text *list)
{
	const char *copy = list->size > 0 ? arena_text(arena, list->bytes) : NULL;

	text_clear(list);
	return copy;
}

/* ---- addresses, domains ---- */

static const char *
moment(struct arena *arena, bool has, int64_t time)
{
	return has ? time_text(arena, time, 0) : NULL;
}

static int
read_emails(struct store *store, struct arena *arena, int64_t id, const char **out, struct err *err)
{
	struct contact_email *emails;
	struct text list = { 0 };
	unsigned count;

	if (contact_emails(store, arena, id, &emails, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		const struct contact_email *email = &emails[i];

		add_key(&list, email->email);
		add_attribute(&list, "kind", email->kind);
		add_attribute(&list, "from", moment(arena, email->has_from, email->from));
		add_attribute(&list, "until", moment(arena, email->has_until, email->until));
		add_attribute(&list, "shared", email->shared && !email->removed ? "true" : NULL);
		add_attribute(&list, "removed", email->removed ? "true" : NULL);
	}
	*out = taken(arena, &list);
	return 0;
}

static int
read_domains(
	struct store *store, struct arena *arena, int64_t id, const char **out, struct err *err)
{
	struct text list = { 0 };
	const char **domains;
	unsigned count;

	if (contact_domains(store, arena, id, &domains, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++)
		add_key(&list, domains[i]);
	*out = taken(arena, &list);
	return 0;
}

/* ---- what records say of themselves ---- */

static json_t *
tree_of(struct text *text)
{
	json_t *tree = json_loadb(text->bytes, text->size, 0, NULL);

	text_clear(text);
	return tree;
}

static const char *
member(struct arena *arena, const json_t *tree, const char *name)
{
	return plain_text(arena, json_object_get(tree, name));
}

static void
add_ranges(struct text *list, struct arena *arena, const json_t *ranges)
{
	size_t i;
	json_t *range;

	json_array_foreach(ranges, i, range)
	{
		const char *from = member(arena, range, "from");
		const char *until = member(arena, range, "until");

		add_attribute(list, "range",
			until == NULL ? from : arena_printf(arena, "%s/%s", from, until));
	}
}

static int
add_part(struct store *store, struct arena *arena, const struct record_noun *noun, int64_t id,
	struct text *list, struct err *err)
{
	struct text text = { 0 };
	struct json_out json;
	struct record *record;
	json_t *tree;
	int result;

	if (record_get(store, arena, noun, id, &record, err) < 0)
		return -1;
	json_out_init(&json, &text);
	result = record_write(store, record, &json, err);
	tree = tree_of(&text);
	if (result == 0) {
		add_key(list, record_key(record));
		for (unsigned i = 1; i < noun->count; i++) {
			if (strcmp(noun->fields[i].name, record_key_name(noun)) != 0)
				add_attribute(list, noun->fields[i].name,
					member(arena, tree, noun->fields[i].name));
		}
		add_ranges(list, arena, json_object_get(tree, "ranges"));
	}
	json_decref(tree);
	return result;
}

static int
add_label(struct store *store, struct arena *arena, const char *kind, int64_t id, struct text *list,
	struct err *err)
{
	struct text text = { 0 };
	struct json_out json;
	json_t *tree;
	const char *word;
	int result;

	json_out_init(&json, &text);
	result = contact_label_write(store, id, &json, err);
	tree = tree_of(&text);
	word = member(arena, tree, "kind");
	if (result == 0 && word != NULL && strcmp(word, kind) == 0) {
		add_key(list, member(arena, tree, "code"));
		add_attribute(list, "word", member(arena, tree, "word"));
	}
	json_decref(tree);
	return result;
}

static int
add_note(struct store *store, struct arena *arena, int64_t id, struct text *list, struct err *err)
{
	struct text text = { 0 };
	struct json_out json;
	json_t *tree;
	int result;

	json_out_init(&json, &text);
	result = contact_note_write(store, id, &json, err);
	tree = tree_of(&text);
	if (result == 0) {
		add_key(list, member(arena, tree, "note"));
		add_attribute(list, "at", member(arena, tree, "at"));
		add_attribute(list, "user", member(arena, tree, "user"));
	}
	json_decref(tree);
	return result;
}

/* ---- answers that people gave ---- */

static int
add_answers(struct store *store, struct arena *arena, int64_t contact, int64_t id,
	struct text *list, struct err *err)
{
	struct text text = { 0 };
	struct json_out json;
	struct record *question;
	json_t *tree, *answer;
	size_t i;
	int result;

	if (record_get(store, arena, &question_noun, id, &question, err) < 0)
		return -1;
	json_out_init(&json, &text);
	result = profile_write_given(store, contact, question, &json, err);
	tree = tree_of(&text);
	json_array_foreach(json_object_get(tree, "answers"), i, answer)
	{
		const json_t *day = json_array_get(json_object_get(tree, "days"), i);

		add_key(list, member(arena, tree, "questionnaire"));
		add_attribute(list, "question", member(arena, tree, "question"));
		add_attribute(list, "answer", plain_text(arena, answer));
		add_attribute(list, "day", date_text(arena, json_integer_value(day), 0));
	}
	json_decref(tree);
	return result;
}

static int
read_answers(
	struct store *store, struct arena *arena, int64_t id, const char **out, struct err *err)
{
	struct text list = { 0 };
	int64_t *questions;
	unsigned count;
	int result = 0;

	if (profile_questions(store, arena, id, &questions, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count && result == 0; i++)
		result = add_answers(store, arena, id, questions[i], &list, err);
	*out = taken(arena, &list);
	return result;
}

/* ---- lists ---- */

static int
find_items(struct store *store, struct arena *arena, enum list which, int64_t id, int64_t **ids,
	size_t *count, struct err *err)
{
	if (LISTS[which].kind != NULL)
		return query_ids(store, arena, &contact_label_noun,
			query_fixed(arena, "l.contact_id = ?", id), 0, ids, count, err);
	if (LISTS[which].noun != NULL)
		return query_ids(store, arena, LISTS[which].noun->query,
			query_fixed(arena, "t.contact = ?", id), 0, ids, count, err);
	return query_ids(store, arena, &contact_note_noun,
		query_fixed(arena, "n.contact_id = ?", id), 0, ids, count, err);
}

static int
read_items(struct store *store, struct arena *arena, enum list which, int64_t id, const char **out,
	struct err *err)
{
	struct text list = { 0 };
	int64_t *ids;
	size_t count;
	int result = 0;

	if (find_items(store, arena, which, id, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (LISTS[which].kind != NULL)
			result = add_label(store, arena, LISTS[which].kind, ids[i], &list, err);
		else if (LISTS[which].noun != NULL)
			result = add_part(store, arena, LISTS[which].noun, ids[i], &list, err);
		else
			result = add_note(store, arena, ids[i], &list, err);
	}
	*out = taken(arena, &list);
	return result;
}

static unsigned
extra_of(enum list which)
{
	if (LISTS[which].kind != NULL)
		return EXTRA_LABELS;
	if (which == LIST_NOTES)
		return EXTRA_NOTES;
	if (which == LIST_ANSWERS)
		return EXTRA_ANSWERS;
	return which < LIST_RELATIONS ? 0 : EXTRA_RELATIONS << (which - LIST_RELATIONS);
}

const char *
dump_list_name(unsigned place)
{
	return place < LIST_COUNT ? LISTS[place].name : NULL;
}

int
dump_list(struct store *store, struct arena *arena, unsigned place, unsigned extras, int64_t id,
	const char **out, struct err *err)
{
	const enum list which = (enum list)place;

	if (which == LIST_EMAILS)
		return read_emails(store, arena, id, out, err);
	if (which == LIST_DOMAINS)
		return read_domains(store, arena, id, out, err);
	*out = NULL;
	if (!(extras & extra_of(which)))
		return 0;
	return which == LIST_ANSWERS ? read_answers(store, arena, id, out, err)
				     : read_items(store, arena, which, id, out, err);
}
