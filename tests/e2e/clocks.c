/* Preloaded into liaison's programs: clocks that a test moves. LIAISON_TEST_CLOCKS names a file with two
 * numbers, the seconds by which CLOCK_REALTIME and CLOCK_BOOTTIME are ahead. As CLOCK_MONOTONIC is not
 * moved, more of the second is what a program sees of a machine that slept. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*real)(clockid_t, struct timespec *);
static const volatile int64_t *ahead;

/* Mapped before the program is in its sandbox. */
__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("LIAISON_TEST_CLOCKS");
	int descriptor = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *bytes;

	real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (descriptor < 0)
		return;
	bytes = mmap(NULL, 2 * sizeof(*ahead), PROT_READ, MAP_SHARED, descriptor, 0);
	close(descriptor);
	if (bytes != MAP_FAILED)
		ahead = bytes;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = real ? real(clock, now) : -1;

	if (ahead && clock == CLOCK_REALTIME)
		now->tv_sec += ahead[0];
	else if (ahead && clock == CLOCK_BOOTTIME)
		now->tv_sec += ahead[1];
	return result;
}
