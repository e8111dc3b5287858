#include <stdlib.h>

#include "cmd_contact.h"
#include "contact_change.h"
#include "engine.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/duplicate.h"
#include "loop_call.h"
#include "record.h"

/* contact.duplicates and contact.separate. */

/* ---- contact.duplicates: first what changed since the last look is compared, in turns of the writer that
 * others come between; then the pairs are read ---- */

struct search {
	struct work work; /* first */
	struct loop_call *call;
	struct arena *arena;
	struct duplicate_search *known; /* own */
	int64_t contact; /* 0: all */
	int64_t left, most; /* contacts still to be compared */
	struct err err;
	bool separated; /* those are asked for */
	bool failed, read;
};

static int
find_contact(struct search *search, struct worker *worker, struct err *err)
{
	const char *words = call_text(&search->call->call, "contact");

	if (words == NULL)
		return 0;
	return contact_resolve(worker->store, search->arena, words, &search->contact, err);
}

/* One contact is compared at once, all take turns. */
static int
compare(struct search *search, struct worker *worker, struct err *err)
{
	struct duplicate_hit *hits;
	unsigned count;

	if (find_contact(search, worker, err) < 0)
		return -1;
	if (search->contact != 0)
		return duplicate_check(
			worker->store, search->arena, search->contact, &hits, &count, err);
	return duplicate_turn(worker->store, search->arena, search->known, &search->left, err);
}

static void
compare_some(struct search *search, struct worker *worker)
{
	arena_reset(search->arena);
	if (store_begin(worker->store, &search->err) < 0) {
		search->failed = true;
		return;
	}
	search->failed = compare(search, worker, &search->err) < 0 ||
			 store_commit(worker->store, &search->err) < 0;
	if (search->failed)
		store_rollback(worker->store);
}

/* One transaction after the other while nobody else wants the pen; alone the first, after which the client
 * learns how much there is. */
static void
run_compare(struct work *work, struct worker *worker)
{
	enum { TURN_MS = 250 };
	struct search *search = (struct search *)work;
	int64_t begun = clock_monotonic_ms();

	do
		compare_some(search, worker);
	while (!search->failed && search->left > 0 && search->most > 0 &&
		!writer_is_wanted(worker->engine->writer) &&
		clock_monotonic_ms() - begun < TURN_MS);
}

static int
write_pair(struct call *call, int64_t id, struct err *err)
{
	const struct loop_call *loop = (const struct loop_call *)call; /* its first member */
	const struct search *search = loop->data;

	return (search->separated ? separate_write : duplicate_write)(
		call->store, id, search->contact, call->out, err);
}

static int
read_pairs(struct search *search, struct worker *worker, struct err *err)
{
	struct call *call = &search->call->call;
	struct query_node *of_it = NULL;
	struct query_list list;

	call->store = worker->store;
	if (search->separated && find_contact(search, worker, err) < 0)
		return -1;
	if (search->contact != 0)
		of_it = query_or(call->arena,
			query_fixed(call->arena, "d.contact_id = ?", search->contact),
			query_fixed(call->arena, "d.other_id = ?", search->contact));
	if (call_list(call, search->separated ? &separate_noun : &duplicate_noun, of_it, &list,
		    err) < 0)
		return -1;
	return call_answer_list(call, &list, write_pair, err);
}

static void
run_read(struct work *work, struct worker *worker)
{
	struct search *search = (struct search *)work;

	search->failed = store_begin(worker->store, &search->err) < 0;
	if (search->failed)
		return;
	search->failed = read_pairs(search, worker, &search->err) < 0;
	store_rollback(worker->store);
	search->call->call.store = NULL;
	search->read = true;
}

static void
end(struct search *search)
{
	if (search->failed)
		loop_call_fail(search->call, &search->err);
	else
		loop_call_answer(search->call);
	duplicate_search_free(search->known);
	arena_free(search->arena);
	free(search);
}

static void
turn_done(struct work *work)
{
	struct search *search = (struct search *)work;
	struct engine *engine = search->call->call.engine;

	if (search->call->cancelled && !search->failed)
		search->failed = fail(&search->err, ERR_UNAVAILABLE, "cancelled") < 0;
	if (search->failed || search->read) {
		end(search);
		return;
	}
	if (search->left > search->most)
		search->most = search->left;
	if (search->most > 0)
		loop_call_progress(
			search->call, search->most - search->left, search->most, "contacts");
	work->run = search->left > 0 ? run_compare : run_read;
	work->priority = search->left > 0 ? WORK_BACKGROUND : WORK_COMMAND;
	if (search->left > 0)
		writer_add(engine->writer, work);
	else
		pool_add(engine->readers, work);
}

