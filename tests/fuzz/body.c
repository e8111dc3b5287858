#include <stdlib.h>
#include <string.h>

#include "liaison/mail/body.h"
#include "liaison/mail/parameter.h"
#include "liaison/wire/event.h"

/* A part's bytes to text, in the encoding, charset, subtype and size that the first bytes choose; and
 * the same bytes as a file name. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct charsets *charsets;
static struct arena *arena;

static const char *const encodings[] = { "base64", "quoted-printable", "7bit", NULL };
static const char *const charset_names[] = { "utf-8", "iso-8859-1", "utf-7", "iso-2022-jp",
	"gb18030", "big5", "utf-16", "euc-kr", "x-unknown", NULL, "shift_jis", "windows-1258",
	"us-ascii", "euc-jp", "iso-2022-kr", "utf-32" };
static const char *const subtypes[] = { "plain", "html" };
static const size_t sizes[] = { 0, 10, 4096, 100000 };

static void
must_be_clean(const char *text, bool lines)
{
	if (text != NULL && !text_is_clean(text, strlen(text), lines))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct body body = { 0 };
	unsigned flags = 0;
	bool truncated;
	char *text;

	if (charsets == NULL) {
		charsets = charsets_new();
		arena = arena_new();
	}
	if (size < 2)
		return 0;
	body.bytes = (const char *)bytes + 2;
	body.size = size - 2;
	body.encoding = encodings[bytes[0] & 3];
	body.charset = charset_names[bytes[0] >> 2 & 15];
	body.subtype = subtypes[bytes[1] & 1];
	body.max = sizes[bytes[1] >> 1 & 3];
	text = body_text(charsets, arena, &body, &truncated);
	must_be_clean(text, body.max > BODY_SNIPPET_MAX);
	if (strlen(text) > body.max)
		abort();
	text = parameter_file_name(charsets, arena, body.bytes, body.size, EVENT_NAME_MAX, &flags);
	must_be_clean(text, false);
	arena_reset(arena);
	return 0;
}
