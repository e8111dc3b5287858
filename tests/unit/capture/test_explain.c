#include "agenda.h"
#include "liaison/capture/rule.h"
#include "world.h"

/* The answer to "why?", and to "why not?". */

static json_t *
explain(struct world *world, const char *words)
{
	struct explain_thing thing;
	struct json_out out;
	json_t *answer;

	assert_ok(explain_parse(world->store, world->arena, words, &thing, &world->err));
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(explain_write(
		world->store, world->capture, world->arena, &thing, &out, &world->err));
	assert_ok(json_line_parse(world->text.bytes, world->text.size, &answer, &world->err));
	return answer;
}

static const char *
text_at(const json_t *answer, const char *array, size_t place, const char *key)
{
	return json_string_value(
		json_object_get(json_array_get(json_object_get(answer, array), place), key));
}

static size_t
size_of(const json_t *answer, const char *array)
{
	return json_array_size(json_object_get(answer, array));
}

static const char *
answer_of(const json_t *answer)
{
	return json_string_value(json_object_get(answer, "answer"));
}

#define assert_text(answer, array, place, key, wanted) \
	assert_string_equal(text_at(answer, array, place, key), wanted)

static void
tells_the_whole_story_of_a_message(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 9, 1);
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	json_t *answer;

	mail_add(world, event, PARTY_CC, "bob@own.example");
	mail_add(world, event, PARTY_CC, "jo@gmail.com");
	mail_add(world, event, PARTY_CC, "cy@z.example");
	mail_add(world, event, PARTY_CC, "undisclosed");
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, archive, 5, event);
	answer = explain(world, "work:Archive:5");
	assert_int_equal(size_of(answer, "captures"), 2);
	assert_text(answer, "captures", 0, "folder", "Archive");
	assert_text(answer, "captures", 0, "decision", "duplicate");
	assert_text(answer, "captures", 1, "decision", "captured");
	assert_int_equal(size_of(answer, "considered"), 6);
	assert_text(answer, "considered", 0, "address", "ada@x.example");
	assert_text(answer, "considered", 0, "role", "from");
	assert_text(answer, "considered", 0, "contact", "C00001");
	assert_text(answer, "considered", 0, "outcome", "matched");
	assert_text(answer, "considered", 0, "why", "C00001 has this address");
	assert_text(answer, "considered", 1, "outcome", "ours");
	assert_text(answer, "considered", 2, "outcome", "colleague");
	assert_text(answer, "considered", 3, "outcome", "free-mail");
	assert_text(answer, "considered", 4, "outcome", "no-contact");
	assert_text(answer, "considered", 4, "why",
		"no contact has this address, no company the domain z.example");
	assert_text(answer, "considered", 5, "outcome", "no-address");
	assert_int_equal(size_of(answer, "rules"), 0);
	assert_string_equal(
		answer_of(answer), "duplicate, interaction 1: the same message as work:INBOX:1001");
	json_decref(answer);
}

static void
finds_a_message_by_interaction_or_message_id(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	const char *id = arena_printf(world->arena, "<%s>", event->message_id);
	json_t *answer;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	answer = explain(world, "1");
	assert_int_equal(size_of(answer, "captures"), 1);
	assert_string_equal(
		answer_of(answer), "captured, interaction 1: from ada@x.example, contact C00001");
	json_decref(answer);
	answer = explain(world, id);
	assert_int_equal(size_of(answer, "captures"), 1);
	json_decref(answer);
	answer = explain(world, event->message_id);
	assert_text(answer, "captures", 0, "decision", "captured");
	json_decref(answer);
}

static void
says_what_a_domain_and_sharing_did(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "stranger@x.example", "me@own.example");
	int64_t company = world_contact(world, "company", "Example Ltd");
	json_t *answer;

	assert_ok(
		contact_domain_add(world->store, world->arena, company, "x.example", &world->err));
	world_person(world, "Ada", "family@y.example");
	world_shared_email(world, world_contact(world, "person", "Bob"), "family@y.example");
	mail_add(world, event, PARTY_CC, "family@y.example");
	world_new(world, world->inbox, 1001, event);
	answer = explain(world, "1");
	assert_text(answer, "considered", 0, "outcome", "domain");
	assert_text(answer, "considered", 0, "why",
		"no contact has this address, and its domain x.example belongs to C00001");
	assert_text(answer, "considered", 2, "outcome", "ambiguous");
	assert_text(answer, "considered", 2, "contact", "C00002");
	assert_text(answer, "considered", 3, "contact", "C00003");
	json_decref(answer);
}

