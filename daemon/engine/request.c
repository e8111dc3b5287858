#include "request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

/* A line of the control protocol: JSON-RPC 2.0, one object a line (spec section 3). */

enum { RPC_PARSE = -32700, RPC_INVALID = -32600, RPC_UNKNOWN = -32601 };

struct batch *
batch_new(void)
{
	struct batch *batch = mem_zero(1, sizeof *batch);

	batch->arena = arena_new();
	return batch;
}

static void
request_clear(struct request *request)
{
	json_decref(request->root);
	input_free(request->input);
	arena_free(request->turns.kept);
	arena_free(request->turns.own);
}

void
batch_reset(struct batch *batch)
{
	enum { KEEP = 256 * 1024 };

	for (unsigned i = 0; i < batch->count; i++)
		request_clear(&batch->requests[i]);
	settings_release(batch->settings);
	batch->settings = NULL;
	batch->connection = NULL;
	batch->next = NULL;
	batch->count = batch->next_request = batch->reached = 0;
	batch->lasting = batch->unwanted = false;
	batch->size = 0;
	if (batch->out.room > KEEP)
		text_clear(&batch->out);
	else
		text_reset(&batch->out);
	arena_reset(batch->arena);
}

void
batch_free(struct batch *batch)
{
	batch_reset(batch);
	text_clear(&batch->out);
	arena_free(batch->arena);
	free(batch);
}

static int
invalid(int *code, struct err *err, const char *message)
{
	*code = RPC_INVALID;
	return fail(err, ERR_USAGE, "%s", message);
}

static int
read_id(struct arena *arena, const json_t *id, struct request *out, int *code, struct err *err)
{
	char *text;

	if (id == NULL)
		return 0;
	if (json_is_integer(id)) {
		out->id = arena_printf(arena, "%lld", (long long)json_integer_value(id));
		return 0;
	}
	if (!json_is_string(id) && !json_is_null(id) && !json_is_real(id))
		return invalid(code, err, "'id' is a text or a number");
	text = json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
	out->id = text == NULL ? NULL : arena_text(arena, text);
	free(text);
	return out->id != NULL ? 0 : invalid(code, err, "'id' cannot be written back");
}

static int
read_string(const json_t *value, const char *name, const char **out, int *code, struct err *err)
{
	if (json_is_null(value))
		return 0;
	if (!json_is_string(value) || json_string_length(value) > 200) {
		*code = RPC_INVALID;
		return fail_field(
			err, ERR_USAGE, name, "'%s' is a text of at most 200 bytes", name);
	}
	*out = json_string_value(value);
	return 0;
}

static int
read_bool(const json_t *value, const char *name, bool *out, int *code, struct err *err)
{
	if (!json_is_boolean(value) && !json_is_null(value)) {
		*code = RPC_INVALID;
		return fail_field(err, ERR_USAGE, name, "'%s' is true or false", name);
	}
	*out = json_is_true(value);
	return 0;
}

struct members {
	const json_t *version, *id;
	const char *method;
};

static int
read_member(struct request *out, struct members *members, const char *name, json_t *value,
	int *code, struct err *err)
{
	if (strcmp(name, "jsonrpc") == 0)
		members->version = value;
	else if (strcmp(name, "id") == 0)
		members->id = value;
	else if (strcmp(name, "method") == 0)
		members->method = json_string_value(value);
	else if (strcmp(name, "params") == 0)
		out->params = json_is_null(value) ? NULL : value;
	else if (strcmp(name, "key") == 0)
		return read_string(value, name, &out->key, code, err);
	else if (strcmp(name, "as") == 0)
		return read_string(value, name, &out->as, code, err);
	else if (strcmp(name, "tz") == 0)
		return read_string(value, name, &out->tz, code, err);
	else if (strcmp(name, "dry_run") == 0)
		return read_bool(value, name, &out->dry_run, code, err);
	else if (strcmp(name, "yes") == 0)
		return read_bool(value, name, &out->yes, code, err);
	else
		return fail_field(err, ERR_USAGE, name, "a request has no member '%.60s'", name),
		       *code = RPC_INVALID, -1;
	return 0;
}

static int
refuse_nul(json_t *root, int *code, struct err *err)
{
	const char *name = json_find_nul(json_object_get(root, "params"));

	if (name == NULL) {
		name = json_find_nul(root);
		if (name == NULL)
			return 0;
		*code = RPC_INVALID;
	}
	return fail_field(err, ERR_USAGE, name, "the text of '%.60s' holds a NUL", name);
}

