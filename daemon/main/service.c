#include "service.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "liaison/base/text.h"
#include "lock.h"
#include "state.h"

enum {
	TICK_MS = 5000,
	STOP_CHILDREN_MS = 3000, /* what children are told they have */
	STOP_KILL_MS = 4000, /* when we stop waiting: all is over within 5 s */
	DESCRIPTORS_SPARE = 1024,
};

static const int SIGNALS[SERVICE_SIGNALS] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2 };

int
service_exit_status(const struct err *err)
{
	return err->code == ERR_CONFIG ? 78 : err_exit_status(err->code);
}

static int
make_folder_of(const char *path, unsigned mode, struct err *err)
{
	struct arena *arena = arena_new();
	int result = folder_make(place_directory(arena, path), mode, err);

	arena_free(arena);
	return result;
}

/* Whoever may write there may put another file in the place of ours. */
static void
judge_folder_of(const char *path)
{
	struct arena *arena = arena_new();
	const char *folder = place_directory(arena, path);
	struct stat status;

	if (stat(folder, &status) == 0 && status.st_mode & S_IWOTH && !(status.st_mode & S_ISVTX))
		log_write(LOG_WARNING, "everybody may write in the folder '%s'", folder);
	arena_free(arena);
}

int
service_prepare(const struct place *place, const struct config *config, struct err *err)
{
	if (make_folder_of(config->database, 0700, err) < 0 ||
		make_folder_of(config->socket, place->user_mode ? 0700 : 0755, err) < 0)
		return -1;
	judge_folder_of(config->database);
	judge_folder_of(config->socket);
	return lock_take(config->database, err);
}

/* An idle mailbox is a descriptor of fetch, which inherits our limit. */
static void
raise_descriptors(const struct config *config)
{
	struct rlimit limit;
	rlim_t want = DESCRIPTORS_SPARE;

	for (size_t i = 0; i < config->source_count; i++)
		want += config->sources[i].connections;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return;
	if (limit.rlim_max < want) {
		struct rlimit higher = { want, want };

		if (setrlimit(RLIMIT_NOFILE, &higher) == 0)
			return;
		log_write(LOG_WARNING, "the sources may need %llu descriptors, the limit is %llu",
			(unsigned long long)want, (unsigned long long)limit.rlim_max);
		want = limit.rlim_max;
	}
	limit.rlim_cur = want;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void
service_adopt(struct service *service)
{
	int level = log_level_by_name(service->config.log_level);

	numbers_give(&service->numbers, &service->config);
	raise_descriptors(&service->config);
	if (level >= 0)
		log_set_level((enum log_level)level);
}

/* ---- signals and timers ------------------------------------------------------------------------- */

static void
kill_due(uv_timer_t *timer)
{
	struct service *service = timer->data;

	log_write(LOG_WARNING, "not everybody stopped in time: killed");
	crew_kill(service->crew);
}

static void
stop(struct service *service)
{
	if (service->stopping) {
		crew_kill(service->crew);
		return;
	}
	service->stopping = true;
	log_write(LOG_NOTICE, "stopping");
	notify_send(&service->notify, "STOPPING=1\nSTATUS=stopping\n");
	uv_timer_stop(&service->tick);
	uv_timer_start(&service->stop, kill_due, STOP_KILL_MS, 0);
	secrets_stop(service->secrets);
	crew_stop(service->crew, STOP_CHILDREN_MS);
}

static void
reap(struct service *service)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (!crew_reap(service->crew, pid, status))
			secrets_reap(service->secrets, pid, status);
	}
}

static void
signal_came(uv_signal_t *handle, int number)
{
	struct service *service = handle->data;
	struct mistakes mistakes = { 0 };

	switch (number) {
	case SIGCHLD:
		reap(service);
		break;
	case SIGHUP:
		service_reload(service, &mistakes);
		mistakes_clear(&mistakes);
		break;
	case SIGUSR1:
		crew_log_state(service->crew);
		break;
	case SIGUSR2:
		crew_reconnect(service->crew);
		break;
	default:
		stop(service);
	}
}

