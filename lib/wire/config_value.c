/* What the value of a setting may be. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_value.h"
#include "liaison/base/address.h"
#include "liaison/base/clock.h"
#include "liaison/base/user.h"

int
config_expected(struct value *value, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(value->why, value->room, format, args);
	va_end(args);
	return -1;
}

static int
read_text(struct value *value)
{
	*(const char **)value->field = value->text[0] ? arena_text(value->arena, value->text)
						      : NULL;
	return 0;
}

static int
read_path(struct value *value)
{
	const char *path = value->text;
	const char *home = strncmp(path, "~/", 2) == 0 ? user_home(value->arena) : NULL;

	if (home != NULL)
		path = arena_printf(value->arena, "%s%s", home, path + 1);
	if (path[0] != '\0' && path[0] != '/')
		return config_expected(value, "a path from / or ~/ on");
	if (value->setting->max > 0 && strlen(path) > (size_t)value->setting->max)
		return config_expected(
			value, "a path of at most %lld bytes", (long long)value->setting->max);
	*(const char **)value->field = path[0] ? arena_text(value->arena, path) : NULL;
	return 0;
}

static int
read_host(struct value *value)
{
	unsigned char address[16];
	char *host;

	if (inet_pton(AF_INET, value->text, address) == 1 ||
		inet_pton(AF_INET6, value->text, address) == 1)
		return read_text(value);
	if (value->text[0] == '[' || value->text[0] == '@' ||
		domain_canonical(value->arena, value->text, &host, NULL) < 0)
		return config_expected(value, "a host name or an IP address");
	*(const char **)value->field = host;
	return 0;
}

static int
read_zone(struct value *value)
{
	struct zone *zone;

	if (value->text[0] != '\0') {
		zone = zone_load(value->text, NULL);
		if (zone == NULL)
			return config_expected(value, "a time zone such as Europe/Berlin");
		zone_free(zone);
	}
	return read_text(value);
}

static int
read_fingerprint(struct value *value)
{
	const char *at = value->text + (strncasecmp(value->text, "sha256:", 7) == 0 ? 7 : 0);
	char hex[65];
	size_t count = 0;

	if (at[0] == '\0')
		return read_text(value);
	for (; *at != '\0'; at++) {
		char c = *at >= 'A' && *at <= 'F' ? (char)(*at + 32) : *at;

		if (c == ':')
			continue;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) || count == 64)
			break;
		hex[count++] = c;
	}
	hex[count] = '\0';
	if (*at != '\0' || count != 64)
		return config_expected(
			value, "the SHA-256 of the certificate, 64 hexadecimal digits");
	*(const char **)value->field = arena_text(value->arena, hex);
	return 0;
}

static int
find_word(struct value *value, unsigned *place)
{
	struct text all = { 0 };

	for (*place = 0; value->setting->words[*place] != NULL; (*place)++)
		if (strcmp(value->setting->words[*place], value->text) == 0)
			return 0;
	for (unsigned i = 0; i < *place; i++)
		text_printf(&all, "%s%s",
			i == 0            ? ""
			: i + 1 == *place ? " or "
					  : ", ",
			value->setting->words[i]);
	config_expected(value, "%s", all.bytes);
	text_clear(&all);
	return -1;
}

static int
read_word(struct value *value)
{
	unsigned place;

	if (find_word(value, &place) < 0)
		return -1;
	*(const char **)value->field = value->setting->words[place];
	return 0;
}

/* All enums of struct config are as wide as unsigned. */
_Static_assert(sizeof(enum config_tls) == sizeof(unsigned), "an enum is an unsigned");

static int
read_enum(struct value *value)
{
	unsigned place;

	if (find_word(value, &place) < 0)
		return -1;
	memcpy(value->field, &place, sizeof place);
	return 0;
}

static int
read_flag(struct value *value)
{
	unsigned place;

	if (find_word(value, &place) < 0)
		return -1;
	*(bool *)value->field = place == 1;
	return 0;
}

static int
read_int(struct value *value, int64_t *out)
{
	const struct setting *setting = value->setting;

	if (text_to_int64(value->text, out) < 0 || *out < setting->min || *out > setting->max)
		return config_expected(value, "a number from %lld to %lld", (long long)setting->min,
			(long long)setting->max);
	return 0;
}

static int
read_number(struct value *value)
{
	int64_t number;

	if (read_int(value, &number) < 0)
		return -1;
	*(unsigned *)value->field = (unsigned)number;
	return 0;
}

static int
read_port(struct value *value)
{
	int64_t number;

	if (read_int(value, &number) < 0)
		return -1;
	*(uint16_t *)value->field = (uint16_t)number;
	return 0;
}

/* More than can be counted is a duration as well, one out of any range. */
static bool
reads_as_duration(const char *text, int64_t *seconds)
{
	size_t digits = strspn(text, "0123456789");
	int64_t ignored;
	char one[8];

	if (duration_parse(text, seconds) == 0)
		return true;
	*seconds = INT64_MAX;
	snprintf(one, sizeof one, "1%s", text + digits);
	return digits > 0 && duration_parse(one, &ignored) == 0;
}

