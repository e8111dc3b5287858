#ifndef LIAISON_CRM_SETUP_KEYS_H
#define LIAISON_CRM_SETUP_KEYS_H

/* Digits after the point of amounts in currency (ISO 4217); NULL is the default currency. */
int currency_exponent(const char *currency);

#endif
