#include "world.h"

#include "liaison/base/address.h"
#include "liaison/base/crypt.h"
#include "liaison/crm/salesperson.h"

static const char *OWN[] = { "me@own.example", "*@bots.own.example" };
static const char *OWN_DOMAINS[] = { "own.example" };
static const char *ALIASES[] = { "Alias@Own.Example" };

void
world_describe(struct world *world)
{
	world->sources[0] = (struct config_source){
		.number = 1,
		.kind = SOURCE_IMAP,
		.name = "work",
		.user = "me@own.example",
		.addresses = { ALIASES, 1 },
	};
	world->sources[1] = (struct config_source){
		.number = 2,
		.kind = SOURCE_IMAP,
		.name = "home",
		.user = "no-address",
	};
	world->config = (struct config){
		.own_addresses = { OWN, 2 },
		.own_domains = { OWN_DOMAINS, 1 },
		.sources = world->sources,
		.source_count = 2,
	};
}

int
world_open(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	world->store = store_open_memory(&world->err);
	if (world->store == NULL)
		fail_msg("no store: %s", world->err.message);
	world->arena = arena_new();
	world->clock = NOW - 10 * DAY;
	world_describe(world);
	world->capture = capture_new(&world->config);
	assert_ok(source_row(world->store, &world->sources[0], &world->work, &world->err));
	assert_ok(source_row(world->store, &world->sources[1], &world->home, &world->err));
	world->inbox = world_stream(world, world->work, "INBOX", 7, 1001);
	*state = world;
	return 0;
}

int
world_close(void **state)
{
	struct world *world = *state;

	capture_free(world->capture);
	store_close(world->store);
	arena_free(world->arena);
	text_clear(&world->text);
	free(world);
	return 0;
}

void
world_configure(struct world *world)
{
	capture_free(world->capture);
	world->capture = capture_new(&world->config);
}

int64_t
world_stream(struct world *world, int64_t source, const char *folder, uint32_t uidvalidity,
	uint32_t uidnext)
{
	struct stream stream;
	bool fresh;

	assert_ok(stream_open(world->store, world->arena, source, folder, uidvalidity, "", uidnext,
		true, NOW - 90 * DAY, &stream, &fresh, &world->err));
	return stream.id;
}

void
mail_seal(struct event *event)
{
	uint8_t digest[SHA256_SIZE];
	struct text text = { 0 };
	const char *from = event->party_count > 0 ? event->parties[0].email : "";

	text_printf(&text, "%s\n%s\n%lld\n%s", event->message_id == NULL ? "" : event->message_id,
		from, (long long)event->date, event->subject == NULL ? "" : event->subject);
	sha256(text.bytes, text.size, digest);
	memcpy(event->identity, digest, sizeof event->identity);
	text_clear(&text);
}

struct event_party *
mail_add(struct world *world, struct event *event, enum party_role role, const char *email)
{
	struct event_party *party = &event->parties[event->party_count++];
	struct err ignored;
	char *address;

	assert_true(event->party_count <= 64);
	*party = (struct event_party){ .role = role, .email = email };
	if (address_canonical(world->arena, email, &address, &ignored) == 0)
		party->address = address;
	return party;
}

struct event *
world_mail(struct world *world, const char *from, const char *to)
{
	struct event *event = arena_alloc(world->arena, sizeof *event);

	world->clock += 60;
	event->at = event->date = event->internal_date = world->clock;
	event->offset_min = 60;
	event->size = 4000;
	event->subject = "Hello";
	event->message_id = arena_printf(world->arena, "m%u@test.example", ++world->serial);
	event->parties = arena_array(world->arena, 64, sizeof *event->parties);
	if (from != NULL)
		mail_add(world, event, PARTY_FROM, from);
	if (to != NULL)
		mail_add(world, event, PARTY_TO, to);
	mail_seal(event);
	return event;
}

void
mail_reply(struct world *world, struct event *event, const struct event *parent)
{
	unsigned count = parent->reference_count;
	const char **references = arena_array(world->arena, count + 1, sizeof *references);

	for (unsigned i = 0; i < count; i++)
		references[i] = parent->references[i];
	references[count] = parent->message_id;
	event->references = references;
	event->reference_count = count + 1;
	event->in_reply_to = parent->message_id;
}

