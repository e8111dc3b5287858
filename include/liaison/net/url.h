#ifndef LIAISON_NET_URL_H
#define LIAISON_NET_URL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* Addresses of feeds, read by libcurl's own parser so that nobody reads them otherwise. */

struct url {
	const char *text; /* as libcurl writes it; may be a secret */
	const char *scheme; /* "http" or "https" */
	const char *host; /* an IPv6 address without brackets */
	uint16_t port;
};

/* All of out in arena. ERR_FORMAT: not http or https, or with a user, or no address; the message
 * does not show it. */
int url_read(struct arena *arena, const char *text, struct url *out, struct err *err);
/* Where an address leads that stands in an answer of base, to which it may be relative. */
int url_follow(struct arena *arena, const struct url *base, const char *location, struct url *out,
	struct err *err);
/* Same scheme, host and port: who may be told a secret of the other. */
bool url_same_origin(const struct url *a, const struct url *b);
/* What may be shown of it: "https://host/…#a1b2", with the first four digits of its SHA-256. A file's
 * path is no secret: all of it. */
char *url_shown(struct arena *arena, const char *text);
/* The path of a file's address, "%20" decoded. NULL: it is no file's. */
char *url_path(struct arena *arena, const char *text);

/* Not of the public Internet: loopback, private, link-local, shared (RFC 6598), multicast, reserved;
 * also where an IPv4 address stands within an IPv6 one. Families that are not IP are private, too. */
bool address_is_private(const struct sockaddr *address);

#endif
