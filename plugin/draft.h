/*
 * draft.h
 *	  A record while its template is being decided: topic, shapes of key and
 *	  value, headers.  Transforms rewrite drafts (transform.h), once for each
 *	  kind of record that a plan has; rows never meet one.
 *
 * A draft and its shapes live in CurrentMemoryContext.  Shapes are shared with
 * other drafts, so whoever changes one makes another.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_DRAFT_H
#define WALPOST_DRAFT_H

#include "session.h"

/*
 * A header; its shape is a piece of a header block, as SimpleHeaderConverter
 * writes it.
 */
typedef struct DraftHeader
{
	const char *name;
	Shape	   *block;
	Shape	   *field;			/* its value as a field; NULL: it cannot be one */
	const struct Condition *condition;	/* of its being there; NULL: always */
} DraftHeader;

/* What a row must have for a header to be there; it lives as long as the record. */
typedef struct Condition
{
	bool		(*holds) (const Row *row, const void *data);
	const void *data;
} Condition;

/*
 * What a transform must know of a row, and how it goes on with the answer: see
 * fork.h.
 */
typedef struct TransformStep TransformStep;

typedef struct Question
{
	Call		ask;			/* its data is in the draft's context */
	void		(*resume) (const TransformStep *step, Draft *draft, const char *answer, size_t len);
	int			place;			/* of the step in the chain */
} Question;

struct Draft
{
	Session    *session;
	MemoryContext context;		/* the record's: what templates point to */
	const char *topic;
	Shape	   *key;			/* NULL: null, without a schema */
	Shape	   *value;			/* the same, a tombstone */
	List	   *headers;		/* DraftHeader, in their order */
	List	   *shared;			/* headers added in place: the tombstone
								 * behind a delete has them as well */
	bool		fresh;			/* no transform has made another record of it */
	bool		to_all;
	bool		dropped;
	const char *failure;		/* why a transform cannot take the record */
	Shape	   *timestamp;		/* in milliseconds; NULL: the sender's */
	Shape	   *partition;		/* NULL: by the key */
	Question	question;		/* none without a function */
};

/* Which half of a record a transform works on. */
typedef enum Half
{
	HALF_KEY, HALF_VALUE
} Half;

/* A draft without headers whose record will live in context. */
extern Draft *draft_new(Session *session, MemoryContext context, const char *topic,
						Shape *key, Shape *value);

/* Adds a header that block prints, or all of a finished header block. */
extern void draft_add_header(Draft *draft, const char *name, Shape *block);
extern void draft_add_headers(Draft *draft, const char *block, size_t len);

/* Adds a header with the value of a field. */
extern void draft_add_value(Draft *draft, const char *name, Shape *field);

/*
 * Adds a header to the very record that the connector made, if this still is
 * it: Debezium's delete and its tombstone have one list of headers.
 */
extern void draft_add_shared(Draft *draft, const char *name, Shape *field);

/*
 * Has headers written by header.converter, if that is not SimpleHeaderConverter;
 * the draft fails where it does not take one.  Whatever asks for headers comes first.
 */
extern void draft_convert_headers(Draft *draft);

/* All headers side by side; NULL without any. */
extern Shape *draft_headers(const Draft *draft);

/* The shape of a half, or NULL. */
extern Shape **draft_half(Draft *draft, Half half);

/* Says why the record cannot be made; the first reason stays. */
extern void draft_fail(Draft *draft, const char *format,...) pg_attribute_printf(2, 3);

/*
 * Puts a question to the rows, the last thing that a transform does: the chain
 * goes on with resume(), which gets the answer, a terminated text that may have
 * zero bytes in it.
 */
extern void draft_ask(Draft *draft, CallFn ask, const void *data,
					  void (*resume) (const TransformStep *step, Draft *draft,
									  const char *answer, size_t len));

/*
 * Runs the session's transforms and compiles what comes out, in the context.
 * With a question to rows open, the draft and its shapes must live as long.
 */
extern void draft_make(Draft *draft, Record *record);

/* Goes on where the draft asked. */
extern void draft_resume(Draft *draft, const char *answer, size_t len, Record *record);

/* ereports why a transform cannot take the record at hand. */
extern void draft_report(const char *failure) pg_attribute_noreturn();

/* ---- shapes as Connect's structs ----------------------------------------- */

/* Is a value the envelope of a change, by its schema's name? */
extern bool value_is_envelope(const Shape *value);

/* The field of a struct, or NULL. */
extern Shape *field_find(const Shape *shape, const char *name);

/* A struct without fields, named and versioned as another and required. */
extern Shape *struct_like(const Shape *shape);

/* Adds a field; false, and the draft fails, if the struct has one already. */
extern bool struct_add(Draft *draft, Shape *shape, const char *name, Shape *field);

/*
 * What Struct.get() makes of a field: where it is null, its default, unless
 * replace_null is off.
 */
extern Shape *field_value(Draft *draft, Shape *field, bool replace_null);

/* The same value under another schema, which decides what null prints as. */
extern Shape *field_under(Draft *draft, const Shape *field, const ConnectSchema *schema);

/* A field with JSON text of a plain type. */
extern Shape *field_string(const char *text, bool optional);

/* JSON of a text, and the text of a JSON string. */
extern char *json_of_text(const char *text);
extern char *text_of_json(const char *json);

/*
 * Decodes a JSON string, or a string as a header's struct has it, where it
 * stands, quotes and all; returns its new end.
 */
extern char *json_decode(char *start, const char *end);

/*
 * A header with the value of a field, as SimpleHeaderConverter prints it.
 * What a row needs for it is allocated in the draft's context.
 */
extern Shape *field_header(Draft *draft, const char *name, const Shape *field);

#endif							/* WALPOST_DRAFT_H */
