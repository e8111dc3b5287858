#include "liaison/calendar/feed.h"

#include "feed_scan.h"

/* What was left out, for people; NULL if nothing was. */
static const char *
remark(const struct feed_scan *scan, struct arena *arena)
{
	struct text text = { 0 };
	const char *out = NULL;

	if (scan->bad_lines > 0)
		text_printf(&text, "; lines that are no properties: %u, the first is line %u",
			scan->bad_lines, scan->first_bad_line);
	if (scan->attachments > 0)
		text_printf(
			&text, "; attachments over %d bytes: %u", FEED_LINE_MAX, scan->attachments);
	if (scan->zones_dropped > 0)
		text_printf(&text, "; time zones over a limit: %u", scan->zones_dropped);
	if (text.size > 0)
		out = arena_printf(arena, "passed over %s", text.bytes + 2);
	text_clear(&text);
	return out;
}

int
feed_split(const char *bytes, size_t size, struct arena *arena, struct feed *out, struct err *err)
{
	struct feed_scan scan = { 0 };
	struct feed found = { 0 };
	int r = feed_scan(bytes, size, arena, &scan, err);

	if (r == 0)
		r = feed_group(&scan, arena, &found, err);
	if (r == 0) {
		found.others = scan.others;
		found.remark = remark(&scan, arena);
		*out = found;
	}
	feed_scan_clear(&scan);
	return r;
}
