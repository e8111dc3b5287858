#ifndef LIAISON_TESTS_FETCH_PEER_H
#define LIAISON_TESTS_FETCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/text.h"

/* An IMAP server of one folder at the other end of a socketpair; it runs only when it is called. */

enum { PEERS_MAX = 32, HEARD_MAX = 4096 };

struct server {
	uint32_t messages; /* UIDs 1 to that */
	bool tells; /* of new mail during IDLE */
	bool refuses_logins;
	struct peer {
		int descriptor; /* -1: closed */
		bool silent; /* it neither reads nor writes any more, and does not say so */
		char idle_tag[16];
		uint32_t told; /* messages it told of */
		struct text in;
	} peers[PEERS_MAX];
	size_t peer_count;
	struct heard {
		int64_t at;
		size_t peer;
		char word[16];
	} heard[HEARD_MAX];
	size_t heard_count;
};

/* The client's end of a new connection, which does not block. */
int server_accept(struct server *server);
/* All that is there to be read and answered at that moment; false: nothing was. */
bool server_serve(struct server *server, int64_t now);
/* The connections there are die without a word. */
void server_drop_silently(struct server *server);
void server_clear(struct server *server);
/* The first of that word at that place of what was heard or after it; NULL: none. */
const struct heard *server_heard(const struct server *server, const char *word, size_t from);

#endif
