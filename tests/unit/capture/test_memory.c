#include "agenda.h"
#include "forgetting.h"

#include "memory/dump.h"
#include "memory/starve.h"

/* Deciding and recording when memory runs out: what a slice or a feed does is rolled back whole. */

static struct event_part text_part = {
	.part = "1", .type = "text/plain", .charset = "utf-8", .encoding = "7bit", .size = 900
};

static struct event *
mail_with_text(struct world *world, const char *from)
{
	struct event *event = world_mail(world, from, "me@own.example");

	event->parts = &text_part;
	event->part_count = 1;
	event->text_part = "1";
	return event;
}

/* A world with contacts, and mail of all kinds that is decided. */
static void *
open_world(void)
{
	struct world *world;
	void *state;

	world_open(&state);
	world = state;
	world->sources[0].level = LEVEL_SNIPPET;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_contact(world, "company", "Analytical Engines");
	world_new(world, world->inbox, 1001, mail_with_text(world, "ada@x.example"));
	world_new(world, world->inbox, 1002, world_mail(world, "jo@y.example", "me@own.example"));
	world_new(world, world->inbox, 1003, NULL);
	return world;
}

static void
close_world(void *state)
{
	world_close(&state);
}

static int
begin(struct world *world, struct err *err)
{
	return store_begin(world->store, err);
}

static int
dump(void *state, struct text *out, struct err *err)
{
	struct world *world = state;

	return dump_store(world->store, out, err);
}

static void
roll_back(void *state)
{
	struct world *world = state;

	store_rollback(world->store);
	capture_contacts_changed(world->capture);
}

/* ---- mail -------------------------------------------------------------------------------------- */

/* A slice with all that can happen to a message; it is made once and decided again and again. */
static const struct capture_slice *
slice_of(struct world *world)
{
	static struct capture_item items[7];
	static struct uid_set gone;
	static struct capture_slice slice;

	if (slice.items != NULL)
		return &slice;
	slice = (struct capture_slice){ .stream_id = world->inbox,
		.kind = CAPTURE_NEW,
		.items = items,
		.count = 7,
		.gone = &gone,
		.cursor = 1020 };
	items[0].event = mail_with_text(world, "ada@x.example");
	items[1].event = world_mail(world, "jo@y.example", "ada@x.example");
	mail_reply(world, items[1].event, items[0].event);
	items[2].event = world_mail(world, "me@own.example", "ada@x.example");
	items[3].event = world_mail(world, "alias@own.example", "me@own.example");
	items[4].event = world_mail(world, "list@z.example", "me@own.example");
	items[4].event->class = CLASS_BULK;
	items[5].event = items[0].event;
	items[6].error = "its header has no end";
	for (unsigned i = 0; i < 7; i++)
		items[i].uid = 1010 + i;
	uid_set_add_range(&gone, 1017, 1019);
	return &slice;
}

static int
run_slice(void *state, struct text *out, struct err *err)
{
	struct world *world = state;
	struct capture_result result;

	if (begin(world, err) < 0 || capture_slice(world->store, world->capture, world->arena,
					     slice_of(world), NOW, &result, err) < 0)
		return -1;
	text_printf(out, "%u decided, %u captured\n", result.decided, result.captured);
	return 0;
}

/* The first slice fills what is remembered of contacts and domains. */
static void *
open_slice(void)
{
	struct world *world = open_world();

	slice_of(world);
	return world;
}

static int
run_rematch(void *state, struct text *out, struct err *err)
{
	struct contact_email email = { .email = "jo@y.example" };
	struct contact contact = { .type = "person", .name = "Jo" };
	struct world *world = state;
	struct capture_result result;
	int64_t count;

	if (begin(world, err) < 0 ||
		contact_add(world->store, world->arena, &contact, NOW, err) < 0 ||
		contact_email_add(world->store, world->arena, contact.id, &email, err) < 0)
		return -1;
	capture_contacts_changed(world->capture);
	if (capture_rematch(world->store, world->capture, world->arena, contact.id, NOW, &result,
		    &count, err) < 0)
		return -1;
	text_printf(out, "%lld\n", (long long)count);
	return 0;
}

static int
run_rematch_domain(void *state, struct text *out, struct err *err)
{
	struct world *world = state;
	struct capture_result result;
	int64_t count, company = 2;

	if (begin(world, err) < 0 ||
		contact_domain_add(world->store, world->arena, company, "y.example", err) < 0)
		return -1;
	capture_contacts_changed(world->capture);
	if (capture_rematch_domain(world->store, world->capture, world->arena, "y.example", NOW,
		    &result, &count, err) < 0)
		return -1;
	text_printf(out, "%lld\n", (long long)count);
	return 0;
}

