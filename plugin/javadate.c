/*
 * javadate.c
 *	  Prints moments as java.text.SimpleDateFormat does.
 *
 * Follows SimpleDateFormat of JDK 17 (subFormat, zeroPaddingNumber) over
 * GregorianCalendar.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "javadate.h"

#include <limits.h>
#include <stdio.h>

#define DAY_MILLIS		INT64_C(86400000)
#define FIRST_GREGORIAN	INT64_C(-141427)	/* 1582-10-15 */

const char *const javadate_months[12] = {
	"January", "February", "March", "April", "May", "June", "July", "August",
	"September", "October", "November", "December"
};

const char *const javadate_weekdays[7] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
};

/* ---- the calendar -------------------------------------------------------- */

typedef struct Date
{
	int64_t		days;			/* since 1970 */
	int64_t		year;			/* astronomical: 0 is 1 BC */
	int			month;			/* from 1 */
	int			day;
} Date;

static int64_t
floor_div(int64_t value, int64_t divisor)
{
	return value / divisor - (value % divisor < 0);
}

/* Days since 1970 of a day that counts from March, in a year that does. */
static int64_t
days_from_march(int64_t year, int64_t day, bool gregorian)
{
	int64_t		days = 365 * year + floor_div(year, 4) + day;

	if (gregorian)
		return days - floor_div(year, 100) + floor_div(year, 400) - 719468;
	return days - 719470;
}

int64_t
javadate_days(int64_t year, int64_t month, int64_t day)
{
	int64_t		years = floor_div(month - 3, 12);
	int64_t		from_march = month - 3 - years * 12;
	int64_t		day_of_year = (153 * from_march + 2) / 5 + day - 1;
	int64_t		days = days_from_march(year + years, day_of_year, true);

	if (days >= FIRST_GREGORIAN)
		return days;
	return days_from_march(year + years, day_of_year, false);
}

static void
date_from_days(Date *date, int64_t days)
{
	bool		gregorian = days >= FIRST_GREGORIAN;
	int64_t		rest = days + (gregorian ? 719468 : 719470);
	int64_t		era = floor_div(rest, gregorian ? 146097 : 1461);
	int64_t		year,
				month;

	rest -= era * (gregorian ? 146097 : 1461);
	if (gregorian)
		year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	else
		year = (rest - rest / 1460) / 365;
	rest -= 365 * year + year / 4 - (gregorian ? year / 100 : 0);
	month = (5 * rest + 2) / 153;

	date->days = days;
	date->day = (int) (rest - (153 * month + 2) / 5 + 1);
	date->month = (int) (month < 10 ? month + 3 : month - 9);
	date->year = year + era * (gregorian ? 400 : 4) + (date->month <= 2);
}

/* 0 is Sunday. */
static int
weekday(int64_t days)
{
	return (int) (days + 4 - floor_div(days + 4, 7) * 7);
}

/* The week of a year that begins with first, in which days falls. */
static int
week_from(int64_t first, int64_t days)
{
	return (int) ((days - first + weekday(first)) / 7 + 1);
}

/* The year and week in which the days of a new year's week already count. */
static int64_t
week_year(const Date *date, int *week)
{
	int64_t		next = javadate_days(date->year + 1, 1, 1);

	if (date->days >= next - weekday(next))
	{
		*week = 1;
		return date->year + 1;
	}
	*week = week_from(javadate_days(date->year, 1, 1), date->days);
	return date->year;
}

/* ---- patterns ------------------------------------------------------------ */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Two quotes are one, wherever they are; one begins or ends what is quoted. */
bool
javadate_next(JavaDateCursor *cursor, JavaDateItem *item)
{
	memset(item, 0, sizeof(*item));
	while (cursor->p[0] == '\'' && cursor->p[1] != '\'')
	{
		cursor->quoted = !cursor->quoted;
		cursor->p++;
	}
	if (*cursor->p == '\0')
		return false;
	if (cursor->quoted || !is_letter(*cursor->p))
	{
		cursor->p += *cursor->p == '\'';
		item->literal = *cursor->p++;
		return true;
	}
	item->letter = *cursor->p;
	for (; *cursor->p == item->letter; cursor->p++)
		item->count++;
	return true;
}

