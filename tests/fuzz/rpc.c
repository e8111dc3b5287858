#include <string.h>

#include "liaison/capture/capture.h"
#include "request.h"
#include "values.h"

/* Lines from local users: parsed, their parameters read against the table; nothing is run. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
read_values(struct arena *arena, const struct request *request)
{
	struct value_context context = { arena, NULL, 1800000000 };
	struct call_values *values = values_new(arena, request->command);
	struct err err;

	if (json_is_array(request->params))
		values_from_words(values, &context, request->params, request->skip, &err);
	else
		values_from_object(values, &context, request->params, &err);
}

static void
read_line(struct arena *arena, const char *line, size_t size)
{
	struct text out = { 0 };
	struct request request;
	enum line_kind kind;
	struct err err;
	int code;

	if (request_parse(arena, line, size, &request, &kind, &code, &err) < 0)
		answer_error(&out, request.id, code, &err, NULL);
	else if (kind == LINE_REQUEST)
		read_values(arena, &request);
	json_decref(request.root);
	text_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	const char *at = (const char *)bytes, *end = at + size;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline != NULL ? newline : end;

		read_line(arena, at, (size_t)(stop - at));
		arena_reset(arena);
		at = stop + 1;
	}
	arena_free(arena);
	return 0;
}
