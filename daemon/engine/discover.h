#ifndef LIAISON_ENGINE_DISCOVER_H
#define LIAISON_ENGINE_DISCOVER_H

#include "liaison/wire/json.h"

/* Writes the OpenRPC document of all methods as one value. */
void discover_write(struct json_out *out);

#endif
