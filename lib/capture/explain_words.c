#include <string.h>

#include "inside.h"
#include "liaison/base/crypt.h"
#include "withheld.h"

/* What a person types to say which message, meeting or interaction is meant (spec section 4). */

static bool
all_digits(const char *words)
{
	return words[0] != '\0' && words[strspn(words, "0123456789")] == '\0';
}

static const char SELECT_SOURCE[] = "SELECT 1 FROM source WHERE name = ?";

static int
is_source(struct store *store, const char *name, size_t size, bool *known, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SOURCE);

	stmt_bind_text_n(q, name, size);
	return sql_get_int(q, NULL, known, err);
}

/* "work:INBOX/a:b:12": the source is before the first colon, the UID after the last. */
static int
parse_place(struct store *store, struct arena *arena, const char *words, struct explain_thing *out,
	struct err *err)
{
	const char *first = strchr(words, ':'), *last = strrchr(words, ':');
	uint32_t uid;
	bool known;

	if (first == NULL || first == last || !all_digits(last + 1) ||
		text_to_uint32(last + 1, &uid) < 0)
		return 0;
	if (is_source(store, words, (size_t)(first - words), &known, err) < 0)
		return -1;
	if (!known)
		return 0;
	out->source = arena_text_n(arena, words, (size_t)(first - words));
	out->folder = arena_text_n(arena, first + 1, (size_t)(last - first - 1));
	out->uid = uid;
	return 0;
}

static const char SELECT_MESSAGE[] =
	"SELECT 1 FROM message m WHERE m.message_id_hash = ?1 AND m.message_id = ?2 "
	"AND " MESSAGE_KNOWN
	" UNION ALL SELECT 2 FROM meeting g JOIN message m ON m.id = g.message_id "
	"WHERE g.event_uid = ?2 AND " MESSAGE_KNOWN
	" UNION ALL SELECT 2 FROM stream t JOIN source s ON s.id = t.source_id "
	"JOIN feed_item f ON f.stream_id = t.id "
	"WHERE s.kind = 'ical' AND f.event_uid = ?2 AND " SOURCE_KNOWN;

/* 1: a Message-ID, 2: an event's UID, 0: neither is known. */
static int
find_word(struct store *store, const char *word, int64_t *what, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_MESSAGE);

	*what = 0;
	stmt_bind_int(q, (int64_t)hash64(word, strlen(word)));
	stmt_bind_text(q, word);
	return sql_get_int(q, what, NULL, err);
}

static const char *
without_brackets(struct arena *arena, const char *words)
{
	size_t size = strlen(words);

	if (size >= 2 && words[0] == '<' && words[size - 1] == '>')
		return arena_text_n(arena, words + 1, size - 2);
	return arena_text(arena, words);
}

int
explain_parse(struct store *store, struct arena *arena, const char *words,
	struct explain_thing *out, struct err *err)
{
	struct explain_thing thing = { 0 };
	int64_t what;

	if (all_digits(words)) {
		if (text_to_int64(words, &thing.interaction) < 0 || thing.interaction == 0)
			return fail(err, ERR_NOT_FOUND, "there is no interaction '%s'", words);
		*out = thing;
		return 0;
	}
	if (words[0] != '<' && parse_place(store, arena, words, &thing, err) < 0)
		return -1;
	if (thing.source == NULL) {
		thing.message_id = without_brackets(arena, words);
		if (find_word(store, thing.message_id, &what, err) < 0)
			return -1;
		if (what == 2) {
			thing.event_uid = thing.message_id;
			thing.message_id = NULL;
		}
	}
	*out = thing;
	return 0;
}
