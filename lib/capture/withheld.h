#ifndef CAPTURE_WITHHELD_H
#define CAPTURE_WITHHELD_H

#include "liaison/crm/sight.h"

/* Ledger rows under the rule of sight.h, and under that of their own source: who sees a source is told
 * what became of what it had, and of the message as much as a copy of it had to say. */
enum {
	ROW_COPY = 1, /* of a mail: what made it the same one */
	ROW_PRIVATE = 2, /* of a meeting that the source keeps private: which one it is, and that */
	ROW_MEETING = 3, /* which one it is; the reason may quote another calendar */
	ROW_OUTSIDE = 9, /* dates and parties */
};

/* SQL: to which of these levels row l of source s is withheld from the viewer, 0: not at all. */
#define CAPTURE_LEVEL \
	"(CASE WHEN l.message_id IS NOT NULL AND " SIGHT_SEEN( \
		"l.message_id") " THEN 0 WHEN NOT " SIGHT_OF_SOURCE("s", \
		SIGHT_SALESPERSON( \
			"l.message_id")) " THEN 9 " \
					 "WHEN l.message_id IS NULL THEN 0 " \
					 "WHEN NOT EXISTS (SELECT 1 FROM meeting vg WHERE " \
					 "vg.message_id = l.message_id) THEN 1 " \
					 "WHEN l.decision = 'private' THEN 2 ELSE 3 END)"
/* SQL: message m, or what source s has, is the viewer's to know of at all. */
#define MESSAGE_KNOWN \
	"(viewer() IS NULL OR " SIGHT_SEEN( \
		"m.id") " OR EXISTS (SELECT 1 FROM ledger kl " \
			"JOIN stream kt ON kt.id = kl.stream_id JOIN source ks ON ks.id = " \
			"kt.source_id " \
			"WHERE kl.message_id = m.id AND " SIGHT_OF_SOURCE( \
				"ks", SIGHT_SALESPERSON("m.id")) "))"
#define SOURCE_KNOWN "(viewer() IS NULL OR " SIGHT_OF_SOURCE("s", "NULL") ")"

#endif
