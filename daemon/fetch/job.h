#ifndef LIAISON_FETCH_JOB_H
#define LIAISON_FETCH_JOB_H

#include "mailbox.h"

/* What job.c and arrival.c do for each other. */

/* job.c */
void job_attach(struct connection *connection, struct job *job);
void job_detach(struct connection *connection, struct job *job);
void job_end(struct connection *connection, struct job *job);
void job_refuse(struct connection *connection, struct job *job, const char *why);
/* Asks for what was not asked yet, or goes on to what is missing. */
void job_ask_rest(struct connection *connection, struct job *job);
void job_search(struct connection *connection, struct job *job);

/* arrival.c */
/* A message that lists a UID because SEARCH cannot. */
void arrival_list(struct job *job, const struct imap_message *message);
struct job *arrival_overtaken(struct connection *connection, uint32_t uid);
void arrival_next(struct connection *connection, struct job *job);
/* The search, the search that was overtaken, or the listing ended. */
void arrival_found(struct connection *connection, struct job *job, const struct imap_event *event);
void
arrival_searched(struct connection *connection, struct job *job, const struct imap_event *event);
void arrival_listed(struct connection *connection, struct job *job, const struct imap_event *event);

#endif
