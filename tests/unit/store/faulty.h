#ifndef STORE_FAULTY_H
#define STORE_FAULTY_H

/* A file system for SQLite that fails when told: the system's own with faults in between. */

enum fault { FAULT_NONE, FAULT_WRITE, FAULT_FULL, FAULT_SYNC, FAULT_OPEN };

/* Makes it the default; call before any store is opened. */
void faulty_install(void);
/* The nth call of that kind from now on fails (from 1), and with for_ever all after it. */
void faulty_set(enum fault fault, unsigned nth, int for_ever);
/* True when a fault has happened since faulty_set. */
int faulty_happened(void);

#endif
