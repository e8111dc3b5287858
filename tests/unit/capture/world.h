#ifndef LIAISON_TESTS_CAPTURE_WORLD_H
#define LIAISON_TESTS_CAPTURE_WORLD_H

#include "liaison/capture/capture.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/interaction.h"
#include "liaison/store/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Last, because cmocka's fail() is a macro that hides ours. */
#include <cmocka.h>

/* A small world: me@own.example and alias@own.example are us, *@bots.own.example too, own.example
 * are colleagues; two accounts, "work" and "home", and the INBOX of work opened with UIDNEXT 1001. */

enum { NOW = 1800000000, DAY = 86400 }; /* 2027-01-15T08:00:00Z */

struct world {
	struct store *store;
	struct arena *arena;
	struct err err;
	struct config config;
	struct config_source sources[2];
	struct capture *capture;
	int64_t work, home; /* sources */
	int64_t inbox; /* stream of work */
	int64_t home_inbox; /* in a life only */
	struct capture_result result;
	struct text text;
	int64_t clock; /* of the next message */
	bool sent; /* what is decided lies in a folder of sent mail */
	unsigned serial; /* of Message-IDs */
};

/* Its configuration alone. */
void world_describe(struct world *world);
int world_open(void **state);
int world_close(void **state);
/* The capture made anew after the configuration was changed. */
void world_configure(struct world *world);

int64_t world_stream(struct world *world, int64_t source, const char *folder, uint32_t uidvalidity,
	uint32_t uidnext);

/* A personal message from one address to another with a Message-ID of its own. */
struct event *world_mail(struct world *world, const char *from, const char *to);
struct event_party *
mail_add(struct world *world, struct event *event, enum party_role role, const char *email);
void mail_reply(struct world *world, struct event *event, const struct event *parent);
/* The identity made again after fields were changed. */
void mail_seal(struct event *event);

/* Decides one message in a transaction of its own. */
void world_decide(struct world *world, enum capture_slice_kind kind, int64_t stream, uint32_t uid,
	struct event *event);
void world_new(struct world *world, int64_t stream, uint32_t uid, struct event *event);
void world_slice(struct world *world, const struct capture_slice *slice);

struct row {
	int64_t id, interaction, message;
	const char *decision, *reason;
	bool recognised;
};
/* id 0: there is none. */
struct row world_row(struct world *world, int64_t stream, uint32_t uid);

int64_t world_contact(struct world *world, const char *type, const char *name);
void world_email(struct world *world, int64_t contact, const char *email);
void world_email_between(
	struct world *world, int64_t contact, const char *email, int64_t from, int64_t until);
void world_shared_email(struct world *world, int64_t contact, const char *email);
int64_t world_rematch(struct world *world, const char *address);
/* A person with an address. */
int64_t world_person(struct world *world, const char *name, const char *email);

/* With an address that is theirs up to until, inclusive; INT64_MAX: for ever. */
int64_t world_salesperson(struct world *world, const char *code, const char *email, int64_t until);

/* One number or one text; sql: static, at most one number bound. */
int64_t ask(struct world *world, const char *sql, int64_t bound);
const char *ask_text(struct world *world, const char *sql, int64_t bound);

#define assert_ok(call) \
	do { \
		if ((call) < 0) \
			fail_msg("%s: %s", #call, world->err.message); \
	} while (0)
#define assert_fails(call, wanted) \
	do { \
		assert_int_equal((call), -1); \
		if (world->err.code != (wanted)) \
			fail_msg("%s: %s, not %s: %s", #call, err_name(world->err.code), \
				err_name(wanted), world->err.message); \
	} while (0)
#define assert_decided(stream, uid, wanted) \
	do { \
		struct row row_ = world_row(world, stream, uid); \
		if (row_.id == 0 || strcmp(row_.decision, wanted) != 0) \
			fail_msg("UID %u is %s (%s), not %s", (unsigned)(uid), \
				row_.id == 0 ? "undecided" : row_.decision, \
				row_.id == 0 || row_.reason == NULL ? "" : row_.reason, wanted); \
	} while (0)
#define assert_reason(stream, uid, wanted) \
	assert_string_equal(world_row(world, stream, uid).reason, wanted)

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

#endif
