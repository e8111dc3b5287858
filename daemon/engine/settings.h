#ifndef LIAISON_ENGINE_SETTINGS_H
#define LIAISON_ENGINE_SETTINGS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "liaison/base/clock.h"
#include "liaison/wire/config.h"

/* The configuration in force with what is made of it once: the zone and who may do what. It never
 * changes; a reload makes a new one, and the last user frees the old. */

enum access_bit { MAY_READ = 1, MAY_WRITE = 2, MAY_PRIVACY = 4, MAY_ADMIN = 8, MAY_ALL = 15 };

struct settings {
	atomic_uint users;
	struct config config;
	struct zone *zone;
	uid_t own; /* the daemon's user may do all */
	bool has_group, has_readers, has_privacy, has_admins;
	gid_t group, readers, privacy, admins;
};

/* Takes config over; groups that do not exist are logged and give nobody anything. */
struct settings *settings_new(const struct config *config);
struct settings *settings_hold(struct settings *settings);
void settings_release(struct settings *settings);

/* Who is at the other end of a connection. */
enum { PEER_GROUPS_MAX = 256 };

struct caller {
	char user[40]; /* login name, or the number */
	unsigned access; /* enum access_bit */
	bool proxy; /* may act `as` somebody */
	bool trusted; /* root or the daemon's user */
};

struct peer {
	uid_t uid;
	gid_t groups[PEER_GROUPS_MAX];
	unsigned group_count;
	struct caller caller;
};

/* Asks the kernel about the other end of a Unix socket. */
int peer_of(int descriptor, struct peer *out, struct err *err);
/* Sets the caller's access, proxy and trusted. */
void peer_judge(const struct settings *settings, struct peer *peer);

#endif
