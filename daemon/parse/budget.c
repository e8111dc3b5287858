#include "budget.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* A signal handler has no other memory than this. */
static volatile sig_atomic_t item; /* odd while an item is under way */
static volatile sig_atomic_t seen, ticks;

static void
tick(int signal)
{
	static const char LINE[] = "<4>parse: an item took too much CPU time\n";

	(void)signal;
	if ((item & 1) == 0 || item != seen) {
		seen = item;
		ticks = 0;
		return;
	}
	if (++ticks < BUDGET_SECONDS)
		return;
	if (write(STDERR_FILENO, LINE, sizeof LINE - 1) < 0)
		_exit(BUDGET_EXIT);
	_exit(BUDGET_EXIT);
}

int
budget_start(void)
{
	struct itimerval each_second = { { 1, 0 }, { 1, 0 } };
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGPROF, &action, NULL) < 0)
		return -1;
	return setitimer(ITIMER_PROF, &each_second, NULL);
}

void
budget_begin(void)
{
	item = (sig_atomic_t)(((unsigned)item + 1) | 1) & 0x3fffffff;
}

void
budget_end(void)
{
	item = (sig_atomic_t)(((unsigned)item + 1) & ~1u) & 0x3fffffff;
}

void
gauge_open(struct gauge *gauge)
{
	gauge->descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	gauge->page = sysconf(_SC_PAGESIZE);
}

uint64_t
gauge_read(const struct gauge *gauge)
{
	char text[128];
	char *pages;
	ssize_t size;

	if (gauge->descriptor < 0 || lseek(gauge->descriptor, 0, SEEK_SET) < 0)
		return 0;
	size = read(gauge->descriptor, text, sizeof text - 1);
	if (size <= 0)
		return 0;
	text[size] = '\0';
	pages = strchr(text, ' ');
	return pages == NULL ? 0 : strtoull(pages, NULL, 10) * (uint64_t)gauge->page;
}
