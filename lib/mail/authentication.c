#include "liaison/mail/authentication.h"

#include <string.h>
#include <strings.h>

#include "liaison/base/address.h"
#include "liaison/base/text.h"

enum { FIELDS_LOOKED_AT = 50, WORD_MAX = 320, RESULTS_MAX = 50 };

/* The value of a field, taken apart. */
struct scan {
	const char *at, *end;
	char word[WORD_MAX + 1]; /* the last one; empty if it is too long for an address */
	size_t size; /* of it, whole */
};

/* What it says of the domain in From. */
struct finding {
	const char *domain; /* of From, or NULL */
	struct arena *arena;
	bool spf_failed;
	const char *vouched, *failed; /* the words that say so, or NULL */
};

/* One "method=result ptype.property=value …". */
struct result {
	char method[32], result[32];
	const char *from, *signer, *envelope; /* domains, canonical, or NULL */
	const char *words;
};

/* ---- words ---- */

static void
skip_comment(struct scan *scan)
{
	unsigned depth = 0;

	for (; scan->at < scan->end; scan->at++) {
		char c = *scan->at;

		if (c == '\\' && scan->at + 1 < scan->end) {
			scan->at++;
			continue;
		}
		depth += c == '(';
		if (c == ')' && --depth == 0) {
			scan->at++;
			return;
		}
	}
}

static void
skip_blank(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '(')) {
		if (*scan->at == '(')
			skip_comment(scan);
		else
			scan->at++;
	}
}

static void
add_char(struct scan *scan, char c)
{
	if (scan->size < WORD_MAX)
		scan->word[scan->size] = c;
	scan->size++;
}

static void
read_quoted(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++) {
		if (*scan->at == '\\' && scan->at + 1 < scan->end)
			scan->at++;
		add_char(scan, *scan->at);
	}
	scan->at += scan->at < scan->end;
}

/* A quoted local part is but the beginning of an address: what stands behind it belongs to it, and of
 * one that is cut nobody knows the domain. */
static void
read_word(struct scan *scan)
{
	scan->size = 0;
	while (scan->at < scan->end && strchr(" ;=(", *scan->at) == NULL) {
		if (*scan->at == '"')
			read_quoted(scan);
		else
			add_char(scan, *scan->at++);
	}
	scan->word[scan->size <= WORD_MAX ? scan->size : 0] = '\0';
}

/* Kinds: 'w' a word, ';' and '=' themselves, 0 the end. */
static char
next(struct scan *scan)
{
	char c;

	skip_blank(scan);
	if (scan->at == scan->end)
		return 0;
	c = *scan->at;
	if (c == ';' || c == '=') {
		scan->at++;
		return c;
	}
	read_word(scan);
	return 'w';
}

/* ---- results ---- */

/* The domain of an address or a domain, canonical; NULL: it is none. */
static const char *
domain_of(struct arena *arena, const char *value)
{
	const char *at = strrchr(value, '@');
	struct err ignored;
	char *domain;

	return domain_canonical(arena, at == NULL ? value : at + 1, &domain, &ignored) < 0 ? NULL
											   : domain;
}

static void
take_property(struct finding *finding, struct result *result, const char *name, const char *value)
{
	if (strcasecmp(name, "header.from") == 0)
		result->from = domain_of(finding->arena, value);
	else if (strcasecmp(name, "header.d") == 0 ||
		 (strcasecmp(name, "header.i") == 0 && result->signer == NULL))
		result->signer = domain_of(finding->arena, value);
	else if (strcasecmp(name, "smtp.mailfrom") == 0)
		result->envelope = domain_of(finding->arena, value);
	else
		return;
	result->words = arena_printf(finding->arena, "%s %.60s=%.200s", result->words, name, value);
}

/* The domain itself or one above it: who answers for a domain answers for what is below, not the other
 * way round, as anybody may have a domain below a public one. */
static bool
answers_for(const char *domain, const char *from)
{
	size_t size = domain == NULL ? 0 : strlen(domain), longer = strlen(from);

	if (size == 0 || size > longer || strchr(domain, '.') == NULL)
		return false;
	return strcmp(from + longer - size, domain) == 0 &&
	       (longer == size || from[longer - size - 1] == '.');
}

static bool
is(const char *word, const char *wanted)
{
	return strcasecmp(word, wanted) == 0;
}

