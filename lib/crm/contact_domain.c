#include <string.h>

#include "contact_index.h"
#include "liaison/base/address.h"
#include "liaison/crm/contact.h"

/* Domains of companies, and notes on contacts. */

static const char SELECT_COMPANY[] = "SELECT type = 'company', no FROM contact WHERE id = ?";

static int
refuse_person(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_COMPANY);
	bool company = false;
	const char *no = NULL;

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		company = stmt_int(q) != 0;
		no = stmt_text_copy(q, arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (no == NULL)
		return fail(err, ERR_NOT_FOUND, "the contact is not there any more");
	if (!company)
		return fail_field(err, ERR_REFUSED, "domain",
			"'%s' is a person, and a domain belongs to a company", no);
	return 0;
}

static const char INSERT_DOMAIN[] = "INSERT INTO contact_domain (contact_id, domain) VALUES (?, ?)";

int
contact_domain_add(struct store *store, struct arena *arena, int64_t contact_id, const char *domain,
	struct err *err)
{
	struct stmt *q;
	char *canonical;

	if (domain_canonical(arena, domain, &canonical, err) < 0 ||
		refuse_person(store, arena, contact_id, err) < 0)
		return -1;
	q = sql_prepare(store, INSERT_DOMAIN);
	stmt_bind_int(q, contact_id);
	stmt_bind_text(q, canonical);
	if (stmt_run(q, err) < 0)
		return err->code == ERR_CONFLICT
			       ? fail_field(err, ERR_CONFLICT, "domain",
					 "the company has the domain '%s' already", canonical)
			       : -1;
	return contact_index(store, arena, contact_id, err);
}

static const char DELETE_DOMAIN[] =
	"DELETE FROM contact_domain WHERE contact_id = ? AND domain = ?";

int
contact_domain_remove(
	struct store *store, int64_t contact_id, const char *canonical, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_DOMAIN);

	stmt_bind_int(q, contact_id);
	stmt_bind_text(q, canonical);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) == 0)
		return fail_field(
			err, ERR_NOT_FOUND, "domain", "the contact has no domain '%s'", canonical);
	return contact_index_alone(store, contact_id, err);
}

static const char SELECT_DOMAINS[] = "SELECT domain FROM contact_domain WHERE contact_id = ?";

int
contact_domains(struct store *store, struct arena *arena, int64_t contact_id, const char ***out,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_DOMAINS);
	const char **domains = NULL;
	unsigned used = 0, room = 0;

	stmt_bind_int(q, contact_id);
	while (stmt_row(q)) {
		if (used == room) {
			const char **more = arena_array(arena, room = room * 2 + 8, sizeof *more);

			if (used > 0)
				memcpy(more, domains, used * sizeof *more);
			domains = more;
		}
		domains[used++] = stmt_text_copy(q, arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = domains;
	*count = used;
	return 0;
}

static const char SELECT_OWNERS[] =
	"SELECT d.contact_id FROM contact_domain d WHERE d.domain = ? ORDER BY d.contact_id";

static int
owners_of(struct store *store, const char *domain, struct contact_holder *out, unsigned max,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OWNERS);
	unsigned used = 0;

	stmt_bind_text(q, domain);
	while (used < max && stmt_row(q))
		out[used++] = (struct contact_holder){ .contact_id = stmt_int(q) };
	*count = used;
	return stmt_end(q, err);
}

int
contact_by_domain(struct store *store, const char *domain, struct contact_holder *out, unsigned max,
	unsigned *count, struct err *err)
{
	*count = 0;
	if (domain_is_freemail(domain))
		return 0;
	while (domain != NULL && domain[0] != '\0') {
		if (owners_of(store, domain, out, max, count, err) < 0)
			return -1;
		if (*count > 0)
			return 0;
		domain = strchr(domain, '.');
		if (domain != NULL)
			domain++;
	}
	return 0;
}

static const char INSERT_NOTE[] =
	"INSERT INTO contact_note (contact_id, at, user, note) VALUES (?, ?, ?, ?)";

int
contact_note_add(struct store *store, int64_t contact_id, const char *user, const char *note,
	int64_t now, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_NOTE);

	stmt_bind_int(q, contact_id);
	stmt_bind_int(q, now);
	stmt_bind_text(q, user);
	stmt_bind_text(q, note);
	if (stmt_run(q, err) < 0)
		return -1;
	*id = store_last_id(store);
	return 0;
}

static const char SELECT_NOTE[] = "SELECT id, at, user, note FROM contact_note WHERE id = ?";

int
contact_note_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NOTE);

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		json_object_begin(out, NULL);
		json_int(out, "id", stmt_int(q));
		json_int(out, "version", 1); /* notes are never changed */
		json_time(out, "at", stmt_int(q), 0);
		json_text(out, "user", stmt_text(q));
		json_text(out, "note", stmt_text(q));
		json_object_end(out);
	}
	return stmt_end(q, err);
}
