#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profile.h"

enum { PARSE_MEMORY = 256 << 20, PARSE_DESCRIPTORS = 16 };

/* Never above what the administrator allows. */
static int
limit(int what, rlim_t wanted, const char *name, struct err *err)
{
	struct rlimit now;

	if (getrlimit(what, &now) < 0)
		return fail(err, ERR_INTERNAL, "the limit of %s cannot be read: %s", name,
			strerror(errno));
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > wanted)
		now.rlim_max = wanted;
	now.rlim_cur = now.rlim_max;
	if (setrlimit(what, &now) < 0)
		return fail(err, ERR_INTERNAL, "the limit of %s cannot be set: %s", name,
			strerror(errno));
	return 0;
}

static unsigned
default_descriptors(enum sandbox_profile profile)
{
	switch (profile) {
	case SANDBOX_ENGINE:
		return 4096;
	case SANDBOX_FETCH:
		return 65536;
	case SANDBOX_PARSE:
		return PARSE_DESCRIPTORS;
	case SANDBOX_MAIN:
	case SANDBOX_CLIENT:
		break;
	}
	return 0;
}

/* Of root, who would otherwise keep what seccomp does not see: the right to read any file. */
static int
drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } }, had[2];

	/* Under a service manager there is nothing left to give up, and capset may be filtered. */
	if (syscall(SYS_capget, &header, had) == 0 && memcmp(had, none, sizeof none) == 0)
		return 0;
	if (syscall(SYS_capset, &header, none) < 0)
		return fail(
			err, ERR_INTERNAL, "capabilities cannot be given up: %s", strerror(errno));
	return 0;
}

/* RLIMIT_FSIZE stays: standard error may be a file, and seccomp lets nobody open another. */
static int
limit_parse(struct err *err)
{
#ifndef LIAISON_SANITIZED
	if (limit(RLIMIT_AS, PARSE_MEMORY, "memory", err) < 0)
		return -1;
	if (limit(RLIMIT_NPROC, 0, "processes", err) < 0)
		return -1;
#endif
	return drop_capabilities(err);
}

int
limits_enter(enum sandbox_profile profile, unsigned descriptors, struct err *err)
{
	if (descriptors == 0)
		descriptors = default_descriptors(profile);
	if (limit(RLIMIT_CORE, 0, "core files", err) < 0)
		return -1;
	if (descriptors > 0 && limit(RLIMIT_NOFILE, descriptors, "open files", err) < 0)
		return -1;
	if (profile == SANDBOX_PARSE)
		return limit_parse(err);
	return profile == SANDBOX_FETCH ? drop_capabilities(err) : 0;
}