const char *
javadate_fault(const char *pattern)
{
	JavaDateCursor cursor = {pattern, false};
	JavaDateItem item;

	while (javadate_next(&cursor, &item))
	{
		if (item.letter && !strchr("GyMdkHmsSEDFwWahKzZYuXL", item.letter))
			return "a letter that has no meaning in it";
		if (item.letter == 'X' && item.count > 3)
			return "more than three letters X";
	}
	return cursor.quoted ? "a quote that does not end" : NULL;
}

/* ---- printing ------------------------------------------------------------ */

/* A moment taken apart. */
typedef struct Moment
{
	Date		date;
	int			millis;			/* of the day */
} Moment;

static void
put_text(Out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

static void
put_number(Out *out, int64_t value, int digits)
{
	char		text[256];

	snprintf(text, sizeof(text), "%0*lld", (value < 0) + (digits < 200 ? digits : 200), (long long) value);
	put_text(out, text);
}

/* The whole name with four letters or more, else its first three characters. */
static void
put_name(Out *out, const char *name, int count)
{
	out_bytes(out, name, count >= 4 ? strlen(name) : 3);
}

static void
put_year(Out *out, int64_t year, int count)
{
	if (count == 2)
		put_number(out, year % 100, 2);
	else
		put_number(out, year, count);
}

/* Eras, years, months and what is text: all that is not simply a number. */
static bool
put_special(Out *out, const Moment *moment, const JavaDateItem *item)
{
	const Date *date = &moment->date;
	int			week;

	switch (item->letter)
	{
		case 'G':
			put_text(out, date->year > 0 ? "AD" : "BC");
			return true;
		case 'y':
			put_year(out, date->year > 0 ? date->year : 1 - date->year, item->count);
			return true;
		case 'Y':
			put_year(out, week_year(date, &week), item->count);
			return true;
		case 'M':
		case 'L':
			if (item->count >= 3)
				put_name(out, javadate_months[date->month - 1], item->count);
			else
				put_number(out, date->month, item->count);
			return true;
		case 'E':
			put_name(out, javadate_weekdays[weekday(date->days)], item->count);
			return true;
		case 'a':
			put_text(out, moment->millis < DAY_MILLIS / 2 ? "AM" : "PM");
			return true;
		case 'z':
			put_text(out, item->count >= 4 ? "Coordinated Universal Time" : "UTC");
			return true;
		case 'Z':
			put_text(out, "+0000");
			return true;
		case 'X':
			put_text(out, "Z");
			return true;
		default:
			return false;
	}
}

/* The number that another letter stands for. */
static int
number_of(const Moment *moment, char letter)
{
	const Date *date = &moment->date;
	int64_t		first = javadate_days(date->year, date->month, 1);
	int			hour = moment->millis / 3600000;
	int			week;

	switch (letter)
	{
		case 'd':
			return date->day;
		case 'D':
			return (int) (date->days - javadate_days(date->year, 1, 1)) + 1;
		case 'F':
			return (int) (date->days - first) / 7 + 1;
		case 'w':
			(void) week_year(date, &week);
			return week;
		case 'W':
			return week_from(first, date->days);
		case 'u':
			return weekday(date->days) ? weekday(date->days) : 7;
		case 'H':
			return hour;
		case 'k':
			return hour ? hour : 24;
		case 'K':
			return hour % 12;
		case 'h':
			return hour % 12 ? hour % 12 : 12;
		case 'm':
			return moment->millis / 60000 % 60;
		case 's':
			return moment->millis / 1000 % 60;
		default:
			return moment->millis % 1000;
	}
}

void
javadate_format(Out *out, const char *pattern, int64_t millis)
{
	JavaDateCursor cursor = {pattern, false};
	int64_t		days = floor_div(millis, DAY_MILLIS);
	JavaDateItem item;
	Moment		moment;

	date_from_days(&moment.date, days);
	moment.millis = (int) (millis - days * DAY_MILLIS);
	while (javadate_next(&cursor, &item))
	{
		if (item.letter == 0)
			out_byte(out, item.literal);
		else if (!put_special(out, &moment, &item))
			put_number(out, number_of(&moment, item.letter), item.count);
	}
}
