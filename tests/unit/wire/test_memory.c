#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "liaison/wire/config.h"
#include "liaison/wire/json.h"
#include "liaison/wire/meeting.h"
#include "memory/starve.h"

/* What all programs do to their configuration, their frames and their text when memory runs out. */

static void *
open_arena(void)
{
	setenv("HOME", "/home/ada", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/77", 1);
	return arena_new();
}

static void
reset_arena(void *arena)
{
	arena_reset(arena);
}

static void
close_arena(void *arena)
{
	arena_free(arena);
}

/* ---- the configuration ------------------------------------------------------------------------- */

static const char FILE_BYTES[] =
	"[liaison]\nown-addresses = me@own.example, *@bots.own.example\n"
	"own-domains = \"öwn.example\"\n"
	"[account *]\nlevel = snippet\n"
	"[account work]\nhost = imap.own.example\nuser = me\npassword-command = pass show x\n"
	"folders = *, !Junk, \"A B\"\n"
	"[account home]\nhost = imap.home.example\nuser = me@home.example\npassword-file = ~/x\n"
	"[calendar team]\nurl = https://cal.own.example/team.ics\n";

static void
complain(void *context, const char *file, int line, const char *message)
{
	fail(context, ERR_CONFIG, "%s:%d: %s", file, line, message);
}

static int
build(struct arena *arena, struct config *config, struct err *err)
{
	struct ini ini = { 0 };

	if (ini_parse(arena, "f", FILE_BYTES, sizeof FILE_BYTES - 1, &ini, complain, err) < 0)
		return -1;
	return config_build(&ini, true, config, complain, err);
}

static int
run_configuration(void *arena, struct text *out, struct err *err)
{
	struct config config = { 0 };
	int result = build(arena, &config, err);

	if (result == 0)
		config_encode(&config, NULL, 0, out);
	config_free(&config);
	return result;
}

static int
decode(struct config_decoder *decoder, const struct text *bytes, struct err *err)
{
	struct frame_reader reader = { 0 };
	struct frame frame;
	int result = 1;

	for (size_t at = 0; at < bytes->size && result >= 0; at += 100) {
		size_t size = bytes->size - at < 100 ? bytes->size - at : 100;

		frame_reader_feed(&reader, bytes->bytes + at, size);
		while ((result = frame_reader_next(&reader, &frame, err)) > 0) {
			if (frame.type != FRAME_CONFIG_END &&
				(result = config_decode(decoder, &frame, err)) < 0)
				break;
		}
	}
	frame_reader_clear(&reader);
	return result;
}

static int
run_sent_configuration(void *arena, struct text *out, struct err *err)
{
	struct config config = { 0 }, back = { 0 };
	struct config_decoder *decoder;
	struct text bytes = { 0 };
	struct err ignored;
	int result = build(arena, &config, err);

	if (result == 0) {
		config_encode(&config, NULL, 0, &bytes);
		decoder = config_decoder_new();
		result = decode(decoder, &bytes, err);
		if (config_adopt(decoder, &back, result < 0 ? &ignored : err) < 0)
			result = -1;
	}
	if (result == 0)
		config_encode(&back, NULL, 0, out);
	config_free(&back);
	config_free(&config);
	text_clear(&bytes);
	return result;
}

/* ---- JSON -------------------------------------------------------------------------------------- */

static int
run_request(void *arena, struct text *out, struct err *err)
{
	static const char LINE[] =
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"contact.add\",\"params\":{\"name\":"
		"\"Ada \\u00c5\",\"emails\":[\"ada@x.example\",{\"a\":[1,2.5,true,null]}]}}";
	struct json_out json;
	json_t *tree;

	(void)arena;
	if (json_line_parse(LINE, sizeof LINE - 1, &tree, err) < 0)
		return -1;
	json_out_init(&json, out);
	json_object_begin(&json, NULL);
	json_value(&json, "request", tree);
	json_time(&json, "at", 1800000000, 60);
	json_double(&json, "share", 0.1);
	json_object_end(&json);
	json_decref(tree);
	return 0;
}

/* ---- frames ------------------------------------------------------------------------------------ */

/* What was written into bytes, read again in pieces; read takes it from the one frame. */
static int
cross(struct arena *arena, const struct text *bytes,
	int (*read)(
		struct arena *arena, const struct frame *frame, struct text *out, struct err *err),
	struct text *out, struct err *err)
{
	struct frame_reader reader = { 0 };
	struct frame frame;
	int result = 0;

	for (size_t at = 0; at < bytes->size && result == 0; at++) {
		frame_reader_feed(&reader, bytes->bytes + at, 1);
		result = frame_reader_next(&reader, &frame, err);
		if (result > 0)
			result = read(arena, &frame, out, err);
	}
	frame_reader_clear(&reader);
	return result;
}

static const struct event_party PARTIES[] = {
	{ PARTY_ORGANIZER, "Ada Lovelace", "Ada@X.example", "ada@x.example" },
	{ PARTY_ATTENDEE, NULL, "jo@y.example", "jo@y.example" },
};

static int
read_event(struct arena *arena, const struct frame *frame, struct text *out, struct err *err)
{
	struct event event;

	if (event_decode(frame, arena, &event, err) < 0)
		return -1;
	text_printf(out, "%s %s %s\n", event.subject, event.references[1], event.parties[1].email);
	return 0;
}

static int
run_event(void *arena, struct text *out, struct err *err)
{
	static const char *references[] = { "a@x", "b@x" };
	struct event_party parties[2] = { PARTIES[0], PARTIES[1] };
	struct event event = { .at = 1800000000,
		.date = 1800000000,
		.internal_date = 1800000000,
		.subject = "Grüße",
		.message_id = "c@x",
		.references = references,
		.reference_count = 2,
		.parties = parties,
		.party_count = 2,
		.party_total = 2 };
	struct frame_writer writer;
	struct text bytes = { 0 };
	int result;

	parties[0].role = PARTY_FROM;
	parties[1].role = PARTY_TO;
	frame_begin(&writer, &bytes, FRAME_EVENT, 1, 2);
	event_encode(&writer, &event);
	frame_end(&writer);
	result = cross(arena, &bytes, read_event, out, err);
	text_clear(&bytes);
	return result;
}

static int
read_meeting(struct arena *arena, const struct frame *frame, struct text *out, struct err *err)
{
	struct meeting meeting;

	if (meeting_decode(frame, arena, &meeting, err) < 0)
		return -1;
	text_printf(
		out, "%s %s %u\n", meeting.uid, meeting.parties[1].email, meeting.occurrence_count);
	return 0;
}

static int
run_meeting(void *arena, struct text *out, struct err *err)
{
	static struct occurrence occurrences[] = { { 1800000000, 1800000000, 1800003600, 60 },
		{ 1800086400, 1800086400, 1800090000, 60 } };
	struct event_party parties[2] = { PARTIES[0], PARTIES[1] };
	uint8_t responses[2] = { RESPONSE_NONE, RESPONSE_ACCEPTED };
	struct meeting meeting = { .uid = "u@x",
		.form = RECURRENCE_INSTANT,
		.summary = "Review",
		.parties = parties,
		.responses = responses,
		.party_count = 2,
		.party_total = 2,
		.occurrences = occurrences,
		.occurrence_count = 2 };
	struct frame_writer writer;
	struct text bytes = { 0 };
	int result;

	frame_begin(&writer, &bytes, FRAME_MEETING, 1, 2);
	meeting_encode(&writer, &meeting);
	frame_end(&writer);
	result = cross(arena, &bytes, read_meeting, out, err);
	text_clear(&bytes);
	return result;
}

static int
run_uid_sets(void *arena, struct text *out, struct err *err)
{
	struct uid_set all = { 0 }, some = { 0 }, top = { 0 };

	(void)arena, (void)err;
	for (uint32_t uid = 4000; uid > 0; uid -= 4)
		uid_set_add(&all, uid);
	uid_set_add_range(&some, 100, 3000);
	uid_set_subtract(&all, &some);
	uid_set_unite(&some, &all);
	uid_set_take_highest(&some, 700, &top);
	uid_set_text(&top, out);
	uid_set_clear(&all);
	uid_set_clear(&some);
	uid_set_clear(&top);
	return 0;
}

/* ---- text -------------------------------------------------------------------------------------- */

static int
run_address(void *arena, struct text *out, struct err *err)
{
	char *address;

	if (address_canonical(arena, "\"Ada\"@Bücher.Straße.example", &address, err) < 0)
		return -1;
	text_printf(out, "%s %s\n", address, text_fold(arena, "ÄÖÜ"));
	return 0;
}

static int
run_digests(void *arena, struct text *out, struct err *err)
{
	uint8_t digest[SHA256_SIZE], keyed[SHA256_SIZE];
	struct sha256_state *state = sha256_new();

	(void)err;
	sha256_add(state, FILE_BYTES, sizeof FILE_BYTES);
	sha256_end(state, digest);
	hmac_sha256("key", 3, FILE_BYTES, sizeof FILE_BYTES, keyed);
	text_printf(out, "%s %s\n", hex_encode(arena, digest, sizeof digest),
		base64_encode(arena, keyed, sizeof keyed));
	return 0;
}

static int
run_zone(void *arena, struct text *out, struct err *err)
{
	struct zone *zone = zone_load("Europe/Berlin", err);

	(void)arena;
	if (zone == NULL)
		return -1;
	text_printf(out, "%d %d\n", zone_offset(zone, 1800000000), zone_offset(zone, 1815000000));
	zone_free(zone);
	return 0;
}

#define PLAIN(name, run) \
	{ \
		name, open_arena, run, NULL, reset_arena, close_arena, false \
	}

static const struct scenario SCENARIOS[] = {
	PLAIN("reads_a_configuration", run_configuration),
	PLAIN("sends_and_adopts_a_configuration", run_sent_configuration),
	PLAIN("reads_a_request_and_writes_json", run_request),
	PLAIN("carries_a_message_between_programs", run_event),
	PLAIN("carries_a_meeting_between_programs", run_meeting),
	PLAIN("counts_uids", run_uid_sets),
	PLAIN("makes_an_address_canonical", run_address),
	PLAIN("makes_digests", run_digests),
	PLAIN("loads_a_time_zone", run_zone),
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