/* Until the engine serves it may be at a migration: the service manager is asked for patience. */
static void
tick(uv_timer_t *timer)
{
	struct service *service = timer->data;

	if (!service->ready)
		notify_send(&service->notify, "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=starting\n");
	crew_tick(service->crew);
}

static uint64_t
tick_ms(void)
{
	const char *test = getenv("LIAISON_TEST_TICK_MS");
	int64_t ms;

	return test != NULL && text_to_int64(test, &ms) == 0 && ms > 0 ? (uint64_t)ms : TICK_MS;
}

static void
watch_signals(struct service *service)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SERVICE_SIGNALS; i++) {
		uv_signal_init(&service->loop, &service->signals[i]);
		service->signals[i].data = service;
		uv_signal_start(&service->signals[i], signal_came, SIGNALS[i]);
	}
	service->tick.data = service->stop.data = service;
	uv_timer_init(&service->loop, &service->tick);
	uv_timer_init(&service->loop, &service->stop);
	uv_timer_start(&service->tick, tick, tick_ms(), tick_ms());
}

/* ---- start and end ------------------------------------------------------------------------------ */

static int
find_programs(struct arena *arena, struct crew_places *places, struct err *err)
{
	if (place_program(arena, "liaison-engine", &places->engine, err) < 0 ||
		place_program(arena, "liaison-fetch", &places->fetch, err) < 0 ||
		place_program(arena, "liaison-parse", &places->parse, err) < 0)
		return -1;
	return 0;
}

static bool
others_have_rights(const struct config *config)
{
	return config->readers != NULL || config->privacy != NULL || config->admins != NULL ||
	       config->proxies.count > 0;
}

static int
open_listener(struct service *service, struct err *err)
{
	struct listen_how how = {
		.path = service->config.socket,
		.group = service->place->user_mode ? NULL : service->config.group,
		.everybody = others_have_rights(&service->config),
	};

	return listen_open(&how, &service->listener, err);
}

static int
open_all(struct service *service, struct arena *arena, struct err *err)
{
	struct crew_places places;
	struct crew_events events = service_events(service);

	if (find_programs(arena, &places, err) < 0)
		return -1;
	service->lock = service_prepare(service->place, &service->config, err);
	if (service->lock < 0 || open_listener(service, err) < 0)
		return -1;
	places.listener = service->listener.descriptor;
	places.lock = service->lock;
	service->crew = crew_new(&service->loop, &places, &events);
	service->secrets = secrets_new(&service->loop, service_secret_is_there, service);
	return 0;
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
work(struct service *service)
{
	watch_signals(service);
	crew_start(service->crew, &service->config);
	uv_run(&service->loop, UV_RUN_DEFAULT);
	crew_kill(service->crew);
	secrets_stop(service->secrets);
	crew_free(service->crew);
	uv_walk(&service->loop, close_handle, NULL);
	uv_run(&service->loop, UV_RUN_DEFAULT);
	secrets_free(service->secrets);
}

int
service_run(const struct place *place, struct config *config)
{
	struct service service = {
		.place = place, .config = *config, .lock = -1, .listener = { .descriptor = -1 }
	};
	struct arena *arena = arena_new();
	struct err err;

	notify_open(&service.notify);
	uv_loop_init(&service.loop);
	service_adopt(&service);
	if (open_all(&service, arena, &err) < 0) {
		log_write(LOG_ERROR, "%s", err.message);
		notify_send(&service.notify, "STATUS=%s\n", err.message);
		service.exit_status = service_exit_status(&err);
	} else {
		work(&service);
	}
	uv_loop_close(&service.loop);
	listen_close(&service.listener);
	notify_close(&service.notify);
	numbers_clear(&service.numbers);
	refusals_clear(&service.refusals);
	config_free(&service.config);
	arena_free(arena);
	if (service.lock >= 0)
		close(service.lock);
	return service.exit_status;
}
