#include "liaison/net/http.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "http_machine.h"
#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"

int
http_init(struct err *err)
{
	/* It would take an address for none where it has no memory to look at it. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, free, mem_resize, mem_text,
		    mem_zero) != CURLE_OK)
		return fail(err, ERR_INTERNAL, "HTTP cannot be set up");
	return 0;
}

/* ---- libcurl's questions ---- */

static int
watch(CURL *easy, curl_socket_t descriptor, int what, void *context, void *unused)
{
	struct http *http = context;

	(void)easy;
	(void)unused;
	http->loop.watch(/* CURL_POLL_REMOVE is neither */
		http->context, descriptor, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
	return 0;
}

static int
set_alarm(CURLM *multi, long milliseconds, void *context)
{
	struct http *http = context;

	(void)multi;
	http->loop.alarm(http->context, milliseconds);
	return 0;
}

/* ---- a hop ---- */

static bool
is_literal(const char *host)
{
	struct in6_addr ignored;

	return inet_pton(AF_INET, host, &ignored) == 1 || inet_pton(AF_INET6, host, &ignored) == 1;
}

static void
begin_hop(struct http *http)
{
	if (is_literal(http->url.host)) {
		http_begin(http, NULL);
		return;
	}
	http->resolving = true;
	http->loop.alarm(http->context, HTTP_CONNECT_SECONDS * INT64_C(1000));
	http->loop.resolve(http->context, http->url.host, http->url.port);
}

/* ---- redirects ---- */

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int
check_redirect(struct http *http, struct url *to)
{
	struct err err = { 0 };

	if (http->location[0] == '\0')
		return http_fail(http, HTTP_WRONG, "'%s' answered %d and does not say where to",
			http->url.host, http->answer.status);
	if (http->hops == HTTP_REDIRECTS)
		return http_fail(http, HTTP_WRONG, "'%s' redirects more than %d times",
			http->first.host, HTTP_REDIRECTS);
	if (url_follow(http->arena, &http->url, http->location, to, &err) < 0)
		return http_fail(http, HTTP_WRONG, "'%s' redirects to where we do not go: %s",
			http->url.host, err.message);
	if (strcmp(http->url.scheme, "https") == 0 && strcmp(to->scheme, "https") != 0)
		return http_fail(http, HTTP_WRONG,
			"'%s' redirects from https to http at '%s': it is refused", http->url.host,
			to->host);
	return 0;
}

/* -1: there is an answer, if only that it cannot be followed. */
static int
follow(struct http *http)
{
	struct url to;

	if (check_redirect(http, &to) < 0)
		return -1;
	http_end(http);
	http->url = to;
	http->hops++;
	begin_hop(http);
	return 0;
}

/* ---- the end ---- */

static void
finish(struct http *http)
{
	http->finished = true;
	http_end(http);
	http->loop.alarm(http->context, -1);
	http->loop.done(http->context);
}

static void
take_retry_after(struct http *http)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > HTTP_RETRY_MAX)
		seconds = HTTP_RETRY_MAX;
	http->answer.retry_after = seconds > 0 ? seconds : 0;
}

static void
take_result(struct http *http, CURLcode code)
{
	bool whole = code == CURLE_OK || (code == CURLE_WRITE_ERROR && http->enough);

	take_retry_after(http);
	if (http->answer.error[0] == '\0' && whole && is_redirect(http->answer.status) &&
		follow(http) == 0)
		return;
	if (http->answer.error[0] == '\0' && whole)
		http_judge(http);
	else if (http->answer.error[0] == '\0')
		http_explain(http, code);
	finish(http);
}

/* The last thing its callers do: http may be gone afterwards. */
static void
look_for_result(struct http *http)
{
	int left;
	CURLMsg *message = curl_multi_info_read(http->multi, &left);

	if (message && message->msg == CURLMSG_DONE)
		take_result(http, message->data.result);
}

void
http_ready(struct http *http, int descriptor, bool in, bool out)
{
	int running;

	if (http->finished)
		return;
	curl_multi_socket_action(http->multi, descriptor,
		(in ? CURL_CSELECT_IN : 0) | (out ? CURL_CSELECT_OUT : 0), &running);
	look_for_result(http);
}

void
http_tick(struct http *http)
{
	int running;

	if (http->finished)
		return;
	if (http->resolving) {
		http_fail(http, HTTP_UNREACHABLE, "'%s' cannot be resolved: no answer in %d s",
			http->url.host, HTTP_CONNECT_SECONDS);
		finish(http);
		return;
	}
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look_for_result(http);
}

void
http_resolved(struct http *http, const struct addrinfo *addresses, const char *why)
{
	if (http->finished || !http->resolving)
		return;
	http->resolving = false;
	if (addresses) {
		http_begin(http, addresses);
		return;
	}
	http_fail(http, HTTP_UNREACHABLE, "'%s' cannot be resolved: %s", http->url.host, why);
	finish(http);
}

struct http_answer *
http_answer(struct http *http)
{
	return &http->answer;
}

/* ---- life ---- */

static void
copy_request(struct http *http, const struct http_request *request)
{
	http->request = *request;
	http->request.ca_file = arena_text(http->arena, request->ca_file);
	http->request.user = arena_text(http->arena, request->user);
	http->request.etag = arena_text(http->arena, request->etag);
	http->request.modified = arena_text(http->arena, request->modified);
	http->secret = request->secret ? mem_text(request->secret) : NULL;
	http->request.url = http->request.secret = NULL;
}

static int
open_multi(struct http *http, struct err *err)
{
	http->multi = curl_multi_init();
	if (!http->multi)
		return fail(err, ERR_INTERNAL, "HTTP cannot be set up");
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_alarm);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return 0;
}

struct http *
http_get(const struct http_request *request, const struct http_loop *loop, void *context,
	struct err *err)
{
	struct http *http = mem_zero(1, sizeof(*http));

	http->arena = arena_new();
	http->loop = *loop;
	http->context = context;
	http->deadline = clock_monotonic_ms() + HTTP_SECONDS * INT64_C(1000);
	copy_request(http, request);
	if (url_read(http->arena, request->url, &http->first, err) < 0 ||
		open_multi(http, err) < 0) {
		http->finished = true;
		http_free(http);
		return NULL;
	}
	http->url = http->first;
	begin_hop(http);
	return http;
}

void
http_free(struct http *http)
{
	if (!http)
		return;
	http_end(http);
	if (http->multi)
		curl_multi_cleanup(http->multi);
	if (http->secret) {
		wipe(http->secret, strlen(http->secret));
		free(http->secret);
	}
	text_clear(&http->answer.body);
	arena_free(http->arena);
	free(http);
}
