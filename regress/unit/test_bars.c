/*
 * test_bars.c
 *	  A bar as a line, in terminals of any width.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "bars.h"
#include "tap.h"

static void
test_widths(void)
{
	const Bar	bar = {.name = "public.orders",.share = 0.5,.text = "5 of 10 rows"};
	char		line[BAR_LINE_MAX];

	ok(bar_print(&bar, 60, 15, line) <= 60 &&
	   strcmp(line, "public.orders    [===========           ]  50%  5 of 10 rows") == 0,
	   "name, bar, per cent, text: \"%s\"", line);
	ok(bar_print(&bar, 300, 15, line) < 100, "a bar does not grow for ever");
	bar_print(&bar, 42, 13, line);
	ok(strcmp(line, "public.orders  50%  5 of 10 rows") == 0, "the bar gives way first: \"%s\"", line);
	bar_print(&bar, 22, 13, line);
	ok(strcmp(line, "public.orders  50%  5 ") == 0, "then the text: \"%s\"", line);
	for (int columns = 1; columns < 200; columns++)
	{
		int			cells = bar_print(&bar, columns, columns / 3, line);

		if (cells > columns || cells != bar_cells(line))
			ok(false, "%d columns: %d cells, \"%s\"", columns, cells, line);
	}
	ok(true, "no width is exceeded");
}

static void
test_shares(void)
{
	Bar			bar = {.name = "t",.share = 0,.text = ""};
	char		line[BAR_LINE_MAX];

	bar_print(&bar, 26, 1, line);
	ok(strcmp(line, "t  [              ]   0%  ") == 0, "nothing yet: \"%s\"", line);
	bar.share = 1;
	bar_print(&bar, 26, 1, line);
	ok(strcmp(line, "t  [==============] 100%  ") == 0, "all of it: \"%s\"", line);
	bar.share = -1;
	bar.text = "5 rows";
	bar_print(&bar, 26, 1, line);
	ok(strcmp(line, "t  5 rows") == 0, "nobody knows: \"%s\"", line);
}

static void
test_names(void)
{
	Bar			bar = {.name = "a\033[2Jb\n\302\233c\377",.share = -1,.text = ""};
	char		line[BAR_LINE_MAX];

	bar_print(&bar, 40, 20, line);
	ok(strncmp(line, "a?[2Jb??c? ", 11) == 0, "nothing in a name moves the cursor: \"%s\"", line);
	bar.name = "stra\303\237e";
	ok(bar_cells(bar.name) == 6, "letters are counted, not bytes");
	bar.name = "\345\233\275\345\256\266";
	ok(bar_cells(bar.name) == 4, "and wide ones twice");
	bar_print(&bar, 40, 3, line);
	ok(strcmp(line, "\345\233\275   ") == 0, "a name is cut between letters");
}

int
main(void)
{
	test_widths();
	test_shares();
	test_names();
	return done_testing();
}
