#include "liaison/base/address.h"

#include <idn2.h>
#include <stdint.h>
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

enum { ADDRESS_MAX = 320, DOMAIN_MAX = 253, LABEL_MAX = 63 };

/* What stands unquoted in a local part (RFC 5322 atext), dots wherever people put them, and any
 * letter beyond ASCII (RFC 6531). */
static bool
is_plain(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return (unsigned char)c >= 0x80 || (c != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_ascii(const char *string)
{
	for (; *string != '\0'; string++)
		if ((unsigned char)*string >= 0x80)
			return false;
	return true;
}

static int
refuse(struct err *err, const char *address, const char *why)
{
	return fail(err, ERR_USAGE, "'%.200s' is no address: %s", address, why);
}

/* Lower-cases an ASCII domain in place and judges it by its labels. */
static bool
fold_domain(char *domain)
{
	size_t label = 0, size = strlen(domain);

	if (size > 0 && domain[size - 1] == '.')
		domain[--size] = '\0';
	if (size == 0 || size > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i <= size; i++) {
		char c = domain[i];

		if (c == '.' || c == '\0') {
			if (label == 0 || label > LABEL_MAX || domain[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (c >= 'A' && c <= 'Z')
			c = domain[i] = (char)(c + 32);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
			    (c == '-' && label > 0)))
			return false;
		label++;
	}
	return true;
}

/* "[192.0.2.1]" and "[IPv6:…]" are taken as they are, in lower case. */
static bool
fold_literal(char *domain)
{
	size_t size = strlen(domain);

	if (size < 4 || size > 64 || domain[size - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < size; i++) {
		char c = domain[i];

		if (c >= 'A' && c <= 'Z')
			c = domain[i] = (char)(c + 32);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '.'))
			return false;
	}
	return true;
}

/* To A-labels by UTS 46, without the transitional mapping that would turn ß into ss. */
static char *
to_ascii(struct arena *arena, const char *domain)
{
	char *found = NULL, *out;
	int result = idn2_to_ascii_8z(domain, &found, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);

	if (result == IDN2_MALLOC) /* that does not make it a bad domain */
		mem_exhausted();
	if (result != IDN2_OK)
		return NULL;
	out = arena_text(arena, found);
	idn2_free(found);
	return out;
}

static char *
domain_fold(struct arena *arena, const char *domain)
{
	char *folded;

	if (is_ascii(domain))
		folded = arena_text(arena, domain);
	else if (strlen(domain) > ADDRESS_MAX || (folded = to_ascii(arena, domain)) == NULL)
		return NULL;
	if (folded[0] == '[')
		return fold_literal(folded) ? folded : NULL;
	return fold_domain(folded) ? folded : NULL;
}

int
domain_canonical(struct arena *arena, const char *domain, char **out, struct err *err)
{
	char *folded = domain_fold(arena, domain + (domain[0] == '@'));

	if (folded == NULL)
		return fail(err, ERR_USAGE, "'%.200s' is no domain", domain);
	*out = folded;
	return 0;
}

/* Reads "quoted\"text" up to its closing quote into out; returns its end, or NULL. */
static const char *
unquote(const char *at, char *out)
{
	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (*at == '\0')
			return NULL;
		*out++ = *at;
	}
	*out = '\0';
	return at + 1;
}

/* The local part as text without quotes; returns where the @ stands, or NULL. */
static const char *
read_local(const char *address, char *out)
{
	const char *at = address;

	if (*at == '"') {
		at = unquote(at, out);
		return at != NULL && *at == '@' ? at : NULL;
	}
	while (is_plain(*at))
		*out++ = *at++;
	*out = '\0';
	return *at == '@' && at > address ? at : NULL;
}

static size_t
put_local(const char *local, char *out)
{
	size_t used = 0;
	bool quote = local[0] == '\0';

	for (const char *c = local; *c != '\0'; c++)
		quote = quote || !is_plain(*c);
	if (quote)
		out[used++] = '"';
	for (const char *c = local; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			out[used++] = '\\';
		out[used++] = *c;
	}
	if (quote)
		out[used++] = '"';
	return used;
}

static void
fold_ascii(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text + 32);
}

int
address_canonical(struct arena *arena, const char *address, char **out, struct err *err)
{
	char local[ADDRESS_MAX + 1], quoted[2 * ADDRESS_MAX + 3];
	size_t size = strnlen(address, ADDRESS_MAX + 1), length;
	const char *at, *folded = local;
	char *domain, *result;

	if (size > ADDRESS_MAX)
		return refuse(err, address, "it is over 320 bytes long");
	if (!text_is_clean(address, size, false))
		return refuse(err, address, "it has a control character or is not UTF-8");
	at = read_local(address, local);
	if (at == NULL)
		return refuse(err, address, "it should look like name@domain.example");
	if (is_ascii(local))
		fold_ascii(local);
	else
		folded = text_fold(arena, local);
	domain = domain_fold(arena, at + 1);
	if (domain == NULL)
		return refuse(err, address, "its domain is not one");
	if (strlen(folded) > ADDRESS_MAX)
		return refuse(err, address, "it is over 320 bytes long");
	length = put_local(folded, quoted);
	if (length + 1 + strlen(domain) > ADDRESS_MAX)
		return refuse(err, address, "it is over 320 bytes long");
	result = arena_alloc(arena, length + strlen(domain) + 2);
	memcpy(result, quoted, length);
	result[length] = '@';
	memcpy(result + length + 1, domain, strlen(domain) + 1);
	*out = result;
	return 0;
}

