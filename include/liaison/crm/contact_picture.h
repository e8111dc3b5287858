#ifndef LIAISON_CRM_CONTACT_PICTURE_H
#define LIAISON_CRM_CONTACT_PICTURE_H

#include "liaison/crm/contact.h"
#include "liaison/store/file.h"

/* The picture of a contact: a file (store/file.h) that is told by its first bytes and never decoded. */

enum { PICTURE_MAX = 5 << 20 };

/* Its media type. ERR_USAGE: it begins like none of PNG, JPEG, GIF and WebP, or is too large. */
int picture_type(const void *bytes, size_t size, const char **type, struct err *err);
/* file 0: none. */
int contact_picture_put(
	struct store *store, int64_t contact, int64_t file, int64_t now, struct err *err);
/* ERR_NOT_FOUND: it has none. */
int contact_picture_get(struct store *store, struct arena *arena, int64_t contact, struct file *out,
	struct err *err);
/* {type, size, digest}, or null. */
int contact_picture_write(struct store *store, int64_t contact, const char *name,
	struct json_out *out, struct err *err);
/* The digest alone, for the journal. */
int contact_picture_digest(struct store *store, int64_t contact, const char *name,
	struct json_out *out, struct err *err);

#endif
