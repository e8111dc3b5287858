#ifndef LIAISON_CAPTURE_FORGET_WORK_H
#define LIAISON_CAPTURE_FORGET_WORK_H

#include "inside.h"
#include "liaison/capture/forget.h"

/* One erasure under way, as its files share it. */

struct word_list {
	const char **items; /* arena */
	unsigned count, room;
};

struct erasing {
	struct turn turn;
	struct capture_result result;
	struct store *store;
	struct arena *arena;
	int64_t id, step, place, begun_ms, now;
	int64_t begun; /* its time, the same after every start */
	bool redact;
	int64_t *contacts;
	unsigned contact_count;
	struct word_list nos, addresses, texts, files, marks;
	const char *list; /* addresses and texts, a line each */
};

/* Its time for one transaction is over. */
bool erasing_is_long(const struct erasing *it);
/* Adds to a column of the receipt. */
enum erased {
	ERASED_CONTACTS,
	ERASED_ADDRESSES,
	ERASED_INTERACTIONS,
	ERASED_SHARED_INTERACTIONS,
	ERASED_MESSAGES,
	ERASED_SHARED_MESSAGES,
	ERASED_JOURNAL,
	ERASED_FILES,
	ERASED_OTHERS,
};
int erasing_count(struct erasing *it, enum erased what, int64_t more, struct err *err);
int erasing_add_word(struct erasing *it, const char *kind, const char *word, struct err *err);

/* forget_message.c: the steps over interactions and messages; *more: there are others */
int erase_links(struct erasing *it, bool *more, struct err *err);
int erase_messages(struct erasing *it, bool *more, struct err *err);

/* forget_past.c: what the journal and its like hold */
int erase_journal(struct erasing *it, bool *more, struct err *err);
int erase_events(struct erasing *it, bool *more, struct err *err);
int erase_merges(struct erasing *it, bool *more, struct err *err);

/* forget_json.c */
/* Whether the JSON text names the person; *out: what is left of it, arena, or NULL when it does not. */
bool erase_json(struct arena *arena, const char *json, const struct erasing *it, const char **out);

/* forget_seen.c */
/* Parties that are forgotten are taken out of event; true: there were some. */
bool forgotten_take(const struct turn *turn, struct event *event, const char **responses);
/* What is left of it is nobody's: it is forgotten, and nothing of it is kept. */
void forgotten_judge(struct view *view);

#endif
