#include <stdlib.h>
#include <string.h>

#include "imap_machine.h"
#include "liaison/base/crypt.h"

/* Logging in: LOGIN, or AUTHENTICATE with PLAIN, LOGIN, XOAUTH2, OAUTHBEARER; the next way is tried
 * where the server calls the first one BAD ("Mate, try AUTHENTICATE"), never after a NO. */

void
auth_free(struct imap *imap)
{
	struct auth *auth = imap->auth;

	if (!auth)
		return;
	wipe(auth->secret, auth->secret_size);
	free(auth->secret);
	free(auth->user);
	free(auth);
	imap->auth = NULL;
}

static void
add_step(struct auth *auth, enum auth_step step)
{
	if (auth->count < AUTH_STEPS_MAX)
		auth->steps[auth->count++] = step;
}

static void
plan_password(struct imap *imap, struct auth *auth)
{
	bool no_login = imap->capabilities & IMAP_LOGIN_DISABLED;
	bool plain = imap->capabilities & IMAP_CAN_AUTH_PLAIN;

	if (plain)
		add_step(auth, STEP_PLAIN);
	if (!no_login)
		add_step(auth, STEP_LOGIN);
	if (imap->capabilities & IMAP_CAN_AUTH_LOGIN)
		add_step(auth, STEP_SASL_LOGIN);
	if (!plain)
		add_step(auth, STEP_PLAIN);
}

static void
plan_token(struct imap *imap, struct auth *auth)
{
	bool bearer = imap->capabilities & IMAP_CAN_AUTH_OAUTHBEARER;

	if (bearer)
		add_step(auth, STEP_OAUTHBEARER);
	if (imap->capabilities & IMAP_CAN_AUTH_XOAUTH2 || !bearer)
		add_step(auth, STEP_XOAUTH2);
}

static void
plan(struct imap *imap, struct auth *auth, enum config_auth wanted, bool token)
{
	bool no_login = imap->capabilities & IMAP_LOGIN_DISABLED;

	switch (wanted) {
	case AUTH_AUTO:
		if (token)
			plan_token(imap, auth);
		else
			plan_password(imap, auth);
		return;
	case AUTH_PLAIN:
		add_step(auth, STEP_PLAIN);
		if (!no_login)
			add_step(auth, STEP_LOGIN);
		return;
	case AUTH_LOGIN:
		if (!no_login)
			add_step(auth, STEP_LOGIN);
		add_step(auth, STEP_SASL_LOGIN);
		add_step(auth, STEP_PLAIN);
		return;
	case AUTH_XOAUTH2:
		add_step(auth, STEP_XOAUTH2);
		return;
	case AUTH_OAUTHBEARER:
		add_step(auth, STEP_OAUTHBEARER);
		return;
	}
}

/* Bytes that hold the secret: in one piece of memory that is wiped, then written as base64. */
static void
put_base64(struct imap *imap, const char *bytes, size_t size)
{
	struct arena *arena = arena_new();
	char *encoded = base64_encode(arena, bytes, size);

	text_add(&imap->out, encoded);
	text_add(&imap->out, "\r\n");
	wipe(encoded, strlen(encoded));
	arena_free(arena);
}

static void
append(char *into, size_t *used, const void *bytes, size_t size)
{
	memcpy(into + *used, bytes, size);
	*used += size;
}

static void
put_initial(struct imap *imap, const struct auth *auth)
{
	size_t user = strlen(auth->user), used = 0;
	size_t room = 2 * user + auth->secret_size + 64;
	char *words = mem_alloc(room);

	switch (auth->steps[auth->step]) {
	case STEP_PLAIN:
		append(words, &used, "", 1);
		append(words, &used, auth->user, user + 1);
		append(words, &used, auth->secret, auth->secret_size);
		break;
	case STEP_XOAUTH2:
		append(words, &used, "user=", 5);
		append(words, &used, auth->user, user);
		append(words, &used, "\001auth=Bearer ", 13);
		append(words, &used, auth->secret, auth->secret_size);
		append(words, &used, "\001\001", 2);
		break;
	case STEP_OAUTHBEARER:
		append(words, &used, "n,a=", 4);
		append(words, &used, auth->user, user);
		append(words, &used, ",\001auth=Bearer ", 14);
		append(words, &used, auth->secret, auth->secret_size);
		append(words, &used, "\001\001", 2);
		break;
	case STEP_LOGIN:
	case STEP_SASL_LOGIN:
		break;
	}
	put_base64(imap, words, used);
	wipe(words, room);
	free(words);
}

static const char *
mechanism(enum auth_step step)
{
	switch (step) {
	case STEP_PLAIN:
		return "PLAIN";
	case STEP_SASL_LOGIN:
		return "LOGIN";
	case STEP_XOAUTH2:
		return "XOAUTH2";
	case STEP_OAUTHBEARER:
		return "OAUTHBEARER";
	case STEP_LOGIN:
		break;
	}
	return "";
}

static void
put_login(struct imap *imap, const struct auth *auth)
{
	text_add(&imap->out, "LOGIN ");
	imap_put_quoted(&imap->out, auth->user, strlen(auth->user));
	text_add_char(&imap->out, ' ');
	imap_put_quoted(&imap->out, auth->secret, auth->secret_size);
	text_add(&imap->out, "\r\n");
}

