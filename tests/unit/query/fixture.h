#ifndef QUERY_FIXTURE_H
#define QUERY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/query/query.h"
#include "liaison/store/sql.h"

#include "nouns.h"

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
	struct store *store;
	struct arena *arena;
	struct query_context context; /* 2026-11-21T12:00:00Z, me is "AL" */
};

int open_fixture(void **state);
int close_fixture(void **state);

void must_run(struct store *store, const char *sql);
/* The condition, which must be read. */
struct query_node *
must_parse(struct fixture *fixture, const struct query_noun *noun, const char *condition);
/* Ids that match, as "1 2 3". */
const char *ids_of(struct fixture *fixture, const struct query_noun *noun, const char *condition);
void must_select(struct fixture *fixture, const char *condition, const char *ids);
/* The message of a condition that must be refused. */
const char *refusal(struct fixture *fixture, const struct query_noun *noun, const char *condition);
void must_refuse(struct fixture *fixture, const char *condition, const char *part);

#endif
