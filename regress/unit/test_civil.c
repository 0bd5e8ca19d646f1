/*
 * test_civil.c
 *	  Dates, times and durations against java.time and Debezium.
 *
 * cc -std=gnu11 -Iplugin -I$(pg_config --includedir-server) \
 *	  regress/unit/test_civil.c plugin/civil.c plugin/json.c \
 *	  -L$(pg_config --pkglibdir) -lpgcommon -lpgport
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdint.h>

#include "civil.h"
#include "outbuf.h"
#include "tap.h"

static OutBuf buf;

#define is_written(expected) \
	is_bytes(buf.start, outbuf_len(&buf), (expected), (expected))

/* Printed by java.time.LocalDate. */
static const struct
{
	int64_t		days;
	const char *text;
}			dates[] = {
	{0, "1970-01-01"}, {-1, "1969-12-31"}, {17109, "2016-11-04"}, {11016, "2000-02-29"},
	{11017, "2000-03-01"}, {47540, "2100-02-28"}, {47541, "2100-03-01"}, {-719468, "0000-03-01"},
	{-719162, "0001-01-01"}, {-719528, "0000-01-01"}, {-719529, "-0001-12-31"},
	{-735160, "-0043-03-15"}, {2932896, "9999-12-31"}, {2932897, "+10000-01-01"},
	{INT64_C(2145042905), "+5874897-12-31"}, {INT64_C(2146033979), "+5877611-06-21"},
	{INT64_C(-2147472691), "-5877611-06-22"},
};

static void
test_dates(void)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t		year = -4800;
	int			month = 1;
	int			day = 1;
	int			wrong = 0;
	Civil		civil;

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
	{
		civil_from_days(&civil, dates[i].days);
		civil_put_date(outbuf_reset(&buf), &civil);
		is_written(dates[i].text);
	}

	/* count days through 16,000 years; -4800-01-01 is day -2472692 */
	for (int64_t days = -2472692; year < 11200; days++)
	{
		bool		leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		civil_from_days(&civil, days);
		wrong += civil.year != year || civil.month != month || civil.day != day;
		if (++day > month_days[month - 1] + (leap && month == 2))
		{
			day = 1;
			if (++month > 12)
			{
				month = 1;
				year++;
			}
		}
	}
	ok(wrong == 0, "every day of 16,000 years");
}

static void
test_times(void)
{
	Civil		civil;

	civil_from_time(&civil, INT64_C(49890123789));
	civil_put_time(outbuf_reset(&buf), &civil, CIVIL_SHORTEST);
	is_written("13:51:30.123789");
	civil_put_time(outbuf_reset(&buf), &civil, 3);
	is_written("13:51:30.123");
	civil_put_time(outbuf_reset(&buf), &civil, 0);
	is_written("13:51:30");
	civil_from_time(&civil, INT64_C(120000));
	civil_put_time(outbuf_reset(&buf), &civil, CIVIL_SHORTEST);
	is_written("00:00:00.12");
	civil_put_time(outbuf_reset(&buf), &civil, 6);
	is_written("00:00:00.120000");
	civil_from_time(&civil, CIVIL_DAY_MICROS);
	civil_put_time(outbuf_reset(&buf), &civil, CIVIL_SHORTEST);
	is_written("24:00:00");
	civil_from_time(&civil, 1);
	civil_put_time(outbuf_reset(&buf), &civil, CIVIL_SHORTEST);
	is_written("00:00:00.000001");
}

/* Microseconds since 1970, shifted to the server's epoch. */
#define UNIX(micros) ((micros) - CIVIL_EPOCH_DAYS * CIVIL_DAY_MICROS)

static void
test_epochs(void)
{
	/* 294276-12-31 23:59:59.999999, the last timestamp of the server */
	int64_t		last = INT64_C(9223371331199999999);
	int64_t		nanos;

	ok(civil_epoch_millis(UNIX(INT64_C(-1))) == -1, "milliseconds round towards the past");
	ok(civil_epoch_millis(UNIX(INT64_C(1478267490123456))) == INT64_C(1478267490123), "milliseconds");
	ok(civil_epoch_millis(last) == INT64_C(9224318015999999), "milliseconds of the last timestamp");
	ok(civil_epoch_micros(UNIX(INT64_C(-63517820277000000))) == INT64_C(-63517820277000000),
	   "microseconds before Christ");
	ok(civil_epoch_micros(last) == INT64_C(-9223372036853775810),
	   "microseconds of the last timestamp wrap as Debezium's do");
	ok(civil_epoch_micros(last - 999999) == INT64_MAX, "whole seconds saturate");
	ok(civil_epoch_micros(UNIX(INT64_MAX)) == INT64_MAX, "the last that fits");
	ok(civil_epoch_micros(UNIX(INT64_MAX) + 1) == INT64_MIN, "the first that does not");
	ok(civil_epoch_nanos(UNIX(INT64_C(1478267490123456)), &nanos) &&
	   nanos == INT64_C(1478267490123456000), "nanoseconds");
	ok(civil_epoch_nanos(UNIX(INT64_C(9223372036854775)), &nanos) &&
	   nanos == INT64_C(9223372036854775000), "the last nanoseconds that fit");
	ok(!civil_epoch_nanos(UNIX(INT64_C(9223372036854776)), &nanos), "after 2262 they do not fit");
	ok(!civil_epoch_nanos(UNIX(INT64_C(-9223372036854776)), &nanos), "nor before 1677");
	ok(!civil_epoch_nanos(last, &nanos), "nor at the end");
}

static const struct
{
	int32_t		months;
	int32_t		days;
	int64_t		micros;
	int64_t		duration;
	const char *text;
}			intervals[] = {
	{14, 3, INT64_C(14706780000), INT64_C(37091106780000), "P1Y2M3DT4H5M6.78S"},
	{0, -1, INT64_C(7200010000), INT64_C(-79199990000), "P0Y0M-1DT2H0M0.01S"},
	{0, 0, 0, 0, "P0Y0M0DT0H0M0S"},
	{1, 0, 0, INT64_C(2629800000000), "P0Y1M0DT0H0M0S"},
	{0, 0, 1, 1, "P0Y0M0DT0H0M0.000001S"},
	{-14, 3, INT64_C(-14706780000), INT64_C(-36572706780000), "P-1Y-2M3DT-4H-5M-6.78S"},
	{0, 0, -500000, -500000, "P0Y0M0DT0H0M-0.5S"},
	{2136000000, 0, 0, INT64_MAX, "P178000000Y0M0DT0H0M0S"},
	{-2136000000, 0, 0, INT64_MIN, "P-178000000Y0M0DT0H0M0S"},
	{0, 0, INT64_MAX, INT64_MAX, "P0Y0M0DT2562047788H0M54.775807S"},
	{0, 0, INT64_MIN, INT64_MIN, "P0Y0M0DT-2562047788H0M-54.775808S"},
	{0, 0, INT64_C(600000000), INT64_C(600000000), "P0Y0M0DT0H10M0S"},
};

static void
test_durations(void)
{
	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++)
	{
		ok(civil_duration_micros(intervals[i].months, intervals[i].days,
								 intervals[i].micros) == intervals[i].duration,
		   "length of %s", intervals[i].text);
		civil_put_duration(outbuf_reset(&buf), intervals[i].months, intervals[i].days,
						   intervals[i].micros / 1000000,
						   (int) (intervals[i].micros % 1000000) * 1000);
		is_written(intervals[i].text);
	}
}

int
main(void)
{
	test_dates();
	test_times();
	test_epochs();
	test_durations();
	outbuf_reset(&buf);
	return done_testing();
}
