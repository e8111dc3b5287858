#ifndef LIAISON_ENGINE_COMMAND_H
#define LIAISON_ENGINE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/base/err.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/config.h"
#include "liaison/wire/json.h"

/* One table says what a command is; dispatch, checks, help, completion and discover come from it. */

enum access { ACCESS_READS, ACCESS_WRITES, ACCESS_PRIVACY, ACCESS_ADMIN };

enum param_type {
	PARAM_TEXT, /* clean UTF-8, at most 4,000 bytes unless PARAM_LONG */
	PARAM_EMAIL, /* an address that has a canonical form; given as typed */
	PARAM_DOMAIN,
	PARAM_CONTACT, /* <contact>: a number, an address or a name; handlers use call_contact */
	PARAM_CODE, /* 1 to 20 of A-Z 0-9 . _ - ; folded to upper case */
	PARAM_INTEGER,
	PARAM_MONEY, /* decimal text */
	PARAM_PERCENT,
	PARAM_DECIMAL, /* a number with at most six places, of either sign */
	PARAM_FORMULA, /* a date formula, such as 1M+2D; as formula_text writes it */
	PARAM_DATE, /* a moment; see moment_parse */
	PARAM_DURATION, /* "90d" */
	PARAM_MINUTES, /* 45 or 45m or 1h30m */
	PARAM_FLAG,
	PARAM_ENUM, /* one of values */
	PARAM_WHERE,
	PARAM_SORT,
	PARAM_NAME, /* of a source, series, …: text without blanks */
	PARAM_INPUT, /* a file the client opens; its text is the path, its bytes call_input's */
	PARAM_OUTPUT,
};

enum param_flag {
	PARAM_REQUIRED = 1, /* and positional */
	PARAM_POSITIONAL = 2, /* optional, positional */
	PARAM_REPEATS = 4,
	PARAM_LONG = 8, /* text up to 256 KiB */
	PARAM_BLANK = 16, /* required, and an empty word or null will do */
};

struct param {
	const char *name; /* snake_case */
	enum param_type type;
	unsigned flags;
	const char *summary;
	const char *values; /* PARAM_ENUM: "person|company" */
	const char *fallback; /* default, told by discover and filled in */
};

/* x-view: how the client draws the result. */
enum view { VIEW_RECORD, VIEW_TABLE, VIEW_BARS, VIEW_FUNNEL, VIEW_HEAT };

enum command_trait {
	COMMAND_LIST = 1, /* takes where, sort, limit, after, count besides its params */
	COMMAND_CONFIRM = 2, /* x-confirm: without yes it runs dry and is refused with the counts */
	COMMAND_LOOP = 4, /* runs on the loop, may answer later: run_loop */
	/* Takes if_version, and in place of its noun a where, which must be confirmed. */
	COMMAND_NOUN_EDIT = 8,
	COMMAND_IN_ORDER = 16, /* COMMAND_LOOP: its connection's later requests wait for its end */
	COMMAND_TRIES = 32, /* COMMAND_LOOP: takes dry_run, as it looks at it or changes nothing */
	COMMAND_STREAM = 64, /* COMMAND_LOOP: is begun before its file, and takes it as it comes */
};

struct call;
struct loop_call; /* loop_call.h */
struct engine;
struct input;
struct capture;
struct record_noun; /* liaison/crm/record.h */
struct record_beside; /* cmd_record.h */

struct command {
	const char *name; /* "contact.email.add" */
	const char *summary;
	const struct param *params; /* ends with a NULL name; NULL: none */
	int (*run)(struct call *call, struct err *err);
	enum access access;
	unsigned traits;
	const char *key; /* of the record or of a list's items: "no", "code", "name", "id" */
	const char *columns; /* of the table view, comma-separated: "no,name,city" */
	enum view view;
	int (*run_loop)(struct loop_call *call, struct err *err); /* COMMAND_LOOP */
	const struct record_noun *record; /* cmd_record.h: what its handlers are about */
	const struct record_beside *beside; /* what is set with it; NULL: its fields alone */
	size_t input_max; /* bytes of its PARAM_INPUT, of which it has at most one; 0: 1 MiB */
};

/* A command under way, on the writer's or a reader's thread, inside a transaction (a savepoint on
 * the writer, which the caller releases or rolls back; dry_run always rolls back). */
struct call {
	struct store *store;
	struct arena *arena;
	struct json_out *out; /* the handler writes exactly one value with name NULL */
	const struct command *command;
	const struct config *config; /* borrowed; constant while the call runs */
	const char *user; /* who asks: login name, or the number of the uid */
	const char *as; /* salesperson the caller acts as, or NULL; see call_salesperson */
	const char *viewer; /* for store_set_viewer: NULL sees all */
	const struct zone *zone; /* the caller's, or the configured one */
	const struct zone *own_zone; /* the configured one */
	int64_t now;
	bool dry_run, yes;
	unsigned access; /* enum access_bit: what the caller may */
	struct call_values *values; /* private to command.c */
	struct call_events *events; /* private to watch.c */
	int64_t journal_batch; /* first journal id of this command; 0 before */
	struct engine *engine; /* NULL in unit tests */
	struct capture *capture; /* the writer's; NULL on readers: use call_capture */
	struct call_after *after; /* private to execute.c */
	struct turns *turns; /* private to turns.c; NULL: it reads */
	const struct input *input; /* borrowed; NULL: none came along */
};

