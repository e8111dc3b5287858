#ifndef LIAISON_NET_HTTP_MACHINE_PRIVATE_H
#define LIAISON_NET_HTTP_MACHINE_PRIVATE_H

#include <curl/curl.h>

#include "liaison/net/http.h"
#include "liaison/net/url.h"

/* A GET under way: one easy handle a hop, all on a multi handle of its own, so that nothing is shared
 * with another calendar and letting go never waits for a thread. */
struct http {
	struct http_request request; /* its texts in arena, but for: */
	char *secret; /* own; wiped */
	struct http_loop loop;
	void *context;
	struct arena *arena; /* own */
	struct url first, url; /* the configured address, and where redirects led */
	unsigned hops;
	bool public_seen; /* a connection went to a public address */
	bool resolving, finished;
	int64_t deadline; /* monotonic ms */
	CURLM *multi;
	CURL *easy; /* of this hop, or NULL */
	struct curl_slist *fields, *addresses; /* of it; own */
	size_t header_size;
	char date[64]; /* the server's, "" if not there */
	char location[2048]; /* where it redirects, "" nowhere */
	bool enough; /* the status is all that matters */
	char words[CURL_ERROR_SIZE]; /* libcurl's */
	struct http_answer answer;
};

/* It is over: outcome and a sentence. Returns -1. */
int http_fail(struct http *http, enum http_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* http_transfer.c: a hop. */
/* addresses: of its host; NULL: the host is one. */
void http_begin(struct http *http, const struct addrinfo *addresses);
void http_end(struct http *http);

/* http_receive.c: what libcurl calls with what comes. */
size_t http_take_header(char *bytes, size_t one, size_t size, void *context);
size_t http_take_body(char *bytes, size_t one, size_t size, void *context);
/* An answer came whole, or as far as it matters; what its status means for the outcome. */
void http_judge(struct http *http);
/* The transfer broke off. */
void http_explain(struct http *http, CURLcode code);

#endif
