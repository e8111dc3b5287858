#ifndef CAPTURE_COUNTING_H
#define CAPTURE_COUNTING_H

#include "person.h"

/* What the files of counting candidates share. */

struct counting_state {
	int64_t counted, round, swept, ours;
};

struct counting {
	struct turn turn;
	struct counting_state state;
	struct candidate_result *out;
	int64_t message; /* the one whose parties come */
	const char *source; /* by whose settings they are read, or NULL */
	const char *only; /* the only address that is counted; NULL: all */
	struct tally *tallies; /* of this turn */
	unsigned looked; /* at so many parties */
};

/* How often somebody was seen. */
struct figures {
	int64_t received, sent, copied, meetings;
};

/* SQL: how much being seen last then counts now, which is ?10, and until when. */
#define RECENCY(last) \
	"(CASE WHEN " last " > ?10 - 30 * 86400 THEN 4 WHEN " last \
	" > ?10 - 90 * 86400 THEN 3 WHEN " last " > ?10 - 365 * 86400 THEN 2 ELSE 1 END)"
#define AGES_AT(last) \
	"(CASE WHEN " last " > ?10 - 30 * 86400 THEN " last " + 30 * 86400 WHEN " last \
	" > ?10 - 90 * 86400 THEN " last " + 90 * 86400 WHEN " last \
	" > ?10 - 365 * 86400 THEN " last " + 365 * 86400 END)"

/* candidate_tally.c */
void tally_begin(struct counting *it);
/* Once a message; name, or NULL; own: they wrote it themselves. */
void tally_add(struct counting *it, struct known *known, const struct figures *figures, int64_t at,
	const char *name, bool own);
int tally_end(struct counting *it, struct err *err);

/* candidate_count.c */
/* Says how far capture is. */
int count_newest(struct counting *it, struct err *err);
/* At most max messages that were never counted. */
int count_new(struct counting *it, unsigned max, struct err *err);
/* Some of the addresses whose messages changed. */
int count_again(struct counting *it, struct err *err);
/* Runs a statement with one text. */
int counting_run(struct counting *it, const char *sql, const char *text, struct err *err);
/* *out: the first text that the statement gives, lasting, or NULL. */
int counting_first(struct counting *it, const char *sql, const char **out, struct err *err);

#endif