static void
says_that_an_address_was_not_held_then(void **state)
{
	struct world *world = *state;
	int64_t ada = world_contact(world, "person", "Ada Lovelace");
	json_t *answer;

	world_email_between(world, ada, "ada@x.example", 0, NOW - 300 * DAY);
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	answer = explain(world, "work:INBOX:1001");
	assert_text(answer, "considered", 0, "outcome", "outside-validity");
	assert_text(answer, "considered", 0, "contact", "C00001");
	assert_text(answer, "considered", 0, "why",
		"C00001 had this address until 2026-03-21; the message is of 2027-01-05");
	json_decref(answer);
}

static void
link_by_hand(struct world *world, uint32_t uid, int64_t contact)
{
	assert_ok(capture_link(world->store, world->capture, world->arena,
		world_row(world, world->inbox, uid).id, contact, "jo", NOW, &world->result,
		&world->err));
}

static void
says_that_people_linked_it(void **state)
{
	struct world *world = *state;
	int64_t eve = world_contact(world, "person", "Eve");
	json_t *answer;

	world_new(
		world, world->inbox, 1001, world_mail(world, "grace@x.example", "me@own.example"));
	link_by_hand(world, 1001, eve);
	answer = explain(world, "1");
	assert_int_equal(size_of(answer, "considered"), 3);
	assert_text(answer, "considered", 0, "outcome", "no-contact");
	assert_null(text_at(answer, "considered", 0, "contact"));
	assert_text(answer, "considered", 2, "contact", "C00001");
	assert_text(answer, "considered", 2, "address", "grace@x.example");
	assert_text(answer, "considered", 2, "outcome", "manual");
	assert_text(answer, "considered", 2, "why", "it was linked to C00001 by hand");
	json_decref(answer);
	/* So it does when another has the address. */
	world_person(world, "Grace", "grace@x.example");
	answer = explain(world, "1");
	assert_text(answer, "considered", 0, "outcome", "matched");
	assert_text(answer, "considered", 2, "contact", "C00001");
	json_decref(answer);
}

static void
says_that_history_stays_when_an_address_went(void **state)
{
	struct world *world = *state;
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");
	json_t *answer;

	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_ok(contact_email_remove(
		world->store, world->arena, ada, "ada@x.example", NOW, &world->err));
	capture_contacts_changed(world->capture);
	answer = explain(world, "1");
	assert_text(answer, "considered", 0, "outcome", "matched");
	assert_text(answer, "considered", 0, "contact", "C00001");
	assert_text(answer, "considered", 0, "why",
		"C00001 had this address when the mail was "
		"captured, and what was captured stays");
	json_decref(answer);
}

static void
answers_why_a_message_is_not_here(void **state)
{
	struct world *world = *state;
	struct event *old = world_mail(world, "jo@y.example", "me@own.example");
	json_t *answer;

	old->date = NOW - 200 * DAY;
	world_new(world, world->inbox, 1003, world_mail(world, "jo@y.example", "me@own.example"));
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 950, old);

	answer = explain(world, "work:INBOX:950");
	assert_int_equal(size_of(answer, "captures"), 0);
	assert_string_equal(
		answer_of(answer), "UID 950 is older than the window, which begins at 2026-10-17");
	json_decref(answer);
	answer = explain(world, "work:INBOX:1004");
	assert_string_equal(
		answer_of(answer), "UID 1004 was not seen yet: UIDs up to 1003 are decided");
	json_decref(answer);
	answer = explain(world, "work:INBOX:20");
	assert_string_equal(answer_of(answer),
		"the backfill has not come to UID 20 yet: it is running, "
		"and everything above UID 1000 is decided");
	json_decref(answer);
	answer = explain(world, "work:INBOX:1002");
	assert_string_equal(answer_of(answer),
		"the server had no message with UID 1002 when the folder was read");
	json_decref(answer);
	answer = explain(world, "work:Nowhere:1");
	assert_string_equal(answer_of(answer),
		"the folder 'Nowhere' of 'work' was never read: it is not "
		"watched, or it is not there");
	json_decref(answer);
	assert_ok(stream_set_backfill(world->store, world->inbox, "done", 0, &world->err));
	answer = explain(world, "work:INBOX:20");
	assert_string_equal(answer_of(answer), "UID 20 lies before the window, which begins at "
					       "2026-10-17, or was gone when the folder was read");
	json_decref(answer);
}

