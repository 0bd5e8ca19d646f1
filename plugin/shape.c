/*
 * shape.c
 *	  Builds shapes, compiles them into templates, and runs templates.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "encoders.h"
#include "frame.h"
#include "json.h"
#include "reselect.h"

enum StepKind
{
	STEP_COLUMN,
	STEP_SLOT,
	STEP_HEADER_COLUMN,
	STEP_CALL,
	STEP_HEADER_BEGIN,
	STEP_HEADER_END,
	STEP_END
};

ConnectSchema *
schema_new(ConnectType type, bool optional, const char *name, int version)
{
	ConnectSchema *schema = palloc0(sizeof(ConnectSchema));

	schema->type = type;
	schema->optional = optional;
	schema->name = name;
	schema->version = version;
	return schema;
}

static Shape *
shape_new(ShapeKind kind, const ConnectSchema *schema)
{
	Shape	   *shape = palloc0(sizeof(Shape));

	shape->kind = kind;
	shape->schema = schema;
	return shape;
}

Shape *
shape_text(const ConnectSchema *schema, const char *json)
{
	Shape	   *shape = shape_new(SHAPE_TEXT, schema);

	shape->text = json;
	shape->is_null = strcmp(json, "null") == 0;
	return shape;
}

/* A null that prints as json: a default, or null itself. */
Shape *
shape_null(const ConnectSchema *schema, const char *json)
{
	Shape	   *shape = shape_text(schema, json);

	shape->is_null = true;
	return shape;
}

Shape *
shape_slot(const ConnectSchema *schema, Slot slot)
{
	Shape	   *shape = shape_new(SHAPE_SLOT, schema);

	shape->slot = slot;
	return shape;
}

Shape *
shape_column(const ConnectSchema *schema, const ShapeColumn *column, Side side)
{
	Shape	   *shape = shape_new(SHAPE_COLUMN, schema);

	shape->column = column;
	shape->side = side;
	return shape;
}

Shape *
shape_header_column(const ShapeColumn *column, Side side)
{
	Shape	   *shape = shape_column(NULL, column, side);

	shape->kind = SHAPE_HEADER_COLUMN;
	return shape;
}

Shape *
shape_struct(const ConnectSchema *schema)
{
	return shape_new(SHAPE_STRUCT, schema);
}

Shape *
shape_concat(const ConnectSchema *schema)
{
	return shape_new(SHAPE_CONCAT, schema);
}

Shape *
shape_call(CallFn call, const void *data)
{
	Shape	   *shape = shape_new(SHAPE_CALL, NULL);

	shape->call = (Call) {call, data};
	return shape;
}

Shape *
shape_header(const char *name, Shape *value)
{
	Shape	   *shape = shape_new(SHAPE_HEADER, NULL);

	shape_add(shape, name, value);
	return shape;
}

bool
shape_is_constant(const Shape *shape)
{
	if (shape == NULL || shape->kind == SHAPE_TEXT)
		return true;
	if (shape->kind != SHAPE_STRUCT && shape->kind != SHAPE_CONCAT && shape->kind != SHAPE_HEADER)
		return false;
	for (int i = 0; i < shape->nfields; i++)
		if (!shape_is_constant(shape->fields[i].shape))
			return false;
	return true;
}

void
shape_add(Shape *shape, const char *name, Shape *field)
{
	if (shape->nfields == shape->max_fields)
	{
		shape->max_fields = Max(8, shape->max_fields * 2);
		if (shape->fields)
			shape->fields = repalloc(shape->fields, shape->max_fields * sizeof(ShapeField));
		else
			shape->fields = palloc(shape->max_fields * sizeof(ShapeField));
	}
	shape->fields[shape->nfields].name = name;
	shape->fields[shape->nfields].shape = field;
	shape->nfields++;
}

