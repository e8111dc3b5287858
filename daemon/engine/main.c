#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/base/log.h"
#include "liaison/sandbox/sandbox.h"
#include "offline.h"

int
main(int argc, char **argv)
{
	uv_replace_allocator(mem_alloc, mem_resize, mem_zero, free); /* it would abort instead */
	log_set_program("engine");
	log_find_journal();
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "--check-sandbox") == 0)
		return sandbox_check(SANDBOX_ENGINE) == 0 ? 0 : 1;
	if (argc == 3 && strcmp(argv[1], "--check-backup") == 0)
		return offline_check_backup(argv[2]);
	if (argc == 4 && strcmp(argv[1], "--restore") == 0)
		return offline_restore(argv[2], argv[3]);
	if (argc > 1) {
		fprintf(stderr, "liaison-engine: it is started by liaisond\n");
		return 2;
	}
	/* Threads share two heaps: each would otherwise keep what it has once used. */
	mallopt(M_ARENA_MAX, 2);
	return engine_run();
}
