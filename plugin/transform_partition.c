/*
 * transform_partition.c
 *	  PartitionRouting: a partition by what fields of the envelope hash to.
 *
 * Follows io.debezium.transforms.partitions.PartitionRouting of 3.7.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "common/base64.h"

#include "fieldvalue.h"
#include "javahash.h"
#include "json.h"
#include "transformdef.h"
#include "wire.h"

#define DECIMAL_NAME	"org.apache.kafka.connect.data.Decimal"
#define DATE_NAME		"org.apache.kafka.connect.data.Date"
#define TIME_NAME		"org.apache.kafka.connect.data.Time"
#define MS_PER_DAY		INT64CONST(86400000)

typedef struct Routing
{
	List	   *fields;
	int			partitions;
	char	   *function;
	bool		murmur;
} Routing;

static const Setting routing_settings[] = {
	{"partition.payload.fields", SETTING_LIST, offsetof(Routing, fields), true},
	{"partition.topic.num", SETTING_INT, offsetof(Routing, partitions), true},
	{"partition.hash.function", SETTING_STRING, offsetof(Routing, function), false, "java"},
	{NULL}
};

static void
routing_check(TransformStep *step)
{
	Routing    *routing = step->settings;

	if (step_lists(routing->fields, ""))
		step_bad_value(step, "partition.payload.fields", "", "names separated by commas, as in change.id,source.table");
	if (routing->partitions < 1 || routing->partitions > WIRE_PARTITION_MAX + 1)
		step_bad_value(step, "partition.topic.num", psprintf("%d", routing->partitions),
					   psprintf("a number from 1 to %d", WIRE_PARTITION_MAX + 1));
	/* of other names Debezium makes "java", too */
	routing->murmur = pg_strcasecmp(routing->function, "murmur") == 0;
}

/* ---- hashes -------------------------------------------------------------- */

/* A field, and what its hash depends on besides the value. */
typedef struct HashField
{
	const FieldReader *reader;
	ConnectType type;			/* of java.util.Date and its kin: int64 */
	bool		is_decimal;
	bool		is_date;
	int			scale;
} HashField;

typedef struct HashFields
{
	const Routing *routing;
	int			n;
	HashField	fields[FLEXIBLE_ARRAY_MEMBER];
} HashFields;

static uint32
float_hash(ConnectType type, double number)
{
	float		single = (float) number;
	uint32		bits;
	int64		wide;

	if (type == CONNECT_FLOAT)
	{
		memcpy(&bits, &single, sizeof(bits));
		return isnan(number) ? 0x7fc00000 : bits;
	}
	memcpy(&wide, &number, sizeof(wide));
	return java_long_hash(isnan(number) ? INT64CONST(0x7ff8000000000000) : wide);
}

/* Of bytes or a decimal, which print as base64 in quotes. */
static uint32
bytes_hash(const HashField *field, const FieldValue *value)
{
	int			len = (int) value->len - 2;
	int			room = pg_b64_dec_len(len) + 1;
	unsigned char *bytes = palloc(room);

	len = Max(pg_b64_decode(value->text + 1, len, (void *) bytes, room), 0);
	return field->is_decimal ? java_decimal_hash(bytes, len, field->scale) :
		java_bytes_hash(bytes, len);
}

static uint32
java_hash(const HashField *field, const FieldValue *value)
{
	switch (value->kind)
	{
		case FIELD_BOOL:
			return value->integer ? 1231 : 1237;
		case FIELD_INTEGER:
			if (field->is_date)
				return java_long_hash(value->integer * MS_PER_DAY);
			return field->type == CONNECT_INT64 ?
				java_long_hash(value->integer) : (uint32) value->integer;
		case FIELD_FLOAT:
			return float_hash(field->type, value->number);
		case FIELD_STRING:
			return java_string_hash(value->text, value->len);
		default:
			return bytes_hash(field, value);
	}
}

