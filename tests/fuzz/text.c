/* Any bytes come out clean, folded and cut within their bounds. The first byte chooses the limit. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check_clean(struct arena *arena, const char *bytes, size_t size, size_t max, bool lines)
{
	bool changed = false;
	char *clean = text_clean(arena, bytes, size, max, lines, &changed);
	size_t length = strlen(clean);

	if (length > max || !text_is_clean(clean, length, lines))
		abort();
	if (strcmp(text_clean(arena, clean, length, max, lines, NULL), clean) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	size_t max = size > 0 ? bytes[0] : 0, cut;
	const char *text = (const char *)bytes + (size > 0);
	char *folded, *string;

	size -= size > 0;
	check_clean(arena, text, size, max, false);
	check_clean(arena, text, size, max * 100, true);
	cut = text_cut(text, size, max);
	if (cut > max || (text_is_utf8(text, size) && !text_is_utf8(text, cut)))
		abort();
	string = arena_text_n(arena, text, size);
	folded = text_fold(arena, string);
	if (strcmp(text_fold(arena, folded), folded) != 0)
		abort();
	if (size < 200 && !text_glob("*", string, true))
		abort();
	text_glob(string, "Inbox/Grüße an alle", true);
	text_escape(arena, text, size, max);
	arena_free(arena);
	return 0;
}
