#include "settings.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "liaison/capture/retention.h"

static bool
find_group(const char *name, const char *key, gid_t *out)
{
	struct group *group;

	if (name == NULL)
		return false;
	group = getgrnam(name);
	if (group == NULL) {
		log_write(LOG_DEBUG, "configuration: there is no group '%s' for '%s'", name, key);
		return false;
	}
	*out = group->gr_gid;
	return true;
}

struct settings *
settings_new(const struct config *config)
{
	struct settings *settings = mem_zero(1, sizeof *settings);
	struct err err;

	atomic_init(&settings->users, 1);
	settings->config = *config;
	for (size_t i = 0; i < config->source_count; i++)
		config->sources[i].since = retention_window(config, &config->sources[i]);
	settings->own = getuid();
	settings->zone = zone_load(config->timezone, &err);
	if (settings->zone == NULL) {
		log_write(LOG_WARNING, "timezone: %s; UTC is used", err.message);
		settings->zone = zone_load("UTC", &err);
	}
	settings->has_group = find_group(config->group, "group", &settings->group);
	settings->has_readers = find_group(config->readers, "readers", &settings->readers);
	settings->has_privacy = find_group(config->privacy, "privacy", &settings->privacy);
	settings->has_admins = find_group(config->admins, "admins", &settings->admins);
	return settings;
}

struct settings *
settings_hold(struct settings *settings)
{
	atomic_fetch_add(&settings->users, 1);
	return settings;
}

void
settings_release(struct settings *settings)
{
	if (settings == NULL || atomic_fetch_sub(&settings->users, 1) > 1)
		return;
	zone_free(settings->zone);
	config_free(&settings->config);
	free(settings);
}

static void
name_peer(struct peer *peer)
{
	struct passwd *user = getpwuid(peer->uid);

	if (user != NULL && strlen(user->pw_name) < sizeof peer->caller.user)
		snprintf(peer->caller.user, sizeof peer->caller.user, "%s", user->pw_name);
	else
		snprintf(peer->caller.user, sizeof peer->caller.user, "%u", (unsigned)peer->uid);
}

/* SO_PEERGROUPS gives the supplementary groups as they were when the peer connected. */
static void
read_groups(int descriptor, struct peer *peer)
{
	socklen_t size = (PEER_GROUPS_MAX - 1) * sizeof(gid_t);

	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, peer->groups + 1, &size) == 0)
		peer->group_count += (unsigned)(size / sizeof(gid_t));
}

int
peer_of(int descriptor, struct peer *out, struct err *err)
{
	struct ucred who;
	socklen_t size = sizeof who;

	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return fail(err, ERR_PERMISSION, "nobody knows who asks: %s", strerror(errno));
	out->uid = who.uid;
	out->groups[0] = who.gid;
	out->group_count = 1;
	read_groups(descriptor, out);
	name_peer(out);
	return 0;
}

static bool
is_in(const struct peer *peer, bool given, gid_t group)
{
	for (unsigned i = 0; given && i < peer->group_count; i++) {
		if (peer->groups[i] == group)
			return true;
	}
	return false;
}

static bool
is_listed(const struct config_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], name) == 0)
			return true;
	}
	return false;
}

void
peer_judge(const struct settings *settings, struct peer *peer)
{
	peer->caller.trusted = peer->uid == 0 || peer->uid == settings->own;
	peer->caller.access = peer->caller.trusted ? MAY_ALL : 0;
	if (is_in(peer, settings->has_readers, settings->readers))
		peer->caller.access |= MAY_READ;
	if (is_in(peer, settings->has_group, settings->group))
		peer->caller.access |= MAY_READ | MAY_WRITE;
	if (is_in(peer, settings->has_privacy, settings->privacy))
		peer->caller.access |= MAY_READ | MAY_PRIVACY;
	if (is_in(peer, settings->has_admins, settings->admins))
		peer->caller.access |= MAY_READ | MAY_WRITE | MAY_ADMIN;
	peer->caller.proxy = peer->caller.trusted ||
			     is_listed(&settings->config.proxies, peer->caller.user);
}
