/*
 * transform_outbox.c
 *	  EventRouter: rows of an outbox table as the events that they hold.
 *
 * Follows io.debezium.transforms.outbox.EventRouter of 3.7.  Topic, version and
 * whether there is a payload are asked of the row; all else is decided for
 * each answer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "converter.h"
#include "fieldvalue.h"
#include "json.h"
#include "jsonexpand.h"
#include "transform_outbox.h"

static const char *const missing_modes[] = {"error", "ignore", NULL};
static const char *const invalid_modes[] = {"warn", "error", "fatal", NULL};
static const char *const null_modes[] = {"ignore", "optional_bytes", NULL};
static const char *const array_modes[] = {"ignore", "optional_string", NULL};
static const char *const placements[] = {"header", "envelope", "partition"};

#define INVALID_FATAL 2

static const Setting outbox_settings[] = {
	{"table.field.event.id", SETTING_STRING, offsetof(Outbox, id_field), false, "id"},
	{"table.field.event.key", SETTING_STRING, offsetof(Outbox, key_field), false, "aggregateid"},
	{"table.field.event.type", SETTING_IGNORED},
	{"table.field.event.payload", SETTING_STRING, offsetof(Outbox, payload_field), false, "payload"},
	{"table.field.event.timestamp", SETTING_STRING, offsetof(Outbox, timestamp_field)},
	{"table.field.event.schema.version", SETTING_STRING, offsetof(Outbox, version_field)},
	{"table.fields.additional.placement", SETTING_LIST, offsetof(Outbox, additional_items), false, ""},
	{"table.field.additional.missing", SETTING_ENUM, offsetof(Outbox, missing), false, "error", missing_modes},
	{"table.op.invalid.behavior", SETTING_ENUM, offsetof(Outbox, invalid), false, "warn", invalid_modes},
	{"table.expand.json.payload", SETTING_BOOL, offsetof(Outbox, expand), false, "false"},
	{"table.json.payload.null.behavior", SETTING_ENUM, offsetof(Outbox, null_behavior), false, "ignore", null_modes},
	{"table.json.payload.empty.array.behavior", SETTING_ENUM, offsetof(Outbox, array_behavior), false, "ignore", array_modes},
	{"route.by.field", SETTING_STRING, offsetof(Outbox, route_field), false, "aggregatetype"},
	{"route.topic.regex", SETTING_STRING, offsetof(Outbox, route_regex), false, "(?<routedByValue>.*)"},
	{"route.topic.replacement", SETTING_STRING, offsetof(Outbox, route_replacement), false, "outbox.event.${routedByValue}"},
	{"route.tombstone.on.empty.payload", SETTING_BOOL, offsetof(Outbox, tombstone_on_empty), false, "false"},
	{"tracing.span.context.field", SETTING_IGNORED},
	{"tracing.operation.name", SETTING_IGNORED},
	{"tracing.with.context.field.only", SETTING_IGNORED},
	{NULL}
};

/* ---- settings ------------------------------------------------------------ */

/* Cuts text at the next colon; NULL if there is nothing left. */
static char *
next_part(char **text)
{
	char	   *part = *text;
	char	   *colon = part ? strchr(part, ':') : NULL;
	char	   *end;

	*text = colon ? colon + 1 : NULL;

	if (part == NULL)
		return NULL;
	end = colon ? colon : part + strlen(part);
	while (end > part && end[-1] == ' ')
		end--;
	*end = '\0';
	return part + strspn(part, " ");
}

/* column:placement or column:placement:alias */
static Additional *
parse_additional(const TransformStep *step, const char *item)
{
	Additional *additional = palloc0(sizeof(Additional));
	char	   *rest = pstrdup(item);
	const char *placement;

	additional->field = next_part(&rest);
	placement = next_part(&rest);
	additional->alias = next_part(&rest);
	for (int i = 0; placement && i < lengthof(placements); i++)
	{
		if (pg_strcasecmp(placement, placements[i]) != 0 || rest != NULL)
			continue;
		additional->placement = i;
		if (additional->alias == NULL)
			additional->alias = additional->field;
		return additional;
	}
	step_bad_value(step, "table.fields.additional.placement", item,
				   "columns with a place, as in type:header:eventType,tenant:envelope,shard:partition");
}

