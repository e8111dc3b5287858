#include "party.h"

#include <string.h>
#include <strings.h>

#include "liaison/base/address.h"
#include "liaison/base/crypt.h"
#include "liaison/base/text.h"

enum {
	MENTIONED_TEXT_MAX = 64 * 1024,
	MENTIONED_MAX = 2000, /* signs looked at in one text */
};

/* RFC 3986 section 2.1; what is no valid escape stays. */
static char *
percent_decoded(struct arena *arena, const char *text, size_t size)
{
	char *out = arena_text_n(arena, text, size);
	size_t to = 0;

	for (size_t i = 0; i < size; i++) {
		bool escaped = text[i] == '%' && size - i > 2 && hex_digit(text[i + 1]) >= 0 &&
			       hex_digit(text[i + 2]) >= 0;

		out[to] = text[i];
		if (escaped) {
			out[to] = (char)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
			i += 2;
		}
		if (out[to] != '\0')
			to++;
	}
	out[to] = '\0';
	return out;
}

/* What is between < and >, as in mailto:"John Smith" <john@example.com>. */
static const char *
without_name(struct arena *arena, const char *text)
{
	const char *open = strrchr(text, '<');
	const char *close = open == NULL ? NULL : strchr(open, '>');

	return close == NULL ? text : arena_text_n(arena, open + 1, (size_t)(close - open - 1));
}

/* The address in a mailto: URI, or the value itself. */
static const char *
address_part(struct arena *arena, const char *value)
{
	const char *mailto = "mailto:";
	size_t size = strlen(mailto);

	value = text_trim(arena, value, strlen(value));
	if (strncasecmp(value, mailto, size) != 0)
		return without_name(arena, value);
	value += size;
	value = percent_decoded(arena, value, strcspn(value, "?"));
	return without_name(arena, text_trim(arena, value, strlen(value)));
}

/* RFC 6868: ^n, ^^ and ^' in parameter values. */
static char *
caret_decoded(struct arena *arena, const char *text)
{
	char *out = arena_text(arena, text);
	size_t to = 0;

	for (; *text != '\0'; text++) {
		const char *found = text[0] == '^' && text[1] != '\0' ? strchr("n^'", text[1])
								      : NULL;

		if (found != NULL)
			text++;
		out[to++] = found == NULL    ? *text
			    : *found == 'n'  ? ' '
			    : *found == '\'' ? '"'
					     : '^';
	}
	out[to] = '\0';
	return out;
}

/* Names arrive in quotes of several kinds; NULL: there is none. */
static const char *
clean_name(struct arena *arena, const char *name, size_t max, bool *cleaned)
{
	bool changed = false;
	char *decoded, *out;
	size_t size;

	if (name == NULL)
		return NULL;
	decoded = caret_decoded(arena, name);
	decoded = text_trim(arena, decoded, strlen(decoded));
	size = strlen(decoded);
	if (size >= 2 && decoded[0] == decoded[size - 1] && strchr("'\"", decoded[0]) != NULL) {
		decoded++;
		size -= 2;
	}
	out = text_clean(arena, decoded, size, max, false, &changed);
	*cleaned |= changed;
	out = text_trim(arena, out, strlen(out));
	return out[0] == '\0' ? NULL : out;
}

static char *
canonical(struct arena *arena, const char *text)
{
	struct err err;
	char *out;

	if (text == NULL || text[0] == '\0' || strchr(text, '@') == NULL)
		return NULL;
	return address_canonical(arena, text, &out, &err) < 0 ? NULL : out;
}

static enum meeting_response
response_of(const char *partstat)
{
	static const struct {
		const char *word;
		enum meeting_response response;
	} words[] = {
		{ "NEEDS-ACTION", RESPONSE_NEEDS_ACTION },
		{ "ACCEPTED", RESPONSE_ACCEPTED },
		{ "DECLINED", RESPONSE_DECLINED },
		{ "TENTATIVE", RESPONSE_TENTATIVE },
		{ "DELEGATED", RESPONSE_DELEGATED },
	};

	for (unsigned i = 0; partstat != NULL && i < sizeof words / sizeof *words; i++)
		if (strcasecmp(words[i].word, partstat) == 0)
			return words[i].response;
	return RESPONSE_NEEDS_ACTION; /* RFC 5545 section 3.2.12: of what is unknown, too */
}

static struct event_party *
party_find(const struct party_list *list, const char *address)
{
	for (unsigned i = 0; address != NULL && i < list->count; i++)
		if (list->parties[i].address != NULL &&
			strcmp(list->parties[i].address, address) == 0)
			return &list->parties[i];
	return NULL;
}

/* An organizer who attends is one party with a response; a real answer beats the lack of one. */
static void
merge(struct party_list *list, struct event_party *known, const struct event_party *party,
	enum meeting_response response)
{
	uint8_t *answer = &list->responses[known - list->parties];

