#ifndef LIAISON_WIRE_CONFIG_VALUE_PRIVATE_H
#define LIAISON_WIRE_CONFIG_VALUE_PRIVATE_H

#include "config_setting.h"

/* One value being read: what a reader of a type needs. */
struct value {
	const struct setting *setting;
	struct arena *arena;
	const char *text, *raw;
	void *field;
	void *base;
	char *why;
	size_t room;
};

/* Says what was expected instead; returns -1. */
int
config_expected(struct value *value, const char *format, ...) __attribute__((format(printf, 2, 3)));

int config_read_list(struct value *value);
int config_read_addresses(struct value *value);
int config_read_domains(struct value *value);
int config_read_fold(struct value *value);
/* The canonical form: https, http or file; no user, no fragment, the host in A-labels. */
int config_read_url(struct value *value);
/* The host of such an address, "" of a file. */
const char *config_url_host(struct arena *arena, const char *url);

#endif
