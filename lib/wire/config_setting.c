#include "config_setting.h"

#include <stddef.h>
#include <string.h>

static const char *const TLS_WORDS[] = { "implicit", "starttls", "none", NULL };
static const char *const AUTH_WORDS[] = { "auto", "plain", "login", "xoauth2", "oauthbearer",
	NULL };
const char *const config_level_words[] = { "metadata", "snippet", "text", NULL };
const char *const config_unmatched_words[] = { "headers", "addresses", "none", NULL };
static const char *const CREATE_WORDS[] = { "never", "sent", "all", NULL };
static const char *const VISIBILITY_WORDS[] = { "all", "owner", NULL };
const char *const config_delete_words[] = { "keep", "drop-text", "remove", NULL };
const char *const config_staff_words[] = { "off", "team", "person", NULL };
static const char *const LOG_WORDS[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char *const MATCH_WORDS[] = { "attendees", "text", NULL };
static const char *const PRIVATE_WORDS[] = { "skip", "busy", NULL };

#define DAY              INT64_C(86400)
#define YEARS(n)         ((n)*365 * DAY)
#define OF(field)        offsetof(struct config, field)
#define OF_SOURCE(field) offsetof(struct config_source, field)

const char *const config_kind_words[] = {
	[SOURCE_IMAP] = "imap",
	[SOURCE_MAILDIR] = "maildir",
	[SOURCE_ICAL] = "ical",
};

const struct section_kind config_sections[] = {
	{ "liaison", IN_LIAISON, 0 },
	{ "retention", IN_RETENTION, 0 },
	{ "account", IN_ACCOUNT, SOURCE_IMAP },
	{ "maildir", IN_MAILDIR, SOURCE_MAILDIR },
	{ "calendar", IN_CALENDAR, SOURCE_ICAL },
};
const size_t config_section_count = sizeof config_sections / sizeof config_sections[0];

/* A setting that differs between kinds of sources has a row for each. */
const struct setting config_settings[] = {
	/* database and socket have defaults that depend on who runs it: see config_place.c */
	{ "database", IN_LIAISON, SETTING_PATH, OF(database), 0, 0, NULL, NULL },
	{ "socket", IN_LIAISON, SETTING_PATH, OF(socket), 0, 107, NULL, NULL },
	{ "group", IN_LIAISON, SETTING_TEXT, OF(group), 0, 0, NULL, NULL },
	{ "readers", IN_LIAISON, SETTING_TEXT, OF(readers), 0, 0, NULL, NULL },
	{ "privacy", IN_LIAISON, SETTING_TEXT, OF(privacy), 0, 0, NULL, NULL },
	{ "admins", IN_LIAISON, SETTING_TEXT, OF(admins), 0, 0, NULL, NULL },
	{ "proxies", IN_LIAISON, SETTING_LIST, OF(proxies), 0, 0, NULL, NULL },
	{ "own-addresses", IN_LIAISON, SETTING_ADDRESSES, OF(own_addresses), 0, 0, NULL, NULL },
	{ "own-domains", IN_LIAISON, SETTING_DOMAINS, OF(own_domains), 0, 0, NULL, NULL },
	{ "unmatched", IN_LIAISON, SETTING_ENUM, OF(unmatched), 0, 0, config_unmatched_words,
		"headers" },
	{ "unmatched-retention", IN_LIAISON, SETTING_DURATION, OF(unmatched_retention), 1,
		YEARS(100), NULL, "180d" },
	{ "create-contacts", IN_LIAISON, SETTING_ENUM, OF(create_contacts), 0, 0, CREATE_WORDS,
		"never" },
	{ "staff-reports", IN_LIAISON, SETTING_WORD, OF(staff_reports), 0, 0, config_staff_words,
		"team" },
	{ "backup-directory", IN_LIAISON, SETTING_PATH, OF(backup_directory), 0, 0, NULL, NULL },
	{ "backup-every", IN_LIAISON, SETTING_DURATION, OF(backup_every), 1, YEARS(1), NULL, "1d" },
	{ "backup-keep", IN_LIAISON, SETTING_NUMBER, OF(backup_keep), 1, 10000, NULL, "14" },
	{ "metrics-file", IN_LIAISON, SETTING_PATH, OF(metrics_file), 0, 0, NULL, NULL },
	{ "provider-profiles", IN_LIAISON, SETTING_PATH, OF(provider_profiles), 0, 0, NULL, NULL },
	{ "timezone", IN_LIAISON, SETTING_ZONE, OF(timezone), 0, 0, NULL, NULL },
	{ "log-level", IN_LIAISON, SETTING_WORD, OF(log_level), 0, 0, LOG_WORDS, "info" },
	{ "key-file", IN_LIAISON, SETTING_PATH, OF(key_file), 0, 0, NULL, NULL },
	{ "connect-rate", IN_LIAISON, SETTING_RATE, OF(connect_rate), 0, 0, NULL, "10/s" },
	{ "connect-rate-host", IN_LIAISON, SETTING_RATE, OF(connect_rate_host), 0, 0, NULL, "5/s" },

	{ "email", IN_RETENTION, SETTING_DURATION, OF(retain_email), 1, YEARS(1000), NULL, NULL },
	{ "text", IN_RETENTION, SETTING_DURATION, OF(retain_text), 1, YEARS(1000), NULL, NULL },
	{ "meeting", IN_RETENTION, SETTING_DURATION, OF(retain_meeting), 1, YEARS(1000), NULL,
		NULL },
	{ "ledger", IN_RETENTION, SETTING_DURATION, OF(retain_ledger), 1, YEARS(1000), NULL, NULL },
	{ "quarantine", IN_RETENTION, SETTING_DURATION, OF(retain_quarantine), 1, YEARS(1000), NULL,
		"90d" },
	{ "audit", IN_RETENTION, SETTING_DURATION, OF(retain_audit), 1, YEARS(1000), NULL, "2y" },

	{ "host", IN_ACCOUNT, SETTING_HOST, OF_SOURCE(host), 0, 0, NULL, NULL },
	{ "port", IN_ACCOUNT, SETTING_PORT, OF_SOURCE(port), 1, 65535, NULL, NULL },
	{ "tls", IN_ACCOUNT, SETTING_ENUM, OF_SOURCE(tls), 0, 0, TLS_WORDS, "implicit" },
	{ "ca-file", IN_ACCOUNT | IN_CALENDAR, SETTING_PATH, OF_SOURCE(ca_file), 0, 0, NULL, NULL },
	{ "tls-fingerprint", IN_ACCOUNT, SETTING_FINGERPRINT, OF_SOURCE(tls_fingerprint), 0, 0,
		NULL, NULL },
	{ "user", IN_ACCOUNT | IN_CALENDAR, SETTING_TEXT, OF_SOURCE(user), 0, 0, NULL, NULL },
	{ "auth", IN_ACCOUNT, SETTING_ENUM, OF_SOURCE(auth), 0, 0, AUTH_WORDS, "auto" },
	{ "password-command", IN_ACCOUNT | IN_CALENDAR, SETTING_SECRET, 0, SECRET_COMMAND, 0, NULL,
		NULL },
	{ "password-file", IN_ACCOUNT | IN_CALENDAR, SETTING_SECRET, 0, SECRET_FILE, 0, NULL,
		NULL },
	{ "credential", IN_ACCOUNT | IN_CALENDAR, SETTING_SECRET, 0, SECRET_CREDENTIAL, 0, NULL,
		NULL },
	{ "password", IN_ACCOUNT | IN_CALENDAR, SETTING_SECRET, 0, SECRET_LITERAL, 0, NULL, NULL },
	{ "token-command", IN_ACCOUNT | IN_CALENDAR, SETTING_SECRET, 0, SECRET_TOKEN_COMMAND, 0,
		NULL, NULL },
	{ "oauth2", IN_ACCOUNT, SETTING_SECRET, 0, SECRET_OAUTH2, 0, NULL, NULL },
	{ "client-id", IN_ACCOUNT, SETTING_TEXT, OF_SOURCE(client_id), 0, 0, NULL, NULL },
	{ "client-secret-file", IN_ACCOUNT, SETTING_CLIENT, 0, SECRET_FILE, 0, NULL, NULL },
	{ "client-secret-command", IN_ACCOUNT, SETTING_CLIENT, 0, SECRET_COMMAND, 0, NULL, NULL },
	{ "addresses", IN_SOURCES, SETTING_ADDRESSES, OF_SOURCE(addresses), 0, 0, NULL, NULL },
	{ "salesperson", IN_SOURCES, SETTING_TEXT, OF_SOURCE(salesperson), 0, 0, NULL, NULL },
	{ "visibility", IN_SOURCES, SETTING_ENUM, OF_SOURCE(visibility), 0, 0, VISIBILITY_WORDS,
		"all" },
	{ "folders", IN_MAIL, SETTING_LIST, OF_SOURCE(folders), 0, 0, NULL,
		"*, !\\Junk, !\\Trash, !\\Drafts, !\\All" },
	{ "idle", IN_ACCOUNT, SETTING_LIST, OF_SOURCE(idle), 0, 0, NULL, "INBOX, \\Sent" },
	{ "poll", IN_MAIL, SETTING_DURATION, OF_SOURCE(poll), 1, 7 * DAY, NULL, "5m" },
	{ "poll", IN_CALENDAR, SETTING_DURATION, OF_SOURCE(poll), 60, 7 * DAY, NULL, "15m" },
	{ "connections", IN_ACCOUNT, SETTING_NUMBER, OF_SOURCE(connections), 1, 50, NULL, "3" },
	{ "since", IN_ACCOUNT, SETTING_SINCE, OF_SOURCE(since), 1, YEARS(1000), NULL, "90d" },
	{ "since", IN_MAILDIR, SETTING_SINCE, OF_SOURCE(since), 1, YEARS(1000), NULL, "all" },
	{ "since", IN_CALENDAR, SETTING_SINCE, OF_SOURCE(since), 1, YEARS(1000), NULL, "365d" },
	{ "until", IN_CALENDAR, SETTING_DURATION, OF_SOURCE(until), 1, YEARS(10), NULL, "90d" },
	{ "level", IN_SOURCES, SETTING_ENUM, OF_SOURCE(level), 0, 0, config_level_words,
		"metadata" },
	{ "on-delete", IN_MAIL, SETTING_ENUM, OF_SOURCE(on_delete), 0, 0, config_delete_words,
		"keep" },
	{ "skip-keyword", IN_MAIL, SETTING_LIST, OF_SOURCE(skip_keyword), 0, 0, NULL, "$Private" },
	{ "skip-folders", IN_MAIL, SETTING_LIST, OF_SOURCE(skip_folders), 0, 0, NULL, NULL },
	{ "only-keyword", IN_MAIL, SETTING_LIST, OF_SOURCE(only_keyword), 0, 0, NULL, NULL },
	{ "budget", IN_ACCOUNT, SETTING_SIZE, OF_SOURCE(budget), 1024, INT64_C(1) << 50, NULL,
		NULL },
	{ "authserv-id", IN_MAIL, SETTING_TEXT, OF_SOURCE(authserv_id), 0, 0, NULL, NULL },
	{ "subaddress", IN_MAIL, SETTING_FOLD, 0, 0, 0, NULL, "keep" },
	{ "create-contacts", IN_SOURCES, SETTING_ENUM, OF_SOURCE(create_contacts), 0, 0,
		CREATE_WORDS, NULL },
	{ "path", IN_MAILDIR, SETTING_PATH, OF_SOURCE(path), 0, 0, NULL, NULL },
	{ "url", IN_CALENDAR, SETTING_URL, OF_SOURCE(url), 0, 0, NULL, NULL },
	{ "match", IN_CALENDAR, SETTING_FLAG, OF_SOURCE(match_text), 0, 0, MATCH_WORDS,
		"attendees" },
	{ "private", IN_CALENDAR, SETTING_FLAG, OF_SOURCE(private_busy), 0, 0, PRIVATE_WORDS,
		"skip" },
};
const size_t config_setting_count = sizeof config_settings / sizeof config_settings[0];

const struct setting *
config_setting_find(const char *key, unsigned sections)
{
	for (size_t i = 0; i < config_setting_count; i++)
		if ((config_settings[i].sections & sections) != 0 &&
			strcmp(config_settings[i].key, key) == 0)
			return &config_settings[i];
	return NULL;
}
