#include "liaison/crm/following.h"

#include <string.h>

#include "contact_row.h"
#include "liaison/wire/json.h"

static const char SELECT_ENTRY[] =
	"SELECT max(id) FROM journal WHERE contact = ?1 AND noun = 'contact' AND record = ?1";
static const char INSERT[] = "INSERT INTO following (entry) VALUES (?)";

int
following_add(struct store *store, int64_t company, int64_t *entry, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ENTRY);
	bool found;

	stmt_bind_int(q, company);
	if (sql_get_int(q, entry, &found, err) < 0)
		return -1;
	q = sql_prepare(store, INSERT);
	stmt_bind_int(q, *entry);
	return stmt_run(q, err);
}

static const char DELETE[] = "DELETE FROM following WHERE entry = ?";

int
following_end(struct store *store, int64_t entry, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE);

	stmt_bind_int(q, entry);
	return stmt_run(q, err);
}

/* A batch bears the id of its first entry, which has none itself. */
static const char SELECT_FIRST[] =
	"SELECT f.entry, j.record, CASE j.batch WHEN 0 THEN j.id ELSE j.batch END, j.user,"
	" j.method, j.before FROM following f JOIN journal j ON j.id = f.entry"
	" ORDER BY f.entry LIMIT 1";

int
following_first(struct store *store, struct arena *arena, struct following *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_FIRST);

	*out = (struct following){ 0 };
	if (stmt_row(q)) {
		out->entry = stmt_int(q);
		out->company = stmt_int(q);
		out->batch = stmt_int(q);
		out->user = stmt_text_copy(q, arena);
		out->method = stmt_text_copy(q, arena);
		out->before = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

int
following_before(struct arena *arena, const struct following *following, struct contact *contact,
	struct err *err)
{
	json_t *was;

	if (following->before == NULL) /* an erasure took it */
		return 0;
	if (json_line_parse(following->before, strlen(following->before), &was, err) < 0)
		return -1;
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		const json_t *value = json_object_get(was, f->name);

		if (value == NULL)
			continue;
		if (f->type == CONTACT_FLAG)
			*contact_flag_field(contact, f) = json_is_true(value);
		else
			*contact_text_field(contact, f) = arena_text(
				arena, json_string_value(value));
	}
	json_decref(was);
	return 0;
}
