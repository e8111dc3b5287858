#include <string.h>

#include "explain.h"
#include "liaison/base/address.h"
#include "liaison/base/clock.h"

/* Why a party of a message matched, or did not, in a sentence. */

static bool
is_freemail(const struct considered *seen)
{
	const char *domain = address_domain(seen->party->address);

	return domain != NULL && domain_is_freemail(domain);
}

const char *
outcome_word(const struct considered *seen)
{
	switch (seen->outcome) {
	case OUTCOME_MATCHED:
		return "matched";
	case OUTCOME_DOMAIN:
		return "domain";
	case OUTCOME_AMBIGUOUS:
		return "ambiguous";
	case OUTCOME_OURS:
		return "ours";
	case OUTCOME_COLLEAGUE:
		return "colleague";
	case OUTCOME_NO_CONTACT:
		return is_freemail(seen) ? "free-mail" : "no-contact";
	case OUTCOME_OUTSIDE_VALIDITY:
		return "outside-validity";
	case OUTCOME_NO_ADDRESS:
		return "no-address";
	case OUTCOME_NOT_BELIEVED:
		return "not-believed";
	case OUTCOME_LEFT_OUT:
		return "left-out";
	case OUTCOME_BLOCKED:
		return "blocked";
	}
	return "no-contact";
}

static const char *
why_matched(struct turn *turn, const struct considered *seen)
{
	if (strcmp(seen->via, "alias") == 0)
		return arena_printf(
			turn->arena, "%s has this address without its plus-tag", seen->holder->no);
	return arena_printf(turn->arena, "%s has this address", seen->holder->no);
}

static const char *
why_domain(struct turn *turn, const struct considered *seen)
{
	return arena_printf(turn->arena,
		"no contact has this address, and its domain %s belongs to %s",
		address_domain(seen->party->address), seen->holder->no);
}

static const char *
why_ambiguous(struct turn *turn, const struct considered *seen)
{
	return arena_printf(turn->arena, "%u contacts share this %s, and all are linked: %s is one",
		seen->sharers, strcmp(seen->via, "domain") == 0 ? "domain" : "address",
		seen->holder->no);
}

static const char *
why_no_contact(struct turn *turn, const struct considered *seen)
{
	const char *domain = address_domain(seen->party->address), *folded;

	if (is_freemail(seen))
		return arena_printf(turn->arena,
			"no contact has this address, and anybody can have one at %s: "
			"no company is matched by a free-mail domain",
			domain);
	folded = address_folded(turn, seen->party->address);
	if (folded != NULL)
		return arena_printf(turn->arena,
			"no contact has this address, nor %s, which it is without its tag, no "
			"company "
			"the domain %s",
			folded, domain);
	return arena_printf(turn->arena, "no contact has this address%s, no company the domain %s",
		address_untagged(turn->arena, seen->party->address) == NULL
			? ""
			: " with its tag, which subaddress = keep makes part of it",
		domain == NULL ? "of it" : domain);
}

static const char *
why_outside(struct turn *turn, const struct view *view, const struct considered *seen)
{
	const struct holder *holder = seen->holder;
	const char *what = view->meeting != NULL ? "meeting" : "message";
	const char *at = date_text(turn->arena, view->event->at, view->event->offset_min);

	if (holder->removed)
		return arena_printf(turn->arena, "%s had this address; it was removed", holder->no);
	if (holder->has_from && view->event->at < holder->from)
		return arena_printf(turn->arena, "%s has this address from %s on; the %s is of %s",
			holder->no, date_text(turn->arena, holder->from, 0), what, at);
	return arena_printf(turn->arena, "%s had this address until %s; the %s is of %s",
		holder->no, date_text(turn->arena, holder->until, 0), what, at);
}

const char *
outcome_why(struct turn *turn, const struct view *view, const struct considered *seen)
{
	switch (seen->outcome) {
	case OUTCOME_MATCHED:
		return why_matched(turn, seen);
	case OUTCOME_DOMAIN:
		return why_domain(turn, seen);
	case OUTCOME_AMBIGUOUS:
		return why_ambiguous(turn, seen);
	case OUTCOME_OURS:
		return "it is one of our own addresses";
	case OUTCOME_COLLEAGUE:
		return arena_printf(turn->arena, "%s is a domain of our own: a colleague",
			address_domain(seen->party->address));
	case OUTCOME_NO_CONTACT:
		return why_no_contact(turn, seen);
	case OUTCOME_OUTSIDE_VALIDITY:
		return why_outside(turn, view, seen);
	case OUTCOME_NO_ADDRESS:
		return "it is not a usable address";
	case OUTCOME_LEFT_OUT:
		return explain_left_out(turn, seen);
	case OUTCOME_BLOCKED:
		return arena_printf(turn->arena,
			"%s is privacy-blocked: nothing new is recorded of it", seen->holder->no);
	case OUTCOME_NOT_BELIEVED:
		return "anybody can write several senders: only the first From is believed";
	}
	return NULL;
}
