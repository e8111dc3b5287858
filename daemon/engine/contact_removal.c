#include "contact_removal.h"

#include "cmd_record.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/contact_label.h"
#include "contact_change.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/profile.h"
#include "record_nouns.h"

/* ---- what belongs to it ---- */

static int
remove_parts_of(struct call *call, int64_t id, const struct record_noun *noun, struct err *err)
{
	struct query_node *of_it = query_fixed(call->arena, "t.contact = ?", id);
	struct record *record;
	int64_t *ids;
	size_t count;

	if (query_ids(call->store, call->arena, noun->query, of_it, 0, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (record_get(call->store, call->arena, noun, ids[i], &record, err) < 0 ||
			call_remove_record(call, record, err) < 0)
			return -1;
	}
	return 0;
}

static int
remove_parts(struct call *call, int64_t id, struct err *err)
{
	const struct record_noun *noun;

	for (unsigned i = 0; (noun = record_noun_at(i)) != NULL; i++) {
		if (noun->part && remove_parts_of(call, id, noun, err) < 0)
			return -1;
	}
	return 0;
}

static int
journal_labels(struct call *call, int64_t id, const char *kind, struct err *err)
{
	struct json_doc doc;
	const char *before;
	int result;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	result = contact_labels_write(call->store, id, kind, kind, &doc.out, err);
	json_object_end(&doc.out);
	if (json_doc_end(&doc, call->arena, result, &before) < 0)
		return -1;
	return call_journal(
		call, "contact", id, before, arena_printf(call->arena, "{\"%s\":[]}", kind), err);
}

static int
remove_labels(struct call *call, int64_t id, struct err *err)
{
	for (unsigned i = 0; contact_label_kinds[i] != NULL; i++) {
		const char *kind = contact_label_kinds[i];
		bool any;

		if (contact_labels_any(call->store, id, kind, &any, err) < 0)
			return -1;
		if (any && (journal_labels(call, id, kind, err) < 0 ||
				   contact_labels_clear(call->store, id, kind, err) < 0))
			return -1;
	}
	return 0;
}

int
remove_contact_note(struct call *call, int64_t contact, int64_t id, struct err *err)
{
	struct json_doc doc;
	const char *before;

	json_doc_begin(&doc);
	if (json_doc_end(&doc, call->arena, contact_note_whole(call->store, id, &doc.out, err),
		    &before) < 0 ||
		call_journal_of(call, contact, "contact-note", id, before, NULL, err) < 0)
		return -1;
	return contact_note_remove(call->store, id, err);
}

static int
remove_notes(struct call *call, int64_t id, struct err *err)
{
	struct query_node *of_it = query_fixed(call->arena, "n.contact_id = ?", id);
	int64_t *ids;
	size_t count;

	if (query_ids(call->store, call->arena, &contact_note_noun, of_it, 0, &ids, &count, err) <
		0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (remove_contact_note(call, id, ids[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
remove_answers(struct call *call, int64_t id, struct err *err)
{
	struct record *question;
	int64_t *questions;
	unsigned count;

	if (profile_questions(call->store, call->arena, id, &questions, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (record_get(call->store, call->arena, &question_noun, questions[i], &question,
			    err) < 0 ||
			change_answers(call, id, question, NULL, NULL, 0, err) < 0)
			return -1;
	}
	return 0;
}

static int
remove_separations(struct call *call, int64_t id, struct err *err)
{
	int64_t *others;
	unsigned count;

	if (duplicate_separated(call->store, call->arena, id, &others, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (change_separate(call, id, others[i], false, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- its links, so many an entry ---- */

enum { LINKS_MAX = 500 };

static int
journal_links(struct call *call, int64_t id, enum contact_links which, struct err *err)
{
	struct link_place place = { TIME_MIN, 0 };
	unsigned count = 1;

	while (count > 0) {
		struct text text = { 0 };
		struct json_out out;
		int result;

		json_out_init(&out, &text);
		json_object_begin(&out, NULL);
		result = contact_links_write(
			call->store, id, which, &place, LINKS_MAX, &out, &count, err);
		json_object_end(&out);
		if (result == 0 && count > 0)
			result = call_journal_of(
				call, id, "contact-links", id, text.bytes, NULL, err);
		text_clear(&text);
		if (result < 0)
			return -1;
	}
	return 0;
}

int
remove_contact_links(struct call *call, int64_t id, struct err *err)
{
	if (journal_links(call, id, LINKS_OWN, err) < 0 ||
		journal_links(call, id, LINKS_PAST, err) < 0)
		return -1;
	return contact_links_rehome(call->store, call->arena, id, err);
}

/* ---- itself ---- */

static int
journal_whole(struct call *call, int64_t id, struct err *err)
{
	struct json_doc doc;
	const char *before;

	json_doc_begin(&doc);
	if (json_doc_end(&doc, call->arena, contact_whole_write(call->store, id, &doc.out, err),
		    &before) < 0)
		return -1;
	return call_journal(call, "contact", id, before, NULL, err);
}

int
remove_one_contact(struct call *call, int64_t id, struct err *err)
{
	if (remove_parts(call, id, err) < 0 || remove_labels(call, id, err) < 0 ||
		remove_notes(call, id, err) < 0 || remove_answers(call, id, err) < 0 ||
		remove_separations(call, id, err) < 0 || remove_contact_links(call, id, err) < 0 ||
		journal_whole(call, id, err) < 0 || contact_remove(call->store, id, err) < 0)
		return -1;
	capture_contacts_changed(call_capture(call));
	return 0;
}

int
remove_contact(struct call *call, int64_t id, int64_t *persons, bool *done, struct err *err)
{
	enum { PART = 100 };
	size_t count;

	*done = false;
	do {
		struct query_node *of_it = query_fixed(call->arena, "c.company_id = ?", id);
		int64_t *ids;

		if (query_ids(call->store, call->arena, &contact_noun, of_it, PART, &ids, &count,
			    err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			if (call_is_long(call))
				return 0;
			if (remove_one_contact(call, ids[i], err) < 0)
				return -1;
			++*persons;
		}
	} while (count == PART);
	*done = true;
	return remove_one_contact(call, id, err);
}