/* Parameters by name; asserts that the table has them. Text is clean and type-checked. */
bool call_given(const struct call *call, const char *name); /* also when null */
const char *call_text(const struct call *call, const char *name); /* NULL: absent or null */
int64_t call_int(const struct call *call, const char *name, int64_t otherwise);
bool call_flag(const struct call *call, const char *name);
/* COMMAND_NOUN_EDIT: a condition is given in place of the noun. */
bool call_is_bulk(const struct call *call);
unsigned call_count(const struct call *call, const char *name);
const char *call_text_at(const struct call *call, const char *name, unsigned i);
/* PARAM_PERCENT in hundredths of a percent; 0 when absent. */
int64_t call_percent(const struct call *call, const char *name);
/* PARAM_DECIMAL in millionths; 0 when absent. ERR_USAGE: it is too large. */
int call_decimal(const struct call *call, const char *name, int64_t *out, struct err *err);
/* PARAM_DATE: time and offset; false when absent. end: a bare date means its last second. */
int call_time(const struct call *call, const char *name, bool end, int64_t *time, int *offset_min,
	bool *given, struct err *err);
int
call_money(const struct call *call, const char *name, int64_t *minor, bool *given, struct err *err);
/* The bytes of the PARAM_INPUT, borrowed; NULL: it is not given. */
const char *call_input(const struct call *call, size_t *size);
/* The same as clean text, without the newlines at its end. ERR_USAGE: it is not UTF-8. */
int call_input_text(const struct call *call, const char **text, struct err *err);
/* The salesperson whom the caller acts as, or whose local user it is; NULL: none. */
int call_salesperson(const struct call *call, const char **code, struct err *err);
/* The code that a parameter gave, which is that one's where it is "me"; it may be NULL. */
int call_settle_me(const struct call *call, const char **code, struct err *err);
/* The context for conditions of this caller; borrows the call. */
struct query_context call_query_context(struct call *call);
/* COMMAND_LIST: fills where (parsed, and-ed with extra, which may be NULL), sort, limit, after, count. */
int call_list(struct call *call, const struct query_noun *noun, struct query_node *extra,
	struct query_list *out, struct err *err);
/* Writes {"items":[…],"next":…} with one write_item call an id. */
int call_answer_list(struct call *call, const struct query_list *list,
	int (*write_item)(struct call *call, int64_t id, struct err *err), struct err *err);

/* A command that writes much does it in several transactions, each no longer than others may wait for
 * the pen; all its journal entries are one batch. Its handler is run again for each. What it keeps for
 * the next one, zeroed before the first: */
void *call_keep(struct call *call, size_t size);
/* Memory for as long as that; call.arena is this transaction's once call_keep was asked. */
struct arena *call_keep_arena(struct call *call);
/* So much was done in this transaction that others should have their turn. */
bool call_is_long(const struct call *call);
/* When it will be so, on the monotonic clock. */
int64_t call_until(const struct call *call);
/* What this transaction leaves half done is gone on with even if nobody wants it any more, or at the next
 * start. */
void call_must_end(struct call *call, bool must);
/* The handler, which answers nothing yet, is run again. */
void call_continue(struct call *call, int64_t done, int64_t total, const char *unit);

/* Adds a journal row for this call (user, method and batch filled in). before, after: JSON or NULL. */
int call_journal(struct call *call, const char *noun, int64_t record, const char *before,
	const char *after, struct err *err);
/* The same of what belongs to a contact. */
int call_journal_of(struct call *call, int64_t contact, const char *noun, int64_t record,
	const char *before, const char *after, struct err *err);
/* An event that watchers get after COMMIT, each with what of the interaction is theirs to see. */
int call_event(struct call *call, const char *kind, int64_t interaction, struct err *err);

/* What deciding needs, for commands that write (ACCESS_WRITES and above run on the writer). */
struct capture *call_capture(struct call *call);
/* Runs on the loop once this command's transaction is committed; text is copied, may be NULL. */
void call_after_commit(struct call *call,
	void (*run)(struct engine *engine, int64_t number, const char *text), int64_t number,
	const char *text);

/* The nouns' tables; each ends with a NULL name. */
extern const struct command system_commands[], privacy_commands[], undo_commands[],
	picture_commands[], source_commands[], backfill_commands[], capture_commands[],
	rule_commands[], candidate_commands[], contact_commands[], forget_commands[],
	interaction_commands[], salesperson_commands[], series_commands[], code_commands[],
	contact_part_commands[], contact_address_commands[], contact_import_commands[],
	contact_merge_commands[], contact_duplicate_commands[], salutation_commands[],
	questionnaire_commands[], rating_commands[], profile_commands[], field_commands[],
	view_commands[], setup_commands[], watch_commands[], help_commands[];

#endif
