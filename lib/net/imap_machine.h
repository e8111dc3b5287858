#ifndef LIAISON_NET_IMAP_MACHINE_H
#define LIAISON_NET_IMAP_MACHINE_H

#include <stddef.h>
#include <strings.h>
#include <sys/types.h>

#include "liaison/base/arena.h"
#include "liaison/net/imap.h"

/* The inside of struct imap: bytes become tokens (imap_lexer.c), the first tokens of a line choose
 * who takes the rest (imap_response.c), and that one builds an event (imap_data.c, imap_fetch.c,
 * imap_structure.c). Nothing here looks back over bytes already taken, so how the stream was cut
 * into pieces cannot matter. */

enum {
	TOKEN_MAX = IMAP_LINE_MAX,
	RESPONSES_MAX = 200 * 1000, /* between two tagged answers */
	BYTES_MAX = 64 * 1024 * 1024, /* as above, */
	FETCH_BYTES_MAX = 512 * 1024 * 1024, /* and while a FETCH is answered */
	SKIPPED_MAX = 16 * 1024 * 1024, /* bytes of one line that nobody keeps */
	ARENA_KEPT = 64 * 1024,
	SECRET_MAX = 16 * 1024,
	VALUE_MAX = 4096, /* kept of a literal inside a structure */
};

enum token_kind {
	TOKEN_ATOM,
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_TEXT, /* the rest of a line that was asked for raw */
	TOKEN_END, /* of the line */
};

struct token {
	enum token_kind kind;
	const char *bytes; /* NUL-terminated */
	size_t size;
	bool literal; /* a string that was a literal */
	bool truncated; /* more came than is kept */
};

enum lexer_state {
	LEX_BETWEEN,
	LEX_ATOM,
	LEX_BRACKET,
	LEX_QUOTED,
	LEX_ESCAPE,
	LEX_SIZE,
	LEX_SIZE_END,
	LEX_LITERAL,
	LEX_TEXT,
	LEX_SKIP,
};

enum line_kind {
	LINE_START, /* no token seen yet */
	LINE_UNTAGGED, /* "*" seen */
	LINE_NUMBER, /* "* 12" seen */
	LINE_TAGGED, /* a tag seen */
	LINE_TAGGED_TEXT, /* "A1 OK" */
	LINE_CONTINUE, /* "+" */
	LINE_STATUS_TEXT, /* "* OK" */
	LINE_STRANGE, /* instead of a greeting */
	LINE_CAPABILITY,
	LINE_SEARCH,
	LINE_ESEARCH,
	LINE_LIST,
	LINE_STATUS,
	LINE_FETCH,
	LINE_IGNORED, /* unknown: skipped with its literals */
};

struct pending {
	unsigned id;
	enum imap_command command;
	bool extended; /* a SEARCH that wants ranges */
};

/* An ESEARCH line on its way (RFC 4731): (TAG "A7") UID ALL 2:5,9 COUNT 5. */
struct esearch {
	unsigned depth;
	bool tag; /* the name of its command is next */
	bool foreign; /* it is of no command of ours */
	bool uids; /* it is about UIDs */
	bool all; /* ranges of ALL are next */
	unsigned id; /* as its TAG says, 0: it does not */
	uint64_t found;
};

enum idle_state { IDLE_OFF, IDLE_ASKED, IDLE_ON, IDLE_ENDING };
enum phase { PHASE_GREETING, PHASE_OPEN, PHASE_TLS, PHASE_DEAD };

enum auth_step { STEP_PLAIN, STEP_LOGIN, STEP_SASL_LOGIN, STEP_XOAUTH2, STEP_OAUTHBEARER };
enum { AUTH_STEPS_MAX = 4 };

/* A login on its way. */
struct auth {
	enum auth_step steps[AUTH_STEPS_MAX];
	size_t step, count;
	unsigned id;
	unsigned turn; /* continuations answered in this step */
	char *user; /* own */
	char *secret; /* own, wiped */
	size_t secret_size;
};

enum item {
	ITEM_OTHER,
	ITEM_UID,
	ITEM_SIZE,
	ITEM_DATE,
	ITEM_FLAGS,
	ITEM_STRUCTURE,
	ITEM_HEADER,
	ITEM_BODY,
};

enum frame_kind { IN_BODY, IN_PARAMETERS, IN_DISPOSITION, IN_SKIPPED };

/* One open parenthesis of a BODYSTRUCTURE. */
struct structure_frame {
	enum frame_kind kind;
	unsigned index; /* elements seen */
	bool multi;
	unsigned children;
	int part; /* of a single part: its place in parts, or -1 */
	bool message; /* message/rfc822 */
	const char *number; /* arena */
};

struct structure {
	struct structure_frame *frames; /* own, IMAP_DEPTH_MAX of them while in use */
	struct arena *arena; /* borrowed */
	unsigned depth;
	unsigned ignored_depth;
	size_t bytes;
	bool refused;
	struct imap_part *parts; /* own, room for IMAP_PARTS_MAX */
	size_t part_count;
	char *parameter; /* arena: the name whose value is next */
};

