#ifndef LIAISON_NET_TLS_H
#define LIAISON_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "liaison/base/err.h"

/* TLS over a non-blocking socket: OpenSSL's door for the network. TLS 1.2 or later; the certificate
 * and the host name are always verified, and the environment has no say in what is trusted. */

struct tls_context; /* what is trusted; shared by all connections with the same authorities */
struct tls;

/* ca_file NULL: the system's authorities. Reads files, so before the sandbox. ERR_CONFIG. */
struct tls_context *tls_context_new(const char *ca_file, struct err *err);
void tls_context_free(struct tls_context *context);

/* Takes descriptor into use, does not own it. host: name or IP address the certificate must bear.
 * fingerprint: SHA-256 of the certificate in lower-case hex that alone is accepted then (chain and
 * name do not matter any more), or NULL. */
struct tls *tls_new(struct tls_context *context, int descriptor, const char *host,
	const char *fingerprint, struct err *err);
void tls_free(struct tls *tls); /* NULL is fine; sends close_notify if it goes at once */

enum tls_need { TLS_READY, TLS_NEEDS_READ, TLS_NEEDS_WRITE };

/* One step of the handshake: 0 and *need what to wait for (TLS_READY: done), or -1. ERR_NETWORK
 * names the check that failed, the host and who issued the certificate. */
int tls_handshake(struct tls *tls, enum tls_need *need, struct err *err);
/* Bytes read or written; 0 and *need: wait; -1: ERR_NETWORK. The end of the stream is an error, with
 * or without close_notify. */
ssize_t tls_read(struct tls *tls, void *bytes, size_t size, enum tls_need *need, struct err *err);
ssize_t
tls_write(struct tls *tls, const void *bytes, size_t size, enum tls_need *need, struct err *err);

#endif
