#ifndef LIAISON_STORE_SCRUB_H
#define LIAISON_STORE_SCRUB_H

#include "liaison/store/sql.h"

/* What SQLite's secure_delete leaves: when a page is split, old bytes stay in its unused space, and a row that
 * is deleted later is overwritten in one of the two places only. */

/* Overwrites the unused space of at most max pages from *page (1 is the first) on, in the file itself; outside of
 * a transaction, by the writer. *page 0: that was the last. ERR_UNAVAILABLE: a reader holds the log. */
int store_scrub(struct store *store, int64_t *page, unsigned max, struct err *err);

#endif
