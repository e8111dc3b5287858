#include "world.h"

#include <stdio.h>

/* Random work on a small world, with a fixed seed, that must keep what the ledger promises. */

enum { STEPS = 1500, CHECK_EVERY = 25, PEOPLE = 30, FOLDERS = 3, POOL = 400 };

struct folder {
	int64_t source, stream;
	const char *name;
	uint32_t uidvalidity, uidnext, low;
	struct uid_set all; /* on the server */
};

struct chaos {
	struct world *world;
	uint64_t state;
	struct folder folders[FOLDERS];
	struct event *pool[POOL];
	unsigned pool_count;
	int64_t contacts[PEOPLE];
	unsigned contact_count;
	bool held[PEOPLE]; /* the address is some contact's */
	int64_t given; /* rows that must stand: decided or outside */
};

static uint64_t
dice(struct chaos *chaos, uint64_t sides)
{
	uint64_t z = (chaos->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % sides;
}

static const char *
address_of(struct world *world, uint64_t who)
{
	return arena_printf(world->arena, "p%u@c%u.example", (unsigned)who, (unsigned)who / 3);
}

static const char *
somebody(struct chaos *chaos)
{
	switch (dice(chaos, 6)) {
	case 0:
		return "me@own.example";
	case 1:
		return "bob@own.example";
	default:
		return address_of(chaos->world, dice(chaos, PEOPLE));
	}
}

static void
make_odd(struct chaos *chaos, struct event *event)
{
	switch (dice(chaos, 12)) {
	case 0:
		event->class = CLASS_BULK;
		event->class_reason = "List-Id";
		break;
	case 1:
		event->sensitivity = "private";
		break;
	case 2:
		event->date = event->internal_date = NOW - (int64_t)dice(chaos, 400) * DAY;
		break;
	case 3:
		event->message_id = NULL;
		break;
	case 4:
		if (chaos->pool_count > 0)
			event->message_id = chaos->pool[dice(chaos, chaos->pool_count)]->message_id;
		break;
	default:
		break;
	}
}

static struct event *
new_mail(struct chaos *chaos)
{
	struct world *world = chaos->world;
	struct event *event = world_mail(world, somebody(chaos), somebody(chaos));
	const struct event *parent;

	event->subject = arena_printf(world->arena, "Subject %u", world->serial);
	if (dice(chaos, 3) == 0)
		mail_add(world, event, PARTY_CC, somebody(chaos));
	if (chaos->pool_count > 0 && dice(chaos, 3) == 0) {
		parent = chaos->pool[dice(chaos, chaos->pool_count)];
		if (parent->message_id != NULL && parent->reference_count < 20)
			mail_reply(world, event, parent);
	}
	make_odd(chaos, event);
	mail_seal(event);
	if (chaos->pool_count < POOL)
		chaos->pool[chaos->pool_count++] = event;
	else
		chaos->pool[dice(chaos, POOL)] = event;
	return event;
}

static struct event *
some_mail(struct chaos *chaos)
{
	if (chaos->pool_count > 0 && dice(chaos, 3) == 0)
		return chaos->pool[dice(chaos, chaos->pool_count)];
	return new_mail(chaos);
}

static struct folder *
some_folder(struct chaos *chaos)
{
	return &chaos->folders[dice(chaos, FOLDERS)];
}

/* Sometimes the slice is undone first, as after a failed commit. */
static void
give(struct chaos *chaos, const struct capture_slice *slice)
{
	struct world *world = chaos->world;

	if (dice(chaos, 8) == 0) {
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(capture_slice(world->store, world->capture, world->arena, slice, NOW,
			&world->result, &world->err));
		store_rollback(world->store);
		if (dice(chaos, 2) == 0)
			return;
	}
	world_slice(world, slice);
	if (slice->kind != CAPTURE_RETRY)
		chaos->given += slice->count;
}

static void
do_new(struct chaos *chaos)
{
	struct folder *folder = some_folder(chaos);
	struct capture_item items[8];
	struct capture_slice slice = {
		.stream_id = folder->stream, .kind = CAPTURE_NEW, .items = items
	};
	int64_t before = chaos->given;

	slice.count = 1 + (unsigned)dice(chaos, 8);
	for (unsigned i = 0; i < slice.count; i++) {
		folder->uidnext += (uint32_t)dice(chaos, 3);
		items[i] = (struct capture_item){ .uid = folder->uidnext++ };
		if (dice(chaos, 20) != 0)
			items[i].event = some_mail(chaos);
		slice.cursor = items[i].uid;
	}
	give(chaos, &slice);
	for (unsigned i = 0; chaos->given > before && i < slice.count; i++)
		uid_set_add(&folder->all, items[i].uid);
}

static void
do_backfill(struct chaos *chaos)
{
	struct folder *folder = some_folder(chaos);
	struct capture_item items[8];
	struct capture_slice slice = { .stream_id = folder->stream,
		.kind = CAPTURE_BACKFILL,
		.items = items,
		.low_moves = true };
	int64_t before = chaos->given;

	while (slice.count < 8 && folder->low > 0) {
		items[slice.count++] = (struct capture_item){ .uid = folder->low--,
			.event = some_mail(chaos) };
	}
	slice.low = folder->low;
	give(chaos, &slice);
	if (chaos->given == before)
		folder->low += slice.count;
	for (unsigned i = 0; chaos->given > before && i < slice.count; i++)
		uid_set_add(&folder->all, items[i].uid);
}

static const char SELECT_QUARANTINED[] =
	"SELECT uid FROM quarantine WHERE stream_id = ? ORDER BY uid LIMIT 1";

static void
do_retry(struct chaos *chaos)
{
	struct folder *folder = some_folder(chaos);
	int64_t uid = ask(chaos->world, SELECT_QUARANTINED, folder->stream);
	struct capture_item item = { .uid = (uint32_t)uid };
	struct capture_slice slice = {
		.stream_id = folder->stream, .kind = CAPTURE_RETRY, .items = &item, .count = 1
	};

	if (uid <= 0)
		return;
	if (dice(chaos, 2) == 0)
		item.event = some_mail(chaos);
	give(chaos, &slice);
}

/* The server counts anew: the same messages come back under other numbers. */
static void
do_uidvalidity(struct chaos *chaos)
{
	struct folder *folder = some_folder(chaos);

	folder->uidvalidity++;
	folder->uidnext = 31;
	folder->low = 30;
	folder->stream = world_stream(
		chaos->world, folder->source, folder->name, folder->uidvalidity, 31);
	uid_set_reset(&folder->all);
}

static void
do_gone(struct chaos *chaos)
{
	struct folder *folder = some_folder(chaos);

	if (folder->all.count > 0)
		uid_set_remove(&folder->all, folder->all.ranges[0].first);
}

static void
do_contact(struct chaos *chaos)
{
	struct world *world = chaos->world;
	unsigned number = chaos->contact_count;

	if (number == PEOPLE)
		return;
	chaos->contacts[number] = world_contact(
		world, "person", arena_printf(world->arena, "Person %u", number));
	chaos->contact_count++;
}

static void
do_address(struct chaos *chaos)
{
	struct world *world = chaos->world;
	uint64_t who = dice(chaos, PEOPLE);
	const char *address = address_of(world, who);
	int64_t contact;

	if (chaos->contact_count == 0)
		return;
	contact = chaos->contacts[dice(chaos, chaos->contact_count)];
	if (!chaos->held[who]) {
		if (dice(chaos, 3) == 0)
			world_email_between(world, contact, address, NOW - 20 * DAY, 0);
		else
			world_email(world, contact, address);
		chaos->held[who] = true;
		world_rematch(world, address);
	}
}

static void
do_domain(struct chaos *chaos)
{
	struct world *world = chaos->world;
	const char *domain = arena_printf(world->arena, "c%u.example", (unsigned)dice(chaos, 10));
	int64_t company, count;

	if (dice(chaos, 10) != 0)
		return;
	company = world_contact(world, "company", domain);
	assert_ok(contact_domain_add(world->store, world->arena, company, domain, &world->err));
	assert_ok(capture_rematch_domain(world->store, world->capture, world->arena, domain, NOW,
		&world->result, &count, &world->err));
}

/* A command that is taken back. */
static void
do_undone(struct chaos *chaos)
{
	struct world *world = chaos->world;
	uint64_t who = dice(chaos, PEOPLE);

	if (chaos->contact_count == 0 || chaos->held[who])
		return;
	assert_ok(store_begin(world->store, &world->err));
	world_email(world, chaos->contacts[0], address_of(world, who));
	assert_ok(capture_rematch_address(world->store, world->capture, world->arena,
		address_of(world, who), NOW, &world->result, &(int64_t){ 0 }, &world->err));
	store_rollback(world->store);
}

/* ---- what must hold ---- */

#define NONE(sql) \
	do { \
		int64_t count_ = ask(world, sql, 0); \
		if (count_ != 0) \
			fail_msg("%lld times: %s", (long long)count_, sql); \
	} while (0)

static void
check_ledger(struct chaos *chaos)
{
	struct world *world = chaos->world;

	assert_int_equal(
		ask(world, "SELECT (SELECT count(*) FROM ledger) + (SELECT count(*) FROM outside)",
			0),
		chaos->given);
	NONE("SELECT count(*) FROM ledger l JOIN outside o USING (stream_id, uid)");
	NONE("SELECT count(*) FROM ledger WHERE decision = 'captured' AND interaction_id IS NULL");
	NONE("SELECT count(*) FROM ledger WHERE interaction_id IS NOT NULL "
	     "AND decision NOT IN ('captured', 'duplicate')");
	NONE("SELECT count(*) FROM ledger l JOIN interaction i ON i.id = l.interaction_id "
	     "WHERE i.message_id IS NOT l.message_id");
	NONE("SELECT count(*) FROM interaction i WHERE NOT EXISTS (SELECT 1 FROM ledger l "
	     "WHERE l.message_id = i.message_id AND l.decision = 'captured')");
	NONE("SELECT count(*) FROM ledger l JOIN interaction i ON i.message_id = l.message_id "
	     "WHERE l.decision NOT IN ('captured', 'duplicate')");
	NONE("SELECT count(*) FROM (SELECT 1 FROM ledger WHERE decision = 'captured' "
	     "GROUP BY message_id, stream_id HAVING count(*) > 1)");
	NONE("SELECT count(*) FROM ledger WHERE (decision = 'quarantined') <> (message_id IS "
	     "NULL)");
	NONE("SELECT count(*) FROM ledger l LEFT JOIN quarantine x USING (stream_id, uid) "
	     "WHERE (l.decision = 'quarantined') <> (x.uid IS NOT NULL)");
	NONE("SELECT count(*) FROM interaction i WHERE NOT EXISTS (SELECT 1 FROM "
	     "interaction_contact x "
	     "WHERE x.interaction_id = i.id)");
}

/* Nothing a contact has stays unmatched, and nothing is linked by an address that was not there. */
static void
check_matching(struct world *world)
{
	NONE("SELECT count(*) FROM ledger l JOIN message m ON m.id = l.message_id "
	     "JOIN party p ON p.message_id = m.id JOIN address a ON a.id = p.address_id "
	     "JOIN contact_email e ON e.address = a.address WHERE l.decision = 'unmatched' "
	     "AND (e.valid_from IS NULL OR e.valid_from <= m.at)");
	NONE("SELECT count(*) FROM interaction_contact x JOIN interaction i ON i.id = "
	     "x.interaction_id "
	     "WHERE NOT EXISTS (SELECT 1 FROM party p JOIN address a ON a.id = p.address_id "
	     "WHERE p.message_id = i.message_id AND a.address = x.email)");
	NONE("SELECT count(*) FROM party p LEFT JOIN address a ON a.id = p.address_id "
	     "WHERE a.address IS NULL");
}

/* The thread of an interaction is the one its message's leads to. */
static void
check_threads(struct world *world)
{
	NONE("WITH RECURSIVE way(message, thread) AS (SELECT id, thread FROM message UNION ALL "
	     "SELECT w.message, t.into_thread FROM way w JOIN thread_merge t ON t.thread = "
	     "w.thread) "
	     "SELECT count(*) FROM interaction i JOIN (SELECT message, min(thread) AS thread FROM "
	     "way "
	     "GROUP BY message) w ON w.message = i.message_id WHERE w.thread <> i.thread");
	NONE("SELECT count(*) FROM interaction WHERE thread = 0");
}

static const char SELECT_CONTACTS[] = "SELECT count(*) FROM contact";

static void
check_totals(struct world *world)
{
	int64_t count = ask(world, SELECT_CONTACTS, 0);

	for (int64_t id = 1; id <= count; id++) {
		bool changed;

		assert_ok(contact_recount(world->store, id, &changed, &world->err));
		if (changed)
			fail_msg("the totals of contact %lld were wrong", (long long)id);
	}
}

static void
check_verify(struct chaos *chaos)
{
	struct world *world = chaos->world;

	for (unsigned i = 0; i < FOLDERS; i++) {
		struct folder *folder = &chaos->folders[i];
		struct verify_row row;
		struct stream stream;

		assert_ok(stream_get(
			world->store, world->arena, folder->stream, &stream, &world->err));
		assert_ok(verify_stream(
			world->store, &stream, &folder->all, NULL, &row, NULL, &world->err));
		assert_int_equal(row.server, uid_set_size(&folder->all));
		assert_int_equal(row.missing, 0);
		assert_int_equal(row.server, row.outside_window + row.decided);
		assert_int_equal(row.decided + row.gone,
			ask(world, "SELECT count(*) FROM ledger WHERE stream_id = ?",
				folder->stream));
	}
}

static void
check(struct chaos *chaos)
{
	check_ledger(chaos);
	check_matching(chaos->world);
	check_threads(chaos->world);
	check_totals(chaos->world);
	check_verify(chaos);
}

static void
step(struct chaos *chaos)
{
	static void (*const steps[])(struct chaos *) = {
		do_new,
		do_new,
		do_new,
		do_new,
		do_backfill,
		do_backfill,
		do_retry,
		do_gone,
		do_contact,
		do_address,
		do_address,
		do_domain,
		do_undone,
	};

	if (dice(chaos, 60) == 0)
		do_uidvalidity(chaos);
	else
		steps[dice(chaos, sizeof steps / sizeof steps[0])](chaos);
}

static void
begin(struct chaos *chaos, struct world *world, uint64_t seed)
{
	static const char *const names[FOLDERS] = { "INBOX", "Archive", "INBOX" };

	*chaos = (struct chaos){ .world = world, .state = seed };
	for (unsigned i = 0; i < FOLDERS; i++) {
		struct folder *folder = &chaos->folders[i];

		folder->source = i == 2 ? world->home : world->work;
		folder->name = names[i];
		folder->uidvalidity = 100;
		folder->uidnext = 101;
		folder->low = 100;
		folder->stream = world_stream(world, folder->source, folder->name, 100, 101);
	}
}

static void
work_at_random(struct world *world, uint64_t seed)
{
	struct chaos *chaos = calloc(1, sizeof *chaos);

	begin(chaos, world, seed);
	for (unsigned i = 1; i <= STEPS; i++) {
		step(chaos);
		if (i % CHECK_EVERY == 0)
			check(chaos);
	}
	assert_true(ask(world, "SELECT count(*) FROM interaction", 0) > 500);
	assert_true(ask(world, "SELECT count(*) FROM ledger WHERE recognised = 1", 0) > 20);
	assert_true(
		ask(world, "SELECT count(*) FROM ledger WHERE decision = 'duplicate'", 0) > 100);
	assert_true(ask(world, "SELECT count(*) FROM thread_merge", 0) > 0);
	assert_ok(store_check(world->store, false, NULL, NULL, &world->err));
	for (unsigned i = 0; i < FOLDERS; i++)
		uid_set_clear(&chaos->folders[i].all);
	free(chaos);
}

static void
random_work_keeps_the_promises(void **state)
{
	work_at_random(*state, 20261121);
}

static void
other_random_work_does_too(void **state)
{
	const char *seed = getenv("LIAISON_TEST_SEED");

	work_at_random(*state, seed == NULL ? 7 : strtoull(seed, NULL, 10));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(random_work_keeps_the_promises),
		TEST(other_random_work_does_too),
	};

	return cmocka_run_group_tests_name("property", tests, NULL, NULL);
}
