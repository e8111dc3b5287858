#include "tree.h"

#include <stdlib.h>
#include <string.h>

/* The same conditions over things that are not rows: what compile.c says in SQL, said in C. */

struct seen {
	const struct query_node *test;
	struct arena *scratch;
	bool any, match; /* a value that is not blank; one that the test wants */
};

static bool
in_order(enum query_op op, int sign_low, int sign_high)
{
	switch (op) {
	case QUERY_LT:
		return sign_low < 0;
	case QUERY_LE:
		return sign_high <= 0;
	case QUERY_GT:
		return sign_high > 0;
	case QUERY_GE:
		return sign_low >= 0;
	default:
		return sign_low >= 0 && sign_high <= 0;
	}
}

/* Most of what is compared is ASCII, and differs soon; folded is folded already. */
static int
compare_folded(const char *value, const char *folded, struct arena *scratch)
{
	size_t i = 0;

	for (;; i++) {
		unsigned char c = (unsigned char)value[i], wanted = (unsigned char)folded[i];

		if (c >= 0x80)
			return strcmp(text_fold(scratch, value + i), folded + i);
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (c != wanted)
			return c < wanted ? -1 : 1;
		if (c == '\0')
			return 0;
	}
}

static bool
match_text(const struct seen *seen, const struct query_value *wanted, const char *value)
{
	int sign;

	if (seen->test->op == QUERY_GLOB)
		return text_glob(wanted->text, value, true);
	sign = compare_folded(value, wanted->text, seen->scratch);
	return in_order(seen->test->op, sign, sign);
}

static int
compare(double a, double b)
{
	return (a > b) - (a < b);
}

static int
compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static bool
match_integer(const struct seen *seen, const struct query_value *wanted, int64_t value)
{
	int sign = compare((double)value, wanted->number);

	if (wanted->is_double)
		return in_order(seen->test->op, sign, sign);
	return in_order(
		seen->test->op, compare_int(value, wanted->low), compare_int(value, wanted->high));
}

static bool
match_number(const struct seen *seen, const struct query_value *wanted, const char *value)
{
	int64_t integer = 0;
	double number = 0;
	bool is_double;
	int sign;

	if (query_number(value, &integer, &number, &is_double) < 0)
		return false;
	if (!is_double)
		return match_integer(seen, wanted, integer);
	sign = compare(number, wanted->is_double ? wanted->number : (double)wanted->low);
	return in_order(seen->test->op, sign, sign);
}

static bool
read_integer(enum query_type type, const char *value, int64_t *out)
{
	bool yes;
	int offset;

	if (type == QUERY_MONEY)
		return query_money(value, out) == 0;
	if (type == QUERY_TIME)
		return time_parse(value, out, &offset) == 0 || text_to_int64(value, out) == 0;
	if (query_bool(value, &yes) < 0)
		return false;
	*out = yes;
	return true;
}

static bool
match_value(const struct seen *seen, const struct query_value *wanted, const char *value)
{
	enum query_type type = seen->test->field->type;
	int64_t integer;

	if (type == QUERY_TEXT || type == QUERY_CONTACT)
		return match_text(seen, wanted, value);
	if (type == QUERY_NUMBER)
		return match_number(seen, wanted, value);
	return read_integer(type, value, &integer) && match_integer(seen, wanted, integer);
}

static bool
see(void *to, const char *value)
{
	struct seen *seen = to;

	if (value == NULL)
		return true;
	seen->any = seen->any || value[0] != '\0';
	for (unsigned i = 0; i < seen->test->value_count && !seen->match; i++)
		seen->match = match_value(seen, &seen->test->values[i], value);
	return !seen->match || !seen->any;
}

static bool
wants_blank(const struct query_node *test)
{
	bool is_text = test->field->type == QUERY_TEXT || test->field->type == QUERY_CONTACT;

	for (unsigned i = 0; i < test->value_count && is_text; i++)
		if (test->values[i].text[0] == '\0')
			return true;
	return false;
}

/* A switch that is not there is off. */
static bool
wants_no(const struct query_node *test)
{
	return test->field->type == QUERY_BOOL && test->value_count == 1 &&
	       test->values[0].low == 0;
}

static bool
match_test(const struct query_node *test, const struct query_values *values, struct arena *scratch)
{
	struct seen seen = { .test = test, .scratch = scratch };
	bool equal = test->op == QUERY_EQ || test->op == QUERY_NE;

	values->values(values->object, test->field->name, see, &seen);
	if (test->op == QUERY_BLANK)
		return !seen.any;
	if (equal && test->value_count == 1 && wants_blank(test))
		seen.match = !seen.any; /* of many values all have to be blank */
	else if (equal && !seen.any && (wants_blank(test) || wants_no(test)))
		seen.match = true;
	return seen.match != (test->op == QUERY_NE);
}

static enum query_truth
judge_test(const struct query_node *test, const struct query_values *values, struct arena *scratch,
	bool doubts)
{
	if (doubts && values->known != NULL && !values->known(values->object, test->field->name))
		return QUERY_UNKNOWN;
	return match_test(test, values, scratch) ? QUERY_TRUE : QUERY_FALSE;
}

static enum query_truth judge(const struct query_node *node, const struct query_values *values,
	struct arena *scratch, bool doubts);

/* decides: what one child alone makes of the whole. */
static enum query_truth
judge_all(const struct query_node *node, const struct query_values *values, struct arena *scratch,
	bool doubts, enum query_truth decides)
{
	enum query_truth result = decides == QUERY_TRUE ? QUERY_FALSE : QUERY_TRUE;

	for (unsigned i = 0; i < node->count; i++) {
		enum query_truth one = judge(node->children[i], values, scratch, doubts);

		if (one == decides)
			return one;
		if (one == QUERY_UNKNOWN)
			result = QUERY_UNKNOWN;
	}
	return result;
}

static enum query_truth
judge(const struct query_node *node, const struct query_values *values, struct arena *scratch,
	bool doubts)
{
	enum query_truth inner;

	switch (node->kind) {
	case QUERY_AND:
		return judge_all(node, values, scratch, doubts, QUERY_FALSE);
	case QUERY_OR:
		return judge_all(node, values, scratch, doubts, QUERY_TRUE);
	case QUERY_NOT:
		inner = judge(node->children[0], values, scratch, doubts);
		return inner == QUERY_UNKNOWN ? inner
		       : inner == QUERY_TRUE  ? QUERY_FALSE
					      : QUERY_TRUE;
	case QUERY_TEST:
		return judge_test(node, values, scratch, doubts);
	case QUERY_HAS: /* things that are not rows have no relations, and their noun names none */
	case QUERY_FIXED:
		return QUERY_FALSE;
	}
	return QUERY_FALSE;
}

bool
query_match(const struct query_node *where, const struct query_values *values)
{
	struct arena *scratch;
	bool result;

	if (where == NULL)
		return true;
	scratch = arena_new();
	result = judge(where, values, scratch, false) == QUERY_TRUE;
	arena_free(scratch);
	return result;
}

enum query_truth
query_judge(
	const struct query_node *where, const struct query_values *values, struct arena *scratch)
{
	return where == NULL ? QUERY_TRUE : judge(where, values, scratch, true);
}

void
query_each_field(const struct query_node *where,
	void (*each)(void *to, const struct query_field *field), void *to)
{
	if (where == NULL)
		return;
	if (where->kind == QUERY_TEST)
		each(to, where->field);
	for (unsigned i = 0; i < where->count; i++)
		query_each_field(where->children[i], each, to);
}
