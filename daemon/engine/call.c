#include <assert.h>
#include <string.h>

#include "input.h"
#include "liaison/crm/field.h"
#include "liaison/crm/setup.h"
#include "liaison/crm/salesperson.h"
#include "liaison/crm/view.h"
#include "values.h"

/* What handlers read from their call. */

static const struct param_value *
find(const struct call *call, const char *name)
{
	int place = command_param_find(call->command, name);

	assert(place >= 0);
	return &call->values->params[place];
}

bool
call_given(const struct call *call, const char *name)
{
	return find(call, name)->given;
}

const char *
call_text(const struct call *call, const char *name)
{
	return call_text_at(call, name, 0);
}

const char *
call_text_at(const struct call *call, const char *name, unsigned i)
{
	const struct param_value *value = find(call, name);

	return i < value->count ? value->items[i].text : NULL;
}

int64_t
call_int(const struct call *call, const char *name, int64_t otherwise)
{
	const struct param_value *value = find(call, name);

	return value->count > 0 ? value->items[0].number : otherwise;
}

bool
call_flag(const struct call *call, const char *name)
{
	return call_int(call, name, 0) != 0;
}

unsigned
call_count(const struct call *call, const char *name)
{
	return find(call, name)->count;
}

int
call_time(const struct call *call, const char *name, bool end, int64_t *time, int *offset_min,
	bool *given, struct err *err)
{
	const char *text = call_text(call, name);

	*given = text != NULL;
	return text == NULL ? 0
			    : moment_parse(text, call->zone, call->now, end, time, offset_min, err);
}

static bool
round_up(const char *rest)
{
	return *rest >= '5' && *rest <= '9';
}

/* Decimal text to minor units, rounded half away from zero. The text was checked. */
static int64_t
to_minor(const char *text, int exponent)
{
	bool negative = *text == '-';
	const char *at = text + (*text == '-' || *text == '+');
	int64_t value = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (*at - '0');
	if (*at == '.')
		at++;
	for (int i = 0; i < exponent; i++) {
		value *= 10;
		if (*at >= '0' && *at <= '9')
			value += *at++ - '0';
	}
	if (round_up(at))
		value++;
	return negative ? -value : value;
}

int
call_money(const struct call *call, const char *name, int64_t *minor, bool *given, struct err *err)
{
	const char *text = call_text(call, name);
	int exponent;

	*given = text != NULL;
	if (text == NULL)
		return 0;
	if (setup_currency_exponent(call->store, &exponent, err) < 0)
		return -1;
	if (strcspn(text, ".") > 14)
		return fail_field(err, ERR_USAGE, name, "'%s' is too large an amount", text);
	*minor = to_minor(text, exponent);
	return 0;
}

int64_t
call_percent(const struct call *call, const char *name)
{
	enum { PLACES = 2 };
	const char *text = call_text(call, name);

	return text == NULL ? 0 : to_minor(text, PLACES);
}

int
call_decimal(const struct call *call, const char *name, int64_t *out, struct err *err)
{
	enum { PLACES = 6, DIGITS_MAX = 12 };
	const char *text = call_text(call, name);

	if (text != NULL && strcspn(text, ".") > DIGITS_MAX)
		return fail_field(err, ERR_USAGE, name, "'%s' is too large a number", text);
	*out = text == NULL ? 0 : to_minor(text, PLACES);
	return 0;
}

const char *
call_input(const struct call *call, size_t *size)
{
	if (call->input == NULL)
		return NULL;
	*size = call->input->bytes.size;
	return *size > 0 ? call->input->bytes.bytes : "";
}

int
call_input_text(const struct call *call, const char **text, struct err *err)
{
	size_t size = 0;
	const char *bytes = call_input(call, &size), *name;

	*text = NULL;
	if (bytes == NULL)
		return 0;
	name = call->input->param->name;
	if (!text_is_utf8(bytes, size))
		return fail_field(err, ERR_USAGE, name, "'%s' is not text in UTF-8", name);
	if (memchr(bytes, '\0', size) != NULL)
		return fail_field(
			err, ERR_USAGE, name, "'%s' is not text: a byte of it is zero", name);
	while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
		size--;
	*text = text_clean(call->arena, bytes, size, size * 3 + 1, true, NULL);
	return 0;
}

bool
call_is_bulk(const struct call *call)
{
	return values_are_bulk(call->values);
}

