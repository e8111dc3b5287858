#ifndef LIAISON_FETCH_LINK_H
#define LIAISON_FETCH_LINK_H

#include "fetch.h"

/* The stream to the engine at descriptor 4. What is written leaves in one piece when the loop has
 * nothing more to do; what cannot leave, or has no credit, stops the reading from servers. */

struct link *link_new(struct fetch *fetch, int descriptor);
void link_begin(struct link *link, struct frame_writer *writer, enum frame_type type,
	uint32_t source, uint32_t token);
/* TAG_ERROR, of words that may be the server's: clean and short. NULL: none. */
void link_put_error(struct frame_writer *writer, const char *words);
/* Ends a FRAME_ITEM and pays for it. */
void link_end_item(struct link *link, struct frame_writer *writer);
/* No reading from servers now; sources_resume follows. */
bool link_blocked(struct link *link);
/* The last words, without waiting for the loop. */
void link_flush(struct link *link);

#endif
