/* Tries what a profile forbids, each attempt in a process of its own. Arguments are such that a
 * kernel that let the attempt through would answer another error, or do no harm. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profile.h"

enum {
	E = 1 << SANDBOX_ENGINE,
	F = 1 << SANDBOX_FETCH,
	P = 1 << SANDBOX_PARSE,
	ALL = E | F | P,
	RELAXED = 8 << SANDBOX_CLIENT, /* refused under a sanitizer too */
	LANDLOCK = 16 << SANDBOX_CLIENT, /* where the kernel has it */
};

enum outcome { REFUSED = 40, LET_THROUGH, NO_SANDBOX };

/* A system call and its arguments. */
struct attempt {
	const char *name;
	unsigned profiles;
	long number;
	long arguments[6];
};

#define PATH(text) ((long)(intptr_t)(text))
#define NOWHERE    "/nonexistent/liaison"

enum { NONE = -1 };

static const struct attempt ATTEMPTS[] = {
	{ "run a program", ALL | RELAXED, SYS_execve, { PATH("/bin/true"), 0, 0 } },
	{ "run an open file", ALL | RELAXED, SYS_execveat, { NONE, PATH(""), 0, 0, 0x1000 } },
	{ "start a process", ALL, SYS_clone, { SIGCHLD } },
	{ "start a process unseen", ALL, SYS_clone3, { 0, 0 } },
	{ "trace itself", ALL, SYS_ptrace, { PTRACE_TRACEME } },
	{ "read another process", ALL, SYS_process_vm_readv, { 1, 0, 0, 0, 0, 0 } },
	{ "write another process", ALL, SYS_process_vm_writev, { 1, 0, 0, 0, 0, 0 } },
	{ "compare processes", ALL, SYS_kcmp, { 1, 1, 0, 0, 0 } },
	{ "open a process", ALL, SYS_pidfd_open, { 1, 0 } },
	{ "take a descriptor", ALL, SYS_pidfd_getfd, { NONE, 0, 0 } },
	{ "signal another process", ALL, SYS_kill, { 0x7ffffff0, 0 } },
	{ "mount", ALL | RELAXED, SYS_mount, { 0, PATH(NOWHERE), 0, 0, 0 } },
	{ "unmount", ALL, SYS_umount2, { PATH(NOWHERE), 0 } },
	{ "change the root", ALL | RELAXED, SYS_chroot, { PATH(NOWHERE) } },
	{ "pivot the root", ALL, SYS_pivot_root, { PATH(NOWHERE), PATH(NOWHERE) } },
	{ "make a namespace", ALL | RELAXED, SYS_unshare, { CLONE_NEWUSER } },
	{ "enter a namespace", ALL | RELAXED, SYS_setns, { NONE, 0 } },
	{ "load a module", ALL, SYS_init_module, { 0, 0, 0 } },
	{ "load a module file", ALL, SYS_finit_module, { NONE, 0, 0 } },
	{ "remove a module", ALL, SYS_delete_module, { PATH("liaison_none"), 0 } },
	{ "load a kernel", ALL, SYS_kexec_load, { 0, 0, 0, 0x7fffffff } },
	{ "load a BPF program", ALL | RELAXED, SYS_bpf, { NONE, 0, 0 } },
	{ "count events", ALL, SYS_perf_event_open, { 0, 0, 0, NONE, 0 } },
	{ "handle page faults", ALL | RELAXED, SYS_userfaultfd, { 0x7fffffff } },
	{ "restart the machine", ALL | RELAXED, SYS_reboot, { 0, 0, 0, 0 } },
	{ "swap on a file", ALL, SYS_swapon, { PATH(NOWHERE), 0 } },
	{ "open by handle", ALL, SYS_open_by_handle_at, { NONE, 0, 0 } },
	{ "account processes", ALL, SYS_acct, { PATH(NOWHERE) } },
	{ "set a quota", ALL, SYS_quotactl, { 0, 0, 0, 0 } },
	{ "read a key", ALL | RELAXED, SYS_keyctl, { 0x7fffffff, 0, 0, 0, 0 } },
	{ "add a key", ALL, SYS_add_key, { 0, 0, 0, 0, 0 } },
	{ "set the clock", ALL, SYS_clock_settime, { 0x7fffffff, 0 } },
	{ "name the machine", ALL, SYS_sethostname, { 0, NONE } },
	{ "become another user", ALL, SYS_setuid, { 0 } },
	{ "become another group", ALL, SYS_setgid, { 0 } },
	{ "take groups", ALL, SYS_setgroups, { 0x7fffffff, 0 } },
	{ "take capabilities", ALL, SYS_capset, { 0, 0 } },
	{ "change its personality", ALL, SYS_personality, { 0xffffffff } },
	{ "be dumpable again", ALL, SYS_prctl, { PR_SET_DUMPABLE, 1, 0, 0, 0 } },
	{ "share memory by name", ALL, SYS_shmget, { 0x7ffffff1, 4096, 0 } },
	{ "open a message queue", ALL, SYS_msgget, { 0x7ffffff1, 0 } },
	{ "make a memory file", ALL, SYS_memfd_create, { PATH("liaison"), 0 } },
	{ "queue I/O unseen", ALL, SYS_io_uring_setup, { 1, 0 } },
	{ "watch files", ALL, SYS_inotify_init1, { 0 } },
	{ "watch all files", ALL, SYS_fanotify_init, { 0, 0 } },
	{ "make a device", ALL, SYS_mknodat, { NONE, PATH("x"), S_IFCHR, 0 } },
	{ "link a file", ALL, SYS_linkat, { NONE, PATH("x"), NONE, PATH("y"), 0 } },
	{ "link by name", ALL, SYS_symlinkat, { PATH("x"), NONE, PATH("y") } },
	{ "push terminal input", ALL, SYS_ioctl, { 0, 0x5412, PATH("x") } },
	{ "map memory to run", ALL, SYS_mmap,
		{ 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, NONE, 0 } },
	{ "run written memory", ALL, SYS_mprotect, { 0, 0, PROT_READ | PROT_EXEC } },
	{ "reach the network", E | P | RELAXED, SYS_socket, { AF_INET, SOCK_STREAM, 0 } },
	{ "reach the network by IPv6", E | P | RELAXED, SYS_socket, { AF_INET6, SOCK_STREAM, 0 } },
	{ "send datagrams", E | P | RELAXED, SYS_socket, { AF_INET, SOCK_DGRAM, 0 } },
	{ "talk to the kernel", E | P | RELAXED, SYS_socket, { AF_NETLINK, SOCK_RAW, 0 } },
	{ "talk to a local service", F | P, SYS_socket, { AF_UNIX, SOCK_STREAM, 0 } },
	{ "read packets", ALL, SYS_socket, { AF_PACKET, SOCK_RAW, 0 } },
	{ "use the kernel's ciphers", ALL, SYS_socket, { AF_ALG, SOCK_SEQPACKET, 0 } },
	{ "reach a virtual machine", ALL, SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 } },
	{ "connect", E | P, SYS_connect, { NONE, 0, 0 } },
	{ "bind", E | P, SYS_bind, { NONE, 0, 0 } },
	{ "listen", F | P, SYS_listen, { NONE, 0 } },
	{ "accept", F | P, SYS_accept4, { NONE, 0, 0, 0 } },
	{ "open a file", P, SYS_openat, { AT_FDCWD, PATH("/etc/passwd"), O_RDONLY, 0 } },
	{ "look about", E | F | LANDLOCK, SYS_openat,
		{ AT_FDCWD, PATH("/"), O_RDONLY | O_DIRECTORY, 0 } },
	{ "make a file elsewhere", E | LANDLOCK, SYS_openat,
		{ AT_FDCWD, PATH("/tmp"), O_WRONLY | O_TMPFILE, 0600 } },
	{ "make a file", F | P, SYS_openat, { AT_FDCWD, PATH(NOWHERE), O_WRONLY | O_CREAT, 0600 } },
	{ "empty a file", F | P, SYS_openat, { AT_FDCWD, PATH(NOWHERE), O_RDONLY | O_TRUNC, 0 } },
	{ "remove a file", F | P, SYS_unlinkat, { AT_FDCWD, PATH(NOWHERE), 0 } },
	{ "rename a file", F | P, SYS_renameat2,
		{ AT_FDCWD, PATH(NOWHERE), AT_FDCWD, PATH(NOWHERE), 0 } },
	{ "make a folder", F | P, SYS_mkdirat, { AT_FDCWD, PATH(NOWHERE), 0700 } },
	{ "change a file's mode", F | P, SYS_fchmodat, { AT_FDCWD, PATH(NOWHERE), 0600 } },
	{ "cut a file", F | P, SYS_ftruncate, { NONE, 0 } },
	{ "lock a file", F | P, SYS_flock, { NONE, 0 } },
	{ "start a thread", P, SYS_clone, { CLONE_THREAD | CLONE_VM } },
	{ "wait for events", P, SYS_epoll_create1, { 0 } },
	{ "pass descriptors", P, SYS_sendmsg, { NONE, 0, 0 } },
};

