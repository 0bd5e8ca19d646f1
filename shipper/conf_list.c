/*
 * conf_list.c
 *	  Lists of words, separated by commas.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "conf_list.h"

#define BLANKS " \t\r\n"

bool
conf_list_next(const char **list, const char **word, size_t *len)
{
	const char *p = *list + strspn(*list, "," BLANKS);
	const char *end = p + strcspn(p, ",");

	*list = end;
	while (end > p && strchr(BLANKS, end[-1]) != NULL)
		end--;
	*word = p;
	*len = (size_t) (end - p);
	return *len > 0;
}

bool
conf_list_has(const char *list, const char *word)
{
	const char *one;
	size_t		len;

	while (list != NULL && conf_list_next(&list, &one, &len))
		if (len == strlen(word) && memcmp(one, word, len) == 0)
			return true;
	return false;
}