static int
read_duration(struct value *value)
{
	const struct setting *setting = value->setting;
	int64_t seconds;

	/* Where none is the default, none can be written too. */
	if (setting->initial == NULL || setting->sections == IN_RETENTION)
		if (value->text[0] == '\0' || strcmp(value->text, "none") == 0) {
			*(int64_t *)value->field = 0;
			return 0;
		}
	if (!reads_as_duration(value->text, &seconds))
		return config_expected(value, "a duration such as 90s, 15m, 2h, 2d, 3w, 6mo or 3y");
	if (seconds < setting->min || seconds > setting->max)
		return config_expected(value, "a duration from %s to %s",
			duration_text(value->arena, setting->min),
			duration_text(value->arena, setting->max));
	*(int64_t *)value->field = seconds;
	return 0;
}

static int
read_since(struct value *value)
{
	int64_t ignored;

	if (strcmp(value->text, "all") == 0) {
		*(int64_t *)value->field = -1;
		return 0;
	}
	if (!reads_as_duration(value->text, &ignored))
		return config_expected(value, "a duration such as 90d or 3y, or all");
	return read_duration(value);
}

static int
read_size(struct value *value)
{
	int64_t bytes = 0;

	if (value->text[0] != '\0' && strcmp(value->text, "none") != 0 &&
		(size_parse(value->text, &bytes) < 0 || bytes < value->setting->min ||
			bytes > value->setting->max))
		return config_expected(value, "a size such as 500K, 25M or 2G");
	*(int64_t *)value->field = bytes;
	return 0;
}

static int
read_rate(struct value *value)
{
	char *end;
	double rate = strtod(value->text, &end);

	if (value->text[0] < '0' || value->text[0] > '9')
		return config_expected(value, "a rate such as 10/s or 30/m");
	if (strcmp(end, "/m") == 0)
		rate /= 60;
	else if (strcmp(end, "/s") != 0)
		return config_expected(value, "a rate such as 10/s or 30/m");
	if (!(rate >= 0.001 && rate <= 10000))
		return config_expected(value, "a rate from 1/m to 10000/s");
	*(double *)value->field = rate;
	return 0;
}

/* The value of a secret's setting, checked by its kind. A command keeps its quotes. */
static int
read_secret_value(struct value *value, enum config_secret kind, const char **out)
{
	const char *text = value->text;

	if (text[0] == '\0')
		return config_expected(value, "a value");
	if (kind == SECRET_FILE) {
		struct value path = *value;

		path.field = out;
		return read_path(&path);
	}
	if (kind == SECRET_CREDENTIAL && (text[0] == '.' || strchr(text, '/') != NULL))
		return config_expected(value, "the name of a systemd credential");
	if (kind == SECRET_OAUTH2 && strcmp(text, "google") != 0 &&
		strcmp(text, "microsoft") != 0 && strncmp(text, "https://", 8) != 0)
		return config_expected(value, "google, microsoft or an https:// address");
	if (kind == SECRET_COMMAND || kind == SECRET_TOKEN_COMMAND)
		text = value->raw;
	*out = arena_text(value->arena, text);
	return 0;
}

static int
read_secret(struct value *value)
{
	struct config_source *source = value->base;
	enum config_secret kind = (enum config_secret)value->setting->min;

	if (read_secret_value(value, kind, &source->secret_value) < 0)
		return -1;
	source->secret = kind;
	return 0;
}

static int
read_client(struct value *value)
{
	struct config_source *source = value->base;
	enum config_secret kind = (enum config_secret)value->setting->min;

	if (read_secret_value(value, kind, &source->client_secret_value) < 0)
		return -1;
	source->client_secret = kind;
	return 0;
}

static int (*const READERS[])(struct value *value) = {
	[SETTING_TEXT] = read_text,
	[SETTING_PATH] = read_path,
	[SETTING_HOST] = read_host,
	[SETTING_URL] = config_read_url,
	[SETTING_ZONE] = read_zone,
	[SETTING_FINGERPRINT] = read_fingerprint,
	[SETTING_LIST] = config_read_list,
	[SETTING_ADDRESSES] = config_read_addresses,
	[SETTING_DOMAINS] = config_read_domains,
	[SETTING_FOLD] = config_read_fold,
	[SETTING_WORD] = read_word,
	[SETTING_ENUM] = read_enum,
	[SETTING_FLAG] = read_flag,
	[SETTING_NUMBER] = read_number,
	[SETTING_PORT] = read_port,
	[SETTING_DURATION] = read_duration,
	[SETTING_SINCE] = read_since,
	[SETTING_SIZE] = read_size,
	[SETTING_RATE] = read_rate,
	[SETTING_SECRET] = read_secret,
	[SETTING_CLIENT] = read_client,
};

int
config_setting_read(const struct setting *setting, struct arena *arena, const char *value,
	const char *raw, void *base,
	char *why /* NOLINT(readability-non-const-parameter): the readers write there */,
	size_t room)
{
	struct value reading = { setting, arena, value, raw, (char *)base + setting->offset, base,
		why, room };

	return READERS[setting->type](&reading);
}
