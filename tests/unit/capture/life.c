#include "life.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "liaison/capture/forget.h"
#include "liaison/capture/retention.h"
#include "liaison/capture/source.h"
#include "liaison/store/migrate.h"

enum { SLICE = 8, PEOPLE = 12, MAIL_STEPS = 24, SOURCE_ERASED = 38, UIDNEXT = 500, CROWD = 1200 };

static struct event_part text_part = {
	.part = "1", .type = "text/plain", .charset = "utf-8", .encoding = "7bit", .size = 900
};

void
life_init(struct life *life, const char *path)
{
	struct world *world = &life->world;

	*life = (struct life){ .path = path };
	snprintf(life->copy, sizeof life->copy, "%s.copy", path);
	world_describe(world);
	life->agenda = (struct agenda){ .world = world, .now = NOW };
	life->sources[0] = world->sources[0];
	life->sources[0].level = LEVEL_TEXT;
	life->sources[1] = world->sources[1];
	life->sources[2] = (struct config_source){ .number = 3,
		.kind = SOURCE_ICAL,
		.name = "team",
		.user = "me@own.example",
		.since = 365 * DAY,
		.until = 90 * DAY };
	world->config.sources = life->sources;
	world->config.source_count = 3;
	world->arena = arena_new();
}

void
life_clear(struct life *life)
{
	life_close(life);
	arena_free(life->world.arena);
	text_clear(&life->world.text);
}

static const char SELECT_DONE[] =
	"SELECT coalesce((SELECT CAST(value AS INTEGER) FROM setup WHERE key = 'life'), 0)";

static int
steps_done(struct world *world, int64_t *done)
{
	bool found;

	return sql_get_int(sql_prepare(world->store, SELECT_DONE), done, &found, &world->err);
}

int64_t
life_done(struct life *life)
{
	struct world *world = &life->world;
	int64_t done = 0;

	assert_ok(steps_done(world, &done));
	return done;
}

static int
enrol_account(struct world *world, const struct config_source *source, int64_t *id, int64_t *inbox)
{
	struct stream stream;
	bool fresh;

	if (source_row(world->store, source, id, &world->err) < 0 ||
		stream_open(world->store, world->arena, *id, "INBOX", 7, "", UIDNEXT, true,
			NOW - 90 * DAY, &stream, &fresh, &world->err) < 0)
		return -1;
	*inbox = stream.id;
	return 0;
}

static int
enrol_calendar(struct world *world, struct life *life)
{
	const struct config_source *source = &life->sources[2];
	struct feed_known known;
	int64_t id;

	if (source_row(world->store, source, &id, &world->err) < 0 ||
		feed_known(world->store, world->arena, id, source, NOW, &known, &world->err) < 0)
		return -1;
	life->agenda.team = known.stream_id;
	return 0;
}

/* The second account is configured until its source is erased. */
static int
enrol(struct world *world)
{
	struct life *life = (struct life *)world;
	int64_t done;

	if (steps_done(world, &done) < 0 ||
		enrol_account(world, &life->sources[0], &world->work, &world->inbox) < 0 ||
		enrol_calendar(world, life) < 0)
		return -1;
	if (done > SOURCE_ERASED)
		return 0;
	return enrol_account(world, &life->sources[1], &world->home, &world->home_inbox);
}

static int
in_transaction(struct world *world, int (*work)(struct world *world))
{
	if (store_begin(world->store, &world->err) < 0)
		return -1;
	if (work(world) == 0 && store_commit(world->store, &world->err) == 0)
		return 0;
	store_rollback(world->store);
	return -1;
}

/* The key of the forgotten is always the same, for it shows in the database. */
static void
lay_key(const struct life *life)
{
	static const char KEY[33] = "always the same thirty-two bytes";
	char *path = arena_printf(life->world.arena, "%.*s/forgotten.key",
		(int)(strrchr(life->path, '/') - life->path), life->path);
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file < 0)
		return;
	assert_int_equal(write(file, KEY, 32), 32);
	close(file);
}

int
life_open(struct life *life)
{
	struct world *world = &life->world;
	unsigned erased;

	lay_key(life);
	world->store = store_open(life->path, STORE_WRITER, &world->err);
	if (world->store == NULL)
		return -1;
	world->capture = capture_new(&world->config);
	if (store_migrate(world->store, life->path, &world->err) == 0 &&
		forget_settle(world->store, &world->config, NOW, &erased, &world->err) == 0 &&
		in_transaction(world, enrol) == 0)
		return 0;
	life_close(life);
	return -1;
}

void
life_close(struct life *life)
{
	struct world *world = &life->world;

	if (world->store == NULL)
		return;
	capture_free(world->capture);
	store_close(world->store);
	world->capture = NULL;
	world->store = NULL;
	arena_reset(world->arena);
}

