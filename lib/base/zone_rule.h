#ifndef LIAISON_BASE_ZONE_RULE_PRIVATE_H
#define LIAISON_BASE_ZONE_RULE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

/* The POSIX TZ rule at a TZif file's end: "CET-1CEST,M3.5.0,M10.5.0/3". */

enum zone_day { DAY_MONTH_WEEK, DAY_JULIAN, DAY_ZERO };

struct zone_change {
	enum zone_day kind;
	int month, week, day;
	int32_t second; /* after local midnight; may be negative or past the day (RFC 8536) */
};

struct zone_rule {
	int32_t standard, summer; /* seconds east of UTC */
	bool has_summer;
	struct zone_change start, end;
};

int zone_rule_parse(const char *string, struct zone_rule *out); /* 0 or -1 */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t time);

#endif
