#include "liaison/crm/contact_picture.h"

#include <string.h>

/* ---- what it is ---- */

static const struct {
	const char *bytes;
	size_t size, at;
	const char *type;
} BEGINNINGS[] = {
	{ "\x89PNG\r\n\x1a\n", 8, 0, "image/png" },
	{ "\xff\xd8\xff", 3, 0, "image/jpeg" },
	{ "GIF87a", 6, 0, "image/gif" },
	{ "GIF89a", 6, 0, "image/gif" },
	{ "WEBP", 4, 8, "image/webp" },
};

static bool
begins(const char *bytes, size_t size, size_t i)
{
	if (size < BEGINNINGS[i].at + BEGINNINGS[i].size ||
		memcmp(bytes + BEGINNINGS[i].at, BEGINNINGS[i].bytes, BEGINNINGS[i].size) != 0)
		return false;
	return BEGINNINGS[i].at == 0 || memcmp(bytes, "RIFF", 4) == 0;
}

int
picture_type(const void *bytes, size_t size, const char **type, struct err *err)
{
	if (size > PICTURE_MAX)
		return fail_field(err, ERR_USAGE, "file",
			"the picture has %zu bytes and may have %d", size, PICTURE_MAX);
	for (size_t i = 0; i < sizeof BEGINNINGS / sizeof *BEGINNINGS; i++) {
		if (begins(bytes, size, i)) {
			*type = BEGINNINGS[i].type;
			return 0;
		}
	}
	return fail_field(
		err, ERR_USAGE, "file", "the file is no picture: neither PNG, JPEG, GIF nor WebP");
}

/* ---- whose it is ---- */

static const char SET_PICTURE[] =
	"UPDATE contact SET picture_id = ?2, version = version + 1, changed = ?3 WHERE id = ?1";

int
contact_picture_put(
	struct store *store, int64_t contact, int64_t file, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_PICTURE);

	stmt_bind_int(q, contact);
	stmt_bind_int_or_null(q, file, file == 0);
	stmt_bind_int(q, now);
	return stmt_run(q, err);
}

int
contact_picture_get(struct store *store, struct arena *arena, int64_t contact, struct file *out,
	struct err *err)
{
	struct contact of;

	if (contact_get(store, arena, contact, &of, err) < 0)
		return -1;
	if (of.picture_id == 0)
		return fail_field(
			err, ERR_NOT_FOUND, "contact", "'%s' (%s) has no picture", of.no, of.name);
	return file_get(store, arena, of.picture_id, out, err);
}

static const char SELECT_PICTURE[] = "SELECT f.type, f.size, f.digest FROM contact c JOIN file f"
				     " ON f.id = c.picture_id WHERE c.id = ?";

int
contact_picture_write(struct store *store, int64_t contact, const char *name, struct json_out *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PICTURE);

	stmt_bind_int(q, contact);
	if (stmt_row(q)) {
		json_object_begin(out, name);
		json_text(out, "type", stmt_text(q));
		json_int(out, "size", stmt_int(q));
		json_text(out, "digest", stmt_text(q));
		json_object_end(out);
	} else
		json_null_(out, name);
	return stmt_end(q, err);
}

static const char SELECT_DIGEST[] =
	"SELECT f.digest FROM contact c JOIN file f ON f.id = c.picture_id WHERE c.id = ?";

int
contact_picture_digest(struct store *store, int64_t contact, const char *name, struct json_out *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_DIGEST);

	stmt_bind_int(q, contact);
	json_text(out, name, stmt_row(q) ? stmt_text(q) : NULL);
	return stmt_end(q, err);
}
