#ifndef LIAISON_NET_HTTP_H
#define LIAISON_NET_HTTP_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* One GET over HTTP/1.1, libcurl's only door, on a loop of somebody else's. Certificates and names are
 * always verified, TLS is 1.2 or later; no proxy, no cookies, no .netrc, nothing of the environment.
 * Redirects are followed by hand: at most HTTP_REDIRECTS, never from https to http, never from a
 * public address to a private one (the address that is connected to counts, not its name), and
 * secrets go to the first origin alone. A content coding is refused. */

enum {
	HTTP_REDIRECTS = 3,
	HTTP_HEADER_MAX = 64 * 1024,
	HTTP_SECONDS = 120, /* all of it */
	HTTP_CONNECT_SECONDS = 20,
	HTTP_RATE_MIN = 1024, /* bytes a second, over: */
	HTTP_RATE_SECONDS = 30,
	HTTP_RETRY_MAX = 24 * 60 * 60, /* seconds that Retry-After may ask for */
};

struct http;

/* What it needs of the loop; each is given context. */
struct http_loop {
	/* Neither in nor out: not any more. */
	void (*watch)(void *context, int descriptor, bool in, bool out);
	/* http_tick after that many milliseconds; below 0: not. The newest counts. */
	void (*alarm)(void *context, int64_t milliseconds);
	/* http_resolved, and not before this call has returned. */
	void (*resolve)(void *context, const char *host, uint16_t port);
	/* There is an answer; called from http_ready, http_tick and http_resolved, as their last step,
	 * so that http_free is allowed within. */
	void (*done)(void *context);
};

struct http_request {
	const char *url;
	const char *ca_file; /* NULL: the system's authorities */
	const char *user; /* NULL: the secret is a bearer token */
	const char *secret; /* NULL: none */
	const char *etag, *modified; /* of what is there already, or NULL */
	size_t size_max; /* of the body */
};

enum http_outcome {
	HTTP_RECEIVED, /* 200: the body */
	HTTP_UNCHANGED, /* 304 */
	HTTP_DENIED, /* 401, 403 */
	HTTP_GONE, /* 410 */
	HTTP_UNREACHABLE, /* the network, or a server that is not well (429, 5xx) */
	HTTP_WRONG, /* what was received cannot be taken */
};

struct http_answer {
	enum http_outcome outcome;
	int status; /* the last one received; 0: none */
	char error[400]; /* but for RECEIVED and UNCHANGED: a sentence without the address's path */
	int64_t retry_after; /* s; 0: not said */
	struct text body; /* own */
	char etag[512], modified[64], type[128]; /* "" if not there, or strange */
};

/* Once, before the sandbox and before threads. */
int http_init(struct err *err);
/* Copies all of request. May call alarm and resolve at once. ERR_FORMAT: the address is none. */
struct http *http_get(const struct http_request *request, const struct http_loop *loop,
	void *context, struct err *err);
void http_ready(struct http *http, int descriptor, bool in, bool out);
void http_tick(struct http *http);
/* addresses NULL: there are none, and why. Borrowed. */
void http_resolved(struct http *http, const struct addrinfo *addresses, const char *why);
/* After done. */
struct http_answer *http_answer(struct http *http);
/* Also in the middle of it, at once: the connection is dropped. NULL is fine. */
void http_free(struct http *http);

#endif
