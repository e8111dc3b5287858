#ifndef LIAISON_CRM_SEARCH_INDEX_H
#define LIAISON_CRM_SEARCH_INDEX_H

#include "liaison/store/sql.h"

/* The full-text index of interactions follows their rows: subject, parties, and as body the whole
 * text or else the snippet, then the note. It keeps no text itself, and an entry is deleted by the
 * values it was made of. */

/* Before a row changes or goes: keeps what it was indexed by. */
int search_index_keep(struct store *store, int64_t id, struct err *err);
/* After rows came, changed or went: brings the index up to them, in a transaction at its end. */
int search_index_follow(struct store *store, struct err *err);

#endif
