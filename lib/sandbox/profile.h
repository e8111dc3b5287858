#ifndef LIAISON_SANDBOX_PROFILE_PRIVATE_H
#define LIAISON_SANDBOX_PROFILE_PRIVATE_H

#include "liaison/sandbox/sandbox.h"

/* The three walls a profile is made of; each returns 0, or -1 with err set. */

/* Limits of the process, and for those who serve foreign bytes no capability either. */
int limits_enter(enum sandbox_profile profile, unsigned descriptors, struct err *err);
/* Files (and TCP where the kernel can) by path. A kernel without Landlock is no error. */
int landlock_enter(enum sandbox_profile profile, const struct sandbox_path *paths, size_t count,
	struct err *err);
/* 0: the kernel has none. */
int landlock_abi(void);
/* System calls. */
int syscalls_enter(enum sandbox_profile profile, struct err *err);

/* How many of sandbox_check's attempts succeed or fail for another reason where only the client's
 * profile, which is none, was entered: what the check is worth. */
unsigned check_control(unsigned *attempts);

#endif
