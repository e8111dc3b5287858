#ifndef LIAISON_MAIL_MAILBOX_H
#define LIAISON_MAIL_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/mail/charset.h"
#include "liaison/wire/event.h"

/* Address lists (RFC 5322 section 3.4), as they come: groups flattened, comments and routes dropped,
 * and where a list is broken, the addresses in it that can be read. */

/* One mailbox before decoding: borrowed or in arena, not NUL-terminated; name_size 0: none. */
struct mailbox {
	const char *name;
	size_t name_size;
	const char *spec;
	size_t spec_size;
};

/* Walks the mailboxes of a field's value in one pass: set at to 0 first. */
struct mailbox_list {
	const char *bytes;
	size_t size, at;
	bool naive; /* quotes and parentheses do not match: only commas count */
};

void mailbox_list_init(struct mailbox_list *list, const char *bytes, size_t size);
/* The next mailbox's bytes, trimmed and not empty; false at the end. */
bool mailbox_list_next(struct mailbox_list *list, const char **bytes, size_t *size);

/* Reads one; false: there is nothing in it. */
bool mailbox_read(struct arena *arena, const char *bytes, size_t size, struct mailbox *out);
/* The two ways mailbox_read takes, for the test that they agree. */
bool mailbox_plain(const char *bytes, size_t size, struct mailbox *out);
bool mailbox_odd(struct arena *arena, const char *bytes, size_t size, struct mailbox *out);

/* Decodes and cleans; address is NULL if it is no usable one. Adds to *flags EVENT_CLEANED,
 * EVENT_UNKNOWN_CHARSET and EVENT_MIXED_SCRIPT. */
void mailbox_party(struct charsets *charsets, struct arena *arena, const struct mailbox *mailbox,
	struct event_party *out, unsigned *flags);

#endif
