#include "mailbox.h"

/* Lists of UIDs, which come in pieces. */

static int
add_uids(const struct frame_field *field, struct uid_set *out, struct err *err)
{
	struct uid_set piece = { 0 };
	int done = field_uids(field, &piece, err);

	if (done == 0 && piece.count > 0 && out->count > 0 &&
		piece.ranges[0].first <= out->ranges[out->count - 1].last)
		done = fail(err, ERR_FORMAT, "a list of UIDs that is not in order");
	if (done == 0 && out->count + piece.count > RANGES_MAX)
		done = fail(err, ERR_FORMAT, "a list of UIDs without end");
	if (done == 0)
		uid_set_unite(out, &piece);
	uid_set_clear(&piece);
	return done;
}

int
uid_list_read(const struct frame *frame, struct arena *arena, struct uid_set *out,
	const char **error, bool *last, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	*error = NULL;
	*last = false;
	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_UIDS)
			got = add_uids(&field, out, err);
		else if (field.tag == TAG_ERROR)
			got = field_text(&field, arena, 400, error, err);
		else if (field.tag == TAG_LAST)
			*last = true;
		if (got < 0)
			break;
	}
	return got;
}
