#include <string.h>

#include "liaison/capture/capture.h"
#include "liaison/crm/salesperson.h"
#include "undo.h"

/* The addresses of salespeople, which their edits set beside the fields. */

/* {"emails": […]} in the call's arena. */
static int
emails_text(struct call *call, int64_t id, const char **out, struct err *err)
{
	struct json_doc doc;
	int result;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	result = salesperson_emails_write(call->store, id, &doc.out, err);
	json_object_end(&doc.out);
	return json_doc_end(&doc, call->arena, result, out);
}

static int
set_back(struct call *call, int64_t id, const char *present, const json_t *old, struct err *err)
{
	const char *now;

	if (salesperson_emails_restore(call->store, call->arena, id, old, err) < 0 ||
		emails_text(call, id, &now, err) < 0)
		return -1;
	capture_contacts_changed(call_capture(call)); /* what is theirs is ours */
	return call_journal(call, "salesperson", id, present, now, err);
}

int
undo_salesperson_emails(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const char *code, bool *changed, struct err *err)
{
	const json_t *old = json_object_get(entry->before, "emails");
	const json_t *wrote = json_object_get(entry->after, "emails"), *are;
	int64_t id = entry->entry->record;
	const char *text;
	json_t *present;
	int result = 0;

	*changed = false;
	if (old == NULL || wrote == NULL || json_equal(old, wrote))
		return 0;
	if (emails_text(call, id, &text, err) < 0 ||
		json_line_parse(text, strlen(text), &present, err) < 0)
		return -1;
	are = json_object_get(present, "emails");
	if (!json_equal(are, wrote)) {
		if (!json_equal(are, old))
			undo_keep_it(call, run, entry, code, "emails", "it was changed since");
	} else {
		*changed = true;
		result = set_back(call, id, text, old, err);
	}
	json_decref(present);
	return result;
}