void
world_slice(struct world *world, const struct capture_slice *slice)
{
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_slice(world->store, world->capture, world->arena, slice, NOW,
		&world->result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
}

void
world_decide(struct world *world, enum capture_slice_kind kind, int64_t stream, uint32_t uid,
	struct event *event)
{
	struct capture_item item = { .uid = uid, .event = event };
	struct capture_slice slice = {
		.stream_id = stream,
		.kind = kind,
		.sent = world->sent,
		.items = &item,
		.count = 1,
		.cursor = kind == CAPTURE_NEW ? uid : 0,
	};

	if (event == NULL)
		item.error = "its header has no end";
	world_slice(world, &slice);
}

void
world_new(struct world *world, int64_t stream, uint32_t uid, struct event *event)
{
	world_decide(world, CAPTURE_NEW, stream, uid, event);
}

static const char SELECT_ROW[] =
	"SELECT id, decision, reason, interaction_id, message_id, recognised FROM ledger "
	"WHERE stream_id = ? AND uid = ?";

struct row
world_row(struct world *world, int64_t stream, uint32_t uid)
{
	struct stmt *q = sql_prepare(world->store, SELECT_ROW);
	struct row row = { 0 };

	stmt_bind_int(q, stream);
	stmt_bind_int(q, uid);
	if (stmt_row(q)) {
		row.id = stmt_int(q);
		row.decision = stmt_text_copy(q, world->arena);
		row.reason = stmt_text_copy(q, world->arena);
		row.interaction = stmt_int(q);
		row.message = stmt_int(q);
		row.recognised = stmt_int(q) != 0;
	}
	assert_ok(stmt_end(q, &world->err));
	return row;
}

int64_t
world_contact(struct world *world, const char *type, const char *name)
{
	struct contact contact = { .type = type, .name = name };

	assert_ok(contact_add(world->store, world->arena, &contact, NOW, &world->err));
	capture_contacts_changed(world->capture);
	return contact.id;
}

int64_t
world_salesperson(struct world *world, const char *code, const char *email, int64_t until)
{
	struct record *record = record_new(world->arena, &salesperson_noun);
	struct salesperson_email theirs = {
		.email = email, .has_until = until < INT64_MAX, .until = until
	};

	record->values[at_salesperson_code] = (struct record_value){ .given = true, .text = code };
	assert_ok(record_add(world->store, world->arena, record, &world->err));
	assert_ok(salesperson_set_emails(
		world->store, world->arena, record->id, &theirs, 1, &world->err));
	capture_contacts_changed(world->capture);
	return record->id;
}

static void
add_email(struct world *world, int64_t contact, struct contact_email *email)
{
	assert_ok(contact_email_add(world->store, world->arena, contact, email, &world->err));
	capture_contacts_changed(world->capture);
}

void
world_email(struct world *world, int64_t contact, const char *email)
{
	add_email(world, contact, &(struct contact_email){ .email = email });
}

void
world_shared_email(struct world *world, int64_t contact, const char *email)
{
	add_email(world, contact, &(struct contact_email){ .email = email, .shared = true });
}

void
world_email_between(
	struct world *world, int64_t contact, const char *email, int64_t from, int64_t until)
{
	add_email(world, contact,
		&(struct contact_email){ .email = email,
			.has_from = from != 0,
			.from = from,
			.has_until = until != 0,
			.until = until });
}

int64_t
world_person(struct world *world, const char *name, const char *email)
{
	int64_t id = world_contact(world, "person", name);

	world_email(world, id, email);
	return id;
}

int64_t
world_rematch(struct world *world, const char *address)
{
	int64_t count;

	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_rematch_address(world->store, world->capture, world->arena, address, NOW,
		&world->result, &count, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	return count;
}

int64_t
ask(struct world *world, const char *sql, int64_t bound)
{
	struct stmt *q = sql_prepare(world->store, sql);
	int64_t answer = -1;
	bool found;

	if (strchr(sql, '?') != NULL)
		stmt_bind_int(q, bound);
	assert_ok(sql_get_int(q, &answer, &found, &world->err));
	return answer;
}

const char *
ask_text(struct world *world, const char *sql, int64_t bound)
{
	struct stmt *q = sql_prepare(world->store, sql);
	const char *answer = NULL;

	if (strchr(sql, '?') != NULL)
		stmt_bind_int(q, bound);
	if (stmt_row(q))
		answer = stmt_text_copy(q, world->arena);
	assert_ok(stmt_end(q, &world->err));
	return answer;
}