static void
put_step(struct imap *imap, unsigned id)
{
	struct auth *auth = imap->auth;
	enum auth_step step = auth->steps[auth->step];

	auth->turn = 0;
	imap->wiping = true;
	/* All room at once: growing would leave copies of the secret behind. */
	text_reserve(&imap->out, 4 * (auth->secret_size + strlen(auth->user)) + 256);
	text_printf(&imap->out, "A%u ", id);
	if (step == STEP_LOGIN) {
		put_login(imap, auth);
		return;
	}
	text_printf(&imap->out, "AUTHENTICATE %s", mechanism(step));
	if (step != STEP_SASL_LOGIN && imap->capabilities & IMAP_CAN_SASL_IR) {
		text_add_char(&imap->out, ' ');
		auth->turn = 1;
		put_initial(imap, auth);
	} else
		text_add(&imap->out, "\r\n");
}

unsigned
imap_login(struct imap *imap, enum config_auth wanted, bool token, const char *user,
	const char *secret, size_t secret_size, struct err *err)
{
	struct text *out;
	struct auth *auth;
	unsigned id;

	if (imap_check_words("user name", user, strlen(user), 500, err) < 0 ||
		imap_check_words("secret", secret, secret_size, SECRET_MAX, err) < 0)
		return 0;
	out = imap_begin(imap, IMAP_LOGIN, &id, err);
	if (!out)
		return 0;
	text_reset(out); /* put_step writes the tag */
	auth = imap->auth = mem_zero(1, sizeof(*auth));
	auth->id = id;
	auth->user = mem_text(user);
	auth->secret_size = secret_size;
	auth->secret = mem_zero(1, secret_size + 1);
	memcpy(auth->secret, secret, secret_size);
	plan(imap, auth, wanted, token);
	imap->capabilities_known = false;
	put_step(imap, id);
	return id;
}

/* Where nothing is left to say, XOAUTH2 wants an empty line and OAUTHBEARER a \001 (RFC 7628 3.2.3)
 * before it says NO; the challenge holds why. */
int
auth_continue(struct imap *imap)
{
	struct auth *auth = imap->auth;
	enum auth_step step;

	if (!auth)
		return imap_dead(imap, ERR_FORMAT, "the server asked for more of nothing");
	step = auth->steps[auth->step];
	imap->wiping = true;
	auth->turn++;
	if (auth->turn == 1 && step == STEP_SASL_LOGIN)
		put_base64(imap, auth->user, strlen(auth->user));
	else if (auth->turn == 2 && step == STEP_SASL_LOGIN)
		put_base64(imap, auth->secret, auth->secret_size);
	else if (auth->turn == 1 && step != STEP_LOGIN)
		put_initial(imap, auth);
	else if (auth->turn == 2 && step == STEP_XOAUTH2)
		text_add(&imap->out, "\r\n");
	else if (auth->turn == 2 && step == STEP_OAUTHBEARER)
		text_add(&imap->out, "AQ==\r\n");
	else if (auth->turn <= 3)
		text_add(&imap->out, "*\r\n");
	else
		return imap_dead(imap, ERR_FORMAT, "the server does not stop asking who we are");
	return 0;
}

static bool
tells_quoted(const struct auth *auth, const char *words)
{
	struct text quoted = { 0 };
	bool told;

	text_reserve(&quoted, 2 * auth->secret_size + 3);
	imap_put_quoted(&quoted, auth->secret, auth->secret_size);
	quoted.bytes[quoted.size - 1] = '\0'; /* without the quotes */
	told = strcasestr(words, quoted.bytes + 1) != NULL;
	wipe(quoted.bytes, quoted.size);
	text_clear(&quoted);
	return told;
}

/* As base64 within whatever stands before and behind it, before bytes off a border of three: only
 * the characters that are the secret's alone. */
static bool
tells_base64(const struct auth *auth, const char *words, size_t before)
{
	size_t size = before + auth->secret_size;
	size_t skip = (before * 8 + 5) / 6;
	char *bytes = mem_zero(1, size + 1), *encoded;
	struct arena *arena = arena_new();
	bool told;

	memcpy(bytes + before, auth->secret, auth->secret_size);
	encoded = base64_encode(arena, bytes, size);
	wipe(bytes, size);
	free(bytes);
	encoded[size * 8 / 6] = '\0';
	told = strlen(encoded) > skip && strstr(words, encoded + skip);
	wipe(encoded, strlen(encoded));
	arena_free(arena);
	return told;
}

/* Some servers quote what they refuse; the initial response of SASL is one of base64's three ways.
 * A secret of three letters is in any words. */
bool
auth_is_told(const struct imap *imap, const char *words)
{
	const struct auth *auth = imap->auth;

	if (!auth || auth->secret_size < 4)
		return false;
	return strcasestr(words, auth->secret) || tells_quoted(auth, words) ||
	       tells_base64(auth, words, 0) || tells_base64(auth, words, 1) ||
	       tells_base64(auth, words, 2);
}

bool
auth_again(struct imap *imap, enum imap_status status)
{
	struct auth *auth = imap->auth;

	if (!auth)
		return false;
	if (status != IMAP_BAD || auth->step + 1 == auth->count) {
		auth_free(imap);
		return false;
	}
	auth->step++;
	put_step(imap, imap_push(imap, IMAP_LOGIN));
	return true;
}
