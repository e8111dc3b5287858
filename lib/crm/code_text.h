#ifndef LIAISON_CRM_CODE_TEXT_H
#define LIAISON_CRM_CODE_TEXT_H

#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* Codes as Business Central has them: 1 to 20 of A-Z 0-9 . _ -, upper case. */

/* The article before a noun. */
static inline const char *
article_of(const char *noun)
{
	return noun[0] != '\0' && strchr("aeio", noun[0]) != NULL ? "an" : "a";
}

char *upper_text(struct arena *arena, const char *text); /* ASCII only */
/* *value may be NULL; else it becomes upper case. ERR_USAGE. */
int code_check(struct arena *arena, const char *field, const char **value, struct err *err);

/* One line of at most max characters; max 0: of any length. ERR_USAGE. */
int text_check(const char *field, unsigned max, const char *value, struct err *err);

/* "de", "pt-BR", "ENU" (RFC 5646 in short); NULL is none. */
int language_check(const char *field, const char *value, struct err *err);
/* Two or three upper-case letters (ISO 3166-1); NULL is none. */
int country_check(const char *field, const char *value, struct err *err);

/* contact_check.c: digits and the signs between them; NULL is none. */
int phone_check(const char *field, const char *value, struct err *err);
int home_page_check(const char *value, struct err *err);

#endif
