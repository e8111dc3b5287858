#include <assert.h>
#include <netinet/in.h>

#include "http_machine.h"
#include "liaison/base/clock.h"

/* One hop as libcurl is told to make it: what it may do, whom it trusts, who is told the secret. */

/* As for IMAP: by name, so that the environment has no say. */
static const char SYSTEM_AUTHORITIES[] = "/etc/ssl/certs/ca-certificates.crt";

/* The configured address may be anywhere; where a server sends us may not be nearer than it is. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http *http = context;
	bool private = address_is_private(&address->addr);

	(void)purpose;
	if (http->hops > 0 && http->public_seen && private) {
		http_fail(http, HTTP_WRONG,
			"'%s' redirects to '%s', whose address is private: it is refused",
			http->first.host, http->url.host);
		return CURL_SOCKET_BAD;
	}
	http->public_seen = http->public_seen || !private;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void
http_end(struct http *http)
{
	if (!http->easy)
		return;
	curl_multi_remove_handle(http->multi, http->easy);
	curl_easy_cleanup(http->easy);
	curl_slist_free_all(http->fields);
	curl_slist_free_all(http->addresses);
	http->easy = NULL;
	http->fields = http->addresses = NULL;
}

static void
set_rules(struct http *http)
{
	CURL *easy = http->easy;
	int64_t left = http->deadline - clock_monotonic_ms();

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_DEFAULT_PROTOCOL, "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_SECONDS * 1000L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left > 1 ? (long)left : 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)HTTP_RATE_MIN);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)HTTP_RATE_SECONDS);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->request.size_max);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "liaison/" LIAISON_VERSION);
}

static void
set_trust(struct http *http)
{
	const char *ca_file = http->request.ca_file;

	curl_easy_setopt(http->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(http->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(http->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(http->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(http->easy, CURLOPT_CAINFO, ca_file ? ca_file : SYSTEM_AUTHORITIES);
	curl_easy_setopt(http->easy, CURLOPT_CAPATH, NULL);
}

static void
set_callbacks(struct http *http)
{
	curl_easy_setopt(http->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(http->easy, CURLOPT_OPENSOCKETDATA, http);
	curl_easy_setopt(http->easy, CURLOPT_HEADERFUNCTION, http_take_header);
	curl_easy_setopt(http->easy, CURLOPT_HEADERDATA, http);
	curl_easy_setopt(http->easy, CURLOPT_WRITEFUNCTION, http_take_body);
	curl_easy_setopt(http->easy, CURLOPT_WRITEDATA, http);
	curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, http->words);
}

/* Nobody but the origin that was configured is told the secret. */
static void
set_secret(struct http *http)
{
	if (!http->secret || !url_same_origin(&http->first, &http->url))
		return;
	if (http->request.user) {
		curl_easy_setopt(http->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(http->easy, CURLOPT_USERNAME, http->request.user);
		curl_easy_setopt(http->easy, CURLOPT_PASSWORD, http->secret);
	} else {
		curl_easy_setopt(http->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(http->easy, CURLOPT_XOAUTH2_BEARER, http->secret);
	}
}

static void
add_field(struct http *http, const char *name, const char *value)
{
	if (value)
		http->fields = curl_slist_append(
			http->fields, arena_printf(http->arena, "%s: %s", name, value));
}

static void
set_fields(struct http *http)
{
	add_field(http, "Accept", "text/calendar, */*;q=0.5");
	add_field(http, "If-None-Match", http->request.etag);
	add_field(http, "If-Modified-Since", http->request.modified);
	curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->fields);
}

/* What was resolved, so that libcurl asks nobody: its own threads could not be left alone. */
static void
set_addresses(struct http *http, const struct addrinfo *addresses)
{
	struct text line = { 0 };
	unsigned count = 0;

	if (!addresses)
		return;
	text_printf(&line, "%s:%u:", http->url.host, http->url.port);
	for (const struct addrinfo *at = addresses; at && count < 16; at = at->ai_next) {
		char host[INET6_ADDRSTRLEN];
		bool six = at->ai_family == AF_INET6;

		if (getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof(host), NULL, 0,
			    NI_NUMERICHOST) == 0)
			text_printf(&line, "%s%s%s%s", count++ ? "," : "", six ? "[" : "", host,
				six ? "]" : "");
	}
	http->addresses = curl_slist_append(NULL, line.bytes);
	text_clear(&line);
	curl_easy_setopt(http->easy, CURLOPT_RESOLVE, http->addresses);
}

void
http_begin(struct http *http, const struct addrinfo *addresses)
{
	http->easy = curl_easy_init();
	http->header_size = 0;
	http->enough = false;
	http->words[0] = '\0';
	text_reset(&http->answer.body);
	assert(http->easy);
	curl_easy_setopt(http->easy, CURLOPT_URL, http->url.text);
	set_rules(http);
	set_trust(http);
	set_callbacks(http);
	set_secret(http);
	set_fields(http);
	set_addresses(http, addresses);
	curl_multi_add_handle(http->multi, http->easy);
}
