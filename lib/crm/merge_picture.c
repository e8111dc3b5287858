#include "liaison/base/text.h"
#include "merge_part.h"

/* The picture of two contacts that become one. */

static const char SELECT_PICTURES[] =
	"SELECT (SELECT f.digest FROM contact c JOIN file f ON f.id = c.picture_id WHERE c.id = "
	"?1),"
	" (SELECT f.digest FROM contact c JOIN file f ON f.id = c.picture_id WHERE c.id = ?2)";
static const char TAKE_PICTURE[] =
	"UPDATE contact SET picture_id = (SELECT picture_id FROM contact WHERE id = ?3)"
	" WHERE id = ?2 AND ?1 IS NOT NULL";
static const char KEEP_PICTURE[] =
	"UPDATE merge SET other_picture_id = (SELECT picture_id FROM contact WHERE id = ?1)"
	" WHERE id = ?2";

static int
pictures_of(struct merge *merge, const char **theirs, const char **ours, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_PICTURES);

	*theirs = *ours = NULL;
	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	if (stmt_row(q)) {
		*theirs = stmt_text_copy(q, merge->arena);
		*ours = stmt_text_copy(q, merge->arena);
	}
	return stmt_end(q, err);
}

static int
keep_picture(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, KEEP_PICTURE);

	stmt_bind_int(q, merge->into);
	stmt_bind_int(q, merge->id);
	return stmt_run(q, err);
}

static int
take_picture(struct merge *merge, struct err *err)
{
	const struct merge_part *part = merge_part_find("picture");
	const char *before, *after;

	if (merge_mark(merge->store, merge->arena, part, "", merge->into, &before, err) < 0 ||
		keep_picture(merge, err) < 0 ||
		merge_run(merge->store, TAKE_PICTURE, "", merge->into, merge->from, NULL, err) <
			0 ||
		merge_mark(merge->store, merge->arena, part, "", merge->into, &after, err) < 0)
		return -1;
	return merge_note(merge, part, MERGE_CHANGED, before, after, err);
}

/* A conflict tells the two by their digests. */
int
merge_picture(struct merge *merge, struct err *err)
{
	const char *theirs, *ours;
	bool taken = true;

	if (pictures_of(merge, &theirs, &ours, err) < 0)
		return -1;
	if (theirs == NULL || text_same(theirs, ours))
		return 0;
	if (ours != NULL) {
		taken = merge_takes(merge, "picture");
		merge_conflict(merge, "picture", ours, theirs, taken);
	}
	return taken ? take_picture(merge, err) : 0;
}
