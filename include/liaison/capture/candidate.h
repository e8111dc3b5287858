#ifndef LIAISON_CAPTURE_CANDIDATE_H
#define LIAISON_CAPTURE_CANDIDATE_H

#include "liaison/capture/capture.h"
#include "liaison/crm/contact.h"

/* People seen in mail and meetings who are no contacts: those who may become some. What a slice decides
 * is counted soon after, in turns of their own, so that capture is not held up by it; an address counts
 * once a message, in captured and unmatched mail that people wrote. Never ours, a colleague's, a
 * machine's or a mailing list's. */

struct candidate {
	int64_t id;
	const char *address; /* arena, as all below */
	const char *name; /* the best display name seen, or NULL */
	int64_t company_id; /* that has its domain, 0: none; and how it is called */
	const char *company_no, *company_name;
	bool known, ignored;
};

extern const struct query_noun candidate_noun;

int candidate_write(struct store *store, struct arena *arena, int64_t id, struct json_out *out,
	struct err *err);
/* ERR_NOT_FOUND: the address was never seen; ERR_USAGE: it is none. */
int candidate_find(struct store *store, struct arena *arena, const char *address,
	struct candidate *out, struct err *err);
/* Remembers that the address is to be left alone, or forgets that; also of one that was never seen.
 * *changed false: it was so. */
int candidate_set_ignored(struct store *store, struct arena *arena, const char *address,
	bool ignored, int64_t *id, bool *changed, struct err *err);
/* The person it would be: name and company; not stored. */
void candidate_contact(struct arena *arena, const struct candidate *candidate, struct contact *out);

/* What a turn of counting did. */
struct candidate_result {
	struct capture_result capture; /* what matching the past by new contacts' addresses made */
	int64_t *
		fresh; /* weigh 24 or more, were seen in the last 30 days and nobody was told; arena */
	unsigned fresh_count;
	bool more; /* call again */
	int64_t newest; /* the message decided last: while it goes up, capture is at work */
};

/* Counts at most max more messages in the open transaction, and whatever else is due. */
int candidate_follow(struct store *store, struct capture *capture, struct arena *arena,
	unsigned max, int64_t now, struct candidate_result *out, struct err *err);

#endif
