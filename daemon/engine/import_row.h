#ifndef LIAISON_ENGINE_IMPORT_ROW_H
#define LIAISON_ENGINE_IMPORT_ROW_H

#include "import.h"

/* A row on its way to become a contact. */

struct row {
	struct call *call;
	const struct import_rule *rule;
	struct import_seen *seen;
	struct import_defaults *defaults;
	const struct import_value *values;
	unsigned count;
	bool late;
	struct import_outcome *out;
	const char *no, *company_no, *company_name;
	bool has_company; /* a column for it, at least */
	bool name_given, parts_given;
	bool made; /* it was made for its persons before */
	bool by_email; /* it was found by an address alone */
	bool virtual; /* a dry run's: it would have been added by an earlier row */
	bool changed; /* one of its lists */
	bool company_stays; /* no company is another now */
	unsigned email_count; /* of this row that are there */
	const char *only_email; /* canonical, when a new contact has no other; or NULL */
};

/* import_value.c: what the row says of the contact itself. */
/* Sets the fields of contact that the row gives. */
int row_set_plains(struct row *row, struct contact *contact, struct err *err);
void row_read_references(struct row *row);
/* It has a cell for that which is not blank. */
bool row_gives(const struct row *row, enum target_kind kind);

/* What it gives of a field of struct contact; NULL: nothing. */
const char *row_plain(const struct row *row, const char *field);
/* The name that it gives, of its parts if need be; NULL: none. */
const char *row_name(const struct row *row);
bool row_names_person(const struct row *row);
/* The type that it gives, "person" or "company"; NULL: none. */
const char *row_type(const struct row *row);

/* import_match.c: whom it means. */
/* *id 0: it is a new one. */
int row_match(struct row *row, int64_t *id, struct err *err);
/* The company, if contact is one, that was made for persons before. */
int row_match_made(struct row *row, const struct contact *contact, int64_t *id, struct err *err);
/* 1: the company has to be waited for. */
int row_set_company(struct row *row, struct contact *contact, struct err *err);

/* import_lists.c: what belongs to the contact. */
/* Adds what it has not. fresh: it has nothing yet. */
int row_add_lists(struct row *row, int64_t id, bool fresh, struct err *err);
/* The lists that the journal's entry of a change has: those that the row gives. */
int row_write_lists(struct row *row, int64_t id, struct json_out *out, struct err *err);

#endif
