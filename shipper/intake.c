/*
 * intake.c
 *	  What is done with each frame.
 *
 * An event in flight carries in its RECEIVER field the number of its buffer
 * plus one (so that zero means "never produced"), and in its STREAM field the
 * route (or the dead letter that it has become) instead of the session's stream
 * number: the buffer alone tells what has to be sent again, also after the
 * session it came from is gone.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>
#include <time.h>

#include "intake_private.h"
#include "log.h"
#include "loop.h"
#include "wire.h"

#define LOG_MODULE "intake"

/* Units that may wait for acknowledgement: bounds the ledger to 12 MB. */
#define LEDGER_CAPACITY (256 * 1024)

typedef bool (*FrameFn) (Intake *intake, const Frame *frame, Err *err);

void
intake_init(Intake *intake, Producer *producer, Topics *topics,
			DeadLetters *letters, void (*release) (void *buffer))
{
	memset(intake, 0, sizeof(*intake));
	ledger_init(&intake->ledger, LEDGER_CAPACITY);
	slab_table_init(&intake->slabs, release);
	intake->producer = producer;
	intake->topics = topics;
	intake->letters = letters;
	intake->slab = SLAB_NONE;
}

void
intake_free(Intake *intake)
{
	slab_table_clear(&intake->slabs);
	ledger_free(&intake->ledger);
	holds_free(&intake->holds);
	intake->holding.events = 0;
	holding_clear(&intake->holding);
}

/* The stream is not what it must be: err says so, with where it was. */
static bool
bad_stream(Intake *intake, Err *err, const char *what)
{
	return err_set(err, ERR_FATAL, "could not read the stream: %s, in the transaction at "
				   LSN_FMT "; shipper and plugin must be of one version", what,
				   LSN_ARGS(intake->commit_lsn));
}

static bool
on_hello(Intake *intake, const Frame *frame, Err *err)
{
	const FrameHello *hello = &frame->hello;

	if (hello->wire_version != WIRE_VERSION)
		return err_set(err, ERR_CONFIG, "could not read the stream: the plugin speaks version %u of "
					   "the wire format, this shipper %d; install plugin and shipper of one version",
					   hello->wire_version, WIRE_VERSION);
	intake->greeted = true;
	log_debug("plugin version %.*s on server version %u",
			  (int) hello->plugin_version.len, hello->plugin_version.p, hello->server_version);
	return true;
}

static bool
on_relation(Intake *intake, const Frame *frame, Err *err)
{
	if (frame->relation.key_format != WIRE_FORMAT_JSON ||
		frame->relation.value_format != WIRE_FORMAT_JSON)
		return bad_stream(intake, err, "a RELATION frame with an unknown format");
	return topics_relation(intake->topics, &frame->relation, err);
}

/*
 * Opens the ledger's entry of a unit.  Units come in order, so that after a
 * broken connection the half-received one is the first to come.
 */
static bool
begin_unit(Intake *intake, uint64_t lsn, int64_t commit_us, bool received, Err *err)
{
	const LedgerEntry *open = ledger_open_entry(&intake->ledger);

	intake->commit_lsn = lsn;
	intake->commit_us = commit_us;
	intake->nevents = intake->ntaken = intake->ordinal = 0;
	intake->record = 0;
	intake->drop_unit = received;
	intake->skip = 0;
	if (received)
		log_debug("dropping what was received before, at " LSN_FMT, LSN_ARGS(lsn));
	else if (intake->resume.open_commit != 0 && lsn != intake->resume.open_commit &&
			 lsn >= intake->others_lsn)
		return err_set(err, ERR_CONFIG, "could not go on in the middle of the transaction at " LSN_FMT
					   ", of which Kafka has a part: the server goes on with the one at " LSN_FMT
					   "; is it the same server, with the same tables captured?  Otherwise consumers have to do without the rest of it: "
					   "\"walpost slot drop\" begins anew",
					   LSN_ARGS(intake->resume.open_commit), LSN_ARGS(lsn));
	else if (!ledger_begin(&intake->ledger, lsn, &intake->unit, &intake->skip))
		return err_set(err, ERR_FATAL, "could not go on after the connection was lost: the transaction at "
					   LSN_FMT " was half received, but the server goes on with the one at " LSN_FMT
					   "; is it the same server?  Start again to repeat from the slot's position",
					   LSN_ARGS(open ? open->commit_lsn : 0), LSN_ARGS(lsn));
	else
		ledger_open_entry(&intake->ledger)->commit_us = commit_us;
	intake->in_unit = true;
	return true;
}

