#ifndef LIAISON_CLIENT_ZONE_H
#define LIAISON_CLIENT_ZONE_H

/* The name of the zone we live in: TZ, where /etc/localtime points, /etc/timezone, or Etc/GMT±N for
 * the offset. Static; NULL: it has no name. */
const char *zone_own(void);

#endif
