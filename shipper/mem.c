/*
 * mem.c
 *	  malloc that does not return NULL.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
mem_exhausted(void)
{
	fputs("walpost: out of memory\n", stderr);
	exit(1);
}

void *
mem_zero(size_t size)
{
	void	   *p = calloc(1, size ? size : 1);

	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
mem_resize(void *old, size_t size)
{
	void	   *p = realloc(old, size ? size : 1);

	if (p == NULL)
		mem_exhausted();
	return p;
}

char *
mem_copy_len(const char *text, size_t len)
{
	char	   *copy = mem_zero(len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *
mem_copy(const char *text)
{
	return mem_copy_len(text, strlen(text));
}

char *
mem_print(const char *fmt,...)
{
	char	   *text;
	va_list		args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		mem_exhausted();
	va_end(args);
	return text;
}
