#ifndef LIAISON_WIRE_CONFIG_H
#define LIAISON_WIRE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"
#include "liaison/base/ini.h"
#include "liaison/base/text.h"
#include "liaison/wire/frame.h"

/* The configuration as every program holds it (spec section 2). liaisond reads and checks the file,
 * gives each source a number and sends the entries on; secrets and the commands that fetch them
 * never leave liaisond. */

enum config_tls { TLS_IMPLICIT, TLS_STARTTLS, TLS_NONE };
enum config_auth { AUTH_AUTO, AUTH_PLAIN, AUTH_LOGIN, AUTH_XOAUTH2, AUTH_OAUTHBEARER };
enum config_level { LEVEL_METADATA, LEVEL_SNIPPET, LEVEL_TEXT };
enum config_unmatched { UNMATCHED_HEADERS, UNMATCHED_ADDRESSES, UNMATCHED_NONE };
enum config_kind { SOURCE_IMAP = 1, SOURCE_MAILDIR, SOURCE_ICAL };
enum config_secret {
	SECRET_NONE,
	SECRET_COMMAND,
	SECRET_FILE,
	SECRET_CREDENTIAL,
	SECRET_LITERAL,
	SECRET_TOKEN_COMMAND,
	SECRET_OAUTH2
};
enum config_create { CREATE_NEVER, CREATE_SENT, CREATE_ALL };
enum config_visibility { VISIBLE_ALL, VISIBLE_OWNER };
enum config_delete { DELETE_KEEP, DELETE_DROP_TEXT, DELETE_REMOVE };
/* Whether reports tell about colleagues: not at all, about all of them together, about each. */
enum config_staff { STAFF_OFF, STAFF_TEAM, STAFF_PERSON };

/* The words of these, each at its place; those of settings end with NULL. */
extern const char *const config_level_words[];
extern const char *const config_unmatched_words[];
extern const char *const config_delete_words[];
extern const char *const config_staff_words[];
extern const char *const config_kind_words[];

struct config_list {
	const char **items;
	size_t count;
};

struct config_source {
	uint32_t number; /* given by liaisond, stable for a name while it runs, from 1 */
	enum config_kind kind;
	const char *name;
	/* account */
	const char *host;
	uint16_t port;
	enum config_tls tls;
	const char *ca_file; /* absolute, or NULL */
	const char *
		tls_fingerprint; /* SHA-256 of the certificate, lower-case hex without colons, or NULL */
	const char *user;
	enum config_auth auth;
	enum config_secret secret; /* where it comes from; the rest only in liaisond: */
	const char *secret_value; /* command, path, credential name, literal; never sent */
	const char *secret_file; /* where it is configured, to refuse a literal others may read */
	int secret_line;
	const char *client_id; /* of oauth2; with its secret (none, file or command), never sent */
	enum config_secret client_secret;
	const char *client_secret_value;
	struct config_list addresses;
	const char *salesperson; /* code, "sender", or NULL */
	enum config_visibility visibility;
	struct config_list folders; /* patterns in order; "!" excludes */
	struct config_list idle; /* folder names and special uses */
	int64_t poll; /* seconds */
	unsigned connections;
	int64_t since; /* seconds back from now; -1: all */
	enum config_level level;
	enum config_delete on_delete;
	struct config_list skip_keyword, skip_folders, only_keyword;
	int64_t budget; /* bytes a day, 0: none */
	const char *authserv_id;
	bool fold_subaddress;
	struct config_list fold_domains;
	enum config_create create_contacts;
	/* maildir and calendar */
	const char *path;
	const char *url; /* https, http or file, canonical; may be a secret: never shown whole */
	int64_t until;
	bool match_text; /* match = text */
	bool private_busy; /* private = busy */
};

struct config {
	struct arena *arena; /* holds all of it; own */
	const char *database, *socket;
	const char *group, *readers, *privacy, *admins;
	struct config_list proxies;
	struct config_list own_addresses, own_domains; /* canonical; patterns may start with "*@" */
	enum config_unmatched unmatched;
	int64_t unmatched_retention;
	enum config_create create_contacts;
	const char *staff_reports;
	const char *backup_directory;
	int64_t backup_every;
	unsigned backup_keep;
	const char *metrics_file, *provider_profiles, *timezone, *key_file;
	const char *log_level;
	double connect_rate, connect_rate_host; /* a second */
	int64_t retain_email, retain_text, retain_meeting, retain_ledger, retain_quarantine,
		retain_audit; /* seconds; 0: for ever */
	struct config_source *sources;
	size_t source_count;
};

/* Makes a configuration of entries: defaults, "[account *]", checks of every value and of the whole.
 * user_mode: defaults are made from the XDG folders. All mistakes go to complain; then -1. Commands
 * keep their quotes: they are split into words when they are run. Sources are numbered from 1 in
 * file order. out->arena is the caller's to free with config_free. */
int config_build(const struct ini *ini, bool user_mode, struct config *out, ini_complain *complain,
	void *context);
void config_free(struct config *config);
enum config_staff config_staff(const struct config *config);
const struct config_source *config_source_by_number(const struct config *config, uint32_t number);
const struct config_source *config_source_by_name(const struct config *config, const char *name);
/* Whose mailbox on which server an account is, in lower case: "host:port user". */
void config_server(const struct config_source *source, struct text *out);

/* As FRAME_CONFIG messages without secrets, and back (adds to what decode got before; call
 * config_adopt after FRAME_CONFIG_END). only: sources to send, NULL for all. */
void config_encode(
	const struct config *config, const uint32_t *only, size_t only_count, struct text *out);
/* All sources without the addresses of feeds, which may be secrets and are fetch's alone. */
void config_encode_bare(const struct config *config, struct text *out);
struct config_decoder;
struct config_decoder *config_decoder_new(void);
int config_decode(struct config_decoder *decoder, const struct frame *frame, struct err *err);
int
config_adopt(struct config_decoder *decoder, struct config *out, struct err *err); /* frees it */

#endif
