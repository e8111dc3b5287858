#ifndef LIAISON_TESTS_CAPTURE_LIFE_H
#define LIAISON_TESTS_CAPTURE_LIFE_H

#include "agenda.h"

/* A short life of a database: it is opened and made, mail is captured, contacts come, change and go,
 * a calendar is read and changes, the log is moved, what is old is dropped, and so is
 * what left its mailbox, a source is erased, a person is forgotten. Each step is one transaction that notes
 * its number, so that the database itself says how far it came; and always does the same. */

enum { LIFE_STEPS = 41, LIFE_SUM = 32 };
#define LIFE_FORGOTTEN "p4@x.example" /* with the last step, and what begins with "p4+" */

struct life {
	struct world world; /* store NULL: closed. First */
	struct config_source sources[3];
	struct agenda agenda;
	const char *path;
	char copy[300]; /* where the backup goes */
};

void life_init(struct life *life, const char *path);
void life_clear(struct life *life);
/* Opens the database, brings it up, ends a forgetting, and notes sources and folders. -1: world.err. */
int life_open(struct life *life);
void life_close(struct life *life);
/* The number of steps that the database has seen; it is open. */
int64_t life_done(struct life *life);
/* The next one, number = life_done. -1: world.err, and it is undone. */
int life_step(struct life *life, int64_t number);
/* What of a forgetting is still to be done, slice by slice; world.err. */
int life_settle(struct life *life);
/* Moves the log, makes a backup, or settles, if that is due after so many steps; world.err. */
int life_care(struct life *life, int64_t done);
/* Of all rows of all tables, read past the store. */
void life_sum(const char *path, uint8_t sum[LIFE_SUM]);

#endif