/* A failure of the store shows again where the condition is run. */
static const struct query_field *
find_custom(void *context, const char *name)
{
	const struct call *call = context;
	const struct query_field *field;
	struct err ignored;

	return field_for_query(call->store, call->arena, name, &field, &ignored) < 0 ? NULL : field;
}

int
call_salesperson(const struct call *call, const char **code, struct err *err)
{
	*code = call->as;
	if (call->as != NULL || call->store == NULL)
		return 0;
	return salesperson_of_user(call->store, call->arena, call->user, code, err);
}

int
call_settle_me(const struct call *call, const char **code, struct err *err)
{
	const char *mine;

	if (*code == NULL || strcmp(*code, "ME") != 0)
		return 0;
	if (call_salesperson(call, &mine, err) < 0)
		return -1;
	if (mine == NULL)
		return fail_field(err, ERR_USAGE, "salesperson",
			"'me' is nobody here, as '%s' is no salesperson", call->user);
	*code = mine;
	return 0;
}

/* A store that cannot answer this fails the list that it is asked for, too. */
static const char *
find_me(void *data)
{
	const char *code = NULL;
	struct err ignored;

	return call_salesperson(data, &code, &ignored) < 0 ? NULL : code;
}

struct query_context
call_query_context(struct call *call)
{
	return (struct query_context){ .now = call->now,
		.zone = call->zone,
		.find_me = find_me,
		.find_field = find_custom,
		.data = call };
}
/* What the view asks joins *where; its order is the list's unless another is said. */
static int
apply_view(struct call *call, const struct query_noun *noun, const struct query_context *context,
	struct query_node **where, const char **sort, struct err *err)
{
	const char *name = call_text(call, "view");
	struct query_node *of_view = NULL;
	struct record *view;
	int64_t id;

	if (name == NULL)
		return 0;
	if (record_find(call->store, call->arena, &view_noun, name, &id, err) < 0 ||
		record_get(call->store, call->arena, &view_noun, id, &view, err) < 0)
		return -1;
	if (strcmp(view->values[at_view_noun].text, noun->name) != 0)
		return fail_field(err, ERR_USAGE, "view", "the view '%s' lists the noun %s", name,
			view->values[at_view_noun].text);
	if (view->values[at_view_where].given &&
		query_parse(call->arena, noun, context, view->values[at_view_where].text, &of_view,
			err) < 0)
		return -1;
	*where = query_and(call->arena, *where, of_view);
	if (*sort == NULL)
		*sort = view->values[at_view_sort].text;
	return 0;
}

int
call_list(struct call *call, const struct query_noun *noun, struct query_node *extra,
	struct query_list *out, struct err *err)
{
	enum { LIMIT_MAX = 1000 };
	struct query_context context = call_query_context(call);
	const char *condition = call_text(call, "where");
	int64_t limit = call_int(call, "limit", 100);
	const char *sort = call_text(call, "sort");
	struct query_node *where = NULL;

	if (limit < 1 || limit > LIMIT_MAX)
		return fail_field(err, ERR_USAGE, "limit", "'limit' is %lld: it is from 1 to %d",
			(long long)limit, LIMIT_MAX);
	if (condition != NULL &&
		query_parse(call->arena, noun, &context, condition, &where, err) < 0)
		return -1;
	if (apply_view(call, noun, &context, &where, &sort, err) < 0)
		return -1;
	*out = (struct query_list){
		.noun = noun,
		.where = query_and(call->arena, where, extra),
		.sort = sort,
		.limit = (unsigned)limit,
		.after = call_text(call, "after"),
		.count = call_flag(call, "count"),
	};
	return 0;
}

int
call_answer_list(struct call *call, const struct query_list *list,
	int (*write_item)(struct call *call, int64_t id, struct err *err), struct err *err)
{
	struct query_page page;

	if (query_run(call->store, call->arena, list, &page, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "items");
	for (unsigned i = 0; i < page.count; i++) {
		if (write_item(call, page.ids[i], err) < 0)
			return -1;
	}
	json_array_end(call->out);
	json_text(call->out, "next", page.next);
	if (list->count)
		json_int(call->out, "count", page.total);
	json_object_end(call->out);
	return 0;
}

struct capture *
call_capture(struct call *call)
{
	assert(call->capture != NULL);
	return call->capture;
}
