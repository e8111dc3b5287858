/* The address of a feed and, on the second line, where an answer of it redirects: what is taken is
 * http or https, is read again as the same, and shows nothing of its path. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct arena *arena;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_host(const char *host)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	must(host[0] != '\0');
	if (inet_pton(AF_INET, host, &address.sin_addr) == 1 &&
		(ntohl(address.sin_addr.s_addr) >> 24 == 127 ||
			ntohl(address.sin_addr.s_addr) >> 24 == 10))
		must(address_is_private((struct sockaddr *)&address));
}

static void
check_url(const struct url *url)
{
	struct url again;
	struct err err;
	char *shown;

	must(strcmp(url->scheme, "http") == 0 || strcmp(url->scheme, "https") == 0);
	check_host(url->host);
	must(url_read(arena, url->text, &again, &err) == 0);
	must(strcmp(again.text, url->text) == 0 && url_same_origin(url, &again));
	must(url_path(arena, url->text) == NULL);
	shown = url_shown(arena, url->text);
	must(text_is_clean(shown, strlen(shown), false));
}

static void
check_address(const uint8_t *bytes, size_t size)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (size < 16)
		return;
	memcpy(&six.sin6_addr, bytes, 16);
	memcpy(&four.sin_addr, bytes + 12, 4);
	if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		must(address_is_private((struct sockaddr *)&six) ==
			address_is_private((struct sockaddr *)&four));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text, *location;
	struct url url, next;
	struct err err;

	check_address(bytes, size);
	if (arena == NULL)
		arena = arena_new();
	text = arena_text_n(arena, (const char *)bytes, size);
	location = strchr(text, '\n');
	if (location != NULL)
		*location++ = '\0';
	url_shown(arena, text);
	url_path(arena, text);
	if (url_read(arena, text, &url, &err) == 0) {
		check_url(&url);
		if (location != NULL && url_follow(arena, &url, location, &next, &err) == 0)
			check_url(&next);
	}
	arena_reset(arena);
	return 0;
}
