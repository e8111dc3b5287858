#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/base/crypt.h"
#include "liaison/base/log.h"
#include "liaison/sandbox/sandbox.h"
#include "profile.h"

/* What a child does inside; its exit status is the number of the line that went wrong. */
#define MUST(condition) \
	do { \
		if (!(condition)) \
			_exit(__LINE__ & 0x7f ? __LINE__ & 0x7f : 1); \
	} while (0)

static char folder[64];

static int
set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/liaison-sandbox-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int
tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "%s/file", folder);
	unlink(command);
	return rmdir(folder);
}

static void
runs_in_a_child(void (*inside)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		inside();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		fail_msg("killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("wrong at line %d (modulo 128)", WEXITSTATUS(status));
}

static unsigned
lines_of(const char *text, const char *start)
{
	unsigned count = 0;

	for (const char *at = text; (at = strstr(at, start)) != NULL; at++)
		count += at == text || at[-1] == '\n';
	return count;
}

/* What the check returns; *refused and *missing get its lines of these. */
static int
checked(enum sandbox_profile profile, unsigned *refused, unsigned *missing)
{
	static char text[16384];
	int kept = dup(STDOUT_FILENO), file = open("/tmp", O_RDWR | O_TMPFILE, 0600), allowed;
	ssize_t got;

	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	allowed = sandbox_check(profile);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	got = pread(file, text, sizeof text - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	close(file);
	*refused = lines_of(text, "refused ");
	*missing = lines_of(text, "missing ");
	return allowed;
}

static void
refuses_what_each_profile_forbids(void **state)
{
	static const enum sandbox_profile PROFILES[] = { SANDBOX_ENGINE, SANDBOX_FETCH,
		SANDBOX_PARSE };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		unsigned refused, missing;

		assert_int_equal(checked(PROFILES[i], &refused, &missing), 0);
#ifndef LIAISON_SANITIZED
		assert_true(refused >= 40);
#endif
		assert_int_equal(missing, sandbox_missing()[0] != '\0');
	}
}

/* The attempts mean something only if a process outside is let through, at least where the kernel, or a
 * container around us, does not keep them for root. */
static void
tries_what_is_allowed_outside(void **state)
{
	unsigned attempts, allowed = check_control(&attempts);

	(void)state;
	assert_true(attempts >= 70);
	assert_in_range(allowed, 25, attempts);
}

static void
parse_can_live(void)
{
	struct err err;
	char *bytes;
	int ends[2];
	uint8_t digest[SHA256_SIZE];

	MUST(pipe(ends) == 0);
	MUST(sandbox_enter(SANDBOX_PARSE, NULL, 0, 0, &err) == 0);
	bytes = malloc(20 << 20);
	MUST(bytes != NULL);
	memset(bytes, 1, 20 << 20);
	sha256(bytes, 1000, digest);
	MUST(random_bytes(digest, sizeof digest) == 0);
	free(bytes);
	MUST(write(ends[1], "x", 1) == 1);
	MUST(read(ends[0], digest, 1) == 1);
	log_write(LOG_DEBUG, "not shown");
}

static void
lets_parse_work(void **state)
{
	(void)state;
	runs_in_a_child(parse_can_live);
}

static void
parse_is_held(void)
{
	struct rlimit limit;

	MUST(sandbox_enter(SANDBOX_PARSE, NULL, 0, 0, NULL) == 0);
	MUST(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0);
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= 16);
#ifndef LIAISON_SANITIZED
	MUST(malloc((size_t)1 << 30) == NULL);
	MUST(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
#endif
}

static void
holds_parse_to_its_limits(void **state)
{
	(void)state;
	runs_in_a_child(parse_is_held);
}

/* Asking for a program is the end of parse, not an error it could live with. */
static void
kills_parse_for_an_attack(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		if (sandbox_enter(SANDBOX_PARSE, NULL, 0, 0, NULL) == 0)
			execl("/bin/true", "true", (char *)NULL);
		_exit(errno == EPERM ? 2 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
#ifdef LIAISON_SANITIZED
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
#else
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
#endif
}

static void
fetch_can_live(void)
{
	struct addrinfo *found = NULL;
	struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
	int sock;

	MUST(sandbox_enter(SANDBOX_FETCH, NULL, 0, 1000, NULL) == 0);
	MUST(getaddrinfo("localhost", "993", &wanted, &found) == 0);
	freeaddrinfo(found);
	sock = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	MUST(sock >= 0);
	MUST(setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int)) == 0);
#ifndef LIAISON_SANITIZED
	MUST(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EACCES);
#endif
	MUST(sandbox_missing()[0] != '\0' || open("/etc/shadow", O_RDONLY) < 0);
	MUST(sandbox_missing()[0] != '\0' || open("/etc/nsswitch.conf", O_RDONLY) >= 0 ||
		errno == ENOENT);
}

static void
lets_fetch_resolve_and_connect(void **state)
{
	(void)state;
	runs_in_a_child(fetch_can_live);
}

static void *
in_a_thread(void *ran)
{
	*(int *)ran = 1;
	return NULL;
}

static void
engine_can_live(void)
{
	struct sandbox_path paths[] = { { folder, true } };
	char path[128], other[128];
	int file, ran = 0, pair[2];
	pthread_t thread;

	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	MUST(sandbox_enter(SANDBOX_ENGINE, paths, 1, 0, NULL) == 0);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	MUST(file >= 0);
	MUST(pwrite(file, "abc", 3, 0) == 3 && fsync(file) == 0 && ftruncate(file, 1) == 0);
	MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) != MAP_FAILED);
	MUST(rename(path, other) == 0 && rename(other, path) == 0);
	MUST(pthread_create(&thread, NULL, in_a_thread, &ran) == 0);
	MUST(pthread_join(thread, NULL) == 0 && ran == 1);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	MUST(sandbox_missing()[0] != '\0' ||
		(open("/tmp/liaison-elsewhere", O_RDWR | O_CREAT, 0600) < 0 && errno == EACCES));
	MUST(sandbox_missing()[0] != '\0' || (open("/etc/hosts", O_RDONLY) < 0 && errno == EACCES));
}

static void
lets_the_engine_keep_its_files_and_no_others(void **state)
{
	(void)state;
	runs_in_a_child(engine_can_live);
}

static void
main_can_start_programs(void)
{
	int status;
	pid_t child;

	MUST(sandbox_enter(SANDBOX_MAIN, NULL, 0, 0, NULL) == 0);
	child = fork();
	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
}

static void
lets_main_start_programs(void **state)
{
	(void)state;
	runs_in_a_child(main_can_start_programs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_each_profile_forbids),
		cmocka_unit_test(tries_what_is_allowed_outside),
		cmocka_unit_test(lets_parse_work),
		cmocka_unit_test(holds_parse_to_its_limits),
		cmocka_unit_test(kills_parse_for_an_attack),
		cmocka_unit_test(lets_fetch_resolve_and_connect),
		cmocka_unit_test_setup_teardown(
			lets_the_engine_keep_its_files_and_no_others, set_up, tear_down),
		cmocka_unit_test(lets_main_start_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
