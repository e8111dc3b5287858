#ifndef QUOTE_H
#define QUOTE_H

#include "liaison/base/text.h"

/* Appends in's lines without what a reply repeats: "> " lines, the "On …, … wrote:" above them, and
 * everything below "-----Original Message-----". Nothing but blanks may be left. */
void quote_drop(const struct text *in, struct text *out);

#endif
