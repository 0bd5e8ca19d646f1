/*
 * mem.h
 *	  malloc that does not return NULL.
 *
 * For set-up and the command line, where running out of memory leaves nothing
 * sensible to do: a line on standard error, and exit status 1.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_MEM_H
#define WALPOST_MEM_H

#include <stddef.h>

/* Zeroed memory; free with free(). */
extern void *mem_zero(size_t size) __attribute__((malloc, returns_nonnull));

/* realloc(); old may be NULL. */
extern void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull));

/* A copy of text, or of its first len bytes; free with free(). */
extern char *mem_copy(const char *text) __attribute__((malloc, returns_nonnull));
extern char *mem_copy_len(const char *text, size_t len) __attribute__((malloc, returns_nonnull));

/* A formatted string; free with free(). */
extern char *mem_print(const char *fmt,...)
			__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

extern void mem_exhausted(void) __attribute__((noreturn));

#endif							/* WALPOST_MEM_H */
