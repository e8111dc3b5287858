#ifndef LIAISON_CRM_SERIES_NUMBER_H
#define LIAISON_CRM_SERIES_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The text of numbers: "C00009" has the skeleton "C#" and the digits 00009. */

enum { NUMBER_MAX = 20 };

/* Letters, signs and the places of digit groups are the same. */
bool number_alike(const char *a, const char *b);
/* The shorter is less; equally long ones compare as strings, as Business Central's codes do. */
int number_compare(const char *a, const char *b);
bool number_has_digit(const char *no);

/* Its first second. */
int64_t series_day(int64_t at);

#endif