static int
read_members(struct arena *arena, struct request *out, struct members *members, int *code,
	struct err *err)
{
	const char *name;
	json_t *value;
	int result = 0;

	/* The id first, so that a mistake in another member is answered under it. */
	members->id = json_object_get(out->root, "id");
	if (read_id(arena, members->id, out, code, err) < 0)
		return -1;
	if (refuse_nul(out->root, code, err) < 0)
		return -1;
	json_object_foreach(out->root, name, value)
	{
		if (result == 0)
			result = read_member(out, members, name, value, code, err);
	}
	return result;
}

static int
check_shape(const struct request *out, const struct members *members, int *code, struct err *err)
{
	const char *version = json_string_value(members->version);

	if (version == NULL || strcmp(version, "2.0") != 0)
		return invalid(code, err, "'jsonrpc' is not \"2.0\"");
	if (members->method == NULL)
		return invalid(code, err, "there is no 'method'");
	if (out->params != NULL && !json_is_object(out->params) && !json_is_array(out->params))
		return invalid(code, err, "'params' is an object or a list of words");
	return 0;
}

static int
wants_help(const struct request *out)
{
	size_t i;
	json_t *word;

	json_array_foreach(out->params, i, word)
	{
		const char *text = json_string_value(word);

		if (text != NULL && strcmp(text, "--") == 0)
			return 0;
		if (text != NULL && strcmp(text, "--help") == 0)
			return 1;
	}
	return 0;
}

/* The words before the first option, for help. */
static void
keep_words(struct request *out)
{
	json_t *kept = json_array();
	size_t i;
	json_t *word;

	json_array_foreach(out->params, i, word)
	{
		const char *text = json_string_value(word);

		if (text == NULL || text[0] == '-')
			break;
		json_array_append(kept, word);
	}
	json_object_set_new(out->root, "params", kept);
	out->params = kept;
	out->skip = 0;
}

static int
find_by_words(struct arena *arena, struct request *out, int *code, struct err *err)
{
	const char *first = json_string_value(json_array_get(out->params, 0));
	const char *second = json_string_value(json_array_get(out->params, 1));

	if (!json_is_array(out->params))
		return invalid(code, err, "'params' of rpc.run is a list of words");
	out->words = true;
	if (json_array_size(out->params) == 0 || wants_help(out)) {
		keep_words(out);
		out->command = command_find("help");
		return 0;
	}
	out->command = command_find_words(out->params, &out->skip);
	if (out->command != NULL)
		return 0;
	*code = RPC_UNKNOWN;
	if (first == NULL)
		return fail(err, ERR_USAGE, "the first word is no command");
	if (second == NULL || second[0] == '-' || strchr(first, '.') != NULL)
		return command_unknown(first, err);
	return command_unknown(arena_printf(arena, "%s.%s", first, second), err);
}

static int
find_command(
	struct arena *arena, const char *method, struct request *out, int *code, struct err *err)
{
	if (strcmp(method, "rpc.run") == 0)
		return find_by_words(arena, out, code, err);
	out->words = json_is_array(out->params);
	out->command = command_find(method);
	if (out->command != NULL)
		return 0;
	*code = RPC_UNKNOWN;
	return command_unknown(method, err);
}

int
request_parse(struct arena *arena, const char *line, size_t size, struct request *out,
	enum line_kind *kind, int *code, struct err *err)
{
	struct members members = { 0 };

	*out = (struct request){ 0 };
	*code = RPC_PARSE;
	out->id = "null";
	if (json_line_parse_nul(line, size, &out->root, err) < 0)
		return -1;
	if (json_is_array(out->root))
		return invalid(
			code, err, "lists of requests are not taken: send one object a line");
	if (!json_is_object(out->root))
		return invalid(code, err, "a request is an object");
	out->id = json_object_get(out->root, "id") == NULL ? NULL : "null";
	*code = 0;
	if (read_members(arena, out, &members, code, err) < 0 ||
		check_shape(out, &members, code, err) < 0)
		return -1;
	assert(members.method != NULL);
	*kind = LINE_REQUEST;
	if (strcmp(members.method, "cancel") == 0)
		*kind = LINE_CANCEL;
	else if (out->id == NULL && strcmp(members.method, "data") == 0)
		*kind = LINE_DATA;
	if (*kind != LINE_REQUEST)
		return 0;
	return find_command(arena, members.method, out, code, err);
}
