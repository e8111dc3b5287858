#include "liaison/crm/salesperson.h"

#include <string.h>

#include "code_text.h"
#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "record_noun.h"

/* ---- checks ---- */

/* The words that stand in a code's place elsewhere. */
static int
check_code(const char *code, struct err *err)
{
	if (strcmp(code, "ME") != 0 && strcmp(code, "SENDER") != 0)
		return 0;
	return fail_field(err, ERR_USAGE, "code", "the code '%s' means somebody already: %s", code,
		code[0] == 'M' ? "whoever asks" : "whoever wrote or received a mail");
}

static const char SELECT_OTHER[] = "SELECT code FROM salesperson WHERE user = ? AND id <> ?";

/* Who sees what goes by the user, so one is one salesperson, blocked or not. */
static int
check_user(struct store *store, struct arena *arena, const char *user, int64_t id, struct err *err)
{
	struct stmt *q;
	const char *other = NULL;

	if (user == NULL)
		return 0;
	if (strpbrk(user, " \t") != NULL)
		return fail_field(err, ERR_USAGE, "user", "the user '%s' is not one word", user);
	q = sql_prepare(store, SELECT_OTHER);
	stmt_bind_text(q, user);
	stmt_bind_int(q, id);
	if (sql_get_text(q, arena, &other, err) < 0)
		return -1;
	return other == NULL ? 0
			     : fail_field(err, ERR_CONFLICT, "user",
				       "the user '%s' is salesperson '%s' already", user, other);
}

static int
check_salesperson(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	(void)before;
	if (check_code(record->values[at_salesperson_code].text, err) < 0 ||
		phone_check("phone", record->values[at_salesperson_phone].text, err) < 0)
		return -1;
	return check_user(store, arena, record->values[at_salesperson_user].text, record->id, err);
}

static int
write_more(struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	return salesperson_emails_write(store, record->id, out, err);
}

static int
restore_more(struct store *store, const struct record *record, const json_t *json, struct err *err)
{
	struct arena *arena = arena_new();
	int result = salesperson_emails_restore(
		store, arena, record->id, json_object_get(json, "emails"), err);

	arena_free(arena);
	return result;
}

#define ASKED() \
	{ "email", QUERY_TEXT, "e.address", \
		"SELECT 1 FROM salesperson_email e WHERE e.salesperson_id = t.id AND", false },

RECORD_NOUN_ASKED(salesperson, "salesperson", "code", SALESPERSON_FIELDS, ASKED,
	.check = check_salesperson, .write_more = write_more, .restore_more = restore_more);

/* ---- who is who ---- */

static const char SELECT_OF_USER[] = "SELECT code FROM salesperson WHERE user = ? AND blocked = 0";

int
salesperson_of_user(struct store *store, struct arena *arena, const char *user, const char **code,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OF_USER);
	const char *found = NULL;

	stmt_bind_text(q, user);
	if (sql_get_text(q, arena, &found, err) < 0)
		return -1;
	*code = found;
	return 0;
}

int
salesperson_settle(struct store *store, struct arena *arena, const char *field, const char **code,
	struct err *err)
{
	bool refuses;
	int64_t id;

	if (*code == NULL)
		return 0;
	if (code_refuses_unknown(store, arena, &refuses, err) < 0)
		return -1;
	if (!refuses || record_find(store, arena, &salesperson_noun, *code, &id, err) == 0)
		return 0;
	if (err->code == ERR_NOT_FOUND)
		text_copy(err->field, sizeof err->field, field);
	return -1;
}

static const char SELECT_BLOCKED[] = "SELECT blocked FROM salesperson WHERE code = ?";

int
salesperson_is_blocked(struct store *store, const char *code, bool *blocked, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_BLOCKED);
	int64_t is = 0;

	stmt_bind_text(q, code);
	if (sql_get_int(q, &is, NULL, err) < 0)
		return -1;
	*blocked = is != 0;
	return 0;
}
