/*
 * validate.h
 *	  A connector looked at as Kafka Connect's validate call does: every property
 *	  with what is declared of it, its value, and what is wrong with it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_VALIDATE_H
#define WALPOST_VALIDATE_H

#include <jansson.h>

#include "conf.h"

/* What is declared of a property. */
typedef struct ValidateKey
{
	const ConfKey *own;			/* its row; NULL: it is unknown */
	const char *name;
	const char *type;			/* STRING, INT, LONG, BOOLEAN, LIST, CLASS, PASSWORD */
	const char *importance;
	const char *group;
	const char *default_text;	/* NULL: none */
	const char *const *allowed; /* NULL-terminated; NULL: any */
} ValidateKey;

/* What is declared, in its order, up to a row without a name. */
extern const ValidateKey *validate_keys(void);

/*
 * What a property's own declaration and Walpost's say against its value, without
 * a server.  errors gets an array of texts for each name.  given is what the
 * connector's file holds: an object of strings.
 */
extern void validate_values(const json_t *given, json_t *errors);

/* Adds a text to the errors of a name. */
extern void validate_add(json_t *errors, const char *name, const char *text);

/* How many texts there are. */
extern int	validate_count(const json_t *errors);

/* Connect's ConfigInfos: definitions, values (secrets hidden), errors. */
extern json_t *validate_answer(const json_t *given, const json_t *errors);

/* The definitions alone. */
extern json_t *validate_definitions(void);

#endif							/* WALPOST_VALIDATE_H */
