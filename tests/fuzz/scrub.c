/* What a server says, or a header, with a word of somebody's put in anywhere: nothing of that word is left, and
 * all but words is where it was. The first byte tells which, the next two where. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/net/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { HEADER = 1, BARE = 2 };

static const char NAME[] = "zqCanaryqz";

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
must_keep(unsigned char was, unsigned char is)
{
	if (was >= 0x80)
		must(is >= 0x80);
	else if (isalnum(was))
		must(isalnum(is));
	else
		must(was == is);
}

static void
scrub_all(const uint8_t *bytes, size_t size, struct text *out)
{
	static const struct scrub scrub = { .key = "of no use to anybody" };
	size_t at = ((size_t)bytes[1] << 8 | bytes[2]) % (size - 2);

	text_add_n(out, (const char *)bytes + 3, at);
	if (!(bytes[0] & BARE))
		text_printf(out, " %s ", NAME);
	text_add_n(out, (const char *)bytes + 3 + at, size - 3 - at);
	if (out->size == 0)
		return;
	if (bytes[0] & HEADER)
		scrub_header(&scrub, out->bytes, out->size);
	else
		scrub_conversation(&scrub, out->bytes, out->size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text out = { 0 };
	size_t at, added;

	if (size < 3)
		return 0;
	scrub_all(bytes, size, &out);
	at = ((size_t)bytes[1] << 8 | bytes[2]) % (size - 2);
	added = out.size - (size - 3);
	must(out.size == 0 || memmem(out.bytes, out.size, NAME, strlen(NAME)) == NULL ||
		memmem(bytes, size, NAME, strlen(NAME)) != NULL);
	for (size_t i = 0; i < size - 3; i++)
		must_keep(bytes[3 + i], (unsigned char)out.bytes[i < at ? i : i + added]);
	text_clear(&out);
	return 0;
}
