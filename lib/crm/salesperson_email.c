#include <string.h>

#include "liaison/base/address.h"
#include "liaison/crm/salesperson.h"

/* The addresses of salespeople, each within its time. */

static const char COUNT_EMAILS[] =
	"SELECT count(*) FROM salesperson_email WHERE salesperson_id = ?";
static const char SELECT_EMAILS[] =
	"SELECT email, valid_from, valid_until FROM salesperson_email WHERE salesperson_id = ?1"
	" ORDER BY id LIMIT ?2";

int
salesperson_emails(struct store *store, struct arena *arena, int64_t id,
	struct salesperson_email **out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_EMAILS);
	struct salesperson_email *emails;
	int64_t most = 0;
	unsigned used = 0;
	bool found;

	stmt_bind_int(q, id);
	if (sql_get_int(q, &most, &found, err) < 0)
		return -1;
	emails = arena_array(arena, (size_t)most + 1, sizeof *emails);
	q = sql_prepare(store, SELECT_EMAILS);
	stmt_bind_int(q, id);
	stmt_bind_int(q, most);
	while (stmt_row(q)) {
		struct salesperson_email *email = &emails[used++];

		email->email = stmt_text_copy(q, arena);
		email->has_from = !stmt_next_is_null(q);
		email->from = stmt_int(q);
		email->has_until = !stmt_next_is_null(q);
		email->until = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = emails;
	*count = used;
	return 0;
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
	if (stmt_row(q))
		found = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	*code = found;
	return 0;
}
