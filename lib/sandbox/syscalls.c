/* What each program may ask the kernel for. What is not here is answered EPERM, so that a libc of
 * tomorrow degrades instead of dying; what only an attacker asks for kills parse at once. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "profile.h"

enum {
	E = 1 << SANDBOX_ENGINE,
	F = 1 << SANDBOX_FETCH,
	P = 1 << SANDBOX_PARSE,
};

struct group {
	unsigned profiles;
	const char *const *names;
};

static const char *const LIVE[] = { "read", "write", "readv", "writev", "pread64", "preadv",
	"close", "lseek", "poll", "ppoll", "brk", "munmap", "mremap", "madvise", "exit",
	"exit_group", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "sigaltstack",
	"restart_syscall", "futex", "clock_gettime", "clock_getres", "gettimeofday", "time",
	"times", "getrusage", "getrandom", "newfstatat", "fstat", "fstat64", "statx", "getpid",
	"gettid", "tgkill", "sched_yield", "nanosleep", "clock_nanosleep", "fcntl", "setitimer",
	"recvmsg", "recvfrom", "membarrier", "rseq", "getcpu", NULL };

static const char *const THREADS[] = { "set_robust_list", "get_robust_list", "set_tid_address",
	"sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
	"sched_get_priority_min", "rt_sigtimedwait", "rt_sigpending", "rt_sigsuspend", NULL };

static const char *const LOOP[] = { "epoll_create1", "epoll_create", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd2", "eventfd", "pipe2", "pipe", "timerfd_create",
	"timerfd_settime", "timerfd_gettime", "signalfd4", "select", "pselect6", "dup", "dup2",
	"dup3", "close_range", NULL };

static const char *const SELF[] = { "getppid", "getuid", "geteuid", "getgid", "getegid",
	"getgroups", "getresuid", "getresgid", "uname", "sysinfo", "getcwd", "getrlimit", "umask",
	NULL };

static const char *const LOOK[] = { "stat", "lstat", "access", "faccessat", "faccessat2",
	"readlink", "readlinkat", "getdents64", "statfs", "fstatfs", NULL };

static const char *const FILES[] = { "open", "openat", "creat", "pwrite64", "pwritev", "fsync",
	"fdatasync", "sync_file_range", "ftruncate", "truncate", "fallocate", "flock", "rename",
	"renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod",
	"fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "fchownat", "utimensat", "fadvise64",
	"copy_file_range", "sendfile", NULL };

static const char *const TALK[] = { "sendmsg", "sendto", "getsockopt", "setsockopt", "getsockname",
	"getpeername", "shutdown", NULL };

static const char *const SERVE[] = { "accept", "accept4", "listen", NULL };

static const char *const DIAL[] = { "connect", "bind", "sendmmsg", "recvmmsg", NULL };

static const struct group GROUPS[] = {
	{ E | F | P, LIVE },
	{ E | F, THREADS },
	{ E | F, LOOP },
	{ E | F, SELF },
	{ E | F, LOOK },
	{ E, FILES },
	{ E | F, TALK },
	{ E, SERVE },
	{ F, DIAL },
};

/* Nobody here ever wants these: parse is killed for asking, the others are told no. */
static const char *const ATTACKS[] = { "execve", "execveat", "fork", "vfork", "ptrace",
	"process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "mount", "umount2",
	"pivot_root", "chroot", "unshare", "setns", "init_module", "finit_module", "delete_module",
	"kexec_load", "kexec_file_load", "bpf", "perf_event_open", "userfaultfd", "reboot",
	"swapon", "swapoff", "open_by_handle_at", "iopl", "ioperm", "acct", "quotactl", "keyctl",
	"add_key", "request_key", "modify_ldt", "connect", "bind", "listen", "accept", "accept4",
	"socket", NULL };

struct filter {
	scmp_filter_ctx context;
	enum sandbox_profile profile;
	int failed; /* the first error, negative errno; later rules are not added */
};

/* A name this libseccomp or this machine does not know needs no rule. */
static void
add(struct filter *filter, uint32_t action, const char *name, unsigned count,
	const struct scmp_arg_cmp *tests)
{
	int number = seccomp_syscall_resolve_name(name), result;

	if (filter->failed != 0 || number == __NR_SCMP_ERROR)
		return;
	result = seccomp_rule_add_array(filter->context, action, number, count, tests);
	if (result < 0 && result != -EDOM)
		filter->failed = result;
}

static void
add_if(struct filter *filter, uint32_t action, const char *name, struct scmp_arg_cmp test)
{
	add(filter, action, name, 1, &test);
}

static bool
is_for(const struct filter *filter, unsigned profiles)
{
	return (profiles & 1u << filter->profile) != 0;
}

static void
add_groups(struct filter *filter)
{
	for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
		for (size_t k = 0; is_for(filter, GROUPS[i].profiles) && GROUPS[i].names[k]; k++)
			add(filter, SCMP_ACT_ALLOW, GROUPS[i].names[k], 0, NULL);
}