static int
run_duplicates(struct loop_call *call, struct err *err)
{
	struct search *search = mem_zero(1, sizeof *search);

	(void)err;
	search->call = call;
	call->data = search;
	search->arena = arena_new();
	search->known = duplicate_search_new();
	search->separated = call_flag(&call->call, "separated");
	search->work.run = search->separated ? run_read : run_compare;
	search->work.done = turn_done;
	if (search->separated)
		pool_add(call->call.engine->readers, &search->work);
	else
		writer_add(call->call.engine->writer, &search->work);
	return 0;
}

/* ---- contact.add and contact.edit ---- */

static int
write_hit(struct call *call, const struct duplicate_hit *hit, struct err *err)
{
	struct json_out *out = call->out;
	struct contact contact;

	if (contact_get(call->store, call->arena, hit->contact, &contact, err) < 0)
		return -1;
	json_object_begin(out, NULL);
	json_text(out, "no", contact.no);
	json_text(out, "name", contact.name);
	json_int(out, "score", hit->score);
	json_array_begin(out, "reasons");
	duplicate_reasons_write(hit->reasons, out);
	json_array_end(out);
	json_object_end(out);
	return 0;
}

static int
write_duplicates(struct call *call, int64_t id, struct err *err)
{
	enum { TOLD_MOST = 10 };
	struct duplicate_hit *hits;
	unsigned count;

	if (duplicate_check_live(call->store, call->arena, id, &hits, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	json_array_begin(call->out, "duplicates");
	for (unsigned i = 0; i < count && i < TOLD_MOST; i++) {
		if (write_hit(call, &hits[i], err) < 0)
			return -1;
	}
	json_array_end(call->out);
	return 0;
}

int
answer_with_duplicates(struct call *call, int64_t id, const char *warning, struct err *err)
{
	json_object_begin(call->out, NULL);
	if (contact_write_members(call->store, id, call->out, err) < 0 ||
		write_duplicates(call, id, err) < 0)
		return -1;
	if (warning != NULL)
		json_text(call->out, "warning", warning);
	json_object_end(call->out);
	return 0;
}

/* ---- contact.separate ---- */

static int
run_separate(struct call *call, struct err *err)
{
	bool withdraw = call_flag(call, "withdraw");
	struct contact contact, other;
	int64_t id, other_id;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		call_contact(call, "other", false, &other_id, err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0 ||
		contact_get(call->store, call->arena, other_id, &other, err) < 0 ||
		change_separate(call, id, other_id, !withdraw, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	json_text(call->out, "no", contact.no);
	json_text(call->out, "name", contact.name);
	json_text(call->out, "other", other.no);
	json_text(call->out, "other_name", other.name);
	json_bool(call->out, "separate", !withdraw);
	json_object_end(call->out);
	return 0;
}

/* ---- the table ---- */

static const struct param duplicates_params[] = {
	{ "contact", PARAM_CONTACT, PARAM_POSITIONAL, "only of this one", NULL, NULL },
	{ "separated", PARAM_FLAG, 0, "those that were said to be two", NULL, NULL },
	{ 0 },
};

static const struct param separate_params[] = {
	{ "contact", PARAM_CONTACT, PARAM_REQUIRED, "a number, an address or a name", NULL, NULL },
	{ "other", PARAM_CONTACT, PARAM_REQUIRED, "the one that it is not", NULL, NULL },
	{ "withdraw", PARAM_FLAG, 0, "they may be one after all", NULL, NULL },
	{ 0 },
};

const struct command contact_duplicate_commands[] = {
	{ .name = "contact.duplicates",
		.summary = "list pairs of contacts that may be one, the likeliest first",
		.params = duplicates_params,
		.run_loop = run_duplicates,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST | COMMAND_LOOP | COMMAND_IN_ORDER | COMMAND_TRIES,
		.key = "id",
		.columns = "score,no,name,other,other_name,reasons",
		.view = VIEW_TABLE },
	{ .name = "contact.separate",
		.summary = "remember that two contacts are two",
		.params = separate_params,
		.run = run_separate,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = "no,name,other,other_name,separate" },
	{ 0 },
};
