#ifndef LIAISON_CRM_RECORD_CHECK_H
#define LIAISON_CRM_RECORD_CHECK_H

#include "liaison/crm/record.h"

/* Gives the values the form they are stored in. ERR_USAGE names field, value and rule. */
int record_check(struct arena *arena, struct record *record, struct err *err);

#endif
