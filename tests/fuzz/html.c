#include <stdlib.h>
#include <string.h>

#include "liaison/mail/html.h"

/* HTML to text: bounded, and no markup of its own making. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text out = { 0 };

	html_text((const char *)bytes, size, 4096, &out);
	if (out.size > 4096 + 64)
		abort();
	/* At the limit it may stop within a character. */
	if (out.size > 0 && out.size < 4096 && text_is_utf8((const char *)bytes, size) &&
		!text_is_utf8(out.bytes, out.size))
		abort();
	text_clear(&out);
	return 0;
}
