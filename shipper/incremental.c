/*
 * incremental.c
 *	  Snapshots beside the stream: what comes after what.
 *
 *		RECALL -> IDLE -> RESOLVE -> IDLE			a signal's tables
 *				  IDLE -> OPEN -> READ -> MARK -> INSERT -> READ ...	a table's rows
 *				  READ -> CLOSE -> IDLE				no more of them
 *				  IDLE								a table without a key, by the adder
 *				  IDLE -> BLOCK_SLOT -> BLOCK_LOOK -> BLOCK_STAND -> BLOCK_ROWS -> IDLE
 *				  any of them -> WAIT -> IDLE		after a failure
 *
 * OPEN makes the plugin name the rows of changes, from a watermark on; so all that
 * is committed later is known by row.  What was committed before and is not
 * visible yet, walpost.chunk() finds itself, by what the rows say of who outdated
 * them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "extension.h"
#include "incremental_private.h"
#include "mem.h"
#include "position.h"
#include "wire.h"

#define LOG_MODULE "incremental"

/* What the window may note of changed rows. */
#define WINDOW_BOUND	(32 * 1024 * 1024)

#define RETRY_US		1000000

#define SQLSTATE_LOCK_TIMEOUT	"55P03"

/* ---- beginning and end ---- */

static void
on_offsets(void *arg, short revents)
{
}

static void
on_timer(void *arg)
{
}

/* The planner's guess of a key range may be far off; an order by key never is. */
static char *
session_setup(const Conf *conf)
{
	return mem_print(EXTENSION_GUARD "; SET synchronous_commit = local; SET lock_timeout = %lld;"
					 " SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off; SET jit = off",
					 (long long) conf_get_int(conf, "snapshot.lock.timeout.ms"));
}

static char *
options_sql(const Conf *conf)
{
	char	   *properties = conf_plugin_properties(conf);
	char	   *quoted = inc_quote(properties);
	char	   *text = mem_print("ARRAY['wire', '%d', 'walpost.properties', %s]", WIRE_VERSION, quoted);

	free(quoted);
	free(properties);
	return text;
}

Incremental *
incremental_new(const Conf *conf, Loop *loop, Delivery *delivery, const IncAdder *adder)
{
	Incremental *inc = mem_zero(sizeof(Incremental));

	inc->conf = conf;
	inc->loop = loop;
	inc->delivery = delivery;
	inc->adder = *adder;
	inc->exactly_once = producer_exactly_once(conf);
	inc->setup = session_setup(conf);
	inc->options = options_sql(conf);
	inc->session = session_new(conf, loop, false, inc->setup);
	inc->slot_session = session_new(conf, loop, true, "");
	inc->record_key = position_side_key(conf_get(conf, "name"), conf_get(conf, "topic.prefix"), INCREMENTAL_KEY);
	inc->window = window_new(WINDOW_BOUND);
	inc->size = (int) conf_get_int(conf, "incremental.snapshot.chunk.size");
	inc->last_unit = UINT64_MAX;
	inc_window_nonce(inc->key);
	inc->offsets_fd = (LoopFd)
	{
		-1, POLLIN, on_offsets, inc
	};
	inc->timer = (LoopTimer)
	{
		.fire = on_timer,.arg = inc
	};
	loop_fd_add(loop, &inc->offsets_fd);
	loop_timer_add(loop, &inc->timer);
	delivery->intake.window = inc->window;
	delivery->intake.watermark = inc_window_watermark;
	delivery->intake.watermark_arg = inc;
	return inc;
}

void
incremental_free(Incremental *inc)
{
	if (inc == NULL)
		return;
	inc->delivery->intake.window = NULL;
	inc->delivery->intake.watermark = NULL;
	inc_recall_drop(inc);
	inc_chunk_clear(&inc->chunk);
	inc_state_clear(&inc->state);
	for (int i = 0; i < inc->nheld; i++)
	{
		/* it is to come again */
		inc->held[i].signal->settled = NULL;
		signal_free(inc->held[i].signal);
	}
	free(inc->held);
	free(inc->staged);
	session_free(inc->slot_session);
	session_free(inc->session);
	window_free(inc->window);
	loop_fd_remove(inc->loop, &inc->offsets_fd);
	free(inc->record_key);
	free(inc->options);
	free(inc->setup);
	free(inc);
}

char *
incremental_properties(Incremental *inc, bool standby)
{
	inc->read_only = standby || conf_get_bool(inc->conf, "read.only");
	return mem_print("walpost.window.key=%s\nwalpost.window.open=%s\n", inc->key,
					 inc->asked || inc->read_only ? "true" : "false");
}

