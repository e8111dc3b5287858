#ifndef LIAISON_CRM_CONTACT_PAST_H
#define LIAISON_CRM_CONTACT_PAST_H

#include "liaison/crm/contact.h"

/* What the journal keeps of a contact that is removed, so that it can be had back, and how it is. */

/* Why something is refused that a contact has rows for: the one table of contact_bar.c, to which a noun
 * whose records refer to contacts adds its own. */
enum contact_bar {
	BAR_REMOVE = 1, /* it may not be removed */
	BAR_TO_PERSON = 2, /* a company may not become a person */
	BAR_TO_COMPANY = 4, /* nor a person a company */
	BAR_UNADD = 8, /* its addition may not be taken back */
};
/* *why: "interactions", a static string; NULL: nothing bars it. */
int contact_barred(
	struct store *store, int64_t id, enum contact_bar what, const char **why, struct err *err);
/* A contact by id, and all its persons if it is a company. ERR_REFUSED names the first that is barred
 * from removal. */
int contact_check_removal(struct store *store, struct arena *arena, int64_t id, struct err *err);

/* The record, and what it does not show: members of one object. */
int contact_whole_write(struct store *store, int64_t id, struct json_out *out, struct err *err);
/* Makes the contact again, under its id and number, from such an object. *lost: what could not be had
 * back, in words in arena, or NULL. ERR_CONFLICT: its id or number is taken. */
int contact_restore(struct store *store, struct arena *arena, int64_t id, const char *whole,
	int64_t now, const char **lost, struct err *err);

enum contact_links {
	LINKS_OWN, /* "links": its own, whole */
	LINKS_PAST, /* "past": those of others who were its persons at the time, which forget it */
	LINKS_LOOSE, /* "past": those of a person that no company has, for its first one to be given */
};
/* The links of a contact to interactions, after the place of the last ones written: an array of about
 * max. *count 0: there are no more. */
struct link_place {
	int64_t at, interaction;
};
int contact_links_write(struct store *store, int64_t id, enum contact_links which,
	struct link_place *place, unsigned max, struct json_out *out, unsigned *count,
	struct err *err);
/* Gives the loose ones, from {"past": […]}, to the company as far as they are still nobody's, or takes
 * those that are its own from it; and counts its totals anew. */
int contact_past_give(struct store *store, int64_t company, const char *json, struct err *err);
int contact_past_take(struct store *store, int64_t company, const char *json, struct err *err);
/* Makes them again from {"links": […]} or {"past": […]}, as far as the interactions are there, and counts
 * the totals anew. */
int contact_links_restore(
	struct store *store, struct arena *arena, int64_t id, const char *json, struct err *err);
/* Gives its links to its companies as a removal does, and counts those anew. */
int contact_links_rehome(struct store *store, struct arena *arena, int64_t id, struct err *err);

/* A note as it was: {"contact", "at", "user", "note"} as one object. */
int contact_note_whole(struct store *store, int64_t id, struct json_out *out, struct err *err);
int contact_note_remove(struct store *store, int64_t id, struct err *err);
int contact_note_restore(struct store *store, int64_t id, const char *whole, struct err *err);
/* When its addresses are its own: an array of [address, from, until], each NULL where there is no bound. */
int contact_email_spans_write(struct store *store, int64_t contact, const char *name,
	struct json_out *out, struct err *err);
/* *removed: there is an address, removed at that time, that can be in force again as it was: its kind, who
 * it was learned from, whether it is shared. before: an object whose "email_spans" say when it was its own;
 * without, it is the last time, and when that had ended before. ERR_CONFLICT: another contact has it now. */
int contact_email_revive(struct store *store, struct arena *arena, int64_t contact,
	const char *address, const char *before, int64_t at, bool *removed, struct err *err);

#endif
