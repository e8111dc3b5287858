/* An address as somebody wrote it: its canonical form is clean and its own canonical form. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	char *text = arena_text_n(arena, (const char *)bytes, size), *once, *twice;
	struct err err;

	address_mixed_script(text);
	if (address_canonical(arena, text, &once, &err) == 0) {
		if (strlen(once) > 320 || !text_is_clean(once, strlen(once), false))
			abort();
		if (address_canonical(arena, once, &twice, &err) < 0 || strcmp(once, twice) != 0)
			abort();
		domain_is_freemail(address_domain(once));
		address_fold_tag(arena, once);
	}
	if (domain_canonical(arena, text, &once, &err) == 0)
		if (domain_canonical(arena, once, &twice, &err) < 0 || strcmp(once, twice) != 0)
			abort();
	arena_free(arena);
	return 0;
}
