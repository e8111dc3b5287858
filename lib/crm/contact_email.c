#include <string.h>

#include "contact_index.h"
#include "liaison/base/address.h"
#include "liaison/base/clock.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/forget.h"

/* Addresses of contacts: what mail is matched by, each within its time. */

static const char SELECT_EMAILS[] =
	"SELECT id, email, address, kind, is_primary, shared, state = 'removed', valid_from, "
	"valid_until,"
	" learned_from FROM contact_email WHERE contact_id = ? ORDER BY is_primary DESC, state, id";

static void
read_email(struct stmt *q, struct arena *arena, struct contact_email *out)
{
	out->id = stmt_int(q);
	out->email = stmt_text_copy(q, arena);
	out->address = stmt_text_copy(q, arena);
	out->kind = stmt_text_copy(q, arena);
	out->primary = stmt_int(q) != 0;
	out->shared = stmt_int(q) != 0;
	out->removed = stmt_int(q) != 0;
	out->has_from = !stmt_next_is_null(q);
	out->from = stmt_int(q);
	out->has_until = !stmt_next_is_null(q);
	out->until = stmt_int(q);
	out->learned_from = stmt_text_copy(q, arena);
}

int
contact_emails(struct store *store, struct arena *arena, int64_t contact_id,
	struct contact_email **out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_EMAILS);
	struct contact_email *emails = NULL;
	unsigned used = 0, room = 0;

	stmt_bind_int(q, contact_id);
	while (stmt_row(q)) {
		if (used == room) {
			struct contact_email *more = arena_array(
				arena, room = room * 2 + 8, sizeof *more);

			if (used > 0)
				memcpy(more, emails, used * sizeof *emails);
			emails = more;
		}
		read_email(q, arena, &emails[used++]);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = emails;
	*count = used;
	return 0;
}

/* What most additions need to know only. */
static const char SELECT_OTHERS[] =
	"SELECT EXISTS (SELECT 1 FROM contact_email WHERE address = ?1 AND state = 'active'),"
	" EXISTS (SELECT 1 FROM contact_email WHERE contact_id = ?2)";

static const char SELECT_HELD[] =
	"SELECT 1 FROM contact_email WHERE address = ? AND state = 'active' LIMIT 1";

