#ifndef LIAISON_BASE_ADDRESS_H
#define LIAISON_BASE_ADDRESS_H

#include <stdbool.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* Internet addresses in the form they are compared by (RFC 5321, 5890; libidn2's door). */

/* The canonical form: quoted local parts unquoted where they need none, the local part case-folded,
 * the domain as lower-case A-labels without a trailing dot. canonical(canonical(x)) == canonical(x).
 * ERR_USAGE: not an address (no @, controls, blanks, over 320 bytes, bad domain). */
int address_canonical(struct arena *arena, const char *address, char **out, struct err *err);
/* A domain alone, as above; a leading "@" is dropped. */
int domain_canonical(struct arena *arena, const char *domain, char **out, struct err *err);
/* The part after the last @ of a canonical address; borrowed. */
const char *address_domain(const char *canonical);
/* Folds "user+tag@d" to "user@d". */
char *address_fold_tag(struct arena *arena, const char *canonical);
/* The text names the canonical address, alone or with a tag ("user+tag@d"), in whatever case and as a whole: no
 * letter, figure or sign of a longer address stands beside it. */
bool address_is_in(const char *text, size_t size, const char *canonical);
/* Adds text to out with "(forgotten)" for each of the list, lines of addresses and names, that stands in it as
 * above; false: none does, and out is as it was. */
bool address_take_out(const char *text, const char *list, struct text *out);
/* Letters of more than one script in the display form (Latin with Cyrillic or Greek, say), also where a
 * domain is written as A-labels. */
bool address_mixed_script(const char *display);
/* The domain is one where anybody can have a mailbox (data file built in, subdomains count). */
bool domain_is_freemail(const char *canonical_domain);

#endif
