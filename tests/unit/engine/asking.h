#ifndef LIAISON_TESTS_ENGINE_ASKING_H
#define LIAISON_TESTS_ENGINE_ASKING_H

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/capture/capture.h"
#include "request.h"
#include "test.h"
#include "watch.h"

/* An engine's writer without threads or processes: asked in words, as the client does. */

struct asker {
	struct engine engine;
	struct worker worker;
	struct settings *settings;
	json_t *answer; /* the last one, whole */
	const char *user; /* who asks; NULL: "tester" */
	bool trusted; /* as root */
	unsigned transactions; /* that the last write took */
	unsigned access; /* enum access_bit; 0: all */
};

int asker_open(void **state);
int asker_close(void **state);

/* line: "contact add 'Ada Lovelace' --city London"; single quotes hold blanks. Returns the result;
 * fails the test when it is an error. */
json_t *asked(struct asker *asker, const char *line);
/* The same confirmed with yes. */
json_t *asked_yes(struct asker *asker, const char *line);
/* Returns the error's name ("conflict"); its message is asked for by refusal. */
const char *refused(struct asker *asker, const char *line);
const char *refusal(struct asker *asker, const char *member);

/* Members on the way: "items.0.no", as text or number. */
json_t *member(json_t *of, const char *path);
const char *text_of(json_t *of, const char *path);
int64_t number_of(json_t *of, const char *path);
void assert_text(const char *value, const char *wanted);
size_t count_of(json_t *list); /* its items */

#endif
