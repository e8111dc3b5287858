#ifndef LIAISON_ENGINE_RESUME_H
#define LIAISON_ENGINE_RESUME_H

#include "liaison/store/sql.h"
#include "liaison/wire/config.h"

/* When the engine starts: merges, and changes of companies that their persons follow, are brought to their end
 * where the last engine was ended within. What fails is logged, and tried at the next start. */
void resume_contacts(struct store *store, const struct config *config);

#endif
