#include "cmd_contact.h"

#include <string.h>

#include "liaison/base/address.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_past.h"
#include "record.h"
#include "rematch.h"

/* Addresses of contacts. Adding one matches the past by it. */

static int
read_email(struct call *call, struct contact_email *out, struct err *err)
{
	int offset;

	*out = (struct contact_email){ .email = call_text(call, "email"),
		.kind = call_text(call, "kind"),
		.shared = call_flag(call, "shared"),
		.primary = call_flag(call, "primary"),
		.learned_from = arena_printf(call->arena, "user %s", call->user) };
	if (out->email == NULL)
		return fail_field(err, ERR_USAGE, "email", "there is no address to add");
	if (call_time(call, "from", false, &out->from, &offset, &out->has_from, err) < 0 ||
		call_time(call, "until", true, &out->until, &offset, &out->has_until, err) < 0)
		return -1;
	return 0;
}

/* What an address that is removed was. */
struct gone {
	bool primary;
	const char *spans; /* JSON: all of the contact's, as contact_email_spans_write has them */
};

/* The version goes with it, so that a stale edit learns what was changed; that one was the primary, so that
 * it can be again. */
static int
journal_email(struct call *call, int64_t id, const char *removed, const struct gone *gone,
	const char *added, struct err *err)
{
	const char *texts[2] = { removed, added }, *json[2];
	struct contact contact;

	if (contact_touch(call->store, id, call->now, err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		struct json_doc doc;

		json_doc_begin(&doc);
		json_object_begin(&doc.out, NULL);
		json_int(&doc.out, "version", contact.version - 1 + i);
		json_text(&doc.out, "email", texts[i]);
		if (i == 0 && gone != NULL) {
			if (gone->primary)
				json_bool(&doc.out, "primary", true);
			json_raw(&doc.out, "email_spans", gone->spans, strlen(gone->spans));
		}
		json_object_end(&doc.out);
		json_doc_end(&doc, call->arena, 0, &json[i]);
	}
	return call_journal(call, "contact", id, json[0], json[1], err);
}

struct giving {
	int64_t id; /* 0: not begun */
};

static int
give(struct call *call, struct giving *giving, struct err *err)
{
	struct contact_email email;
	int64_t id, count = 0;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		read_email(call, &email, err) < 0 ||
		contact_email_add(call->store, call->arena, id, &email, err) < 0 ||
		journal_email(call, id, NULL, NULL, email.address, err) < 0 ||
		rematch_address(call, email.address, &count, err) < 0)
		return -1;
	giving->id = id;
	return 0;
}

int
run_contact_email_add(struct call *call, struct err *err)
{
	struct giving *giving = call_keep(call, sizeof *giving);
	bool first = giving->id == 0 || call->dry_run;

	rematch_wait(call);
	if ((first ? give(call, giving, err) : rematch_go_on(call, err)) < 0)
		return -1;
	if (rematch_continues(call))
		return 0;
	json_object_begin(call->out, NULL);
	if (contact_write_members(call->store, giving->id, call->out, err) < 0)
		return -1;
	json_int(call->out, "rematched", rematch_made(call));
	json_object_end(call->out);
	return 0;
}

static int
spans_of(struct call *call, int64_t id, const char **spans, struct err *err)
{
	struct json_doc doc;

	json_doc_begin(&doc);
	return json_doc_end(&doc, call->arena,
		contact_email_spans_write(call->store, id, NULL, &doc.out, err), spans);
}

static int
look_before(struct call *call, int64_t id, const char *address, struct gone *gone, struct err *err)
{
	struct contact_email *emails;
	unsigned count;

	*gone = (struct gone){ 0 };
	if (contact_emails(call->store, call->arena, id, &emails, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (emails[i].primary && strcmp(emails[i].address, address) == 0)
			gone->primary = true;
	}
	return spans_of(call, id, &gone->spans, err);
}

int
run_contact_email_remove(struct call *call, struct err *err)
{
	const char *email = call_text(call, "email");
	struct gone gone;
	char *address;
	int64_t id;

	if (email == NULL)
		return fail_field(err, ERR_USAGE, "email", "there is no address to remove");
	if (call_contact(call, "contact", false, &id, err) < 0 ||
		address_canonical(call->arena, email, &address, err) < 0 ||
		look_before(call, id, address, &gone, err) < 0 ||
		contact_email_remove(call->store, call->arena, id, address, call->now, err) < 0 ||
		journal_email(call, id, address, &gone, NULL, err) < 0)
		return -1;
	capture_contacts_changed(call_capture(call));
	return answer_contact(call, id, err);
}

static int
answer_email(struct call *call, int64_t id, struct err *err)
{
	return contact_email_write(call->store, id, call->out, err);
}

int
run_contact_email_list(struct call *call, struct err *err)
{
	struct query_list list;
	int64_t id;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		call_list(call, &contact_email_noun,
			query_fixed(call->arena, "e.contact_id = ?", id), &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_email, err);
}