/* held: somebody has the address. any: the contact has addresses, or had. */
static int
look_around(struct store *store, int64_t contact_id, const struct contact_email *email, bool *held,
	bool *any, struct err *err)
{
	struct stmt *q = sql_prepare(store, email->first ? SELECT_HELD : SELECT_OTHERS);

	stmt_bind_text(q, email->address);
	*any = false;
	if (email->first)
		return sql_get_int(q, NULL, held, err);
	stmt_bind_int(q, contact_id);
	*held = *any = true;
	if (stmt_row(q)) {
		*held = stmt_int(q) != 0;
		*any = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

/* Who holds the address within a span of time, this contact first. */
static const char SELECT_RIVAL[] =
	"SELECT e.contact_id, c.no, c.name FROM contact_email e JOIN contact c ON c.id = "
	"e.contact_id"
	" WHERE e.address = ?1 AND e.state = 'active'"
	" AND (e.contact_id = ?2 OR ?3 = 0)"
	" AND (?4 IS NULL OR e.valid_until IS NULL OR e.valid_until >= ?4)"
	" AND (?5 IS NULL OR e.valid_from IS NULL OR e.valid_from <= ?5)"
	" ORDER BY e.contact_id <> ?2, e.id LIMIT 1";

struct rival {
	int64_t id;
	const char *no, *name;
};

static int
find_rival(struct store *store, struct arena *arena, int64_t contact_id,
	const struct contact_email *email, struct rival *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RIVAL);

	*out = (struct rival){ 0 };
	stmt_bind_text(q, email->address);
	stmt_bind_int(q, contact_id);
	stmt_bind_int(q, email->shared);
	stmt_bind_int_or_null(q, email->from, !email->has_from);
	stmt_bind_int_or_null(q, email->until, !email->has_until);
	if (stmt_row(q)) {
		out->id = stmt_int(q);
		out->no = stmt_text_copy(q, arena);
		out->name = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

static int
refuse_rival(struct store *store, struct arena *arena, int64_t contact_id,
	const struct contact_email *email, struct err *err)
{
	struct rival rival;

	if (find_rival(store, arena, contact_id, email, &rival, err) < 0)
		return -1;
	if (rival.id == 0)
		return 0;
	if (rival.id == contact_id)
		return fail_field(err, ERR_CONFLICT, "email",
			"contact '%s' has the address '%s' already", rival.no, email->address);
	fail_field(err, ERR_CONFLICT, "email", "the address '%s' belongs to contact '%s' (%s)",
		email->address, rival.no, rival.name);
	return err_hint(err, "say --shared with contact email add if both are to be matched by it");
}

static const char REVIVE_EMAIL[] =
	"UPDATE contact_email SET email = ?4, kind = ?5, valid_until = ?6, shared = ?7,"
	" learned_from = ?8, state = 'active'"
	" WHERE contact_id = ?1 AND address = ?2 AND valid_from IS ?3 AND state = 'removed'";
static const char INSERT_EMAIL[] = "INSERT INTO contact_email (contact_id, address, valid_from, "
				   "email, kind, valid_until, shared,"
				   " learned_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char INSERT_FIRST[] = "INSERT INTO contact_email (contact_id, address, valid_from, "
				   "email, kind, valid_until, shared,"
				   " learned_from, is_primary)"
				   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)";

static int
put_email(struct store *store, const char *sql, int64_t contact_id,
	const struct contact_email *email, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, contact_id);
	stmt_bind_text(q, email->address);
	stmt_bind_int_or_null(q, email->from, !email->has_from);
	stmt_bind_text(q, email->email);
	stmt_bind_text(q, email->kind);
	stmt_bind_int_or_null(q, email->until, !email->has_until);
	stmt_bind_int(q, email->shared);
	stmt_bind_text(q, email->learned_from);
	return stmt_run(q, err);
}

/* The wanted one of what is active; else the one that was; else the oldest. */
static const char CHOOSE_PRIMARY[] =
	"UPDATE contact_email SET is_primary = (id IS (SELECT id FROM contact_email"
	" WHERE contact_id = ?1 AND state = 'active'"
	" ORDER BY address IS ?2 DESC, is_primary DESC, id LIMIT 1))"
	" WHERE contact_id = ?1";

int
contact_email_choose(struct store *store, int64_t contact_id, const char *address, struct err *err)
{
	struct stmt *q = sql_prepare(store, CHOOSE_PRIMARY);

	stmt_bind_int(q, contact_id);
	stmt_bind_text(q, address);
	return stmt_run(q, err);
}

static const char SELECT_ID[] =
	"SELECT id FROM contact_email WHERE contact_id = ?1 AND address = ?2 AND valid_from IS ?3"
	" AND state = 'active'";

static int
find_id(struct store *store, int64_t contact_id, struct contact_email *email, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ID);

	stmt_bind_int(q, contact_id);
	stmt_bind_text(q, email->address);
	stmt_bind_int_or_null(q, email->from, !email->has_from);
	return sql_get_int(q, &email->id, NULL, err);
}

/* There is nothing to revive, and none to choose from. */
static int
add_first(struct store *store, int64_t contact_id, struct contact_email *email, struct err *err)
{
	if (put_email(store, INSERT_FIRST, contact_id, email, err) < 0)
		return -1;
	email->id = store_last_id(store);
	return 0;
}

static int
add_another(struct store *store, int64_t contact_id, struct contact_email *email, struct err *err)
{
	if (put_email(store, REVIVE_EMAIL, contact_id, email, err) < 0)
		return -1;
	if (store_changes(store) == 0 && put_email(store, INSERT_EMAIL, contact_id, email, err) < 0)
		return -1;
	if (contact_email_choose(store, contact_id, email->primary ? email->address : NULL, err) <
		0)
		return -1;
	return find_id(store, contact_id, email, err);
}

int
contact_email_add(struct store *store, struct arena *arena, int64_t contact_id,
	struct contact_email *email, struct err *err)
{
	char *address;
	bool held, any;

	if (address_canonical(arena, email->email, &address, err) < 0)
		return -1;
	email->address = address;
	if (forgotten_refuse(store, address, err) < 0)
		return -1;
	if (email->has_from && email->has_until && email->until < email->from)
		return fail_field(
			err, ERR_USAGE, "until", "the address '%s' ends before it begins", address);
	if (look_around(store, contact_id, email, &held, &any, err) < 0 ||
		(held && refuse_rival(store, arena, contact_id, email, err) < 0) ||
		(any ? add_another : add_first)(store, contact_id, email, err) < 0)
		return -1;
	return contact_index(store, arena, contact_id, err);
}

static const char REMOVE_EMAIL[] =
	"UPDATE contact_email SET state = 'removed', is_primary = 0,"
	" valid_until = CASE WHEN valid_until IS NULL OR valid_until > ?3"
	"  THEN max(?3, coalesce(valid_from, ?3)) ELSE valid_until END"
	" WHERE contact_id = ?1 AND address = ?2 AND state = 'active'";

int
contact_email_remove(struct store *store, struct arena *arena, int64_t contact_id,
	const char *address, int64_t now, struct err *err)
{
	struct stmt *q;
	char *canonical;

	if (address_canonical(arena, address, &canonical, err) < 0)
		return -1;
	q = sql_prepare(store, REMOVE_EMAIL);
	stmt_bind_int(q, contact_id);
	stmt_bind_text(q, canonical);
	stmt_bind_int(q, now);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) == 0)
		return fail_field(
			err, ERR_NOT_FOUND, "email", "the contact has no address '%s'", canonical);
	return contact_email_choose(store, contact_id, NULL, err);
}

static const char SELECT_HOLDERS[] =
	"SELECT e.contact_id, coalesce(c.company_id, 0), c.type = 'person', e.shared"
	" FROM contact_email e JOIN contact c ON c.id = e.contact_id"
	" WHERE e.address = ?1 AND e.state = 'active'"
	" AND (e.valid_from IS NULL OR e.valid_from <= ?2)"
	" AND (e.valid_until IS NULL OR e.valid_until >= ?2)";

static struct contact_holder
read_holder(struct stmt *q)
{
	struct contact_holder holder = { 0 };

	/* once: its spans of one address do not overlap */
	holder.contact_id = stmt_int(q);
	holder.company_id = stmt_int(q);
	holder.person = stmt_int(q) != 0;
	holder.shared = stmt_int(q) != 0;
	return holder;
}

/* In the order of their contacts, which SQLite would open a sorter for at each look-up: most find one. */
int
contact_by_address(struct store *store, const char *address, int64_t at, struct contact_holder *out,
	unsigned max, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_HOLDERS);
	unsigned used = 0;

	stmt_bind_text(q, address);
	stmt_bind_int(q, at);
	while (stmt_row(q)) {
		const struct contact_holder holder = read_holder(q);
		unsigned place = used;

		while (place > 0 && out[place - 1].contact_id > holder.contact_id)
			place--;
		if (place == max)
			continue;
		used += used < max;
		memmove(&out[place + 1], &out[place], (used - 1 - place) * sizeof *out);
		out[place] = holder;
	}
	*count = used;
	return stmt_end(q, err);
}
