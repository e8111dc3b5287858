#ifndef LIAISON_NET_SPECIAL_USE_H
#define LIAISON_NET_SPECIAL_USE_H

#include "liaison/net/imap.h"

/* Special uses of mailboxes (RFC 6154): by their names in configuration and, for servers that tell
 * none, by what mail programs call such folders in many languages. */

/* "\Sent" to IMAP_SENT, any case; 0: no special use. */
unsigned special_use_by_word(const char *word);
/* The attributes as words: "\Sent \HasNoChildren"; appended. */
void special_use_words(unsigned attributes, struct text *out);
/* The use that a folder's name suggests ("Gesendete Objekte", "INBOX.Sent"), or 0. */
unsigned special_use_by_name(const char *name, char delimiter);

#endif
