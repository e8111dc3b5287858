#ifndef PARSE_BUDGET_H
#define PARSE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* The CPU time one item may take. A timer set once, before the sandbox, looks each second of CPU time
 * whether the item is still the same: no system call an item, and a library that loops is stopped. */

enum { BUDGET_SECONDS = 3, BUDGET_EXIT = 75 };

/* Starts the timer; an item over its budget ends the program with BUDGET_EXIT and a line on stderr. */
int budget_start(void);
/* An item begins. */
void budget_begin(void);
/* No item is under way. */
void budget_end(void);

/* Memory in use, read through a descriptor opened before the sandbox. */
struct gauge {
	int descriptor;
	long page;
};

void gauge_open(struct gauge *gauge);
/* Resident bytes; 0 if the system does not tell. */
uint64_t gauge_read(const struct gauge *gauge);

#endif
