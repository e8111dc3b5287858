#ifndef LIAISON_IMPORT_VCARD_PRIVATE_H
#define LIAISON_IMPORT_VCARD_PRIVATE_H

#include "read.h"

/* The properties of a card, and what becomes of them. */

enum property_flag {
	PROPERTY_CELL = 1,
	PROPERTY_FAX = 4,
	PROPERTY_QUOTED = 8, /* quoted-printable */
	PROPERTY_BINARY = 16, /* base64 */
	PROPERTY_PAGER = 32,
};

enum { PREFERENCE_NONE = 101 };

struct property {
	const char *name; /* upper case, without its group */
	const char *kind; /* the first TYPE that is a place, lower case; or NULL */
	const char *label; /* X-NAME, or NULL */
	const char *charset; /* of its bytes, or NULL */
	unsigned flags;
	unsigned preference; /* PREF, 1 to 100 and 1 the most; without it 1 for "pref" */
	const char *value; /* decoded and clean, still escaped (RFC 6350 section 3.4) */
};

/* A content line of a card, unfolded. False: it is none. */
bool property_read(struct reading *reading, const char *line, size_t size, struct property *out);
/* Of a structured value the part at place, unescaped; "" where there is none. */
const char *property_part(struct arena *arena, const char *value, char separator, unsigned place);
/* How many parts it has. */
unsigned property_parts(const char *value, char separator);

struct card_cell {
	struct card_cell *next;
	const char *name, *value;
};

struct card_list {
	struct card_cell *first, *last;
};

/* What is known of a card so far; all in the reading's arena. */
struct card {
	struct reading *reading;
	struct card_list own; /* X-LIAISON-… */
	struct card_list fields, emails, notes;
	const char *name, *surname, *first_name, *middle_name, *organization;
	bool company, person, own_notes, has_phone, has_mobile, has_fax, has_pager, has_address,
		has_home_page, has_language, has_title;
	const char *own_emails; /* X-LIAISON-EMAILS, or NULL */
	unsigned preference; /* of the first of emails */
	size_t size; /* of its values */
};

void card_take(struct card *card, const struct property *property);
/* vcard_email.c: whether EMAIL has the addresses of our own list that are not removed. */
bool card_keeps_emails(const struct card *card);
/* Its cells into the newest row. */
void card_end(struct card *card);

#endif
