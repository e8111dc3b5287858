#include "liaison/crm/contact.h"

#include <string.h>

#include "code_text.h"
#include "contact_index.h"
#include "contact_row.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/series.h"
#include "liaison/crm/setup.h"

static bool
is_company(const struct contact *contact)
{
	return strcmp(contact->type, "company") == 0;
}

static int
unknown(struct err *err)
{
	return fail(err, ERR_NOT_FOUND, "the contact is not there any more");
}

/* ---- reading ---- */

static void
read_fields(struct stmt *q, struct arena *arena, struct contact *out)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (f->type == CONTACT_TEXT)
			*contact_text_field(out, f) = stmt_text_copy(q, arena);
		else
			*contact_flag_field(out, f) = stmt_int(q) != 0;
	}
}

static void
read_figures(struct stmt *q, struct contact *out)
{
	out->company_id = stmt_int(q);
	out->created = stmt_int(q);
	out->changed = stmt_int(q);
	out->interactions = stmt_int(q);
	out->has_last_interaction = !stmt_next_is_null(q);
	out->last_interaction = stmt_int(q);
	out->last_interaction_offset = (int)stmt_int(q);
	out->has_last_attempt = !stmt_next_is_null(q);
	out->last_attempt = stmt_int(q);
	out->last_attempt_offset = (int)stmt_int(q);
	out->cost = stmt_int(q);
	out->duration_min = stmt_int(q);
	out->picture_id = stmt_int(q);
}

/* The settable columns, in the order of contact_fields. */
#define COLUMN(name, ...) ", " #name
#define MARK(...)         ", ?"
#define SET(name, ...)    ", " #name " = ?"

static const char SELECT_CONTACT[] = "SELECT id, version, no" CONTACT_TEXTS(COLUMN)
	CONTACT_FLAGS(COLUMN) ", company_id, created, changed, interactions, last_interaction, "
			      "last_interaction_offset,"
			      " last_attempt, last_attempt_offset, cost, duration_min, picture_id "
			      "FROM contact WHERE id = ?";

int
contact_get(
	struct store *store, struct arena *arena, int64_t id, struct contact *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_CONTACT);
	struct contact found = { 0 };

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		found.id = stmt_int(q);
		found.version = stmt_int(q);
		found.no = stmt_text_copy(q, arena);
		read_fields(q, arena, &found);
		read_figures(q, &found);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0)
		return unknown(err);
	*out = found;
	return 0;
}

/* ---- checks against other records ---- */

static const char SELECT_KIND[] = "SELECT type = 'company' FROM contact WHERE id = ?";

static int
check_company(struct store *store, const struct contact *contact, struct err *err)
{
	struct stmt *q;
	int64_t company = 0;
	bool found;

	if (contact->company_id == 0)
		return 0;
	if (contact->company_id == contact->id)
		return fail_field(err, ERR_REFUSED, "company", "'%s' cannot be its own company",
			contact->name);
	q = sql_prepare(store, SELECT_KIND);
	stmt_bind_int(q, contact->company_id);
	if (sql_get_int(q, &company, &found, err) < 0)
		return -1;
	if (!found)
		return fail_field(err, ERR_NOT_FOUND, "company",
			"the company of '%s' is not there any more", contact->name);
	if (company == 0)
		return fail_field(err, ERR_REFUSED, "company",
			"'%s' cannot belong to a person, only to a company", contact->name);
	return 0;
}

/* The number of a merged contact stays its own. */
static const char SELECT_TAKEN[] = "SELECT 1 WHERE EXISTS (SELECT 1 FROM contact WHERE no = ?1)"
				   " OR EXISTS (SELECT 1 FROM merge WHERE no = ?1)";

static int
number_is_taken(struct store *store, const char *no, bool *taken, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_TAKEN);

	stmt_bind_text(q, no);
	*taken = stmt_row(q);
	return stmt_end(q, err);
}

static int
draw_number(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err)
{
	if (contact->numbers != NULL && contact->series == NULL)
		return series_roll_draw(
			store, contact->numbers, "contact-series", now, &contact->no, err);
	return series_draw_from(
		store, arena, "contact-series", contact->series, now, &contact->no, err);
}

