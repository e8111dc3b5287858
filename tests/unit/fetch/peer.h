#ifndef LIAISON_TESTS_FETCH_PEER_H
#define LIAISON_TESTS_FETCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/text.h"

/* An IMAP server of one folder at the other end of a socketpair; it runs only when it is called. */

enum { BYTE_MS = 1000 /* from one byte to the next of a server that drips */ };

/* What befalls the answer to one word. */
enum peer_fault {
	PEER_WELL,
	PEER_STALLS, /* in the middle of it, and is silent from then on */
	PEER_DRIPS, /* a byte at a time */
	PEER_REFUSES, /* NO */
	PEER_ENDS, /* the connection is closed in its place */
};

struct server {
	uint32_t messages; /* UIDs 1 to that */
	size_t header_size; /* of each, at least */
	const uint32_t *deadly; /* UIDs at which it hangs up, the last is 0; or NULL */
	bool tells; /* of new mail during IDLE */
	bool refuses_logins;
	unsigned logins_max; /* at once, others are refused; 0: any */
	const char *folders; /* what LIST says; NULL: INBOX alone */
	const char *capabilities;
	bool greets_without; /* what it can is asked for */
	const char *
		fault_at; /* a word, or "GREETING", "DONE"; "SINGLE": FETCH of one message; or NULL */
	enum peer_fault fault;
	unsigned fault_count; /* how often; then it is well */
	int stall_at; /* bytes of the answer before it stalls, below 0 from its end; 0: half of them */
	size_t cut; /* bytes that the next connection says before it ends; 0: no end */
	size_t said; /* of the connection that ended last */
	struct peer {
		int descriptor; /* -1: closed */
		bool silent; /* it neither reads nor writes any more, and does not say so */
		bool drips, logged_in;
		char idle_tag[16];
		uint32_t told; /* messages it told of */
		size_t said, cut; /* bytes */
		int64_t next_byte;
		struct text in, out;
	} * peers; /* own */
	size_t peer_count, accepted; /* accepted: ever */
	struct heard {
		int64_t at;
		size_t peer;
		char word[16];
	} * heard; /* own */
	size_t heard_count;
};

/* The client's end of a new connection, which does not block. */
int server_accept(struct server *server, int64_t now);
/* All that is there to be read and answered at that moment; false: nothing was. */
bool server_serve(struct server *server, int64_t now);
/* The connections there are die without a word, or are closed. */
void server_drop_silently(struct server *server);
void server_close(struct server *server);
void server_clear(struct server *server);
/* A connection idles. */
bool server_idles(const struct server *server);
/* The first of that word at that place of what was heard or after it; NULL: none. */
const struct heard *server_heard(const struct server *server, const char *word, size_t from);
size_t server_count(const struct server *server, const char *word);

#endif
