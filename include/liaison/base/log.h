#ifndef LIAISON_BASE_LOG_H
#define LIAISON_BASE_LOG_H

/* One event, one line, on stderr, with the kernel's <N> priority; never blocks: what cannot be
 * written is counted, and the count is told by the next line that can. Never a secret or a body. */

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
int log_level_by_name(const char *name); /* -1: none */
/* The word before every line, e.g. "fetch"; borrowed. */
void log_set_program(const char *name);
/* subject first: log_write(LOG_WARNING, "work/INBOX: the server closed the connection"). */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
