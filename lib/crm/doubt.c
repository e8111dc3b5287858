#include "liaison/crm/doubt.h"

#include "liaison/wire/event.h"

static const struct {
	unsigned bit;
	const char *word;
} WORDS[] = {
	{ EVENT_AMBIGUOUS_FROM, "several-from" },
	{ EVENT_MIXED_SCRIPT, "mixed-script" },
	{ EVENT_SPOOFED_NAME, "spoofed-name" },
	{ EVENT_CALENDAR, "calendar" },
	{ EVENT_KNOWN_NAME, "known-name" },
};

/* DOUBT_ROWS has the numbers. */
_Static_assert(EVENT_AMBIGUOUS_FROM == 4 && EVENT_MIXED_SCRIPT == 128 &&
		       EVENT_SPOOFED_NAME == 256 && EVENT_CALENDAR == 1024 &&
		       EVENT_KNOWN_NAME == 2048,
	"flags are stored");

void
doubts_write(struct json_out *out, const char *name, int64_t flags)
{
	json_array_begin(out, name);
	for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
		if (flags & WORDS[i].bit)
			json_text(out, NULL, WORDS[i].word);
	}
	json_array_end(out);
}
