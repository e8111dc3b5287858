#include "liaison/crm/salesperson.h"

#include <string.h>

#include "liaison/base/text.h"

static const struct query_field fields[] = {
	{ "id", QUERY_NUMBER, "p.id", NULL, true },
	{ "version", QUERY_NUMBER, "p.version", NULL, true },
	{ "code", QUERY_TEXT, "p.code COLLATE NOCASE", NULL, true },
	{ "name", QUERY_TEXT, "p.name", NULL, true },
	{ "user", QUERY_TEXT, "p.user", NULL, true },
	{ "blocked", QUERY_BOOL, "p.blocked", NULL, true },
	{ "email", QUERY_TEXT, "e.address",
		"SELECT 1 FROM salesperson_email e WHERE e.salesperson_id = p.id AND", false },
	{ "created", QUERY_TIME, "p.created", NULL, true },
	{ "changed", QUERY_TIME, "p.changed", NULL, true },
	{ 0 },
};

const struct query_noun salesperson_noun = {
	.name = "salesperson",
	.from = "salesperson p",
	.id = "p.id",
	.fields = fields,
	.sort = "code",
};

/* ---- checks ---- */

/* The words that stand in a code's place elsewhere. */
static int
check_code(const char *code, struct err *err)
{
	static const char OF[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (code == NULL || code[0] == '\0' || strlen(code) > 20 || code[strspn(code, OF)] != '\0')
		return fail_field(err, ERR_USAGE, "code",
			"the code '%.40s' is not 1 to 20 of A-Z 0-9 . _ -",
			code == NULL ? "" : code);
	if (strcmp(code, "ME") == 0 || strcmp(code, "SENDER") == 0)
		return fail_field(err, ERR_USAGE, "code",
			"the code '%s' means somebody already: %s", code,
			code[0] == 'M' ? "whoever asks" : "whoever wrote or received a mail");
	return 0;
}

/* Blank texts become NULL. */
static int
check_text(struct arena *arena, const char *field, size_t most, const char **value, struct err *err)
{
	if (*value == NULL)
		return 0;
	*value = text_trim(arena, *value, strlen(*value));
	if ((*value)[0] == '\0')
		*value = NULL;
	else if (strlen(*value) > most || strpbrk(*value, "\r\n") != NULL)
		return fail_field(err, ERR_USAGE, field,
			"the %s '%.40s' is not one line of at most %zu bytes", field, *value, most);
	return 0;
}

static int
check(struct arena *arena, struct salesperson *salesperson, struct err *err)
{
	enum { NAME_MAX_BYTES = 250, USER_MAX_BYTES = 39 };

	if (check_code(salesperson->code, err) < 0 ||
		check_text(arena, "name", NAME_MAX_BYTES, &salesperson->name, err) < 0)
		return -1;
	return check_text(arena, "user", USER_MAX_BYTES, &salesperson->user, err);
}

static const char SELECT_OTHER[] = "SELECT code FROM salesperson WHERE user = ? AND id <> ?";

/* Who sees what goes by the user, so one is one salesperson, blocked or not. */
static int
check_user(struct store *store, struct arena *arena, const struct salesperson *salesperson,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OTHER);
	const char *other = NULL;

	stmt_bind_text(q, salesperson->user);
	stmt_bind_int(q, salesperson->id);
	if (stmt_row(q))
		other = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	return other == NULL ? 0
			     : fail_field(err, ERR_CONFLICT, "user",
				       "the user '%s' is salesperson '%s' already",
				       salesperson->user, other);
}

/* ---- rows ---- */

static const char INSERT[] = "INSERT INTO salesperson (code, name, user, blocked, created, changed)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?5)";

int
salesperson_add(struct store *store, struct arena *arena, struct salesperson *salesperson,
	int64_t now, struct err *err)
{
	struct stmt *q;

	salesperson->id = 0;
	if (check(arena, salesperson, err) < 0 || check_user(store, arena, salesperson, err) < 0)
		return -1;
	q = sql_prepare(store, INSERT);
	stmt_bind_text(q, salesperson->code);
	stmt_bind_text(q, salesperson->name);
	stmt_bind_text(q, salesperson->user);
	stmt_bind_int(q, salesperson->blocked);
	stmt_bind_int(q, now);
	if (stmt_run(q, err) < 0)
		return err->code != ERR_CONFLICT
			       ? -1
			       : fail_field(err, ERR_CONFLICT, "code",
					 "there is a salesperson '%s' already", salesperson->code);
	salesperson->id = store_last_id(store);
	salesperson->version = 1;
	return 0;
}

