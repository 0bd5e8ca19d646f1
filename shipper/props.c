/*
 * props.c
 *	  Files, and text in the format of java.util.Properties.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "props.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define MAX_FILE (1024 * 1024)

char *
props_read_file(const char *what, const char *path, Err *err)
{
	FILE	   *file = fopen(path, "r");
	char	   *text;
	size_t		len;

	if (file == NULL)
	{
		err_set(err, ERR_CONFIG, "could not read %s \"%s\": %s; give the path of a file that this user may read",
				what, path, strerror(errno));
		return NULL;
	}
	text = mem_zero(MAX_FILE + 2);
	len = fread(text, 1, MAX_FILE + 1, file);
	if (ferror(file))
		err_set(err, ERR_CONFIG, "could not read %s \"%s\": %s; give the path of a file that this user may read",
				what, path, strerror(errno));
	else if (len > MAX_FILE)
		err_set(err, ERR_CONFIG, "could not read %s \"%s\": it is larger than %d bytes; give a text file of properties",
				what, path, MAX_FILE);
	else if (strlen(text) != len)
		err_set(err, ERR_CONFIG, "could not read %s \"%s\": it holds a zero byte; give a text file in UTF-8",
				what, path);
	else
	{
		fclose(file);
		return mem_resize(text, len + 1);
	}
	fclose(file);
	free(text);
	return NULL;
}

/* The length of the UTF-8 sequence at p, or 0 if there is none. */
static int
utf8_length(const unsigned char *p)
{
	int			len = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0;

	for (int i = 1; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

static bool
is_utf8(const char *text)
{
	const unsigned char *p = (const unsigned char *) text;

	while (*p)
	{
		int			len = utf8_length(p);

		if (len == 0)
			return false;
		p += len;
	}
	return true;
}

static char *
put_utf8(char *to, uint32_t c)
{
	if (c < 0x80)
		*to++ = c;
	else if (c < 0x800)
	{
		*to++ = 0xC0 | (c >> 6);
		*to++ = 0x80 | (c & 0x3F);
	}
	else if (c < 0x10000)
	{
		*to++ = 0xE0 | (c >> 12);
		*to++ = 0x80 | ((c >> 6) & 0x3F);
		*to++ = 0x80 | (c & 0x3F);
	}
	else
	{
		*to++ = 0xF0 | (c >> 18);
		*to++ = 0x80 | ((c >> 12) & 0x3F);
		*to++ = 0x80 | ((c >> 6) & 0x3F);
		*to++ = 0x80 | (c & 0x3F);
	}
	return to;
}

/* A copy in UTF-8; a byte order mark is dropped. */
static char *
to_utf8(const char *text)
{
	char	   *copy,
			   *to;

	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	if (is_utf8(text))
		return mem_copy(text);
	to = copy = mem_zero(2 * strlen(text) + 1);
	for (const unsigned char *p = (const unsigned char *) text; *p; p++)
		to = put_utf8(to, *p);
	return copy;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

static bool
is_eol(char c)
{
	return c == '\n' || c == '\r';
}

static bool
read_hex4(const char *p, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 4; i++)
	{
		if (!isxdigit((unsigned char) p[i]))
			return false;
		*value = *value * 16 + (isdigit((unsigned char) p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	}
	return true;
}

/* XXXX of \uXXXX at p, with its low surrogate if it is a pair; NULL if malformed. */
static const char *
read_unicode(const char *p, char **to)
{
	uint32_t	c,
				low;

	if (!read_hex4(p, &c))
		return NULL;
	p += 4;
	if (c >= 0xD800 && c < 0xDC00 && p[0] == '\\' && p[1] == 'u' &&
		read_hex4(p + 2, &low) && low >= 0xDC00 && low < 0xE000)
	{
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
		p += 6;
	}
	if (c == 0 || (c >= 0xD800 && c < 0xE000))
		return NULL;
	*to = put_utf8(*to, c);
	return p;
}

/* One escape, p behind the backslash; a line end continues the line. */
static const char *
read_escape(const char *p, char **to)
{
	static const char from[] = "tnrf";
	static const char what[] = "\t\n\r\f";
	const char *hit;

	if (*p == '\0')
		return p;
	if (is_eol(*p))
	{
		p += (p[0] == '\r' && p[1] == '\n') ? 2 : 1;
		while (is_blank(*p))
			p++;
		return p;
	}
	if (*p == 'u')
		return read_unicode(p + 1, to);
	hit = strchr(from, *p);
	*(*to)++ = hit ? what[hit - from] : *p;
	return p + 1;
}

/*
 * Reads up to the unescaped end of the name, or of the line, into to (where a
 * NUL ends it); what is written is never longer than what is read.
 */
static const char *
read_part(const char *p, bool name, char *to)
{
	while (p && *p != '\0' && !is_eol(*p))
	{
		if (name && (*p == '=' || *p == ':' || is_blank(*p)))
			break;
		if (*p == '\\')
			p = read_escape(p + 1, &to);
		else
			*to++ = *p++;
	}
	*to = '\0';
	return p;
}

static const char *
skip_separator(const char *p)
{
	while (is_blank(*p))
		p++;
	if (*p == '=' || *p == ':')
		p++;
	while (is_blank(*p))
		p++;
	return p;
}

/* The line that p is in, from 1. */
static int
line_of(const char *text, const char *p)
{
	int			line = 1;

	for (; text < p; text++)
		line += (*text == '\n');
	return line;
}

bool
props_parse(const char *what, const char *path, const char *text,
			void (*take) (const char *name, const char *value, void *arg),
			void *arg, Err *err)
{
	char	   *copy = to_utf8(text);
	char	   *name = mem_zero(strlen(copy) + 1);
	char	   *value = mem_zero(strlen(copy) + 1);
	const char *p = copy;
	const char *start = p;

	while (p)
	{
		while (is_blank(*p) || is_eol(*p))
			p++;
		start = p;
		if (*p == '\0')
			break;
		if (*p == '#' || *p == '!')
		{
			p += strcspn(p, "\r\n");
			continue;
		}
		p = read_part(p, true, name);
		if (p)
			p = read_part(skip_separator(p), false, value);
		if (p)
			take(name, value, arg);
	}
	if (p == NULL)
		err_set(err, ERR_CONFIG, "%s \"%s\", line %d: malformed \\u escape; four hexadecimal digits follow \\u, and a backslash is written \\\\",
				what, path, line_of(copy, start));
	free(copy);
	free(name);
	free(value);
	return p != NULL;
}
