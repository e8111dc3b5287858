#ifndef STORE_FAULTY_H
#define STORE_FAULTY_H

#include <stdbool.h>

/* A file system for SQLite that fails when told: the system's own with faults in between. */

enum fault {
	FAULT_NONE,
	FAULT_WRITE, /* writing and truncating */
	FAULT_FULL, /* writing, for want of room */
	FAULT_SYNC,
	FAULT_OPEN,
	FAULT_READ,
	FAULT_SHORT, /* a read comes to an end too early */
	FAULT_LOCK, /* somebody else has it */
	FAULT_ANY, /* every call there is, each in its own way */
	FAULTS
};

/* Makes it the default; call before any store is opened. */
void faulty_install(void);
/* The nth call of that kind from now on fails (from 1), and with for_ever all after it. */
void faulty_set(enum fault fault, unsigned nth, bool for_ever);
/* Called before each read, on the thread that reads; NULL: no more. */
void faulty_on_read(void (*run)(void));
/* True when a fault has happened since faulty_set. */
bool faulty_happened(void);
/* "a write that fails"; of all but FAULT_NONE. */
const char *faulty_name(enum fault fault);

#endif