static int
run_text(void *state, struct text *out, struct err *err)
{
	static const char TEXT[] = "Dear all,\nthe engine weaves algebraical patterns.\n";
	struct world *world = state;
	struct want *wants;
	unsigned count;

	if (begin(world, err) < 0 ||
		want_list(world->store, world->arena, world->work, 10, &wants, &count, err) < 0)
		return -1;
	text_printf(out, "%u wanted\n", count);
	return want_done(
		world->store, world->capture, world->arena, &wants[0], TEXT, false, NOW, err);
}

static int
run_explain(void *state, struct text *out, struct err *err)
{
	struct world *world = state;
	struct explain_thing thing;
	struct json_out json;

	json_out_init(&json, out);
	if (explain_parse(world->store, world->arena, "work:INBOX:1001", &thing, err) < 0)
		return -1;
	return explain_write(world->store, world->capture, world->arena, &thing, &json, err);
}

static int
run_verify(void *state, struct text *out, struct err *err)
{
	struct uid_set all = { 0 }, missing = { 0 };
	struct world *world = state;
	struct stream stream;
	struct verify_row row;
	struct json_out json;
	int result;

	uid_set_add_range(&all, 1001, 1005);
	if ((result = stream_get(world->store, world->arena, world->inbox, &stream, err)) == 0 &&
		(result = verify_stream(world->store, &stream, &all, NULL, &row, &missing, err)) ==
			0) {
		json_out_init(&json, out);
		verify_write(&row, &json);
		text_printf(out, "\n%llu missing\n", (unsigned long long)missing.count);
	}
	uid_set_clear(&all);
	uid_set_clear(&missing);
	return result;
}

static int
run_record(void *state, struct text *out, struct err *err)
{
	struct world *world = state;
	struct json_out json;

	json_out_init(&json, out);
	return capture_write(world->store, world->arena, 1, &json, err);
}

static int
run_quarantine(void *state, struct text *out, struct err *err)
{
	struct world *world = state;
	struct quarantined *found;
	unsigned count;

	if (quarantine_list(world->store, world->arena, world->work, NULL, 0, &found, &count, err) <
		0)
		return -1;
	for (unsigned i = 0; i < count; i++)
		text_printf(out, "%s %u\n", found[i].folder, found[i].uid);
	return 0;
}

static int
run_another_epoch(void *state, struct text *out, struct err *err)
{
	struct world *world = state;
	struct stream stream;
	bool fresh;

	if (begin(world, err) < 0 ||
		stream_open(world->store, world->arena, world->work, "INBOX", 8, "b.example:993 me",
			5, true, NOW - DAY, &stream, &fresh, err) < 0)
		return -1;
	text_printf(out, "%u\n", stream.cursor);
	return stream_completed(world->store, stream.id, NOW, err);
}

static int
run_source_erase(void *state, struct text *out, struct err *err)
{
	struct world *world = state;
	struct source source;

	(void)out;
	if (begin(world, err) < 0 ||
		source_find(world->store, world->arena, "work", &source, err) < 0)
		return -1;
	return source_erase(world->store, world->arena, source.id, err);
}

/* ---- calendars --------------------------------------------------------------------------------- */

struct diary {
	struct agenda *agenda;
	struct meeting *series, *moved;
	struct feed *feed, *empty;
};

static void *
open_diary(void)
{
	struct diary *diary = calloc(1, sizeof *diary);
	struct agenda *agenda;
	void *state;

	agenda_open(&state);
	agenda = diary->agenda = state;
	world_person(agenda->world, "Ada Lovelace", "ada@x.example");
	agenda_read(agenda, agenda->team, agenda_event(agenda, "held", BEHIND));
	agenda_look(agenda, agenda->team, "held");
	diary->series = agenda_series(agenda, "weekly", BEHIND, 4);
	diary->moved = agenda_event(agenda, "held", AHEAD);
	diary->moved->sequence = 1;
	diary->feed = agenda_feed(agenda, "held weekly");
	diary->empty = agenda_feed(agenda, "");
	return diary;
}

static void
close_diary(void *state)
{
	struct diary *diary = state;
	void *agenda = diary->agenda;

	agenda_close(&agenda);
	free(diary);
}