static void
outbox_check(TransformStep *step)
{
	Outbox	   *outbox = step->settings;
	ListCell   *lc;

	outbox->route = step_regex(step, "route.topic.regex", outbox->route_regex,
							   "route.topic.replacement", outbox->route_replacement);
	foreach(lc, outbox->additional_items)
	{
		Additional *additional = parse_additional(step, lfirst(lc));

		outbox->additional = lappend(outbox->additional, additional);
		outbox->has_envelope |= additional->placement == PLACE_ENVELOPE;
	}
}

/* ---- updates ------------------------------------------------------------- */

static void
warn_of_update(Out *out, const Row *row, const void *data)
{
	Outbox	   *outbox = (Outbox *) data;

	if (!outbox->warned)
		ereport(WARNING,
				(errmsg("rows of an outbox table are updated; EventRouter leaves these events out"),
				 errhint("This is said once. An outbox takes inserts and deletes; table.op.invalid.behavior=fatal stops at updates.")));
	outbox->warned = true;
}

static void
drop_update(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	draft->dropped = true;
}

static void
meet_update(Outbox *outbox, Draft *draft)
{
	if (outbox->invalid == INVALID_FATAL)
		draft_fail(draft, "Unexpected update message received, fail.");
	else
		draft_ask(draft, warn_of_update, outbox, drop_update);
}

/* ---- what a row is asked ------------------------------------------------- */

/* The first byte of an answer. */
typedef enum PayloadState
{
	PAYLOAD_TEXT = 'v',			/* as the column has it */
	PAYLOAD_NULL = 'n',
	PAYLOAD_EMPTY = 'e',		/* a tombstone: null, or nothing but blanks */
	PAYLOAD_EXPANDED = 'x'
} PayloadState;

typedef struct OutboxQuestion
{
	Outbox	   *outbox;
	const Shape *column;		/* of the payload, which may be null; or NULL */
	const FieldReader *payload; /* NULL: it does not matter what is in it */
	const FieldReader *route;
	const FieldReader *version; /* NULL: none */
	bool		with_schema;	/* of an expanded payload */
} OutboxQuestion;

/* Nothing but what Java's String.trim() takes off? */
static bool
is_empty(const FieldValue *value)
{
	if (value->kind != FIELD_STRING)
		return value->kind == FIELD_NULL;
	for (size_t i = 0; i < value->len; i++)
		if ((unsigned char) value->text[i] > ' ')
			return false;
	return true;
}

static bool
is_null(const Shape *column, const Row *row)
{
	return column && row->states[column->side][column->column->index] == VALUE_NULL;
}

static PayloadState
payload_state(const OutboxQuestion *question, const Row *row)
{
	Outbox	   *outbox = question->outbox;
	FieldValue	value;

	if (is_null(question->column, row))
		return outbox->tombstone_on_empty ? PAYLOAD_EMPTY : PAYLOAD_NULL;
	if (question->payload == NULL)
		return PAYLOAD_TEXT;
	value = field_read(question->payload, row);
	if (outbox->tombstone_on_empty && is_empty(&value))
		return PAYLOAD_EMPTY;
	if (outbox->expand && value.kind == FIELD_STRING &&
		json_expand(value.text, value.len, outbox->payload_field, outbox->null_behavior,
					outbox->array_behavior, &outbox->expansion))
		return PAYLOAD_EXPANDED;
	return PAYLOAD_TEXT;
}

/* "t", the text of a field and a zero byte; of a null, "n". */
static void
print_field(Out *out, const FieldReader *reader, const Row *row)
{
	FieldValue	value = field_read(reader, row);

	out_reserve(out, value.len + 24);
	out_byte(out, value.kind == FIELD_NULL ? 'n' : 't');
	if (value.kind == FIELD_NULL)
		return;
	if (value.kind == FIELD_STRING)
		out_bytes(out, value.text, value.len);
	else
		json_int(out, value.integer);
	out_byte(out, '\0');
}

static void
ask(Out *out, const Row *row, const void *data)
{
	const OutboxQuestion *question = data;
	PayloadState state = payload_state(question, row);

	out_byte(out, (char) state);
	print_field(out, question->route, row);
	if (question->version)
		print_field(out, question->version, row);
	if (state == PAYLOAD_EXPANDED && question->with_schema)
		schema_print_json(out, question->outbox->expansion.schema, NULL);
}

/* ---- the record ---------------------------------------------------------- */