static bool
on_begin(Intake *intake, const Frame *frame, Err *err)
{
	uint64_t	lsn = frame->begin.commit_lsn;

	if (intake->in_unit)
		return bad_stream(intake, err, "a BEGIN frame inside a transaction");
	if (intake->window != NULL)
		window_begin(intake->window, frame->begin.xid);
	intake->xid = frame->begin.xid;
	return begin_unit(intake, lsn, frame->begin.commit_us, lsn < intake->ledger.received_lsn, err);
}

static void
end_unit(Intake *intake, uint64_t end_lsn)
{
	if (!intake->drop_unit)
	{
		ledger_close(&intake->ledger, end_lsn);
		intake->counts.transactions++;
		if (intake->commit_lsn >= intake->others_lsn)
			intake->resume.open_commit = 0;
		if (intake->xid == intake->part.xid && intake->part.end_lsn == 0)
			intake->part.end_lsn = end_lsn;
	}
	intake->in_unit = false;
}

static bool
on_commit(Intake *intake, const Frame *frame, Err *err)
{
	if (!intake->in_unit || frame->commit.commit_lsn != intake->commit_lsn)
		return bad_stream(intake, err, "a COMMIT frame without its BEGIN");
	if (frame->commit.nevents != intake->nevents || intake->ntaken < intake->skip)
		return bad_stream(intake, err, "a COMMIT frame that counts other events than came");
	end_unit(intake, frame->commit.end_lsn);
	intake->last_end_lsn = frame->commit.end_lsn;
	return true;
}

static int64_t
wall_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
on_settled(void *arg, uint64_t token)
{
	holds_drop(&((Intake *) arg)->holds, token);
}

/*
 * True for a signal that was received before: on a connection that broke, before
 * the stream was begun anew, or by an earlier process.
 */
static bool
is_signal_repeated(Intake *intake, uint64_t ordinal)
{
	if (intake->drop_unit || intake->commit_lsn < intake->others_lsn ||
		(intake->resume.open_commit != 0 && ordinal <= intake->resume.open_ordinal))
		return true;
	if (intake->commit_lsn < intake->signal_commit ||
		(intake->commit_lsn == intake->signal_commit && ordinal <= intake->signal_ordinal))
		return true;
	intake->signal_commit = intake->commit_lsn;
	intake->signal_ordinal = ordinal;
	return false;
}

/* The transaction is held before its commit record: a server that begins there sends it. */
static bool
on_signal(Intake *intake, const Frame *frame, Err *err)
{
	const FrameControl *control = &frame->control;
	SignalText	text = {
		SIGNAL_FROM_SOURCE, control->id, control->type, control->data, control->lsn
	};

	if (!intake->in_unit || intake->message_left > 0)
		return bad_stream(intake, err, "a signal outside a transaction");
	if (intake->signals != NULL && !is_signal_repeated(intake, control->ordinal))
		signals_take(intake->signals, &text, on_settled, intake,
					 holds_add(&intake->holds, intake->commit_lsn, intake->last_end_lsn));
	return true;
}

/* A message's LSN is where its record begins, so its like only comes once. */
static bool
on_control(Intake *intake, const Frame *frame, Err *err)
{
	if (frame->control.kind == WIRE_CONTROL_SIGNAL)
		return on_signal(intake, frame, err);
	if (frame->control.kind == WIRE_CONTROL_FILTERED)
	{
		if (!intake->in_unit || !intake->drop_unit)
			intake->counts.filtered += frame->control.rows;
		return true;
	}
	if (intake->in_unit)
		return bad_stream(intake, err, "a CONTROL frame inside a transaction");
	if (frame->control.kind == WIRE_CONTROL_WATERMARK)
	{
		if (intake->watermark != NULL)
			intake->watermark(intake->watermark_arg, frame->control.text);
		return true;
	}
	if (frame->control.kind != WIRE_CONTROL_MESSAGE)
		return bad_stream(intake, err, "a CONTROL frame of another session");
	if (!begin_unit(intake, frame->control.lsn, wall_now_us(),
					frame->control.lsn <= intake->message_lsn ||
					frame->control.lsn < intake->others_lsn, err))
		return false;
	intake->message_left = frame->control.nevents;
	if (intake->message_left == 0)
		end_unit(intake, intake->commit_lsn);
	return true;
}

