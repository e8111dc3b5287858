#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http_machine.h"

/* What comes from the server, counted and looked at; what is wrong with it in a sentence. */

enum { DATE_APART_S = 2 };

int
http_fail(struct http *http, enum http_outcome outcome, const char *format, ...)
{
	struct http_answer *answer = &http->answer;
	va_list list;

	if (answer->error[0] != '\0')
		return -1; /* the first one is the cause */
	va_start(list, format);
	vsnprintf(answer->error, sizeof(answer->error), format, list);
	va_end(list);
	answer->error[text_cut(answer->error, strlen(answer->error), sizeof(answer->error) - 1)] =
		'\0';
	answer->outcome = outcome;
	return -1;
}

/* ---- header ---- */

/* Of "HTTP/1.1 200 OK" the number, 0 if there is none. */
static int
status_of(const char *line, size_t size)
{
	const char *end = line + size, *digits = memchr(line, ' ', size);

	while (digits != NULL && digits < end && *digits == ' ')
		digits++;
	if (digits == NULL || end - digits < 3 || (end - digits > 3 && digits[3] != ' '))
		return 0;
	for (int i = 0; i < 3; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return 0;
	return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

static void
begin_answer(struct http *http, const char *line, size_t size)
{
	struct http_answer *answer = &http->answer;

	answer->status = status_of(line, size);
	answer->etag[0] = answer->modified[0] = answer->type[0] = '\0';
	http->date[0] = http->location[0] = '\0';
}

/* Of what is too long or no plain text, nothing: it is only ever sent back, or shown. */
static void
keep(char *out, size_t room, const char *value, size_t size)
{
	out[0] = '\0';
	if (size >= room)
		return;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)value[i] < ' ' || (unsigned char)value[i] > '~')
			return;
	memcpy(out, value, size);
	out[size] = '\0';
}

/* A coding would escape the limits of size until it is decoded. */
static int
refuse_coding(struct http *http, const char *what, const char *value, size_t size)
{
	char shown[40];

	if (size == 0 || (size == 8 && strncasecmp(value, "identity", 8) == 0) ||
		(what[0] == 'T' && size == 7 && strncasecmp(value, "chunked", 7) == 0))
		return 0;
	keep(shown, sizeof(shown), value, size < sizeof(shown) ? size : sizeof(shown) - 1);
	return http_fail(http, HTTP_WRONG, "'%s' answered with %s '%s', which was not asked for",
		http->url.host, what, shown);
}

static int
take_field(struct http *http, const char *name, size_t name_size, const char *value, size_t size)
{
	struct http_answer *answer = &http->answer;

	if (name_size == 4 && strncasecmp(name, "ETag", 4) == 0)
		keep(answer->etag, sizeof(answer->etag), value, size);
	else if (name_size == 13 && strncasecmp(name, "Last-Modified", 13) == 0)
		keep(answer->modified, sizeof(answer->modified), value, size);
	else if (name_size == 12 && strncasecmp(name, "Content-Type", 12) == 0)
		keep(answer->type, sizeof(answer->type), value, size);
	else if (name_size == 4 && strncasecmp(name, "Date", 4) == 0)
		keep(http->date, sizeof(http->date), value, size);
	else if (name_size == 8 && strncasecmp(name, "Location", 8) == 0)
		keep(http->location, sizeof(http->location), value, size);
	else if (name_size == 16 && strncasecmp(name, "Content-Encoding", 16) == 0)
		return refuse_coding(http, "Content-Encoding", value, size);
	else if (name_size == 17 && strncasecmp(name, "Transfer-Encoding", 17) == 0)
		return refuse_coding(http, "Transfer-Encoding", value, size);
	return 0;
}

static int
take_line(struct http *http, const char *line, size_t size)
{
	const char *colon, *value;

	while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r' ||
				   line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		begin_answer(http, line, size);
		return 0;
	}
	colon = memchr(line, ':', size);
	if (!colon)
		return 0;
	for (value = colon + 1; value < line + size && (*value == ' ' || *value == '\t');)
		value++;
	return take_field(http, line, (size_t)(colon - line), value, (size_t)(line + size - value));
}

size_t
http_take_header(char *bytes, size_t one, size_t size, void *context)
{
	struct http *http = context;

	(void)one;
	http->header_size += size;
	if (http->header_size > HTTP_HEADER_MAX) {
		http_fail(http, HTTP_WRONG, "the header of the answer of '%s' is over %d KiB long",
			http->url.host, HTTP_HEADER_MAX / 1024);
		return 0;
	}
	return take_line(http, bytes, size) < 0 ? 0 : size;
}

