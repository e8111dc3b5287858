#ifndef LIAISON_NET_SCRUB_H
#define LIAISON_NET_SCRUB_H

#include <stddef.h>
#include <stdint.h>

#include "liaison/base/crypt.h"

/* Makes of an IMAP conversation one that may be shown to strangers: each word that the protocol, MIME or a
 * mail header does not define is replaced, letter for letter and figure for figure, by another one, the
 * same word always by the same; all lengths, punctuation, UIDs, sizes, flags and dates stay. Who has no
 * key cannot turn it back. In place. */

struct scrub {
	uint8_t key[SHA256_SIZE];
};

/* With a key of its own. -1: there is no randomness. */
int scrub_init(struct scrub *scrub);
/* What a server or a client said: whole lines with their literals. */
void scrub_conversation(const struct scrub *scrub, char *bytes, size_t size);
/* A header block of a message. */
void scrub_header(const struct scrub *scrub, char *bytes, size_t size);
/* Every word. */
void scrub_words(const struct scrub *scrub, char *bytes, size_t size);

#endif
