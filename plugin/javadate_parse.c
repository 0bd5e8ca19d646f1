/*
 * javadate_parse.c
 *	  Reads moments as java.text.SimpleDateFormat does, leniently.
 *
 * Follows SimpleDateFormat of JDK 17 (parse, subParse) and the way Calendar
 * resolves fields: of those that contradict each other the later one counts.
 * Weekdays are read and say nothing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "javadate.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#define DAY_MILLIS		INT64_C(86400000)

/* What has been read; an hour and a day are that of the later of two fields. */
typedef struct Fields
{
	int64_t		year;
	int64_t		month;			/* from 1 */
	int64_t		day;			/* of the month or, */
	bool		of_year;		/* of the year */
	int64_t		hour;
	bool		whole_day;		/* the hour is that of a day, not of half a one */
	bool		afternoon;
	bool		before_christ;
	int64_t		minute;
	int64_t		second;
	int64_t		milli;
	int64_t		zone;			/* milliseconds ahead of UTC */
	bool		ambiguous;		/* the year may be that of the next century */
} Fields;

/* ---- numbers ------------------------------------------------------------- */

/* More than what Java reads as a long, of which it takes the lower half. */
#define MANY INT64_C(100000000000000000)

/* At most width characters of text, or all digits; NULL if there is none. */
static const char *
read_number(const char *text, int width, int64_t *value)
{
	const char *p = text;
	const char *end = width > 0 ? text + strnlen(text, width) : text + strlen(text);
	bool		negative = *p == '-';
	int64_t		number = 0;

	if (width > 0 && end - text < width)
		return NULL;
	p += negative;
	if (p == end || !isdigit((unsigned char) *p))
		return NULL;
	for (; p < end && isdigit((unsigned char) *p); p++)
		number = number < MANY ? number * 10 + (*p - '0') : MANY;
	number = number < MANY ? (int32_t) number : INT32_MAX;
	*value = negative ? -number : number;
	return p;
}

/* A pattern without delimiters: digits are cut by the letters' count. */
static bool
is_cut(JavaDateCursor cursor)
{
	JavaDateItem next;

	if (!javadate_next(&cursor, &next) || next.letter == 0)
		return false;
	if (next.letter == 'M' || next.letter == 'L')
		return next.count <= 2;
	return strchr("yYdkHmsSDFwWhKu", next.letter) != NULL;
}

/* ---- names --------------------------------------------------------------- */

/* The longest of the names, or of their first three characters, at text. */
static const char *
read_name(const char *text, const char *const *names, int n, int *which)
{
	size_t		best = 0;

	for (int i = 0; i < n; i++)
	{
		size_t		len = strlen(names[i]);

		if (strncasecmp(text, names[i], len) != 0)
			len = strncasecmp(text, names[i], 3) == 0 ? 3 : 0;
		if (len <= best)
			continue;
		best = len;
		*which = i;
	}
	return best > 0 ? text + best : NULL;
}

/* ---- zones --------------------------------------------------------------- */

/*
 * hh, hhmm or hh:mm behind a sign: count and colon as Java's
 * subParseNumericZone() has them.
 */
static const char *
read_offset(const char *text, int sign, int count, bool colon, int64_t *zone)
{
	int64_t		hours = 0;
	int64_t		minutes = 0;

	if (!isdigit((unsigned char) *text))
		return NULL;
	hours = *text++ - '0';
	if (isdigit((unsigned char) *text))
		hours = hours * 10 + (*text++ - '0');
	else if (count > 0 || !colon)
		return NULL;
	if (hours > 23)
		return NULL;
	if (count != 1)
	{
		if (colon && *text++ != ':')
			return NULL;
		if (!isdigit((unsigned char) text[0]) || !isdigit((unsigned char) text[1]))
			return NULL;
		minutes = (text[0] - '0') * 10 + (text[1] - '0');
		if (minutes > 59)
			return NULL;
		text	  +=2;
	}
	*zone = sign * (hours * 60 + minutes) * 60000;
	return text;
}

static int
sign_of(char c)
{
	return c == '+' ? 1 : c == '-' ? -1 : 0;
}

static const char *
read_zone(const char *text, const JavaDateItem *item, int64_t *zone)
{
	int			sign = sign_of(*text);

	*zone = 0;
	if (item->letter == 'X')
	{
		if (*text == 'Z')
			return text + 1;
		return sign ? read_offset(text + 1, sign, item->count, item->count == 3, zone) : NULL;
	}
	if (sign)
		return read_offset(text + 1, sign, 0, false, zone);
	if (strncasecmp(text, "GMT", 3) == 0)
	{
		sign = sign_of(text[3]);
		return sign ? read_offset(text + 4, sign, 0, true, zone) : text + 3;
	}
	if (strncasecmp(text, "Coordinated Universal Time", 26) == 0)
		return text + 26;
	return strncasecmp(text, "UTC", 3) == 0 ? text + 3 : NULL;
}

