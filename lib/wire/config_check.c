#include <arpa/inet.h>
#include <string.h>

#include "config_build.h"
#include "config_value.h"

/* What a source needs, and what it must not have. */

static bool
is_loopback(const char *host)
{
	unsigned char address[16];
	static const unsigned char SIX[16] = { [15] = 1 };
	size_t size = strlen(host);

	if (inet_pton(AF_INET, host, address) == 1)
		return address[0] == 127;
	if (inet_pton(AF_INET6, host, address) == 1)
		return memcmp(address, SIX, sizeof SIX) == 0;
	return strcmp(host, "localhost") == 0 ||
	       (size > 10 && strcmp(host + size - 10, ".localhost") == 0);
}

static void
check_account(struct builder *builder, const struct section *section)
{
	const struct config_source *source = section->source;
	const struct ini_entry *entry = section->entry;

	if (source->host == NULL)
		config_mistake(builder, entry, "the account '%s' has no host", source->name);
	if (source->user == NULL)
		config_mistake(builder, entry, "the account '%s' has no user", source->name);
	if (source->secret == SECRET_NONE)
		config_mistake(builder, entry,
			"the account '%s' has no password-command, password-file, credential, "
			"token-command or oauth2",
			source->name);
	if (source->tls == TLS_NONE && source->host != NULL && !is_loopback(source->host))
		config_mistake(builder, entry,
			"the account '%s' has 'tls = none', which only a host on loopback may have",
			source->name);
	if (source->folders.count == 0)
		config_mistake(builder, entry, "the account '%s' has no folders", source->name);
}

static void
check_calendar(struct builder *builder, const struct section *section)
{
	const struct config_source *source = section->source;
	const struct ini_entry *entry = section->entry;
	bool token = source->secret == SECRET_TOKEN_COMMAND;
	const char *host;

	if (source->url == NULL) {
		config_mistake(builder, entry, "the calendar '%s' has no url", source->name);
		return;
	}
	host = config_url_host(builder->arena, source->url);
	if (source->secret != SECRET_NONE && host[0] == '\0')
		config_mistake(builder, entry, "the calendar '%s' is a file, which takes no secret",
			source->name);
	else if (source->secret != SECRET_NONE && !token && source->user == NULL)
		config_mistake(builder, entry, "the calendar '%s' has a password and no user",
			source->name);
	if (source->user != NULL && source->secret == SECRET_NONE)
		config_mistake(builder, entry,
			"the calendar '%s' has a user and no password-command, password-file or "
			"credential",
			source->name);
	if (source->user != NULL && strchr(source->user, ':') != NULL)
		config_mistake(builder, entry,
			"the calendar '%s' has a user with a ':', which HTTP cannot send",
			source->name);
	if (source->secret != SECRET_NONE && text_starts(source->url, "http:") &&
		!is_loopback(host))
		config_mistake(builder, entry,
			"the calendar '%s' would send its secret over http, which only a host on "
			"loopback may have: use https",
			source->name);
}

void
config_check_source(struct builder *builder, const struct section *section)
{
	const struct config_source *source = section->source;

	switch (source->kind) {
	case SOURCE_IMAP:
		check_account(builder, section);
		break;
	case SOURCE_MAILDIR:
		if (source->path == NULL)
			config_mistake(builder, section->entry, "the maildir '%s' has no path",
				source->name);
		break;
	case SOURCE_ICAL:
		check_calendar(builder, section);
		break;
	}
}
