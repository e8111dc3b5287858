#include "liaison/base/clock.h"
#include "liaison/crm/series.h"
#include "record.h"

/* Number series. */

static int
answer_series(struct call *call, const char *code, struct err *err)
{
	return series_write(call->store, code, call->out, err);
}

static int
series_text(struct call *call, const char *code, const char **out, struct err *err)
{
	struct json_doc doc;

	json_doc_begin(&doc);
	return json_doc_end(&doc, call->arena, series_write(call->store, code, &doc.out, err), out);
}

int
journal_series(struct call *call, const char *noun, int64_t id, const char *code, struct err *err)
{
	const char *after;

	if (series_text(call, code, &after, err) < 0)
		return -1;
	return call_journal(call, noun, id, NULL, after, err);
}

/* A flag that is on unless it was said to be off. */
static bool
flag_or(const struct call *call, const char *name, bool otherwise)
{
	return call_given(call, name) ? call_flag(call, name) : otherwise;
}

static int
relate(struct call *call, const char *code, struct err *err)
{
	for (unsigned i = 0; i < call_count(call, "related"); i++) {
		if (series_relate(call->store, call_text_at(call, "related", i), code, err) < 0)
			return -1;
	}
	return 0;
}

/* Clearing one of default and manual sets the other, as in Business Central. */
static int
run_add(struct call *call, struct err *err)
{
	const char *code = call_text(call, "code");
	bool by_default = flag_or(call, "default", true), manual = flag_or(call, "manual", true);
	int64_t id;

	if (code == NULL)
		return fail_field(err, ERR_USAGE, "code", "a number series must have a code");
	if (!by_default && !call_given(call, "manual"))
		manual = true;
	if (series_add(call->store, code, call_text(call, "description"), by_default, manual,
		    call_flag(call, "date_order"), &id, err) < 0 ||
		relate(call, code, err) < 0 || journal_series(call, "series", id, code, err) < 0)
		return -1;
	return answer_series(call, code, err);
}

/* The day as the caller has it: the one of the parameter, else today. */
static int
read_day(struct call *call, const char *param, int64_t *day, bool *given, struct err *err)
{
	int offset = call->zone != NULL ? zone_offset(call->zone, call->now) : 0;

	*day = call->now;
	if (call_time(call, param, false, day, &offset, given, err) < 0)
		return -1;
	*day += (int64_t)offset * 60;
	return 0;
}

/* The first line is from ever; a later one takes over today unless another day is said. */
static int
line_from(struct call *call, const char *code, int64_t *from, struct err *err)
{
	bool given, has;

	if (read_day(call, "from", from, &given, err) < 0 ||
		series_has_line(call->store, code, &has, err) < 0)
		return -1;
	if (!given && !has)
		*from = TIME_MIN;
	return 0;
}

static int
run_line(struct call *call, struct err *err)
{
	const char *code = call_text(call, "code");
	struct series_line line = { .start = call_text(call, "start"),
		.end = call_text(call, "end"),
		.warn = call_text(call, "warn"),
		.increment = call_int(call, "increment", 1) };

	const char *before, *after;
	int64_t id;

	if (code == NULL || line.start == NULL)
		return fail_field(err, ERR_USAGE, code == NULL ? "code" : "start",
			"a line needs a series and a starting number");
	if (line_from(call, code, &line.from, err) < 0 ||
		series_text(call, code, &before, err) < 0 ||
		series_line_add(call->store, code, &line, err) < 0 ||
		series_line_id(call->store, code, line.from, &id, err) < 0 ||
		series_text(call, code, &after, err) < 0 ||
		call_journal(call, "series-line", id, before, after, err) < 0)
		return -1;
	return answer_series(call, code, err);
}

static int
run_show(struct call *call, struct err *err)
{
	const char *code = call_text(call, "code");

	if (code == NULL)
		return fail_field(err, ERR_USAGE, "code", "there is no code to show");
	return answer_series(call, code, err);
}

