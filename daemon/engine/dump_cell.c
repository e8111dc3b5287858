#include "dump.h"

#include <string.h>

#include "liaison/crm/field.h"
#include "liaison/crm/import.h"
#include "record.h"

/* The cells of a contact, one a column. */

/* ---- columns ---- */

static int
add_fields(struct store *store, struct arena *arena, struct dump_columns *columns, unsigned room,
	struct err *err)
{
	int64_t *ids;
	size_t count;

	if (query_ids(store, arena, &field_query, NULL, 0, &ids, &count, err) < 0)
		return -1;
	columns->first_field = columns->count;
	columns->names = memcpy(arena_array(arena, room + count, sizeof *columns->names),
		columns->names, columns->count * sizeof *columns->names);
	for (size_t i = 0; i < count; i++) {
		struct record *field;

		if (record_get(store, arena, &field_noun, ids[i], &field, err) < 0)
			return -1;
		columns->names[columns->count++] = arena_printf(
			arena, "field.%s", field->values[at_field_name].text);
	}
	return 0;
}

int
dump_columns(struct store *store, struct arena *arena, struct dump_columns *out, struct err *err)
{
	enum { ROOM = 100 };
	struct dump_columns columns = { .names = arena_array(arena, ROOM, sizeof(const char *)) };

	columns.names[columns.count++] = "no";
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++)
		columns.names[columns.count++] = f->name;
	columns.names[columns.count++] = "company_no";
	columns.names[columns.count++] = "company_name";
	for (unsigned i = 0; dump_list_name(i) != NULL; i++)
		columns.names[columns.count++] = dump_list_name(i);
	if (add_fields(store, arena, &columns, ROOM, err) < 0)
		return -1;
	*out = columns;
	return 0;
}

/* ---- cells ---- */

static unsigned
put_fields(const struct contact *contact, const char **out)
{
	unsigned count = 0;

	out[count++] = contact->no;
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		const void *member_of = (const char *)contact + f->offset;

		if (f->type == CONTACT_TEXT)
			out[count++] = *(const char *const *)member_of;
		else
			out[count++] = *(const bool *)member_of ? "true" : NULL;
	}
	return count;
}

static int
put_company(struct store *store, struct arena *arena, const struct contact *contact,
	const char **out, struct err *err)
{
	struct contact company;

	if (contact->company_id == 0)
		return 0;
	if (contact_get(store, arena, contact->company_id, &company, err) < 0)
		return -1;
	out[0] = company.no;
	out[1] = company.name;
	return 0;
}

static int
put_declared(struct store *store, struct arena *arena, const struct dump_columns *columns,
	int64_t id, const char **out, struct err *err)
{
	struct text text = { 0 };
	struct json_out json;
	json_t *tree;
	int result;

	json_out_init(&json, &text);
	result = field_write_values(store, id, NULL, &json, err);
	tree = json_loadb(text.bytes, text.size, 0, NULL);
	text_clear(&text);
	for (unsigned i = columns->first_field; i < columns->count; i++)
		out[i] = plain_text(
			arena, json_object_get(tree, columns->names[i] + strlen("field.")));
	json_decref(tree);
	return result;
}

int
dump_cells(struct store *store, struct arena *arena, const struct dump_columns *columns, int64_t id,
	const char **out, struct err *err)
{
	struct contact contact;
	unsigned count, extras;

	memset(out, 0, columns->count * sizeof *out);
	if (contact_get(store, arena, id, &contact, err) < 0)
		return -1;
	count = put_fields(&contact, out);
	if (put_company(store, arena, &contact, out + count, err) < 0 ||
		contact_extras(store, id, &extras, err) < 0)
		return -1;
	count += 2;
	for (unsigned i = 0; dump_list_name(i) != NULL; i++) {
		if (dump_list(store, arena, i, extras, id, &out[count++], err) < 0)
			return -1;
	}
	if (columns->first_field == columns->count || !(extras & EXTRA_FIELDS))
		return 0;
	return put_declared(store, arena, columns, id, out, err);
}