const ConnectSchema *
shape_schema(const Shape *shape)
{
	ConnectSchema *schema;
	ConnectField *fields;

	if (shape->kind != SHAPE_STRUCT)
		return shape->schema;

	schema = palloc(sizeof(ConnectSchema));
	*schema = *shape->schema;
	fields = palloc(Max(shape->nfields, 1) * sizeof(ConnectField));
	for (int i = 0; i < shape->nfields; i++)
	{
		fields[i].name = shape->fields[i].name;
		fields[i].schema = shape_schema(shape->fields[i].shape);
	}
	schema->fields = fields;
	schema->nfields = shape->nfields;
	return schema;
}

/* The compiler: constants gather in text until a value ends the step. */
typedef struct Compiler
{
	StringInfoData text;
	Step	   *steps;
	int			nsteps;
	int			max_steps;
} Compiler;

static Step *
end_step(Compiler *compiler, enum StepKind kind)
{
	Step	   *step;

	if (compiler->nsteps == compiler->max_steps)
	{
		compiler->max_steps *= 2;
		compiler->steps = repalloc(compiler->steps, compiler->max_steps * sizeof(Step));
	}
	step = &compiler->steps[compiler->nsteps++];
	memset(step, 0, sizeof(Step));
	step->kind = kind;
	step->lead_len = compiler->text.len;
	step->lead = memcpy(palloc(compiler->text.len + 1), compiler->text.data, compiler->text.len);
	resetStringInfo(&compiler->text);
	return step;
}

/* A struct without a schema is that of a header, whose texts are raw. */
static void
compile_name(Compiler *compiler, const Shape *parent, const char *name)
{
	Out			out;

	out_open(&out, &compiler->text);
	if (parent->schema)
		json_string(&out, name, strlen(name));
	else
		header_string(&out, name, strlen(name));
	out_byte(&out, ':');
	out_close(&out);
}

static void compile(Compiler *compiler, const Shape *shape);

/* The text of a constant shape, NULL for none. */
static char *
constant_text(const Shape *shape, size_t *len)
{
	Compiler	compiler;

	if (shape == NULL)
		return NULL;
	initStringInfo(&compiler.text);
	compile(&compiler, shape);
	*len = compiler.text.len;
	return compiler.text.data;
}

/* The length of a value that is no constant is filled in by the row. */
static void
compile_header(Compiler *compiler, const char *name, const Shape *value)
{
	bool		constant = shape_is_constant(value);
	size_t		len = 0;
	const char *text = constant ? constant_text(value, &len) : "";
	Out			out;

	out_open(&out, &compiler->text);
	frame_header(&out, name, text, len);
	out_close(&out);
	if (constant)
		return;
	end_step(compiler, STEP_HEADER_BEGIN);
	compile(compiler, value);
	end_step(compiler, STEP_HEADER_END);
}

static void
compile(Compiler *compiler, const Shape *shape)
{
	Step	   *step;
	Call	   *call;

	switch (shape->kind)
	{
		case SHAPE_TEXT:
			appendStringInfoString(&compiler->text, shape->text);
			break;
		case SHAPE_SLOT:
			step = end_step(compiler, STEP_SLOT);
			step->slot = shape->slot;
			break;
		case SHAPE_COLUMN:
		case SHAPE_HEADER_COLUMN:
			step = end_step(compiler, shape->kind == SHAPE_COLUMN ?
							STEP_COLUMN : STEP_HEADER_COLUMN);
			step->value.column = shape->column;
			step->side = shape->side;
			break;
		case SHAPE_STRUCT:
			appendStringInfoChar(&compiler->text, '{');
			for (int i = 0; i < shape->nfields; i++)
			{
				if (i > 0)
					appendStringInfoChar(&compiler->text, ',');
				compile_name(compiler, shape, shape->fields[i].name);
				compile(compiler, shape->fields[i].shape);
			}
			appendStringInfoChar(&compiler->text, '}');
			break;
		case SHAPE_CONCAT:
			for (int i = 0; i < shape->nfields; i++)
				compile(compiler, shape->fields[i].shape);
			break;
		case SHAPE_CALL:
			step = end_step(compiler, STEP_CALL);
			call = palloc(sizeof(Call));
			*call = shape->call;
			step->value.call = call;
			break;
		case SHAPE_HEADER:
			compile_header(compiler, shape->fields[0].name, shape->fields[0].shape);
			break;
	}
}