static bool
on_identity(Intake *intake, const Frame *frame, Err *err)
{
	const FrameIdentity *identity = &frame->identity;

	if (!intake->in_unit)
		return bad_stream(intake, err, "an IDENTITY frame outside a transaction");
	if (intake->window == NULL)
		return true;
	if (identity->kind == WIRE_IDENTITY_ALL)
		window_change_all(intake->window, identity->relid);
	else
		window_change(intake->window, identity->relid, identity->bytes.p, identity->bytes.len);
	return true;
}

/*
 * True for an event that is in Kafka from an earlier process.  In the middle of a
 * transaction that is told by the decoded change, whose number filters do not
 * change, and the event's place within it.
 */
static bool
is_in_kafka(const Intake *intake, const FrameEvent *event)
{
	const Position *resume = &intake->resume;
	uint64_t	ordinal = event->ordinal;

	if (intake->behind_lsn != 0 && intake->commit_lsn >= intake->behind_lsn &&
		holding_find(&intake->holding, event->relation) != NULL)
		return false;
	if (intake->commit_lsn < intake->others_lsn)
		return true;
	return resume->open_commit != 0 &&
		(ordinal < resume->open_ordinal ||
		 (ordinal == resume->open_ordinal && intake->record <= resume->open_record));
}

/* True for an event that is here already, also from before the connection broke. */
static bool
is_repeated(Intake *intake, const FrameEvent *event)
{
	uint64_t	ordinal = event->ordinal;

	if (ordinal != intake->ordinal)
	{
		intake->ordinal = ordinal;
		intake->record = 0;
	}
	intake->record++;
	if (intake->drop_unit || event->known || is_in_kafka(intake, event))
		return true;
	return intake->ntaken++ < intake->skip;
}

/* Counts one event of the unit, which ends a message with its last. */
static void
count_event(Intake *intake)
{
	intake->nevents++;
	if (intake->message_left > 0 && --intake->message_left == 0)
	{
		if (intake->commit_lsn > intake->message_lsn)
			intake->message_lsn = intake->commit_lsn;
		end_unit(intake, intake->commit_lsn);
	}
}

/* True when the event was refused before, and so is out of the way. */
static bool
is_convicted(Intake *intake, const FrameEvent *event)
{
	EventPlace	place = {intake->commit_lsn, intake->ordinal, intake->record};
	char	   *body = event->body;

	switch (deadletters_meet(intake->letters, &place, event))
	{
		case DEADLETTER_NONE:
			return false;
		case DEADLETTER_LEFT_OUT:
			intake_acknowledge(intake, &body, 1, loop_now_us());
			break;
		default:
			break;
	}
	return true;
}

void
intake_pin(Intake *intake, uint64_t unit, const FrameEvent *event, uint32_t number)
{
	Slab	   *slab = slab_get(&intake->slabs, intake->slab);

	wire_put32(event->body + WIRE_EVENT_RECEIVER, intake->slab + 1);
	wire_put32(event->body + WIRE_EVENT_STREAM, number);
	slab->unit = unit;
	slab->refs++;
	ledger_produced(&intake->ledger, 1);
	intake->counts.events++;
}

void
intake_queue(Intake *intake, const FrameEvent *event, uint32_t number)
{
	const Route *route = topics_route(intake->topics, number);

	producer_add(intake->producer, route->topic, event, route->headers);
}

static bool
on_event(Intake *intake, const Frame *frame, Err *err)
{
	const FrameEvent *event = &frame->event;
	HoldingVerdict verdict;
	uint32_t	number;
	const Slab *slab;

	if (!intake->in_unit)
		return bad_stream(intake, err, "an EVENT frame outside a transaction");
	if (is_repeated(intake, event))
	{
		intake->counts.repeated++;
		count_event(intake);
		return true;
	}
	number = topics_find(intake->topics, event->stream);
	if (number == ROUTE_NONE)
		return bad_stream(intake, err, "an EVENT frame of a stream without RELATION");

	verdict = intake_judge(intake, event);
	if (verdict == HOLDING_DROP)
	{
		count_event(intake);
		return true;
	}

	slab = slab_get(&intake->slabs, intake->slab);
	if (slab->refs > 1 && slab->unit != intake->unit)
		return bad_stream(intake, err, "events of two transactions in one message");

	intake_pin(intake, intake->unit, event, number);
	intake->taken_ordinal = intake->ordinal;
	intake->taken_record = intake->record;
	if (verdict == HOLDING_HOLD)
		intake_hold(intake, event, number);
	else if (!deadletters_expected(intake->letters) || !is_convicted(intake, event))
		intake_queue(intake, event, number);
	count_event(intake);
	return true;
}

