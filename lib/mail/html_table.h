#ifndef HTML_TABLE_H
#define HTML_TABLE_H

#include <stdint.h>

/* What an element means for text. */
enum element {
	ELEMENT_OTHER,
	ELEMENT_BREAK, /* a line ends */
	ELEMENT_BLOCK, /* stands on lines of its own */
	ELEMENT_PARAGRAPH, /* with an empty line around it */
	ELEMENT_ITEM,
	ELEMENT_CELL,
	ELEMENT_PRE,
	ELEMENT_QUOTE,
	ELEMENT_HEAD,
	ELEMENT_BODY,
	ELEMENT_DROPPED, /* its text is not for readers */
};

/* name is lower case. */
enum element html_element(const char *name);
/* The code point of a named character reference, without & and ;. 0: not known. */
uint32_t html_entity(const char *name);

#endif
