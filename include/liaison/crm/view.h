#ifndef LIAISON_CRM_VIEW_H
#define LIAISON_CRM_VIEW_H

#include "liaison/crm/record.h"

/* Lists that people saved: a condition and an order, by name. */

#define VIEW_FIELDS(F, N) \
	F(N, name, TEXT, RECORD_KEY, 40, NULL, "what it is called") \
	F(N, noun, ENUM, RECORD_REQUIRED | RECORD_FIXED, 0, "contact|interaction", \
		"what it lists") \
	F(N, where, TEXT, 0, 4000, NULL, "the condition") \
	F(N, sort, TEXT, 0, 250, NULL, "fields; a '-' before those that descend") \
	F(N, description, TEXT, 0, 250, NULL, "what it is for")

RECORD_PLACES(view, VIEW_FIELDS);
extern const struct record_noun view_noun;
extern const struct query_noun view_query;

#endif
