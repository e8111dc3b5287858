#ifndef LIAISON_MAIN_NOTIFY_H
#define LIAISON_MAIN_NOTIFY_H

#include <stdbool.h>

/* The service manager's notification socket (sd_notify(3)), by hand. */

struct notify {
	int descriptor; /* -1: nobody wants to know */
	bool watchdog; /* WATCHDOG=1 is waited for */
};

/* Reads and unsets NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* One message of "KEY=VALUE" lines; never blocks, and a lost message is nobody's fault. */
void notify_send(const struct notify *notify, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
