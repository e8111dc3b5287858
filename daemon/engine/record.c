#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/crm/contact.h"
#include "liaison/crm/history.h"
#include "liaison/crm/interaction.h"
#include "pipeline.h"

static int
name_field(int result, const char *param, struct err *err)
{
	if (result < 0)
		snprintf(err->field, sizeof err->field, "%s", param);
	return result;
}

int
call_contact(struct call *call, const char *param, bool exact, int64_t *id, struct err *err)
{
	const char *words = call_text(call, param);

	if (words == NULL)
		return fail_field(err, ERR_USAGE, param, "'%s' must name a contact", param);
	if (exact)
		return name_field(contact_resolve_exact(call->store, call->arena, words, id, err),
			param, err);
	return name_field(contact_resolve(call->store, call->arena, words, id, err), param, err);
}

int
call_contact_at(struct call *call, const char *param, unsigned i, int64_t *id, struct err *err)
{
	return name_field(
		contact_resolve(call->store, call->arena, call_text_at(call, param, i), id, err),
		param, err);
}

/* ---- records ---- */

const char *
plain_text(struct arena *arena, const json_t *value)
{
	const char *copy;
	char *text;

	if (value == NULL || json_is_null(value))
		return NULL;
	if (json_is_string(value))
		return arena_text(arena, json_string_value(value));
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	copy = arena_text(arena, text);
	free(text);
	return copy;
}

typedef int write_record(struct store *store, struct arena *arena, int64_t id, struct json_out *out,
	struct err *err);

static int
record_text(struct call *call, write_record *write, int64_t id, const char **out, struct err *err)
{
	struct json_doc doc;

	json_doc_begin(&doc);
	return json_doc_end(
		&doc, call->arena, write(call->store, call->arena, id, &doc.out, err), out);
}

const char *
member_text(struct call *call, const char *name, const char *value)
{
	struct json_doc doc;
	const char *text;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	json_text(&doc.out, name, value);
	json_object_end(&doc.out);
	json_doc_end(&doc, call->arena, 0, &text);
	return text;
}

int
contact_text(struct call *call, int64_t id, const char **out, struct err *err)
{
	return record_text(call, contact_write, id, out, err);
}

/* The journal keeps all of it, whoever changed it. */
int
interaction_text(struct call *call, int64_t id, const char **out, struct err *err)
{
	const char *viewer = store_viewer(call->store);
	int result;

	store_set_viewer(call->store, NULL);
	result = record_text(call, interaction_write, id, out, err);
	store_set_viewer(call->store, viewer);
	return result;
}

int
answer_contact(struct call *call, int64_t id, struct err *err)
{
	return contact_write(call->store, call->arena, id, call->out, err);
}

int
answer_interaction(struct call *call, int64_t id, struct err *err)
{
	return interaction_write(call->store, call->arena, id, call->out, err);
}

int
answer_interactions(
	struct call *call, const int64_t *ids, unsigned count, const char *next, struct err *err)
{
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (unsigned i = 0; i < count; i++) {
		if (answer_interaction(call, ids[i], err) < 0)
			return -1;
	}
	json_array_end(call->out);
	json_text(call->out, "next", next);
	json_object_end(call->out);
	return 0;
}

/* ---- parameters ---- */

int
call_limit(const struct call *call, unsigned *limit, struct err *err)
{
	enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000 };
	int64_t given = call_int(call, "limit", LIMIT_DEFAULT);

	if (given < 1 || given > LIMIT_MAX)
		return fail_field(err, ERR_USAGE, "limit", "'limit' is %lld: it is from 1 to %d",
			(long long)given, LIMIT_MAX);
	*limit = (unsigned)given;
	return 0;
}

const char *const *
call_words(const struct call *call, const char *param, unsigned *count)
{
	const char **words;

	*count = call_count(call, param);
	words = arena_array(call->arena, *count + 1, sizeof *words);
	for (unsigned i = 0; i < *count; i++)
		words[i] = call_text_at(call, param, i);
	return words;
}

int
call_moment(const struct call *call, const char *param, bool end, int64_t *room,
	const int64_t **out, struct err *err)
{
	int offset;
	bool given;

	if (call_time(call, param, end, room, &offset, &given, err) < 0)
		return -1;
	*out = given ? room : NULL;
	return 0;
}

int
call_if_version(
	struct call *call, const char *noun, int64_t record, int64_t version, struct err *err)
{
	int64_t known = call_int(call, "if_version", version);
	const char *fields;

	if (known == version)
		return 0;
	if (history_changed_fields(call->store, call->arena, noun, record, known, &fields, err) < 0)
		return -1;
	fail_field(err, ERR_CONFLICT, "if_version",
		"the %s is at version '%lld', not %lld: %s changed meanwhile", noun,
		(long long)version, (long long)known, fields != NULL ? fields : "something");
	return err_hint(err, "look at it again before you change it");
}

/* ---- events ---- */

int
tell_interactions(struct call *call, const struct capture_result *result, struct err *err)
{
	if (result->wanted > 0)
		call_after_commit(call, wanting_look, 0, NULL);
	for (unsigned i = 0; i < result->told_count; i++) {
		const struct capture_told *told = &result->told[i];

		if (call_event(call, capture_change_word(told->what), told->interaction_id, err) <
			0)
			return -1;
	}
	return 0;
}
