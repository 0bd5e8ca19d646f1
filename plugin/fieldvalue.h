/*
 * fieldvalue.h
 *	  The value of a field, read for a transform that decides by it.
 *
 * Fields are read as they print, which is what Connect's struct has: masks,
 * placeholders and modes included.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FIELDVALUE_H
#define WALPOST_FIELDVALUE_H

#include "draft.h"

typedef enum FieldKind
{
	FIELD_NULL,
	FIELD_BOOL,
	FIELD_INTEGER,				/* int8 to int64 */
	FIELD_FLOAT,				/* float, double */
	FIELD_STRING,
	FIELD_OTHER					/* bytes, arrays, maps, structs: their JSON */
} FieldKind;

typedef struct FieldValue
{
	FieldKind	kind;
	int64		integer;		/* of a FIELD_BOOL: 0 or 1 */
	double		number;
	const char *text;			/* FIELD_STRING, FIELD_OTHER: terminated */
	size_t		len;
} FieldValue;

/* How to read one field; constants are read once. */
typedef struct FieldReader
{
	const ConnectSchema *schema;
	const Template *template;	/* NULL: value is the same for each row */
	FieldValue	value;
} FieldReader;

/*
 * What reads a field, in the draft's context.  field may be NULL, a null
 * without a schema.  Where the row has a NULL, the field reads as its default
 * if with_default says so, else as null.
 */
extern FieldReader *field_reader(Draft *draft, Shape *field, bool with_default);

/* Reads it; texts are in CurrentMemoryContext, or the reader's. */
extern FieldValue field_read(const FieldReader *reader, const Row *row);

/*
 * What reads a struct's field as Struct.getString() and its kin do; NULL, and
 * the draft fails, if there is no such field or it is of another type.
 */
extern FieldReader *field_reader_of_type(Draft *draft, const Shape *shape, const char *name,
										 ConnectType type, bool with_default);

#endif							/* WALPOST_FIELDVALUE_H */
