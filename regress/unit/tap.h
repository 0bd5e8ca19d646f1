/*
 * tap.h
 *	  Just enough of the Test Anything Protocol for C programs under prove.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TAP_H
#define WALPOST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int	tap_count;
static int	tap_failed;

/* One test point; returns what was tested. */
__attribute__((format(printf, 2, 3), unused))
static bool
ok(bool passed, const char *name,...)
{
	va_list		args;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	tap_failed += !passed;
	return passed;
}

/* Equal bytes; tells both when they differ. */
__attribute__((unused))
static bool
is_bytes(const char *got, size_t len, const char *expected, const char *name)
{
	bool		passed = len == strlen(expected) && memcmp(got, expected, len) == 0;

	if (!ok(passed, "%s", name))
		printf("#      got: %.*s\n# expected: %s\n", (int) len, got, expected);
	return passed;
}

/* Prints the plan; what main() returns. */
__attribute__((unused))
static int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed > 0;
}

#endif							/* WALPOST_TAP_H */