/* A typed number is checked; else one is drawn, past those that were typed before. */
static int
choose_number(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err)
{
	bool taken = false;

	if (contact->no != NULL) {
		if (code_check(arena, "no", &contact->no, err) < 0 ||
			series_manual(store, "contact-series", contact->series, contact->no, err) <
				0 ||
			number_is_taken(store, contact->no, &taken, err) < 0)
			return -1;
		return !taken ? 0
			      : fail_field(err, ERR_CONFLICT, "no", "the number '%s' is taken",
					contact->no);
	}
	do {
		if (draw_number(store, arena, contact, now, err) < 0 ||
			number_is_taken(store, contact->no, &taken, err) < 0)
			return -1;
	} while (taken);
	return 0;
}

/* ---- adding ---- */

/* The same for both statements below. */
static void
bind_fields(struct stmt *q, struct arena *arena, struct contact *contact)
{
	stmt_bind_text(q, text_fold(arena, contact->name));
	stmt_bind_int_or_null(q, contact->company_id, contact->company_id == 0);
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (f->type == CONTACT_TEXT)
			stmt_bind_text(q, *contact_text_field(contact, f));
		else
			stmt_bind_int(q, *contact_flag_field(contact, f));
	}
}

static const char INSERT_CONTACT[] =
	"INSERT INTO contact (no, created, changed, name_fold, company_id" CONTACT_TEXTS(COLUMN)
		CONTACT_FLAGS(COLUMN) ") VALUES (?, ?, ?, ?, ?" CONTACT_TEXTS(MARK)
			CONTACT_FLAGS(MARK) ")";

static int
insert_contact(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_CONTACT);

	stmt_bind_text(q, contact->no);
	stmt_bind_int(q, now);
	stmt_bind_int(q, now);
	bind_fields(q, arena, contact);
	if (stmt_run(q, err) < 0)
		return -1;
	contact->id = store_last_id(store);
	contact->version = 1;
	contact->created = contact->changed = now;
	return 0;
}

/* A part that was cut from the name is blamed on the name. */
static int
check_new(struct arena *arena, const struct contact *given, struct contact *ready, struct err *err)
{
	if (contact_check(arena, ready, err) == 0)
		return 0;
	if (err == NULL)
		return -1;
	if ((given->surname == NULL && strcmp(err->field, "surname") == 0) ||
		(given->first_name == NULL && strcmp(err->field, "first_name") == 0) ||
		(given->middle_name == NULL && strcmp(err->field, "middle_name") == 0))
		return fail_field(err, ERR_USAGE, "name", "in the name, %s", err->message);
	return -1;
}

int
contact_add(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err)
{
	struct contact ready = *contact;

	if (ready.type == NULL)
		ready.type = "person";
	contact_complete_name(arena, &ready);
	if (check_new(arena, contact, &ready, err) < 0 || check_company(store, &ready, err) < 0 ||
		contact_check_codes(store, arena, NULL, &ready, err) < 0 ||
		choose_number(store, arena, &ready, now, err) < 0 ||
		insert_contact(store, arena, &ready, now, err) < 0 ||
		contact_index(store, arena, ready.id, err) < 0)
		return -1;
	*contact = ready;
	return 0;
}

/* ---- changing ---- */

static bool
says(const char *text)
{
	return text != NULL && text[strspn(text, " \t")] != '\0';
}

/* What an edit leaves that the type it gives cannot have. */
static const char *
field_of_old_type(const struct contact *after)
{
	if (is_company(after))
		return says(after->organizational_level) ? "an organizational level" : NULL;
	if (says(after->currency))
		return "a currency";
	return says(after->vat_no) ? "a VAT number" : NULL;
}

/* Business Central's rules for Person to Company and back. */
static int
check_retype(struct store *store, const struct contact *before, const struct contact *after,
	struct err *err)
{
	const char *why = field_of_old_type(after);

