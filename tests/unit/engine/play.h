#ifndef LIAISON_TESTS_ENGINE_PLAY_H
#define LIAISON_TESTS_ENGINE_PLAY_H

#include "connection.h"
#include "scene.h"

/* A scene with a calendar 'team', a client, and a database in a folder of its own. The bytes of its
 * feeds are none of a calendar, as parse is played. */

struct play {
	struct scene *scene;
	struct connection *connection;
	int client;
	char folder[40], database[80];
	char answers[8192]; /* to the client so far */
	size_t size;
	uint32_t token; /* of fetch's newest feed */
	uint64_t sent; /* payload bytes of all its pieces */
};

int play_open(void **state);
int play_close(void **state);
struct mailbox *team(struct play *play);

/* ---- fetch ---- */

void say_state(struct play *play, enum source_state state, const char *error);
/* The calendar is watched and well. */
void come_up(struct play *play);
/* A look is over without a feed, as nothing changed or for an error. */
void say_fresh(struct play *play, const char *error);

/* A feed comes in two pieces; error: in place of its bytes. */
enum piece { FIRST = 1, LAST = 2 };
void say_piece(struct play *play, uint32_t source, enum piece piece, const char *error);
void say_feed(struct play *play);
bool all_credit_is_back(struct play *play);
/* The engine has told fetch what became of the newest feed: scene->error. */
void await_answer(struct play *play);

/* ---- parse ---- */

/* One that was asked nothing yet. */
void begin_parse(struct play *play);
/* The feed has events of these UIDs, one letter each; serial: of their contents. */
void say_events(struct play *play, const char *uids, uint8_t serial);
/* The answer to the number-th event that was asked for, from 1. */
void say_meeting(struct play *play, unsigned number);
void reject_meeting(struct play *play, unsigned number);
/* A feed comes and is divided; what becomes of its events is up to the test. */
void deliver(struct play *play, const char *uids, uint8_t serial);
/* All of it is read and recorded. */
void record_feed(struct play *play, const char *uids, uint8_t serial);

/* ---- the database and the client ---- */

int64_t count(struct play *play, const char *sql);
void change(struct play *play, const char *sql);
/* Erases the calendar on the writer's thread, as source.remove does. */
void run_erase(struct work *work, struct worker *worker);
void ask(struct play *play, const char *method, const char *params);
bool was_told(struct play *play, const char *word);

#endif