/* ---- phases ---- */

static void
enter(Incremental *inc, IncPhase phase)
{
	inc->phase = phase;
	inc->loop->again = true;
}

/* What was read of the chunk is of no use, nor what is known of changes. */
static void
drop_chunk(Incremental *inc)
{
	inc_block_drop(inc);
	session_close(inc->session);
	inc_chunk_clear(&inc->chunk);
	window_close(inc->window);
	inc->opened = inc->asked = false;
}

void
incremental_reset(Incremental *inc)
{
	drop_chunk(inc);
	inc_recall_drop(inc);
	inc_state_clear(&inc->state);
	free(inc->staged);
	inc->staged = NULL;
	inc->handed = inc->announced = false;
	inc->last_unit = UINT64_MAX;
	inc->saved = inc->version;
	for (int i = 0; i < inc->nheld; i++)
		inc->held[i].resolved = false;
	inc->phase = INC_RECALL;
}

static void
wait_a_while(Incremental *inc)
{
	drop_chunk(inc);
	inc->phase = INC_WAIT;
	loop_timer_set(&inc->timer, RETRY_US);
	inc->retry_us = loop_now_us() + RETRY_US;
}

/* Errors that reading the table as it is will meet again, by the SQLSTATE's class. */
static bool
is_of_table(const Incremental *inc, const Err *err)
{
	static const char *const classes[] = {"0A", "22", "23", "42", "54", "55", "P0", "XX"};

	if ((inc->phase != INC_READ && inc->phase < INC_BLOCK_SLOT) || inc->phase > INC_BLOCK_ROWS ||
		inc->chunk.abandoned || inc->state.ntables == 0 ||
		strcmp(err->sqlstate, SQLSTATE_LOCK_TIMEOUT) == 0 ||
	/* the exported snapshot went with the connection that has the slot */
		(inc->phase == INC_BLOCK_LOOK && inc->results == 0))
		return false;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strncmp(err->sqlstate, classes[i], 2) == 0)
			return true;
	return false;
}

/* False when it is the connector's, and neither the table's nor the connection's. */
static bool
after_error(Incremental *inc, Err *err)
{
	if (err->kind == ERR_FATAL && err->sqlstate[0] == '\0')
		return false;
	if (inc->phase == INC_COUNT)
		inc_count_give_up(inc, err);
	else if (!is_of_table(inc, err))
	{
		bool		locked = strcmp(err->sqlstate, SQLSTATE_LOCK_TIMEOUT) == 0;

		if (log_limit_pass(&inc->limit))
			log_warn("%s; %sthe snapshot%s%s tries again", err->text,
					 locked ? "end what locks the table (pg_locks), or raise snapshot.lock.timeout.ms; " : "",
					 inc->state.ntables > 0 ? " of " : "", inc->state.ntables > 0 ? inc->state.tables[0].name : "");
	}
	else if (inc->phase >= INC_BLOCK_SLOT)
		inc_block_end(inc, err);
	else
	{
		log_error("the incremental snapshot of %s ends: %s", inc->state.tables[0].name, err->text);
		inc_table_finish(inc, 0, strcmp(err->sqlstate, "42P01") == 0 ? "UNKNOWN_SCHEMA" : "SQL_EXCEPTION");
	}
	wait_a_while(inc);
	return true;
}

/* ---- recall ---- */

/* False and err. */
static bool
turn_recall(Incremental *inc, Err *err)
{
	if (inc->offsets == NULL && !inc_recall_begin(inc, err))
		return false;
	switch (inc_recall_next(inc, err))
	{
		case OFFSETS_WAIT:
			return true;
		case OFFSETS_FAILED:
			return false;
		default:
			break;
	}
	if (inc->state.ntables > 0)
		log_info("an incremental snapshot of %d tables goes on with %s%s", inc->state.ntables,
				 inc->state.tables[0].name, inc->state.paused ? " (it is paused)" : "");
	enter(inc, INC_IDLE);
	return true;
}

bool
incremental_recalled(const Incremental *inc)
{
	return inc->phase != INC_RECALL;
}

/* ---- a signal's tables ---- */

static bool
begin_resolve(Incremental *inc)
{
	char	   *sql;

	inc_signals_obey(inc);
	if (inc_signal_next(inc) == NULL)
		return false;
	sql = inc_tables_query(inc);
	session_send(inc->session, "list the publication's tables", sql);
	free(sql);
	enter(inc, INC_RESOLVE);
	return true;
}

