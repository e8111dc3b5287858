#include "liaison/capture/capture.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/interaction.h"
#include "loop_call.h"
#include "record.h"
#include "rematch.h"
#include "rules.h"
#include "settings.h"

/* capture: what was decided of every message, why, and deciding again. */

static int
write_capture(struct call *call, int64_t id, struct err *err)
{
	return capture_write(call->store, call->arena, id, call->out, err);
}

/* ---- capture.list ---- */

static const struct param list_params[] = {
	{ "decision", PARAM_ENUM, 0, "only these decisions",
		"captured|unmatched|internal|ignored|bulk|automatic|private|duplicate|quarantined|"
		"forgotten",
		NULL },
	{ "source", PARAM_NAME, 0, "only what this source saw", NULL, NULL },
	{ "folder", PARAM_TEXT, 0, "only what is in this folder", NULL, NULL },
	{ "since", PARAM_DATE, 0, "only what was decided since then", NULL, NULL },
	{ 0 },
};

static const struct {
	const char *param, *field;
	enum query_op op;
} list_filters[] = {
	{ "decision", "decision", QUERY_EQ },
	{ "source", "source", QUERY_EQ },
	{ "folder", "folder", QUERY_EQ },
	{ "since", "at", QUERY_GE },
};

static int
list_where(struct call *call, struct query_node **where, struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_node *one;

	*where = NULL;
	for (size_t i = 0; i < sizeof list_filters / sizeof list_filters[0]; i++) {
		const char *value = call_text(call, list_filters[i].param);

		if (value == NULL)
			continue;
		if (query_compare(call->arena, &capture_noun, &context, list_filters[i].field,
			    list_filters[i].op, value, &one, err) < 0)
			return -1;
		*where = query_and(call->arena, *where, one);
	}
	return 0;
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_node *where;
	struct query_list list;

	if (list_where(call, &where, err) < 0 ||
		call_list(call, &capture_noun, where, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, write_capture, err);
}

/* ---- capture.show ---- */

static const struct param show_params[] = {
	{ "id", PARAM_INTEGER, PARAM_REQUIRED, "the number of the capture record", NULL, NULL },
	{ 0 },
};

static int
run_show(struct call *call, struct err *err)
{
	return capture_write_whole(
		call->store, call->arena, call_int(call, "id", 0), call->out, err);
}

/* ---- capture.explain ---- */

static const struct param explain_params[] = {
	{ "thing", PARAM_TEXT, PARAM_POSITIONAL,
		"an interaction's number, a Message-ID, source:folder:uid, or an event's UID", NULL,
		NULL },
	{ "interaction", PARAM_INTEGER, 0, "an interaction's number", NULL, NULL },
	{ "message_id", PARAM_TEXT, 0, "a Message-ID, with or without <>", NULL, NULL },
	{ "source", PARAM_NAME, 0, "the source that has the message", NULL, NULL },
	{ "folder", PARAM_TEXT, 0, "the folder that has the message", NULL, NULL },
	{ "uid", PARAM_INTEGER, 0, "the message's IMAP UID", NULL, NULL },
	{ "event_uid", PARAM_TEXT, 0, "a calendar event's UID", NULL, NULL },
	{ "recurrence_id", PARAM_TEXT, 0, "which occurrence of the event", NULL, NULL },
	{ 0 },
};

static int
read_thing(struct call *call, struct explain_thing *thing, struct err *err)
{
	const char *words = call_text(call, "thing");
	int64_t uid = call_int(call, "uid", 0);

	if (words != NULL)
		return explain_parse(call->store, call->arena, words, thing, err);
	if (uid < 0 || uid > UINT32_MAX)
		return fail_field(err, ERR_USAGE, "uid", "'%lld' is not a UID", (long long)uid);
	*thing = (struct explain_thing){
		.interaction = call_int(call, "interaction", 0),
		.message_id = call_text(call, "message_id"),
		.source = call_text(call, "source"),
		.folder = call_text(call, "folder"),
		.uid = (uint32_t)uid,
		.event_uid = call_text(call, "event_uid"),
		.recurrence_id = call_text(call, "recurrence_id"),
	};
	return 0;
}

/* Explaining reads only, so it runs on a reader, which has no capture of its own. */
static int
run_explain(struct call *call, struct err *err)
{
	struct explain_thing thing;
	struct capture *capture;
	int failed;

	if (read_thing(call, &thing, err) < 0)
		return -1;
	capture = capture_new(call->config);
	failed = explain_write(call->store, capture, call->arena, &thing, call->out, err);
	capture_free(capture);
	return failed;
}

/* ---- capture.rematch ---- */

static const struct param rematch_params[] = {
	{ "contact", PARAM_CONTACT, 0, "only with this contact's addresses and domains", NULL,
		NULL },
	{ 0 },
};

static int
journal_rematch(struct call *call, int64_t contact_id, int64_t count, struct err *err)
{
	const char *after = arena_printf(call->arena, "{\"rematched\":%lld}", (long long)count);

	if (count == 0)
		return 0;
	return call_journal(
		call, contact_id != 0 ? "contact" : "capture", contact_id, NULL, after, err);
}

struct rematching {
	struct past_run *runs; /* NULL: not begun */
	unsigned count, next;
	int64_t contact_id, recorded;
};

static int
begin_rematching(struct call *call, struct rematching *it, struct err *err)
{
	const char *words = call_text(call, "contact");

	if (words != NULL &&
		contact_resolve(call->store, call->arena, words, &it->contact_id, err) < 0)
		return -1;
	return past_runs(
		call->store, call_keep_arena(call), it->contact_id, &it->runs, &it->count, err);
}

/* As much as a transaction takes. */
static int
rematch_next(struct call *call, struct rematching *it, struct err *err)
{
	struct capture_result result;

	while (it->next < it->count && !call_is_long(call)) {
		struct past_run *run = &it->runs[it->next];

		run->awaited = true;
		if (rematch_some(call, run, &result, err) < 0)
			return -1;
		it->recorded += result.captured;
		it->next += run->over;
	}
	return 0;
}

static int
answer_rematch(struct call *call, const struct rematching *it, struct err *err)
{
	int64_t count = 0;

	for (unsigned i = 0; i < it->count; i++)
		count += it->runs[i].made;
	if (journal_rematch(call, it->contact_id, count, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	json_int(call->out, "rematched", count);
	json_int(call->out, "recorded", it->recorded);
	json_int(call->out, "linked", count - it->recorded);
	json_object_end(call->out);
	return 0;
}

static int
run_rematch(struct call *call, struct err *err)
{
	struct rematching *it = call_keep(call, sizeof *it);

	if ((it->runs == NULL && begin_rematching(call, it, err) < 0) ||
		rematch_next(call, it, err) < 0)
		return -1;
	if (it->next == it->count)
		return answer_rematch(call, it, err);
	call_continue(call, it->runs[it->next].after, it->runs[it->next].last, "messages");
	return 0;
}

/* ---- capture.verify, capture.retry: they ask servers ---- */

static const struct param verify_params[] = {
	{ "source", PARAM_NAME, PARAM_REQUIRED, "the source to verify", NULL, NULL },
	{ "repair", PARAM_FLAG, 0, "fetch and decide what is missing", NULL, NULL },
	{ 0 },
};

static int
run_verify(struct loop_call *call, struct err *err)
{
	if (call_flag(&call->call, "repair") && !(call->call.access & MAY_WRITE))
		return fail(
			err, ERR_PERMISSION, "'%s' may verify, but not repair", call->call.user);
	return run_verify_loop(call, err);
}

static const struct param retry_params[] = {
	{ "id", PARAM_INTEGER, PARAM_POSITIONAL | PARAM_REPEATS,
		"numbers of quarantined capture records; none: all", NULL, NULL },
	{ 0 },
};

/* ---- the past by the rules of today, and by hand ---- */

static const struct param reapply_params[] = {
	{ "source", PARAM_NAME, 0, "only what this source saw", NULL, NULL },
	{ "since", PARAM_DATE, 0, "only messages since then", NULL, NULL },
	{ "where", PARAM_WHERE, 0, "only these capture records", NULL, NULL },
	{ 0 },
};

static const struct param refetch_params[] = {
	{ "id", PARAM_INTEGER, PARAM_POSITIONAL | PARAM_REPEATS, "numbers of capture records", NULL,
		NULL },
	{ "source", PARAM_NAME, 0, "what this source saw", NULL, NULL },
	{ "since", PARAM_DATE, 0, "only messages since then", NULL, NULL },
	{ "where", PARAM_WHERE, 0, "only these capture records", NULL, NULL },
	{ 0 },
};

static const struct param link_params[] = {
	{ "id", PARAM_INTEGER, PARAM_REQUIRED, "the number of the capture record", NULL, NULL },
	{ "contact", PARAM_CONTACT, PARAM_REQUIRED, "with whom it was", NULL, NULL },
	{ "learn", PARAM_FLAG, 0, "the message's address becomes the contact's", NULL, NULL },
	{ 0 },
};

static const struct param record_params[] = {
	{ "source", PARAM_NAME, PARAM_REQUIRED, "the source whose server is asked", NULL, NULL },
	{ "output", PARAM_OUTPUT, PARAM_REQUIRED, "the file to write", NULL, NULL },
	{ "messages", PARAM_INTEGER, 0, "of how many messages a folder; 50 without it", NULL,
		NULL },
	{ 0 },
};

#define ONE_COLUMNS "id,date,from,subject,source,folder,uid,decision"

const struct command capture_commands[] = {
	{ .name = "capture.list",
		.summary = "what was decided of each message, and who it is from",
		.params = list_params,
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "id",
		.columns = "id,date,from,subject,source,folder,uid,decision",
		.view = VIEW_TABLE },
	{ .name = "capture.show",
		.summary = "one decision",
		.params = show_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "id" },
	{ .name = "capture.explain",
		.summary = "why a message is where it is, or is not",
		.params = explain_params,
		.run = run_explain,
		.access = ACCESS_READS,
		.columns = "captures.id,captures.source,captures.folder,captures.uid,captures.date,"
			   "captures.subject,captures.decision" },
	{ .name = "capture.verify",
		.summary = "compare the ledger with what the server has",
		.params = verify_params,
		.run_loop = run_verify,
		.access = ACCESS_READS,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER | COMMAND_TRIES,
		.key = "folder",
		.columns = "folder,server,outside_window,decided,captured,unmatched,quarantined,"
			   "missing",
		.view = VIEW_TABLE },
	{ .name = "capture.retry",
		.summary = "ask the server again for what is quarantined",
		.params = retry_params,
		.run_loop = run_retry_loop,
		.access = ACCESS_WRITES,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER | COMMAND_TRIES,
		.key = "id" },
	{ .name = "capture.record",
		.summary = "write down what a server says, scrubbed, for a report of a fault",
		.params = record_params,
		.run_loop = run_record_loop,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_LOOP },
	{ .name = "capture.rematch",
		.summary = "match the past again with the contacts of today",
		.params = rematch_params,
		.run = run_rematch,
		.access = ACCESS_WRITES },
	{ .name = "capture.reapply",
		.summary = "decide the past again by the rules, addresses and domains of today",
		.params = reapply_params,
		.run_loop = run_reapply_loop,
		.access = ACCESS_ADMIN,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER | COMMAND_TRIES | COMMAND_CONFIRM },
	{ .name = "capture.refetch",
		.summary = "fetch text again, as much as today's level says",
		.params = refetch_params,
		.run_loop = run_refetch_loop,
		.access = ACCESS_WRITES,
		.traits = COMMAND_LOOP | COMMAND_IN_ORDER },
	{ .name = "capture.ignore",
		.summary = "ignore a message for good, whatever rules say",
		.params = show_params,
		.run = run_ignore,
		.access = ACCESS_WRITES,
		.key = "id",
		.columns = ONE_COLUMNS },
	{ .name = "capture.link",
		.summary = "link a message to a contact, whatever its addresses say",
		.params = link_params,
		.run = run_link,
		.access = ACCESS_WRITES,
		.key = "id",
		.columns = ONE_COLUMNS },
	{ 0 },
};
