#include "discover.h"

#include <string.h>

#include "liaison/base/text.h"

const json_t *
discover_by_name(const json_t *document, const char *name)
{
	const json_t *methods = json_object_get(document, "methods");

	for (size_t i = 0; i < json_array_size(methods); i++) {
		const json_t *method = json_array_get(methods, i);
		const char *its = json_string_value(json_object_get(method, "name"));

		if (its != NULL && strcmp(its, name) == 0)
			return method;
	}
	return NULL;
}

static const json_t *
spelled(const json_t *document, const char *const *words, size_t count)
{
	struct text name = { 0 };
	const json_t *method, *full;

	for (size_t i = 0; i < count; i++)
		text_printf(&name, "%s%s", i > 0 ? "." : "", words[i]);
	method = discover_by_name(document, name.bytes);
	text_clear(&name);
	full = json_object_get(method, "x-shorthand");
	if (json_is_string(full)) {
		const json_t *meant = discover_by_name(document, json_string_value(full));

		return meant != NULL ? meant : method;
	}
	return method;
}

const json_t *
discover_method(const json_t *document, const char *const *words, size_t count, size_t *used)
{
	size_t leading = 0;

	while (leading < count && leading < 4 && words[leading][0] != '-')
		leading++;
	for (size_t n = leading; n > 0; n--) {
		const json_t *method = spelled(document, words, n);

		if (method != NULL) {
			*used = n;
			return method;
		}
	}
	*used = 0;
	return NULL;
}

static const char *
nth_of_list(const char *list, size_t i, size_t *length)
{
	for (; i > 0 && list != NULL; i--) {
		list = strchr(list, ',');
		list = list == NULL ? NULL : list + 1;
	}
	if (list == NULL || *list == '\0')
		return NULL;
	list += strspn(list, " ");
	*length = strcspn(list, ", ");
	return list;
}

const char *
discover_column(const json_t *method, size_t i, size_t *length)
{
	const json_t *columns = json_object_get(method, "x-columns");
	const char *name;

	if (json_is_string(columns))
		return nth_of_list(json_string_value(columns), i, length);
	name = json_string_value(json_array_get(columns, i));
	if (name != NULL)
		*length = strlen(name);
	return name;
}

const char *
discover_key(const json_t *method)
{
	return json_string_value(json_object_get(method, "x-key"));
}

bool
discover_reads(const json_t *method)
{
	const char *access = json_string_value(json_object_get(method, "x-access"));

	return access != NULL && strcmp(access, "reads") == 0;
}
