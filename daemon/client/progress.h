#ifndef LIAISON_CLIENT_PROGRESS_H
#define LIAISON_CLIENT_PROGRESS_H

#include "liaison/wire/json.h"

/* How far long work has come, on one line of a terminal's standard error. */

void progress_show(const json_t *params);
void progress_clear(void);

#endif
