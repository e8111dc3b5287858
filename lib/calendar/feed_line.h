#ifndef LIAISON_CALENDAR_FEED_LINE_PRIVATE_H
#define LIAISON_CALENDAR_FEED_LINE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/text.h"

/* A feed as content lines (RFC 5545 3.1): whatever ends them, unfolded, in linear time. */

struct feed_lines {
	const char *bytes; /* borrowed */
	size_t size, at;
	size_t line_feed, carriage_return; /* the next of each from at on; size: there is none */
	unsigned number; /* physical lines read */
	struct text unfolded; /* of the newest folded line */
};

struct feed_line {
	size_t offset, size; /* of the feed, with folds and line ends */
	unsigned number; /* of its first physical line, from 1 */
	size_t longest; /* physical line in it */
	const char *text; /* unfolded, without line end; borrowed until the next line */
	size_t length;
	bool headless; /* folded onto a blank line: what it belonged to is lost */
	size_t name; /* length of the name before ':' or ';'; 0: it is no property */
};

void feed_lines_init(struct feed_lines *lines, const char *bytes, size_t size);
void feed_lines_clear(struct feed_lines *lines);
/* False at the end. */
bool feed_line_next(struct feed_lines *lines, struct feed_line *out);
/* Leaves out a byte order mark and blanks before the name. */
void feed_line_strip(struct feed_line *line);
/* The property has that name, in any case. */
bool feed_line_is(const struct feed_line *line, const char *name);
/* Nothing but blanks. */
bool feed_line_blank(const struct feed_line *line);
/* What follows the first ':', without blanks around it: for values that have no parameters. */
const char *feed_line_value(const struct feed_line *line, size_t *size);
/* The value of the parameter TZID, without quotes; false if there is none. */
bool feed_line_zone(const struct feed_line *line, const char **zone, size_t *size);

#endif
