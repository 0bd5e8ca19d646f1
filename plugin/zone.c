/*
 * zone.c
 *	  Time zones as java.time has them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "zone.h"

#define DAY 86400
#define LARGEST (18 * 3600)		/* offset that Java takes */

/* Two digits at p, or -1. */
static int
two_digits(const char *p)
{
	if (!isdigit((unsigned char) p[0]) || !isdigit((unsigned char) p[1]))
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* +hh:mm or +hh:mm:ss */
static bool
parse_offset(const char *name, Zone *zone)
{
	size_t		len = strlen(name);
	int			hours,
				minutes,
				seconds = 0;

	if ((name[0] != '+' && name[0] != '-') || (len != 6 && len != 9) || name[3] != ':')
		return false;
	hours = two_digits(name + 1);
	minutes = two_digits(name + 4);
	if (len == 9)
		seconds = name[6] == ':' ? two_digits(name + 7) : -1;
	if (hours < 0 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
		return false;
	zone->rules = NULL;
	zone->offset = (hours * 60 + minutes) * 60 + seconds;
	if (zone->offset > LARGEST)
		return false;
	if (name[0] == '-')
		zone->offset = -zone->offset;
	return true;
}

/* The server also takes POSIX's own rules (ABC5DEF), which Java does not. */
static bool
is_region(const char *name)
{
	static const char *const plain[] = {
		"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GMT0", "GMT+0", "GMT-0"
	};

	for (int i = 0; i < lengthof(plain); i++)
		if (strcmp(plain[i], name) == 0)
			return true;
	return strpbrk(name, "0123456789,") == NULL || strchr(name, '/') != NULL;
}

bool
zone_find(const char *name, Zone *zone)
{
	if (parse_offset(name, zone))
		return true;
	if (name[0] == '\0' || !is_region(name))
		return false;
	zone->offset = 0;
	zone->rules = pg_tzset(name);
	return zone->rules != NULL && strcmp(pg_get_timezone_name(unconstify(pg_tz *, zone->rules)), name) == 0;
}

int64
zone_offset_at(const Zone *zone, int64 seconds)
{
	pg_time_t	time = seconds;
	const struct pg_tm *tm = zone->rules ? pg_localtime(&time, zone->rules) : NULL;

	return tm ? tm->tm_gmtoff : zone->offset;
}

int64
zone_offset_of(const Zone *zone, int64 local)
{
	pg_time_t	time = local - 2 * DAY;

	if (zone->rules == NULL)
		return zone->offset;
	for (;;)
	{
		long int	before,
					after;
		int			is_dst;
		pg_time_t	change;
		int			found = pg_next_dst_boundary(&time, &before, &is_dst, &change,
												 &after, &is_dst, zone->rules);

		if (found < 0)
			return zone->offset;
		if (found == 0 || local < change + Max(before, after))
			return before;
		time = change;
	}
}
