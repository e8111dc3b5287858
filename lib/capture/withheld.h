#ifndef CAPTURE_WITHHELD_H
#define CAPTURE_WITHHELD_H

#include "liaison/crm/sight.h"

/* Ledger rows under the rule of sight.h. */

/* SQL: whether row l of source s is withheld from the viewer. Where no message was kept, the source
 * alone tells whose it is. */
#define CAPTURE_WITHHELD \
	"(" SIGHT_WITHHELD("l.message_id") " OR (l.message_id IS NULL AND NOT " SIGHT_OF_SOURCE( \
		"s", "NULL") "))"
/* SQL: message m, or what source s has, is the viewer's to know of at all. */
#define MESSAGE_KNOWN "(viewer() IS NULL OR " SIGHT_SEEN("m.id") ")"
#define SOURCE_KNOWN  "(viewer() IS NULL OR " SIGHT_OF_SOURCE("s", "NULL") ")"

#endif
