#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/questionnaire.h"

/* Which question or answer people mean. */

struct line {
	int64_t id, place;
	const char *text;
};

struct lines {
	struct line *items; /* arena */
	size_t count, room;
};

static int
read_lines(struct stmt *q, struct arena *arena, struct lines *out, struct err *err)
{
	while (stmt_row(q)) {
		if (out->count == out->room) {
			struct line *more = arena_array(
				arena, out->room = out->room * 2 + 16, sizeof *more);

			if (out->count > 0)
				memcpy(more, out->items, out->count * sizeof *more);
			out->items = more;
		}
		out->items[out->count].id = stmt_int(q);
		out->items[out->count].place = stmt_int(q);
		out->items[out->count++].text = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

static const struct line *
by_text(struct arena *arena, const struct lines *lines, const char *words)
{
	const char *folded = text_fold(arena, words);

	for (size_t i = 0; i < lines->count; i++) {
		if (strcmp(text_fold(arena, lines->items[i].text), folded) == 0)
			return &lines->items[i];
	}
	return NULL;
}

static const struct line *
by_place(const struct lines *lines, const char *words)
{
	int64_t place;

	if (text_to_int64(words, &place) < 0)
		return NULL;
	for (size_t i = 0; i < lines->count; i++) {
		if (lines->items[i].place == place)
			return &lines->items[i];
	}
	return NULL;
}

static const struct line *
by_begin(struct arena *arena, const struct lines *lines, const char *words, unsigned *count)
{
	const char *folded = text_fold(arena, words);
	const struct line *found = NULL;

	*count = 0;
	for (size_t i = 0; i < lines->count; i++) {
		if (*folded == '\0' || !text_starts(text_fold(arena, lines->items[i].text), folded))
			continue;
		found = &lines->items[i];
		++*count;
	}
	return found;
}

static int
unknown_line(const struct lines *lines, const char *noun, const char *words, struct err *err)
{
	struct text text = { 0 };

	fail_field(err, ERR_NOT_FOUND, noun, "there is no %s '%.60s' in it", noun, words);
	if (lines->count == 0)
		return err_hint(err, "it has none yet");
	for (size_t i = 0; i < lines->count && text.size < 150; i++)
		text_printf(&text, "%s'%.60s'", i > 0 ? ", " : "", lines->items[i].text);
	err_hint(err, "there is %s", text.bytes);
	text_clear(&text);
	return -1;
}

static int
find_line(struct arena *arena, const struct lines *lines, const char *noun, const char *words,
	int64_t *id, struct err *err)
{
	const struct line *found = by_text(arena, lines, words);
	unsigned count;

	if (found == NULL)
		found = by_place(lines, words);
	if (found == NULL) {
		found = by_begin(arena, lines, words, &count);
		if (count > 1)
			return fail_field(err, ERR_AMBIGUOUS, noun, "'%.60s' begins %u %ss", words,
				count, noun);
	}
	if (found == NULL)
		return unknown_line(lines, noun, words, err);
	*id = found->id;
	return 0;
}

static const char SELECT_QUESTIONS[] =
	"SELECT id, place, question FROM question WHERE questionnaire = ? ORDER BY place, id";

int
question_find(struct store *store, struct arena *arena, const char *questionnaire,
	const char *words, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_QUESTIONS);
	struct lines lines = { 0 };

	stmt_bind_text(q, questionnaire);
	if (read_lines(q, arena, &lines, err) < 0)
		return -1;
	return find_line(arena, &lines, "question", words, id, err);
}

static const char SELECT_ANSWERS[] =
	"SELECT id, place, answer FROM answer WHERE questionnaire = ?1 AND question = ?2"
	" ORDER BY place, id";

int
answer_find(struct store *store, struct arena *arena, const struct record *question,
	const char *words, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ANSWERS);
	struct lines lines = { 0 };

	stmt_bind_text(q, question->values[at_question_questionnaire].text);
	stmt_bind_text(q, question->values[at_question_question].text);
	if (read_lines(q, arena, &lines, err) < 0)
		return -1;
	return find_line(arena, &lines, "answer", words, id, err);
}
