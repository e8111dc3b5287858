#ifndef LIAISON_FETCH_JOB_H
#define LIAISON_FETCH_JOB_H

#include "mailbox.h"

/* What job.c, arrival.c and missing.c do for each other. */

/* job.c */
void job_attach(struct connection *connection, struct job *job);
void job_detach(struct connection *connection, struct job *job);
void job_end(struct connection *connection, struct job *job);
void job_refuse(struct connection *connection, struct job *job, const char *why);
/* Asks for what was not asked yet, or goes on to what is missing. */
void job_ask_rest(struct connection *connection, struct job *job);
void job_search(struct connection *connection, struct job *job);
/* Asks for up to count UIDs of from. */
void job_ask(struct connection *connection, struct job *job, struct uid_set *from, size_t count,
	enum job_stage stage);

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

/* missing.c */
/* All was asked: what is missing is looked for, or the job ends. */
void missing_ask(struct connection *connection, struct job *job);
/* The search for it, or the FETCH of one alone, ended. */
void missing_looked(struct connection *connection, struct job *job, const struct imap_event *event);
void missing_single(struct connection *connection, struct job *job, const struct imap_event *event);

#endif
