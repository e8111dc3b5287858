#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/clock.h"
#include "liaison/crm/salesperson.h"

/* The addresses of salespeople, each within its time. */

static void
read_email(struct stmt *q, struct arena *arena, struct salesperson_email *out)
{
	out->email = stmt_text_copy(q, arena);
	out->has_from = !stmt_next_is_null(q);
	out->from = stmt_int(q);
	out->has_until = !stmt_next_is_null(q);
	out->until = stmt_int(q);
}

/* What sql selects, at most as many as counted; both are of one salesperson unless that is 0. */
static int
read_emails(struct store *store, struct arena *arena, const char *counted, const char *sql,
	int64_t id, struct salesperson_email **out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, counted);
	struct salesperson_email *emails;
	int64_t most = 0;
	unsigned used = 0;

	if (id != 0)
		stmt_bind_int(q, id);
	if (sql_get_int(q, &most, NULL, err) < 0)
		return -1;
	emails = arena_array(arena, (size_t)most + 1, sizeof *emails);
	q = sql_prepare(store, sql);
	if (id != 0)
		stmt_bind_int(q, id);
	stmt_bind_int(q, most);
	while (stmt_row(q))
		read_email(q, arena, &emails[used++]);
	if (stmt_end(q, err) < 0)
		return -1;
	*out = emails;
	*count = used;
	return 0;
}

static const char COUNT_EMAILS[] =
	"SELECT count(*) FROM salesperson_email WHERE salesperson_id = ?";
static const char SELECT_EMAILS[] =
	"SELECT email, valid_from, valid_until FROM salesperson_email WHERE salesperson_id = ?1"
	" ORDER BY id LIMIT ?2";

int
salesperson_emails(struct store *store, struct arena *arena, int64_t id,
	struct salesperson_email **out, unsigned *count, struct err *err)
{
	return read_emails(store, arena, COUNT_EMAILS, SELECT_EMAILS, id, out, count, err);
}

static const char SELECT_ADDRESSES[] =
	"SELECT address, valid_from, valid_until FROM salesperson_email ORDER BY address LIMIT ?";
static const char COUNT_ADDRESSES[] = "SELECT count(*) FROM salesperson_email";

int
salesperson_addresses(struct store *store, struct arena *arena, struct salesperson_email **out,
	unsigned *count, struct err *err)
{
	return read_emails(store, arena, COUNT_ADDRESSES, SELECT_ADDRESSES, 0, out, count, err);
}

static const char INSERT_EMAIL[] =
	"INSERT INTO salesperson_email (salesperson_id, email, address, valid_from, valid_until)"
	" VALUES (?, ?, ?, ?, ?)";

static int
put_email(struct store *store, struct arena *arena, int64_t id,
	const struct salesperson_email *email, struct err *err)
{
	struct stmt *q;
	char *address;

	if (email->has_from && email->has_until && email->until < email->from)
		return fail_field(err, ERR_USAGE, "until",
			"the address '%s' would end before it begins", email->email);
	if (address_canonical(arena, email->email, &address, err) < 0)
		return -1;
	q = sql_prepare(store, INSERT_EMAIL);
	stmt_bind_int(q, id);
	stmt_bind_text(q, email->email);
	stmt_bind_text(q, address);
	stmt_bind_int_or_null(q, email->from, !email->has_from);
	stmt_bind_int_or_null(q, email->until, !email->has_until);
	if (stmt_run(q, err) == 0)
		return 0;
	if (err->code != ERR_CONFLICT)
		return -1;
	return fail_field(err, ERR_CONFLICT, "email", "the address '%s' is given twice", address);
}

static const char DELETE_EMAILS[] = "DELETE FROM salesperson_email WHERE salesperson_id = ?";

int
salesperson_set_emails(struct store *store, struct arena *arena, int64_t id,
	const struct salesperson_email *emails, unsigned count, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_EMAILS);

	stmt_bind_int(q, id);
	if (stmt_run(q, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (put_email(store, arena, id, &emails[i], err) < 0)
			return -1;
	}
	return 0;
}

static const char SELECT_OF_ADDRESS[] =
	"SELECT p.code FROM salesperson_email e JOIN salesperson p ON p.id = e.salesperson_id"
	" WHERE e.address = ?1 AND (e.valid_from IS NULL OR e.valid_from <= ?2)"
	" AND (e.valid_until IS NULL OR e.valid_until >= ?2) ORDER BY p.id LIMIT 1";

int
salesperson_of_address(struct store *store, struct arena *arena, const char *address, int64_t at,
	const char **code, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OF_ADDRESS);
	const char *found = NULL;

	stmt_bind_text(q, address);
	stmt_bind_int(q, at);
	if (sql_get_text(q, arena, &found, err) < 0)
		return -1;
	*code = found;
	return 0;
}

/* ---- the record ---- */

static const char SELECT_RECORD[] = "SELECT email, valid_from, valid_until FROM salesperson_email"
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
salesperson_emails_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RECORD);

	stmt_bind_int(q, id);
	json_array_begin(out, "emails");
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

static int
read_moment(const json_t *email, const char *name, bool *has, int64_t *moment, struct err *err)
{
	const char *text = json_string_value(json_object_get(email, name));
	int offset;

	*has = text != NULL;
	return text == NULL ? 0 : moment_parse(text, NULL, 0, false, moment, &offset, err);
}

int
salesperson_emails_restore(
	struct store *store, struct arena *arena, int64_t id, const json_t *emails, struct err *err)
{
	struct salesperson_email *list = arena_array(
		arena, json_array_size(emails) + 1, sizeof *list);
	unsigned count = 0;
	size_t i;
	json_t *one;

	json_array_foreach(emails, i, one)
	{
		struct salesperson_email *email = &list[count];

		email->email = json_string_value(json_object_get(one, "email"));
		if (email->email == NULL)
			continue;
		if (read_moment(one, "from", &email->has_from, &email->from, err) < 0 ||
			read_moment(one, "until", &email->has_until, &email->until, err) < 0)
			return -1;
		count++;
	}
	return salesperson_set_emails(store, arena, id, list, count, err);
}
