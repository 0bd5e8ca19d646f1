/*
 * jsontext.c
 *	  Between jansson and strings that may be no UTF-8.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "jsontext.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* The length of the character that begins there; 0: none does. */
static size_t
character(const char *p)
{
	unsigned char c = (unsigned char) *p;
	size_t		len = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if (((unsigned char) p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

json_t *
json_text(const char *text)
{
	json_t	   *json = json_string(text);
	char	   *copy;

	if (json != NULL)
		return json;
	copy = mem_copy(text);
	for (char *p = copy; *p;)
	{
		size_t		len = character(p);

		if (len == 0)
			*p = '?';
		p += len == 0 ? 1 : len;
	}
	json = json_string(copy);

	/* a surrogate, or what is past the last character: then ASCII alone */
	for (char *p = copy; json == NULL && *p; p++)
		if ((unsigned char) *p >= 0x80)
			*p = '?';
	if (json == NULL)
		json = json_string(copy);
	if (json == NULL)
		mem_exhausted();
	free(copy);
	return json;
}

char *
json_print(json_t *json)
{
	char	   *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);

	if (text == NULL)
		mem_exhausted();
	json_decref(json);
	return text;
}
