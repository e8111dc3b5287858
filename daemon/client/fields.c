#include "fields.h"

#include <string.h>

#include "discover.h"
#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "output.h"

static bool
is_column(const json_t *method, const char *name)
{
	const char *column;
	size_t length;

	for (size_t i = 0; (column = discover_column(method, i, &length)) != NULL; i++) {
		if (strlen(name) == length && strncmp(column, name, length) == 0)
			return true;
	}
	return false;
}

/* "emails.email" is a member of what "emails" holds. */
static bool
is_there(struct arena *arena, const json_t *record, const char *field)
{
	return json_object_get(record, field) != NULL ||
	       json_object_get(record, arena_text_n(arena, field, strcspn(field, "."))) != NULL;
}

static json_t *
unknown(struct arena *arena, const json_t *record, const char *field)
{
	size_t count = json_object_size(record), i = 0;
	const char **names = arena_array(arena, count + 1, sizeof *names), *near, *name;
	char *list = arena_text(arena, "");
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)record, name, value)
	{
		list = arena_printf(arena, "%s%s%s", list, i > 0 ? ", " : "", name);
		names[i++] = name;
	}
	near = text_suggest(field, names, count);
	if (near != NULL)
		list = arena_printf(arena, "did you mean '%s'? there are %s", near, list);
	else
		list = arena_printf(arena, "there are %s", list);
	return json_pack("{s:i,s:s,s:{s:s,s:s,s:s}}", "code", err_rpc_code(ERR_USAGE), "message",
		arena_printf(arena, "there is no field '%s'", field), "data", "name",
		err_name(ERR_USAGE), "field", "fields", "hint", list);
}

json_t *
fields_check(struct arena *arena, const char *fields, const json_t *method, const json_t *result)
{
	const json_t *record = output_is_list(result)
				       ? json_array_get(json_object_get(result, "items"), 0)
				       : result;

	if (fields == NULL || !json_is_object(record))
		return NULL;
	for (const char *at = fields; *at != '\0';) {
		size_t length = strcspn(at, ",");
		const char *field = arena_text_n(arena, at, length);

		if (length > 0 && !is_there(arena, record, field) && !is_column(method, field))
			return unknown(arena, record, field);
		at += length + (at[length] == ',');
	}
	return NULL;
}