/* ---- body ---- */

static void
say_too_large(struct http *http)
{
	http_fail(http, HTTP_WRONG, "'%s' answered with more than %zu MiB", http->url.host,
		http->request.size_max / (1024 * 1024));
}

size_t
http_take_body(char *bytes, size_t one, size_t size, void *context)
{
	struct http *http = context;

	(void)one;
	if (http->answer.status != 200) {
		http->enough = true;
		return 0;
	}
	if (size > http->request.size_max - http->answer.body.size) {
		say_too_large(http);
		return 0;
	}
	text_add_n(&http->answer.body, bytes, size);
	return size;
}

/* ---- what it means ---- */

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} REASONS[] = { { 204, "it has no content" }, { 304, "unchanged, without being asked" },
		{ 400, "it does not understand the question" }, { 401, "who asks is not known" },
		{ 403, "who asks may not" }, { 404, "there is no such calendar" },
		{ 407, "a proxy wants to know who asks" }, { 410, "the calendar is gone for good" },
		{ 429, "it was asked too often" }, { 500, "it has an error of its own" },
		{ 502, "the server behind it fails" }, { 503, "it is not available now" },
		{ 504, "the server behind it is silent" } };

	for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++)
		if (REASONS[i].status == status)
			return REASONS[i].reason;
	return "which is not expected";
}

static enum http_outcome
outcome_of(const struct http *http)
{
	int status = http->answer.status;

	if (status == 200)
		return HTTP_RECEIVED;
	if (status == 304 && (http->request.etag || http->request.modified))
		return HTTP_UNCHANGED;
	if (status == 401 || status == 403)
		return HTTP_DENIED;
	if (status == 410)
		return HTTP_GONE;
	return status == 429 || status >= 500 ? HTTP_UNREACHABLE : HTTP_WRONG;
}

/* RFC 9110 section 8.8.2.2: what changed in the second of the answer may change again within it, and
 * bear the same date. Without a clock of the server's nothing is known. */
static void
drop_weak_date(struct http *http)
{
	time_t date = curl_getdate(http->date, NULL);
	time_t modified = curl_getdate(http->answer.modified, NULL);

	if (date < 0 || modified < 0 || date - modified < DATE_APART_S)
		http->answer.modified[0] = '\0';
}

void
http_judge(struct http *http)
{
	enum http_outcome outcome = outcome_of(http);

	drop_weak_date(http);
	if (outcome == HTTP_RECEIVED || outcome == HTTP_UNCHANGED)
		http->answer.outcome = outcome;
	else
		http_fail(http, outcome, "'%s' answered %d: %s", http->url.host,
			http->answer.status, reason(http->answer.status));
}

/* libcurl's words may hold the server's: one clean line of them. */
static const char *
words(struct http *http, CURLcode code)
{
	const char *said = http->words[0] ? http->words : curl_easy_strerror(code);

	return text_escape(http->arena, said, strlen(said), 200);
}

static void
explain_connect(struct http *http, CURLcode code)
{
	long number = 0;

	curl_easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &number);
	http_fail(http, HTTP_UNREACHABLE, "'%s' port %u cannot be reached: %s", http->url.host,
		http->url.port, number ? strerror((int)number) : words(http, code));
}

void
http_explain(struct http *http, CURLcode code)
{
	const char *host = http->url.host;

	switch ((int)code) {
	case CURLE_COULDNT_CONNECT:
		explain_connect(http, code);
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		http_fail(http, HTTP_UNREACHABLE, "'%s' cannot be resolved", host);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		http_fail(http, HTTP_UNREACHABLE, "'%s' port %u is too slow: %s", host,
			http->url.port, words(http, code));
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		http_fail(http, HTTP_WRONG, "the certificate of '%s' is refused: %s", host,
			words(http, code));
		break;
	case CURLE_SSL_CACERT_BADFILE:
		http_fail(http, HTTP_WRONG, "the authorities for '%s' cannot be read: %s", host,
			words(http, code));
		break;
	case CURLE_SSL_CONNECT_ERROR:
		http_fail(http, HTTP_UNREACHABLE, "TLS with '%s' failed: %s", host,
			words(http, code));
		break;
	case CURLE_FILESIZE_EXCEEDED:
		say_too_large(http);
		break;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		http_fail(http, HTTP_UNREACHABLE, "the answer of '%s' was cut: %s", host,
			words(http, code));
		break;
	default: /* dozens of kinds that name themselves */
		http_fail(http, HTTP_WRONG, "the answer of '%s' cannot be taken: %s", host,
			words(http, code));
	}
}
