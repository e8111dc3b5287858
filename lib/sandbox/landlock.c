/* Landlock by raw system calls, as far as the kernel goes (Debian 12's: files only). */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profile.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

/* The kernel's names, here because headers older than the kernel lack some. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_ALL_1 = (1 << 13) - 1, /* version 1: also remove, make_… */
	FS_REFER = 1 << 13, /* version 2 */
	FS_TRUNCATE = 1 << 14, /* 3 */
	FS_IOCTL_DEV = 1 << 15, /* 5 */
	FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
	FS_READ = FS_READ_FILE | FS_READ_DIR,
	FS_MAKE_DEVICES = 1 << 6 | 1 << 11, /* make_char, make_block */
	FS_NEVER = FS_EXECUTE | FS_IOCTL_DEV | FS_MAKE_DEVICES,
	NET_BIND_TCP = 1 << 0,
	NET_CONNECT_TCP = 1 << 1, /* 4 */
	SCOPE_ABSTRACT_UNIX = 1 << 0,
	SCOPE_SIGNAL = 1 << 1, /* 6 */
	CREATE_VERSION = 1 << 0,
	RULE_PATH_BENEATH = 1,
};

struct ruleset {
	uint64_t files, net, scope;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return abi > 0 ? (int)abi : 0;
}

/* What every program of a profile reads, whatever its configuration says. */
static const struct {
	const char *path;
	unsigned profiles;
} ALWAYS[] = {
	{ "/etc/passwd", 1u << SANDBOX_ENGINE },
	{ "/etc/group", 1u << SANDBOX_ENGINE },
	{ "/etc/nsswitch.conf", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/etc/localtime", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/usr/share/zoneinfo", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/dev/urandom", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/proc/self", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/usr/lib", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/lib", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/etc/ld.so.cache", 1u << SANDBOX_ENGINE | 1u << SANDBOX_FETCH },
	{ "/etc/resolv.conf", 1u << SANDBOX_FETCH },
	{ "/run/systemd/resolve", 1u << SANDBOX_FETCH }, /* where resolv.conf may point */
	{ "/etc/hosts", 1u << SANDBOX_FETCH },
	{ "/etc/host.conf", 1u << SANDBOX_FETCH },
	{ "/etc/gai.conf", 1u << SANDBOX_FETCH },
	{ "/etc/services", 1u << SANDBOX_FETCH },
	{ "/etc/ssl", 1u << SANDBOX_FETCH },
	{ "/usr/share/ca-certificates", 1u << SANDBOX_FETCH },
};

static struct ruleset
ruleset_for(enum sandbox_profile profile, int abi)
{
	struct ruleset set = { .files = FS_ALL_1 };

	if (abi >= 2)
		set.files |= FS_REFER;
	if (abi >= 3)
		set.files |= FS_TRUNCATE;
	if (abi >= 5)
		set.files |= FS_IOCTL_DEV;
	if (abi >= 4)
		set.net = NET_BIND_TCP | (profile == SANDBOX_FETCH ? 0 : NET_CONNECT_TCP);
	if (abi >= 6)
		set.scope = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	return set;
}

static size_t
ruleset_size(int abi)
{
	return abi >= 6 ? 3 * sizeof(uint64_t) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

/* A path that is not there needs no rule. */
static int
allow(int ruleset, const char *path, bool writable, uint64_t handled, struct err *err)
{
	struct path_rule rule = { .allowed = FS_READ };
	struct stat status;
	int result = 0;

	rule.parent = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0)
		return 0;
	if (writable)
		rule.allowed = handled & ~(uint64_t)FS_NEVER;
	if (fstat(rule.parent, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed &= FS_OF_FILES;
	rule.allowed &= handled;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0)
		result = fail(err, ERR_INTERNAL, "'%s' cannot be given to the sandbox: %s", path,
			strerror(errno));
	close(rule.parent);
	return result;
}

static int
allow_all(int ruleset, enum sandbox_profile profile, const struct sandbox_path *paths, size_t count,
	uint64_t handled, struct err *err)
{
	for (size_t i = 0; i < sizeof ALWAYS / sizeof ALWAYS[0]; i++)
		if ((ALWAYS[i].profiles & 1u << profile) != 0 &&
			allow(ruleset, ALWAYS[i].path, false, handled, err) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (allow(ruleset, paths[i].path, paths[i].writable, handled, err) < 0)
			return -1;
	return 0;
}

int
landlock_enter(enum sandbox_profile profile, const struct sandbox_path *paths, size_t count,
	struct err *err)
{
	int abi = landlock_abi(), ruleset, result;
	struct ruleset set = ruleset_for(profile, abi);

	if (abi == 0)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &set, ruleset_size(abi), 0);
	if (ruleset < 0)
		return fail(
			err, ERR_INTERNAL, "Landlock has no ruleset for us: %s", strerror(errno));
	result = allow_all(ruleset, profile, paths, count, set.files, err);
	if (result == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		result = fail(err, ERR_INTERNAL, "Landlock cannot be entered: %s", strerror(errno));
	close(ruleset);
	return result;
}