static void
compile_schema(Compiler *compiler, const Shape *shape)
{
	Out			out;

	out_open(&out, &compiler->text);
	out_literal(&out, "{\"schema\":");
	if (shape_schema(shape))
		schema_print_json(&out, shape_schema(shape), NULL);
	else
		out_literal(&out, "null");
	out_literal(&out, ",\"payload\":");
	out_close(&out);
}

Template *
template_compile(const Shape *shape, bool with_schema)
{
	Compiler	compiler;
	Template   *template = palloc(sizeof(Template));

	initStringInfo(&compiler.text);
	compiler.nsteps = 0;
	compiler.max_steps = 16;
	compiler.steps = palloc(compiler.max_steps * sizeof(Step));

	if (with_schema)
		compile_schema(&compiler, shape);
	compile(&compiler, shape);
	if (with_schema)
		appendStringInfoChar(&compiler.text, '}');
	end_step(&compiler, STEP_END);

	pfree(compiler.text.data);
	template->steps = compiler.steps;
	template->nsteps = compiler.nsteps;
	template->form = FORM_JSON;
	return template;
}

const ShapeColumn *
template_column(const Template *template)
{
	const Step *step = template->steps;

	if (step[0].kind != STEP_COLUMN && step[0].kind != STEP_HEADER_COLUMN)
		return NULL;
	if (step[0].lead_len > 0 || step[0].side != SIDE_NEW || step[1].kind != STEP_END || step[1].lead_len > 0)
		return NULL;
	return step->value.column;
}

bool
template_is_as_header(const Template *template)
{
	return template->steps[0].kind == STEP_HEADER_COLUMN;
}

/* What stands for a value that is not there, in the header that began there (or 0). */
static void
run_missing(Out *out, const Row *row, const Step *step, uint8 state, size_t header)
{
	const ShapeColumn *column = step->value.column;
	size_t		start = out_offset(out);

	if (state == VALUE_NULL)
		out_bytes(out, column->null_text, column->null_len);
	else
		out_bytes(out, column->unavailable, column->unavailable_len);
	if (row->splices && (column->reselect & state) && step->side == SIDE_NEW)
		splices_note(row->splices, column,
					 step->kind == STEP_HEADER_COLUMN ? RESELECT_HEADER : RESELECT_JSON,
					 start, out_offset(out), header);
}

/* One column's value, its null text or the placeholder. */
static inline void
run_column(Out *out, const Row *row, const Step *step, const Enc *enc, size_t header)
{
	uint8		state = row->states[step->side][step->value.column->index];

	if (likely(state == VALUE_PRESENT))
		enc->encode(out, row->values[step->side][step->value.column->index], enc);
	else
		run_missing(out, row, step, state, header);
}

/* What a call writes need not be what a column prints. */
static inline void
run_call(Out *out, const Row *row, const Call *call)
{
	if (likely(row == NULL || row->splices == NULL))
	{
		call->append(out, row, call->data);
		return;
	}
	splices_enter(row->splices);
	call->append(out, row, call->data);
	splices_leave(row->splices);
}

void
template_run(const Template *template, Out *out, const Row *row)
{
	size_t		header = 0;

	for (const Step *step = template->steps;; step++)
	{
		out_bytes(out, step->lead, step->lead_len);
		switch ((enum StepKind) step->kind)
		{
			case STEP_COLUMN:
				run_column(out, row, step, &step->value.column->json, header);
				break;
			case STEP_SLOT:
				out_bytes(out, row->slots[step->slot].text, row->slots[step->slot].len);
				break;
			case STEP_HEADER_COLUMN:
				run_column(out, row, step, &step->value.column->header, header);
				break;
			case STEP_CALL:
				run_call(out, row, step->value.call);
				break;
			case STEP_HEADER_BEGIN:
				header = out_offset(out);
				break;
			case STEP_HEADER_END:
				wire_put32(out_at(out, header) - 4, (uint32) (out_offset(out) - header));
				header = 0;
				break;
			case STEP_END:
				return;
		}
	}
}
