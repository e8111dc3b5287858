#include "dump.h"

#include <string.h>

#include "liaison/export/csv.h"
#include "liaison/export/vcard.h"

/* Cells as lines of CSV and as vCards. */

void
dump_csv_header(const struct dump_columns *columns, bool raw, struct text *out)
{
	for (unsigned i = 0; i < columns->count; i++)
		csv_cell(out, columns->names[i], i == 0, raw);
	csv_end(out);
}

void
dump_csv(const struct dump_columns *columns, const char *const *cells, bool raw, struct text *out)
{
	for (unsigned i = 0; i < columns->count; i++)
		csv_cell(out, cells[i], i == 0, raw);
	csv_end(out);
}

/* ---- long notes ---- */

enum { NOTES_MAX = 128 * 1024, NOTE_TWICE_MAX = 256 * 1024 };

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

/* Where the list may be cut: behind the last element that begins within the first so many bytes. */
static size_t
notes_end(const char *list)
{
	size_t end = 0;

	for (size_t i = 0; list[i] != '\0'; i++) {
		if (list[i] == '\\' && list[i + 1] != '\0')
			i++;
		else if (list[i] == ';' && (end == 0 || i < NOTES_MAX))
			end = i;
		if (end > 0 && i >= NOTES_MAX)
			return end;
	}
	return 0;
}

bool
dump_split(struct arena *arena, const struct dump_columns *columns, const char **cells,
	const char **rest)
{
	static const char *const SAME[] = { "no", "type", "name", "first_name", "middle_name",
		"surname", "company_no", "company_name", NULL };
	bool split = false;

	for (unsigned i = 0; i < columns->count; i++) {
		const char *list = cells[i];
		bool notes = strcmp(columns->names[i], "notes") == 0;
		size_t end = notes && list != NULL && strlen(list) > NOTES_MAX ? notes_end(list)
									       : 0;

		rest[i] = is_one_of(columns->names[i], SAME) ? list : NULL;
		if (end == 0)
			continue;
		cells[i] = arena_text_n(arena, list, end);
		rest[i] = list + end + 1;
		split = true;
	}
	return split;
}

/* ---- vCard ---- */

struct card {
	struct arena *arena;
	const struct dump_columns *columns;
	const char *const *cells;
	bool *used; /* cells that have a property of the standard */
	int version;
	struct text *out;
};

static const char *
cell(struct card *card, const char *name)
{
	for (unsigned i = 0; i < card->columns->count; i++) {
		if (strcmp(card->columns->names[i], name) != 0)
			continue;
		card->used[i] = true;
		return card->cells[i];
	}
	return NULL;
}

/* What of a list has nothing but its keys is a property for each; with more it is ours as well. */
static const char *
peek(const struct card *card, const char *name)
{
	for (unsigned i = 0; i < card->columns->count; i++) {
		if (strcmp(card->columns->names[i], name) == 0)
			return card->cells[i];
	}
	return NULL;
}

/* The next key of a list, and whether the address was removed; NULL: there is none. */
static const char *
next_key(struct card *card, const char **at, bool *removed)
{
	char *key, *end;

	if (*at == NULL || **at == '\0')
		return NULL;
	key = end = arena_alloc(card->arena, strlen(*at) + 1);
	for (; **at != '\0' && **at != ';' && **at != '|'; ++*at) {
		if (**at == '\\' && (*at)[1] != '\0')
			++*at;
		*end++ = **at;
	}
	*removed = false;
	while (**at == '|') {
		*removed |= strncmp(*at, "|removed=", 9) == 0;
		for (++*at; **at != '\0' && **at != ';' && **at != '|'; ++*at)
			*at += **at == '\\' && (*at)[1] != '\0';
	}
	*at += **at == ';';
	return key;
}

static void
put_keys(struct card *card, const char *column, const char *property)
{
	const char *at = peek(card, column), *key;
	bool removed;

	while ((key = next_key(card, &at, &removed)) != NULL) {
		if (!removed)
			vcard_text(card->out, property, key);
	}
	if (at != NULL && strchr(peek(card, column), '|') == NULL)
		cell(card, column);
}

