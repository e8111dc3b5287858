#ifndef LIAISON_FETCH_RECORDING_H
#define LIAISON_FETCH_RECORDING_H

#include "mailbox.h"

/* What is said on one connection, kept for a report of a fault and scrubbed before it leaves. */

enum { RECORDED_MAX = 2 * 1024 * 1024 };

struct recording *recording_new(unsigned messages, const char *own, size_t own_size);
void recording_free(struct recording *recording);
void recording_add(struct recording *recording, bool server, const char *bytes, size_t size);
bool recording_is_full(const struct recording *recording);
unsigned recording_messages(const struct recording *recording);
/* Scrubs it and tells the engine; why: the connection ended by it, or NULL. */
void recording_tell(struct connection *connection, const char *why);

#endif
