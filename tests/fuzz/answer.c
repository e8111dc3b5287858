/* The header and body of a web server's answer, line by line as libcurl gives them: the first byte
 * says which conditions were asked. What is kept is plain, what is told is one clean sentence. */
#include <stdlib.h>
#include <string.h>

#include "http_machine.h"
#include "liaison/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { BODY_MAX = 1000 };

static void
must_be_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

static void
check(const struct http *http, bool taken)
{
	const struct http_answer *answer = &http->answer;

	must_be_plain(answer->etag);
	must_be_plain(answer->modified);
	must_be_plain(answer->type);
	must_be_plain(http->location);
	if (answer->body.size > BODY_MAX || (answer->body.size > 0 && answer->status != 200) ||
		!text_is_clean(answer->error, strlen(answer->error), false))
		abort();
	if (taken && (answer->outcome == HTTP_RECEIVED || answer->outcome == HTTP_UNCHANGED) !=
			     (answer->error[0] == '\0'))
		abort();
}

/* An empty line ends the header; the rest is the body. */
static bool
take(struct http *http, char *bytes, size_t size)
{
	while (size > 0) {
		const char *newline = memchr(bytes, '\n', size);
		size_t length = newline != NULL ? (size_t)(newline - bytes) + 1 : size;

		if (http_take_header(bytes, 1, length, http) != length)
			return false;
		bytes += length;
		size -= length;
		if (length <= 2 && newline != NULL)
			break;
	}
	return size == 0 || http_take_body(bytes, 1, size, http) == size || http->enough;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct http http = { .request = { .size_max = BODY_MAX }, .url = { .host = "h.example" } };
	struct arena *arena = arena_new();
	bool taken;

	if (size > 0) {
		http.request.etag = bytes[0] & 1 ? "\"a\"" : NULL;
		http.request.modified = bytes[0] & 2 ? "Sat, 21 Nov 2026 08:30:00 GMT" : NULL;
		taken = take(
			&http, arena_text_n(arena, (const char *)bytes + 1, size - 1), size - 1);
		if (taken)
			http_judge(&http);
		check(&http, taken);
	}
	text_clear(&http.answer.body);
	arena_free(arena);
	return 0;
}