/* A row and what it has answered. */
typedef struct Event
{
	Outbox	   *outbox;
	const Shape *row;
	PayloadState state;
	const char *route;			/* NULL: null */
	int			version;		/* 0: none */
} Event;

/* Reads one text of an answer; NULL for a null. */
static const char *
next_text(const char **answer)
{
	const char *text = *answer + 1;

	*answer += 1;
	if (text[-1] == 'n')
		return NULL;
	*answer += strlen(text) + 1;
	return text;
}

/* A column of the row, which is there (outbox_check_columns). */
static Shape *
require_field(Draft *draft, const Event *event, const char *name)
{
	return field_value(draft, field_find(event->row, name), true);
}

static void
print_expansion(Out *out, const Row *row, const void *data)
{
	json_expansion_print(out, data);
}

/* The schema is known only where it prints; else a struct without fields. */
static Shape *
expanded_payload(Draft *draft, Outbox *outbox)
{
	MemoryContext old = MemoryContextSwitchTo(draft->context);
	Shape	   *shape = shape_call(print_expansion, &outbox->expansion);

	shape->schema = json_schema_copy(outbox->expansion.schema);
	MemoryContextSwitchTo(old);
	return shape;
}

/* <source's schema>.<route>.Value */
static const char *
value_name(const Event *event)
{
	const char *name = event->row->schema->name;
	const char *dot = name ? strrchr(name, '.') : NULL;

	if (name == NULL)
		return event->route;
	if (dot == NULL)
		return psprintf("%s.%s", event->route, name);
	return psprintf("%.*s%s.%s", (int) (dot + 1 - name), name, event->route, dot + 1);
}

static Shape *
build_envelope(Draft *draft, const Event *event, Shape *payload)
{
	Shape	   *envelope = shape_struct(schema_new(CONNECT_STRUCT, false, value_name(event), event->version));
	ListCell   *lc;

	shape_add(envelope, "payload", payload);
	foreach(lc, event->outbox->additional)
	{
		const Additional *additional = lfirst(lc);
		Shape	   *field;

		if (additional->placement != PLACE_ENVELOPE || outbox_leaves_out(event->outbox, event->row, additional))
			continue;
		field = require_field(draft, event, additional->field);
		struct_add(draft, envelope, additional->alias, field);
	}
	return envelope;
}

static void
place_header(Draft *draft, const Event *event, const char *column, const char *name)
{
	draft_add_value(draft, name, require_field(draft, event, column));
}

static void
place_partition(Draft *draft, const Event *event, const char *column)
{
	Shape	   *field = field_find(event->row, column);

	if (field_reader_of_type(draft, event->row, column, CONNECT_INT32, false))
		draft->partition = field_under(draft, field, field->schema);
}

static void
place_additional(Draft *draft, const Event *event)
{
	ListCell   *lc;

	foreach(lc, event->outbox->additional)
	{
		const Additional *additional = lfirst(lc);

		if (outbox_leaves_out(event->outbox, event->row, additional))
			continue;
		if (additional->placement == PLACE_HEADER)
			place_header(draft, event, additional->field, additional->alias);
		else if (additional->placement == PLACE_PARTITION)
			place_partition(draft, event, additional->field);
	}
}

/* ---- the timestamp ------------------------------------------------------- */

typedef struct EventTime
{
	const FieldReader *column;
	const FieldReader *processed;	/* where that is null */
	int			unit;			/* so many are a millisecond */
} EventTime;

static void
print_time(Out *out, const Row *row, const void *data)
{
	const EventTime *time = data;
	FieldValue	value = field_read(time->column, row);

	if (value.kind == FIELD_NULL)
		value = field_read(time->processed, row);
	else
		value.integer /= time->unit;
	out_reserve(out, 24);
	json_int(out, value.integer);
}

/* When the event was made, or else processed. */
static void
set_timestamp(Draft *draft, const Event *event)
{
	const char *name = event->outbox->timestamp_field;
	EventTime  *time;

	if (name == NULL)
	{
		draft->timestamp = field_find(draft->value, "ts_ms");
		return;
	}
	time = MemoryContextAllocZero(draft->context, sizeof(EventTime));
	time->column = field_reader_of_type(draft, event->row, name, CONNECT_INT64, false);
	time->processed = field_reader(draft, field_find(draft->value, "ts_ms"), false);
	time->unit = outbox_time_unit(field_find(event->row, name)->schema);
	draft->timestamp = shape_call(print_time, time);
}

