#include "complete.h"

#include <stdio.h>
#include <string.h>

#include "discover.h"
#include "session.h"

struct completing {
	struct text *out;
	const char *partial;
	struct arena *arena;
};

static void
offer_n(struct completing *completing, const char *word, size_t size, const char *summary)
{
	size_t length = strlen(completing->partial);

	if (size < length || strncmp(word, completing->partial, length) != 0)
		return;
	text_add_n(completing->out, word, size);
	if (summary != NULL)
		text_printf(completing->out, "\t%s", summary);
	text_add_char(completing->out, '\n');
}

static void
offer(struct completing *completing, const char *word, const char *summary)
{
	offer_n(completing, word, strlen(word), summary);
}

/* Several methods begin with the same noun: it is offered once. */
static bool
is_offered(const struct completing *completing, const char *word, size_t size)
{
	const char *line = completing->out->size > 0 ? completing->out->bytes : "";

	while (*line != '\0') {
		size_t length = strcspn(line, "\t\n");

		if (length == size && strncmp(line, word, size) == 0)
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* The methods that the words so far begin: their next words. */
static void
offer_next(struct completing *completing, const json_t *document, const char *const *words,
	size_t count)
{
	const json_t *methods = json_object_get(document, "methods");
	struct text prefix = { 0 };

	for (size_t i = 0; i < count; i++)
		text_printf(&prefix, "%s.", words[i]);
	for (size_t i = 0; i < json_array_size(methods); i++) {
		const json_t *method = json_array_get(methods, i);
		const char *name = json_string_value(json_object_get(method, "name"));
		const char *summary = json_string_value(json_object_get(method, "summary"));
		size_t length;

		if (name == NULL || strncmp(name, "rpc.", 4) == 0 ||
			strncmp(name, prefix.size > 0 ? prefix.bytes : "", prefix.size) != 0)
			continue;
		name += prefix.size;
		length = strcspn(name, ".");
		if (!is_offered(completing, name, length))
			offer_n(completing, name, length, name[length] == '\0' ? summary : NULL);
	}
	text_clear(&prefix);
}

static char *
flag_of(struct arena *arena, const json_t *param)
{
	const char *name = json_string_value(json_object_get(param, "name"));
	char *flag = arena_printf(arena, "--%s", name != NULL ? name : "");

	for (char *p = flag; *p != '\0'; p++) {
		if (*p == '_')
			*p = '-';
	}
	return flag;
}

static const char *
type_of(const json_t *param)
{
	const json_t *schema = json_object_get(param, "schema");
	const char *own = json_string_value(json_object_get(schema, "x-type"));
	const char *format = json_string_value(json_object_get(schema, "format"));
	const char *type = json_string_value(json_object_get(schema, "type"));

	return own != NULL ? own : format != NULL ? format : type != NULL ? type : "";
}

static bool
is_flag(const json_t *param)
{
	return strcmp(type_of(param), "boolean") == 0;
}

/* The values a parameter can have, as far as they are known. */
static void
offer_values(struct completing *completing, const json_t *param)
{
	const json_t *schema = json_object_get(param, "schema");
	const json_t *items = json_object_get(schema, "items");
	const json_t *values = json_object_get(items != NULL ? items : schema, "enum");

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *value = json_string_value(json_array_get(values, i));

		if (value != NULL)
			offer(completing, value, NULL);
	}
	if (strcmp(type_of(param), "input") == 0 || strcmp(type_of(param), "output") == 0)
		text_add(completing->out, ":files\n");
}

static const json_t *
param_by_flag(struct completing *completing, const json_t *params, const char *flag)
{
	for (size_t i = 0; i < json_array_size(params); i++) {
		if (strcmp(flag_of(completing->arena, json_array_get(params, i)), flag) == 0)
			return json_array_get(params, i);
	}
	return NULL;
}

/* The positional parameter the last word would be; a repeating one takes all that follow. */
static const json_t *
param_by_place(
	struct completing *completing, const json_t *params, const char *const *words, size_t count)
{
	size_t place = 0, seen = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		const json_t *param = words[i][0] != '-'
					      ? NULL
					      : param_by_flag(completing, params, words[i]);

		if (words[i][0] != '-')
			place++;
		else if (param != NULL && !is_flag(param) && strchr(words[i], '=') == NULL)
			i++;
	}
	for (size_t i = 0; i < json_array_size(params); i++) {
		const json_t *param = json_array_get(params, i);

		if (!json_is_true(json_object_get(param, "x-positional")))
			continue;
		if (seen++ == place || json_is_true(json_object_get(param, "x-repeats")))
			return param;
	}
	return NULL;
}

