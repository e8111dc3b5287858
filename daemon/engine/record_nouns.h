#ifndef LIAISON_ENGINE_RECORD_NOUNS_H
#define LIAISON_ENGINE_RECORD_NOUNS_H

#include "liaison/crm/record.h"

/* The nouns that are a row of fields, as the table of commands has them: a noun that gets its commands is
 * journaled, taken back, and removed with its contact, like the others. */

/* NULL after the last. */
const struct record_noun *record_noun_at(unsigned i);
/* By its name in the journal; NULL: it is none of them. */
const struct record_noun *record_noun_named(const char *name);

#endif
