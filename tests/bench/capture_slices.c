#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/contact.h"
#include "liaison/store/migrate.h"

/* How fast slices are decided, without servers and parsers: 50,000 messages with 3 parties on average,
 * 20,000 correspondents, a third of them contacts, newest first in slices of 500, one transaction a
 * slice. The database it leaves is what bare_sqlite takes. Prints one JSON line. With numbers behind the
 * database: how many messages, and how many of them are with ada@x.example, who is no contact, and other
 * strangers: what a rematch brings her, and rules are tried on. */

enum { CORRESPONDENTS = 20000, SLICE = 500, PEOPLE_A_DOMAIN = 5, CHECKPOINT_PAGES = 1024 };

static struct err err;

struct mail {
	unsigned messages, of_ada;
};

static void
must(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, err.message);
		exit(1);
	}
}

/* Small, fixed, good enough: splitmix64. */
static uint64_t
dice(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static const char *
address_of(struct arena *arena, unsigned who)
{
	return arena_printf(arena, "person%u@company%u.example", who, who / PEOPLE_A_DOMAIN);
}

static void
add_contacts(struct store *store, struct arena *arena)
{
	must(store_begin(store, &err), "begin");
	for (unsigned i = 0; i < CORRESPONDENTS; i += 3) {
		struct contact contact = { .type = "person",
			.name = arena_printf(arena, "Person Number%u", i) };
		struct contact_email email = { .email = address_of(arena, i) };

		must(contact_add(store, arena, &contact, 1800000000, &err), "contact");
		must(contact_email_add(store, arena, contact.id, &email, &err), "email");
	}
	must(store_commit(store, &err), "commit");
}

static void
add_party(struct arena *arena, struct event *event, enum party_role role, const char *address)
{
	event->parties[event->party_count++] = (struct event_party){ .role = role,
		.name = arena_printf(arena, "Name of %.20s", address),
		.email = address,
		.address = address };
}

static void
seal(struct event *event, uint64_t *state)
{
	uint64_t halves[2] = { dice(state), dice(state) };

	memcpy(event->identity, halves, sizeof event->identity);
}

static void
add_text(struct arena *arena, struct event *event)
{
	event->parts = arena_array(arena, 1, sizeof *event->parts);
	event->parts[0] = (struct event_part){ .part = "1",
		.type = "text/plain",
		.charset = "utf-8",
		.encoding = "quoted-printable",
		.size = event->size };
	event->part_count = 1;
	event->text_part = "1";
}

static bool
is_with_ada(const struct mail *mail, unsigned n)
{
	return mail->of_ada > 0 && n % (mail->messages / mail->of_ada) == 0;
}

/* Every third is a contact. */
static unsigned
somebody(uint64_t *state, bool stranger)
{
	unsigned who = (unsigned)(dice(state) % CORRESPONDENTS);

	return stranger && who % 3 == 0 ? who + 1 : who;
}

/* Every fourth is a reply to the one before it. */
static struct event *
make(struct arena *arena, const struct mail *mail, unsigned n, uint64_t *state)
{
	struct event *event = arena_alloc(arena, sizeof *event);
	bool ada = is_with_ada(mail, n);
	const char *them = address_of(arena, somebody(state, false));
	bool outbound = dice(state) % 3 == 0;
	unsigned more = (unsigned)(dice(state) % 3);

	if (ada)
		them = "ada@x.example";

	event->at = event->date = event->internal_date = 1700000000 + (int64_t)n * 60;
	event->size = 1500 + dice(state) % 20000;
	event->subject = arena_printf(arena, "Subject number %u about the usual things", n);
	event->message_id = arena_printf(
		arena, "%u.%016llx@mail.example", n, (unsigned long long)n);
	event->parties = arena_array(arena, 4, sizeof *event->parties);
	add_party(arena, event, PARTY_FROM, outbound ? "me@own.example" : them);
	add_party(arena, event, PARTY_TO, outbound ? them : "me@own.example");
	for (unsigned i = 0; i < more; i++)
		add_party(arena, event, PARTY_CC, address_of(arena, somebody(state, ada)));
	if (mail->of_ada > 0)
		add_text(arena, event);
	if (n % 4 == 3)
		event->in_reply_to = arena_printf(
			arena, "%u.%016llx@mail.example", n - 1, (unsigned long long)(n - 1));
	seal(event, state);
	return event;
}

static int64_t
decide_all(struct store *store, struct capture *capture, int64_t stream_id, struct event **events,
	unsigned high, unsigned *captured)
{
	struct arena *arena = arena_new();
	struct capture_item items[SLICE];
	int64_t began = clock_monotonic_ms();

	while (high > 0) {
		unsigned count = high < SLICE ? high : SLICE;
		struct capture_slice slice = { .stream_id = stream_id,
			.kind = CAPTURE_BACKFILL,
			.items = items,
			.count = count,
			.low = high - count,
			.low_moves = true };
		struct capture_result result;
		int64_t left;

		for (unsigned i = 0; i < count; i++)
			items[i] = (struct capture_item){ .uid = high - i,
				.event = events[high - i - 1] };
		must(store_begin(store, &err), "begin");
		must(capture_slice(store, capture, arena, &slice, 1800000000, &result, &err),
			"slice");
		must(store_commit(store, &err), "commit");
		if (store_wal_pages(store) > CHECKPOINT_PAGES)
			must(store_checkpoint(store, false, &left, &err), "checkpoint");
		*captured += result.captured;
		high -= count;
		arena_reset(arena);
	}
	arena_free(arena);
	return clock_monotonic_ms() - began;
}

int
main(int argc, char **argv)
{
	static const char *own[] = { "me@own.example" };
	struct config_source source = { .number = 1, .kind = SOURCE_IMAP, .name = "bench" };
	struct config config = {
		.own_addresses = { own, 1 }, .sources = &source, .source_count = 1
	};
	struct mail mail = { .messages = 50000 };
	struct event **events;
	struct arena *arena = arena_new();
	struct stream stream;
	struct capture *capture;
	struct store *store;
	uint64_t state = 42;
	unsigned captured = 0;
	int64_t source_id, ms;
	bool fresh;

	if (argc > 2)
		mail.messages = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		mail.of_ada = (unsigned)strtoul(argv[3], NULL, 10);
	events = calloc((size_t)mail.messages + 1, sizeof *events);
	if (argc < 2 || events == NULL || mail.messages == 0 || mail.of_ada > mail.messages) {
		fprintf(stderr, "usage: capture_slices NEW-DATABASE [MESSAGES [OF-ADA]]\n");
		return 2;
	}
	store = store_open(argv[1], STORE_WRITER, &err);
	must(store == NULL ? -1 : 0, "open");
	must(store_migrate(store, argv[1], &err), "migrate");
	add_contacts(store, arena);
	for (unsigned i = 0; i < mail.messages; i++)
		events[i] = make(arena, &mail, i, &state);
	must(source_row(store, &source, &source_id, &err), "source");
	must(stream_open(store, arena, source_id, "INBOX", 1, "", mail.messages + 1, false, 0,
		     &stream, &fresh, &err),
		"stream");
	capture = capture_new(&config);
	ms = decide_all(store, capture, stream.id, events, mail.messages, &captured);
	printf("{\"messages\":%u,\"captured\":%u,\"ms\":%lld,\"per_second\":%lld}\n", mail.messages,
		captured, (long long)ms,
		(long long)(mail.messages * INT64_C(1000) / (ms > 0 ? ms : 1)));
	capture_free(capture);
	store_close(store);
	arena_free(arena);
	free(events);
	return 0;
}
