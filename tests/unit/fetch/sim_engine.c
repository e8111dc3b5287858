#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "sim.h"

/* An engine that only counts: what is recorded of each folder, what its cursor is, and whether what it
 * is sent is what it may be sent. */

enum { CREDIT_PIECE = 256 * 1024 };

/* ---- its frames ---- */

static void
send_all(struct sim_engine *engine, struct text *out)
{
	ssize_t n = send(engine->descriptor, out->bytes, out->size, MSG_NOSIGNAL);

	sim_must(engine->sim, n == (ssize_t)out->size);
	text_clear(out);
}

void
sim_engine_send(struct sim_engine *engine, enum frame_type type, uint32_t source, uint32_t token)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, type, source, token);
	frame_end(&writer);
	send_all(engine, &out);
}

static void
tell_cursor(struct sim_engine *engine, uint32_t source, const struct sim_folder *folder)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_FOLDER, source, 0);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	frame_put_u64(&writer, TAG_UIDVALIDITY, folder->epoch);
	frame_put_u64(&writer, TAG_CURSOR, folder->cursor);
	frame_end(&writer);
	send_all(engine, &out);
}

void
sim_engine_tell_feed(struct sim_engine *engine, uint32_t token)
{
	const struct sim_server *feed = &engine->sim->sources[SIM_CALENDAR];
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_FEED_KNOWN, SIM_CALENDAR + 1, token);
	if (feed->recorded > 0)
		frame_put(&writer, TAG_DIGEST, engine->feed_digest, sizeof(engine->feed_digest));
	frame_end(&writer);
	send_all(engine, &out);
}

/* ---- what a frame says ---- */

struct said {
	struct sim *sim;
	struct sim_server *server;
	struct sim_folder *folder;
	uint32_t uidvalidity, uid, low;
	struct uid_set uids, gone, failed; /* own */
	const uint8_t *bytes;
	size_t size;
	bool error, last;
};

static void
read_number(const struct frame_field *field, struct sim *sim, uint32_t *out)
{
	struct err err;
	uint64_t number;

	sim_must(sim, field_u64(field, UINT32_MAX, &number, &err) == 0);
	*out = (uint32_t)number;
}

static void
read_folder(const struct frame_field *field, struct said *said)
{
	for (size_t i = 0; i < SIM_FOLDERS && said->server->folders[i].name; i++) {
		const char *name = said->server->folders[i].name;

		if (field->size == strlen(name) && memcmp(field->bytes, name, field->size) == 0)
			said->folder = &said->server->folders[i];
	}
}

static void
read_field(const struct frame_field *field, struct said *said)
{
	struct err err;

	if (field->tag == TAG_FOLDER)
		read_folder(field, said);
	else if (field->tag == TAG_UIDVALIDITY)
		read_number(field, said->sim, &said->uidvalidity);
	else if (field->tag == TAG_UID)
		read_number(field, said->sim, &said->uid);
	else if (field->tag == TAG_LOW)
		read_number(field, said->sim, &said->low);
	else if (field->tag == TAG_UIDS)
		sim_must(said->sim, field_uids(field, &said->uids, &err) == 0);
	else if (field->tag == TAG_GONE)
		sim_must(said->sim, field_uids(field, &said->gone, &err) == 0);
	else if (field->tag == TAG_FAILED)
		sim_must(said->sim, field_uids(field, &said->failed, &err) == 0);
	else if (field->tag == TAG_BYTES) {
		said->bytes = field->bytes;
		said->size = field->size;
	}
	said->error = said->error || field->tag == TAG_ERROR;
	said->last = said->last || field->tag == TAG_LAST;
}

/* ---- slices ---- */

static struct sim_slice *
slice_of(struct sim_engine *engine, const struct frame *frame)
{
	struct sim_slice *slice = engine->slices;

	while (slice && (slice->token != frame->token || slice->source != frame->source))
		slice = slice->next;
	if (!slice)
		sim_violated(engine->sim, "a slice that was not begun");
	return slice;
}

static void
begin_slice(struct sim_engine *engine, const struct frame *frame, const struct said *said)
{
	struct sim_slice *slice = mem_zero(1, sizeof(*slice));

	slice->token = frame->token;
	slice->source = frame->source;
	slice->folder = said->folder;
	slice->epoch = said->uidvalidity;
	uid_set_unite(&slice->waiting, &said->uids);
	slice->last = said->uids.ranges[said->uids.count - 1].last;
	slice->next = engine->slices;
	engine->slices = slice;
	if (said->uidvalidity == said->folder->epoch && said->low > said->folder->cursor)
		sim_violated(engine->sim, "%s: what follows %u is fetched where %u is the cursor",
			said->folder->name, said->low, said->folder->cursor);
}

static void
end_slice(struct sim_engine *engine, struct sim_slice *slice)
{
	struct sim_slice **at = &engine->slices;

	while (*at != slice)
		at = &(*at)->next;
	*at = slice->next;
	uid_set_clear(&slice->waiting);
	free(slice);
}

/* It stands in the ledger now. */
static void
decide(struct sim_engine *engine, const struct sim_slice *slice, uint32_t uid)
{
	struct sim_folder *folder = slice->folder;
	size_t place = 0;

	if (slice->epoch != folder->uidvalidity)
		return; /* the server has forgotten that epoch already */
	while (place < folder->count && folder->mails[place].uid != uid)
		place++;
	if (place == folder->count)
		sim_violated(engine->sim, "%s: UID %u is not on the server", folder->name, uid);
	if (uid <= folder->cursor && folder->epoch == slice->epoch)
		sim_violated(engine->sim, "%s: UID %u is fetched again", folder->name, uid);
	engine->sim->mails += !folder->mails[place].decided;
	folder->mails[place].decided = true;
	while (folder->decided < folder->count && folder->mails[folder->decided].decided)
		folder->decided++;
}

