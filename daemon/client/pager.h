#ifndef LIAISON_CLIENT_PAGER_H
#define LIAISON_CLIENT_PAGER_H

#include <sys/types.h>

/* Long output on a terminal goes through $PAGER, else "less -FRX" if there is one. */

/* Once; nothing happens when it runs already, or there is none to be had. */
void pager_start(pid_t *pager);
/* Waits until the reader has seen enough. */
void pager_end(pid_t *pager);

#endif
