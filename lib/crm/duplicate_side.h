#ifndef LIAISON_CRM_DUPLICATE_SIDE_H
#define LIAISON_CRM_DUPLICATE_SIDE_H

#include "liaison/crm/contact.h"
#include "liaison/crm/duplicate.h"

/* One of two contacts that are compared. */

enum {
	DUPLICATE_WORDS_MAX = 8,
	DUPLICATE_LIST_MAX = 8,
	DUPLICATE_STRINGS_MAX = 40,
	DUPLICATE_KEYS_MAX = 64,
};

enum duplicate_reason {
	DUPLICATE_NAME,
	DUPLICATE_SIMILAR_NAME,
	DUPLICATE_EMAIL,
	DUPLICATE_PHONE,
	DUPLICATE_DOMAIN,
	DUPLICATE_ADDRESS,
	DUPLICATE_COMPANY,
	DUPLICATE_STRINGS_ALIKE,
};

struct duplicate_list {
	const char *items[DUPLICATE_STRINGS_MAX];
	unsigned count;
};

struct duplicate_side {
	bool company;
	struct duplicate_list words; /* of the name, without legal forms */
	struct duplicate_list phones; /* digits */
	struct duplicate_list emails,
		domains; /* canonical; domains that anybody has are left out */
	struct duplicate_list
		own; /* those of the domains that are its own, whoever writes from them */
	const char *street, *post_code, *city; /* plain; "" when blank */
	const char *employer; /* number of the company's row; "" for none */
	struct duplicate_list strings; /* in the order of setup; "" when blank */
};

/* One row of setup's duplicate-strings. */
struct duplicate_string {
	const struct contact_field *field; /* NULL: email */
	bool last;
	unsigned length;
};
struct duplicate_rows {
	struct duplicate_string items[DUPLICATE_STRINGS_MAX];
	unsigned count;
	const char *text; /* as setup has them, after a word for how contacts are compared */
	unsigned hit; /* percent */
};
int duplicate_rows_get(
	struct store *store, struct arena *arena, struct duplicate_rows *out, struct err *err);

/* What a contact is compared by, as one text in arena; NULL: there is no such contact. */
int duplicate_content(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_rows *rows, const char **out, struct err *err);
void duplicate_read(struct arena *arena, const char *content, struct duplicate_side *out);

/* Keys that a duplicate would share, each with its weight: the more, the likelier. */
struct duplicate_key {
	int64_t key;
	unsigned weight;
};
unsigned duplicate_keys(struct arena *arena, const struct duplicate_side *side,
	const struct duplicate_rows *rows, struct duplicate_key out[DUPLICATE_KEYS_MAX]);

/* What a word sounds like: the same for Mueller and Müller, Smith and Smyth. */
enum { DUPLICATE_SOUND = 25 };
void duplicate_sounds(const char *word, char out[DUPLICATE_SOUND]);

/* As duplicate_index, by rows that are known. */
int duplicate_index_by(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_rows *rows, struct err *err);
/* As duplicate_check. search: or NULL. */
int duplicate_check_by(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_rows *rows, struct duplicate_search *search,
	struct duplicate_hit **out, unsigned *count, struct err *err);

/* The words of a person's name; the text is cut into them. */
void duplicate_read_words(char *name, struct duplicate_list *out);
/* Whether a person can be one whose name is of these words, though they share no mail address. */
bool duplicate_names_alike(const struct duplicate_side *person, const struct duplicate_list *words);
/* In percent; 0 when they are no duplicates whatever setup says. */
unsigned
duplicate_score(const struct duplicate_side *a, const struct duplicate_side *b, unsigned *reasons);

#endif