static void
take_tables(Incremental *inc, const PGresult *res)
{
	IncHeld    *held = inc_signal_next(inc);
	int			before = inc->state.ntables;

	if (held == NULL || held->signal->kind != SIGNAL_EXECUTE)
		return;
	inc_tables_take(inc, held->signal, res);
	if (inc->state.ntables > before)
	{
		bool		blocking = held->signal->snapshot == SNAPSHOT_BLOCKING;

		log_info("%s snapshot of %d tables is asked for by signal \"%s\"", blocking ? "a blocking" : "an incremental",
				 inc->state.ntables - before, held->signal->id);
		if (blocking)
			inc_state_to_front(&inc->state, inc->state.ntables - before);
		else
		{
			inc_notice(inc, NOTICE_STARTED, &inc->state.tables[before], NULL);
			inc_notice(inc, NOTICE_RESOLVED, &inc->state.tables[before], NULL);
		}
	}
	inc_signal_resolved(inc, held);
}

/* ---- what the session says ---- */

/*
 * False and err.  The oid of a chunk's table is in the row that its watermark's LSN
 * is in.  The end of a copy is a result, too.
 */
static bool
take_result(Incremental *inc, PGresult *res, Err *err)
{
	ExecStatusType status = PQresultStatus(res);
	bool		rows = status == PGRES_TUPLES_OK;
	bool		ok = true;

	if (inc->phase == INC_RESOLVE && rows)
		take_tables(inc, res);
	else if (inc->phase == INC_COUNT && rows)
		inc_count_take(inc, res);
	else if (inc->phase == INC_READ && rows)
		inc->chunk.relid = (unsigned) strtoul(PQgetvalue(res, 0, 0), NULL, 10);
	else if (inc->phase == INC_BLOCK_SLOT && rows)
		ok = inc_block_slot(inc, res, err);
	else if (inc->phase == INC_BLOCK_LOOK && rows)
		ok = inc_block_found(inc, res, err);
	else if (inc->phase == INC_BLOCK_ROWS && (status == PGRES_COPY_OUT || strncmp(PQcmdStatus(res), "COPY", 4) == 0))
		inc_block_copy(inc, status == PGRES_COPY_OUT);
	PQclear(res);
	return ok;
}

/* False and err. */
static bool
take_copied(Incremental *inc, const SessionData *data, Err *err)
{
	if (inc->phase == INC_BLOCK_ROWS)
		return inc_block_rows(inc, data->buffer, data->len, err);
	return inc_chunk_take(inc, data->buffer, data->len, err);
}

/* A session that has the slot says nothing else, but may end. */
static Session *
speaking(const Incremental *inc)
{
	return inc->phase == INC_BLOCK_SLOT ? inc->slot_session : inc->session;
}

static bool
may_insert(Incremental *inc)
{
	return intake_may_insert(&inc->delivery->intake) && delivery_has_room(inc->delivery);
}

/* Takes what has come; *done when that is all.  False and err. */
static bool
serve_session(Incremental *inc, bool *done, Err *err)
{
	Session    *session = speaking(inc);
	SessionData data;

	*done = !session_busy(session);
	if (inc->phase == INC_BLOCK_ROWS)
		session_hold(session, !may_insert(inc));
	while (!*done && (inc->phase != INC_BLOCK_ROWS || may_insert(inc)))
		switch (session_next(session, &data, err))
		{
			case SESSION_WAIT:
				return true;
			case SESSION_RESULT:
				if (!take_result(inc, data.res, err))
					return false;
				break;
			case SESSION_COPY:
				if (!take_copied(inc, &data, err))
					return false;
				break;
			case SESSION_DONE:
				*done = true;
				break;
			case SESSION_FAILED:
				return false;
		}
	return true;
}

/* ---- between chunks ---- */

static void
begin_read(Incremental *inc)
{
	inc_window_next(inc);
	inc_chunk_begin(inc, &inc->state.tables[0]);
	enter(inc, INC_READ);
}