/* One property for all. */
static void
put_tags(struct card *card)
{
	const char *at = cell(card, "tags"), *key;
	const char **tags = arena_array(card->arena, at == NULL ? 1 : strlen(at) + 1, sizeof *tags);
	unsigned count = 0;
	bool removed;

	while ((key = next_key(card, &at, &removed)) != NULL)
		tags[count++] = key;
	vcard_parts(card->out, "CATEGORIES", ',', tags, count);
}

static void
put_names(struct card *card)
{
	const char *name = cell(card, "name"), *type = cell(card, "type");
	const char *parts[] = { cell(card, "surname"), cell(card, "first_name"),
		cell(card, "middle_name"), NULL, NULL };
	bool company = type != NULL && strcmp(type, "company") == 0;

	vcard_text(card->out, "FN", name);
	if (card->version == 3 || parts[0] != NULL || parts[1] != NULL || parts[2] != NULL) {
		if (parts[0] == NULL && parts[1] == NULL && parts[2] == NULL)
			vcard_uri(card->out, "N", ";;;;");
		else
			vcard_parts(card->out, "N", ';', parts, 5);
	}
	if (card->version == 4)
		vcard_text(card->out, "KIND", company ? "org" : "individual");
	else
		vcard_text(card->out, "X-LIAISON-TYPE", type);
	vcard_parts(card->out, "ORG", ';',
		(const char *[]){ company ? name : cell(card, "company_name") }, 1);
	vcard_text(card->out, "TITLE", cell(card, "job_title"));
}

static void
put_places(struct card *card)
{
	const char *parts[] = { NULL, cell(card, "street_2"), cell(card, "street"),
		cell(card, "city"), cell(card, "county"), cell(card, "post_code"),
		cell(card, "country") };

	vcard_parts(card->out, "ADR;TYPE=work", ';', parts, sizeof parts / sizeof *parts);
	vcard_text(card->out, "TEL;TYPE=work", cell(card, "phone"));
	vcard_text(card->out, "TEL;TYPE=cell", cell(card, "mobile"));
	vcard_text(card->out, "TEL;TYPE=fax", cell(card, "fax"));
	vcard_text(card->out, "TEL;TYPE=pager", cell(card, "pager"));
	vcard_uri(card->out, "URL", cell(card, "home_page"));
	if (card->version == 4)
		vcard_text(card->out, "LANG", cell(card, "language"));
}

/* X-LIAISON-LEAD-STATUS, X-LIAISON-FIELD;X-NAME=size */
static const char *
own_name(struct card *card, unsigned column)
{
	const char *name = card->columns->names[column];
	char *own;

	if (column >= card->columns->first_field)
		return arena_printf(
			card->arena, "X-LIAISON-FIELD;X-NAME=%s", name + strlen("field."));
	own = arena_printf(card->arena, "X-LIAISON-%s", name);
	for (char *at = own; *at != '\0'; at++)
		*at = *at == '_' ? '-' : *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
	return own;
}

static void
put_rest(struct card *card)
{
	for (unsigned i = 0; i < card->columns->count; i++) {
		if (!card->used[i] && card->cells[i] != NULL)
			vcard_text(card->out, own_name(card, i), card->cells[i]);
	}
}

void
dump_vcard(struct arena *arena, const struct dump_columns *columns, const char *const *cells,
	int version, struct text *out)
{
	struct card card = { .arena = arena,
		.columns = columns,
		.cells = cells,
		.used = arena_array(arena, columns->count, sizeof(bool)),
		.version = version,
		.out = out };
	const char *notes;

	text_add(out, "BEGIN:VCARD\r\n");
	vcard_text(out, "VERSION", version == 3 ? "3.0" : "4.0");
	put_names(&card);
	put_places(&card);
	put_keys(&card, "emails", "EMAIL");
	notes = peek(&card, "notes");
	if (notes == NULL || strlen(notes) <= NOTE_TWICE_MAX)
		put_keys(&card, "notes", "NOTE");
	put_tags(&card);
	put_rest(&card);
	text_add(out, "END:VCARD\r\n");
}
