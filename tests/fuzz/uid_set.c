/* A set of UIDs against a plain table of 256: each three bytes are an operation and its range. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { UIDS = 257 }; /* 0 is none */

struct pair {
	struct uid_set set;
	bool table[UIDS];
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check(const struct pair *pair)
{
	unsigned count = 0;

	for (unsigned uid = 1; uid < UIDS; uid++) {
		must(uid_set_has(&pair->set, uid) == pair->table[uid]);
		count += pair->table[uid];
	}
	must(uid_set_size(&pair->set) == count);
}

/* The lowest or highest go from one to the other. */
static void
take(struct pair *from, struct pair *to, size_t count, bool highest)
{
	struct uid_set taken = { 0 };

	if (highest)
		uid_set_take_highest(&from->set, count, &taken);
	else
		uid_set_take_lowest(&from->set, count, &taken);
	for (unsigned i = 1; i < UIDS && count > 0; i++) {
		unsigned uid = highest ? UIDS - i : i;

		if (!from->table[uid])
			continue;
		must(uid_set_has(&taken, uid));
		from->table[uid] = false;
		to->table[uid] = true;
		count--;
	}
	uid_set_unite(&to->set, &taken);
	uid_set_clear(&taken);
}

static void
unite(struct pair *to, const struct pair *other, bool with)
{
	if (with)
		uid_set_unite(&to->set, &other->set);
	else
		uid_set_subtract(&to->set, &other->set);
	for (unsigned uid = 1; uid < UIDS; uid++)
		if (other->table[uid])
			to->table[uid] = with;
}

static void
add_range(struct pair *pair, unsigned first, unsigned last)
{
	if (last < first)
		return;
	uid_set_add_range(&pair->set, first, last);
	for (unsigned uid = first; uid <= last; uid++)
		pair->table[uid] = true;
}

static void
run(struct pair *a, struct pair *b, const uint8_t *step)
{
	unsigned first = step[1] + 1u, last = step[2] + 1u;

	switch (step[0] % 6) {
	case 0:
		add_range(a, first, last);
		break;
	case 1:
		uid_set_add(&a->set, first);
		a->table[first] = true;
		break;
	case 2:
		uid_set_remove(&a->set, first);
		a->table[first] = false;
		break;
	case 3:
		take(a, b, first % 8, step[2] & 1);
		break;
	default:
		unite(a, b, step[0] % 6 == 4);
	}
}

static void
cross(const struct pair *pair)
{
	struct frame_reader reader = { 0 };
	struct frame_writer writer;
	struct frame_field field;
	struct pair back = { 0 };
	struct text out = { 0 };
	struct frame frame;
	size_t cursor = 0;
	struct err err;

	frame_begin(&writer, &out, FRAME_EVENT, 0, 0);
	frame_put_uids(&writer, TAG_UID, &pair->set);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	must(frame_reader_next(&reader, &frame, &err) == 1);
	memcpy(back.table, pair->table, sizeof back.table);
	if (frame_field_next(&frame, &cursor, &field, &err) == 1)
		must(field_uids(&field, &back.set, &err) == 0);
	check(&back);
	uid_set_clear(&back.set);
	frame_reader_clear(&reader);
	text_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct pair pairs[2] = { 0 };

	for (size_t i = 0; i + 3 <= size && i < 300; i += 3) {
		unsigned which = bytes[i] >> 7;

		run(&pairs[which], &pairs[!which], bytes + i);
		check(&pairs[0]);
		check(&pairs[1]);
	}
	cross(&pairs[0]);
	cross(&pairs[1]);
	uid_set_clear(&pairs[0].set);
	uid_set_clear(&pairs[1].set);
	return 0;
}
