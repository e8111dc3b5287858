#include "liaison/sandbox/sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "profile.h"

/* A sanitizer looks into its own process at exit, with ptrace and through /proc: under it a process
 * stays dumpable, and files and memory are left alone. This is the relaxed profile. */
#ifdef LIAISON_SANITIZED
enum { RELAXED = 1 };
#else
enum { RELAXED = 0 };
#endif

static int
close_doors(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(err, ERR_INTERNAL, "new privileges cannot be given up: %s",
			strerror(errno));
	if (!RELAXED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail(err, ERR_INTERNAL, "the process cannot be hidden: %s", strerror(errno));
	return 0;
}

/* liaisond starts other programs and the client a pager or ssh, which would inherit all this; they
 * only leave no core behind. */
int
sandbox_enter(enum sandbox_profile profile, const struct sandbox_path *paths, size_t count,
	unsigned descriptors, struct err *err)
{
	if (limits_enter(profile, descriptors, err) < 0)
		return -1;
	if (profile == SANDBOX_CLIENT)
		return 0;
	if (profile == SANDBOX_MAIN)
		return RELAXED || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
			       ? 0
			       : fail(err, ERR_INTERNAL, "the process cannot be hidden: %s",
					 strerror(errno));
	if (close_doors(err) < 0)
		return -1;
	if (!RELAXED && landlock_enter(profile, paths, count, err) < 0)
		return -1;
	return syscalls_enter(profile, err);
}

const char *
sandbox_missing(void)
{
	if (RELAXED)
		return "this build is made for a sanitizer: its sandbox is relaxed";
	if (landlock_abi() == 0)
		return "this kernel has no Landlock: files are guarded by permissions and seccomp "
		       "only";
	return "";
}