	if (why == NULL &&
		contact_barred(store, before->id,
			is_company(after) ? BAR_TO_COMPANY : BAR_TO_PERSON, &why, err) < 0)
		return -1;
	if (why != NULL)
		return fail_field(err, ERR_REFUSED, "type", "the type of '%s' stays: it has %s",
			before->name, why);
	return 0;
}

/* What the new type cannot have is blanked, what it must have is made. */
static int
follow_type(struct store *store, struct arena *arena, struct contact *contact, struct err *err)
{
	if (!is_company(contact)) {
		contact_settle_name(arena, contact, true, false);
		return setup_get(
			store, arena, "default-person-salutation", &contact->salutation, err);
	}
	contact->first_name = contact->middle_name = contact->surname = NULL;
	contact->job_title = contact->initials = NULL;
	contact->company_id = 0;
	contact->minor = contact->parental_consent = false;
	return setup_get(store, arena, "default-company-salutation", &contact->salutation, err);
}

/* A minor stays blocked until a parent consents; consent lifts the block. */
static int
follow_consent(const struct contact *before, struct contact *contact, struct err *err)
{
	if (!contact->minor)
		return 0;
	if (contact->parental_consent && !before->parental_consent && before->privacy_blocked)
		contact->privacy_blocked = false;
	if (!contact->parental_consent && before->privacy_blocked && !contact->privacy_blocked)
		return fail_field(err, ERR_REFUSED, "privacy_blocked",
			"'%s' is a minor and stays blocked until a parent consents", before->name);
	return 0;
}

static const char UPDATE_CONTACT[] = "UPDATE contact SET version = version + 1, changed = ?, "
				     "name_fold = ?, company_id = ?" CONTACT_TEXTS(SET)
					     CONTACT_FLAGS(SET) " WHERE id = ?";

int
contact_store(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, UPDATE_CONTACT);

	stmt_bind_int(q, now);
	bind_fields(q, arena, contact);
	stmt_bind_int(q, contact->id);
	return stmt_run(q, err);
}

static const char ADOPT_PAST[] = "UPDATE interaction_contact SET company_id = ?2 WHERE contact_id "
				 "= ?1 AND company_id IS NULL";

/* What a person did before it had a company counts for its first one, as in Business Central. */
static int
bring_past(struct store *store, const struct contact *contact, struct err *err)
{
	struct stmt *q = sql_prepare(store, ADOPT_PAST);
	bool changed;

	stmt_bind_int(q, contact->id);
	stmt_bind_int(q, contact->company_id);
	if (stmt_run(q, err) < 0)
		return -1;
	return contact_recount(store, contact->company_id, &changed, err);
}

int
contact_set_back(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err)
{
	struct contact before, ready = *contact;

	if (contact_get(store, arena, contact->id, &before, err) < 0)
		return -1;
	if (!text_same(before.type, ready.type)) {
		if (check_retype(store, &before, &ready, err) < 0 ||
			follow_type(store, arena, &ready, err) < 0)
			return -1;
	}
	if (follow_consent(&before, &ready, err) < 0 || contact_check(arena, &ready, err) < 0 ||
		check_company(store, &ready, err) < 0 ||
		contact_check_codes(store, arena, &before, &ready, err) < 0 ||
		contact_store(store, arena, &ready, now, err) < 0 ||
		contact_index(store, arena, ready.id, err) < 0)
		return -1;
	ready.version = before.version + 1;
	ready.changed = now;
	*contact = ready;
	return 0;
}

int
contact_update(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err)
{
	struct contact before;

	if (contact_get(store, arena, contact->id, &before, err) < 0 ||
		contact_set_back(store, arena, contact, now, err) < 0)
		return -1;
	return before.company_id == 0 && contact->company_id != 0 ? bring_past(store, contact, err)
								  : 0;
}

static const char TOUCH[] = "UPDATE contact SET version = version + 1, changed = ?2 WHERE id = ?1";

int
contact_touch(struct store *store, int64_t id, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, TOUCH);

	stmt_bind_int(q, id);
	stmt_bind_int(q, now);
	return stmt_run(q, err);
}
