/*
 * converter.h
 *	  Keys and values as their converter writes them: JsonConverter,
 *	  StringConverter, ByteArrayConverter, BinaryDataConverter.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CONVERTER_H
#define WALPOST_CONVERTER_H

#include "draft.h"

/* Does the converter write a struct's schema beside it? */
extern bool converter_writes_schemas(const Options *options, Half half);

/*
 * Compiles one half of a record, in CurrentMemoryContext; NULL, and *failure
 * says why, for what the converter does not take.
 */
extern const Template *converter_compile(const Options *options, Half half, const Shape *shape,
										 const char **failure);

/*
 * Rewrites what a template has printed from start on as its form says.  False:
 * it is a null, and there is nothing left of it.
 */
extern bool converter_finish(const Template *template, Out *out, size_t start);

/* Takes JSON of a string, from an offset of out's on, out of its quotes. */
extern void converter_bare(TemplateForm form, Out *out, size_t start);

#endif							/* WALPOST_CONVERTER_H */
