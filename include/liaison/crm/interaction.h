#ifndef LIAISON_CRM_INTERACTION_H
#define LIAISON_CRM_INTERACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* What happened between contacts and us: one mail, meeting, call, letter or note. */

struct interaction_link {
	int64_t contact_id;
	int64_t company_id; /* the person's company at the time, 0: none */
	const char *role; /* from, to, cc, bcc, organizer, attendee, participant */
	const char *email; /* canonical address it was matched by, or NULL */
	const char *via; /* address, domain, alias, manual */
	bool ambiguous;
	const char *response; /* of an attendee of a meeting, or NULL */
};

struct interaction {
	int64_t id, version;
	const char *kind, *status, *direction, *initiated_by;
	int64_t at, end_at; /* end_at 0: none */
	int offset_min;
	bool all_day;
	const char *location, *subject, *snippet, *note;
	int64_t message_id; /* row of message, 0: none */
	int64_t thread;
	const char *event_uid, *recurrence_id; /* of a calendar's meeting, or NULL */
	const char *template, *interaction_group, *salesperson, *campaign, *opportunity,
		*evaluation;
	bool campaign_target, campaign_response, attempt_failed;
	int64_t cost, duration_min;
};

extern const struct query_noun interaction_noun;

/* Stores it with its links (a contact linked twice keeps its first role), its search entry and the
 * totals of contacts and companies (contact_recount says how they count); sets id. parties: text for
 * the search index, or NULL. */
int interaction_add(struct store *store, struct interaction *interaction,
	const struct interaction_link *links, unsigned count, const char *parties, int64_t now,
	struct err *err);
/* One that is recorded by hand: checks it and fills what was not said: kind note, direction none,
 * initiated_by after the direction, duration from at to end, and the status: planned while it lies
 * ahead, then held (a meeting) or recorded. ERR_USAGE names the field. */
int interaction_complete(
	struct arena *arena, struct interaction *interaction, int64_t now, struct err *err);
/* Links one more contact to an interaction and counts it. *added false: it was linked already. */
int interaction_link_add(struct store *store, int64_t id, const struct interaction_link *link,
	int64_t now, bool *added, struct err *err);
/* Stores text: the snippet (first readable part, 500 characters) and, for level text, all of it. */
int interaction_set_text(struct store *store, struct arena *arena, int64_t id, const char *text,
	bool whole, bool truncated, struct err *err);
/* The first 500 characters of text on one line. */
char *interaction_snippet(struct arena *arena, const char *text);

/* What a calendar changed of a meeting. */
enum interaction_change {
	INTERACTION_CHANGED = 1 << 0,
	INTERACTION_MOVED = 1 << 1, /* it begins at another time; the move is kept */
	INTERACTION_CANCELLED = 1 << 2,
};

/* Brings a recorded meeting up to what its calendar says now: status, times, initiator, place, subject
 * and names; what people changed of it by hand (journal) stays as they left it. *changes: enum
 * interaction_change. The callers count its contacts anew. */
int interaction_follow(struct store *store, struct arena *arena, const struct interaction *wanted,
	const char *parties, int64_t now, unsigned *changes, struct err *err);
/* Its status alone, likewise. */
int interaction_follow_status(struct store *store, struct arena *arena, int64_t id,
	const char *status, int64_t now, unsigned *changes, struct err *err);
/* Adds and changes its links to be those given. Others are dropped if their address is not among
 * invited, but never those that were made by hand; invited NULL: they stay. */
int interaction_relink(struct store *store, struct arena *arena, int64_t id,
	const struct interaction_link *links, unsigned count, const char *const *invited,
	unsigned invited_count, int64_t now, bool *changed, struct err *err);
/* Gives it this template (NULL: none), unless people changed it by hand; dry: only tells. *changed: it had
 * another. */
int interaction_template(struct store *store, struct arena *arena, int64_t id, const char *template,
	bool dry, int64_t now, bool *changed, struct err *err);
/* Notes as held at most max planned meetings that ended up to now; their ids in arena. */
int interaction_hold(struct store *store, struct arena *arena, int64_t now, unsigned max,
	int64_t **ids, unsigned *count, struct err *err);
/* When the next planned meeting ends; 0: none is planned. */
int interaction_next_end(struct store *store, int64_t *next, struct err *err);

/* Takes interactions out with their links, texts and search entries; the totals follow. Callers see to
 * ledger rows that name them. */
int interaction_erase(struct store *store, struct arena *arena, const int64_t *ids, size_t count,
	struct err *err);
/* The same of one, but that contact_recount of those it was with is left to the caller, who takes many. */
int interaction_take(struct store *store, int64_t id, struct err *err);
/* People wrote of it, linked, changed or valued it themselves: it is not erased for its age. */
int interaction_is_worked_on(struct store *store, int64_t id, bool *worked_on, struct err *err);
/* Snippet and text go. *dropped false: there were none. */
int
interaction_drop_text(struct store *store, int64_t id, int64_t now, bool *dropped, struct err *err);
/* All that was captured of it goes but its kind, times and contacts; what people wrote stays. */
int interaction_bare(struct store *store, int64_t id, int64_t now, struct err *err);
/* Words of what is gone leave the search index, a piece a transaction; *more: that was not all of it. */
int interaction_merge_search(struct store *store, bool *more, struct err *err);
/* The spec's interaction record as one JSON object. What is withheld from the store's viewer
 * (sight.h) is null or empty in it, and member withheld says so. */
int interaction_write(struct store *store, struct arena *arena, int64_t id, struct json_out *out,
	struct err *err);
/* The same with all text that was captured: members text and text_truncated, null
 * when there is none. */
int interaction_write_whole(struct store *store, struct arena *arena, int64_t id,
	struct json_out *out, struct err *err);

struct timeline_page {
	int64_t *ids;
	unsigned count;
	const char *next;
};
/* Newest first, one index walk; kinds NULL: all. A company's includes its persons'. */
int interaction_timeline(struct store *store, struct arena *arena, int64_t contact_id,
	const int64_t *since, const int64_t *until, const char *const *kinds, unsigned kind_count,
	unsigned limit, const char *after, struct timeline_page *out, struct err *err);

/* Full text: words, "phrases", prefix*, subject:word; ranked within the newest 10,000 matches. The
 * words are never FTS5 syntax of their own. */
int interaction_search(struct store *store, struct arena *arena, const char *words,
	const int64_t *contact_id, const int64_t *since, const int64_t *until,
	const char *const *kinds, unsigned kind_count, unsigned limit, const char *after,
	struct timeline_page *out, struct err *err);

#endif