/* ---- events -------------------------------------------------------------- */

static void
set_topic(const TransformStep *step, Draft *draft, const Event *event)
{
	const JavaRegex *regex = event->outbox->route;

	if (event->route == NULL)
		draft_fail(draft, "field \"%s\", which names the topic, is null", event->outbox->route_field);
	else if (javaregex_matches(regex, event->route))
		draft->topic = javaregex_replace_first(regex, event->route);
	else
		draft->topic = event->route;
}

/* What becomes of the row, now that it has answered. */
static void
take_answer(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	Outbox	   *outbox = step->settings;
	Event		event = {.outbox = outbox,.row = field_find(draft->value, "after")};
	const char *version;
	Shape	   *payload;

	event.state = *answer++;
	event.route = next_text(&answer);
	version = outbox->version_field ? next_text(&answer) : NULL;
	event.version = version ? (int) strtol(version, NULL, 10) : 0;

	draft->partition = NULL;
	set_topic(step, draft, &event);
	set_timestamp(draft, &event);
	place_header(draft, &event, outbox->id_field, "id");
	place_additional(draft, &event);
	draft->key = require_field(draft, &event, outbox->key_field);
	payload = require_field(draft, &event, outbox->payload_field);
	if (draft->failure)
		return;
	if (event.state == PAYLOAD_EXPANDED)
		payload = expanded_payload(draft, outbox);
	else if (event.state == PAYLOAD_NULL)
		payload = shape_null(payload->schema, "null");
	if (event.state == PAYLOAD_EMPTY)
		draft->value = NULL;
	else
		draft->value = outbox->has_envelope ? build_envelope(draft, &event, payload) : payload;
}

/* A column without a default that shows in place of NULL. */
static const Shape *
nullable_column(Draft *draft, const Shape *payload)
{
	Shape	   *copy;

	if (payload->kind != SHAPE_COLUMN || payload->schema->default_json ||
		columnrule_is_constant(payload->column))
		return NULL;
	copy = MemoryContextAlloc(draft->context, sizeof(Shape));
	*copy = *payload;
	return copy;
}

/* Does what the payload holds decide anything? */
static bool
asks_payload(const Outbox *outbox, const Shape *payload)
{
	return outbox->tombstone_on_empty ||
		(outbox->expand && payload->schema->type == CONNECT_STRING);
}

static void
ask_row(const TransformStep *step, Draft *draft, const Shape *row)
{
	Outbox	   *outbox = step->settings;
	OutboxQuestion *question = MemoryContextAllocZero(draft->context, sizeof(OutboxQuestion));
	Shape	   *payload = field_find(row, outbox->payload_field);

	if (!outbox_check_columns(step, draft, row))
		return;
	question->outbox = outbox;
	question->with_schema = converter_writes_schemas(draft->session->options, HALF_VALUE);
	question->route = field_reader_of_type(draft, row, outbox->route_field, CONNECT_STRING, false);
	if (outbox->version_field)
		question->version = field_reader_of_type(draft, row, outbox->version_field, CONNECT_INT32, false);
	question->column = nullable_column(draft, payload);
	if (asks_payload(outbox, payload))
		question->payload = field_reader(draft, payload, true);
	if (!draft->failure)
		draft_ask(draft, ask, question, take_answer);
}

static void
outbox_apply(const TransformStep *step, Draft *draft)
{
	const Shape *op;
	const Shape *after;

	if (draft->value == NULL || draft->value->is_null)
	{
		draft->dropped = true;
		return;
	}
	if (!value_is_envelope(draft->value))
		return;
	op = field_find(draft->value, "op");
	after = field_find(draft->value, "after");
	if (op == NULL || op->kind != SHAPE_TEXT)
		draft_fail(draft, "op is not a valid field name");
	else if (strcmp(op->text, "\"d\"") == 0)
		draft->dropped = true;
	else if (strcmp(op->text, "\"u\"") == 0)
		meet_update(step->settings, draft);
	else if (after == NULL)
		draft_fail(draft, "Unknown field: after");
	else if (struct_require(draft, (Shape *) after, "Read Outbox Event"))
		ask_row(step, draft, after);
}

const TransformClass outbox_transforms[] = {
	{"io.debezium.transforms.outbox.", "EventRouter", false,
	outbox_settings, sizeof(Outbox), outbox_check, outbox_apply},
	{NULL}
};
