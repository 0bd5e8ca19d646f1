/*
 * jsontext.h
 *	  Between jansson and strings that may be no UTF-8.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JSONTEXT_H
#define WALPOST_JSONTEXT_H

#include <jansson.h>

/*
 * A JSON string of any text: a server's message, or one that was cut in the
 * middle of a character.  What is no UTF-8 becomes question marks.
 */
extern json_t *json_text(const char *text);

/* The compact text of json, which is released; the caller frees it. */
extern char *json_print(json_t *json);

#endif							/* WALPOST_JSONTEXT_H */
