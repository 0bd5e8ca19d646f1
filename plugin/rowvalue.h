/*
 * rowvalue.h
 *	  Values that a transform makes of what a field prints, row by row.
 *
 * What a field prints is JSON of its schema, from which Connect's value can be
 * told; so a rewriter works on that text, whatever the field is made of.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ROWVALUE_H
#define WALPOST_ROWVALUE_H

#include "transformdef.h"

/*
 * Appends what becomes of text, which is JSON of a value that is not null, ends
 * with a zero byte and may be written to.  Returns why it cannot be made, or
 * NULL; what it allocates lives as long as the row.
 */
typedef const char *(*RewriteFn) (Out *out, char *text, size_t len, const void *data);

/*
 * The field under another schema, with its values rewritten; null stays null.
 * A value that cannot be made stops the row, as an error of the step.  data
 * must live as long as the draft's context.
 */
extern Shape *rowvalue_new(const TransformStep *step, Draft *draft, const Shape *field,
						   const ConnectSchema *schema, RewriteFn rewrite, const void *data);

/*
 * JSON of a constant, rewritten; "null" stays it.  NULL, and the draft fails,
 * if it cannot be made.
 */
extern const char *rowvalue_text(Draft *draft, const char *json, RewriteFn rewrite, const void *data);

/* Decodes a JSON string where it stands and cuts its quotes; returns the length. */
extern size_t rowvalue_decode(char *text, size_t len);

/* The bytes of a JSON string of base64, in its place; returns how many. */
extern size_t rowvalue_decode_base64(char *text, size_t len);

#endif							/* WALPOST_ROWVALUE_H */
