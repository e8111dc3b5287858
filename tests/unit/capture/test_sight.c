#include "agenda.h"
#include "liaison/crm/sight.h"
#include "world.h"

/* Who sees what was captured where several sources have seen the same. */

static void
make_owned(struct world *world, struct config_source *source, const char *salesperson)
{
	int64_t id;

	source->visibility = VISIBLE_OWNER;
	source->salesperson = salesperson;
	assert_ok(source_row(world->store, source, &id, &world->err));
}

/* The only interaction's record, as the viewer has it. */
static const char *
shown_to(struct world *world, const char *viewer)
{
	struct json_out out;

	store_set_viewer(world->store, viewer);
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(interaction_write_whole(world->store, world->arena, 1, &out, &world->err));
	store_set_viewer(world->store, NULL);
	return arena_text_n(world->arena, world->text.bytes, world->text.size);
}

/* What explain answers, whole. */
static const char *
explained_to(struct world *world, const char *viewer, const char *words)
{
	struct explain_thing thing;
	struct json_out out;

	store_set_viewer(world->store, viewer);
	assert_ok(explain_parse(world->store, world->arena, words, &thing, &world->err));
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	if (explain_write(world->store, world->capture, world->arena, &thing, &out, &world->err) <
		0)
		return arena_text(world->arena, world->err.message);
	store_set_viewer(world->store, NULL);
	return arena_text_n(world->arena, world->text.bytes, world->text.size);
}

#define assert_tells(text, word) assert_non_null(strstr(text, word))
#define assert_hides(text, word) assert_null(strstr(text, word))

static struct meeting *
secret_meeting(struct agenda *agenda)
{
	struct meeting *whole = agenda_event(agenda, "a@cal", AHEAD);

	world_person(agenda->world, "Ada", "ada@x.example");
	make_owned(agenda->world, &agenda->sources[0], "JO");
	agenda->sources[0].level = LEVEL_TEXT;
	agenda_configure(agenda);
	whole->summary = "SECRET takeover";
	whole->location = "SECRET hall";
	whole->text = "SECRET agenda";
	agenda_read(agenda, agenda->team, whole);
	return whole;
}

static void
a_free_busy_copy_for_all_opens_nothing_of_an_owners_meeting(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *busy = agenda_event(agenda, "a@cal", AHEAD);
	struct sight_owners owners;
	const char *seen;

	secret_meeting(agenda);
	assert_hides(shown_to(world, "AL"), "SECRET");
	busy->summary = "Busy";
	busy->location = NULL;
	agenda_read(agenda, agenda->side, busy);
	seen = shown_to(world, "AL");
	assert_hides(seen, "SECRET");
	assert_hides(seen, "a@cal");
	assert_tells(seen, "\"withheld\":true");
	assert_tells(shown_to(world, "JO"), "SECRET agenda");
	assert_ok(sight_owners(world->store, world->arena, 1, &owners, &world->err));
	assert_false(owners.all);
	seen = explained_to(world, "AL", "a@cal");
	assert_tells(seen, "\"source\":\"side\"");
	assert_hides(seen, "SECRET");
}

/* What is shown goes with the words: here they are those of the calendar of all. */
static void
a_newer_version_for_all_is_for_all(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *newer = agenda_event(agenda, "a@cal", AHEAD);
	const char *seen;

	secret_meeting(agenda);
	newer->sequence = 2;
	newer->summary = "Open day";
	newer->location = NULL;
	agenda_read(agenda, agenda->side, newer);
	seen = shown_to(world, "AL");
	assert_tells(seen, "Open day");
	assert_hides(seen, "SECRET");
	assert_hides(shown_to(world, NULL), "SECRET");
}

static void
an_erased_source_leaves_its_words_to_nobody(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;

	secret_meeting(agenda);
	agenda_read(agenda, agenda->side, agenda_event(agenda, "a@cal", AHEAD));
	assert_ok(source_erase(world->store, world->arena,
		ask(world, "SELECT id FROM source WHERE name = 'team'", 0), &world->err));
	assert_hides(shown_to(world, "AL"), "SECRET");
	assert_hides(shown_to(world, "JO"), "SECRET");
	assert_tells(shown_to(world, NULL), "SECRET");
}

static void
explains_a_private_event_to_whoever_sees_its_calendar(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *private = agenda_event(agenda, "a@cal", AHEAD);

	private->sensitivity = "private";
	agenda_read(agenda, agenda->team, private);
	assert_tells(explained_to(world, "AL", "a@cal"), "\"answer\":\"private: CLASS: private\"");
	make_owned(world, &agenda->sources[0], "JO");
	assert_tells(explained_to(world, "JO", "a@cal"), "\"answer\":\"private: CLASS: private\"");
	assert_tells(explained_to(world, "AL", "a@cal"), "no message with");
}

/* The words are an owner's; that it is private elsewhere is for all to know. */
static void
a_private_copy_is_explained_without_the_words(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *private = agenda_event(agenda, "a@cal", AHEAD);
	const char *seen;

	secret_meeting(agenda);
	private->sensitivity = "private";
	private->sequence = 1;
	agenda_read(agenda, agenda->side, private);
	seen = explained_to(world, "AL", "a@cal");
	assert_tells(seen, "CLASS: private");
	assert_hides(seen, "SECRET");
	assert_hides(shown_to(world, "AL"), "SECRET");
	assert_tells(shown_to(world, "JO"), "SECRET agenda");
}