	if (party->role == PARTY_ORGANIZER)
		known->role = PARTY_ORGANIZER;
	if (known->name == NULL)
		known->name = party->name;
	if (*answer == RESPONSE_NONE || *answer == RESPONSE_NEEDS_ACTION)
		*answer = response == RESPONSE_NONE ? *answer : (uint8_t)response;
}

static void
make_room(struct party_list *list, struct arena *arena)
{
	unsigned room = list->room == 0 ? 8 : list->room * 2;
	struct event_party *parties = arena_array(arena, room, sizeof *parties);
	uint8_t *responses = arena_array(arena, room, 1);

	if (list->count > 0) {
		memcpy(parties, list->parties, list->count * sizeof *parties);
		memcpy(responses, list->responses, list->count);
	}
	list->parties = parties;
	list->responses = responses;
	list->room = room;
}

static void
append(struct party_list *list, struct arena *arena, const struct event_party *party,
	enum meeting_response response)
{
	struct event_party *known = party_find(list, party->address);

	if (known != NULL) {
		merge(list, known, party, response);
		return;
	}
	list->total++;
	if (list->count == MEETING_PARTIES_MAX)
		return;
	if (list->count == list->room)
		make_room(list, arena);
	list->parties[list->count] = *party;
	list->responses[list->count++] = (uint8_t)response;
}

/* The value's address, else that of EMAIL (RFC 7986), else a CN that is one. */
static void
find_address(struct arena *arena, const char *value, const struct party_parameters *parameters,
	struct event_party *out, bool *cleaned)
{
	const char *candidates[] = { address_part(arena, value), parameters->email,
		parameters->cn };
	const char *email = candidates[0];
	bool changed = false;

	for (unsigned i = 0; i < 3 && out->address == NULL; i++) {
		out->address = canonical(arena, candidates[i]);
		if (out->address != NULL)
			email = candidates[i];
	}
	out->email = text_clean(arena, email, strlen(email), EVENT_EMAIL_MAX, false, &changed);
	*cleaned |= changed;
}

bool
party_is_place(const struct party_parameters *parameters)
{
	return text_equal_nocase(parameters->cutype, "ROOM") ||
	       text_equal_nocase(parameters->cutype, "RESOURCE");
}

const char *
party_place_name(struct arena *arena, const struct party_parameters *parameters, bool *cleaned)
{
	return clean_name(arena, parameters->cn, MEETING_LOCATION_MAX, cleaned);
}

void
party_add(struct party_list *list, struct arena *arena, enum party_role role, const char *value,
	const struct party_parameters *parameters)
{
	struct event_party party = { .role = role };
	enum meeting_response response = RESPONSE_NONE;

	find_address(arena, value, parameters, &party, &list->cleaned);
	party.name = clean_name(arena, parameters->cn, EVENT_NAME_MAX, &list->cleaned);
	if (text_equal_nocase(party.name, party.email))
		party.name = NULL;
	if (party.name == NULL && party.email[0] == '\0')
		return;
	if (role == PARTY_ATTENDEE || parameters->partstat != NULL)
		response = response_of(parameters->partstat);
	append(list, arena, &party, response);
}

static bool
is_local_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&*+-/=?^_{|}~.", c) != NULL);
}

static bool
is_domain_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.';
}

/* The address around the sign at at, within text; NULL: there is none. */
static char *
address_around(struct arena *arena, const char *text, const char *at)
{
	const char *from = at, *to = at + 1;

	while (from > text && at - from < 64 && is_local_char((unsigned char)from[-1]))
		from--;
	while (from < at && strchr(".!#$%&*/=?^{|}~", *from) != NULL)
		from++;
	while (to - at < 255 && is_domain_char((unsigned char)*to))
		to++;
	while (to > at + 1 && (to[-1] == '.' || to[-1] == '-'))
		to--;
	if (from == at || memchr(at, '.', (size_t)(to - at)) == NULL)
		return NULL;
	return arena_text_n(arena, from, (size_t)(to - from));
}

void
party_mention(struct party_list *list, struct arena *arena, const char *text)
{
	const char *at = text;

	for (unsigned i = 0; at != NULL && i < MENTIONED_MAX; i++) {
		struct event_party party = { .role = PARTY_MENTIONED };

		at = strchr(at, '@');
		if (at == NULL || at - text > MENTIONED_TEXT_MAX)
			return;
		party.email = address_around(arena, text, at++);
		party.address = canonical(arena, party.email);
		if (party.address != NULL && strlen(party.email) <= EVENT_EMAIL_MAX &&
			party_find(list, party.address) == NULL)
			append(list, arena, &party, RESPONSE_NONE);
	}
}
