#include "liaison/crm/code.h"
#include "liaison/crm/salutation.h"
#include "liaison/crm/series.h"
#include "liaison/crm/setup.h"
#include "record.h"

/* Setup keys. */

static int
run_show(struct call *call, struct err *err)
{
	const char *key = call_text(call, "key");

	json_object_begin(call->out, NULL);
	if (setup_write(call->store, call->arena, key, "items", call->out, err) < 0)
		return -1;
	json_null_(call->out, "next");
	json_object_end(call->out);
	return 0;
}

static int
run_set(struct call *call, struct err *err)
{
	const char *key = call_text(call, "key"), *before, *after;

	if (key == NULL)
		return fail_field(err, ERR_USAGE, "key", "there is no key to set");
	if (setup_get(call->store, call->arena, key, &before, err) < 0 ||
		setup_set(call->store, key, call_text(call, "value"), err) < 0 ||
		setup_get(call->store, call->arena, key, &after, err) < 0 ||
		call_journal(call, "setup", 0, member_text(call, key, before),
			member_text(call, key, after), err) < 0)
		return -1;
	return setup_write_key(call->store, call->arena, key, call->out, err);
}

/* ---- what a new user begins with ---- */

/* Each is journaled where it is made. */
static int
seed_series(struct call *call,
	unsigned *added /* NOLINT(readability-non-const-parameter): others count */,
	struct err *err)
{
	const char *code;
	int64_t id;

	(void)added;
	json_array_begin(call->out, "series");
	for (unsigned i = 0; (code = series_default_code(i)) != NULL; i++) {
		if (series_add_default(call->store, i, &id, err) < 0 ||
			(id != 0 && journal_series(call, "series", id, code, err) < 0))
			return -1;
		if (id != 0)
			json_text(call->out, NULL, code);
	}
	json_array_end(call->out);
	return 0;
}

static int
seed_codes(struct call *call, unsigned *added, struct err *err)
{
	return code_seed(call->store, call->arena, call->out, added, err);
}

static int
seed_salutations(struct call *call, unsigned *added, struct err *err)
{
	return salutation_seed(call->store, call->arena, call->out, added, err);
}

/* A noun that people do not want to begin empty adds its own: what it added is an array of the answer. */
typedef int seed_fn(struct call *call, unsigned *added, struct err *err);
static seed_fn *const SEEDS[] = { seed_series, seed_codes, seed_salutations };

/* What is there stays as it is. What was added is one entry of the journal, and named in the answer. */
static int
run_init(struct call *call, struct err *err)
{
	unsigned added = 0;

	json_object_begin(call->out, NULL);
	for (size_t i = 0; i < sizeof SEEDS / sizeof *SEEDS; i++) {
		if (SEEDS[i](call, &added, err) < 0)
			return -1;
	}
	json_object_end(call->out);
	if (added == 0)
		return 0;
	return call_journal(
		call, "setup", 0, NULL, arena_printf(call->arena, "{\"added\":%u}", added), err);
}

static const struct param show_params[] = {
	{ "key", PARAM_NAME, PARAM_POSITIONAL, "only this key", NULL, NULL },
	{ 0 },
};

static const struct param set_params[] = {
	{ "key", PARAM_NAME, PARAM_REQUIRED, "the key; setup show lists them", NULL, NULL },
	{ "value", PARAM_TEXT, PARAM_REQUIRED | PARAM_BLANK,
		"the value; an empty word is the default again", NULL, NULL },
	{ 0 },
};

const struct command setup_commands[] = {
	{ .name = "setup.init",
		.summary = "add what is good to begin with and not there: number series, codes, "
			   "salutations",
		.run = run_init,
		.access = ACCESS_ADMIN,
		.columns = "series" },
	{ .name = "setup.show",
		.summary = "show setup keys, their values and what they do",
		.params = show_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "key",
		.columns = "key,value,default,summary",
		.view = VIEW_TABLE },
	{ .name = "setup.set",
		.summary = "set a setup key",
		.params = set_params,
		.run = run_set,
		.access = ACCESS_ADMIN,
		.key = "key",
		.columns = "key,value,default,summary" },
	{ 0 },
};
