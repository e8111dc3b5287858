#ifndef LIAISON_TESTS_MEMORY_REFUSE_H
#define LIAISON_TESTS_MEMORY_REFUSE_H

#include <stdbool.h>

/* What can be refused to a program that is linked with this, see STARVED in the Makefile: an allocation
 * of our own code or of a library; or a system call of ours that is interrupted by a signal, or moves
 * one byte only. */
enum whose { NOBODYS, OWN, LIBRARY, INTERRUPTED, SHORT };

/* Puts us between the libraries and their memory; before they are used. */
void refuse_prepare(void);
/* From now on the nth one is refused (0: none), with for_ever also all after it. */
void refuse(enum whose whose, unsigned long nth, bool for_ever);
/* Nothing is refused any more; returns how many there were. */
unsigned long refuse_end(void);

#endif
