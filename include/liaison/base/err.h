#ifndef LIAISON_BASE_ERR_H
#define LIAISON_BASE_ERR_H

/* Errors as values: what went wrong, in a sentence, and what the asker can do about it. */

enum err_code {
	ERR_NONE,
	ERR_USAGE, /* the words or parameters are wrong */
	ERR_NOT_FOUND,
	ERR_AMBIGUOUS, /* err.candidates says between what */
	ERR_CONFLICT, /* somebody else has it, or changed it meanwhile */
	ERR_REFUSED, /* a rule of the domain says no */
	ERR_NETWORK,
	ERR_FORMAT, /* foreign bytes that cannot be read */
	ERR_STORAGE,
	ERR_UNAVAILABLE, /* try again */
	ERR_PERMISSION,
	ERR_INTERNAL,
	ERR_CONFIG, /* the configuration file */
};

enum { ERR_CANDIDATES_MAX = 10 };

struct err_candidate {
	char no[24];
	char name[80];
	char type[12];
};

struct err {
	enum err_code code;
	char message
		[400]; /* one lower-case sentence, subject in quotes, no full stop; valid UTF-8 */
	char field[48]; /* the parameter at fault, or "" */
	char hint[200]; /* what to do, or "" */
	unsigned candidate_count;
	struct err_candidate candidates[ERR_CANDIDATES_MAX];
};

/* Sets code and message (cut at a character boundary), clears the rest; always returns -1. */
int fail(struct err *err, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the parameter at fault named. */
int fail_field(struct err *err, enum err_code code, const char *field, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds what the asker may do; returns -1, so that it can close a chain. */
int err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

void err_add_candidate(struct err *err, const char *no, const char *name, const char *type);

/* The analyzers, which do not look into err.c, are told what is always answered. */
#ifdef __clang_analyzer__
#define fail(...)       (fail(__VA_ARGS__), -1)
#define fail_field(...) (fail_field(__VA_ARGS__), -1)
#define err_hint(...)   (err_hint(__VA_ARGS__), -1)
#endif

/* The name in spec section 1 ("not-found"); static. */
const char *err_name(enum err_code code);
/* The JSON-RPC code of that name. */
int err_rpc_code(enum err_code code);
/* The exit status of the client for a JSON-RPC code and error name. */
int err_exit_status(enum err_code code);
/* The code for a name; ERR_INTERNAL for an unknown one. */
enum err_code err_by_name(const char *name);

#endif
