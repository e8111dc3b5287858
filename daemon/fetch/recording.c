#include "recording.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/net/scrub.h"

/* The transcript: pieces, each a letter, a size in decimal, a newline and so many bytes. O: our own
 * addresses, C: what was said to the server, S: by it, E: why it ended. The login is left out. */

enum { PIECE = 256 * 1024 };

struct turn_said {
	bool server;
	size_t size;
};

struct recording {
	unsigned messages;
	struct text own, server, client;
	struct turn_said *turns; /* own */
	size_t count, room;
};

struct recording *
recording_new(unsigned messages, const char *own, size_t own_size)
{
	struct recording *recording = mem_zero(1, sizeof *recording);

	recording->messages = messages;
	text_add_n(&recording->own, own, own_size);
	return recording;
}

void
recording_free(struct recording *recording)
{
	if (recording == NULL)
		return;
	text_clear(&recording->own);
	text_clear(&recording->server);
	text_clear(&recording->client);
	free(recording->turns);
	free(recording);
}

bool
recording_is_full(const struct recording *recording)
{
	return recording->server.size >= RECORDED_MAX;
}

unsigned
recording_messages(const struct recording *recording)
{
	return recording->messages;
}

void
recording_add(struct recording *recording, bool server, const char *bytes, size_t size)
{
	struct turn_said *last = NULL;

	if (recording->turns != NULL && recording->count > 0)
		last = &recording->turns[recording->count - 1];
	if (recording_is_full(recording) || size == 0)
		return;
	if (last == NULL || last->server != server) {
		if (recording->turns == NULL || recording->count == recording->room) {
			recording->room = recording->room * 2 + 16;
			recording->turns = mem_resize(
				recording->turns, recording->room * sizeof *recording->turns);
		}
		last = &recording->turns[recording->count++];
		*last = (struct turn_said){ .server = server };
	}
	last->size += size;
	text_add_n(server ? &recording->server : &recording->client, bytes, size);
}

/* ---- the transcript ---- */

static void
add_piece(struct text *out, char kind, const char *bytes, size_t size)
{
	text_printf(out, "%c %zu\n", kind, size);
	text_add_n(out, bytes, size);
}

static void
scrub_all(struct recording *recording, const struct scrub *scrub)
{
	if (recording->own.size > 0)
		scrub_words(scrub, recording->own.bytes, recording->own.size);
	if (recording->server.size > 0)
		scrub_conversation(scrub, recording->server.bytes, recording->server.size);
	if (recording->client.size > 0)
		scrub_conversation(scrub, recording->client.bytes, recording->client.size);
}

/* Lengths stay, so the turns are where they were. */
static void
write_transcript(const struct recording *recording, struct text *out)
{
	size_t server = 0, client = 0;

	add_piece(out, 'O', recording->own.bytes, recording->own.size);
	for (size_t i = 0; i < recording->count; i++) {
		const struct turn_said *turn = &recording->turns[i];
		size_t *at = turn->server ? &server : &client;
		const struct text *said = turn->server ? &recording->server : &recording->client;

		add_piece(out, turn->server ? 'S' : 'C', said->bytes + *at, turn->size);
		*at += turn->size;
	}
}

/* In our own words: names stand in quotes, and what others said behind a colon. */
static void
add_reason(const struct scrub *scrub, const char *why, struct text *out)
{
	char *words = mem_text(why), *open = strchr(words, '\'');

	while (open != NULL) {
		size_t quoted = strcspn(open + 1, "'");

		scrub_words(scrub, open + 1, quoted);
		open = open[quoted + 1] == '\0' ? NULL : strchr(open + quoted + 2, '\'');
	}
	add_piece(out, 'E', words, strcspn(words, ":"));
	free(words);
}

static void
send_transcript(struct connection *c, const struct text *transcript)
{
	struct mailbox *box = c->box;

	for (size_t at = 0; at < transcript->size; at += PIECE) {
		size_t left = transcript->size - at, size = left < PIECE ? left : PIECE;
		struct frame_writer writer;

		link_begin(box_fetch(box)->link, &writer, FRAME_CHECKED, box->source->number,
			c->check_token);
		frame_put(&writer, TAG_BYTES, transcript->bytes + at, size);
		if (size == left)
			frame_put_flag(&writer, TAG_LAST);
		frame_end(&writer);
	}
}

void
recording_tell(struct connection *c, const char *why)
{
	struct recording *recording = c->recording;
	struct text transcript = { 0 };
	struct scrub scrub;

	if (scrub_init(&scrub) < 0)
		return; /* the asker's time runs out */
	scrub_all(recording, &scrub);
	write_transcript(recording, &transcript);
	if (why != NULL)
		add_reason(&scrub, why, &transcript);
	send_transcript(c, &transcript);
	text_clear(&transcript);
	wipe(&scrub, sizeof scrub);
}
