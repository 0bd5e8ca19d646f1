/*
 * position.c
 *	  The position record: how far Kafka is, as a record in the offset topic.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "position.h"

/* What an offset of Kafka Connect holds are plain values: no nested objects. */
typedef enum FieldKind
{
	FIELD_LSN, FIELD_COUNT, FIELD_TIMELINE, FIELD_RECORD, FIELD_TIME, FIELD_FLAG, FIELD_TEXT
} FieldKind;

typedef struct Field
{
	const char *name;
	FieldKind	kind;
	size_t		offset;			/* in Position */
	size_t		size;			/* of a text */
	bool		always;			/* written although it is 0 */
} Field;

#define FIELD(name, kind, member, always) \
	{name, kind, offsetof(Position, member), sizeof(((Position *) 0)->member), always}

/* In the order in which they are written; the first four are Debezium's, besides messageType. */
static const Field fields[] = {
	FIELD("lsn", FIELD_LSN, lsn, true),
	FIELD("lsn_proc", FIELD_LSN, lsn, true),
	FIELD("lsn_commit", FIELD_LSN, lsn, true),
	FIELD("ts_usec", FIELD_TIME, written_us, true),
	FIELD("walpost_system_id", FIELD_TEXT, system_id, true),
	FIELD("walpost_timeline", FIELD_TIMELINE, timeline, true),
	FIELD("walpost_slot", FIELD_TEXT, slot, true),
	FIELD("walpost_limit", FIELD_LSN, limit, true),
	FIELD("walpost_last_commit", FIELD_LSN, last_commit, false),
	FIELD("walpost_spool", FIELD_TEXT, spool, false),
	FIELD("walpost_message", FIELD_FLAG, message, false),
	FIELD("walpost_open_commit", FIELD_LSN, open_commit, false),
	FIELD("walpost_open_ordinal", FIELD_COUNT, open_ordinal, false),
	FIELD("walpost_open_record", FIELD_RECORD, open_record, false),
	FIELD("walpost_part_xid", FIELD_RECORD, part_xid, false),
	FIELD("walpost_part_lsn", FIELD_LSN, part_lsn, false),
	FIELD("walpost_part_events", FIELD_COUNT, part_events, false),
	FIELD("walpost_adding", FIELD_TEXT, adding, false),
	FIELD("walpost_adding_from", FIELD_LSN, adding_from, false),
	FIELD("walpost_snapshot", FIELD_TEXT, snapshot, false),
};

#define NFIELDS (sizeof(fields) / sizeof(fields[0]))

static char *
print_key(json_t *key)
{
	char	   *text = key ? json_dumps(key, JSON_COMPACT) : NULL;

	if (text == NULL)
		mem_exhausted();
	json_decref(key);
	return text;
}

char *
position_key(const char *connector, const char *prefix)
{
	return print_key(json_pack("[s, {s: s}]", connector, "server", prefix));
}

char *
position_side_key(const char *connector, const char *prefix, const char *what)
{
	return print_key(json_pack("[s, {s: s, s: s}]", connector, "server", prefix, "walpost", what));
}

static json_t *
field_value(const Field *field, const Position *position)
{
	const char *p = (const char *) position + field->offset;

	switch (field->kind)
	{
		case FIELD_LSN:
		case FIELD_COUNT:
			return json_integer((json_int_t) * (const uint64_t *) p);
		case FIELD_TIMELINE:
		case FIELD_RECORD:
			return json_integer(*(const uint32_t *) p);
		case FIELD_TIME:
			return json_integer(*(const int64_t *) p);
		case FIELD_FLAG:
			return json_boolean(*(const bool *) p);
		default:
			return json_string(p);
	}
}

static bool
is_zero(const json_t *value)
{
	return json_is_false(value) || (json_is_integer(value) && json_integer_value(value) == 0) ||
		(json_is_string(value) && json_string_length(value) == 0);
}

char *
position_print(const Position *position)
{
	json_t	   *value = json_object();
	char	   *text;

	for (size_t i = 0; i < NFIELDS; i++)
	{
		json_t	   *one = field_value(&fields[i], position);

		if (!fields[i].always && is_zero(one))
			json_decref(one);
		else
			json_object_set_new(value, fields[i].name, one);
	}
	json_object_set_new(value, "messageType", json_string("COMMIT"));
	/* Debezium would take another one */
	if (position->snapshot[0] != '\0')
	{
		json_object_set_new(value, "snapshot", json_string("INITIAL"));
		json_object_set_new(value, "snapshot_completed", json_false());
	}
	text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (text == NULL)
		mem_exhausted();
	json_decref(value);
	return text;
}

