/*
 * bars.h
 *	  Lines at the bottom of a terminal that are drawn again and again: a name, a
 *	  bar, a text.
 *
 * No colours, nothing but "move up" and "erase": any terminal since the VT100.
 * The size is asked for with each drawing, so lines fit after it was changed,
 * and what a narrower terminal has wrapped is erased as a whole.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_BARS_H
#define WALPOST_BARS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Bar
{
	const char *name;
	double		share;			/* 0 to 1; below 0: not known, no bar */
	const char *text;			/* behind it */
} Bar;

/* Of one line at most, with the end of it. */
#define BAR_LINE_MAX	1024

/*
 * Prints a bar as a line of at most columns cells, without an end of line: the
 * bar gives way first, then the text, then the name (which is given name_columns
 * cells).  What could move the cursor is shown as "?".  Returns the cells used.
 * Pure.
 */
extern int	bar_print(const Bar *bar, int columns, int name_columns, char line[BAR_LINE_MAX]);

/* How many cells a text takes. */
extern int	bar_cells(const char *text);

/*
 * True where bars make sense: standard error is a terminal that understands
 * them, and nobody asked for plain output (NO_COLOR).
 */
extern bool bars_possible(void);

/* How many lines may be drawn now. */
extern int	bars_room(void);

/* Draws n lines in place of those before. */
extern void bars_draw(const Bar *bars, int n);

/* Takes them away, so that something else can be written. */
extern void bars_erase(void);

#endif							/* WALPOST_BARS_H */
