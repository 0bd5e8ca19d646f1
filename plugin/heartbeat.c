/*
 * heartbeat.c
 *	  Heartbeats as records, and the parameter that tells the client.
 *
 * What a heartbeat is follows io.debezium.heartbeat.HeartbeatImpl of 3.7.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "replication/walsender.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "envelope.h"
#include "fork.h"
#include "heartbeat.h"
#include "naming.h"
#include "record.h"

#define USECS_EPOCH_SHIFT \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* All that clocks say from 2001 to 2286 has so many digits, in seconds three less. */
#define MS_DIGITS		13
#define SECONDS_DIGITS	10

/* Places of one record; transforms copy the time a few times at most. */
#define PLACES_MAX		64

struct HeartbeatPlan
{
	Session    *session;
	Record		record;
	StringInfoData buffer;		/* the session's, which its context writes to */
	StringInfoData written;
	char		now[24];		/* the text behind the slots */
};

/* Where the first digits of the time stand in what is printed. */
typedef struct Place
{
	uint32		offset;
	uint32		len;
} Place;

/* ---- a session that writes into memory ------------------------------------ */

static void
prepare(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid, bool last)
{
	resetStringInfo(ctx->out);
}

static void
take(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid, bool last)
{
	HeartbeatPlan *plan = ctx->output_writer_private;

	appendBinaryStringInfo(&plan->written, ctx->out->data, ctx->out->len);
}

static LogicalDecodingContext *
make_context(HeartbeatPlan *plan)
{
	LogicalDecodingContext *ctx = palloc0(sizeof(LogicalDecodingContext));

	initStringInfo(&plan->buffer);
	initStringInfo(&plan->written);
	ctx->context = CurrentMemoryContext;
	ctx->out = &plan->buffer;
	ctx->prepare_write = prepare;
	ctx->write = take;
	ctx->output_writer_private = plan;
	ctx->accept_writes = true;
	return ctx;
}

HeartbeatPlan *
heartbeat_plan(List *given)
{
	HeartbeatPlan *plan = palloc0(sizeof(HeartbeatPlan));
	const Options *options;
	Draft	   *draft;

	plan->session = session_create(make_context(plan), given, false);
	options = plan->session->options;
	draft = draft_new(plan->session, CurrentMemoryContext, naming_heartbeat_topic(options),
					  envelope_heartbeat_key(options->topic_prefix), envelope_heartbeat_value());
	draft->partition = shape_text(schema_new(CONNECT_INT32, true, NULL, 0), "0");
	draft_make(draft, &plan->record);
	return plan;
}

/* ---- printing ------------------------------------------------------------- */

static void
set_now(HeartbeatPlan *plan, int64 ms)
{
	SlotText   *slots = plan->session->slots;
	int			len = snprintf(plan->now, sizeof(plan->now), INT64_FORMAT "000000", ms);

	slots[SLOT_NOW_NS] = (SlotText) {plan->now, len};
	slots[SLOT_NOW_US] = (SlotText) {plan->now, len - 3};
	slots[SLOT_NOW_MS] = (SlotText) {plan->now, len - 6};
}

bool
heartbeat_print(HeartbeatPlan *plan, int64 ms, StringInfo out)
{
	Session    *session = plan->session;
	Row			row = {.slots = session->slots};
	const Record *record;

	resetStringInfo(&plan->written);
	set_now(plan, ms);
	(void) batch_open(&session->batch);
	record = record_for(&plan->record, &row);
	if (record->dropped)
	{
		session->batch.open = false;
		return false;
	}
	record->stream->announced = 0;
	record_write(session, record, &row);
	batch_flush(&session->batch);
	appendBinaryStringInfo(out, plan->written.data, plan->written.len);
	return true;
}

/* ---- the places of the time ------------------------------------------------ */

static void
print_digits(char *digits, int64 ms)
{
	char		text[24];

	snprintf(text, sizeof(text), "%0*lld", MS_DIGITS, (long long) ms);
	memcpy(digits, text, MS_DIGITS);
}

/* A time with another digit in each place. */
static int64
other_time(int64 ms)
{
	int64		other = 0;
	char		digits[MS_DIGITS];

	print_digits(digits, ms);
	for (int i = 0; i < MS_DIGITS; i++)
		other = other * 10 + (digits[i] - '0' + 5) % 10;
	return other;
}

/*
 * Where two records differ by nothing but their times; the number of places, or
 * -1 if they differ otherwise.
 */
static int
find_places(const StringInfoData *a, int64 a_ms, const StringInfoData *b, int64 b_ms, Place *places)
{
	char		a_digits[MS_DIGITS],
				b_digits[MS_DIGITS];
	int			n = 0;

	if (a->len != b->len)
		return -1;
	print_digits(a_digits, a_ms);
	print_digits(b_digits, b_ms);
	for (int i = 0; i < a->len;)
	{
		int			len = 0;

		while (len < MS_DIGITS && i + len < a->len && a->data[i + len] != b->data[i + len])
			len++;
		if (len == 0)
		{
			i++;
			continue;
		}
		if (len < SECONDS_DIGITS || n == PLACES_MAX ||
			memcmp(a->data + i, a_digits, len) != 0 || memcmp(b->data + i, b_digits, len) != 0)
			return -1;
		places[n++] = (Place) {i, len};
		i += len;
	}
	return n;
}

/* Is the record of another time the same but for these places? */
static bool
holds_at(HeartbeatPlan *plan, const StringInfoData *record, const Place *places, int n, int64 ms)
{
	StringInfoData filled,
				printed;
	char		digits[MS_DIGITS];

	print_digits(digits, ms);
	initStringInfo(&filled);
	initStringInfo(&printed);
	appendBinaryStringInfo(&filled, record->data, record->len);
	for (int i = 0; i < n; i++)
		memcpy(filled.data + places[i].offset, digits, places[i].len);
	return heartbeat_print(plan, ms, &printed) && printed.len == filled.len &&
		memcmp(printed.data, filled.data, filled.len) == 0;
}

