#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "liaison/base/log.h"
#include "liaison/sandbox/sandbox.h"

#include "link.h"

/* liaison-parse: untrusted bytes to events, where there is nothing to steal. Started by liaisond with
 * the crew channel at descriptor 3 and the engine's stream at 4. */

static int
give_up(struct link *link, const struct err *err)
{
	log_write(LOG_ERROR, "%s", err->message);
	if (link != NULL)
		link_fatal(link, err->message, EX_SOFTWARE);
	return EX_SOFTWARE;
}

static int
serve(struct parser *parser)
{
	struct link link;
	struct err err;
	int status = EX_OK;

	if (link_init(&link, parser, LINK_CREW, LINK_ENGINE, &err) < 0)
		return give_up(NULL, &err);
	if (sandbox_enter(SANDBOX_PARSE, NULL, 0, 0, &err) < 0 || parser_check(parser, &err) < 0)
		return give_up(&link, &err);
	link_ready(&link);
	if (link_run(&link, &err) < 0)
		status = give_up(&link, &err);
	link_clear(&link);
	return status;
}

int
main(int argc, char **argv)
{
	struct parser parser;
	int status;

	log_set_program("parse");
	if (argc == 2 && strcmp(argv[1], "--check-sandbox") == 0)
		return sandbox_check(SANDBOX_PARSE) == 0 ? EX_OK : EX_SOFTWARE;
	signal(SIGPIPE, SIG_IGN);
	if (budget_start() < 0)
		return EX_OSERR;
	parser_init(&parser);
	status = serve(&parser);
	parser_clear(&parser);
	return status;
}
