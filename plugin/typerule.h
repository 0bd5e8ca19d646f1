/*
 * typerule.h
 *	  What typemap.c's table says of a type, and who fills in the rest.
 *
 * typemap.c holds the table and finds the rule; typeresolve.c decides what
 * depends on a handling mode or on the type modifier; typetext.c makes the
 * JSON texts of values that are not there.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TYPERULE_H
#define WALPOST_TYPERULE_H

#include "typemap.h"

/* How an array of the type comes out. */
typedef enum Elements
{
	ELEMENTS_OPTIONAL,			/* an array whose elements may be null */
	ELEMENTS_REQUIRED,			/* ... may not */
	ELEMENTS_OMITTED,			/* never captured, unknown types or not */
	ELEMENTS_NULL,				/* the scalar's schema, and always null */
} Elements;

/* What stands for an unchanged TOAST value. */
typedef enum Unavailable
{
	UNAVAILABLE_NULL,
	UNAVAILABLE_TEXT,			/* the placeholder */
	UNAVAILABLE_BINARY,			/* its bytes, by binary.handling.mode */
	UNAVAILABLE_DECIMAL,		/* a string if numbers are strings */
	UNAVAILABLE_HSTORE,			/* a pair of it and it */
	UNAVAILABLE_TEXTS,			/* the arrays: of one placeholder, */
	UNAVAILABLE_BINARIES,
	UNAVAILABLE_UUIDS,			/* of a UUID made from it, */
	UNAVAILABLE_NUMBERS,		/* of its bytes as numbers, */
	UNAVAILABLE_DAYS,			/* of the same, where dates are plain numbers */
} Unavailable;

/* Rule flags */
#define DEFAULTS		0x01	/* a column default goes into the schema */
#define OPTIONAL		0x02	/* the schema is optional in any case */
#define USES_OUTPUT		0x04	/* the encoder calls the output function */
#define USES_SEND		0x08	/* the encoder calls the send function */

typedef struct Request Request;
typedef void (*Resolve) (const Request *request, ColumnType *result);

typedef struct TypeRule
{
	Oid			oid;			/* a type of the server, or */
	const char *name;			/* a type of an extension */
	const char *extension;
	const ConnectSchema *schema;	/* these four where resolve does not set
									 * them */
	EncodeFn	json;
	EncodeFn	header;			/* NULL: as json */
	const char *fallback;
	Resolve		resolve;		/* NULL: nothing left to decide */
	int			flags;
	Elements	elements;
	Unavailable unavailable;
	Unavailable array_unavailable;
} TypeRule;

struct Request
{
	Oid			type;
	int32		typmod;
	const TypeModes *modes;
	const TypeRule *rule;
};

/* typemap.c: lets an array's encoders go over the elements' ones. */
extern void typerule_set_elements(ColumnType *result, Oid element_type,
								  const Enc *json, const Enc *header, bool required);

/* typeresolve.c: the functions that the table names; each fills in *result. */
extern void resolve_numeric(const Request *request, ColumnType *result);
extern void resolve_money(const Request *request, ColumnType *result);
extern void resolve_date(const Request *request, ColumnType *result);
extern void resolve_time(const Request *request, ColumnType *result);
extern void resolve_timestamp(const Request *request, ColumnType *result);
extern void resolve_timestamptz(const Request *request, ColumnType *result);
extern void resolve_timetz(const Request *request, ColumnType *result);
extern void resolve_interval(const Request *request, ColumnType *result);
extern void resolve_bytea(const Request *request, ColumnType *result);
extern void resolve_unknown(const Request *request, ColumnType *result);
extern void resolve_bit(const Request *request, ColumnType *result);
extern void resolve_hstore(const Request *request, ColumnType *result);
extern void resolve_enum(const Request *request, ColumnType *result);
extern void resolve_vector(const Request *request, ColumnType *result);

/* A copy of model in the current context, or an empty schema for NULL. */
extern ConnectSchema *typerule_new_schema(const ConnectSchema *model);

/*
 * typetext.c: JSON texts in the current context.  The string of a text, what
 * an encoder prints for a short value, and what stands for an unchanged TOAST
 * value.
 */
extern char *typetext_quoted(const char *text, size_t len);
extern char *typetext_encoded(const Enc *enc, Datum value);
extern const char *typetext_unavailable(Unavailable kind, const TypeModes *modes);

#endif							/* WALPOST_TYPERULE_H */