static void
make_owned(struct world *world, struct config_source *source)
{
	int64_t id;

	source->visibility = VISIBLE_OWNER;
	source->salesperson = "JO";
	assert_ok(source_row(world->store, source, &id, &world->err));
}

/* The message of the error that explaining words ends in. */
static const char *
not_explained(struct world *world, const char *words)
{
	struct explain_thing thing;
	struct json_out out;

	assert_ok(explain_parse(world->store, world->arena, words, &thing, &world->err));
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_fails(explain_write(
			     world->store, world->capture, world->arena, &thing, &out, &world->err),
		ERR_NOT_FOUND);
	return arena_text(world->arena, world->err.message);
}

static void
tells_others_of_an_owners_mail_dates_and_parties_only(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	json_t *answer;

	world_person(world, "Ada Lovelace", "ada@x.example");
	make_owned(world, &world->sources[0]);
	world_new(world, world->inbox, 1001, event);
	store_set_viewer(world->store, "AL");
	answer = explain(world, "work:INBOX:1001");
	assert_text(answer, "considered", 0, "contact", "C00001");
	assert_text(answer, "captures", 0, "decision", "captured");
	assert_null(text_at(answer, "captures", 0, "reason"));
	assert_string_equal(answer_of(answer), "captured, interaction 1");
	assert_null(strstr(world->text.bytes, event->subject));
	assert_null(strstr(world->text.bytes, event->message_id));
	json_decref(answer);
	answer = explain(world, "1");
	assert_int_equal(size_of(answer, "captures"), 1);
	json_decref(answer);
	store_set_viewer(world->store, "JO");
	answer = explain(world, event->message_id);
	assert_string_equal(
		answer_of(answer), "captured, interaction 1: from ada@x.example, contact C00001");
	json_decref(answer);
}

/* Whoever has a Message-ID learns no more than of one that was never seen. */
static void
does_not_say_whether_an_owner_has_a_message_id(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	make_owned(world, &world->sources[0]);
	world_new(world, world->inbox, 1001, event);
	store_set_viewer(world->store, "AL");
	assert_string_equal(not_explained(world, event->message_id),
		arena_printf(world->arena,
			"no message with the Message-ID '%s' was seen in any folder; "
			"1 of them are still being filled back",
			event->message_id));
}

static void
does_not_say_whether_an_owner_has_an_event(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	json_t *answer;

	agenda_read(agenda, agenda->team, agenda_event(agenda, "plan@own.example", AHEAD));
	agenda_record(agenda, agenda->team, "bad@own.example", NULL, 0);
	make_owned(world, &agenda->sources[0]);
	store_set_viewer(world->store, "JO");
	answer = explain(world, "plan@own.example");
	assert_int_equal(size_of(answer, "captures"), 1);
	json_decref(answer);
	answer = explain(world, "bad@own.example");
	assert_text(answer, "captures", 0, "decision", "quarantined");
	json_decref(answer);
	store_set_viewer(world->store, "AL");
	assert_memory_equal(not_explained(world, "plan@own.example"), "no message with", 15);
	assert_memory_equal(not_explained(world, "bad@own.example"), "no message with", 15);
}

