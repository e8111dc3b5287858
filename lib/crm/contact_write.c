#include <string.h>

#include "liaison/crm/contact_picture.h"
#include "liaison/crm/field.h"
#include "currency.h"

/* The contact record of the protocol: three prepared statements, written as their rows come. */

static void
write_texts(struct stmt *q, struct json_out *out)
{
	static const char *const NAMES[] = { "no", "type", "name", "first_name", "middle_name",
		"surname", "company_no", "company_name", "job_title", "salesperson", "territory",
		"language", "country", "street", "city", "post_code", "phone", "mobile",
		"home_page", "correspondence", "lead_status", "lead_source" };

	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		json_text(out, NAMES[i], stmt_text(q));
}

static void
write_time_or_null(struct stmt *q, struct json_out *out, const char *name)
{
	bool null = stmt_next_is_null(q);
	int64_t time = stmt_int(q);
	int offset = (int)stmt_int(q);

	if (null)
		json_null_(out, name);
	else
		json_time(out, name, time, offset);
}

static const char SELECT_EMAILS[] =
	"SELECT email, kind, is_primary, valid_from, valid_until, learned_from, state"
	" FROM contact_email WHERE contact_id = ? ORDER BY is_primary DESC, state, id";

static void
write_email(struct stmt *q, struct json_out *out)
{
	json_object_begin(out, NULL);
	json_text(out, "email", stmt_text(q));
	json_text(out, "kind", stmt_text(q));
	json_bool(out, "primary", stmt_int(q) != 0);
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "from" : "until";
		bool null = stmt_next_is_null(q);
		int64_t time = stmt_int(q);

		if (null)
			json_null_(out, name);
		else
			json_time(out, name, time, 0);
	}
	json_text(out, "learned_from", stmt_text(q));
	json_text(out, "state", stmt_text(q));
	json_object_end(out);
}

int
contact_emails_write(
	struct store *store, int64_t id, const char *name, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_EMAILS);

	stmt_bind_int(q, id);
	json_array_begin(out, name);
	while (stmt_row(q))
		write_email(q, out);
	json_array_end(out);
	return stmt_end(q, err);
}

static const char SELECT_EMAIL[] =
	"SELECT email, kind, is_primary, valid_from, valid_until, learned_from, state"
	" FROM contact_email WHERE id = ?";

int
contact_email_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_EMAIL);

	stmt_bind_int(q, id);
	if (stmt_row(q))
		write_email(q, out);
	return stmt_end(q, err);
}

static const char SELECT_DOMAINS[] = "SELECT domain FROM contact_domain WHERE contact_id = ?";

/* Only companies have domains: the look-up is saved for persons. */
static int
write_domains(struct store *store, int64_t id, bool company, struct json_out *out, struct err *err)
{
	struct stmt *q;

	json_array_begin(out, "domains");
	if (!company) {
		json_array_end(out);
		return 0;
	}
	q = sql_prepare(store, SELECT_DOMAINS);
	stmt_bind_int(q, id);
	while (stmt_row(q))
		json_text(out, NULL, stmt_text(q));
	json_array_end(out);
	return stmt_end(q, err);
}

/* next_task and the opportunities' figures stay blank until those nouns are there. */
static void
write_figures(struct stmt *q, struct json_out *out)
{
	static const char *const FLAGS[] = { "privacy_blocked", "minor", "parental_consent",
		"excluded", "opted_out" };
	int exponent = currency_exponent(stmt_text(q));

	for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++)
		json_bool(out, FLAGS[i], stmt_int(q) != 0);
	json_int(out, "interactions", stmt_int(q));
	write_time_or_null(q, out, "last_interaction");
	write_time_or_null(q, out, "last_attempt");
	json_null_(out, "next_task");
	json_money(out, "cost", stmt_int(q), exponent);
	json_int(out, "duration_min", stmt_int(q));
	json_int(out, "opportunities", 0);
	json_money(out, "estimated_value", 0, exponent);
	json_money(out, "calculated_value", 0, exponent);
}

static void
write_later_texts(struct stmt *q, struct json_out *out)
{
	static const char *const NAMES[] = { "organizational_level", "format_region", "salutation",
		"name_2", "initials", "street_2", "county", "extension", "pager", "fax", "currency",
		"vat_no", "registration_no", "external_id" };

	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		json_text(out, NAMES[i], stmt_text(q));
}

/* A company's company is itself (reference 1.3). */
static const char SELECT_RECORD[] =
	"SELECT c.id, c.version, c.type = 'company', c.no, c.type, c.name, c.first_name, "
	"c.middle_name,"
	" c.surname, coalesce(k.no, CASE c.type WHEN 'company' THEN c.no END),"
	" coalesce(k.name, CASE c.type WHEN 'company' THEN c.name END), c.job_title, c.salesperson,"
	" c.territory, c.language, c.country, c.street, c.city, c.post_code, c.phone, c.mobile,"
	" c.home_page, c.correspondence, c.lead_status, c.lead_source,"
	" (SELECT value FROM setup WHERE key = 'currency'),"
	" c.privacy_blocked, c.minor, c.parental_consent, c.excluded, c.opted_out, c.interactions,"
	" c.last_interaction, c.last_interaction_offset, c.last_attempt, c.last_attempt_offset, "
	"c.cost,"
	" c.duration_min, c.organizational_level, c.format_region, c.salutation, c.name_2, "
	"c.initials,"
	" c.street_2, c.county, c.extension, c.pager, c.fax, c.currency, c.vat_no, "
	"c.registration_no,"
	" c.external_id"
	" FROM contact c LEFT JOIN contact k ON k.id = c.company_id WHERE c.id = ?";

/* The statement stays on its row while the lists inside the record are read by others. */
static int
write_row(struct store *store, struct stmt *q, struct json_out *out, struct err *err)
{
	int64_t id = stmt_int(q);
	bool company;

	json_int(out, "id", id);
	json_int(out, "version", stmt_int(q));
	company = stmt_int(q) != 0;
	write_texts(q, out);
	if (contact_emails_write(store, id, "emails", out, err) < 0 ||
		write_domains(store, id, company, out, err) < 0)
		return -1;
	write_figures(q, out);
	write_later_texts(q, out);
	if (contact_picture_write(store, id, "picture", out, err) < 0)
		return -1;
	return field_write_values(store, id, "fields", out, err);
}

int
contact_write_members(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RECORD);
	struct err inner = { 0 };
	bool found;
	int written = 0;

	stmt_bind_int(q, id);
	found = stmt_row(q);
	if (found)
		written = write_row(store, q, out, &inner);
	if (stmt_end(q, err) < 0)
		return -1;
	if (written < 0) {
		*err = inner;
		return -1;
	}
	if (!found)
		return fail(err, ERR_NOT_FOUND, "the contact is not there any more");
	return 0;
}

int
contact_write(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	(void)arena;
	json_object_begin(out, NULL);
	if (contact_write_members(store, id, out, err) < 0)
		return -1;
	json_object_end(out);
	return 0;
}