const char *
address_domain(const char *canonical)
{
	const char *at = strrchr(canonical, '@');

	return at ? at + 1 : canonical + strlen(canonical);
}

char *
address_fold_tag(struct arena *arena, const char *canonical)
{
	const char *plus = strchr(canonical, '+'), *at = strrchr(canonical, '@');

	if (canonical[0] == '"' || plus == NULL || at == NULL || plus > at || plus == canonical)
		return arena_text(arena, canonical);
	return arena_printf(arena, "%.*s%s", (int)(plus - canonical), canonical, at);
}

/* Scripts whose letters look like each other's; all others mix freely with Latin, as Japanese does. */
enum script {
	SCRIPT_NONE,
	SCRIPT_LATIN,
	SCRIPT_GREEK,
	SCRIPT_CYRILLIC,
	SCRIPT_ARMENIAN,
	SCRIPT_CHEROKEE,
	SCRIPT_OTHER
};

static const struct {
	uint32_t first, last;
	enum script script;
} SCRIPTS[] = {
	{ 'A', 'Z', SCRIPT_LATIN },
	{ 'a', 'z', SCRIPT_LATIN },
	{ 0xaa, 0xaa, SCRIPT_LATIN },
	{ 0xba, 0xba, SCRIPT_LATIN },
	{ 0xc0, 0xd6, SCRIPT_LATIN },
	{ 0xd8, 0xf6, SCRIPT_LATIN },
	{ 0xf8, 0x2af, SCRIPT_LATIN },
	{ 0x370, 0x373, SCRIPT_GREEK },
	{ 0x376, 0x37d, SCRIPT_GREEK },
	{ 0x37f, 0x3ff, SCRIPT_GREEK },
	{ 0x400, 0x482, SCRIPT_CYRILLIC },
	{ 0x48a, 0x52f, SCRIPT_CYRILLIC },
	{ 0x531, 0x588, SCRIPT_ARMENIAN },
	{ 0x5d0, 0x10ff, SCRIPT_OTHER },
	{ 0x1100, 0x139f, SCRIPT_OTHER },
	{ 0x13a0, 0x13fd, SCRIPT_CHEROKEE },
	{ 0x1400, 0x1c7f, SCRIPT_OTHER },
	{ 0x1c80, 0x1c88, SCRIPT_CYRILLIC },
	{ 0x1d00, 0x1d25, SCRIPT_LATIN },
	{ 0x1e00, 0x1eff, SCRIPT_LATIN },
	{ 0x1f00, 0x1fff, SCRIPT_GREEK },
	{ 0x2c60, 0x2c7f, SCRIPT_LATIN },
	{ 0x2de0, 0x2dff, SCRIPT_CYRILLIC },
	{ 0x3040, 0x9fff, SCRIPT_OTHER },
	{ 0xa640, 0xa69f, SCRIPT_CYRILLIC },
	{ 0xa722, 0xa787, SCRIPT_LATIN },
	{ 0xab30, 0xab64, SCRIPT_LATIN },
	{ 0xab70, 0xabbf, SCRIPT_CHEROKEE },
	{ 0xac00, 0xd7af, SCRIPT_OTHER },
	{ 0xff21, 0xff3a, SCRIPT_LATIN },
	{ 0xff41, 0xff5a, SCRIPT_LATIN },
};

static enum script
script_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof SCRIPTS / sizeof SCRIPTS[0]; i++)
		if (code <= SCRIPTS[i].last)
			return code >= SCRIPTS[i].first ? SCRIPTS[i].script : SCRIPT_NONE;
	return SCRIPT_NONE;
}

static bool
is_mixed(const char *display)
{
	unsigned seen = 0;
	size_t size = strlen(display);

	for (size_t i = 0; i < size;) {
		uint32_t code;
		enum script script;

		i += utf8_read(display + i, size - i, &code);
		script = script_of(code);
		if (script == SCRIPT_NONE && (code < '0' || code > '9'))
			seen = 0;
		else if (script != SCRIPT_NONE && script != SCRIPT_OTHER)
			seen |= 1u << script;
		if ((seen & (seen - 1)) != 0)
			return true;
	}
	return false;
}

/* A domain's A-labels are judged by the letters that a reader is shown for them. */
static bool
is_mixed_domain(const char *domain)
{
	char *shown = NULL;
	int result = idn2_to_unicode_8z8z(domain, &shown, 0);
	bool mixed;

	if (result == IDN2_MALLOC)
		mem_exhausted();
	if (result != IDN2_OK)
		return false;
	mixed = is_mixed(shown);
	idn2_free(shown);
	return mixed;
}

/* Judged word by word: "Ivan Иванов" is a name in two scripts, "pаypal" with a Cyrillic а a trick. */
bool
address_mixed_script(const char *display)
{
	const char *at = strrchr(display, '@');

	if (!is_ascii(display))
		return is_mixed(display);
	return at != NULL && strlen(at) <= DOMAIN_MAX && strstr(at, "xn--") != NULL &&
	       is_mixed_domain(at + 1);
}
