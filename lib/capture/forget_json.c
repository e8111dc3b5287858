#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "forget_work.h"
#include "liaison/base/address.h"

/* JSON without a person: in an object that names one, by number or address, no text stays; in an array, what
 * names it goes. Records are written by our own encoder, so that the text is well-formed. */

enum { DEPTH = 64, SPANS = 20000 };

struct scan {
	const struct erasing *it;
	struct arena *arena;
	const char *at;
	struct span {
		const char *from, *to; /* with its quotes */
		unsigned object; /* the object it is a value in; 0: of an array */
		bool named; /* it names the person itself */
	} * strings;
	unsigned string_count, object_count;
	struct object {
		unsigned outer;
		bool named;
	} * objects;
	bool hit, full;
};

static const char *
skip_string(const char *at)
{
	for (at++; *at != '\0' && *at != '"'; at++)
		at += *at == '\\' && at[1] != '\0';
	return *at == '"' ? at + 1 : at;
}

static bool
is_one_of(const struct word_list *list, const char *text)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (strcasecmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

static bool
names_person(const struct erasing *it, const char *text)
{
	if (is_one_of(&it->nos, text))
		return true;
	for (unsigned i = 0; strchr(text, '@') != NULL && i < it->addresses.count; i++) {
		if (address_is_in(text, strlen(text), it->addresses.items[i]))
			return true;
	}
	return false;
}

/* \" and \\ alone can stand in what is looked for. */
static const char *
plain(struct arena *arena, const struct span *span)
{
	char *text = arena_alloc(arena, (size_t)(span->to - span->from) + 1), *end = text;

	for (const char *at = span->from + 1; at < span->to - 1; at++) {
		at += *at == '\\' && (at[1] == '"' || at[1] == '\\');
		*end++ = *at;
	}
	*end = '\0';
	return text;
}

static void
note_string(struct scan *scan, unsigned object)
{
	struct span span = { .from = scan->at, .to = skip_string(scan->at), .object = object };

	scan->at = span.to;
	if (scan->string_count == SPANS) {
		scan->full = true;
		return;
	}
	span.named = names_person(scan->it, plain(scan->arena, &span));
	if (span.named && object != 0)
		scan->objects[object].named = true;
	scan->hit |= span.named;
	scan->strings[scan->string_count++] = span;
}

static const char *
skip_blank(const char *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

static void scan_value(struct scan *scan, unsigned object, unsigned outer, unsigned depth);

static void
scan_members(struct scan *scan, unsigned object, unsigned depth)
{
	bool keyed = *scan->at == '{';

	for (scan->at++; *scan->at != '\0' && *scan->at != '}' && *scan->at != ']';) {
		scan->at = skip_blank(scan->at);
		if (keyed && *scan->at == '"') {
			scan->at = skip_blank(skip_string(scan->at));
			scan->at += *scan->at == ':';
		}
		scan->at = skip_blank(scan->at);
		if (*scan->at != '}' && *scan->at != ']')
			scan_value(scan, keyed ? object : 0, object, depth);
		scan->at = skip_blank(scan->at);
		scan->at += *scan->at == ',';
	}
	scan->at += *scan->at != '\0';
}

static void
scan_value(struct scan *scan, unsigned object, unsigned outer, unsigned depth)
{
	unsigned inner = outer;

	if (*scan->at == '"') {
		note_string(scan, object);
		return;
	}
	if (*scan->at != '{' && *scan->at != '[') {
		scan->at += strcspn(scan->at, ",]}");
		return;
	}
	if (depth >= DEPTH || scan->object_count + 1 >= SPANS) {
		scan->full = true;
		scan->at += strlen(scan->at);
		return;
	}
	if (*scan->at == '{') {
		inner = ++scan->object_count;
		scan->objects[inner] = (struct object){ .outer = outer };
	}
	scan_members(scan, inner, depth + 1);
}

static bool
is_within_named(const struct scan *scan, unsigned object)
{
	for (; object != 0; object = scan->objects[object].outer) {
		if (scan->objects[object].named)
			return true;
	}
	return false;
}

/* A name stands for the person only where something else says that it is this one. */
static bool
goes(struct scan *scan, const struct span *span)
{
	return span->named || is_within_named(scan, span->object) ||
	       is_one_of(&scan->it->texts, plain(scan->arena, span));
}

static const char *
rewrite(struct scan *scan, const char *json)
{
	struct text text = { 0 };
	const char *from = json, *copy;

	for (unsigned i = 0; i < scan->string_count; i++) {
		const struct span *span = &scan->strings[i];

		if (!goes(scan, span))
			continue;
		text_add_n(&text, from, (size_t)(span->from - from));
		text_add(&text, "null");
		from = span->to;
	}
	text_add(&text, from);
	copy = arena_text(scan->arena, text.bytes);
	text_clear(&text);
	return copy;
}

/* Most rows name nobody of them, and need no more than this look. */
static bool
may_name(const char *json, const struct word_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		const char *domain = strrchr(list->items[i], '@'); /* a tag stands before it */

		if (strcasestr(json, domain == NULL ? list->items[i] : domain) != NULL)
			return true;
	}
	return false;
}

bool
erase_json(struct arena *arena, const char *json, const struct erasing *it, const char **out)
{
	struct scan scan = { .it = it, .arena = arena, .at = json };

	if (json == NULL || (!may_name(json, &it->nos) && !may_name(json, &it->addresses)))
		return false;
	scan.strings = mem_zero(SPANS, sizeof *scan.strings);
	scan.objects = mem_zero(SPANS, sizeof *scan.objects);
	scan.at = skip_blank(scan.at);
	scan_value(&scan, 0, 0, 0);
	if (scan.full) /* larger than any record of ours: nothing of it is trusted to be clean */
		*out = NULL;
	else if (scan.hit)
		*out = rewrite(&scan, json);
	free(scan.strings);
	free(scan.objects);
	return scan.hit || scan.full;
}
