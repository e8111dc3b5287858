#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "dial.h"
#include "fetch.h"
#include "liaison/base/log.h"
#include "liaison/net/http.h"
#include "liaison/sandbox/sandbox.h"
#include "link.h"
#include "source.h"

/* liaison-fetch: started by liaisond with the crew channel at 3 and the engine's stream at 4. */

enum { CREW = 3, ENGINE = 4, EXIT_INTERNAL = 70, SPARE_DESCRIPTORS = 128, PATHS_MAX = 256 };

static const char *const PATHS[] = { "/etc/ssl", "/etc/resolv.conf", "/etc/hosts",
	"/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/localtime",
	"/run/systemd/resolve", "/usr/lib", "/lib", "/usr/share/zoneinfo", "/dev/urandom",
	"/dev/null", "/proc/self" };

static void
woke(void *context, int64_t milliseconds)
{
	log_write(LOG_NOTICE, "the machine slept for %lld s", (long long)(milliseconds / 1000));
	sources_woke(context);
}

static unsigned
descriptors_for(const struct fetch *fetch)
{
	unsigned count = SPARE_DESCRIPTORS;

	for (size_t i = 0; i < fetch->config.source_count; i++)
		count += fetch->config.sources[i].connections + DIAL_AT_ONCE;
	return count;
}

static int
enter_sandbox(struct fetch *fetch, struct err *err)
{
	struct sandbox_path paths[PATHS_MAX];
	size_t count = 0;

	memset(paths, 0, sizeof(paths));
	for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++)
		paths[count++].path = PATHS[i];
	for (struct trust *trust = fetch->trusts; trust && count < PATHS_MAX; trust = trust->next)
		if (trust->ca_file)
			paths[count++].path = trust->ca_file;
	for (struct place *place = fetch->places; place && count < PATHS_MAX; place = place->next)
		paths[count++].path = place->path;
	return sandbox_enter(SANDBOX_FETCH, paths, count, descriptors_for(fetch), err);
}

static int
begin(struct fetch *fetch, struct err *err)
{
	uv_loop_init(&fetch->loop);
	fetch->alarms = alarms_new(&fetch->loop, woke, fetch);
	fetch->rate = rate_new(fetch->alarms);
	fetch->crew = crew_new(fetch, CREW);
	if (http_init(err) < 0 || crew_first_config(fetch->crew, err) < 0 ||
		enter_sandbox(fetch, err) < 0)
		return -1;
	fetch->link = link_new(fetch, ENGINE);
	crew_join_loop(fetch->crew);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct fetch fetch;
	struct err err = { 0 };

	if (argc > 1 && strcmp(argv[1], "--check-sandbox") == 0)
		return sandbox_check(SANDBOX_FETCH) == 0 ? 0 : 1;
	uv_replace_allocator(mem_alloc, mem_resize, mem_zero, free); /* it would abort instead */
	log_set_program("fetch");
	log_find_journal();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* a terminal's ^C is liaisond's to pass on */
	/* One arena and early trimming: thousands of small, long-lived connections. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024);
	if (begin(&fetch, &err) < 0) {
		log_write(LOG_ERROR, "%s", err.message);
		if (fetch.crew)
			crew_fatal(fetch.crew, err.message, EXIT_INTERNAL);
		return EXIT_INTERNAL;
	}
	if (!fetch.stopping)
		uv_run(&fetch.loop, UV_RUN_DEFAULT);
	return 0;
}