static unsigned
count(struct world *world, const char *condition)
{
	struct query_context context = { .now = NOW };
	struct query_node *where;
	size_t found;
	int64_t *ids;

	assert_ok(
		query_parse(world->arena, &capture_noun, &context, condition, &where, &world->err));
	assert_ok(query_ids(
		world->store, world->arena, &capture_noun, where, 0, &ids, &found, &world->err));
	return (unsigned)found;
}

static void
whom_an_owners_text_mentions_is_not_told(void **state)
{
	static const char *const conditions[] = { "any_address = ceo@rival.example",
		"any_address = lawyer@secret.example", "has contact(name = Rival)" };
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *whole = agenda_event(agenda, "a@cal", AHEAD);
	const char *seen;

	world_person(world, "Ada", "ada@x.example");
	world_person(world, "Rival", "ceo@rival.example");
	make_owned(world, &agenda->sources[0], "JO");
	agenda->sources[0].match_text = true;
	agenda_configure(agenda);
	agenda_party(agenda, whole, PARTY_MENTIONED, "ceo@rival.example", RESPONSE_NEEDS_ACTION);
	agenda_party(
		agenda, whole, PARTY_MENTIONED, "lawyer@secret.example", RESPONSE_NEEDS_ACTION);
	agenda_read(agenda, agenda->team, whole);
	seen = shown_to(world, "AL");
	assert_hides(seen, "rival.example");
	assert_tells(seen, "ada@x.example");
	seen = explained_to(world, "AL", "1");
	assert_hides(seen, "rival.example");
	assert_hides(seen, "secret.example");
	assert_tells(seen, "ada@x.example");
	assert_tells(explained_to(world, "JO", "1"), "lawyer@secret.example");
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
		store_set_viewer(world->store, "AL");
		assert_int_equal(count(world, conditions[i]), 0);
		store_set_viewer(world->store, "JO");
		assert_int_equal(count(world, conditions[i]), 1);
	}
}

static void
nobody_owns_a_meeting_for_being_mentioned(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *whole = agenda_event(agenda, "a@cal", AHEAD);

	world_salesperson(world, "AL", "al@own.example", INT64_MAX);
	world_person(world, "Ada", "ada@x.example");
	make_owned(world, &agenda->sources[0], "sender");
	agenda->sources[0].match_text = true;
	agenda_configure(agenda);
	agenda_party(agenda, whole, PARTY_MENTIONED, "al@own.example", RESPONSE_NEEDS_ACTION);
	agenda_read(agenda, agenda->team, whole);
	assert_null(ask_text(world, "SELECT salesperson FROM interaction", 0));
}

/* Another mail that bears what makes one the same. */
static struct event *
forged_of(struct world *world, const struct event *event)
{
	struct event *forged = world_mail(world, "ada@x.example", "bob@own.example");

	forged->message_id = event->message_id;
	forged->date = event->date;
	forged->at = event->at;
	forged->subject = event->subject;
	mail_seal(forged);
	return forged;
}

static void
a_forged_copy_opens_no_text(void **state)
{
	struct world *world = *state;
	int64_t home = world_stream(world, world->home, "INBOX", 3, 1);
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	const char *seen;

	world_person(world, "Ada Lovelace", "ada@x.example");
	make_owned(world, &world->sources[0], "JO");
	make_owned(world, &world->sources[1], "BOB");
	world_new(world, world->inbox, 1001, event);
	assert_ok(interaction_set_text(
		world->store, world->arena, 1, "SECRET text", true, false, &world->err));
	world_new(world, home, 1, forged_of(world, event));
	seen = shown_to(world, "BOB");
	assert_hides(seen, "SECRET");
	assert_tells(seen, event->subject);
	assert_tells(explained_to(world, "BOB", event->message_id), "duplicate");
	assert_tells(shown_to(world, "JO"), "SECRET text");
}

/* Who sees the source whose header is kept would see the text, so it is read there or nowhere. */
static void
text_is_read_from_the_source_whose_reading_is_kept(void **state)
{
	struct world *world = *state;
	int64_t home = world_stream(world, world->home, "INBOX", 3, 1);
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world->sources[0].level = world->sources[1].level = LEVEL_TEXT;
	world_configure(world);
	make_owned(world, &world->sources[1], "BOB");
	world_new(world, world->inbox, 1001, event);
	world_new(world, home, 1, event);
	world_stream(world, world->work, "INBOX", 8, 1);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rematch(world, "ada@x.example");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM want WHERE stream_id = ?", home), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(a_free_busy_copy_for_all_opens_nothing_of_an_owners_meeting),
		AGENDA_TEST(a_newer_version_for_all_is_for_all),
		AGENDA_TEST(an_erased_source_leaves_its_words_to_nobody),
		AGENDA_TEST(explains_a_private_event_to_whoever_sees_its_calendar),
		AGENDA_TEST(a_private_copy_is_explained_without_the_words),
		AGENDA_TEST(whom_an_owners_text_mentions_is_not_told),
		AGENDA_TEST(nobody_owns_a_meeting_for_being_mentioned),
		TEST(a_forged_copy_opens_no_text),
		TEST(text_is_read_from_the_source_whose_reading_is_kept),
	};

	return cmocka_run_group_tests_name("sight", tests, NULL, NULL);
}
