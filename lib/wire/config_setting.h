#ifndef LIAISON_WIRE_CONFIG_SETTING_PRIVATE_H
#define LIAISON_WIRE_CONFIG_SETTING_PRIVATE_H

#include "liaison/wire/config.h"

/* The settings of liaison.conf, a row each: what config.c fills and config_frame.c sends. */

enum setting_type {
	SETTING_TEXT,
	SETTING_PATH,
	SETTING_HOST,
	SETTING_URL,
	SETTING_ZONE,
	SETTING_FINGERPRINT,
	SETTING_LIST, /* words as they are */
	SETTING_ADDRESSES, /* list of addresses; "*@domain" too */
	SETTING_DOMAINS, /* list of domains */
	SETTING_FOLD, /* keep, fold, or domains: two fields */
	SETTING_WORD, /* text, one of words */
	SETTING_ENUM, /* unsigned, the place among words */
	SETTING_FLAG, /* bool: the second of two words */
	SETTING_NUMBER, /* unsigned */
	SETTING_PORT,
	SETTING_DURATION, /* seconds; "—" of the manual is an empty value: 0 */
	SETTING_SINCE, /* seconds, or "all": -1 */
	SETTING_SIZE,
	SETTING_RATE, /* double, "10/s" */
	SETTING_SECRET, /* the number of its enum config_secret in min */
	SETTING_CLIENT, /* the same, for oauth2's client secret */
};

/* Sections a setting may stand in, as bits. */
enum {
	IN_LIAISON = 1,
	IN_RETENTION = 2,
	IN_ACCOUNT = 4,
	IN_MAILDIR = 8,
	IN_CALENDAR = 16,
	IN_SOURCES = IN_ACCOUNT | IN_MAILDIR | IN_CALENDAR,
	IN_MAIL = IN_ACCOUNT | IN_MAILDIR,
};

struct setting {
	const char *key;
	unsigned sections;
	enum setting_type type;
	size_t offset; /* in struct config, or config_source for IN_SOURCES */
	int64_t min, max;
	const char *const *words; /* NULL-terminated */
	const char *initial; /* as it would stand in the file; NULL: none */
};

struct section_kind {
	const char *name;
	unsigned bit;
	enum config_kind source; /* 0: not a source */
};

extern const struct setting config_settings[];
extern const size_t config_setting_count;
extern const struct section_kind config_sections[];
extern const size_t config_section_count;

/* NULL: no such setting in these sections. */
const struct setting *config_setting_find(const char *key, unsigned sections);
/* Secrets and where they come from stay in liaisond. */
bool setting_is_sent(const struct setting *setting, unsigned section);

/* Reads a value into the field of base (struct config or config_source) that the setting names.
 * raw is the value with its quotes. On a mistake, why holds what was expected, and -1. */
int config_setting_read(const struct setting *setting, struct arena *arena, const char *value,
	const char *raw, void *base, char *why, size_t room);

#endif
