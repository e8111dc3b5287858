#ifndef LIAISON_ENGINE_SYSTEM_H
#define LIAISON_ENGINE_SYSTEM_H

#include "loop_call.h"

/* What the commands of `system` share with cmd_audit.c, backup.c, check.c and stats.c. */

int64_t file_size(const char *path); /* 0: there is none */
/* "last_backup" of system.status, on a reader. */
void backup_write_last(struct call *call);
/* -1: a backup, which holds an old state of the database for as long as it takes, is to end. */
int backup_may_go_on(struct engine *engine, struct err *err);
/* Removes copies that an engine which was killed left beside the database. */
void backup_clean(const char *database);
extern const struct param audit_params[];
int run_audit(struct call *call, struct err *err);
int run_stats(struct call *call, struct err *err);
int run_backup_loop(struct loop_call *call, struct err *err);
int run_check_database(struct loop_call *call, struct err *err);

#endif
