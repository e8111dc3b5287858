#ifndef LIAISON_ENGINE_CMD_CONTACT_H
#define LIAISON_ENGINE_CMD_CONTACT_H

#include "command.h"
#include "liaison/crm/merge.h"

/* The handlers of the noun contact, by file. */

/* cmd_contact_edit.c */
int run_contact_add(struct call *call, struct err *err);
int run_contact_edit(struct call *call, struct err *err);
int run_contact_optout(struct call *call, struct err *err);

/* cmd_contact_email.c */
int run_contact_email_add(struct call *call, struct err *err);
int run_contact_email_remove(struct call *call, struct err *err);
int run_contact_email_list(struct call *call, struct err *err);

/* cmd_duplicate.c */
/* The contact's record, with what may be the same as a member "duplicates", if there is anything. */
int answer_with_duplicates(struct call *call, int64_t id, const char *warning, struct err *err);

/* cmd_merge.c: takes a merge back, journaled; *again: in another transaction, too. result: zeroed before the
 * first. Of a command that calls call_keep. */
int unmerge_contact(struct call *call, int64_t merge, struct merge_result *result, bool *again,
	struct err *err);

/* cmd_contact_find.c */
int run_contact_list(struct call *call, struct err *err);
int run_contact_find(struct call *call, struct err *err);
int run_contact_timeline(struct call *call, struct err *err);

#endif
