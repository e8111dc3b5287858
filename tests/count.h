/* For builds that count what runs: counts are written at exit, so _exit has to be told. */
#include <unistd.h>

void __gcov_dump(void);
#define _exit(status) (__gcov_dump(), _exit(status))
