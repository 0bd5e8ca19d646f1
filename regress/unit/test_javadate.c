/*
 * test_javadate.c
 *	  Moments under patterns, against java.text.SimpleDateFormat of JDK 17.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdint.h>

#include "javadate.h"
#include "outbuf.h"
#include "tap.h"

/* The moment that years of two digits are read by. */
#define NOW INT64_C(1795262400000)

static OutBuf buf;

static const struct
{
	int64_t		millis;
	const char *pattern;
	const char *text;
}			formatted[] = {
	{INT64_C(0), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1970-01-01T00:00:00.000Z"},
	{INT64_C(0), "G y yy yyyyy YYYY YY", "AD 1970 70 01970 1970 70"},
	{INT64_C(0), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "1 01 Jan January 1 Jan 1 001 1 1 1 01 1 Thu Thursday 4"},
	{INT64_C(0), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(0), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(-1), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1969-12-31T23:59:59.999Z"},
	{INT64_C(-1), "G y yy yyyyy YYYY YY", "AD 1969 69 01969 1970 70"},
	{INT64_C(-1), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "12 12 Dec December 12 Dec 365 365 31 5 1 01 5 Wed Wednesday 3"},
	{INT64_C(-1), "a H k K h m s S SSSSS", "PM 23 23 11 11 59 59 999 00999"},
	{INT64_C(-1), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(1234567890123), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2009-02-13T23:31:30.123Z"},
	{INT64_C(1234567890123), "G y yy yyyyy YYYY YY", "AD 2009 09 02009 2009 09"},
	{INT64_C(1234567890123), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "2 02 Feb February 2 Feb 44 044 13 2 7 07 2 Fri Friday 5"},
	{INT64_C(1234567890123), "a H k K h m s S SSSSS", "PM 23 23 11 11 31 30 123 00123"},
	{INT64_C(1234567890123), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(951782400000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2000-02-29T00:00:00.000Z"},
	{INT64_C(951782400000), "G y yy yyyyy YYYY YY", "AD 2000 00 02000 2000 00"},
	{INT64_C(951782400000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "2 02 Feb February 2 Feb 60 060 29 5 10 10 5 Tue Tuesday 2"},
	{INT64_C(951782400000), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(951782400000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(-12219292800000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1582-10-15T00:00:00.000Z"},
	{INT64_C(-12219292800000), "G y yy yyyyy YYYY YY", "AD 1582 82 01582 1582 82"},
	{INT64_C(-12219292800000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "10 10 Oct October 10 Oct 278 278 15 1 40 40 1 Fri Friday 5"},
	{INT64_C(-12219292800000), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(-12219292800000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(-12219292800001), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1582-10-04T23:59:59.999Z"},
	{INT64_C(-12219292800001), "G y yy yyyyy YYYY YY", "AD 1582 82 01582 1582 82"},
	{INT64_C(-12219292800001), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "10 10 Oct October 10 Oct 277 277 4 1 40 40 1 Thu Thursday 4"},
	{INT64_C(-12219292800001), "a H k K h m s S SSSSS", "PM 23 23 11 11 59 59 999 00999"},
	{INT64_C(-12219292800001), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(-62135769600000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "0001-01-01T00:00:00.000Z"},
	{INT64_C(-62135769600000), "G y yy yyyyy YYYY YY", "AD 1 01 00001 0001 01"},
	{INT64_C(-62135769600000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "1 01 Jan January 1 Jan 1 001 1 1 1 01 1 Sat Saturday 6"},
	{INT64_C(-62135769600000), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(-62135769600000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(-62135769600001), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "0001-12-31T23:59:59.999Z"},
	{INT64_C(-62135769600001), "G y yy yyyyy YYYY YY", "BC 1 01 00001 0001 01"},
	{INT64_C(-62135769600001), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "12 12 Dec December 12 Dec 366 366 31 5 1 01 5 Fri Friday 5"},
	{INT64_C(-62135769600001), "a H k K h m s S SSSSS", "PM 23 23 11 11 59 59 999 00999"},
	{INT64_C(-62135769600001), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(-99999999999999), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1200-02-26T14:13:20.001Z"},
	{INT64_C(-99999999999999), "G y yy yyyyy YYYY YY", "BC 1200 00 01200 -1199 -99"},
	{INT64_C(-99999999999999), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "2 02 Feb February 2 Feb 57 057 26 4 9 09 4 Thu Thursday 4"},
	{INT64_C(-99999999999999), "a H k K h m s S SSSSS", "PM 14 14 2 2 13 20 1 00001"},
	{INT64_C(-99999999999999), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(253402300800000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "10000-01-01T00:00:00.000Z"},
	{INT64_C(253402300800000), "G y yy yyyyy YYYY YY", "AD 10000 00 10000 10000 00"},
	{INT64_C(253402300800000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "1 01 Jan January 1 Jan 1 001 1 1 1 01 1 Sat Saturday 6"},
	{INT64_C(253402300800000), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(253402300800000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(1609459199999), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2020-12-31T23:59:59.999Z"},
	{INT64_C(1609459199999), "G y yy yyyyy YYYY YY", "AD 2020 20 02020 2021 21"},
	{INT64_C(1609459199999), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "12 12 Dec December 12 Dec 366 366 31 5 1 01 5 Thu Thursday 4"},
	{INT64_C(1609459199999), "a H k K h m s S SSSSS", "PM 23 23 11 11 59 59 999 00999"},
	{INT64_C(1609459199999), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(1704067200000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2024-01-01T00:00:00.000Z"},
	{INT64_C(1704067200000), "G y yy yyyyy YYYY YY", "AD 2024 24 02024 2024 24"},
	{INT64_C(1704067200000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "1 01 Jan January 1 Jan 1 001 1 1 1 01 1 Mon Monday 1"},
	{INT64_C(1704067200000), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(1704067200000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(1483142400000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2016-12-31T00:00:00.000Z"},
	{INT64_C(1483142400000), "G y yy yyyyy YYYY YY", "AD 2016 16 02016 2016 16"},
	{INT64_C(1483142400000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "12 12 Dec December 12 Dec 366 366 31 5 53 53 5 Sat Saturday 6"},
	{INT64_C(1483142400000), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(1483142400000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(-12212553600000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1583-01-01T00:00:00.000Z"},
	{INT64_C(-12212553600000), "G y yy yyyyy YYYY YY", "AD 1583 83 01583 1583 83"},
	{INT64_C(-12212553600000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "1 01 Jan January 1 Jan 1 001 1 1 1 01 1 Sat Saturday 6"},
	{INT64_C(-12212553600000), "a H k K h m s S SSSSS", "AM 0 24 0 12 0 0 0 00000"},
	{INT64_C(-12212553600000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
	{INT64_C(43200000), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1970-01-01T12:00:00.000Z"},
	{INT64_C(43200000), "G y yy yyyyy YYYY YY", "AD 1970 70 01970 1970 70"},
	{INT64_C(43200000), "M MM MMM MMMM L LLL D DDD d F w ww W E EEEE u", "1 01 Jan January 1 Jan 1 001 1 1 1 01 1 Thu Thursday 4"},
	{INT64_C(43200000), "a H k K h m s S SSSSS", "PM 12 12 0 12 0 0 0 00000"},
	{INT64_C(43200000), "z zzzz Z X XX XXX 'o''clock' ''''", "UTC Coordinated Universal Time +0000 Z Z Z o'clock ''"},
};

static const struct
{
	const char *pattern;
	const char *text;
	bool		fits;
	int64_t		millis;
}			parsed[] = {
	{"yyyy-MM-dd", "2024-02-30", true, INT64_C(1709251200000)},
	{"yyyy-MM-dd", "2024-2-3 and more", true, INT64_C(1706918400000)},
	{"yyyy-MM-dd", "24-13-0", true, INT64_C(-61378473600000)},
	{"yyyyMMddHHmmss", "20240229123456", true, INT64_C(1709210096000)},
	{"yyyyMMdd", "2024022", true, INT64_C(1706832000000)},
	{"yyyyMMdd", "2024023", true, INT64_C(1706918400000)},
	{"yyMMdd", "991231", true, INT64_C(946598400000)},
	{"yy-M-d", "46-11-20", true, INT64_C(2426284800000)},
	{"yy-M-d", "47-1-1", true, INT64_C(-725846400000)},
	{"yy-M-d", "2024-1-1", true, INT64_C(1704067200000)},
	{"y-M-d", "24-1-1", true, INT64_C(1704067200000)},
	{"dd MMM yyyy", "3 feb 2021", true, INT64_C(1612310400000)},
	{"dd MMMM yyyy", "3 Sept 2021", false, 0},
	{"dd MMMM yyyy", "3 September 2021", true, INT64_C(1630627200000)},
	{"dd MMM yyyy", "3 Foo 2021", false, 0},
	{"EEE, dd MMM yyyy HH:mm:ss z", "Tue, 01 Jan 2019 10:00:00 GMT", true, INT64_C(1546336800000)},
	{"EEE, dd MMM yyyy HH:mm:ss Z", "Mon, 01 Jan 2019 10:00:00 +0230", true, INT64_C(1546327800000)},
	{"yyyy-MM-dd HH:mm:ss.SSS", "2020-01-01 10:11:12.123456", true, INT64_C(1577873595456)},
	{"yyyy-MM-dd'T'HH:mm:ssX", "2020-01-01T10:11:12Z", true, INT64_C(1577873472000)},
	{"yyyy-MM-dd'T'HH:mm:ssX", "2020-01-01T10:11:12+0230", true, INT64_C(1577866272000)},
	{"yyyy-MM-dd'T'HH:mm:ssXX", "2020-01-01T10:11:12+0230", true, INT64_C(1577864472000)},
	{"yyyy-MM-dd'T'HH:mm:ssXXX", "2020-01-01T10:11:12-02:30", true, INT64_C(1577882472000)},
	{"yyyy-MM-dd'T'HH:mm:ssXXX", "2020-01-01T10:11:12-0230", false, 0},
	{"HH:mm z", "10:00 GMT+1:30", true, INT64_C(30600000)},
	{"HH:mm z", "10:00 UTC", true, INT64_C(36000000)},
	{"HH:mm z", "10:00 -0130", true, INT64_C(41400000)},
	{"hh:mm a", "12:30 AM", true, INT64_C(1800000)},
	{"hh:mm a", "12:30 pm", true, INT64_C(45000000)},
	{"HH:mm a", "11:30 pm", true, INT64_C(41400000)},
	{"KK:mm a", "0:05 PM", true, INT64_C(43500000)},
	{"kk:mm", "24:05", true, INT64_C(300000)},
	{"hh:mm", "13:05", true, INT64_C(47100000)},
	{"D yyyy", "60 2024", true, INT64_C(1709164800000)},
	{"yyyy D MM dd", "2024 60 1 2", true, INT64_C(1704153600000)},
	{"yyyy G", "44 BC", true, INT64_C(-63524304000000)},
	{"d.M.y", "4.10.1582", true, INT64_C(-12219379200000)},
	{"d.M.y", "15.10.1582", true, INT64_C(-12219292800000)},
	{"d.M.y", "10.10.1582", true, INT64_C(-12218860800000)},
	{"d.M.y", "1.1.1", true, INT64_C(-62135769600000)},
	{"d.M.y", "1.1.0", true, INT64_C(-62167392000000)},
	{"yyyy-MM-dd", "  2020-01-01", true, INT64_C(1577836800000)},
	{"yyyy-MM-dd", "2020 -01-01", false, 0},
	{"yyyy-MM-dd", "", false, 0},
	{"'at' yyyy", "at 2020", true, INT64_C(1577836800000)},
	{"'at' yyyy", "in 2020", false, 0},
	{"S", "99999999999", true, INT64_C(1215752191)},
	{"HH:mm:ss", "-1:00:00", true, INT64_C(-3600000)},
	{"M/d/yy h:mm", "1/2/03 4:5", true, INT64_C(1041480300000)},
	{"u yyyy", "3 2020", true, INT64_C(1577836800000)},
	{"E yyyy", "wednesday 2020", true, INT64_C(1577836800000)},
};

static const struct
{
	const char *pattern;
	bool		good;
}			patterns[] = {
	{"", true}, {"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", true}, {"'b' '' 1", true}, {"GyMdkHmsSEDFwWahKzZYuXL", true},
	{"b", false}, {"XXXX", false}, {"'open", false}, {"yyyy''", true}, {"yyyy'''", false},
};

static void
test_format(void)
{
	for (size_t i = 0; i < sizeof(formatted) / sizeof(formatted[0]); i++)
	{
		javadate_format(outbuf_reset(&buf), formatted[i].pattern, formatted[i].millis);
		is_bytes(buf.start, outbuf_len(&buf), formatted[i].text, formatted[i].pattern);
	}
}

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof(parsed) / sizeof(parsed[0]); i++)
	{
		int64_t		millis = 0;
		bool		fits = javadate_parse(parsed[i].pattern, parsed[i].text, NOW, &millis);

		ok(fits == parsed[i].fits && millis == parsed[i].millis, "%s: %s is %lld", parsed[i].pattern,
		   parsed[i].text, (long long) millis);
	}
}

static void
test_patterns(void)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		ok((javadate_fault(patterns[i].pattern) == NULL) == patterns[i].good, "%s", patterns[i].pattern);
}

int
main(void)
{
	test_format();
	test_parse();
	test_patterns();
	return done_testing();
}
