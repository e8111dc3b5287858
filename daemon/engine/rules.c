#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "mailbox.h"

/* What rules ask of the other programs: headers to be told of, and how much text a calendar tells. */

static const char *
needs_text(struct arena *arena, const struct rule_needs *needs)
{
	const char *text = "";

	for (unsigned i = 0; i < needs->header_count; i++)
		text = arena_printf(arena, "%s%s\n", text, needs->headers[i]);
	return text;
}

void
rules_adopt(struct engine *engine, int64_t level, const char *headers)
{
	engine->rule_level = (enum config_level)level;
	set_text(&engine->rule_headers, headers);
}

int
rules_changed(struct call *call, struct err *err)
{
	struct rule_needs needs;

	if (rule_needs(call->store, call->arena, &needs, err) < 0)
		return -1;
	if (call->engine != NULL)
		call_after_commit(call, rules_adopt, needs.level, needs_text(call->arena, &needs));
	return 0;
}

int
rules_begin(struct engine *engine, struct store *store, struct err *err)
{
	struct arena *arena = arena_new();
	struct rule_needs needs;
	int failed = rule_needs(store, arena, &needs, err);

	if (failed == 0)
		rules_adopt(engine, needs.level, needs_text(arena, &needs));
	arena_free(arena);
	return failed;
}

void
rules_put_names(const struct engine *engine, struct frame_writer *writer, size_t size)
{
	enum { FIELD_SIZE = 8 };
	const char *at = engine->rule_headers;

	if (at == NULL ||
		size + strlen(at) + (size_t)FIELD_SIZE * EVENT_HEADER_NAMES_MAX > FRAME_MESSAGE_MAX)
		return;
	for (const char *end; (end = strchr(at, '\n')) != NULL; at = end + 1)
		frame_put(writer, TAG_NAME, at, (size_t)(end - at));
}