enum { ATTEMPT_COUNT = sizeof ATTEMPTS / sizeof ATTEMPTS[0] };

/* In the child: what the kernel says. A new process of its own must not go on with our work. */
static enum outcome
try(const struct attempt *attempt)
{
	const long *a = attempt->arguments;
	long result = syscall(attempt->number, a[0], a[1], a[2], a[3], a[4], a[5]);

	if (result < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS))
		return REFUSED;
	return LET_THROUGH;
}

static void
try_in_child(enum sandbox_profile profile, const struct attempt *attempt)
{
	struct rlimit none = { 0, 0 };
	struct err err;

	setrlimit(RLIMIT_CORE, &none);
	if (sandbox_enter(profile, NULL, 0, 0, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		_exit(NO_SANDBOX);
	}
	_exit(try(attempt));
}

/* Killed for asking is refused too. */
static bool
was_refused(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS;
	return WIFEXITED(status) && WEXITSTATUS(status) == REFUSED;
}

static bool
is_refused(enum sandbox_profile profile, const struct attempt *attempt)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		try_in_child(profile, attempt);
	return child > 0 && waitpid(child, &status, 0) == child && was_refused(status);
}

static bool
applies(enum sandbox_profile profile, const struct attempt *attempt)
{
#ifdef LIAISON_SANITIZED
	if ((attempt->profiles & RELAXED) == 0)
		return false;
#endif
	if (attempt->profiles & LANDLOCK && landlock_abi() == 0)
		return false;
	return (attempt->profiles & 1u << profile) != 0;
}

int
sandbox_check(enum sandbox_profile profile)
{
	int allowed = 0;

	for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
		bool refused;

		if (!applies(profile, &ATTEMPTS[i]))
			continue;
		refused = is_refused(profile, &ATTEMPTS[i]);
		printf("%-8s %s\n", refused ? "refused" : "ALLOWED", ATTEMPTS[i].name);
		allowed += !refused;
	}
	if (sandbox_missing()[0] != '\0')
		printf("%-8s %s\n", "missing", sandbox_missing());
	return allowed;
}

unsigned
check_control(unsigned *attempts)
{
	unsigned allowed = 0;

	for (size_t i = 0; i < ATTEMPT_COUNT; i++)
		allowed += !is_refused(SANDBOX_CLIENT, &ATTEMPTS[i]);
	*attempts = ATTEMPT_COUNT;
	return allowed;
}
