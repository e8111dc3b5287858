#ifndef LIAISON_TESTS_CRM_DESK_H
#define LIAISON_TESTS_CRM_DESK_H

#include "liaison/crm/contact.h"
#include "liaison/crm/interaction.h"
#include "liaison/crm/series.h"
#include "liaison/crm/setup.h"
#include "liaison/store/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

/* A store in memory, an arena and the last error: what every test here sits at. */

enum { NOW = 1800000000 }; /* 2027-01-15T08:00:00Z */

struct desk {
	struct store *store;
	struct arena *arena;
	struct err err;
	struct text text;
};

int desk_open(void **state);
int desk_close(void **state);

/* Adds and returns the id; fails the test otherwise. */
int64_t add_person(struct desk *desk, const char *name, int64_t company);
int64_t add_company(struct desk *desk, const char *name);
void add_email(struct desk *desk, int64_t contact, const char *email);
int64_t add_interaction(
	struct desk *desk, const char *kind, int64_t at, const char *subject, int64_t contact);
struct contact get_contact(struct desk *desk, int64_t id);
int64_t ask(struct desk *desk, const char *sql); /* one number; sql: static */
/* The record as a jansson tree; the caller's to json_decref. */
json_t *record_of(struct desk *desk, const char *noun, int64_t id);

#define assert_ok(call) \
	do { \
		if ((call) < 0) \
			fail_msg("%s: %s", #call, desk->err.message); \
	} while (0)
#define assert_fails(call, wanted) \
	do { \
		assert_int_equal((call), -1); \
		if (desk->err.code != (wanted)) \
			fail_msg("%s: %s, not %s: %s", #call, err_name(desk->err.code), \
				err_name(wanted), desk->err.message); \
	} while (0)

#endif
