#ifndef LIAISON_MAIL_HEADER_H
#define LIAISON_MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"

/* The pre-scan of a header block (RFC 5322 section 2.2): fields split and unfolded by us, within
 * bounds, before any library sees a byte. Linear in the size of the block. */

enum { HEADER_SIZE_MAX = 256 * 1024, HEADER_FIELDS_MAX = 2000, HEADER_COMMENT_DEPTH_MAX = 32 };

enum field_name {
	FIELD_NONE,
	FIELD_FROM,
	FIELD_SENDER,
	FIELD_REPLY_TO,
	FIELD_TO,
	FIELD_CC,
	FIELD_BCC,
	FIELD_DATE,
	FIELD_SUBJECT,
	FIELD_MESSAGE_ID,
	FIELD_IN_REPLY_TO,
	FIELD_REFERENCES,
	FIELD_LIST_ID,
	FIELD_LIST_UNSUBSCRIBE,
	FIELD_LIST_POST,
	FIELD_PRECEDENCE,
	FIELD_AUTO_SUBMITTED,
	FIELD_RETURN_PATH,
	FIELD_X_AUTOREPLY,
	FIELD_X_AUTORESPOND,
	FIELD_CONTENT_TYPE,
	FIELD_SENSITIVITY,
	FIELD_AUTHENTICATION_RESULTS,
	FIELD_X_AUTO_RESPONSE_SUPPRESS,
	FIELD_X_MS_INBOX_RULES_LOOP,
	FIELD_NAMES,
};

/* One field that liaison reads. */
struct header_field {
	enum field_name name;
	const char
		*value; /* unfolded and trimmed, blanks for tabs, DEL for NUL; not NUL-terminated */
	size_t size;
	const struct header_field *next; /* of the same name, in order */
};

struct header {
	const struct header_field *first[FIELD_NAMES];
	unsigned field_count; /* all fields, also those not read */
	bool truncated; /* the block or the number of fields was over its limit */
	bool cleaned; /* it had NUL bytes */
};

/* Values are in arena or borrowed from bytes. Lines that are no fields are skipped. */
void header_scan(struct arena *arena, const char *bytes, size_t size, struct header *out);
/* The first max fields of any name, without regard to case; their names are FIELD_NONE. */
unsigned header_find(struct arena *arena, const char *bytes, size_t size, const char *name,
	struct header_field *out, unsigned max);
/* The name as it is spelled ("List-Id"). */
const char *field_spelling(enum field_name name);
/* Parentheses nest deeper than a library should be trusted with. */
bool field_is_deep(const char *bytes, size_t size);

#endif
