#include <string.h>

#include "cmd_contact.h"
#include "contact_change.h"
#include "liaison/base/address.h"
#include "rematch.h"

/* The addresses and domains of a contact, when all of them are said anew. */

int
give_email(struct call *call, int64_t id, const char *typed, struct err *err)
{
	struct contact_email email = { .email = typed,
		.learned_from = arena_printf(call->arena, "user %s", call->user) };
	int64_t count = 0;

	if (contact_email_add(call->store, call->arena, id, &email, err) < 0)
		return -1;
	return rematch_address(call, email.address, &count, err);
}

int
refuse_email_twice(struct call *call, unsigned place, struct err *err)
{
	char *address, *earlier;

	if (address_canonical(call->arena, call_text_at(call, "email", place), &address, err) < 0)
		return -1;
	for (unsigned i = 0; i < place; i++) {
		if (address_canonical(call->arena, call_text_at(call, "email", i), &earlier, err) <
			0)
			return -1;
		if (strcmp(address, earlier) == 0)
			return fail_field(err, ERR_CONFLICT, "email",
				"the address '%s' is given twice", address);
	}
	return 0;
}

int
give_domain(struct call *call, int64_t id, const char *typed, struct err *err)
{
	char *canonical;
	int64_t count = 0;

	if (domain_canonical(call->arena, typed, &canonical, err) < 0 ||
		contact_domain_add(call->store, call->arena, id, canonical, err) < 0)
		return -1;
	return rematch_domain(call, canonical, &count, err);
}

typedef int make_canonical(struct arena *arena, const char *typed, char **out, struct err *err);

/* Whether one of them, in canonical form, is it. */
static bool
is_wanted(struct call *call, make_canonical *make, const char *const *wanted, unsigned count,
	const char *had)
{
	for (unsigned i = 0; i < count; i++) {
		struct err ignored;
		char *one;

		if (make(call->arena, wanted[i], &one, &ignored) == 0 && strcmp(one, had) == 0)
			return true;
	}
	return false;
}

static bool
has_email(const struct contact_email *emails, unsigned count, const char *address)
{
	for (unsigned i = 0; i < count; i++) {
		if (!emails[i].removed && strcmp(emails[i].address, address) == 0)
			return true;
	}
	return false;
}

/* One that they had at two times goes at once. */
static int
drop_emails(struct call *call, int64_t id, const struct contact_email *had, unsigned had_count,
	const char *const *emails, unsigned count, struct err *err)
{
	for (unsigned i = 0; i < had_count; i++) {
		if (!had[i].removed && !has_email(had, i, had[i].address) &&
			!is_wanted(call, address_canonical, emails, count, had[i].address) &&
			contact_email_remove(
				call->store, call->arena, id, had[i].address, call->now, err) < 0)
			return -1;
	}
	return 0;
}

int
change_emails(
	struct call *call, int64_t id, const char *const *emails, unsigned count, struct err *err)
{
	struct contact_email *had;
	unsigned had_count;
	char *address, *first = NULL;

	if (contact_emails(call->store, call->arena, id, &had, &had_count, err) < 0 ||
		drop_emails(call, id, had, had_count, emails, count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (address_canonical(call->arena, emails[i], &address, err) < 0)
			return -1;
		if (!has_email(had, had_count, address) && give_email(call, id, emails[i], err) < 0)
			return -1;
		first = first != NULL ? first : address;
	}
	return first == NULL ? 0 : contact_email_choose(call->store, id, first, err);
}

static bool
has_domain(const char **domains, unsigned count, const char *domain)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(domains[i], domain) == 0)
			return true;
	}
	return false;
}

int
change_domains(
	struct call *call, int64_t id, const char *const *domains, unsigned count, struct err *err)
{
	const char **had;
	unsigned had_count;
	char *canonical;

	if (contact_domains(call->store, call->arena, id, &had, &had_count, err) < 0)
		return -1;
	for (unsigned i = 0; i < had_count; i++) {
		if (!is_wanted(call, domain_canonical, domains, count, had[i]) &&
			contact_domain_remove(call->store, id, had[i], err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < count; i++) {
		if (domain_canonical(call->arena, domains[i], &canonical, err) < 0)
			return -1;
		if (!has_domain(had, had_count, canonical) &&
			give_domain(call, id, domains[i], err) < 0)
			return -1;
	}
	return 0;
}
