#ifndef LIAISON_CRM_SIGHT_H
#define LIAISON_CRM_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/store/sql.h"

/* Who sees what mail and meetings say (visibility = owner). The policy lies on the rows of the sources
 * alone, so that changing it there changes all that was ever captured, at once.
 *
 * The mask sits below the commands: the engine tells the store for whom it reads (store_set_viewer),
 * the nouns' conditions and sorts, their records and the full text search go by it themselves, and
 * what they withhold is all but a list of what is open. A command that is added later shows no more. */

/* SQL: whether the message of that id was seen in a source that the viewer may read: one that all may,
 * their own, or one of whoever wrote or received it. What a server or a rule declares private, and
 * what is forgotten, makes nothing public. */
#define SIGHT_SEEN(message) \
	"EXISTS (SELECT 1 FROM ledger vl JOIN stream vt ON vt.id = vl.stream_id" \
	" JOIN source vs ON vs.id = vt.source_id WHERE vl.message_id = " message \
	" AND vl.decision <> 'private' AND vl.decision <> 'forgotten' AND " SIGHT_OF_SOURCE("vs", \
		"(SELECT vi.salesperson FROM interaction vi WHERE vi.message_id = " message \
		")") ")"
/* SQL: whether the viewer may read what source says, of which salesperson has the part given. */
#define SIGHT_OF_SOURCE(source, salesperson) \
	"((" source ".visibility = 'all' OR CASE " source \
	".salesperson WHEN 'sender' THEN " salesperson " = viewer() COLLATE NOCASE ELSE " source \
	".salesperson = viewer() END) IS TRUE)"
/* SQL: whether what the message says is withheld from the viewer; not when there is no message, which
 * is what people entered by hand. A message that no source has any more stays withheld. */
#define SIGHT_WITHHELD(message) "(" message " IS NOT NULL AND NOT " SIGHT_SEEN(message) ")"

/* Whether the interaction is withheld from the store's viewer; also when there is none of that id. */
int sight_withheld(struct store *store, int64_t interaction, bool *withheld, struct err *err);

/* Whom it is not withheld from; for those who are told of it and have no store to ask. */
struct sight_owners {
	bool all; /* everybody */
	const char **codes, **users; /* arena; salespeople, and their local users or NULL */
	unsigned count;
};
int sight_owners(struct store *store, struct arena *arena, int64_t interaction,
	struct sight_owners *out, struct err *err);

#endif
