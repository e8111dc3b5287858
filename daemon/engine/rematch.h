#ifndef LIAISON_ENGINE_REMATCH_H
#define LIAISON_ENGINE_REMATCH_H

#include "command.h"
#include "liaison/capture/capture.h"

/* The past matched by what a contact was just given, as far as a transaction takes. What is left is done
 * behind capture, unless the command waits for it. */

/* Match the past by the address or domain, tell watchers, add to *count. */
int rematch_address(struct call *call, const char *address, int64_t *count, struct err *err);
int rematch_domain(struct call *call, const char *domain, int64_t *count, struct err *err);

/* From here on the command waits; its handler has called call_keep. A dry run, whose transactions are
 * undone, gives the same again in each, and each goes on where the one before it left off. */
void rematch_wait(struct call *call);
/* In the later transactions: goes on with what was given in the first. */
int rematch_go_on(struct call *call, struct err *err);
/* True: something is left, for which the handler is run again. */
bool rematch_continues(struct call *call);
/* What it came to since rematch_wait. */
int64_t rematch_made(const struct call *call);

/* Matches as much of a run as this transaction takes. */
int rematch_some(
	struct call *call, struct past_run *run, struct capture_result *result, struct err *err);

#endif