static int
dump_diary(void *state, struct text *out, struct err *err)
{
	struct diary *diary = state;

	return dump(diary->agenda->world, out, err);
}

static void
roll_back_diary(void *state)
{
	struct diary *diary = state;

	roll_back(diary->agenda->world);
}

static int
record(struct diary *diary, const struct meeting *meeting, struct text *out, struct err *err)
{
	struct world *world = diary->agenda->world;
	struct feed_item feed_item = { .uid = meeting->uid };
	struct meeting_item item = { .stream_id = diary->agenda->team,
		.item = &feed_item,
		.versions = meeting,
		.count = 1,
		.from = NOW - 365 * DAY,
		.until = NOW + 90 * DAY };
	struct capture_result result;
	unsigned next;

	if (begin(world, err) < 0 || capture_meeting(world->store, world->capture, world->arena,
					     &item, 0, 100, NOW, &result, &next, err) < 0)
		return -1;
	text_printf(out, "%u told, next %u\n", result.told_count, next);
	return 0;
}

static int
run_meeting(void *state, struct text *out, struct err *err)
{
	struct diary *diary = state;

	return record(diary, diary->series, out, err);
}

static int
run_moved_meeting(void *state, struct text *out, struct err *err)
{
	struct diary *diary = state;

	return record(diary, diary->moved, out, err);
}

static int
run_compare(void *state, struct text *out, struct err *err)
{
	struct diary *diary = state;
	struct world *world = diary->agenda->world;
	unsigned *todo, count;

	if (feed_compare(world->store, world->arena, diary->agenda->team, diary->feed, NOW, true,
		    &todo, &count, err) < 0)
		return -1;
	text_printf(out, "%u\n", count);
	return 0;
}

static int
run_look(void *state, struct text *out, struct err *err)
{
	struct diary *diary = state;
	struct world *world = diary->agenda->world;
	struct feed_look look = { .stream_id = diary->agenda->team,
		.feed = diary->empty,
		.etag = "\"2\"",
		.until = NOW + 90 * DAY };
	struct capture_result result;
	bool more;

	if (begin(world, err) < 0 || feed_looked(world->store, world->capture, world->arena, &look,
					     100, NOW, &result, &more, err) < 0)
		return -1;
	text_printf(out, "%u told%s\n", result.told_count, more ? ", more" : "");
	return 0;
}

static int
run_held(void *state, struct text *out, struct err *err)
{
	struct diary *diary = state;
	struct world *world = diary->agenda->world;
	struct capture_result result;
	int64_t next;

	if (begin(world, err) < 0 ||
		meetings_held(world->store, world->arena, NOW, 100, &result, &next, err) < 0)
		return -1;
	text_printf(out, "%u told\n", result.told_count);
	return 0;
}

static const struct scenario SCENARIOS[] = {
	{ "records_a_slice", open_slice, run_slice, dump, roll_back, close_world, false },
	{ "links_the_past_to_a_new_contact", open_world, run_rematch, dump, roll_back, close_world,
		false },
	{ "links_the_past_to_a_new_domain", open_world, run_rematch_domain, dump, roll_back,
		close_world, false },
	{ "stores_wanted_text", open_world, run_text, dump, roll_back, close_world, false },
	{ "explains_a_decision", open_world, run_explain, NULL, NULL, close_world, false },
	{ "verifies_a_folder", open_world, run_verify, NULL, NULL, close_world, false },
	{ "writes_a_capture_record", open_world, run_record, NULL, NULL, close_world, false },
	{ "lists_quarantined_mail", open_world, run_quarantine, NULL, NULL, close_world, false },
	{ "opens_a_folder_under_another_uidvalidity", open_world, run_another_epoch, dump,
		roll_back, close_world, false },
	{ "erases_a_source", open_world, run_source_erase, dump, roll_back, close_world, false },
	{ "forgets_a_person", forgetting_open, forgetting_run, forgetting_tell, forgetting_undo,
		forgetting_close, false },
	{ "records_a_series", open_diary, run_meeting, dump_diary, roll_back_diary, close_diary,
		false },
	{ "follows_a_moved_meeting", open_diary, run_moved_meeting, dump_diary, roll_back_diary,
		close_diary, false },
	{ "compares_a_feed", open_diary, run_compare, NULL, NULL, close_diary, false },
	{ "notes_a_look_at_a_feed", open_diary, run_look, dump_diary, roll_back_diary, close_diary,
		false },
	{ "holds_meetings_that_ended", open_diary, run_held, dump_diary, roll_back_diary,
		close_diary, false },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