static void
does_not_find_an_unknown_message_id_or_source(void **state)
{
	struct world *world = *state;
	struct explain_thing thing = { .source = "elsewhere", .folder = "INBOX", .uid = 3 };
	struct explain_thing unseen = { .message_id = "<nobody@nowhere.example>" };
	struct json_out out;

	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_fails(explain_write(world->store, world->capture, world->arena, &unseen, &out,
			     &world->err),
		ERR_NOT_FOUND);
	assert_string_equal(world->err.message,
		"no message with the Message-ID 'nobody@nowhere.example' was seen in any folder; "
		"1 of them are still being filled back");
	assert_fails(explain_write(
			     world->store, world->capture, world->arena, &thing, &out, &world->err),
		ERR_NOT_FOUND);
	assert_string_equal(world->err.message, "there is no source 'elsewhere'");
}

static void
explains_what_was_entered_by_hand(void **state)
{
	struct world *world = *state;
	struct interaction call = { .kind = "call",
		.status = "recorded",
		.direction = "none",
		.initiated_by = "none",
		.at = NOW };
	json_t *answer;

	assert_ok(interaction_add(world->store, &call, NULL, 0, NULL, NOW, &world->err));
	answer = explain(world, "1");
	assert_string_equal(answer_of(answer),
		"interaction 1, a call, was entered by hand: nothing was captured for it");
	json_decref(answer);
}

static void
refuses_an_interaction_that_is_not_there(void **state)
{
	struct world *world = *state;
	struct explain_thing thing = { .interaction = 77 };
	struct json_out out;

	json_out_init(&out, &world->text);
	assert_fails(explain_write(
			     world->store, world->capture, world->arena, &thing, &out, &world->err),
		ERR_NOT_FOUND);
	assert_string_equal(world->err.message, "there is no interaction '77'");
	thing = (struct explain_thing){ .source = "work" };
	assert_fails(explain_write(
			     world->store, world->capture, world->arena, &thing, &out, &world->err),
		ERR_USAGE);
	thing = (struct explain_thing){ 0 };
	assert_fails(explain_write(
			     world->store, world->capture, world->arena, &thing, &out, &world->err),
		ERR_USAGE);
}

static void
reads_words_as_the_protocol_says(void **state)
{
	struct world *world = *state;
	struct explain_thing thing;

	assert_ok(explain_parse(world->store, world->arena, "42", &thing, &world->err));
	assert_int_equal(thing.interaction, 42);
	assert_ok(explain_parse(world->store, world->arena, "<a@b>", &thing, &world->err));
	assert_string_equal(thing.message_id, "a@b");
	assert_ok(explain_parse(world->store, world->arena, "work:A:b/c:7", &thing, &world->err));
	assert_string_equal(thing.source, "work");
	assert_string_equal(thing.folder, "A:b/c");
	assert_int_equal(thing.uid, 7);
	assert_ok(explain_parse(world->store, world->arena, "nobody:INBOX:7", &thing, &world->err));
	assert_null(thing.source);
	assert_string_equal(thing.message_id, "nobody:INBOX:7");
	assert_ok(explain_parse(world->store, world->arena, "work:INBOX:x", &thing, &world->err));
	assert_null(thing.source);
	assert_fails(explain_parse(world->store, world->arena, "99999999999999999999", &thing,
			     &world->err),
		ERR_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_the_whole_story_of_a_message),
		TEST(finds_a_message_by_interaction_or_message_id),
		TEST(says_what_a_domain_and_sharing_did),
		TEST(says_that_an_address_was_not_held_then),
		TEST(says_that_people_linked_it),
		TEST(says_that_history_stays_when_an_address_went),
		TEST(answers_why_a_message_is_not_here),
		TEST(tells_others_of_an_owners_mail_dates_and_parties_only),
		TEST(does_not_say_whether_an_owner_has_a_message_id),
		AGENDA_TEST(does_not_say_whether_an_owner_has_an_event),
		TEST(does_not_find_an_unknown_message_id_or_source),
		TEST(explains_what_was_entered_by_hand),
		TEST(refuses_an_interaction_that_is_not_there),
		TEST(reads_words_as_the_protocol_says),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
