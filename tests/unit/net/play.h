#ifndef LIAISON_TESTS_UNIT_NET_PLAY_H
#define LIAISON_TESTS_UNIT_NET_PLAY_H

#include "liaison/net/imap.h"

/* Plays a server's side of a session to the IMAP machine and writes down what comes out. */

/* A letter a command, given when all before are answered: c CAPABILITY, t STARTTLS, l login with
 * "u" and "p", o login with a token, L LIST, Y LIST with special uses, s EXAMINE INBOX, T STATUS,
 * S SEARCH, F headers and structure, P a part, i IDLE, d DONE, n NOOP, q LOGOUT; D: DONE, SEARCH,
 * FETCH and IDLE in one go as soon as an EXISTS comes. */
struct play {
	struct imap *imap;
	const char *plan;
	struct text log; /* a line an event; own */
	struct text sent; /* what the server got; own */
	bool given_up;
};

void play_begin(struct play *play, enum config_tls tls, const char *plan);
/* Feeds in pieces of at most step bytes (0: all at once); the log ends with the error if any. */
void play_feed(struct play *play, const char *bytes, size_t size, size_t step);
void play_end(struct play *play);

/* A file of tests/data/imap; own. */
char *play_file(const char *name, size_t *size);

#endif