static void
offer_flags(struct completing *completing, const json_t *params)
{
	for (size_t i = 0; i < json_array_size(params); i++) {
		const json_t *param = json_array_get(params, i);

		offer(completing, flag_of(completing->arena, param),
			json_string_value(json_object_get(param, "summary")));
	}
}

/* words: what stands behind the method's own words, the last one partial. */
static void
offer_arguments(
	struct completing *completing, const json_t *method, const char *const *words, size_t count)
{
	const json_t *params = json_object_get(method, "params");
	const json_t *before = count < 2 ? NULL
					 : param_by_flag(completing, params, words[count - 2]);
	const json_t *placed;

	if (before != NULL && !is_flag(before)) {
		offer_values(completing, before);
		return;
	}
	if (completing->partial[0] == '-') {
		offer_flags(completing, params);
		return;
	}
	placed = param_by_place(completing, params, words, count);
	if (placed != NULL)
		offer_values(completing, placed);
}

static void
offer_options(struct completing *completing)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->summary != NULL)
			offer(completing, row->name, row->summary);
	}
}

/* Our own option before the partial word, when it takes a value. */
static const struct option_row *
own_option(const char *word)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->value != NULL &&
			(strcmp(row->name, word) == 0 ||
				(row->letter != 0 && word[0] == '-' && word[1] == row->letter)))
			return row;
	}
	return NULL;
}

static void
offer_own_values(struct completing *completing, const struct option_row *row)
{
	static const char *const formats[] = { "table", "json", "jsonl", "csv", "tsv", "ids" };
	static const char *const colors[] = { "auto", "always", "never" };

	if (strcmp(row->name, "--format") == 0) {
		for (int i = 0; i < 6; i++)
			offer(completing, formats[i], NULL);
	} else if (strcmp(row->name, "--color") == 0) {
		for (int i = 0; i < 3; i++)
			offer(completing, colors[i], NULL);
	} else if (strcmp(row->name, "--socket") == 0) {
		text_add(completing->out, ":files\n");
	}
}

/* Leaves out our own options, so that the nouns and verbs stand first. */
static size_t
without_own(const char *const *words, size_t count, const char **out)
{
	size_t kept = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		const struct option_row *row = own_option(words[i]);
		bool ours = row != NULL;

		for (const struct option_row *other = option_rows; other->name != NULL; other++)
			ours |= strcmp(other->name, words[i]) == 0;
		if (row != NULL && i + 2 < count)
			i++;
		if (!ours)
			out[kept++] = words[i];
	}
	out[kept++] = words[count - 1];
	return kept;
}

void
complete_words(struct text *out, const json_t *document, const char *const *words, size_t count)
{
	struct completing completing = { out, count > 0 ? words[count - 1] : "", arena_new() };
	const char **kept = arena_array(completing.arena, count + 1, sizeof *kept);
	const struct option_row *before = count > 1 ? own_option(words[count - 2]) : NULL;
	const json_t *method;
	size_t used;

	if (before != NULL) {
		offer_own_values(&completing, before);
	} else if (count > 0) {
		count = without_own(words, count, kept);
		method = discover_method(document, kept, count - 1, &used);
		offer_next(&completing, document, kept, count - 1);
		if (method != NULL)
			offer_arguments(&completing, method, kept + used, count - used);
		if (count == 1)
			offer(&completing, "completion", "print a completion script");
		if (completing.partial[0] == '-')
			offer_options(&completing);
	}
	arena_free(completing.arena);
}

static json_t *
fetch_document(const struct options *options)
{
	struct session session;
	struct reply reply = { 0 };
	struct err err;
	json_t *document = NULL;

	if (session_open(&session, options, &err) == 0 &&
		session_call(&session, "rpc.discover", NULL, 0, false, &reply, &err) == 0)
		document = json_incref(reply.result);
	reply_clear(&reply);
	session_close(&session);
	return document;
}

void
complete_run(const struct options *options)
{
	json_t *document = fetch_document(options);
	struct text out = { 0 };

	complete_words(&out, document, options->words, options->count);
	if (out.size > 0)
		fwrite(out.bytes, 1, out.size, stdout);
	text_clear(&out);
	json_decref(document);
}
