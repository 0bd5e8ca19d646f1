/*
 * postgres.h
 *	  What the plugin's readers take from the server, over malloc: for fuzz
 *	  targets that link them without it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FUZZ_POSTGRES_H
#define WALPOST_FUZZ_POSTGRES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))
#define Max(a, b) ((a) > (b) ? (a) : (b))
#define Min(a, b) ((a) < (b) ? (a) : (b))

extern void *palloc(size_t size);
extern void *palloc0(size_t size);
extern void *repalloc(void *pointer, size_t size);
extern char *pnstrdup(const char *text, size_t len);
extern void pfree(void *pointer);

/* Frees all that is left, as the end of a memory context does. */
extern void fuzz_forget(void);

#endif							/* WALPOST_FUZZ_POSTGRES_H */
