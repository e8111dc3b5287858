/* The address of a feed, made so plain that everybody who reads it reads the same. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "config_value.h"
#include "liaison/base/address.h"
#include "liaison/base/crypt.h"

enum { URL_MAX = 2000 };

/* A host may be written in other letters than ASCII's; all else must be percent-encoded. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text > '~' || *text == '\\' ||
			*text == '"' || *text == '<' || *text == '>')
			return false;
	return true;
}

/* "%" and two digits, and never a NUL. */
static bool
is_encoded_well(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text != '%')
			continue;
		if (hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0 ||
			(text[1] == '0' && text[2] == '0'))
			return false;
		text += 2;
	}
	return true;
}

static bool
port_valid(const char *port)
{
	uint32_t number;

	return port[0] >= '0' && port[0] <= '9' && text_to_uint32(port, &number) == 0 &&
	       number >= 1 && number <= 65535;
}

/* "host", "host:port", "[address]" or "[address]:port". NULL: none of these. */
static const char *
canonical_authority(struct arena *arena, const char *authority)
{
	char *name = arena_text(arena, authority), *port = NULL, *host;
	bool bracketed = name[0] == '[';
	unsigned char address[16];
	char *end = bracketed ? strchr(name, ']') : name + strcspn(name, ":");

	if (end == NULL || (bracketed && end[1] != '\0' && end[1] != ':'))
		return NULL;
	if (bracketed)
		*end++ = '\0';
	if (*end == ':') {
		*end = '\0';
		port = end + 1;
	}
	if (port != NULL && !port_valid(port))
		return NULL;
	host = name + bracketed;
	if (bracketed ? inet_pton(AF_INET6, host, address) != 1
		      : inet_pton(AF_INET, host, address) != 1 &&
				(host[0] == '@' || domain_canonical(arena, host, &host, NULL) < 0))
		return NULL;
	return arena_printf(arena, "%s%s%s%s%s", bracketed ? "[" : "", host, bracketed ? "]" : "",
		port != NULL ? ":" : "", port != NULL ? port : "");
}

static int
expect_address(struct value *value)
{
	return config_expected(
		value, "an address that begins with https://, http://, webcal:// or file:///");
}

/* webcal is what calendars call a feed over https. */
static int
read_web(struct value *value, const char *scheme, const char *rest)
{
	size_t size = strcspn(rest, "/?#");
	const char *path = rest + size, *host;

	if (memchr(rest, '@', size) != NULL)
		return config_expected(value, "an address without a user: set user and "
					      "password-command");
	host = canonical_authority(value->arena, arena_text_n(value->arena, rest, size));
	if (host == NULL)
		return config_expected(value, "an address with a host, and a port from 1 to 65535");
	if (!is_plain(path) || !is_encoded_well(path))
		return config_expected(
			value, "an address with blanks and letters beyond ASCII as %%XX");
	*(const char **)value->field = arena_printf(value->arena, "%s://%s%s%.*s", scheme, host,
		path[0] == '/' ? "" : "/", (int)strcspn(path, "#"), path);
	return 0;
}

static int
read_file(struct value *value, const char *path)
{
	if (path[0] != '/' || path[1] == '\0')
		return config_expected(value, "an absolute path after file://: file:///…");
	if (!is_plain(path) || !is_encoded_well(path) || strpbrk(path, "?#") != NULL)
		return config_expected(
			value, "a path with blanks and letters beyond ASCII as %%XX");
	*(const char **)value->field = arena_printf(value->arena, "file://%s", path);
	return 0;
}

int
config_read_url(struct value *value)
{
	static const struct {
		const char *written, *means;
	} SCHEMES[] = { { "https://", "https" }, { "webcal://", "https" }, { "http://", "http" } };
	const char *url = value->text;

	if (strlen(url) > URL_MAX)
		return config_expected(value, "an address of at most %d bytes", URL_MAX);
	if (strncasecmp(url, "file://", 7) == 0)
		return read_file(value, url + 7);
	for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
		size_t size = strlen(SCHEMES[i].written);

		if (strncasecmp(url, SCHEMES[i].written, size) == 0 && url[size] != '\0')
			return read_web(value, SCHEMES[i].means, url + size);
	}
	return expect_address(value);
}

const char *
config_url_host(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://") + 3;

	if (host[0] == '[')
		return arena_text_n(arena, host + 1, strcspn(host + 1, "]"));
	return arena_text_n(arena, host, strcspn(host, ":/"));
}
