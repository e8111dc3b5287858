#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/crypt.h"
#include "liaison/base/text.h"
#include "liaison/net/url.h"

/* ---- text ---- */

static char *
part(struct arena *arena, CURLU *url, CURLUPart what, unsigned flags)
{
	char *text = NULL, *copy;

	if (curl_url_get(url, what, &text, flags) != CURLUE_OK)
		return NULL;
	copy = arena_text(arena, text);
	curl_free(text);
	return copy;
}

static char *
without_brackets(struct arena *arena, char *host)
{
	size_t size = host ? strlen(host) : 0;

	return size > 2 && host[0] == '[' ? arena_text_n(arena, host + 1, size - 2) : host;
}

/* libcurl decodes what is coded in a host. */
static bool
is_shown_plain(const char *text)
{
	return text_is_clean(text, strlen(text), false);
}

static int
take_parts(struct arena *arena, CURLU *url, struct url *out, struct err *err)
{
	const char *port = part(arena, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	struct url found = {
		.text = part(arena, url, CURLUPART_URL, 0),
		.scheme = part(arena, url, CURLUPART_SCHEME, 0),
		.host = without_brackets(arena, part(arena, url, CURLUPART_HOST, 0)),
	};
	uint32_t number = 0;

	if (!found.text || !found.scheme || !found.host || found.host[0] == '\0')
		return fail(err, ERR_FORMAT, "it is no address");
	if (!is_shown_plain(found.text) || !is_shown_plain(found.host))
		return fail(err, ERR_FORMAT, "its host is none");
	if (strcmp(found.scheme, "http") != 0 && strcmp(found.scheme, "https") != 0)
		return fail(
			err, ERR_FORMAT, "its scheme is '%.20s', not http or https", found.scheme);
	if (part(arena, url, CURLUPART_USER, 0) || part(arena, url, CURLUPART_PASSWORD, 0))
		return fail(err, ERR_FORMAT, "it has a user within");
	if (!port || text_to_uint32(port, &number) < 0 || number == 0 || number > 65535)
		return fail(err, ERR_FORMAT, "its port is none");
	found.port = (uint16_t)number;
	*out = found;
	return 0;
}

static int
read_both(struct arena *arena, const char *text, const char *location, struct url *out,
	struct err *err)
{
	CURLU *url = curl_url();
	int result;

	if (!url)
		return fail(err, ERR_INTERNAL, "addresses cannot be read");
	if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
		(location && curl_url_set(url, CURLUPART_URL, location,
				     CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) != CURLUE_OK))
		result = fail(err, ERR_FORMAT, "it is no address");
	else {
		curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
		result = take_parts(arena, url, out, err);
	}
	curl_url_cleanup(url);
	return result;
}

/* A host may be coded so that it is another one once it is decoded: "%30" is "0", and that 0.0.0.0. */
static int
read_settled(struct arena *arena, const char *text, const char *location, struct url *out,
	struct err *err)
{
	struct url again;

	if (read_both(arena, text, location, out, err) < 0 ||
		read_both(arena, out->text, NULL, &again, err) < 0)
		return -1;
	if (strcmp(again.text, out->text) != 0 || !url_same_origin(&again, out))
		return fail(err, ERR_FORMAT, "its host is coded");
	return 0;
}

int
url_read(struct arena *arena, const char *text, struct url *out, struct err *err)
{
	return read_settled(arena, text, NULL, out, err);
}

int
url_follow(struct arena *arena, const struct url *base, const char *location, struct url *out,
	struct err *err)
{
	return read_settled(arena, base->text, location, out, err);
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->port == b->port && strcmp(a->scheme, b->scheme) == 0 &&
	       text_equal_nocase(a->host, b->host);
}

char *
url_shown(struct arena *arena, const char *text)
{
	uint8_t digest[SHA256_SIZE];
	const char *host = strstr(text, "://");

	if (url_path(arena, text))
		return arena_text(arena, text);
	sha256(text, strlen(text), digest);
	host = host ? host + 3 : text;
	return arena_printf(arena, "%.*s%.*s/…#%s", (int)(host - text), text,
		(int)strcspn(host, "/?#"), host, hex_encode(arena, digest, 2));
}

char *
url_path(struct arena *arena, const char *text)
{
	char *decoded, *path;
	int size = 0;

	if (!text_starts(text, "file:///"))
		return NULL;
	decoded = curl_easy_unescape(NULL, text + strlen("file://"), 0, &size);
	path = decoded ? arena_text_n(arena, decoded, (size_t)size) : NULL;
	curl_free(decoded);
	return path;
}

/* ---- addresses ---- */

struct network {
	uint32_t address;
	unsigned bits;
};

/* RFC 6890 and its successors in IANA's registry, without the ranges for documentation. */
static const struct network PRIVATE_4[] = {
	{ 0x00000000, 8 },
	{ 0x0A000000, 8 },
	{ 0x64400000, 10 },
	{ 0x7F000000, 8 },
	{ 0xA9FE0000, 16 },
	{ 0xAC100000, 12 },
	{ 0xC0000000, 24 },
	{ 0xC0A80000, 16 },
	{ 0xC6120000, 15 },
	{ 0xE0000000, 3 },
};

static bool
is_private_4(const uint8_t *bytes)
{
	uint32_t address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
			   (uint32_t)bytes[2] << 8 | bytes[3];

	for (size_t i = 0; i < sizeof(PRIVATE_4) / sizeof(PRIVATE_4[0]); i++)
		if ((address ^ PRIVATE_4[i].address) >> (32 - PRIVATE_4[i].bits) == 0)
			return true;
	return false;
}

/* Only 2000::/3 is given out to the public; within it 6to4 carries an IPv4 address, as NAT64's
 * well-known prefix and mapped addresses do outside of it. */
static bool
is_private_6(const uint8_t *bytes)
{
	static const uint8_t MAPPED[12] = { [10] = 0xFF, [11] = 0xFF };
	static const uint8_t NAT64[12] = { 0x00, 0x64, 0xFF, 0x9B };

	if (memcmp(bytes, MAPPED, 12) == 0 || memcmp(bytes, NAT64, 12) == 0)
		return is_private_4(bytes + 12);
	if (bytes[0] == 0x20 && bytes[1] == 0x02)
		return is_private_4(bytes + 2);
	return (bytes[0] & 0xE0) != 0x20;
}

bool
address_is_private(const struct sockaddr *address)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof(four));
		return is_private_4((const uint8_t *)&four.sin_addr);
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof(six));
		return is_private_6((const uint8_t *)&six.sin6_addr);
	}
	return true;
}
