/*
 * bars.c
 *	  Lines at the bottom of a terminal that are drawn again and again.
 *
 * The cursor rests below the last line.  One terminal, so one set of lines.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bars.h"
#include "log.h"

#define BARS_MAX		32
#define COLUMNS_DEFAULT	80
#define ROWS_DEFAULT	24

/* Narrower than that a bar says nothing. */
#define BAR_MIN			8
#define BAR_MAX			40
/* " 100%" */
#define PERCENT_COLUMNS	5

/* The cells of each line that is on the terminal. */
static int	drawn[BARS_MAX];
static int	ndrawn;

/* ---- text in cells ---- */

/* A character, from p on: its bytes, and the cells it takes. */
static int
character(const char *p, int *cells)
{
	unsigned char c = (unsigned char) *p;
	int			len = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;

	for (int i = 1; i < len; i++)
		if (((unsigned char) p[i] & 0xC0) != 0x80)
			len = 1;
	/* from U+1100 on there are scripts with wide characters: room enough for any */
	*cells = len > 3 || (len == 3 && c > 0xE0) ? 2 : 1;
	return len;
}

/* Would it do anything but show? */
static bool
is_control(const char *p, int len)
{
	unsigned char c = (unsigned char) *p;

	return c < 0x20 || c == 0x7F || (len == 1 && c >= 0x80) ||
		(len == 2 && c == 0xC2 && (unsigned char) p[1] < 0xA0);
}

int
bar_cells(const char *text)
{
	int			sum = 0;

	for (int cells; *text != '\0'; sum += cells)
		text += character(text, &cells);
	return sum;
}

typedef struct Line
{
	char	   *text;
	size_t		len;
	int			cells;
	int			columns;
} Line;

/* As much of the text as the line and columns cells take. */
static void
put(Line *line, const char *text, int columns)
{
	int			end = line->cells + columns < line->columns ? line->cells + columns : line->columns;
	int			cells;

	for (int len; *text != '\0'; text += len)
	{
		len = character(text, &cells);
		if (line->cells + cells > end || line->len + (size_t) len >= BAR_LINE_MAX)
			break;
		if (is_control(text, len))
			line->text[line->len++] = '?';
		else
		{
			memcpy(line->text + line->len, text, (size_t) len);
			line->len += (size_t) len;
		}
		line->cells += cells;
	}
	line->text[line->len] = '\0';
}

static void
put_times(Line *line, const char *character, int n)
{
	while (n-- > 0)
		put(line, character, 1);
}

int
bar_print(const Bar *bar, int columns, int name_columns, char text[BAR_LINE_MAX])
{
	Line		line = {.text = text,.columns = columns};
	int			room;
	char		percent[16];

	text[0] = '\0';
	put(&line, bar->name, name_columns);
	put_times(&line, " ", name_columns - line.cells);
	if (bar->share >= 0)
	{
		/* brackets, and a blank before them and before the text */
		room = columns - line.cells - PERCENT_COLUMNS - 2 - bar_cells(bar->text) - 4;
		if (room > BAR_MAX)
			room = BAR_MAX;
		if (room >= BAR_MIN)
		{
			int			full = (int) (bar->share * room);

			put(&line, "  [", 3);
			put_times(&line, "=", full);
			put_times(&line, " ", room - full);
			put(&line, "]", 1);
		}
		snprintf(percent, sizeof(percent), " %3d%%", (int) (bar->share * 100));
		put(&line, percent, PERCENT_COLUMNS);
	}
	put(&line, "  ", 2);
	put(&line, bar->text, columns);
	return line.cells;
}

/* ---- the terminal ---- */

bool
bars_possible(void)
{
	const char *terminal = getenv("TERM");
	const char *plain = getenv("NO_COLOR");

	return isatty(STDERR_FILENO) && terminal != NULL && terminal[0] != '\0' &&
		strcmp(terminal, "dumb") != 0 && (plain == NULL || plain[0] == '\0');
}

static void
size(int *columns, int *rows)
{
	struct winsize window;

	*columns = COLUMNS_DEFAULT;
	*rows = ROWS_DEFAULT;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0)
		return;
	if (window.ws_col > 0)
		*columns = window.ws_col;
	if (window.ws_row > 0)
		*rows = window.ws_row;
}

int
bars_room(void)
{
	int			columns,
				rows;

	size(&columns, &rows);
	return rows - 1 < BARS_MAX ? rows - 1 : BARS_MAX;
}

/* To the first of the lines, which may be wrapped now, and all below away. */
static int
put_erase(char *out, size_t room, int columns)
{
	int			rows = 0;

	for (int i = 0; i < ndrawn; i++)
		rows += drawn[i] > columns ? (drawn[i] + columns - 1) / columns : 1;
	ndrawn = 0;
	return rows > 0 ? snprintf(out, room, "\r\033[%dA\033[J", rows) : 0;
}

/* A terminal that is gone has nowhere to say so. */
static void
show(const char *text, size_t len)
{
	if (write(STDERR_FILENO, text, len) < 0)
		return;
}

void
bars_erase(void)
{
	char		out[64];
	int			columns,
				rows;
	int			len;

	size(&columns, &rows);
	len = put_erase(out, sizeof(out), columns);
	show(out, (size_t) len);
}

void
bars_draw(const Bar *bars, int n)
{
	static char out[BARS_MAX * BAR_LINE_MAX + 64];
	int			columns,
				rows;
	int			name_columns = 0;
	int			len;

	size(&columns, &rows);
	log_before_line = bars_erase;
	len = put_erase(out, sizeof(out), columns);
	/* the last column stays free: some terminals wrap once it is used */
	columns = columns > 1 ? columns - 1 : 1;
	for (int i = 0; i < n; i++)
		if (bar_cells(bars[i].name) > name_columns)
			name_columns = bar_cells(bars[i].name);
	if (name_columns > columns / 3)
		name_columns = columns / 3;
	for (ndrawn = 0; ndrawn < n && ndrawn < BARS_MAX && ndrawn < rows - 1; ndrawn++)
	{
		drawn[ndrawn] = bar_print(&bars[ndrawn], columns, name_columns, out + len);
		len += (int) strlen(out + len);
		out[len++] = '\n';
	}
	show(out, (size_t) len);
}
