#ifndef LIAISON_ENGINE_RULES_H
#define LIAISON_ENGINE_RULES_H

#include "liaison/capture/rule.h"
#include "loop_call.h"

/* Rules and the loop: what parse is asked because of them, and the commands that go over the past. */

/* After COMMIT of a change: parse is asked for what rules name from now on. */
int rules_changed(struct call *call, struct err *err);
/* Takes them over: the highest level, and headers as lines. */
void rules_adopt(struct engine *engine, int64_t level, const char *headers);
/* Before there are threads: what the rules of the database need. */
int rules_begin(struct engine *engine, struct store *store, struct err *err);
/* Adds the names of headers to the question about a message of size bytes. */
void rules_put_names(const struct engine *engine, struct frame_writer *writer, size_t size);

/* cmd_rule.c, cmd_reapply.c, cmd_by_hand.c: rows of the tables of capture and rule. */
int run_rule_test_loop(struct loop_call *call, struct err *err);
int run_reapply_loop(struct loop_call *call, struct err *err);
int run_ignore(struct call *call, struct err *err);
int run_link(struct call *call, struct err *err);
int run_refetch_loop(struct loop_call *call, struct err *err);

#endif
