/*
 * properties.c
 *	  Text in the format of java.util.Properties.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "properties.h"

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
is_hex4(const char *p)
{
	for (int i = 0; i < 4; i++)
		if (!isxdigit((unsigned char) p[i]))
			return false;
	return true;
}

static pg_wchar
hex4(const char *p)
{
	char		digits[5];

	memcpy(digits, p, 4);
	digits[4] = '\0';
	return (pg_wchar) strtoul(digits, NULL, 16);
}

/* \uXXXX at p (behind the u), with its low surrogate if it is a pair. */
static const char *
read_unicode(const char *p, StringInfo out)
{
	unsigned char utf8[5] = {0};
	pg_wchar	c;

	if (!is_hex4(p))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("malformed \\u escape in option \"walpost.properties\""),
				 errhint("Four hexadecimal digits follow \\u.")));
	c = hex4(p);
	p += 4;
	if (is_utf16_surrogate_first(c) && p[0] == '\\' && p[1] == 'u' && is_hex4(p + 2) &&
		is_utf16_surrogate_second(hex4(p + 2)))
	{
		c = surrogate_pair_to_codepoint(c, hex4(p + 2));
		p += 6;
	}
	if (c == 0 || is_utf16_surrogate_first(c) || is_utf16_surrogate_second(c))
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("\\u escape in option \"walpost.properties\" stands for no character")));
	unicode_to_utf8(c, utf8);
	appendStringInfoString(out, (char *) utf8);
	return p;
}

/* One escape, p behind the backslash; a line end continues the line. */
static const char *
read_escape(const char *p, StringInfo out)
{
	static const char from[] = "tnrf";
	static const char to[] = "\t\n\r\f";
	const char *hit;

	if (*p == '\0')
		return p;
	if (is_eol(*p))
	{
		if (p[0] == '\r' && p[1] == '\n')
			p++;
		p++;
		while (is_blank(*p))
			p++;
		return p;
	}
	if (*p == 'u')
		return read_unicode(p + 1, out);
	hit = strchr(from, *p);
	appendStringInfoChar(out, hit ? to[hit - from] : *p);
	return p + 1;
}

/* Reads up to an unescaped end (of the name, or of the line). */
static const char *
read_part(const char *p, bool name, StringInfo out)
{
	while (*p != '\0' && !is_eol(*p))
	{
		if (name && (*p == '=' || *p == ':' || is_blank(*p)))
			break;
		if (*p == '\\')
			p = read_escape(p + 1, out);
		else
			appendStringInfoChar(out, *p++);
	}
	return p;
}

void
properties_parse(const char *text,
				 void (*take) (void *arg, const char *name, const char *value),
				 void *arg)
{
	StringInfoData name,
				value;
	const char *p = text;

	initStringInfo(&name);
	initStringInfo(&value);
	for (;;)
	{
		while (is_blank(*p) || is_eol(*p))
			p++;
		if (*p == '\0')
			break;
		if (*p == '#' || *p == '!')
		{
			while (*p != '\0' && !is_eol(*p))
				p++;
			continue;
		}

		resetStringInfo(&name);
		resetStringInfo(&value);
		p = read_part(p, true, &name);
		while (is_blank(*p))
			p++;
		if (*p == '=' || *p == ':')
			p++;
		while (is_blank(*p))
			p++;
		p = read_part(p, false, &value);
		take(arg, name.data, value.data);
	}
	pfree(name.data);
	pfree(value.data);
}

static void
append_escaped(StringInfo buf, const char *text, bool name)
{
	for (const char *p = text; *p; p++)
	{
		switch (*p)
		{
			case '\t':
				appendStringInfoString(buf, "\\t");
				break;
			case '\n':
				appendStringInfoString(buf, "\\n");
				break;
			case '\r':
				appendStringInfoString(buf, "\\r");
				break;
			case '\f':
				appendStringInfoString(buf, "\\f");
				break;
			case '\\':
				appendStringInfoString(buf, "\\\\");
				break;
			case ' ':
				/* only blanks in front of a value would be lost */
				if (name || p == text)
					appendStringInfoChar(buf, '\\');
				appendStringInfoChar(buf, ' ');
				break;
			case '=':
			case ':':
			case '#':
			case '!':
				if (name)
					appendStringInfoChar(buf, '\\');
				/* FALLTHROUGH */
			default:
				appendStringInfoChar(buf, *p);
		}
	}
}

void
properties_append(StringInfo buf, const char *name, const char *value)
{
	append_escaped(buf, name, true);
	appendStringInfoChar(buf, '=');
	append_escaped(buf, value, false);
	appendStringInfoChar(buf, '\n');
}
