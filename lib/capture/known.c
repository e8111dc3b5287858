#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "liaison/base/crypt.h"
#include "liaison/crm/contact.h"

/* Addresses and domains as they were last looked up, so that a backfill asks the database once for
 * each; forgotten all at once when they are too many. */

enum {
	KNOWN_MAX = 64 * 1024,
	KNOWN_BYTES_MAX = 12 * 1024 * 1024,
	ROOM_FIRST = 1024,
	HOLDERS_MAX = 64
};

bool
holder_valid(const struct holder *holder, int64_t at)
{
	return !holder->removed && (!holder->has_from || at >= holder->from) &&
	       (!holder->has_until || at <= holder->until);
}

void
known_init(struct known_table *table)
{
	*table = (struct known_table){
		.memory = arena_new(),
		.slots = mem_zero(ROOM_FIRST, sizeof *table->slots),
		.room = ROOM_FIRST,
	};
}

void
known_clear(struct known_table *table)
{
	arena_free(table->memory);
	free(table->slots);
}

void
known_flush(struct known_table *table)
{
	arena_reset(table->memory);
	memset(table->slots, 0, table->room * sizeof *table->slots);
	table->count = 0;
}

void
known_trim(struct known_table *table)
{
	if (table->count > KNOWN_MAX || arena_used(table->memory) > KNOWN_BYTES_MAX)
		known_flush(table);
}

static struct known **
slot_for(struct known **slots, size_t room, uint64_t hash, const char *key)
{
	size_t i = hash & (room - 1);

	while (slots[i] != NULL && (slots[i]->hash != hash || strcmp(slots[i]->key, key) != 0))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static void
grow(struct known_table *table)
{
	size_t room = table->room * 2;
	struct known **slots = mem_zero(room, sizeof *slots);

	for (size_t i = 0; i < table->room; i++) {
		struct known *known = table->slots[i];

		if (known != NULL)
			*slot_for(slots, room, known->hash, known->key) = known;
	}
	free(table->slots);
	table->slots = slots;
	table->room = room;
}

struct known *
known_find(struct known_table *table, const char *key)
{
	size_t size = strlen(key);
	uint64_t hash = hash64(key, size);
	struct known **slot = slot_for(table->slots, table->room, hash, key);

	if (*slot != NULL)
		return *slot;
	if ((table->count + 1) * 2 > table->room) {
		grow(table);
		slot = slot_for(table->slots, table->room, hash, key);
	}
	*slot = arena_alloc(table->memory, sizeof **slot);
	(*slot)->hash = hash;
	(*slot)->key = arena_text_n(table->memory, key, size);
	table->count++;
	return *slot;
}

static const char ADD_ADDRESS[] =
	"INSERT INTO address (address) VALUES (?) ON CONFLICT (address) DO NOTHING";

static int
add_address(struct store *store, const char *address, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, ADD_ADDRESS);

	stmt_bind_text(q, address);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) > 0)
		*id = store_last_id(store);
	return 0;
}

static const char SELECT_ADDRESS[] = "SELECT id FROM address WHERE address = ?";

static int
find_address(struct store *store, const char *address, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ADDRESS);

	stmt_bind_text(q, address);
	return sql_get_int(q, id, NULL, err);
}

/* A new address is tried as new first: that is one look-up. An old number is asked again. */
int
known_address_id(struct turn *turn, struct known *known, int64_t *id, struct err *err)
{
	unsigned generation = turn->capture->generation;
	int64_t found = 0;

	if (known->id == 0 || known->id_generation != generation) {
		if (known->id != 0 && find_address(turn->store, known->key, &found, err) < 0)
			return -1;
		if (found == 0 && add_address(turn->store, known->key, &found, err) < 0)
			return -1;
		if (found == 0 && find_address(turn->store, known->key, &found, err) < 0)
			return -1;
		known->id = found;
		known->id_generation = generation;
	}
	*id = known->id;
	return 0;
}

static void
read_holder(struct stmt *q, struct arena *arena, struct holder *out)
{
	out->contact_id = stmt_int(q);
	out->company_id = stmt_int(q);
	out->no = stmt_text_copy(q, arena);
	out->person = stmt_int(q) != 0;
	out->has_from = !stmt_next_is_null(q);
	out->from = stmt_int(q);
	out->has_until = !stmt_next_is_null(q);
	out->until = stmt_int(q);
	out->removed = stmt_int(q) != 0;
	out->blocked = stmt_int(q) != 0;
}

/* All who ever held it: the message's time decides who did then. */
static const char SELECT_HOLDERS[] =
	"SELECT c.id, c.company_id, c.no, c.type = 'person', e.valid_from, e.valid_until, "
	"e.state = 'removed', c.privacy_blocked FROM contact_email e JOIN contact c ON c.id = "
	"e.contact_id "
	"WHERE e.address = ? ORDER BY e.id";

static int
holders_of_address(struct turn *turn, struct known *known, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_HOLDERS);
	struct holder found[HOLDERS_MAX];
	struct arena *memory = turn->capture->known.memory;
	unsigned count = 0;

	stmt_bind_text(q, known->key);
	while (count < HOLDERS_MAX && stmt_row(q))
		read_holder(q, memory, &found[count++]);
	if (stmt_end(q, err) < 0)
		return -1;
	known->holders = count == 0 ? NULL : arena_array(memory, count, sizeof *found);
	if (count > 0)
		memcpy(known->holders, found, count * sizeof *found);
	known->holder_count = count;
	return 0;
}

static const char SELECT_NO[] = "SELECT no, privacy_blocked FROM contact WHERE id = ?";

static int
name_holder(struct turn *turn, struct holder *holder, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_NO);

	stmt_bind_int(q, holder->contact_id);
	if (stmt_row(q)) {
		holder->no = stmt_text_copy(q, turn->capture->known.memory);
		holder->blocked = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

static int
holders_of_domain(struct turn *turn, struct known *known, struct err *err)
{
	struct contact_holder found[HOLDERS_MAX];
	unsigned count;

	if (contact_by_domain(turn->store, known->key + 1, found, HOLDERS_MAX, &count, err) < 0)
		return -1;
	known->holders = count == 0 ? NULL
				    : arena_array(turn->capture->known.memory, count,
					      sizeof *known->holders);
	for (unsigned i = 0; i < count; i++) {
		known->holders[i] = (struct holder){
			.contact_id = found[i].contact_id,
			.company_id = found[i].company_id,
			.person = found[i].person,
		};
		if (name_holder(turn, &known->holders[i], err) < 0)
			return -1;
	}
	known->holder_count = count;
	return 0;
}

int
known_holders(struct turn *turn, struct known *known, struct err *err)
{
	int failed;

	if (known->generation == turn->capture->generation)
		return 0;
	failed = known->key[0] == '@' ? holders_of_domain(turn, known, err)
				      : holders_of_address(turn, known, err);
	if (failed < 0)
		return -1;
	known->generation = turn->capture->generation;
	return 0;
}