/*
 * Prints a heartbeat and finds its places.  False: transforms make something else
 * of its time, or decide something by it.
 */
static bool
print_with_places(HeartbeatPlan *plan, StringInfo record, bool *there, Place *places, int *n)
{
	const int64 now = (GetCurrentTimestamp() + USECS_EPOCH_SHIFT) / 1000;
	const int64 other = other_time(now);
	StringInfoData compared;
	bool		other_there;

	initStringInfo(&compared);
	*n = 0;
	*there = heartbeat_print(plan, now, record);
	other_there = heartbeat_print(plan, other, &compared);
	if (*there != other_there)
		return false;
	if (!*there)
		return true;
	*n = find_places(record, now, &compared, other, places);

	/* another day, hour, minute, second and millisecond; another month */
	return *n >= 0 &&
		holds_at(plan, record, places, *n, now + INT64CONST(135091501)) &&
		holds_at(plan, record, places, *n, now + INT64CONST(40) * 86400 * 1000);
}

/* ---- telling the client ----------------------------------------------------- */

/* Of the header that has a byte of the block, the offset of its value's length. */
static uint32
length_offset(const char *block, uint32 offset)
{
	uint32		at = 0;

	for (;;)
	{
		uint32		length_at = at + 2 + wire_get16(block + at);
		uint32		len = wire_get32(block + length_at);

		at = length_at + 4 + (len == WIRE_NULL ? 0 : len);
		if (offset < at)
			return length_at;
	}
}

/* Appends a place as a splice of the event whose head is at an offset. */
static void
put_place(Out *out, size_t event, const Place *place)
{
	static const struct
	{
		char		name;
		int			len;		/* where the head has it */
	}			parts[] = {
		{WIRE_PART_KEY, WIRE_EVENT_KEY_LEN}, {WIRE_PART_VALUE, WIRE_EVENT_VALUE_LEN},
		{WIRE_PART_HEADERS, WIRE_EVENT_HEADERS_LEN}
	};
	const char *head = out_at(out, event);
	const char *bytes = head + WIRE_EVENT_HEAD;
	uint32		offset = place->offset - event - WIRE_EVENT_HEAD;
	uint32		header = WIRE_NULL;
	int			i = 0;

	while (offset >= wire_get32(head + parts[i].len))
	{
		offset -= wire_get32(head + parts[i].len);
		bytes += wire_get32(head + parts[i++].len);
	}
	if (parts[i].name == WIRE_PART_HEADERS)
		header = length_offset(bytes, offset);
	frame_u8(out, parts[i].name);
	frame_u32(out, offset);
	frame_u32(out, place->len);
	frame_u32(out, header);
}

/*
 * Adds the places to the EVENT, as what is to be put in anew.  False: one is in
 * front of it, in the topic or its headers.
 */
static bool
add_places(StringInfo frames, const Place *places, int n)
{
	size_t		start = WIRE_FRAME_HEAD + wire_get32(frames->data + 1);
	size_t		event = start + WIRE_FRAME_HEAD;
	Out			out;

	if (n == 0)
		return true;
	if (places[0].offset < event)
		return false;
	out_open(&out, frames);
	frame_u16(&out, n);
	for (int i = 0; i < n; i++)
		put_place(&out, event, &places[i]);
	out_at(&out, event)[WIRE_EVENT_FLAGS] |= WIRE_HAS_SPLICES;
	frame_end(&out, start);
	out_close(&out);
	return true;
}

/* The parameter's value. */
static const char *
print_parameter(HeartbeatPlan *plan)
{
	StringInfoData frames;
	Place		places[PLACES_MAX];
	bool		there;
	char	   *hex;
	int			n;

	initStringInfo(&frames);
	if (!print_with_places(plan, &frames, &there, places, &n))
		return WIRE_HEARTBEAT_ASK;
	if (!there)
		return WIRE_HEARTBEAT_NONE;
	if (!add_places(&frames, places, n) || frames.len > WIRE_HEARTBEAT_MAX)
		return WIRE_HEARTBEAT_ASK;
	hex = palloc(frames.len * 2 + 1);
	hex[hex_encode(frames.data, frames.len, hex)] = '\0';
	return hex;
}

/*
 * The same, or why a transform cannot take heartbeats.  It is no reason for rows
 * to stop, as it would be in Connect: nothing but the client's wish asks for them.
 */
static const char *
parameter_or_reason(HeartbeatPlan *plan)
{
	MemoryContext context = CurrentMemoryContext;
	const char *volatile parameter = NULL;

	PG_TRY();
	{
		parameter = print_parameter(plan);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		if (geterrcode() != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		error = CopyErrorData();
		FlushErrorState();
		parameter = psprintf("%s%.*s", WIRE_HEARTBEAT_NONE, WIRE_HEARTBEAT_MAX, error->message);
	}
	PG_END_TRY();
	return parameter;
}

void
heartbeat_announce(const Options *options, List *given)
{
	MemoryContext context;
	MemoryContext old;
	HeartbeatPlan *plan;
	StringInfoData message;

	if (options->wire == 0 || options->heartbeat_interval == 0 || !am_walsender)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "walpost heartbeat", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	plan = heartbeat_plan(given);

	/* as the server tells of a setting; it goes out with the stream's beginning */
	pq_beginmessage(&message, 'S');
	pq_sendstring(&message, WIRE_HEARTBEAT_PARAMETER);
	pq_sendstring(&message, parameter_or_reason(plan));
	pq_endmessage(&message);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
