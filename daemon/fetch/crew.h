#ifndef LIAISON_FETCH_CREW_H
#define LIAISON_FETCH_CREW_H

#include "fetch.h"

/* The channel to liaisond at descriptor 3: configuration, secrets, stop. */

/* Reads, blocking, until the first configuration is whole. */
struct crew *crew_new(struct fetch *fetch, int descriptor);
int crew_first_config(struct crew *crew, struct err *err);
/* From here on with the loop; says FRAME_READY. */
void crew_join_loop(struct crew *crew);
void crew_ask_secret(struct crew *crew, uint32_t source, uint32_t token);
struct refusal;
/* Of the secret that was given last. */
void crew_tell_refusal(struct crew *crew, uint32_t source, const struct refusal *refusal);
void crew_fatal(struct crew *crew, const char *message, int status);

#endif
