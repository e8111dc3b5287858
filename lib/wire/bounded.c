#include "bounded.h"

#include <string.h>

bool
bounded_put(struct frame_writer *writer, unsigned tag, const char *text, size_t max)
{
	size_t size;

	if (text == NULL)
		return false;
	size = text_cut(text, strlen(text), max);
	frame_put(writer, (enum frame_tag)tag, text, size);
	return text[size] != '\0';
}

int
bounded_read(const struct frame_field *field, struct arena *arena, size_t max, bool lines,
	const char *what, const char **out, struct err *err)
{
	const char *bytes = (const char *)field->bytes;

	if (field->size > max)
		return fail(err, ERR_FORMAT, "field %u of %s is %u bytes long", field->tag, what,
			field->size);
	if (!text_is_clean(bytes, field->size, lines))
		return fail(err, ERR_FORMAT, "field %u of %s is not clean", field->tag, what);
	*out = arena_text_n(arena, bytes, field->size);
	return 0;
}

int
bounded_count(const struct frame *frame, struct bounded_group *groups, unsigned group_count,
	const char *what, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int more;

	while ((more = frame_field_next(frame, &cursor, &field, err)) > 0) {
		for (unsigned i = 0; i < group_count; i++)
			groups[i].count += field.tag == groups[i].tag;
	}
	for (unsigned i = 0; more == 0 && i < group_count; i++) {
		if (groups[i].count > groups[i].max)
			return fail(err, ERR_FORMAT, "%s has %u %s", what, groups[i].count,
				groups[i].name);
	}
	return more;
}
