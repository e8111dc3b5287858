/* Values that are lists. */
#include <string.h>

#include "config_value.h"
#include "liaison/base/address.h"

enum { LIST_MAX = 1000 };

/* One item of "a, "b, c", !"d"": quotes keep commas and blanks. Returns what follows it. */
static const char *
read_item(struct arena *arena, const char *at, char **item)
{
	struct text text = { 0 };
	size_t solid = 0; /* up to where blanks are part of it */
	bool quoted = false;

	text_add(&text, "");
	at += strspn(at, " \t");
	for (; *at != '\0' && (quoted || *at != ','); at++) {
		if (*at == '"' && (quoted || text.size == 0 || text.bytes[text.size - 1] == '!')) {
			quoted = !quoted;
			solid = text.size;
			continue;
		}
		if (quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		text_add_char(&text, *at);
		if (quoted || (*at != ' ' && *at != '\t'))
			solid = text.size;
	}
	*item = arena_text_n(arena, text.bytes, solid);
	text_clear(&text);
	return at + (*at == ',');
}

static size_t
split(struct value *value, const char **items)
{
	const char *at = value->raw;
	size_t count = 0;
	char *item;

	while (*at != '\0' && count < LIST_MAX) {
		at = read_item(value->arena, at, &item);
		if (item[0] != '\0')
			items[count++] = item;
	}
	return count;
}

static int
keep_list(struct value *value, struct config_list *out, const char **items, size_t count)
{
	out->items = NULL;
	out->count = count;
	if (count > 0) {
		out->items = arena_array(value->arena, count, sizeof *items);
		memcpy(out->items, items, count * sizeof *items);
	}
	return 0;
}

int
config_read_list(struct value *value)
{
	const char *items[LIST_MAX];
	size_t count = split(value, items);

	return keep_list(value, value->field, items, count);
}

int
config_read_addresses(struct value *value)
{
	const char *items[LIST_MAX];
	size_t count = split(value, items);
	char *found;

	for (size_t i = 0; i < count; i++) {
		bool pattern = strncmp(items[i], "*@", 2) == 0;
		int result = pattern ? domain_canonical(value->arena, items[i] + 2, &found, NULL)
				     : address_canonical(value->arena, items[i], &found, NULL);

		if (result < 0)
			return config_expected(value,
				"addresses such as me@own.example or *@own.example, not '%s'",
				items[i]);
		items[i] = pattern ? arena_printf(value->arena, "*@%s", found) : found;
	}
	return keep_list(value, value->field, items, count);
}

static int
read_domain_list(struct value *value, struct config_list *out)
{
	const char *items[LIST_MAX];
	size_t count = split(value, items);
	char *found;

	for (size_t i = 0; i < count; i++) {
		if (domain_canonical(value->arena, items[i], &found, NULL) < 0)
			return config_expected(
				value, "domains such as own.example, not '%s'", items[i]);
		items[i] = found;
	}
	return keep_list(value, out, items, count);
}

int
config_read_domains(struct value *value)
{
	return read_domain_list(value, value->field);
}

int
config_read_fold(struct value *value)
{
	struct config_source *source = value->base;

	source->fold_subaddress = strcmp(value->text, "fold") == 0;
	source->fold_domains = (struct config_list){ 0 };
	if (source->fold_subaddress || strcmp(value->text, "keep") == 0 || value->text[0] == '\0')
		return 0;
	if (read_domain_list(value, &source->fold_domains) == 0)
		return 0;
	return config_expected(value, "keep, fold, or the domains to fold, such as own.example");
}
