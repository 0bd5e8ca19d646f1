/*
 * shape.h
 *	  What a record is made of: a tree of constants, columns and slots, and
 *	  the flat template that it is compiled into.
 *
 * A shape says for each field both what it is (its Connect schema) and where
 * its value comes from.  Transforms rewrite shapes; a row only ever meets
 * the compiled template: runs of constant bytes with values between them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SHAPE_H
#define WALPOST_SHAPE_H

#include "enc.h"
#include "schema.h"

/* Texts that change with each transaction or event; see Row.slots. */
typedef enum Slot
{
	SLOT_COMMIT_MS,				/* commit time */
	SLOT_COMMIT_US,
	SLOT_COMMIT_NS,
	SLOT_XID,					/* or null */
	SLOT_LAST_COMMIT,			/* null or \"lsn\", inside source.sequence */
	SLOT_LSN,
	SLOT_ORIGIN,				/* quoted name or null */
	SLOT_ORIGIN_LSN,			/* or null */
	SLOT_XMIN,					/* of the replication slot, or null */
	SLOT_NOW_MS,				/* when the event was built */
	SLOT_NOW_US,
	SLOT_NOW_NS,
	SLOT_MESSAGE_PREFIX,		/* of a logical message, as JSON */
	SLOT_MESSAGE_CONTENT,
	SLOT_TXN_ID,				/* quoted; of the record */
	SLOT_TXN_TOTAL,				/* events of the transaction up to this one */
	SLOT_TXN_ORDER,				/* the same within the event's table */
	SLOT_TXN_TABLES,			/* events by table, in END */
	SLOT_POSITION,				/* of the transaction, in a header */
	SLOT_SNAPSHOT,				/* quoted: where in a snapshot the row is */
	SLOT_COUNT
} Slot;

typedef struct SlotText
{
	const char *text;
	uint32		len;
} SlotText;

/* One column as a template meets it. */
typedef struct ShapeColumn
{
	Enc			json;
	Enc			header;
	int			index;			/* into the deformed tuple */
	const char *null_text;		/* for NULL */
	uint32		null_len;
	const char *unavailable;	/* for an unchanged TOAST value */
	uint32		unavailable_len;
	uint8		reselect;		/* VALUE_NULL, VALUE_UNAVAILABLE: such values are
								 * read anew (reselect.h), of the column */
	const char *name;			/* of this name, */
	Oid			type;			/* and this type */
	int32		typmod;
} ShapeColumn;

/* Where a column's value is taken from. */
typedef enum Side
{
	SIDE_NEW, SIDE_OLD
} Side;
#define SIDES 2

/* State of a value in a deformed tuple. */
#define VALUE_PRESENT		0
#define VALUE_NULL			1	/* as heap_deform_tuple says */
#define VALUE_UNAVAILABLE	2	/* unchanged TOAST; a bit of its own */

typedef struct Splices Splices;

/* What a template is filled from. */
typedef struct Row
{
	const Datum *values[SIDES];
	const uint8 *states[SIDES];
	const SlotText *slots;
	uint32		relation;		/* OID of the table it is of, as it is shown */
	Splices    *splices;		/* notes values to be read anew; NULL: nobody does */
} Row;

/* Appends what a row says about itself; data is what the shape was given. */
typedef void (*CallFn) (Out *out, const Row *row, const void *data);

/* A function that appends, and what it was given. */
typedef struct Call
{
	CallFn		append;
	const void *data;
} Call;

typedef enum ShapeKind
{
	SHAPE_TEXT,					/* constant JSON */
	SHAPE_SLOT,
	SHAPE_COLUMN,
	SHAPE_HEADER_COLUMN,		/* a column as a header prints it */
	SHAPE_STRUCT,
	SHAPE_CONCAT,				/* parts side by side, in one string */
	SHAPE_CALL,
	SHAPE_HEADER				/* its one field, as a piece of a header block */
} ShapeKind;

typedef struct Shape Shape;

typedef struct ShapeField
{
	const char *name;
	Shape	   *shape;
} ShapeField;