static bool
on_frame(Intake *intake, const Frame *frame, Err *err)
{
	static const FrameFn handlers[] = {
		[WIRE_HELLO - 'A'] = on_hello,
		[WIRE_IDENTITY - 'A'] = on_identity,
		[WIRE_RELATION - 'A'] = on_relation,
		[WIRE_BEGIN - 'A'] = on_begin,
		[WIRE_EVENT - 'A'] = on_event,
		[WIRE_COMMIT - 'A'] = on_commit,
		[WIRE_CONTROL - 'A'] = on_control,
	};

	if (!intake->greeted && frame->tag != WIRE_HELLO)
		return bad_stream(intake, err, "no HELLO frame at its beginning");
	return handlers[frame->tag - 'A'] (intake, frame, err);
}

static bool
read_frames(Intake *intake, FrameReader *reader, Err *err)
{
	Frame		frame;
	FrameResult result;

	while ((result = frame_next(reader, &frame)) == FRAME_OK)
	{
		if (!on_frame(intake, &frame, err))
			return false;
	}
	if (result == FRAME_BAD)
		return bad_stream(intake, err, reader->why);
	if (intake->message_left > 0)
		return bad_stream(intake, err, "a CONTROL frame with less events than it counts");
	return true;
}

bool
intake_take(Intake *intake, char *buffer, size_t len, size_t start, int64_t now_us, Err *err)
{
	FrameReader reader = {.p = buffer + start,.end = buffer + len};
	Slab	   *slab;
	bool		ok;

	intake->counts.bytes += len - start;
	intake->slab = slab_add(&intake->slabs, buffer, len, start, now_us);
	slab = slab_get(&intake->slabs, intake->slab);
	slab->ordinal = intake->ordinal;
	slab->record = intake->record;
	ok = read_frames(intake, &reader, err);
	slab_unref(&intake->slabs, intake->slab, 1);
	intake->slab = SLAB_NONE;
	return ok;
}

void
intake_resume(Intake *intake, uint64_t lsn, const Position *record)
{
	slab_table_clear(&intake->slabs);
	intake->holding.events = intake->holding.first_commit = 0;
	deadletters_forget(intake->letters);
	ledger_free(&intake->ledger);
	ledger_init(&intake->ledger, LEDGER_CAPACITY);
	ledger_start(&intake->ledger, lsn);
	intake->slab = SLAB_NONE;
	intake->message_lsn = intake->last_end_lsn = 0;
	intake->others_lsn = intake->behind_lsn = 0;
	intake->resume = (Position)
	{
		0
	};
	intake->part = (Part)
	{
		0
	};
	/* on a server of which nothing is known, signals are not the same again */
	if (record == NULL && lsn != 0)
	{
		holds_clear(&intake->holds);
		intake->signal_commit = intake->signal_ordinal = 0;
	}
	if (record != NULL)
	{
		intake->message_lsn = record->message ? record->lsn : 0;
		intake->last_end_lsn = intake->ledger.last_commit = record->last_commit;
		if (record->open_commit != 0)
			intake->resume = *record;
		intake->part = (Part)
		{
			record->part_xid, record->part_lsn, record->part_events, 0
		};
		if (lsn < record->lsn)
			intake->others_lsn = record->lsn;
		intake->behind_lsn = record->adding_from;
	}
	intake_new_session(intake);
}

void
intake_new_session(Intake *intake)
{
	intake->greeted = intake->in_unit = false;
	intake->message_left = 0;
	topics_new_session(intake->topics);
}

void
intake_position(const Intake *intake, Position *position)
{
	const LedgerEntry *open = ledger_open_entry(&intake->ledger);

	position->lsn = intake->ledger.received_lsn;
	position->adding_from = intake->holding.first_commit;
	if (position->lsn < intake->others_lsn)
	{
		/* not so far again */
		if (position->adding_from == 0)
			position->adding_from = position->lsn;
		position->lsn = intake->others_lsn;
	}
	position->message = intake->message_lsn == position->lsn;
	position->last_commit = intake->last_end_lsn;
	intake_part(intake, position);
	if (open != NULL && open->produced > 0)
	{
		position->open_commit = open->commit_lsn;
		position->open_ordinal = intake->taken_ordinal;
		position->open_record = intake->taken_record;
	}
	else if (intake->resume.open_commit != 0)
	{
		position->open_commit = intake->resume.open_commit;
		position->open_ordinal = intake->resume.open_ordinal;
		position->open_record = intake->resume.open_record;
	}
}
