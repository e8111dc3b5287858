#ifndef LIAISON_ENGINE_CMD_RECORD_H
#define LIAISON_ENGINE_CMD_RECORD_H

#include "command.h"
#include "liaison/crm/record.h"

/* add, show, list, edit and remove of nouns that are one row of fields (crm/record.h): the row of the
 * command names the noun in .record, its parameters come from the same list of fields. */

/* A list that a record has beside its fields, with parameters of its own. */
struct record_beside {
	bool (*given)(const struct call *call);
	int (*change)(struct call *call, int64_t id, struct err *err);
	/* A member, into the open object; the noun's write_more has it, too. */
	int (*write)(struct store *store, int64_t id, struct json_out *out, struct err *err);
};

int run_record_add(struct call *call, struct err *err);
int run_record_show(struct call *call, struct err *err);
int run_record_list(struct call *call, struct err *err);
int run_record_edit(struct call *call, struct err *err);
int run_record_remove(struct call *call, struct err *err);

/* The same of what belongs to a contact; add is run_record_add. */
int run_part_list(struct call *call, struct err *err);
int run_part_remove(struct call *call, struct err *err);

/* Sets the values of record from the parameters that were given. */
int call_read_record(struct call *call, struct record *record, struct err *err);
/* A PARAM_DATE as the day it is for the caller. */
int call_read_day(struct call *call, const char *name, struct record_value *out, struct err *err);
/* Stores a new one, with its journal entry. */
int call_add_record(struct call *call, struct record *record, struct err *err);
/* Stores what was changed, with its journal entry; nothing when nothing was. */
int call_edit_record(
	struct call *call, struct record *after, const struct record *before, struct err *err);
int call_remove_record(struct call *call, const struct record *record, struct err *err);
/* The journal's entry alone, of one that was added or is to be removed. */
int
call_journal_record(struct call *call, const struct record *record, bool added, struct err *err);
/* The record that the parameter of the noun's name names. */
int call_record(struct call *call, struct record **out, struct err *err);
/* An item of a list, by id. */
int answer_record(struct call *call, int64_t id, struct err *err);

#define RECORD_PARAM_FLAGS_(flags) \
	(((flags)&RECORD_REQUIRED ? PARAM_REQUIRED : 0) | \
		((flags)&RECORD_POSITIONAL ? PARAM_POSITIONAL : 0))
#define RECORD_PARAM_ADD_(N, name, type, flags, max, words, summary) \
	{ #name, PARAM_##type, RECORD_PARAM_FLAGS_(flags), summary, words, NULL },
/* A field that is fixed stays a word that is known, so that an edit of it is told it is fixed. */
#define RECORD_PARAM_EDIT_(N, name, type, flags, max, words, summary) \
	{ #name, PARAM_##type, 0, summary, words, NULL },

/* N_add_params, N_edit_params and N_one_params. */
#define RECORD_PARAMS(N, FIELDS, what) \
	static const struct param N##_add_params[] = { FIELDS(RECORD_PARAM_ADD_, N){ 0 } }; \
	static const struct param N##_edit_params[] = { { #N, PARAM_NAME, PARAM_REQUIRED, what, \
								NULL, NULL }, \
		FIELDS(RECORD_PARAM_EDIT_, N){ 0 } }; \
	static const struct param N##_one_params[] = { \
		{ #N, PARAM_NAME, PARAM_REQUIRED, what, NULL, NULL }, { 0 } \
	}

#endif
