#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/salesperson.h"
#include "record.h"

/* Salespeople: who of us looks after contacts, and which local user is who. Who is who decides what
 * others see of mail, so it is the admins' to say. */

static int
write_item(struct call *call, int64_t id, struct err *err)
{
	return salesperson_write(call->store, id, call->out, err);
}

static int
record_text(struct call *call, int64_t id, const char **out, struct err *err)
{
	struct text text = { 0 };
	struct json_out json;
	int result;

	json_out_init(&json, &text);
	result = salesperson_write(call->store, id, &json, err);
	if (result == 0)
		*out = arena_text_n(call->arena, text.bytes, text.size);
	text_clear(&text);
	return result;
}

static int
find(struct call *call, struct salesperson *out, struct err *err)
{
	const char *code = call_text(call, "code");

	if (code == NULL)
		return fail_field(err, ERR_USAGE, "code", "a salesperson is named by a code");
	return salesperson_get(call->store, call->arena, code, out, err);
}

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

/* Times without addresses are those of all there are. */
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
	return salesperson_set_emails(call->store, call->arena, id, emails, count, err);
}

/* ---- add, show, list ---- */

static int
run_add(struct call *call, struct err *err)
{
	struct salesperson added = { .code = call_text(call, "code"),
		.name = call_text(call, "name"),
		.user = call_text(call, "user") };
	const char *record = "";

	if (salesperson_add(call->store, call->arena, &added, call->now, err) < 0 ||
		change_emails(call, added.id, err) < 0 ||
		record_text(call, added.id, &record, err) < 0 ||
		call_journal(call, "salesperson", added.id, NULL, record, err) < 0)
		return -1;
	json_raw(call->out, NULL, record, strlen(record));
	return 0;
}

static int
run_show(struct call *call, struct err *err)
{
	struct salesperson found;

	if (find(call, &found, err) < 0)
		return -1;
	return write_item(call, found.id, err);
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_list list;

	if (call_list(call, &salesperson_noun, NULL, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, write_item, err);
}

/* ---- edit, block ---- */

static bool
changes_emails(const struct call *call)
{
	return call_given(call, "email") || call_given(call, "from") || call_given(call, "until");
}

/* The version of one and what differs in the other, for the journal. */
static int
write_difference(struct call *call, const struct salesperson *of, const struct salesperson *other,
	bool with_emails, struct json_out *out, struct err *err)
{
	json_object_begin(out, NULL);
	json_int(out, "version", of->version);
	if (!text_same(of->name, other->name))
		json_text(out, "name", of->name);
	if (!text_same(of->user, other->user))
		json_text(out, "user", of->user);
	if (of->blocked != other->blocked)
		json_bool(out, "blocked", of->blocked);
	if (with_emails && salesperson_emails_write(call->store, of->id, "emails", out, err) < 0)
		return -1;
	json_object_end(out);
	return 0;
}

static int
difference(struct call *call, const struct salesperson *of, const struct salesperson *other,
	bool with_emails, const char **json, struct err *err)
{
	struct text text = { 0 };
	struct json_out out;
	int result;

	json_out_init(&out, &text);
	result = write_difference(call, of, other, with_emails, &out, err);
	if (result == 0)
		*json = arena_text_n(call->arena, text.bytes, text.size);
	text_clear(&text);
	return result;
}

/* Stores, journals and answers what became of it. */
static int
keep(struct call *call, const struct salesperson *old, struct salesperson *fresh, bool with_emails,
	struct err *err)
{
	const char *before, *after;

	if (difference(call, old, fresh, with_emails, &before, err) < 0 ||
		salesperson_update(call->store, call->arena, fresh, call->now, err) < 0 ||
		(with_emails && change_emails(call, fresh->id, err) < 0) ||
		difference(call, fresh, old, with_emails, &after, err) < 0 ||
		call_journal(call, "salesperson", fresh->id, before, after, err) < 0)
		return -1;
	return write_item(call, fresh->id, err);
}

static int
run_edit(struct call *call, struct err *err)
{
	struct salesperson old, fresh;
	bool with_emails = changes_emails(call);

	if (find(call, &old, err) < 0 ||
		call_if_version(call, "salesperson", old.id, old.version, err) < 0)
		return -1;
	fresh = old;
	if (call_given(call, "name"))
		fresh.name = call_text(call, "name");
	if (call_given(call, "user"))
		fresh.user = call_text(call, "user");
	if (!with_emails && text_same(old.name, fresh.name) && text_same(old.user, fresh.user))
		return write_item(call, old.id, err);
	return keep(call, &old, &fresh, with_emails, err);
}

static int
run_block(struct call *call, struct err *err)
{
	struct salesperson old, fresh;

	if (find(call, &old, err) < 0)
		return -1;
	fresh = old;
	fresh.blocked = !call_given(call, "blocked") || call_flag(call, "blocked");
	if (fresh.blocked == old.blocked)
		return write_item(call, old.id, err);
	return keep(call, &old, &fresh, false, err);
}

/* ---- the table ---- */

#define CODE_PARAM \
	{ \
		"code", PARAM_CODE, PARAM_REQUIRED, "code of the salesperson", NULL, NULL \
	}
#define EMAIL_PARAMS \
	{ "email", PARAM_EMAIL, PARAM_REPEATS, "an address of theirs", NULL, NULL }, \
		{ "from", PARAM_DATE, 0, "the addresses are theirs from then on", NULL, NULL }, \
		{ "until", PARAM_DATE, 0, "the addresses were theirs up to then", NULL, NULL }, \
	{ \
		"user", PARAM_NAME, 0, "login name on this machine, who sees what is theirs", \
			NULL, NULL \
	}

static const struct param add_params[] = {
	CODE_PARAM,
	{ "name", PARAM_TEXT, PARAM_POSITIONAL, "the salesperson's name", NULL, NULL },
	EMAIL_PARAMS,
	{ 0 },
};

static const struct param edit_params[] = {
	CODE_PARAM,
	{ "name", PARAM_TEXT, 0, "the salesperson's name", NULL, NULL },
	EMAIL_PARAMS,
	{ "if_version", PARAM_INTEGER, 0, "refuse when the record has another version", NULL,
		NULL },
	{ 0 },
};

static const struct param code_params[] = { CODE_PARAM, { 0 } };

static const struct param block_params[] = {
	CODE_PARAM,
	{ "blocked", PARAM_FLAG, 0, "--no-blocked lifts it", NULL, "true" },
	{ 0 },
};

static const char COLUMNS[] = "code,name,emails,user,blocked";

const struct command salesperson_commands[] = {
	{ .name = "salesperson.add",
		.summary = "add a salesperson",
		.params = add_params,
		.run = run_add,
		.access = ACCESS_ADMIN,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "salesperson.show",
		.summary = "show a salesperson",
		.params = code_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "salesperson.list",
		.summary = "list salespeople",
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "code",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "salesperson.edit",
		.summary = "change a salesperson; addresses given replace those there were",
		.params = edit_params,
		.run = run_edit,
		.access = ACCESS_ADMIN,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "salesperson.block",
		.summary = "a salesperson is nobody from now on: neither `me` nor an owner",
		.params = block_params,
		.run = run_block,
		.access = ACCESS_ADMIN,
		.key = "code",
		.columns = COLUMNS },
	{ 0 },
};