/* RFC 7489: DMARC speaks of From; DKIM and SPF do if their domain is From's. */
static void
judge(struct finding *finding, const struct result *result)
{
	bool passed = is(result->result, "pass"), failed = is(result->result, "fail");

	if (is(result->method, "dmarc")) {
		if (failed)
			finding->failed = result->words;
		else if (passed &&
			 (result->from == NULL || strcmp(result->from, finding->domain) == 0))
			finding->vouched = result->words;
	} else if (is(result->method, "dkim") && passed) {
		if (finding->vouched == NULL && answers_for(result->signer, finding->domain))
			finding->vouched = result->words;
	} else if (is(result->method, "spf")) {
		if (finding->vouched == NULL && passed &&
			answers_for(result->envelope, finding->domain))
			finding->vouched = result->words;
		finding->spf_failed |= failed;
	}
}

/* Reads one up to its ";"; false: there are no more. */
static bool
read_result(struct scan *scan, struct finding *finding)
{
	struct result result = { .words = "" };
	char name[64], kind = next(scan);
	bool first = true;

	while (kind == 'w') {
		text_copy(name, sizeof name, scan->word);
		if (result.method[0] == '\0')
			text_copy(result.method, sizeof result.method, name);
		kind = next(scan);
		if (kind != '=')
			continue;
		kind = next(scan);
		if (kind != 'w')
			break;
		if (first) {
			result.method[strcspn(result.method, "/")] = '\0'; /* its version */
			text_copy(result.result, sizeof result.result, scan->word);
			result.words = arena_printf(
				finding->arena, "%s=%s", result.method, result.result);
		} else {
			take_property(finding, &result, name, scan->word);
		}
		first = false;
		kind = next(scan);
	}
	if (!first)
		judge(finding, &result);
	while (kind != ';' && kind != 0)
		kind = next(scan);
	return kind == ';';
}

static const char *
clean(struct arena *arena, const char *words, size_t max)
{
	bool changed;

	return text_clean(arena, words, strlen(words), max, false, &changed);
}

static void
conclude(const struct finding *finding, struct event_authentication *out)
{
	const char *words = finding->failed != NULL ? finding->failed : finding->vouched;

	out->verdict = VERDICT_UNVERIFIED;
	if (finding->failed != NULL || (finding->spf_failed && finding->vouched == NULL))
		out->verdict = VERDICT_FAILED;
	else if (finding->vouched != NULL)
		out->verdict = VERDICT_VERIFIED;
	if (words == NULL && out->verdict == VERDICT_FAILED)
		words = "spf=fail";
	if (words != NULL)
		out->words = clean(finding->arena, words, EVENT_AUTHENTICATION_MAX);
}

static bool
is_told(const struct event *event, const char *server)
{
	for (unsigned i = 0; i < event->authentication_count; i++) {
		if (strcasecmp(event->authentications[i].server, server) == 0)
			return true;
	}
	return false;
}

static void
read_field(const struct header_field *field, struct finding *finding, struct event *event)
{
	struct scan scan = { .at = field->value, .end = field->value + field->size };
	struct event_authentication *out;
	unsigned results = 0;
	const char *server;
	char kind = next(&scan);

	if (kind != 'w' || scan.word[0] == '\0')
		return;
	server = clean(finding->arena, scan.word, EVENT_WORD_MAX);
	if (is_told(event, server))
		return;
	while (kind != ';' && kind != '=' && kind != 0)
		kind = next(&scan);
	if (kind == '=')
		return; /* it begins with a result: nobody's */
	out = &event->authentications[event->authentication_count++];
	*out = (struct event_authentication){ .server = server };
	while (kind == ';' && finding->domain != NULL && results++ < RESULTS_MAX &&
		read_result(&scan, finding))
		;
	conclude(finding, out);
}

void
authentication_read(const struct header *header, struct arena *arena, struct event *event)
{
	const struct event_party *from = event->party_count > 0 ? &event->parties[0] : NULL;
	const struct header_field *field = header->first[FIELD_AUTHENTICATION_RESULTS];
	unsigned looked = 0;

	if (field == NULL)
		return;
	event->authentications = arena_array(
		arena, EVENT_AUTHENTICATIONS_MAX, sizeof *event->authentications);
	for (; field != NULL && looked++ < FIELDS_LOOKED_AT &&
		event->authentication_count < EVENT_AUTHENTICATIONS_MAX;
		field = field->next) {
		struct finding finding = { .arena = arena };

		if (from != NULL && from->role == PARTY_FROM && from->address != NULL)
			finding.domain = address_domain(from->address);
		read_field(field, &finding, event);
	}
}