static void
take_item(struct sim_engine *engine, const struct frame *frame, const struct said *said)
{
	struct sim_slice *slice = slice_of(engine, frame);

	if (!uid_set_has(&slice->waiting, said->uid))
		sim_violated(engine->sim, "UID %u comes unasked or twice", said->uid);
	uid_set_remove(&slice->waiting, said->uid);
	engine->taken += frame->size;
	decide(engine, slice, said->uid);
}

static void
take_slice_end(struct sim_engine *engine, const struct frame *frame, const struct said *said)
{
	struct sim_slice *slice = slice_of(engine, frame);
	struct sim_folder *folder = slice->folder;

	if (!said->error) {
		for (size_t i = 0; i < said->failed.count; i++)
			for (uint32_t uid = said->failed.ranges[i].first;
				uid <= said->failed.ranges[i].last; uid++)
				decide(engine, slice, uid);
		uid_set_subtract(&slice->waiting, &said->failed);
		uid_set_subtract(&slice->waiting, &said->gone);
		if (slice->waiting.count > 0)
			sim_violated(engine->sim, "%s: the slice ends without UID %u", folder->name,
				slice->waiting.ranges[0].first);
		if (slice->epoch == folder->epoch && slice->last > folder->cursor)
			folder->cursor = slice->last;
	}
	end_slice(engine, slice);
}

/* ---- the rest ---- */

static void
take_opened(struct sim_engine *engine, const struct frame *frame, const struct said *said)
{
	struct sim_folder *folder = said->folder;

	if (folder->epoch != said->uidvalidity) {
		folder->epoch = said->uidvalidity;
		folder->cursor = 0;
	}
	tell_cursor(engine, frame->source, folder);
}

static void
take_feed(struct sim_engine *engine, const struct frame *frame, const struct said *said)
{
	if (engine->feed_token != 0)
		sim_violated(engine->sim, "a feed comes before the last one has its answer");
	engine->taken += frame->size;
	text_add_n(&engine->feed, said->bytes, said->size);
	if (said->error)
		text_reset(&engine->feed);
	if (!said->last)
		return;
	engine->feed_token = frame->token;
	engine->feed_at = clock_monotonic_ms() + sim_spread(engine->sim, 10, SIM_MINUTE);
}

/* The feed is recorded. */
static void
answer_feed(struct sim_engine *engine)
{
	struct sim_server *feed = &engine->sim->sources[SIM_CALENDAR];
	const char *version = strstr(engine->feed.bytes, "X-VERSION:");

	sim_must(engine->sim, version);
	feed->recorded = (uint32_t)strtoul(version + 10, NULL, 10);
	sha256(engine->feed.bytes, engine->feed.size, engine->feed_digest);
	text_reset(&engine->feed);
	sim_engine_tell_feed(engine, engine->feed_token);
	engine->feed_token = 0;
}

static void
take(struct sim_engine *engine, const struct frame *frame)
{
	struct said said = { .sim = engine->sim,
		.server = &engine->sim->sources[frame->source - 1] };
	struct frame_field field;
	struct err err;
	size_t cursor = 0;

	while (frame_field_next(frame, &cursor, &field, &err) > 0)
		read_field(&field, &said);
	sim_detail(engine->sim, "source %s tells: %u %s%s", said.server->name, frame->type,
		said.folder ? said.folder->name : "", said.error ? ", an error" : "");
	if (frame->type == FRAME_OPENED)
		take_opened(engine, frame, &said);
	else if (frame->type == FRAME_SLICE)
		begin_slice(engine, frame, &said);
	else if (frame->type == FRAME_ITEM)
		take_item(engine, frame, &said);
	else if (frame->type == FRAME_SLICE_END)
		take_slice_end(engine, frame, &said);
	else if (frame->type == FRAME_FRESH && !said.error)
		*(said.folder ? &said.folder->fresh_at
			      : &said.server->fresh_at) = clock_monotonic_ms();
	else if (frame->type == FRAME_FEED)
		take_feed(engine, frame, &said);
	uid_set_clear(&said.uids);
	uid_set_clear(&said.gone);
	uid_set_clear(&said.failed);
}

static void
give_credit(struct sim_engine *engine)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_CREDIT, 0, 0);
	frame_put_u64(&writer, TAG_NUMBER, engine->taken);
	frame_end(&writer);
	send_all(engine, &out);
	engine->taken = 0;
}

void
sim_engine_tick(struct sim_engine *engine)
{
	if (engine->feed_token != 0 && clock_monotonic_ms() >= engine->feed_at)
		answer_feed(engine);
}

void
sim_engine_serve(struct sim_engine *engine)
{
	static char bytes[64 * 1024];
	struct err err;
	struct frame frame;
	ssize_t n;

	do { /* to the last byte, or it would lie there until something else happens */
		n = recv(engine->descriptor, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0)
			frame_reader_feed(&engine->reader, bytes, (size_t)n);
		while (frame_reader_next(&engine->reader, &frame, &err) > 0)
			take(engine, &frame);
	} while (n == sizeof(bytes));
	if (engine->taken > CREDIT_PIECE)
		give_credit(engine);
}

void
sim_engine_begin(struct sim_engine *engine, int descriptor)
{
	engine->descriptor = descriptor;
}

/* fetch died: what it was at is void. */
void
sim_engine_end(struct sim_engine *engine)
{
	close(engine->descriptor);
	engine->descriptor = -1;
	frame_reader_clear(&engine->reader);
	memset(&engine->reader, 0, sizeof(engine->reader));
	while (engine->slices)
		end_slice(engine, engine->slices);
	text_reset(&engine->feed);
	engine->feed_token = 0;
	engine->taken = 0;
}
