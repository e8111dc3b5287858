#ifndef LIAISON_CRM_SIGHT_H
#define LIAISON_CRM_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/store/sql.h"

/* Who sees what mail and meetings say (visibility = owner). The policy lies on the rows of the sources
 * alone, so that changing it there changes all that was ever captured, at once.
 *
 * What a message says is one source's reading of it (message.source_id), and who sees that source sees
 * it. A copy elsewhere opens none of it: Message-ID, From, Date and Subject make a mail the same, a UID
 * a meeting, and whoever knows these can write the rest himself. So of a mail a copy opens what it had
 * to say to be one, and of a meeting nothing.
 *
 * The mask sits below the commands: the engine tells the store for whom it reads (store_set_viewer),
 * the nouns' conditions and sorts, their records and the full text search go by it themselves, and
 * what they withhold is all but a list of what is open. A command that is added later shows no more. */

/* How much is withheld of what a message says. */
enum sight {
	SIGHT_WHOLE = 0,
	SIGHT_COPY = 1, /* the viewer has a copy of the mail */
	SIGHT_OUTSIDE = 9, /* dates and parties */
};

/* SQL: whether the viewer may read what source says, of which salesperson has the part given. */
#define SIGHT_OF_SOURCE(source, salesperson) \
	"((" source ".visibility = 'all' OR CASE " source \
	".salesperson WHEN 'sender' THEN " salesperson " = viewer() COLLATE NOCASE ELSE " source \
	".salesperson = viewer() END) IS TRUE)"
/* SQL: the salesperson that the message's interaction names. */
#define SIGHT_SALESPERSON(message) \
	"(SELECT vi.salesperson FROM interaction vi WHERE vi.message_id = " message ")"
/* SQL: whether a source that the viewer may read has shown the message, and more is true of ledger row
 * vl or source vs. What a server or a rule declares private, and what is forgotten, shows nothing. */
#define SIGHT_SHOWN(message, more) \
	"EXISTS (SELECT 1 FROM ledger vl JOIN stream vt ON vt.id = vl.stream_id" \
	" JOIN source vs ON vs.id = vt.source_id WHERE vl.message_id = " message \
	" AND vl.decision <> 'private' AND vl.decision <> 'forgotten' AND " more \
	" AND " SIGHT_OF_SOURCE("vs", SIGHT_SALESPERSON(message)) ")"
/* SQL: whether the viewer may read the source whose reading of the message is kept. One that no source
 * has any more is nobody's. */
#define SIGHT_SEEN(message) \
	SIGHT_SHOWN(message, \
		"vs.id = (SELECT vm.source_id FROM message vm WHERE vm.id = " message ")")
/* SQL: an enum sight of what the message says; whole when there is no message, which is what people
 * entered by hand. */
#define SIGHT_LEVEL(message) \
	"(CASE WHEN " message " IS NULL OR " SIGHT_SEEN(message) " THEN 0 WHEN " SIGHT_SHOWN( \
		message, "NOT EXISTS (SELECT 1 FROM meeting vg WHERE vg.message_id = " message \
			 ")") " THEN 1 ELSE 9 END)"
/* SQL: whether any of it is withheld. */
#define SIGHT_WITHHELD(message) "(" message " IS NOT NULL AND NOT " SIGHT_SEEN(message) ")"
/* SQL: whether row, a party or a contact's link, took part; else the message's text mentions it. */
#define SIGHT_TOOK_PART(row) row ".role <> 'mentioned'"
/* SQL: whether the viewer may know of a contact's link to the message's interaction. */
#define SIGHT_LINKED(link, message) \
	"(" SIGHT_TOOK_PART(link) " OR viewer() IS NULL OR " message \
				  " IS NULL OR " SIGHT_SEEN(message) ")"

/* To which level the interaction is withheld from the store's viewer; 9 when there is none of that id. */
int sight_level(struct store *store, int64_t interaction, unsigned *level, struct err *err);
/* Whether any of it is. */
int sight_withheld(struct store *store, int64_t interaction, bool *withheld, struct err *err);

/* Whether any interaction is withheld from it, or gone, of those that a removal journaled: an object of
 * lists "links" and "past", whose items begin with its id. */
int sight_links_withheld(struct store *store, const char *links, bool *withheld, struct err *err);

/* Whom it is not withheld from; for those who are told of it and have no store to ask. */
struct sight_owners {
	bool all; /* everybody */
	const char **codes, **users; /* arena; salespeople, and their local users or NULL */
	unsigned count;
};
int sight_owners(struct store *store, struct arena *arena, int64_t interaction,
	struct sight_owners *out, struct err *err);

#endif