/* Memory that is written is never run. */
static void
add_memory(struct filter *filter)
{
	static const char *const NAMES[] = { "mmap", "mmap2", "mprotect" };

	for (size_t i = 0; i < 3; i++)
		add_if(filter, SCMP_ACT_ALLOW, NAMES[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

/* Threads, but no processes. clone3 hides its flags from us: libc falls back to clone. */
static void
add_threads(struct filter *filter)
{
	static const char *const TELL_OLD[] = { "clone3", "io_uring_setup", "rseq_slice_yield" };

	for (size_t i = 0; i < 3; i++)
		add(filter, SCMP_ACT_ERRNO(ENOSYS), TELL_OLD[i], 0, NULL);
	if (is_for(filter, E | F))
		add_if(filter, SCMP_ACT_ALLOW, "clone",
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM,
				CLONE_THREAD | CLONE_VM));
}

static void
add_small(struct filter *filter)
{
	add_if(filter, SCMP_ACT_ALLOW, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	add_if(filter, SCMP_ACT_ALLOW, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_GET_NAME, 0));
	add_if(filter, SCMP_ACT_ALLOW, "prlimit64", SCMP_A0(SCMP_CMP_EQ, 0, 0));
	add_if(filter, SCMP_ACT_ALLOW, "ioctl", SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0));
	add_if(filter, SCMP_ACT_ALLOW, "ioctl", SCMP_A1(SCMP_CMP_EQ, FIONBIO, 0));
	add_if(filter, SCMP_ACT_ALLOW, "ioctl", SCMP_A1(SCMP_CMP_EQ, FIOCLEX, 0));
	add_if(filter, SCMP_ACT_ERRNO(ENOTTY), "ioctl", SCMP_A1(SCMP_CMP_EQ, TCGETS, 0));
	add_if(filter, SCMP_ACT_ERRNO(ENOTTY), "ioctl", SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ, 0));
}

static void
allow_family(struct filter *filter, const char *name, int family)
{
	add_if(filter, SCMP_ACT_ALLOW, name, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0));
}

/* AF_NETLINK is how getaddrinfo learns which addresses this machine has. A name service's Unix
 * socket is answered EACCES, upon which libc reads the files itself. */
static void
add_sockets(struct filter *filter)
{
	if (is_for(filter, E | F))
		allow_family(filter, "socketpair", AF_UNIX);
	if (is_for(filter, E)) {
		allow_family(filter, "socket", AF_UNIX);
	} else if (is_for(filter, F)) {
		allow_family(filter, "socket", AF_INET);
		allow_family(filter, "socket", AF_INET6);
		allow_family(filter, "socket", AF_NETLINK);
		add_if(filter, SCMP_ACT_ERRNO(EACCES), "socket", SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
	} else if (is_for(filter, P)) {
		/* Only what log needs, towards nobody by name. */
		add_if(filter, SCMP_ACT_ALLOW, "sendto", SCMP_A4(SCMP_CMP_EQ, 0, 0));
	}
}

/* fetch opens files to read, parse none. */
static void
add_files(struct filter *filter)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

	if (is_for(filter, F)) {
		add_if(filter, SCMP_ACT_ALLOW, "openat",
			SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
		add_if(filter, SCMP_ACT_ALLOW, "open",
			SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	} else if (is_for(filter, P)) {
		add(filter, SCMP_ACT_ERRNO(EACCES), "openat", 0, NULL);
		add(filter, SCMP_ACT_ERRNO(EACCES), "open", 0, NULL);
		add(filter, SCMP_ACT_ERRNO(EACCES), "readlink", 0, NULL);
		add(filter, SCMP_ACT_ERRNO(EACCES), "access", 0, NULL);
	}
}

static void
add_attacks(struct filter *filter)
{
	for (size_t i = 0; is_for(filter, P) && ATTACKS[i] != NULL; i++)
		add(filter, SCMP_ACT_KILL_PROCESS, ATTACKS[i], 0, NULL);
}

static void
fill_strict(struct filter *filter)
{
	add_groups(filter);
	add_memory(filter);
	add_threads(filter);
	add_small(filter);
	add_sockets(filter);
	add_files(filter);
	add_attacks(filter);
}

/* For sanitizers, which need nearly everything themselves: no other program and no network. */
#ifdef LIAISON_SANITIZED
static void
fill_relaxed(struct filter *filter)
{
	static const char *const NAMES[] = { "execve", "execveat", "mount", "unshare", "setns",
		"chroot", "bpf", "userfaultfd", "keyctl", "reboot" };
	static const int FAMILIES[] = { AF_INET, AF_INET6, AF_NETLINK };

	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
		add(filter, SCMP_ACT_ERRNO(EPERM), NAMES[i], 0, NULL);
	for (size_t i = 0; !is_for(filter, F) && i < 3; i++)
		add_if(filter, SCMP_ACT_ERRNO(EPERM), "socket",
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)FAMILIES[i], 0));
	(void)fill_strict;
}
#define FILL fill_relaxed
#define ELSE SCMP_ACT_ALLOW
#else
#define FILL fill_strict
#define ELSE SCMP_ACT_ERRNO(EPERM)
#endif

/* A binary tree of numbers keeps each call's price at a few comparisons. */
static void
tune(struct filter *filter)
{
	seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_TSYNC, 1);
	seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	seccomp_attr_set(filter->context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
}

int
syscalls_enter(enum sandbox_profile profile, struct err *err)
{
	struct filter filter = { .context = seccomp_init(ELSE), .profile = profile };

	if (filter.context == NULL)
		return fail(err, ERR_INTERNAL, "seccomp cannot be set up");
	tune(&filter);
	FILL(&filter);
	if (filter.failed == 0)
		filter.failed = seccomp_load(filter.context);
	seccomp_release(filter.context);
	if (filter.failed != 0)
		return fail(err, ERR_INTERNAL, "seccomp cannot be entered: %s",
			strerror(-filter.failed));
	return 0;
}
