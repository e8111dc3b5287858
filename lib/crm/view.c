#include "liaison/crm/view.h"
#include "record_noun.h"

RECORD_NOUN(view, "view", "name", VIEW_FIELDS, );
