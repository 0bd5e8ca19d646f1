/*
 * converter.h
 *	  Keys, values and headers as their converter writes them: JsonConverter,
 *	  StringConverter, ByteArrayConverter, BinaryDataConverter.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CONVERTER_H
#define WALPOST_CONVERTER_H

#include "draft.h"

/* Does the converter write a struct's schema beside it? */
extern bool converter_writes_schemas(const Options *options, Half half);

/* Does it print a column's default where the value is NULL? */
extern bool converter_replaces_null(const Options *options, Half half);

/*
 * Compiles one half of a record, in CurrentMemoryContext; NULL, and *failure
 * says why, for what the converter does not take.
 */
extern const Template *converter_compile(const Options *options, Half half, const Shape *shape,
										 const char **failure);

/* Are headers written as drafts have them, as SimpleHeaderConverter does? */
extern bool converter_leaves_headers(const Options *options);

/*
 * The piece of a header block with a field's value, where it is not, in
 * CurrentMemoryContext, which must be that of what is compiled from it; NULL,
 * and *failure says why, for what the converter does not take.
 */
extern Shape *converter_header(const Options *options, const char *name, const Shape *field,
							   const char **failure);

/*
 * Rewrites what a template has printed from start on as its form says.  False:
 * it is a null, and there is nothing left of it.
 */
extern bool converter_finish(const Template *template, Out *out, size_t start);

/* How a value is printed that is read anew in the place of a bare one: RESELECT_*. */
extern char converter_bare_form(const Template *template);

/* Takes JSON of a string, from an offset of out's on, out of its quotes. */
extern void converter_bare(TemplateForm form, Out *out, size_t start);

#endif							/* WALPOST_CONVERTER_H */
