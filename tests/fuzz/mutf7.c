/* Any bytes as a mailbox name: what decodes is UTF-8 and encodes to the same bytes. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/net/mutf7.h"
#include "liaison/net/special_use.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text name = { 0 }, wire = { 0 };

	if (size == 0 || memchr(data, 0, size))
		return 0;
	if (mutf7_decode((const char *)data, size, &name) == 0 &&
		text_is_utf8(name.bytes, name.size)) {
		mutf7_encode(name.bytes, &wire);
		if (wire.size != size || memcmp(wire.bytes, data, size) != 0)
			abort();
		special_use_by_name(name.bytes, '/');
	}
	text_clear(&name);
	text_clear(&wire);
	return 0;
}