static const char NOTE_DONE[] = "INSERT OR REPLACE INTO setup (key, value) VALUES ('life', ?)";

static int
note_done(struct world *world, int64_t done)
{
	struct stmt *q = sql_prepare(world->store, NOTE_DONE);

	stmt_bind_text(q, arena_printf(world->arena, "%lld", (long long)done));
	return stmt_run(q, &world->err);
}

/* ---- mail -------------------------------------------------------------------------------------- */

/* The message of a UID is always the same, whenever it is asked for. */
static struct event *
mail_of(struct world *world, uint32_t uid)
{
	const char *from = arena_printf(world->arena, "p%u@x.example", uid % PEOPLE);
	struct event *event;

	world->serial = uid;
	world->clock = NOW - 20 * DAY + uid * 60;
	event = uid % 5 == 0 ? world_mail(world, "me@own.example", from)
			     : world_mail(world, from, "me@own.example");
	if (uid % 3 == 0) {
		event->parts = &text_part;
		event->part_count = 1;
		event->text_part = "1";
	}
	if (uid % 4 == 1) {
		event->references = arena_array(world->arena, 1, sizeof *event->references);
		event->references[0] = event->in_reply_to = arena_printf(
			world->arena, "m%u@test.example", uid - 1);
		event->reference_count = 1;
	}
	return event;
}

/* Even steps bring new mail, odd ones go down from the anchor. */
static int
do_slice(struct world *world, unsigned number)
{
	uint32_t turn = number / 2 * SLICE;
	bool back = number % 2 == 1;
	struct capture_item items[SLICE] = { 0 };
	struct capture_slice slice = { .stream_id = world->inbox,
		.kind = back ? CAPTURE_BACKFILL : CAPTURE_NEW,
		.items = items,
		.count = SLICE };

	for (uint32_t i = 0; i < SLICE; i++) {
		items[i].uid = back ? UIDNEXT - 1 - turn - i : UIDNEXT + turn + i;
		if (items[i].uid % 11 == 0)
			items[i].error = "it cannot be read";
		else
			items[i].event = mail_of(world, items[i].uid);
	}
	slice.cursor = back ? 0 : UIDNEXT + turn + SLICE - 1;
	slice.low_moves = back;
	slice.low = back ? UIDNEXT - 1 - turn - SLICE : 0;
	return capture_slice(world->store, world->capture, world->arena, &slice, NOW,
		&world->result, &world->err);
}

