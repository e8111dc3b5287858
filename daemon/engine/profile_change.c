#include <string.h>

#include "cmd_record.h"
#include "contact_removal.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/profile.h"
#include "undo.h"

/* What people answered for a contact: changed with its entry, and taken back. */

int
answers_text(struct call *call, int64_t contact, const struct record *question, const char **out,
	struct err *err)
{
	struct json_doc doc;

	json_doc_begin(&doc);
	return json_doc_end(&doc, call->arena,
		profile_write_given(call->store, contact, question, &doc.out, err), out);
}

int
change_answers(struct call *call, int64_t contact, const struct record *question,
	const int64_t *answers, const int64_t *days, unsigned count, struct err *err)
{
	const char *before, *after;

	if (answers_text(call, contact, question, &before, err) < 0 ||
		profile_set(call->store, call->arena, contact, question, answers, days, count,
			err) < 0 ||
		answers_text(call, contact, question, &after, err) < 0)
		return -1;
	return call_journal_of(call, contact, "profile", question->id, before, after, err);
}

/* ---- taken back ---- */

static const char *
title_of(struct call *call, const struct contact *contact)
{
	return arena_printf(call->arena, "%s %s", contact->no, contact->name);
}

static int
is_as_written(struct call *call, int64_t contact, const struct record *question,
	const struct undo_entry *entry, bool *same, struct err *err)
{
	const char *text;
	json_t *present;

	if (answers_text(call, contact, question, &text, err) < 0 ||
		json_line_parse(text, strlen(text), &present, err) < 0)
		return -1;
	*same = json_equal(present, entry->after) != 0;
	json_decref(present);
	return 0;
}

static int
give_back(struct call *call, int64_t contact, const struct record *question,
	const struct undo_entry *entry, struct err *err)
{
	const json_t *texts = json_object_get(entry->before, "answers");
	const json_t *of = json_object_get(entry->before, "days");
	unsigned count = (unsigned)json_array_size(texts);
	int64_t *answers = arena_array(call->arena, count + 1, sizeof *answers);
	int64_t *days = arena_array(call->arena, count + 1, sizeof *days);

	for (unsigned i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(texts, i));

		days[i] = json_integer_value(json_array_get(of, i));
		if (text == NULL ||
			answer_find(call->store, call->arena, question, text, &answers[i], err) < 0)
			return text == NULL ? 0 : -1;
	}
	return change_answers(call, contact, question, answers, days, count, err);
}

int
undo_profile(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	int64_t id = json_integer_value(json_object_get(entry->before, "contact"));
	struct record *question;
	struct contact contact;
	bool same;

	if (contact_get(call->store, call->arena, id, &contact, err) < 0 ||
		record_get(call->store, call->arena, &question_noun, entry->entry->record,
			&question, err) < 0 ||
		is_as_written(call, id, question, entry, &same, err) < 0)
		return -1;
	if (!same) {
		undo_keep_it(call, run, entry, title_of(call, &contact), record_key(question),
			"it was changed since");
		return 0;
	}
	if (give_back(call, id, question, entry, err) < 0)
		return -1;
	undo_tell(call, run, entry, UNDO_CHANGED, title_of(call, &contact), "answers");
	return 0;
}