/* ---- fields -------------------------------------------------------------- */

/* The first year of the hundred in which years of two digits are. */
static int64_t
century_start(int64_t now)
{
	return now - INT64_C(80) * 31556952000;
}

/* The year that a moment falls in. */
static int64_t
year_of(int64_t millis)
{
	int64_t		year = 1970 + millis / INT64_C(31556952000);

	while (javadate_days(year + 1, 1, 1) * DAY_MILLIS <= millis)
		year++;
	while (javadate_days(year, 1, 1) * DAY_MILLIS > millis)
		year--;
	return year;
}

static void
set_year(Fields *fields, const JavaDateItem *item, const char *text, const char *end, int64_t value,
		 int64_t now)
{
	int64_t		start;

	fields->year = value;
	if (item->count > 2 || end - text != 2 || !isdigit((unsigned char) text[0]))
		return;
	start = year_of(century_start(now));
	fields->ambiguous = value == start % 100;
	fields->year = value + start / 100 * 100 + (value < start % 100 ? 100 : 0);
}

static void
set_day(Fields *fields, int64_t day, bool of_year)
{
	fields->day = day;
	fields->of_year = of_year;
}

static void
set_hour(Fields *fields, int64_t hour, bool whole_day)
{
	fields->hour = hour;
	fields->whole_day = whole_day;
}

static bool
set_number(Fields *fields, char letter, int64_t value)
{
	switch (letter)
	{
		case 'M':
		case 'L':
			fields->month = value;
			return true;
		case 'd':
		case 'D':
			set_day(fields, value, letter == 'D');
			return true;
		case 'H':
		case 'K':
			set_hour(fields, value, letter == 'H');
			return true;
		case 'k':
			set_hour(fields, value == 24 ? 0 : value, true);
			return true;
		case 'h':
			set_hour(fields, value == 12 ? 0 : value, false);
			return true;
		case 'm':
			fields->minute = value;
			return true;
		case 's':
			fields->second = value;
			return true;
		case 'S':
			fields->milli = value;
			return true;
		case 'u':
			return true;
		default:
			return false;
	}
}

/* Reads what a letter stands for; returns what follows, NULL if it does not fit. */
static const char *
read_field(Fields *fields, const JavaDateItem *item, const char *text, bool cut, int64_t now)
{
	static const char *const halves[] = {"AM", "PM"};
	static const char *const eras[] = {"BC", "AD"};
	bool		is_month = item->letter == 'M' || item->letter == 'L';
	int			which = 0;
	int64_t		value;
	const char *end;

	if (strchr("zZX", item->letter))
		return read_zone(text, item, &fields->zone);
	if (item->letter == 'a')
	{
		end = read_name(text, halves, 2, &which);
		fields->afternoon = which == 1;
	}
	else if (item->letter == 'G')
	{
		end = read_name(text, eras, 2, &which);
		fields->before_christ = which == 0;
	}
	else if (item->letter == 'E')
		end = read_name(text, javadate_weekdays, 7, &which);
	else if (is_month && item->count > 2)
	{
		end = read_name(text, javadate_months, 12, &which);
		fields->month = which + 1;
	}
	else
	{
		end = read_number(text, cut ? item->count : 0, &value);
		if (end && item->letter == 'y')
			set_year(fields, item, text, end, value, now);
		else if (end && !set_number(fields, item->letter, value))
			return NULL;
	}
	return end;
}

static int64_t
resolve(const Fields *fields)
{
	int64_t		year = fields->before_christ ? 1 - fields->year : fields->year;
	int64_t		days = fields->of_year ? javadate_days(year, 1, fields->day) :
	javadate_days(year, fields->month, fields->day);
	int64_t		hour = fields->hour + (fields->afternoon && !fields->whole_day ? 12 : 0);

	/* a year beyond all range wraps around, as in Java */
	return (int64_t) ((uint64_t) days * DAY_MILLIS +
					  (uint64_t) (((hour * 60 + fields->minute) * 60 + fields->second) * 1000 +
								  fields->milli - fields->zone));
}

bool
javadate_parse(const char *pattern, const char *text, int64_t now, int64_t *millis)
{
	Fields		fields = {.year = 1970,.month = 1,.day = 1};
	JavaDateCursor cursor = {pattern, false};
	JavaDateItem item;

	while (text && javadate_next(&cursor, &item))
	{
		if (item.letter == 0)
		{
			text = *text == item.literal ? text + 1 : NULL;
			continue;
		}
		text	  +=strspn(text, " \t");
		text = *text ? read_field(&fields, &item, text, is_cut(cursor), now) : NULL;
	}
	if (text == NULL)
		return false;
	*millis = resolve(&fields);
	if (fields.ambiguous && *millis < century_start(now))
	{
		fields.year += 100;
		*millis = resolve(&fields);
	}
	return true;
}
