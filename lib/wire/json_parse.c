#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "liaison/wire/json.h"

/* A line of JSON into a tree, which jansson does within our limits. */

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Keys come from others: tables hash them with a seed nobody knows. */
static void
seed_tables(void)
{
	size_t seed = 0;

	while (seed == 0)
		if (random_bytes(&seed, sizeof seed) < 0)
			seed = (size_t)clock_monotonic_ms() | 1;
	json_object_seed(seed);
}

/* A tree of which a part was left out for want of memory would be another one. */
static void
set_up(void)
{
	json_set_alloc_funcs(mem_alloc, free);
	seed_tables();
}

void
json_prepare(void)
{
	pthread_once(&once, set_up);
}

/* jansson would go 2048 levels deep, and makes two hundred bytes of the three of "{},"; strings are
 * skipped, and all else is left for it to refuse. */
static int
check_nesting(const char *bytes, size_t size, struct err *err)
{
	unsigned depth = 0, count = 0;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return fail(err, ERR_USAGE,
					"the request is nested over %d levels deep",
					JSON_DEPTH_MAX);
			if (++count > JSON_NESTED_MAX)
				return fail(err, ERR_USAGE,
					"the request has over %d lists and objects",
					JSON_NESTED_MAX);
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return 0;
}

static int
parse(const char *bytes, size_t size, size_t flags, json_t **out, struct err *err)
{
	json_error_t error;
	json_t *root;

	if (size > JSON_LINE_MAX)
		return fail(err, ERR_USAGE, "the request is over %d bytes long", JSON_LINE_MAX);
	if (check_nesting(bytes, size, err) < 0)
		return -1;
	json_prepare();
	root = json_loadb(bytes, size, flags | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root == NULL)
		return fail(err, ERR_USAGE, "the request is not JSON: %s at byte %d", error.text,
			error.position);
	*out = root;
	return 0;
}

int
json_line_parse(const char *bytes, size_t size, json_t **out, struct err *err)
{
	return parse(bytes, size, 0, out, err);
}

int
json_line_parse_nul(const char *bytes, size_t size, json_t **out, struct err *err)
{
	return parse(bytes, size, JSON_ALLOW_NUL, out, err);
}

static const char *
nul_under(json_t *value, const char *name)
{
	const char *found = NULL, *key;
	json_t *inner;
	size_t i;

	if (json_is_string(value))
		return json_string_length(value) > strlen(json_string_value(value)) ? name : NULL;
	json_array_foreach(value, i, inner)
	{
		if (found == NULL)
			found = nul_under(inner, name);
	}
	json_object_foreach(value, key, inner)
	{
		if (found == NULL)
			found = nul_under(inner, key);
	}
	return found;
}

const char *
json_find_nul(json_t *tree)
{
	return nul_under(tree, "");
}
