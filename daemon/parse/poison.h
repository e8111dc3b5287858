#ifndef PARSE_POISON_H
#define PARSE_POISON_H

#include "liaison/wire/frame.h"

/* A test hook: the item's header, or a property of an event, may ask parse to die or to hang, so that
 * tests can show what becomes of such an item; it is looked for in the fields of tag. Only obeyed when
 * the environment has LIAISON_TEST_POISON (which liaisond passes on from its own, and nobody else can
 * set). */
void poison_obey(const struct frame *frame, enum frame_tag tag);

#endif