static const char SELECT[] =
	"SELECT id, version, code, name, user, blocked FROM salesperson WHERE code = ?";

int
salesperson_get(struct store *store, struct arena *arena, const char *code, struct salesperson *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT);
	struct salesperson found = { 0 };

	stmt_bind_text(q, code);
	if (stmt_row(q)) {
		found.id = stmt_int(q);
		found.version = stmt_int(q);
		found.code = stmt_text_copy(q, arena);
		found.name = stmt_text_copy(q, arena);
		found.user = stmt_text_copy(q, arena);
		found.blocked = stmt_int(q) != 0;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0)
		return fail_field(err, ERR_NOT_FOUND, "code", "there is no salesperson '%s'", code);
	*out = found;
	return 0;
}

static const char UPDATE[] =
	"UPDATE salesperson SET name = ?2, user = ?3, blocked = ?4, changed = ?5,"
	" version = version + 1 WHERE id = ?1";

int
salesperson_update(struct store *store, struct arena *arena, struct salesperson *salesperson,
	int64_t now, struct err *err)
{
	struct stmt *q;

	if (check(arena, salesperson, err) < 0 || check_user(store, arena, salesperson, err) < 0)
		return -1;
	q = sql_prepare(store, UPDATE);
	stmt_bind_int(q, salesperson->id);
	stmt_bind_text(q, salesperson->name);
	stmt_bind_text(q, salesperson->user);
	stmt_bind_int(q, salesperson->blocked);
	stmt_bind_int(q, now);
	if (stmt_run(q, err) < 0)
		return -1;
	salesperson->version++;
	return 0;
}

static const char SELECT_OF_USER[] = "SELECT code FROM salesperson WHERE user = ? AND blocked = 0";

int
salesperson_of_user(struct store *store, struct arena *arena, const char *user, const char **code,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OF_USER);
	const char *found = NULL;

	stmt_bind_text(q, user);
	if (stmt_row(q))
		found = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	*code = found;
	return 0;
}

static const char SELECT_BLOCKED[] = "SELECT blocked FROM salesperson WHERE code = ?";

int
salesperson_is_blocked(struct store *store, const char *code, bool *blocked, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_BLOCKED);
	int64_t is = 0;
	bool found;

	stmt_bind_text(q, code);
	if (sql_get_int(q, &is, &found, err) < 0)
		return -1;
	*blocked = is != 0;
	return 0;
}

/* ---- the record ---- */

static const char SELECT_EMAILS[] = "SELECT email, valid_from, valid_until FROM salesperson_email"
				    " WHERE salesperson_id = ? ORDER BY id";

static void
write_moment(struct stmt *q, struct json_out *out, const char *name)
{
	bool null = stmt_next_is_null(q);
	int64_t moment = stmt_int(q);

	if (null)
		json_null_(out, name);
	else
		json_time(out, name, moment, 0);
}

int
salesperson_emails_write(
	struct store *store, int64_t id, const char *name, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_EMAILS);

	stmt_bind_int(q, id);
	json_array_begin(out, name);
	while (stmt_row(q)) {
		json_object_begin(out, NULL);
		json_text(out, "email", stmt_text(q));
		write_moment(q, out, "from");
		write_moment(q, out, "until");
		json_object_end(out);
	}
	json_array_end(out);
	return stmt_end(q, err);
}

static const char SELECT_RECORD[] =
	"SELECT id, version, code, name, user, blocked FROM salesperson WHERE id = ?";

int
salesperson_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RECORD);
	bool found;

	stmt_bind_int(q, id);
	found = stmt_row(q);
	json_object_begin(out, NULL);
	if (found) {
		json_int(out, "id", stmt_int(q));
		json_int(out, "version", stmt_int(q));
		json_text(out, "code", stmt_text(q));
		json_text(out, "name", stmt_text(q));
		json_text(out, "user", stmt_text(q));
		json_bool(out, "blocked", stmt_int(q) != 0);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (!found)
		return fail(err, ERR_NOT_FOUND, "there is no salesperson with the id '%lld'",
			(long long)id);
	if (salesperson_emails_write(store, id, "emails", out, err) < 0)
		return -1;
	json_object_end(out);
	return 0;
}