static int
write_item(struct call *call, int64_t id, struct err *err)
{
	const char *code;

	if (series_code(call->store, call->arena, id, &code, err) < 0)
		return -1;
	return answer_series(call, code, err);
}

static int
run_list(struct call *call, struct err *err)
{
	struct query_list list;

	if (call_list(call, &series_noun, NULL, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, write_item, err);
}

static int
journal_number(struct call *call, const char *code, const char *no, struct err *err)
{
	return call_journal(call, "series", 0, NULL,
		arena_printf(call->arena, "{\"code\":\"%s\",\"no\":\"%s\"}", code, no), err);
}

static int
run_next(struct call *call, struct err *err)
{
	const char *code = call_text(call, "code"), *no;
	bool given, warning, peek = call_flag(call, "peek");
	int64_t day;

	if (code == NULL)
		return fail_field(err, ERR_USAGE, "code", "there is no series to draw from");
	if (read_day(call, "date", &day, &given, err) < 0 ||
		series_next(call->store, call->arena, code, day, peek, &no, &warning, err) < 0)
		return -1;
	if (!peek && journal_number(call, code, no, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	json_text(call->out, "code", code);
	json_text(call->out, "no", no);
	json_bool(call->out, "peek", peek);
	json_bool(call->out, "warning", warning);
	json_object_end(call->out);
	return 0;
}

#define CODE_PARAM \
	{ \
		"code", PARAM_CODE, PARAM_REQUIRED, "code of the series", NULL, NULL \
	}

static const struct param add_params[] = {
	CODE_PARAM,
	{ "description", PARAM_TEXT, 0, "what it numbers", NULL, NULL },
	{ "default", PARAM_FLAG, 0, "gives numbers by itself; on unless --no-default", NULL,
		"true" },
	{ "manual", PARAM_FLAG, 0, "takes numbers typed by hand; on unless --no-manual", NULL,
		"true" },
	{ "date_order", PARAM_FLAG, 0, "refuses a date before the last one", NULL, NULL },
	{ "related", PARAM_CODE, PARAM_REPEATS, "a series that this one may be chosen instead of",
		NULL, NULL },
	{ 0 },
};

static const struct param line_params[] = {
	CODE_PARAM,
	{ "start", PARAM_CODE, PARAM_REQUIRED, "first number", NULL, NULL },
	{ "end", PARAM_CODE, 0, "last number", NULL, NULL },
	{ "warn", PARAM_CODE, 0, "warns from this number on", NULL, NULL },
	{ "increment", PARAM_INTEGER, 0, "step from number to number", NULL, "1" },
	{ "from", PARAM_DATE, 0,
		"the day it takes over; else the first line is from ever, a later one "
		"from today; a line that begins that day (1900-01-01 is from ever) becomes this "
		"one",
		NULL, NULL },
	{ 0 },
};

static const struct param code_params[] = { CODE_PARAM, { 0 } };

static const struct param next_params[] = {
	CODE_PARAM,
	{ "date", PARAM_DATE, 0, "for that day; else today", NULL, NULL },
	{ "peek", PARAM_FLAG, 0, "only shows it", NULL, NULL },
	{ 0 },
};

static const char COLUMNS[] = "code,description,default,manual,date_order";

const struct command series_commands[] = {
	{ .name = "series.add",
		.summary = "add a number series",
		.params = add_params,
		.run = run_add,
		.access = ACCESS_ADMIN,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "series.line",
		.summary = "add a range of numbers to a series, or change one",
		.params = line_params,
		.run = run_line,
		.access = ACCESS_ADMIN,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "series.show",
		.summary = "show a series, its lines and what was drawn",
		.params = code_params,
		.run = run_show,
		.access = ACCESS_READS,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "series.list",
		.summary = "list number series",
		.run = run_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "code",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "series.next",
		.summary = "draw the next number",
		.params = next_params,
		.run = run_next,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = "code,no,warning" },
	{ 0 },
};
