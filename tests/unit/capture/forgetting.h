#ifndef LIAISON_TESTS_CAPTURE_FORGETTING_H
#define LIAISON_TESTS_CAPTURE_FORGETTING_H

#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* A person is forgotten, in one life after another that all begin alike: a scenario of memory/starve.h. As an
 * erasure commits several times, the database begins as a copy each time. */

void *forgetting_open(void);
int forgetting_run(void *state, struct text *out, struct err *err);
int forgetting_tell(void *state, struct text *out, struct err *err);
void forgetting_undo(void *state);
void forgetting_close(void *state);

#endif
