#include <string.h>

#include "cmd_record.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/salesperson.h"
#include "record.h"

/* Salespeople: who of us looks after contacts, and which local user is who. Who is who decides what
 * others see of mail, so it is the admins' to say. */

/* ---- addresses ---- */

struct span {
	struct salesperson_email bounds; /* of which only the times are used */
	bool from_given, until_given;
};

static int
read_span(struct call *call, struct span *out, struct err *err)
{
	struct salesperson_email *bounds = &out->bounds;
	int offset;

	*out = (struct span){ 0 };
	if (call_time(call, "from", false, &bounds->from, &offset, &bounds->has_from, err) < 0 ||
		call_time(call, "until", true, &bounds->until, &offset, &bounds->has_until, err) <
			0)
		return -1;
	out->from_given = call_given(call, "from");
	out->until_given = call_given(call, "until");
	return 0;
}

static void
apply_span(const struct span *span, struct salesperson_email *email)
{
	if (span->from_given) {
		email->has_from = span->bounds.has_from;
		email->from = span->bounds.from;
	}
	if (span->until_given) {
		email->has_until = span->bounds.has_until;
		email->until = span->bounds.until;
	}
}

/* The addresses given; one that stays keeps its times. */
static struct salesperson_email *
read_emails(const struct call *call, const struct salesperson_email *known, unsigned known_count,
	unsigned *count)
{
	struct salesperson_email *emails;

	*count = call_count(call, "email");
	emails = arena_array(call->arena, *count + 1, sizeof *emails);
	for (unsigned i = 0; i < *count; i++) {
		emails[i].email = call_text_at(call, "email", i);
		for (unsigned j = 0; j < known_count; j++) {
			if (strcmp(known[j].email, emails[i].email) == 0)
				emails[i] = known[j];
		}
	}
	return emails;
}

static bool
emails_given(const struct call *call)
{
	return call_given(call, "email") || call_given(call, "from") || call_given(call, "until");
}

/* Times without addresses are those of all there are. What is theirs is ours. */
static int
change_emails(struct call *call, int64_t id, struct err *err)
{
	struct salesperson_email *emails;
	struct span span;
	unsigned count;

	if (read_span(call, &span, err) < 0 ||
		salesperson_emails(call->store, call->arena, id, &emails, &count, err) < 0)
		return -1;
	if (call_given(call, "email"))
		emails = read_emails(call, emails, count, &count);
	for (unsigned i = 0; i < count; i++)
		apply_span(&span, &emails[i]);
	capture_contacts_changed(call_capture(call));
	return salesperson_set_emails(call->store, call->arena, id, emails, count, err);
}

static const struct record_beside emails_beside = { emails_given, change_emails,
	salesperson_emails_write };

/* ---- block ---- */

static int
run_block(struct call *call, struct err *err)
{
	struct record *before, *after;

	if (call_record(call, &before, err) < 0)
		return -1;
	after = record_copy(call->arena, before);
	after->values[at_salesperson_blocked].number = !call_given(call, "blocked") ||
						       call_flag(call, "blocked");
	if (call_edit_record(call, after, before, err) < 0)
		return -1;
	return answer_record(call, before->id, err);
}

/* ---- the table ---- */

#define NOUN_PARAM \
	{ \
		"salesperson", PARAM_CODE, PARAM_REQUIRED, "code of the salesperson", NULL, NULL \
	}
#define EMAIL_PARAMS \
	{ "email", PARAM_EMAIL, PARAM_REPEATS, "an address of theirs", NULL, NULL }, \
		{ "from", PARAM_DATE, 0, "the addresses are theirs from then on", NULL, NULL }, \
	{ \
		"until", PARAM_DATE, 0, "the addresses were theirs up to then", NULL, NULL \
	}

static const struct param add_params[] = {
	SALESPERSON_FIELDS(RECORD_PARAM_ADD_, salesperson) EMAIL_PARAMS,
	{ 0 },
};

static const struct param edit_params[] = {
	NOUN_PARAM,
	SALESPERSON_FIELDS(RECORD_PARAM_EDIT_, salesperson) EMAIL_PARAMS,
	{ 0 },
};

static const struct param one_params[] = { NOUN_PARAM, { 0 } };

static const struct param block_params[] = {
	NOUN_PARAM,
	{ "blocked", PARAM_FLAG, 0, "--no-blocked lifts it", NULL, "true" },
	{ 0 },
};

static const char COLUMNS[] = "code,name,emails,user,blocked";

const struct command salesperson_commands[] = {
	{ .name = "salesperson.add",
		.summary = "add a salesperson",
		.params = add_params,
		.run = run_record_add,
		.access = ACCESS_ADMIN,
		.record = &salesperson_noun,
		.beside = &emails_beside,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "salesperson.show",
		.summary = "show a salesperson",
		.params = one_params,
		.run = run_record_show,
		.access = ACCESS_READS,
		.record = &salesperson_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "salesperson.list",
		.summary = "list salespeople",
		.run = run_record_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.record = &salesperson_noun,
		.key = "code",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "salesperson.edit",
		.summary = "change a salesperson; addresses given replace those there were",
		.params = edit_params,
		.run = run_record_edit,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_NOUN_EDIT,
		.record = &salesperson_noun,
		.beside = &emails_beside,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "salesperson.block",
		.summary = "a salesperson is nobody from now on: neither `me` nor an owner",
		.params = block_params,
		.run = run_block,
		.access = ACCESS_ADMIN,
		.record = &salesperson_noun,
		.key = "code",
		.columns = COLUMNS },
	{ 0 },
};