enum fetch_state {
	FETCH_OPEN,
	FETCH_NAME,
	FETCH_VALUE,
	FETCH_LIST,
	FETCH_SKIP,
	FETCH_STRUCTURE,
	FETCH_DONE
};

struct fetch {
	enum fetch_state state;
	enum item item;
	unsigned depth; /* inside a value that is skipped */
	struct imap_message message;
	struct text header, body;
	const char *keywords[IMAP_KEYWORDS_MAX];
	struct structure structure;
};

struct mailbox_line {
	unsigned step;
	struct imap_mailbox box;
	char *wire; /* own */
	char *key; /* own */
};

struct imap {
	enum config_tls tls;
	enum phase phase;
	bool secured; /* bytes go through TLS */
	bool authenticated;
	imap_listen *listen;
	void *context;

	/* lexer */
	enum lexer_state lex;
	bool raw; /* the rest of the line is wanted as it is */
	bool ignore; /* the rest of the line is skipped */
	bool number_plain; /* LEX_SIZE has only digits so far */
	struct text token;
	uint64_t literal_left, literal_keep, literal_size;
	bool literal_cut;
	size_t line_used, skipped;
	uint64_t bytes;
	unsigned responses;
	char tail[16]; /* the end of a skipped line: a literal may be announced there */
	unsigned tail_size;

	/* response */
	enum line_kind line;
	char first[24]; /* the number of "* 12", a tag, or the start of a strange line */
	enum imap_status status;
	bool preauth, bye;
	uint32_t number;
	struct mailbox_line *mailbox; /* own, while one is read */
	struct esearch esearch;
	struct fetch *fetch; /* own, until imap_trim */
	struct arena *arena; /* own, until imap_trim */

	/* commands */
	struct text out, held;
	struct pending queue[IMAP_PIPELINE_MAX];
	unsigned queue_first, queue_count;
	unsigned answered; /* place in the queue of the command that is answered now */
	unsigned last_id;
	enum idle_state idle;
	bool list_extended;
	bool wiping; /* out holds a secret */
	struct auth *auth; /* own */
	unsigned capabilities;
	bool capabilities_known;
	struct imap_mailbox selected;

	struct err *err; /* own: why it is dead, or NULL */
};

/* imap.c */
struct arena *imap_arena(struct imap *imap);
void imap_tell(struct imap *imap, const struct imap_event *event);
int imap_dead(struct imap *imap, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int parse_number(const char *bytes, size_t size, uint64_t max, uint64_t *out);
bool word_is(const char *bytes, const char *word);

/* imap_lexer.c: 0 or -1, and the machine is dead. */
int imap_lex(struct imap *imap, const char *bytes, size_t size);

/* imap_response.c */
int imap_token(struct imap *imap, const struct token *token);
/* How much of a literal of this size is to be kept. */
size_t imap_literal_keep(struct imap *imap, uint64_t size);
/* The line is over its budget: 1 if it may go on without keeping the token, else -1. */
int imap_line_long(struct imap *imap);

/* imap_text.c */
void read_status_text(struct imap *imap, const char *bytes, struct imap_event *event);

/* imap_data.c */
void mailbox_line_free(struct imap *imap);
int read_capability(struct imap *imap, const struct token *token);
void capability_word(struct imap *imap, const char *word);
int read_search(struct imap *imap, const struct token *token);
int read_list(struct imap *imap, const struct token *token);
int read_status(struct imap *imap, const struct token *token);

/* imap_esearch.c */
int read_esearch(struct imap *imap, const struct token *token);

/* imap_fetch.c */
int fetch_begin(struct imap *imap);
int fetch_token(struct imap *imap, const struct token *token);
void fetch_free(struct imap *imap);

/* imap_structure.c */
void structure_begin(struct imap *imap, struct structure *structure);
void structure_token(struct imap *imap, struct structure *structure, const struct token *token);
bool structure_open(const struct structure *structure);
void structure_clear(struct structure *structure);

/* imap_command.c */
const struct pending *imap_oldest(const struct imap *imap, enum imap_command command);
int imap_finish(struct imap *imap, struct imap_event *event);
unsigned imap_push(struct imap *imap, enum imap_command command);
/* The open one of a tag of ours; NULL: there is none. */
const struct pending *imap_tagged(const struct imap *imap, const char *tag);
struct text *
imap_begin(struct imap *imap, enum imap_command command, unsigned *id, struct err *err);
int imap_check_words(const char *what, const char *bytes, size_t size, size_t max, struct err *err);
void imap_put_quoted(struct text *out, const char *bytes, size_t size);

/* imap_auth.c */
int auth_continue(struct imap *imap);
/* The tagged answer to a step; true: another step was begun and nothing is finished yet. */
bool auth_again(struct imap *imap, enum imap_status status);
void auth_free(struct imap *imap);
/* While a login is under way: the server's words hold its secret. */
bool auth_is_told(const struct imap *imap, const char *words);

#endif