/* Between chunks: what is to be done next. */
static void
turn_idle(Incremental *inc, bool spooling)
{
	bool		blocks;
	bool		reads;
	bool		adds;

	if (begin_resolve(inc) || inc_keyless_is_read(inc))
		return;
	blocks = inc_blocking_tables(inc) > 0;
	reads = inc->state.ntables > 0 && !inc->state.paused && !blocks;
	adds = reads && inc->state.tables[0].keyless;
	if ((!reads || adds) && inc->opened)
	{
		inc_window_close(inc);
		enter(inc, INC_CLOSE);
	}
	else if (blocks && !spooling)
	{
		inc_block_begin(inc);
		enter(inc, INC_BLOCK_SLOT);
	}
	else if (adds)
		inc_keyless_begin(inc);
	else if (reads && inc_count_due(inc))
	{
		inc_count_begin(inc);
		enter(inc, INC_COUNT);
	}
	else if (reads && !inc->opened)
	{
		inc_window_open(inc);
		enter(inc, INC_OPEN);
	}
	else if (reads && delivery_has_room(inc->delivery))
		begin_read(inc);
}

/* The window is of no use without what it had to forget. */
static bool
check_window(Incremental *inc)
{
	if (!window_overflown(inc->window))
		return true;
	log_info("too many rows change meanwhile; reading a smaller chunk");
	inc->size = inc->size > 128 ? inc->size / 2 : 64;
	wait_a_while(inc);
	return false;
}

/* The chunk is there, and so is the stream. */
static bool
turn_insert(Incremental *inc, Err *err)
{
	bool		more = inc->chunk.more;
	bool		empty = inc->chunk.up_to[0] == '\0';

	if (!check_window(inc))
		return true;
	if (!inc->chunk.abandoned)
	{
		if (!may_insert(inc))
			return true;
		if (!inc_chunk_insert(inc, err))
			return false;
		if (inc->chunk.rows > 0)
			inc_notice(inc, NOTICE_IN_PROGRESS, &inc->state.tables[0], NULL);
		if (!more)
			inc_table_finish(inc, 0, empty ? "EMPTY" : "SUCCEEDED");
	}
	inc_chunk_clear(&inc->chunk);
	enter(inc, INC_IDLE);
	return true;
}

/* What is under way, once the session has said all. */
static bool
turn_done(Incremental *inc, Err *err)
{
	switch (inc->phase)
	{
		case INC_RESOLVE:
		case INC_COUNT:
		case INC_CLOSE:
			enter(inc, INC_IDLE);
			break;
		case INC_OPEN:
			if (!inc->marked)
				break;
			inc->opened = true;
			enter(inc, INC_IDLE);
			break;
		case INC_READ:
			if (!inc->chunk.ended && !inc->chunk.abandoned)
				return err_set(err, ERR_FATAL, "could not read a chunk of a table: it has no end");
			enter(inc, INC_MARK);
			break;
		case INC_MARK:
			if (inc_window_passed(inc))
				enter(inc, INC_INSERT);
			break;
		case INC_INSERT:
			return turn_insert(inc, err);
		case INC_BLOCK_SLOT:
			inc_block_look(inc);
			enter(inc, INC_BLOCK_LOOK);
			break;
		case INC_BLOCK_LOOK:
			enter(inc, INC_BLOCK_STAND);
			break;
		case INC_BLOCK_STAND:
			if (!inc_block_stands(inc))
				break;
			inc_block_read(inc);
			enter(inc, INC_BLOCK_ROWS);
			break;
		case INC_BLOCK_ROWS:
			inc_block_end(inc, NULL);
			enter(inc, INC_IDLE);
			break;
		default:
			break;
	}
	return true;
}

static bool
take_turn(Incremental *inc, bool spooling, Err *err)
{
	bool		done;

	/* what goes into files is not held up */
	if (spooling && inc->barrier != 0)
		wait_a_while(inc);

	if (inc->phase == INC_RECALL)
		return turn_recall(inc, err);
	inc_signals_obey(inc);
	if (inc->phase == INC_WAIT && loop_now_us() >= inc->retry_us)
		enter(inc, INC_IDLE);
	else if (inc->phase == INC_IDLE)
		turn_idle(inc, spooling);
	else if (inc->phase != INC_WAIT)
	{
		if (!serve_session(inc, &done, err) && !after_error(inc, err))
			return false;
		if (inc->phase != INC_WAIT && done && !turn_done(inc, err) && !after_error(inc, err))
			return false;
	}
	if (!inc->exactly_once)
		inc_record(inc);
	return true;
}

bool
incremental_turn(Incremental *inc, bool spooling, Err *err)
{
	int64_t		began = inc->state.ntables > 0 ? loop_now_us() : 0;
	bool		ok = take_turn(inc, spooling, err);

	if (began > 0 && loop_now_us() - began > inc->pause_us)
		inc->pause_us = loop_now_us() - began;
	return ok;
}