static int
do_texts(struct world *world)
{
	struct want *wants;
	unsigned count;

	if (want_list(world->store, world->arena, world->work, 4, &wants, &count, &world->err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (want_done(world->store, world->capture, world->arena, &wants[i],
			    arena_printf(world->arena, "The text of %u.", wants[i].uid), false, NOW,
			    &world->err) < 0)
			return -1;
	}
	return 0;
}

/* ---- people ------------------------------------------------------------------------------------ */

static int
add_person(struct world *world, unsigned number)
{
	struct contact contact = { .type = "person",
		.name = arena_printf(world->arena, "Person %u", number) };
	struct contact_email email = { .email = arena_printf(
					       world->arena, "p%u@x.example", number) };
	int64_t count;

	if (contact_add(world->store, world->arena, &contact, NOW, &world->err) < 0 ||
		contact_email_add(world->store, world->arena, contact.id, &email, &world->err) < 0)
		return -1;
	capture_contacts_changed(world->capture);
	return capture_rematch_address(world->store, world->capture, world->arena, email.email, NOW,
		&world->result, &count, &world->err);
}

static int
edit_person(struct world *world, int64_t id)
{
	struct contact contact;
	int64_t note;

	if (contact_get(world->store, world->arena, id, &contact, &world->err) < 0)
		return -1;
	contact.city = "Praha";
	if (contact_update(world->store, world->arena, &contact, NOW, &world->err) < 0)
		return -1;
	return contact_note_add(world->store, id, "me", "was edited", NOW, &note, &world->err);
}

/* As several clients' requests in one transaction: each in a savepoint, one of which is undone. */
static int
do_commands(struct world *world, unsigned number)
{
	for (unsigned i = 0; i < 3; i++) {
		int result;

		if (store_savepoint(world->store, &world->err) < 0)
			return -1;
		result = i == 2 ? edit_person(world, 1) : add_person(world, number * 2 + i);
		if (result < 0) {
			store_rollback_to(world->store);
			return -1;
		}
		if (i == 2) {
			store_rollback_to(world->store);
			capture_contacts_changed(world->capture);
		} else if (store_release(world->store, &world->err) < 0)
			return -1;
	}
	return edit_person(world, 1);
}

static const char SELECT_SOME[] = "SELECT id FROM interaction WHERE message_id IS NULL LIMIT 3";

static int
do_erase(struct world *world)
{
	int64_t ids[3];
	size_t count = 0;
	struct stmt *q = sql_prepare(world->store, SELECT_SOME);

	while (stmt_row(q))
		ids[count++] = stmt_int(q);
	if (stmt_end(q, &world->err) < 0)
		return -1;
	return interaction_erase(world->store, world->arena, ids, count, &world->err);
}

static int
do_log(struct world *world)
{
	struct interaction call = { .kind = "call",
		.status = "recorded",
		.direction = "outbound",
		.initiated_by = "us",
		.at = NOW - DAY,
		.subject = "a call" };
	struct interaction_link link = { .contact_id = 1, .role = "participant", .via = "manual" };

	for (unsigned i = 0; i < 4; i++) {
		if (interaction_add(world->store, &call, &link, 1, NULL, NOW, &world->err) < 0)
			return -1;
	}
	return 0;
}

/* ---- meetings ---------------------------------------------------------------------------------- */

enum { WEEKS = 5, WEEKS_FIRST = 3 };

/* A weekly review with two of the people; the second version of it begins later and ends sooner. */
static struct meeting *
review(struct world *world, unsigned version)
{
	struct agenda *agenda = &((struct life *)world)->agenda;
	struct meeting *meeting = agenda_series(
		agenda, "review@cal", AHEAD + (version > 0 ? HOUR : 0), WEEKS - version);

	meeting->sequence = version;
	agenda_party(agenda, meeting, PARTY_ATTENDEE, "p0@x.example", RESPONSE_ACCEPTED);
	agenda_party(agenda, meeting, PARTY_ATTENDEE, "p4@x.example", RESPONSE_TENTATIVE);
	return meeting;
}

static int
do_meeting(struct world *world, unsigned version, unsigned first, unsigned max)
{
	struct feed_item feed_item = { .uid = "review@cal" };
	struct meeting_item item = { .stream_id = ((struct life *)world)->agenda.team,
		.item = &feed_item,
		.versions = review(world, version),
		.count = 1,
		.from = NOW - 365 * DAY,
		.until = NOW + 90 * DAY };
	unsigned next = 0;

	feed_item.digest[0] = (uint8_t)(version + 1);
	if (capture_meeting(world->store, world->capture, world->arena, &item, first, max, NOW,
		    &world->result, &next, &world->err) < 0)
		return -1;
	assert_int_equal(next, max < WEEKS ? max : 0);
	return 0;
}

static int
do_look(struct world *world)
{
	struct agenda *agenda = &((struct life *)world)->agenda;
	struct feed_look look = { .stream_id = agenda->team,
		.feed = agenda_feed(agenda, "review@cal"),
		.etag = "\"1\"",
		.until = NOW + 90 * DAY };
	bool more;

	return feed_looked(world->store, world->capture, world->arena, &look, 100, NOW,
		&world->result, &more, &world->err);
}

/* ---- the steps --------------------------------------------------------------------------------- */

/* Letters to the other account too, which is erased in the end. */
static int
do_copies(struct world *world)
{
	struct capture_item items[4] = { 0 };
	struct capture_slice slice = { .kind = CAPTURE_NEW, .items = items, .count = 4 };

	slice.stream_id = world->home_inbox;
	for (uint32_t i = 0; i < slice.count; i++) {
		items[i].uid = UIDNEXT + i;
		items[i].event = mail_of(world, i < 2 ? UIDNEXT + i : 900 + i);
	}
	slice.cursor = UIDNEXT + slice.count - 1;
	return capture_slice(world->store, world->capture, world->arena, &slice, NOW,
		&world->result, &world->err);
}

/* All texts, and all that strangers wrote. */
static int
do_retention(struct world *world)
{
	struct retention_place place = { .merges = true };
	struct retention_counts counts = { 0 };
	bool more = true;
	int result = 0;

	world->config.retain_text = world->config.unmatched_retention = 1;
	while (result == 0 && more)
		result = retention_turn(world->store, world->capture, world->arena, &place,
			NOW + DAY, &counts, &more, &world->err);
	world->config.retain_text = world->config.unmatched_retention = 0;
	return result;
}

static int
do_deletion(struct world *world)
{
	struct config_source *work = &((struct life *)world)->sources[0];
	struct uid_set gone = { 0 }, none = { 0 };
	struct gone_counts counts = { 0 };
	bool more = true;
	int result;

	uid_set_add_range(&gone, UIDNEXT, UIDNEXT + 9);
	result = gone_note(world->store, world->inbox, &gone, &none, NOW, &world->err);
	uid_set_clear(&gone);
	work->on_delete = DELETE_REMOVE;
	while (result == 0 && more)
		result = gone_settle(world->store, world->capture, world->arena, world->work,
			NOW + 1, true, NOW + 1, &world->result, &counts, &more, &world->err);
	work->on_delete = DELETE_KEEP;
	return result;
}

/* Letters to many, in no order, so that pages are split and what lay there stays in their unused bytes. */
static int
do_crowd(struct world *world)
{
	enum { LETTERS = 12, PARTIES = 40 };
	struct capture_item items[LETTERS] = { 0 };
	struct capture_slice slice = { .stream_id = world->inbox,
		.kind = CAPTURE_NEW,
		.items = items,
		.count = LETTERS,
		.cursor = CROWD + LETTERS - 1 };
	uint32_t number = 1;

	for (uint32_t i = 0; i < LETTERS; i++) {
		items[i].uid = CROWD + i;
		items[i].event = mail_of(world, CROWD + i);
		for (unsigned j = 0; j < PARTIES; j++) {
			number = number * 1664525 + 1013904223;
			mail_add(world, items[i].event, PARTY_CC,
				arena_printf(world->arena, "%s%0*x@x.example", j % 4 ? "q" : "p4+",
					(int)(1 + number % 40), number >> 8));
		}
		mail_seal(items[i].event);
	}
	return capture_slice(world->store, world->capture, world->arena, &slice, NOW,
		&world->result, &world->err);
}

static int
do_forget(struct world *world)
{
	struct forget_person person;
	int64_t id;

	if (forget_find(world->store, world->arena, LIFE_FORGOTTEN, &person, &world->err) < 0)
		return -1;
	return forget_begin(
		world->store, world->arena, &person, "eve", false, NULL, NOW, &id, &world->err);
}

static int
do_number(struct world *world, int64_t number)
{
	switch (number - MAIL_STEPS) {
	case 0:
	case 3:
		return do_texts(world);
	case 1:
		return do_log(world);
	case 2:
		return do_erase(world);
	case 4:
		return contact_remove(world->store, 2, &world->err);
	case 5:
		return do_copies(world);
	case 6:
		return contact_email_remove(
			world->store, world->arena, 3, "p2@x.example", NOW, &world->err);
	case 7:
		return do_commands(world, 4);
	case 8:
		return do_meeting(world, 0, 0, WEEKS_FIRST);
	case 9:
		return do_meeting(world, 0, WEEKS_FIRST, 100);
	case 10:
		return do_look(world);
	case 11:
		return do_meeting(world, 1, 0, 100);
	case 12:
		return do_retention(world);
	case 13:
		return do_deletion(world);
	case 14:
		return source_erase(world->store, world->arena, world->home, &world->err);
	case 15:
		return do_crowd(world);
	case 16:
		return do_forget(world);
	default:
		return number % 6 == 3 ? do_commands(world, (unsigned)number / 6)
				       : do_slice(world, (unsigned)(number - (number + 2) / 6));
	}
}

int
life_step(struct life *life, int64_t number)
{
	struct world *world = &life->world;
	int result;

	arena_reset(world->arena);
	if (store_begin(world->store, &world->err) < 0)
		return -1;
	result = do_number(world, number);
	if (result == 0)
		result = note_done(world, number + 1);
	if (result == 0)
		result = store_commit(world->store, &world->err);
	if (result < 0)
		store_rollback(world->store);
	if (result < 0 || number >= MAIL_STEPS)
		capture_contacts_changed(world->capture);
	return result;
}

static const char SELECT_ERASURE[] = "SELECT id FROM erasure WHERE done IS NULL";

int
life_settle(struct life *life)
{
	struct world *world = &life->world;
	bool found, held = false, done = false;
	int64_t id;

	if (sql_get_int(sql_prepare(world->store, SELECT_ERASURE), &id, &found, &world->err) < 0)
		return -1;
	while (found && !done) {
		arena_reset(world->arena);
		if (forget_slice(world->store, world->capture, world->arena, id, NOW, &held, &done,
			    &world->err) < 0)
			return -1;
		if (held)
			break;
	}
	if (!held)
		return 0;
	world->err.code = ERR_UNAVAILABLE;
	text_copy(world->err.message, sizeof world->err.message, "somebody holds the log");
	return -1;
}

int
life_care(struct life *life, int64_t done)
{
	struct world *world = &life->world;
	int64_t left;

	if (done == LIFE_STEPS)
		return life_settle(life);
	if (done % 5 == 4)
		return store_checkpoint(world->store, done % 10 == 9, &left, &world->err);
	if (done != 20 || access(life->copy, F_OK) == 0)
		return 0;
	return store_backup(world->store, life->copy, NULL, NULL, &world->err);
}
