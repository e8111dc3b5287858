#include "import.h"

#include <string.h>

#include "liaison/import/import.h"

#include "poison.h"

/* Files of contacts: a window becomes its rows. */

static int
read_window(const struct frame *frame, struct import_window *window, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	uint64_t type;
	int more;

	while ((more = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_LAST)
			window->last = true;
		if (field.tag == TAG_BYTES) {
			window->bytes = (const char *)field.bytes;
			window->size = field.size;
		}
		if (field.tag == TAG_DIGEST) {
			window->state = field.bytes;
			window->state_size = field.size;
		}
		if (field.tag == TAG_KIND) {
			if (field_u64(&field, IMPORT_VCARD, &type, err) < 0)
				return -1;
			window->type = (enum import_type)type;
		}
	}
	return more;
}

static bool
decode(void *data, const char *name, const char *bytes, size_t size, struct text *out)
{
	struct charsets *charsets = data;

	return charset_known(charsets, name, strlen(name)) &&
	       charset_decode(charsets, name, strlen(name), bytes, size, out);
}

int
import_take_window(
	struct parser *parser, const struct frame *frame, struct text *out, struct err *err)
{
	const struct import_charsets charsets = { decode, parser->charsets };
	struct import_window window = { .bytes = "", .charsets = &charsets };
	struct import_rows rows;
	struct frame_writer writer;

	if (parser->poison)
		poison_obey(frame, TAG_BYTES);
	if (read_window(frame, &window, err) < 0)
		return -1;
	if (import_read(&window, parser->arena, &rows, err) < 0) {
		if (err->code != ERR_USAGE)
			return -1;
		item_reject(out, frame->source, frame->token, err->message);
		return 0;
	}
	frame_begin(&writer, out, FRAME_IMPORT_ROWS, frame->source, frame->token);
	import_encode(&writer, &rows);
	frame_end(&writer);
	return 0;
}
