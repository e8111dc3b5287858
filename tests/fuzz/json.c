/* A line from a local user: what is taken is written as one line that is taken again and written the
 * same. (Trees are not compared: 2.0 is written as 2.) */
#include <stdlib.h>
#include <string.h>

#include "liaison/wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
put(const json_t *root, struct text *text)
{
	struct json_out out;

	json_out_init(&out, text);
	json_value(&out, NULL, root);
	if (memchr(text->bytes, '\n', text->size) != NULL || out.depth != 0)
		abort();
}

static void
write_again(const json_t *root)
{
	struct text first = { 0 }, second = { 0 };
	struct err err;
	json_t *again;

	put(root, &first);
	if (first.size <= JSON_LINE_MAX) {
		if (json_line_parse(first.bytes, first.size, &again, &err) < 0)
			abort();
		put(again, &second);
		if (first.size != second.size || memcmp(first.bytes, second.bytes, first.size) != 0)
			abort();
		json_decref(again);
	}
	text_clear(&first);
	text_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	json_t *root;
	struct err err;

	if (json_line_parse((const char *)bytes, size, &root, &err) < 0)
		return 0;
	write_again(root);
	json_decref(root);
	return 0;
}
