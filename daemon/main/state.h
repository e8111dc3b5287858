#ifndef LIAISON_MAIN_STATE_H
#define LIAISON_MAIN_STATE_H

#include <signal.h>
#include <uv.h>

#include "crew.h"
#include "listen.h"
#include "notify.h"
#include "numbers.h"
#include "service.h"
#include "settings.h"

/* liaisond while it works. Private to service.c and events.c. */

enum { SERVICE_SIGNALS = 6 };

struct service {
	uv_loop_t loop;
	const struct place *place;
	struct config config;
	struct numbers numbers;
	struct listener listener;
	int lock;
	struct notify notify;
	struct crew *crew;
	struct secrets *secrets;
	struct refusals refusals;
	uv_signal_t signals[SERVICE_SIGNALS];
	uv_timer_t tick, stop;
	bool ready, stopping;
	int exit_status;
};

/* In service.c: a configuration comes into force. */
void service_adopt(struct service *service);

/* In events.c: reads the configuration again; -1: it has mistakes, and the old one stays. */
int service_reload(struct service *service, struct mistakes *mistakes);
/* What the crew and the secrets report. */
struct crew_events service_events(struct service *service);
void service_secret_is_there(void *context, const struct secret_asker *asker, const char *secret,
	size_t size, const struct err *err);

#endif
