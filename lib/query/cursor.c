#include "tree.h"

#include <string.h>

#include "liaison/base/crypt.h"

/* Cursors: opaque to their holder, and worth nothing for another list. They hold values and no
 * words of SQL, so a forged one can only ask for another place of a list its holder may read. */

enum { CURSOR_MAX = 64 << 10, VERSION = 1 };

static void
add_word(struct text *shape, const char *word)
{
	text_printf(shape, "%zu:", word ? strlen(word) : 0);
	text_add(shape, word ? word : "");
}

/* Values as they were written, not as they were read: "today" is the same list tomorrow. */
static void
add_shape(struct text *shape, const struct query_node *node)
{
	text_printf(shape, "(%d %d %u %u ", (int)node->kind, (int)node->op, node->count,
		node->value_count);
	if (node->field != NULL)
		add_word(shape, node->field->name);
	for (unsigned i = 0; i < node->value_count; i++)
		add_word(shape, node->values[i].written);
	if (node->relation != NULL)
		add_word(shape, node->relation->name);
	if (node->kind == QUERY_FIXED) {
		add_word(shape, node->sql);
		text_printf(shape, "%lld", (long long)node->number);
	}
	for (unsigned i = 0; i < node->count; i++)
		add_shape(shape, node->children[i]);
	text_add(shape, ")");
}

uint64_t
query_shape(const struct query_list *list)
{
	struct text shape = { 0 };
	uint64_t hash;

	add_word(&shape, list->noun->name);
	add_word(&shape, list->sort ? list->sort : list->noun->sort);
	if (list->where != NULL)
		add_shape(&shape, list->where);
	hash = hash64(shape.bytes, shape.size);
	text_clear(&shape);
	return hash;
}

static void
put_number(struct text *out, uint64_t number)
{
	text_add_n(out, &number, sizeof number);
}

static void
put_key(struct text *out, const struct query_key *key)
{
	uint64_t bits;

	text_add_char(out, (char)key->type);
	switch (key->type) {
	case KEY_NULL:
		return;
	case KEY_INT:
		put_number(out, (uint64_t)key->integer);
		return;
	case KEY_DOUBLE:
		memcpy(&bits, &key->number, sizeof bits);
		put_number(out, bits);
		return;
	case KEY_TEXT:
		put_number(out, strlen(key->text));
		text_add(out, key->text);
		return;
	}
}

const char *
query_place_write(struct arena *arena, uint64_t shape, const struct query_place *place)
{
	struct text out = { 0 };
	char *cursor;

	text_add_char(&out, VERSION);
	put_number(&out, shape);
	put_number(&out, (uint64_t)place->id);
	for (unsigned i = 0; i < place->count; i++)
		put_key(&out, &place->keys[i]);
	cursor = base64_encode(arena, out.bytes, out.size);
	text_clear(&out);
	return cursor;
}

struct reader {
	const uint8_t *at;
	size_t left;
};

static int
take(struct reader *reader, void *out, size_t size)
{
	if (reader->left < size)
		return -1;
	memcpy(out, reader->at, size);
	reader->at += size;
	reader->left -= size;
	return 0;
}

static int
take_text(struct reader *reader, struct arena *arena, const char **out)
{
	uint64_t size;

	if (take(reader, &size, sizeof size) < 0 || size > reader->left ||
		memchr(reader->at, '\0', size) != NULL)
		return -1;
	*out = arena_text_n(arena, (const char *)reader->at, size);
	reader->at += size;
	reader->left -= size;
	return 0;
}

static int
take_key(struct reader *reader, struct arena *arena, struct query_key *key)
{
	uint8_t type;

	if (take(reader, &type, 1) < 0)
		return -1;
	switch (type) {
	case KEY_NULL:
		key->type = KEY_NULL;
		return 0;
	case KEY_INT:
		key->type = KEY_INT;
		return take(reader, &key->integer, sizeof key->integer);
	case KEY_DOUBLE:
		key->type = KEY_DOUBLE;
		return take(reader, &key->number, sizeof key->number);
	case KEY_TEXT:
		key->type = KEY_TEXT;
		return take_text(reader, arena, &key->text);
	default:
		return -1;
	}
}

static int
take_place(struct reader *reader, struct arena *arena, uint64_t shape, unsigned count,
	struct query_place *out)
{
	uint64_t made_for;
	uint8_t version;

	if (take(reader, &version, 1) < 0 || version != VERSION ||
		take(reader, &made_for, sizeof made_for) < 0 || made_for != shape ||
		take(reader, &out->id, sizeof out->id) < 0)
		return -1;
	out->count = count;
	for (unsigned i = 0; i < count; i++)
		if (take_key(reader, arena, &out->keys[i]) < 0)
			return -1;
	return reader->left == 0 ? 0 : -1;
}

int
query_place_read(struct arena *arena, uint64_t shape, const char *cursor, unsigned count,
	struct query_place *out)
{
	struct query_place place = { 0 };
	struct reader reader = { 0 };
	size_t length = strlen(cursor);

	if (length > CURSOR_MAX)
		return -1;
	reader.at = base64_decode(arena, cursor, length, &reader.left);
	if (reader.at == NULL || take_place(&reader, arena, shape, count, &place) < 0)
		return -1;
	*out = place;
	return 0;
}
