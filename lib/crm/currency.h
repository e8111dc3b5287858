#ifndef LIAISON_CRM_CURRENCY_PRIVATE_H
#define LIAISON_CRM_CURRENCY_PRIVATE_H

#include <stdbool.h>

/* Whether ISO 4217 has the code, which is upper case. */
bool currency_known(const char *code);
/* Digits after the point of amounts in currency (ISO 4217); NULL is the default currency. */
int currency_exponent(const char *currency);

#endif