struct Shape
{
	ShapeKind	kind;
	const ConnectSchema *schema;	/* of a struct: without fields; of one in
									 * a header: NULL */
	const char *text;			/* SHAPE_TEXT */
	bool		is_null;		/* of a SHAPE_TEXT: its value is null,
								 * whatever the converter prints for that */
	bool		filled;			/* its null has become its default for good */
	Slot		slot;			/* SHAPE_SLOT */
	const ShapeColumn *column;
	Side		side;
	Call		call;
	ShapeField *fields;
	int			nfields;
	int			max_fields;
};

/* Constant bytes, then a value: a column, a slot, or nothing at the end. */
typedef struct Step
{
	const char *lead;
	uint32		lead_len;
	uint8		kind;			/* STEP_* in shape.c */
	uint8		side;
	uint8		slot;
	union
	{
		const ShapeColumn *column;
		const Call *call;
	}			value;
} Step;

/* What a key or value is on the wire (converter.h). */
typedef enum TemplateForm
{
	FORM_JSON,					/* what the template prints */
	FORM_TEXT,					/* its JSON string, bare */
	FORM_BYTES					/* its base64, decoded */
} TemplateForm;

typedef struct Template
{
	Step	   *steps;
	int			nsteps;
	TemplateForm form;
} Template;

typedef struct Stream Stream;
typedef struct Fork Fork;

/* What makes a record: templates, each of which may be missing. */
typedef struct Record
{
	Stream	   *stream;			/* where it goes */
	const Template *key;		/* NULL: null key */
	const Template *value;		/* NULL: a tombstone */
	const Template *headers;	/* a header block of this record alone; NULL:
								 * none */
	const Template *timestamp;	/* milliseconds, or null; NULL: the sender's */
	const Template *partition;	/* a number, or null; NULL: by the key */
	bool		to_all;			/* it goes to every partition */
	Fork	   *fork;			/* rows decide; then nothing else counts */
	bool		dropped;		/* by a transform: it is never written */
	const char *failure;		/* why a transform cannot take it, or NULL */
} Record;

/* Builders; everything is allocated in CurrentMemoryContext. */
extern ConnectSchema *schema_new(ConnectType type, bool optional, const char *name, int version);
extern Shape *shape_text(const ConnectSchema *schema, const char *json);
extern Shape *shape_null(const ConnectSchema *schema, const char *json);
extern Shape *shape_slot(const ConnectSchema *schema, Slot slot);
extern Shape *shape_column(const ConnectSchema *schema, const ShapeColumn *column, Side side);
extern Shape *shape_header_column(const ShapeColumn *column, Side side);
extern Shape *shape_struct(const ConnectSchema *schema);
extern Shape *shape_concat(const ConnectSchema *schema);

/* Is it the same text in each row? */
extern bool shape_is_constant(const Shape *shape);

/*
 * What call() appends.  data is borrowed, and must live as long as the
 * template that is compiled from the shape.
 */
extern Shape *shape_call(CallFn call, const void *data);

/*
 * A header of that name, as a header block has it (see wire.h); without a
 * value, a null one.  Stands at the top or in a concatenation, never inside
 * another header.
 */
extern Shape *shape_header(const char *name, Shape *value);

/* Adds a field to a struct, or (without a name) a part to a concatenation. */
extern void shape_add(Shape *shape, const char *name, Shape *field);

/* The whole Connect schema of a shape, fields included. */
extern const ConnectSchema *shape_schema(const Shape *shape);

/*
 * Compiles a shape into a template, wrapped in {"schema":...,"payload":...}
 * if with_schema (a shape without one gets a null there).  Two-byte characters in names are escaped as in values.
 */
extern Template *template_compile(const Shape *shape, bool with_schema);

/* The column that is all that the template prints, of the new row; NULL: it is not. */
extern const ShapeColumn *template_column(const Template *template);

/* Is what it begins with a column as headers print it? */
extern bool template_is_as_header(const Template *template);

/* Appends the record that the template makes of row. */
extern void template_run(const Template *template, Out *out, const Row *row);

#endif							/* WALPOST_SHAPE_H */
