#ifndef LIAISON_CAPTURE_PARTIES_H
#define LIAISON_CAPTURE_PARTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/wire/config.h"

/* Whose an address is: ours, or a contact's. */

struct turn;

enum side { SIDE_UNASKED, SIDE_OURS, SIDE_COLLEAGUE, SIDE_OTHER };

/* A contact that holds, or once held, an address or a domain. */
struct holder {
	int64_t contact_id, company_id;
	const char *no;
	bool person, removed;
	bool blocked; /* for privacy: nothing new is recorded of it */
	bool has_from, has_until;
	int64_t from, until;
};
bool holder_valid(const struct holder *holder, int64_t at);

struct tally;

/* One address ("ada@x.example") or domain ("@x.example") as it was last looked up. */
struct known {
	uint64_t hash;
	const char *key;
	int64_t id; /* row of address, 0: not asked yet */
	unsigned id_generation;
	enum side side;
	unsigned generation; /* of the contacts when holders were read; 0: never */
	struct holder *holders;
	unsigned holder_count;
	enum { PERSON_UNASKED, PERSON_STRANGER, PERSON_NONE } person;
	struct tally *tally; /* of candidate_tally.c, while it is of this turn */
	uint64_t tally_turn;
};

struct known_table {
	struct arena *memory;
	struct known **slots;
	size_t room, count;
};

struct salesperson_email;

struct own {
	struct arena *memory;
	const char **addresses; /* sorted */
	size_t address_count;
	const char **patterns, **colleagues;
	size_t pattern_count, colleague_count;
	struct arena *people; /* has what follows: the salespeople's, sorted */
	struct salesperson_email *theirs;
	unsigned their_count, generation;
};

/* own.c */
void own_init(struct own *own, const struct config *config);
void own_clear(struct own *own);
/* By the configuration. */
enum side own_side(const struct own *own, const char *address);
/* Reads the salespeople's addresses if they may have changed. */
int own_learn(struct turn *turn, struct err *err);
bool own_was_theirs(const struct own *own, const char *address, int64_t at);

/* known.c */
void known_init(struct known_table *table);
void known_clear(struct known_table *table);
void known_flush(struct known_table *table);
/* Between messages: forgets all when there is too much. */
void known_trim(struct known_table *table);
struct known *known_find(struct known_table *table, const char *key);
int known_address_id(struct turn *turn, struct known *known, int64_t *id, struct err *err);
int known_holders(struct turn *turn, struct known *known, struct err *err);

#endif
