#ifndef LIAISON_CLIENT_FOLLOW_H
#define LIAISON_CLIENT_FOLLOW_H

#include "output.h"

/* An event of a watch, a line each as soon as it comes. */
void follow_print(struct output *output, const char *method, const json_t *params);

#endif
