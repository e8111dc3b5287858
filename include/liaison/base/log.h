#ifndef LIAISON_BASE_LOG_H
#define LIAISON_BASE_LOG_H

/* One event, one line, on stderr, with the kernel's <N> priority; never blocks: what cannot be
 * written is counted, and the count is told by the next line that can. Never a secret or a body. */

#include <stdint.h>

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
int log_level_by_name(const char *name); /* -1: none */
/* The word before every line, e.g. "fetch"; borrowed. */
void log_set_program(const char *name);
/* subject first: log_write(LOG_WARNING, "work/INBOX: the server closed the connection"). */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a line is about: fields of its own where the journal of systemd takes the lines, so that
 * `journalctl LIAISON_SOURCE=work` finds them. NULL or 0: not told. */
struct log_subject {
	const char *source, *folder;
	uint32_t uid;
	const char *id; /* MESSAGE_ID of an event that others wait for, one of these: */
};
#define LOG_ID_QUARANTINED  "5b1f4e0a6d8c4b6f9f0c2a7d3e915c64"
#define LOG_ID_SOURCE_FAILS "c0d2b7f18e3a4c529a6e4f70b1d8352b"
#define LOG_ID_SOURCE_WORKS "8f3c6a1d24be4e07b7d95c0e6a4f1b92"
#define LOG_ID_UIDVALIDITY  "e47a90c35f1246d8a3bc8d6f02e71594"
#define LOG_ID_BACKUP       "21d6f5b8a90c4e3f8c7b1e5a4d03f967"

void log_about(enum log_level level, const struct log_subject *subject, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Where standard error is the journal (JOURNAL_STREAM of sd_exec names it), lines go there by its own
 * protocol, with fields, and to standard error only while that fails. Before the sandbox is entered. */
void log_find_journal(void);
/* The same with a socket at path, whatever standard error is. -1: nobody hears there. */
int log_to_journal(const char *path);

#endif