static uint32
hash(const Routing *routing, const HashField *field, const FieldValue *value)
{
	uint32		code;
	unsigned char bytes[4];

	if (!routing->murmur)
		return java_hash(field, value);
	if (value->kind == FIELD_STRING)
		return java_murmur_hash((const unsigned char *) value->text, value->len);
	code = java_hash(field, value);
	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char) (code >> (8 * i));
	return java_murmur_hash(bytes, sizeof(bytes));
}

static void
print_partition(Out *out, const Row *row, const void *data)
{
	const HashFields *list = data;
	uint32		sum = 0;
	bool		any = false;

	for (int i = 0; i < list->n; i++)
	{
		FieldValue	value = field_read(list->fields[i].reader, row);

		if (value.kind == FIELD_NULL)
			continue;
		any = true;
		sum += hash(list->routing, &list->fields[i], &value);
	}
	sum &= PG_INT32_MAX;
	if (sum == PG_INT32_MAX)
		sum = 0;
	out_reserve(out, 24);
	if (any)
		json_int(out, sum % list->routing->partitions);
	else
		out_literal(out, "null");
}

/* ---- fields -------------------------------------------------------------- */

/*
 * The field at a path in the envelope, NULL if there is none: it counts for
 * nothing then.  "change" is the row: the old one of a delete, else the new one.
 */
static Shape *
find_field(const Shape *envelope, const char *op, const char *name)
{
	const Shape *shape = envelope;
	char	   *path = pstrdup(name);

	for (char *part = path; part;)
	{
		char	   *dot = strchr(part, '.');

		if (dot)
			*dot++ = '\0';
		if (dot && strcmp(part, "change") == 0)
			part = strcmp(op, "\"d\"") == 0 ? "before" : "after";
		shape = field_find(shape, part);
		if (shape == NULL || (dot && (shape->is_null || shape->kind != SHAPE_STRUCT)))
			return NULL;
		part = dot;
	}
	return (Shape *) shape;
}

static int
scale_of(const ConnectSchema *schema)
{
	for (int i = 0; i < schema->nparams; i++)
		if (strcmp(schema->params[i].name, "scale") == 0)
			return (int) strtol(schema->params[i].value, NULL, 10);
	return 0;
}

/* False, and the draft fails, for what has no hash that is the same in each JVM. */
static bool
add_field(Draft *draft, HashFields *list, const char *name, Shape *shape)
{
	HashField  *field = &list->fields[list->n];
	const ConnectSchema *schema = shape->schema;

	if (schema->type >= CONNECT_ARRAY)
	{
		draft_fail(draft, "field %s is an array, map or struct, which makes no partition", name);
		return false;
	}
	field->type = schema->name && strcmp(schema->name, TIME_NAME) == 0 ? CONNECT_INT64 : schema->type;
	field->is_decimal = schema->name && strcmp(schema->name, DECIMAL_NAME) == 0;
	field->is_date = schema->name && strcmp(schema->name, DATE_NAME) == 0;
	field->scale = scale_of(schema);
	field->reader = field_reader(draft, shape, true);
	list->n++;
	return true;
}

static void
routing_apply(const TransformStep *step, Draft *draft)
{
	const Routing *routing = step->settings;
	const Shape *op;
	HashFields *list;
	ListCell   *lc;

	if (!value_is_envelope(draft->value))
		return;
	op = field_find(draft->value, "op");
	if (op == NULL || op->kind != SHAPE_TEXT || strcmp(op->text, "\"t\"") == 0)
		return;
	list = MemoryContextAllocZero(draft->context, offsetof(HashFields, fields) +
								  list_length(routing->fields) * sizeof(HashField));
	list->routing = routing;
	foreach(lc, routing->fields)
	{
		Shape	   *field = find_field(draft->value, op->text, lfirst(lc));

		if (field && field->schema && !field->is_null && !add_field(draft, list, lfirst(lc), field))
			return;
	}
	if (list->n > 0)
		draft->partition = shape_call(print_partition, list);
}

const TransformClass partition_transforms[] = {
	{"io.debezium.transforms.partitions.", "PartitionRouting", false,
	routing_settings, sizeof(Routing), routing_check, routing_apply},
	{NULL}
};
