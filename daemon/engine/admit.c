#include <stdio.h>
#include <string.h>

#include "liaison/crm/salesperson.h"
#include "request.h"
#include "values.h"

/* Who may run what, and for whom. */

static int
check_access(const struct batch *batch, const struct command *command, struct err *err)
{
	static const char *const GROUPS[] = {
		[ACCESS_READS] = "group or readers",
		[ACCESS_WRITES] = "group",
		[ACCESS_PRIVACY] = "privacy",
		[ACCESS_ADMIN] = "admins",
	};

	if (batch->caller.access & command_needs(command))
		return 0;
	fail(err, ERR_PERMISSION, "'%s' may not run '%s'", batch->caller.user, command->name);
	return err_hint(
		err, "the configuration's '%s' names the group that may", GROUPS[command->access]);
}

static int
check_proxy(const struct batch *batch, const struct request *request, struct err *err)
{
	if (request->as == NULL || batch->caller.proxy)
		return 0;
	fail_field(err, ERR_PERMISSION, "as", "'%s' may not act as '%.20s'", batch->caller.user,
		request->as);
	return err_hint(err, "the configuration's 'proxies' lists the users that may");
}

/* A client that knows only its offset gets the configured zone. */
static int
find_zone(const struct batch *batch, const struct request *request, struct worker *worker,
	const struct zone **out, struct err *err)
{
	*out = batch->settings->zone;
	if (request->tz == NULL || request->tz[0] == '+' || request->tz[0] == '-' ||
		request->tz[0] == '\0')
		return 0;
	if (worker_zone(worker, request->tz, out, err) < 0) {
		snprintf(err->field, sizeof err->field, "tz");
		return -1;
	}
	return 0;
}

static int
read_values(struct call *call, const struct request *request, struct err *err)
{
	struct value_context context = { call->arena, call->zone, call->now };

	call->values = values_new(call->arena, request->command);
	if (json_is_array(request->params))
		return values_from_words(
			call->values, &context, request->params, request->skip, err);
	return values_from_object(call->values, &context, request->params, err);
}

/* A blocked salesperson is nobody any more. */
static int
check_as(const struct call *call, struct err *err)
{
	bool blocked = false;

	if (call->as == NULL || call->store == NULL)
		return 0;
	if (salesperson_is_blocked(call->store, call->as, &blocked, err) < 0)
		return -1;
	return !blocked ? 0
			: fail_field(err, ERR_PERMISSION, "as",
				  "the salesperson '%.20s' is blocked", call->as);
}

/* Root and the daemon's user see all, whomever they act as. */
static int
find_viewer(struct call *call, const struct batch *batch, struct err *err)
{
	if (check_as(call, err) < 0)
		return -1;
	if (batch->caller.trusted)
		return 0;
	if (call_salesperson(call, &call->viewer, err) < 0)
		return -1;
	if (call->viewer == NULL)
		call->viewer = "";
	return 0;
}

int
call_admit(struct call *call, const struct batch *batch, const struct request *request,
	struct worker *worker, struct err *err)
{
	if (check_access(batch, request->command, err) < 0 || check_proxy(batch, request, err) < 0)
		return -1;
	call->own_zone = batch->settings->zone;
	if (find_zone(batch, request, worker, &call->zone, err) < 0 ||
		read_values(call, request, err) < 0)
		return -1;
	return find_viewer(call, batch, err);
}
