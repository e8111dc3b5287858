#ifndef LIAISON_ENGINE_UNREAD_H
#define LIAISON_ENGINE_UNREAD_H

#include "engine.h"
#include "liaison/capture/rule.h"

/* The folders that the sources have and that their settings (folders, skip-folders) leave out, as far as
 * servers have told; on the loop. Arena. */
struct unread_folders unread_folders(struct engine *engine, struct arena *arena);

#endif