/* Stores a value that is present; false when it is not of the field's kind. */
static bool
store(const Field *field, const json_t *value, Position *position)
{
	char	   *p = (char *) position + field->offset;
	json_int_t	number = json_is_integer(value) ? json_integer_value(value) : -1;

	switch (field->kind)
	{
		case FIELD_TEXT:
			if (!json_is_string(value) || json_string_length(value) >= field->size)
				return false;
			memcpy(p, json_string_value(value), json_string_length(value) + 1);
			return true;
		case FIELD_FLAG:
			*(bool *) p = json_is_true(value);
			return json_is_boolean(value);
		case FIELD_TIMELINE:
		case FIELD_RECORD:
			if (number < 0 || number > UINT32_MAX)
				return false;
			*(uint32_t *) p = (uint32_t) number;
			return true;
		default:
			if (number < 0)
				return false;
			*(uint64_t *) p = (uint64_t) number;
			return true;
	}
}

static uint64_t
number_of(const json_t *value, const char *name)
{
	json_int_t	number = json_integer_value(json_object_get(value, name));

	return number > 0 ? (uint64_t) number : 0;
}

/*
 * What Debezium's own fields say.  Its lsn is that of the change or commit that it
 * sent last; LSNs of changes do not grow from one transaction to the next, so the
 * commit before may be past it.  Several changes may have one LSN, of which older
 * releases do not say how many were sent: then one, and the others come again.
 */
static void
read_debezium(const json_t *value, Position *position)
{
	const char *type = json_string_value(json_object_get(value, "messageType"));
	uint64_t	commit = number_of(value, "lsn_commit");
	uint64_t	change = position->lsn;
	uint64_t	events = number_of(value, "lsn_events_processed");
	bool		is_message = type != NULL && strcmp(type, "MESSAGE") == 0;

	position->interrupted = json_object_get(value, "incremental_snapshot_collections") != NULL;
	position->last_commit = commit;
	position->message = is_message && commit == change;
	if (json_object_get(value, "snapshot") != NULL)
	{
		position->unfinished = !json_is_true(json_object_get(value, "snapshot_completed"));
		return;
	}
	if (commit > position->lsn)
		position->lsn = commit;
	if (position->message || (type == NULL ? change <= commit :
							  strcmp(type, "COMMIT") == 0 || strcmp(type, "BEGIN") == 0))
		return;
	position->part_xid = (uint32_t) number_of(value, "txId");
	if (position->part_xid == 0)
		return;
	position->part_lsn = change;
	position->part_events = events == 0 || is_message ? 1 : events;
}

/* False and err when the fields do not make a position together. */
static bool
check(const Position *position, Err *err)
{
	if (position->lsn == 0 && !position->unfinished)
		return err_set(err, ERR_CONFIG, "it has no \"lsn\"");
	if (position->open_commit != 0 && position->open_ordinal == 0)
		return err_set(err, ERR_CONFIG, "it names an open transaction but no change of it");
	return true;
}

bool
position_parse(const char *text, size_t len, Position *position, Err *err)
{
	json_error_t why;
	json_t	   *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	bool		ok = true;

	memset(position, 0, sizeof(*position));
	if (!json_is_object(value))
	{
		json_decref(value);
		return err_set(err, ERR_CONFIG, "it is no JSON object");
	}
	for (size_t i = 0; ok && i < NFIELDS; i++)
	{
		const json_t *one = json_object_get(value, fields[i].name);

		/* the first of two names for a member is the one that counts */
		if (one == NULL || json_is_null(one) ||
			(i > 0 && fields[i].offset == fields[i - 1].offset))
			continue;
		if (!store(&fields[i], one, position))
			ok = err_set(err, ERR_CONFIG, "its \"%s\" is not what it must be", fields[i].name);
	}
	if (ok && json_object_get(value, "walpost_slot") == NULL)
		read_debezium(value, position);
	ok = ok && check(position, err);
	if (position->limit < position->lsn)
		position->limit = position->lsn;
	json_decref(value);
	return ok;
}

bool
position_equal(const Position *a, const Position *b)
{
	return a->lsn == b->lsn && a->message == b->message &&
		a->open_commit == b->open_commit && a->open_ordinal == b->open_ordinal &&
		a->open_record == b->open_record && a->part_xid == b->part_xid &&
		strcmp(a->system_id, b->system_id) == 0;
}
