#include <stdlib.h>
#include <string.h>

#include "liaison/mail/date.h"
#include "liaison/mail/header.h"
#include "liaison/mail/identifier.h"
#include "liaison/mail/mailbox.h"
#include "liaison/mail/word.h"

/* The pre-scan and every reader of a field's value, over all fields of a block. What is read must be
 * clean, and the fast ways must read what libetpan reads. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct charsets *charsets;
static struct arena *arena;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
must_be_clean(const char *text)
{
	must(text == NULL || text_is_clean(text, strlen(text), false));
}

static void
read_date(const struct header_field *field)
{
	int64_t fast, slow;
	int fast_offset, slow_offset;

	if (!date_plain(field->value, field->size, &fast, &fast_offset)) {
		date_odd(field->value, field->size, &slow, &slow_offset);
		return;
	}
	must(date_odd(field->value, field->size, &slow, &slow_offset));
	must(fast == slow && fast_offset == slow_offset);
}

static void
read_mailbox(const char *bytes, size_t size)
{
	struct mailbox fast, slow;
	struct event_party party;
	unsigned flags = 0;

	if (mailbox_plain(bytes, size, &fast)) {
		must(mailbox_odd(arena, bytes, size, &slow));
		must(fast.name_size == slow.name_size && fast.spec_size == slow.spec_size);
		must(memcmp(fast.name, slow.name, fast.name_size) == 0);
		must(memcmp(fast.spec, slow.spec, fast.spec_size) == 0);
	}
	if (!mailbox_read(arena, bytes, size, &slow))
		return;
	mailbox_party(charsets, arena, &slow, &party, &flags);
	must_be_clean(party.name);
	must_be_clean(party.email);
	must_be_clean(party.address);
}

static void
read_field(const struct header_field *field)
{
	struct mailbox_list list;
	const char *bytes, *id;
	size_t size, at = 0;
	unsigned flags = 0, count = 0;

	mailbox_list_init(&list, field->value, field->size);
	while (mailbox_list_next(&list, &bytes, &size) && count++ < 1000)
		read_mailbox(bytes, size);
	must_be_clean(words_text(charsets, arena, field->value, field->size, 2000, &flags));
	while (count++ < 2000 &&
		(id = identifier_next(arena, field->value, field->size, &at)) != NULL)
		must_be_clean(id);
	read_date(field);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct header header;

	if (charsets == NULL) {
		charsets = charsets_new();
		arena = arena_new();
	}
	header_scan(arena, (const char *)bytes, size, &header);
	for (unsigned name = FIELD_NONE + 1; name < FIELD_NAMES; name++)
		for (const struct header_field *f = header.first[name]; f != NULL; f = f->next)
			read_field(f);
	arena_reset(arena);
	return 0;
}
