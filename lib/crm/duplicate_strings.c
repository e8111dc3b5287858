#include <stdlib.h>
#include <string.h>

#include "contact_row.h"
#include "duplicate_side.h"
#include "liaison/base/text.h"
#include "liaison/crm/setup.h"

/* Business Central's search strings as setup has them: "name:first:5, name:last:5". */

const char DUPLICATE_STRINGS[] =
	"name:first:5, name:last:5, street:first:5, street:last:5, city:first:5, city:last:5, "
	"phone:first:5, phone:last:5, vat_no:first:5, vat_no:last:5, post_code:first:5, "
	"post_code:last:5, email:first:5, email:last:5, mobile:first:5, mobile:last:5";

static const struct contact_field *
find_field(const char *name)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (f->type == CONTACT_TEXT && strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

static const char *
name_of(const struct duplicate_string *row)
{
	return row->field != NULL ? row->field->name : "email";
}

static int
read_part(const char *part, const char *words, bool *last, struct err *err)
{
	*last = strcmp(part, "last") == 0;
	if (*last || strcmp(part, "first") == 0)
		return 0;
	return fail_field(
		err, ERR_USAGE, "value", "'%.60s' takes neither 'first' nor 'last'", words);
}

/* words: "name:first:5", or "name:first" for five letters. */
static int
read_row(struct arena *arena, const char *words, struct duplicate_string *out, struct err *err)
{
	enum { LENGTH_DEFAULT = 5, LENGTH_MIN = 2, LENGTH_MAX = 10 };
	const char *part = strchr(words, ':'), *length;
	const char *name = arena_text_n(
		arena, words, part != NULL ? (size_t)(part - words) : strlen(words));

	*out = (struct duplicate_string){ .field = find_field(name), .length = LENGTH_DEFAULT };
	if (out->field == NULL && strcmp(name, "email") != 0)
		return fail_field(
			err, ERR_USAGE, "value", "'%.60s' is no text field of contacts", name);
	if (part == NULL)
		return fail_field(err, ERR_USAGE, "value",
			"'%.60s' is no string: write field:first:5 or field:last:5", words);
	length = strchr(++part, ':');
	part = arena_text_n(arena, part, length != NULL ? (size_t)(length - part) : strlen(part));
	if (read_part(part, words, &out->last, err) < 0)
		return -1;
	if (length != NULL && (text_to_uint32(length + 1, &out->length) < 0 ||
				      out->length < LENGTH_MIN || out->length > LENGTH_MAX))
		return fail_field(
			err, ERR_USAGE, "value", "'%.60s' does not take 2 to 10 letters", words);
	return 0;
}

static bool
is_known(const struct duplicate_rows *rows, const struct duplicate_string *row)
{
	for (unsigned i = 0; i < rows->count; i++) {
		if (rows->items[i].field == row->field && rows->items[i].last == row->last)
			return true;
	}
	return false;
}

static int
read_rows(struct arena *arena, const char *value, struct duplicate_rows *out, struct err *err)
{
	out->count = 0;
	while (*(value += strspn(value, ", ")) != '\0') {
		size_t size = strcspn(value, ", ");
		const char *words = arena_text_n(arena, value, size);
		struct duplicate_string *row = &out->items[out->count];

		if (out->count == DUPLICATE_STRINGS_MAX)
			return fail_field(err, ERR_USAGE, "value", "there are more than %d strings",
				DUPLICATE_STRINGS_MAX);
		if (read_row(arena, words, row, err) < 0)
			return -1;
		if (is_known(out, row))
			return fail_field(err, ERR_USAGE, "value", "'%.60s' is there twice", words);
		out->count++;
		value += size;
	}
	return out->count > 0 ? 0 : fail_field(err, ERR_USAGE, "value", "there is no string");
}

int
duplicate_strings_check(struct arena *arena, const char **value, struct err *err)
{
	struct duplicate_rows rows;
	const char *text = "";

	if (read_rows(arena, *value, &rows, err) < 0)
		return -1;
	for (unsigned i = 0; i < rows.count; i++)
		text = arena_printf(arena, "%s%s%s:%s:%u", text, i > 0 ? ", " : "",
			name_of(&rows.items[i]), rows.items[i].last ? "last" : "first",
			rows.items[i].length);
	*value = text;
	return 0;
}

/* Another word here, and bases that were searched by older rules are searched anew. */
static const char RULES[] = "own-domains";

int
duplicate_rows_get(
	struct store *store, struct arena *arena, struct duplicate_rows *out, struct err *err)
{
	const char *hit;

	if (setup_get(store, arena, "duplicate-strings", &out->text, err) < 0 ||
		setup_get(store, arena, "duplicate-hit", &hit, err) < 0 ||
		read_rows(arena, out->text, out, err) < 0)
		return -1;
	out->text = arena_printf(arena, "%s %s", RULES, out->text);
	out->hit = (unsigned)strtoul(hit, NULL, 10);
	return 0;
}
