#include "liaison/wire/frame.h"

#include <stdlib.h>
#include <string.h>

void
uid_set_clear(struct uid_set *set)
{
	free(set->ranges);
	*set = (struct uid_set){ 0 };
}

void
uid_set_reset(struct uid_set *set)
{
	set->count = 0;
}

static void
reserve(struct uid_set *set, size_t room)
{
	if (room <= set->room)
		return;
	room = room < 16 ? 16 : room + room / 2;
	set->ranges = mem_resize(set->ranges, room * sizeof *set->ranges);
	set->room = room;
}

/* The first range that does not end before uid. */
static size_t
find(const struct uid_set *set, uint32_t uid)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (set->ranges[middle].last < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Puts count ranges of with in the place of those from first up to end. */
static void
replace(struct uid_set *set, size_t first, size_t end, const struct uid_range *with, size_t count)
{
	reserve(set, set->count + count);
	if (end < set->count)
		memmove(set->ranges + first + count, set->ranges + end,
			(set->count - end) * sizeof *set->ranges);
	if (count > 0)
		memcpy(set->ranges + first, with, count * sizeof *with);
	set->count = set->count - (end - first) + count;
}

void
uid_set_add(struct uid_set *set, uint32_t uid)
{
	uid_set_add_range(set, uid, uid);
}

void
uid_set_add_range(struct uid_set *set, uint32_t first, uint32_t last)
{
	struct uid_range range = { first, last };
	size_t begin = set->count, end;

	if (first == 0 || last < first)
		return;
	/* A range that touches ours is one with it; so the search is for the number before. */
	if (set->count > 0 && set->ranges[set->count - 1].last >= first - 1)
		begin = find(set, first - 1);
	for (end = begin; end < set->count && set->ranges[end].first - 1 <= last; end++) {
		if (set->ranges[end].first < range.first)
			range.first = set->ranges[end].first;
		if (set->ranges[end].last > range.last)
			range.last = set->ranges[end].last;
	}
	replace(set, begin, end, &range, 1);
}

static void
remove_range(struct uid_set *set, uint32_t first, uint32_t last)
{
	struct uid_range rest[2];
	size_t begin = find(set, first), end = begin, count = 0;

	while (end < set->count && set->ranges[end].first <= last)
		end++;
	if (end == begin)
		return;
	if (set->ranges[begin].first < first)
		rest[count++] = (struct uid_range){ set->ranges[begin].first, first - 1 };
	if (set->ranges[end - 1].last > last)
		rest[count++] = (struct uid_range){ last + 1, set->ranges[end - 1].last };
	replace(set, begin, end, rest, count);
}

void
uid_set_remove(struct uid_set *set, uint32_t uid)
{
	if (uid > 0)
		remove_range(set, uid, uid);
}

static struct uid_range
take_lower(const struct uid_set *a, size_t *i, const struct uid_set *b, size_t *j)
{
	if (*j == b->count || (*i < a->count && a->ranges[*i].first <= b->ranges[*j].first))
		return a->ranges[(*i)++];
	return b->ranges[(*j)++];
}

/* One walk over both unless what is added lies at the end, as it mostly does. */
void
uid_set_unite(struct uid_set *set, const struct uid_set *other)
{
	struct uid_set result = { 0 };
	size_t i = 0, j = 0;

	if (set == other || other->count == 0)
		return;
	if (set->count == 0 || set->ranges[set->count - 1].last < other->ranges[0].first) {
		for (; j < other->count; j++)
			uid_set_add_range(set, other->ranges[j].first, other->ranges[j].last);
		return;
	}
	while (i < set->count || j < other->count) {
		struct uid_range range = take_lower(set, &i, other, &j);

		uid_set_add_range(&result, range.first, range.last);
	}
	uid_set_clear(set);
	*set = result;
}

/* In one walk over both, into new memory: a set of a large folder may have many thousand ranges. */
void
uid_set_subtract(struct uid_set *set, const struct uid_set *other)
{
	struct uid_set result = { 0 };
	size_t j = 0;

	for (size_t i = 0; i < set->count; i++) {
		uint64_t at = set->ranges[i].first, last = set->ranges[i].last;

		while (j < other->count && other->ranges[j].last < at)
			j++;
		for (size_t k = j; k < other->count && other->ranges[k].first <= last; k++) {
			if (other->ranges[k].first > at)
				uid_set_add_range(
					&result, (uint32_t)at, other->ranges[k].first - 1);
			at = (uint64_t)other->ranges[k].last + 1;
			j = k;
		}
		if (at <= last)
			uid_set_add_range(&result, (uint32_t)at, (uint32_t)last);
	}
	uid_set_clear(set);
	*set = result;
}

bool
uid_set_has(const struct uid_set *set, uint32_t uid)
{
	size_t i = find(set, uid);

	return i < set->count && set->ranges[i].first <= uid;
}

uint64_t
uid_set_size(const struct uid_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++)
		size += (uint64_t)set->ranges[i].last - set->ranges[i].first + 1;
	return size;
}

void
uid_set_take_highest(struct uid_set *set, size_t count, struct uid_set *out)
{
	while (count > 0 && set->count > 0) {
		struct uid_range *top = &set->ranges[set->count - 1];
		uint64_t size = (uint64_t)top->last - top->first + 1;

		if (size <= count) {
			uid_set_add_range(out, top->first, top->last);
			set->count--;
			count -= size;
		} else {
			uint32_t first = (uint32_t)(top->last - count + 1);

			uid_set_add_range(out, first, top->last);
			top->last = first - 1;
			count = 0;
		}
	}
}

void
uid_set_take_lowest(struct uid_set *set, size_t count, struct uid_set *out)
{
	size_t whole = 0;

	while (count > 0 && whole < set->count) {
		struct uid_range *low = &set->ranges[whole];
		uint64_t size = (uint64_t)low->last - low->first + 1;

		if (size <= count) {
			uid_set_add_range(out, low->first, low->last);
			whole++;
			count -= size;
		} else {
			uid_set_add_range(out, low->first, (uint32_t)(low->first + count - 1));
			low->first += (uint32_t)count;
			count = 0;
		}
	}
	replace(set, 0, whole, NULL, 0);
}

void
uid_set_text(const struct uid_set *set, struct text *out)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct uid_range *range = &set->ranges[i];

		if (range->first == range->last)
			text_printf(out, "%s%u", i ? "," : "", range->first);
		else
			text_printf(out, "%s%u:%u", i ? "," : "", range->first, range->last);
	}
}

void
frame_put_uids(struct frame_writer *writer, enum frame_tag tag, const struct uid_set *set)
{
	frame_put(writer, tag, set->ranges, set->count * sizeof *set->ranges);
}

int
field_uids(const struct frame_field *field, struct uid_set *out, struct err *err)
{
	struct uid_range range;
	uint32_t before = 0;

	if (field->size % sizeof range != 0)
		return fail(err, ERR_FORMAT, "field %u is no set of UIDs", field->tag);
	for (size_t i = 0; i < field->size; i += sizeof range) {
		memcpy(&range, field->bytes + i, sizeof range);
		if (range.first <= before || range.last < range.first)
			return fail(err, ERR_FORMAT, "field %u is no ascending set of UIDs",
				field->tag);
		before = range.last;
	}
	for (size_t i = 0; i < field->size; i += sizeof range) {
		memcpy(&range, field->bytes + i, sizeof range);
		uid_set_add_range(out, range.first, range.last);
	}
	return 0;
}
