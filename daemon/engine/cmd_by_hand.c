#include <string.h>

#include "cmd_contact.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/contact.h"
#include "record.h"
#include "rematch.h"
#include "rules.h"

/* capture.ignore, capture.link: what people decide of one message. */

/* What is withheld from the caller is not the caller's to decide. */
static int
may_decide(struct call *call, int64_t row, struct err *err)
{
	bool withheld;

	if (capture_withheld(call->store, row, &withheld, err) < 0)
		return -1;
	return withheld ? fail(err, ERR_PERMISSION,
				  "the capture record '%lld' is withheld from '%s'", (long long)row,
				  call->user)
			: 0;
}

/* The record as JSON, in the call's arena. */
static int
record_text(struct call *call, int64_t row, const char **out, struct err *err)
{
	struct json_doc doc;

	json_doc_begin(&doc);
	return json_doc_end(&doc, call->arena,
		capture_write(call->store, call->arena, row, &doc.out, err), out);
}

static int
finish(struct call *call, int64_t row, const char *before, const struct capture_result *result,
	struct err *err)
{
	const char *after;

	if (tell_interactions(call, result, err) < 0 || record_text(call, row, &after, err) < 0)
		return -1;
	if (strcmp(before, after) != 0 &&
		call_journal(call, "capture", row, before, after, err) < 0)
		return -1;
	return capture_write(call->store, call->arena, row, call->out, err);
}

int
run_ignore(struct call *call, struct err *err)
{
	int64_t row = call_int(call, "id", 0);
	struct capture_result result;
	const char *before;

	if (record_text(call, row, &before, err) < 0 || may_decide(call, row, err) < 0 ||
		capture_ignore(call->store, call_capture(call), call->arena, row, call->user,
			call->now, &result, err) < 0)
		return -1;
	return finish(call, row, before, &result, err);
}

/* ---- link -------------------------------------------------------------------------------------- */

/* The message's address becomes the contact's, and the past is matched by it. */
static int
learn(struct call *call, int64_t row, int64_t contact, struct err *err)
{
	struct contact_email email = { .learned_from = arena_printf(
					       call->arena, "capture %lld", (long long)row) };
	int64_t count = 0;

	if (capture_other_address(
		    call->store, call_capture(call), call->arena, row, &email.email, err) < 0 ||
		contact_email_add(call->store, call->arena, contact, &email, err) < 0 ||
		contact_touch(call->store, contact, call->now, err) < 0 ||
		call_journal(call, "contact", contact, NULL,
			member_text(call, "email", email.address), err) < 0)
		return -1;
	return rematch_address(call, email.address, &count, err);
}

int
run_link(struct call *call, struct err *err)
{
	int64_t row = call_int(call, "id", 0), contact;
	struct capture_result result;
	const char *before;

	if (record_text(call, row, &before, err) < 0 || may_decide(call, row, err) < 0 ||
		call_contact(call, "contact", false, &contact, err) < 0)
		return -1;
	if (capture_link(call->store, call_capture(call), call->arena, row, contact, call->user,
		    call->now, &result, err) < 0)
		return -1;
	if (call_flag(call, "learn") && learn(call, row, contact, err) < 0)
		return -1;
	return finish(call, row, before, &result, err);
}
