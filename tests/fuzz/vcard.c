#define FUZZED_TYPE IMPORT_VCARD
#include "csv.c"
