/*
 * pump_adding.c
 *	  Adding tables while the engine streams.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "log.h"
#include "mem.h"
#include "pump_private.h"

#define LOG_MODULE "add"

#define RETRY_FIRST_US	1000000
#define RETRY_MAX_US	60000000

/* ---- requests ---- */

void
pump_add_tables(Pump *pump, const Addition *tables, AddingNoted noted, void *arg)
{
	AddingRequest **last = &pump->adding.requests;
	AddingRequest *request = mem_zero(sizeof(AddingRequest));

	for (int i = 0; i < tables->n; i++)
		addition_add(&request->tables, tables->tables[i].name, tables->tables[i].drop_lsn);
	request->noted = noted;
	request->arg = arg;
	while (*last != NULL)
		last = &(*last)->next;
	*last = request;
	pump->loop.again = true;
}

/* Drops the first one. */
static void
end_request(Adding *adding, bool noted)
{
	AddingRequest *request = adding->requests;

	adding->requests = request->next;
	if (request->noted != NULL)
		request->noted(request->arg, noted);
	addition_clear(&request->tables);
	free(request);
}

/* What is not noted comes again after a restart. */
static void
on_signal_noted(void *arg, bool noted)
{
	Signal	   *signal = arg;

	if (!noted)
		signal->settled = NULL;
	signal_free(signal);
}

void
pump_add_signal(void *arg, Signal *signal)
{
	Pump	   *pump = arg;
	Addition	tables = {0};
	char	   *text = mem_zero(POSITION_ADDING_MAX);

	/* of one that comes again, tables may be under way */
	for (int i = 0; i < signal->ncollections; i++)
		if (strchr(signal->collections[i], '\n') == NULL &&
			addition_find(&pump->adding.tables, signal->collections[i]) < 0)
			addition_add(&tables, signal->collections[i], 0);
	if (tables.n == 0 || addition_print(&tables, text) < tables.n)
	{
		if (tables.n > 0)
			log_error("could not add %d tables at once: ask for less of them", tables.n);
		signal_free(signal);
	}
	else
		pump_add_tables(pump, &tables, on_signal_noted, signal);
	free(text);
	addition_clear(&tables);
}

/* ---- what the tables are judged by ---- */

static Holding *
holding(Pump *pump)
{
	return &pump->delivery.intake.holding;
}

/* Sets what the record is to say. */
static void
note(Adding *adding)
{
	if (addition_print(&adding->tables, adding->text) < adding->tables.n)
		abort();				/* was checked when it was asked for */
}

/* Kafka has a record that says what is to be said. */
static bool
is_noted(const Pump *pump)
{
	return pump->has_record && !pump->record_pending && pump->record_fresh &&
		strcmp(pump->record.adding, pump->adding.text) == 0;
}

/* No try has failed. */
static void
forget_failures(Adding *adding)
{
	adding->wait_us = 0;
	free(adding->said);
	adding->said = NULL;
}

static void
stop_adder(Adding *adding)
{
	adder_stop(adding->adder);
	adding->adder = NULL;
}

static void
enter(Pump *pump, AddingState state)
{
	pump->adding.state = state;
	pump->loop.again = true;
}

/* ---- one function for each state ---- */

static void
begin(Pump *pump)
{
	Adding	   *adding = &pump->adding;

	if (adding->requests == NULL)
		return;
	adding->requested = true;
	for (int i = 0; i < adding->requests->tables.n; i++)
		addition_add(&adding->tables, adding->requests->tables.tables[i].name,
					 adding->requests->tables.tables[i].drop_lsn);
	adding->began_us = loop_now_us();
	holding(pump)->dropped = 0;
	note(adding);
	enter(pump, ADDING_NOTE);
}

/* What is held goes its way, and the tables are like any other. */
static void
release(Pump *pump)
{
	Adding	   *adding = &pump->adding;

	holding(pump)->open = true;
	intake_judge_again(&pump->delivery.intake);
	holding_clear(holding(pump));
	addition_clear(&adding->tables);
	note(adding);
	stop_adder(adding);
	forget_failures(adding);
	enter(pump, ADDING_FORGET);
}

/* It was not to be: err says why. */
static void
give_up(Pump *pump, const Err *err)
{
	char	   *names = addition_names(&pump->adding.tables);

	log_error("could not add %s: %s; rows that are there are not (or not all) published, changes are from now on; once that is mended: \"walpost snapshot --table\"",
			  names, err->text);
	free(names);
	counter_set(COUNTER_SNAPSHOT_STATE, SNAPSHOT_ABORTED);
	pump_adding_keep_results(pump, false);
	release(pump);
}

/*
 * Until the next try has a point, all of tables of which nothing is in Kafka is
 * dropped, being in the rows.  The adder is asked while it is there.
 */
static void
set_drops(Pump *pump)
{
	int			n;
	HeldRelation *relations = adder_relations(pump->adding.adder, &n);

	holding_set(holding(pump), relations, n);
}

/* The next point is past all that was read: none of it has to wait in memory. */
static void
let_pass(Pump *pump)
{
	holding(pump)->open = true;
	intake_judge_again(&pump->delivery.intake);
}

/* The same again and again is not said again. */
static void
say_retry(Adding *adding, const Err *err)
{
	bool		known = adding->said != NULL && strcmp(adding->said, err->text) == 0;

	log_write(known ? LOG_DEBUG : LOG_WARN, LOG_MODULE, "could not add tables: %s; trying again in %lld ms",
			  err->text, (long long) adding->wait_us / 1000);
	free(adding->said);
	adding->said = mem_copy(err->text);
}

static void
failed(Pump *pump, const Err *err)
{
	Adding	   *adding = &pump->adding;
	bool		holds = adding->adder != NULL && !holding(pump)->open && holding(pump)->n > 0;

	/* what an earlier process held has to be read again first */
	bool		ends = err->kind != ERR_RETRY &&
	pump->delivery.intake.ledger.received_lsn >= pump->delivery.intake.others_lsn;

	if (!ends && holds)
		set_drops(pump);
	stop_adder(adding);
	if (ends)
	{
		give_up(pump, err);
		return;
	}
	adding->wait_us = adding->wait_us ? adding->wait_us * 2 : RETRY_FIRST_US;
	if (adding->wait_us > RETRY_MAX_US)
		adding->wait_us = RETRY_MAX_US;
	say_retry(adding, err);

	/* rows of the one that failed may be on their way for a while */
	holding(pump)->point = 0;
	if (adding->state < ADDING_READ)
		let_pass(pump);
	adding->expired = false;
	loop_timer_set(&adding->timer, adding->wait_us);
	enter(pump, ADDING_RETRY);
}

static void
say_start(const Adding *adding)
{
	char	   *names = addition_names(&adding->tables);

	log_info("adding %s: rows that are there, then changes; the stream goes on", names);
	free(names);
	counter_set(COUNTER_SNAPSHOT_STATE, SNAPSHOT_RUNNING);
	counter_set(COUNTER_SNAPSHOT_TABLES, adding->tables.n);
	counter_set(COUNTER_SNAPSHOT_TABLES_LEFT, adding->tables.n);
}

static void
start(Pump *pump)
{
	Adding	   *adding = &pump->adding;
	AdderSetup	setup = {.file = pump->options->file,.worker = pump->options->worker,.quiet = true};
	Err			err;

	/* an incremental snapshot notifies of its own tables itself */
	for (int i = 0; i < adding->tables.n; i++)
		setup.quiet = setup.quiet && incremental_hands_over(pump->incremental, adding->tables.tables[i].name);
	if (adding->wait_us == 0)
		say_start(adding);
	adding->adder = adder_start(&setup, pump->conf, &adding->tables, &err);
	if (adding->adder == NULL)
	{
		failed(pump, &err);
		return;
	}
	enter(pump, ADDING_PREPARE);
}

/*
 * Nothing is in Kafka of a table that was not published so far, and its changes are
 * in the rows, also those of a transaction that saw it published in its midst only:
 * that is noted before it is, as whoever is restarted finds it published.
 */
static void
note_new(Pump *pump)
{
	Adding	   *adding = &pump->adding;

	for (int i = 0; i < adding->tables.n; i++)
		if (adding->tables.tables[i].drop_lsn == 0 && adder_is_new(adding->adder, i))
			adding->tables.tables[i].drop_lsn = HOLDING_DROP_ALL;
	note(adding);
	enter(pump, ADDING_NEW);
}

/* All changes read so far are before its point, whatever that will be. */
static void
hold(Pump *pump)
{
	Adding	   *adding = &pump->adding;
	int			n;
	HeldRelation *relations = adder_relations(adding->adder, &n);

	for (int i = 0; i < n; i++)
		if (relations[i].drop_lsn == HOLDING_DROP_ALL)
			relations[i].drop_lsn = 0;
	holding_set(holding(pump), relations, n);
	holding(pump)->open = false;
	holding(pump)->point = 0;
	adder_tell(adding->adder, "hold");
	enter(pump, ADDING_SLOT);
}

/* Tables of which nothing is in Kafka need no change from before the point. */
static void
know_point(Pump *pump)
{
	Adding	   *adding = &pump->adding;
	uint64_t	point = adder_point(adding->adder);
	HeldRelation *relations;
	int			n;

	for (int i = 0; i < adding->tables.n; i++)
	{
		AddedTable *table = &adding->tables.tables[i];

		if (table->drop_lsn == HOLDING_DROP_ALL)
			table->drop_lsn = point;
	}
	relations = adder_relations(adding->adder, &n);
	holding_set(holding(pump), relations, n);
	holding(pump)->point = adding->point = point;
	intake_judge_again(&pump->delivery.intake);
	note(adding);
	log_debug("their snapshot is at " LSN_FMT, LSN_ARGS(point));
	enter(pump, ADDING_POINT);
}

static void
done(Pump *pump)
{
	Adding	   *adding = &pump->adding;
	char	   *names = addition_names(&adding->tables);
	double		seconds = (double) (loop_now_us() - adding->began_us) / 1e6;

	log_info("added %s: %llu rows as of " LSN_FMT " in %.1f s, %llu changes held until then, %llu in the rows already",
			 names, (unsigned long long) adder_rows(adding->adder), LSN_ARGS(adding->point), seconds,
			 (unsigned long long) holding(pump)->events, (unsigned long long) holding(pump)->dropped);
	free(names);
	pump_adding_keep_results(pump, true);
	counter_set(COUNTER_SNAPSHOT_STATE, SNAPSHOT_COMPLETED);
	counter_set(COUNTER_SNAPSHOT_TABLES_LEFT, 0);
	counter_set(COUNTER_SNAPSHOT_ROWS, (int64_t) adder_rows(adding->adder));
	counter_set(COUNTER_SNAPSHOT_ACKNOWLEDGED, (int64_t) adder_rows(adding->adder));
	counter_set(COUNTER_SNAPSHOT_US, loop_now_us() - adding->began_us);
	release(pump);
}

/* What the adder says, whichever state waits for it. */
static void
listen_to_adder(Pump *pump)
{
	Err			err = {.kind = ERR_NONE};

	switch (adder_next(pump->adding.adder, &err))
	{
		case ADDER_WAIT:
			break;
		case ADDER_READY:
			note_new(pump);
			break;
		case ADDER_POINT:
			know_point(pump);
			break;
		case ADDER_DONE:
			done(pump);
			break;
		case ADDER_FAILED:
			failed(pump, &err);
			break;
	}
}

/* All that is published of them from before the point is in Kafka, and noted. */
static bool
may_read(const Pump *pump)
{
	return is_noted(pump) &&
		ledger_complete_before(&pump->delivery.intake.ledger, pump->adding.point);
}

/* The bound is reached by what is held: the stream is not read until the rows are out. */
static void
watch_memory(Pump *pump)
{
	Adding	   *adding = &pump->adding;
	bool		full = holding(pump)->events > 0 && pump->standing;
	int64_t		now = loop_now_us();

	if (full && adding->full_us == 0)
	{
		adding->full_us = now;
		if (!adding->full_said)
			log_warn("memory is full of %llu changes that wait for the rows of tables being added: the stream is not read until those are in Kafka (see walpost.buffer.memory)",
					 (unsigned long long) holding(pump)->events);
		adding->full_said = true;
	}
	if (adding->full_us == 0)
		return;
	counter_add(COUNTER_HELD_PAUSE_US, now - adding->full_us);
	adding->full_us = full ? now : 0;
}

void
pump_adding(Pump *pump)
{
	Adding	   *adding = &pump->adding;

	/* nobody looks at it in another state */
	adding->fd.fd = -1;
	if (pump->state != PUMP_STREAM)
		return;
	if (adding->adder != NULL)
		listen_to_adder(pump);
	switch (adding->state)
	{
		case ADDING_NONE:
			begin(pump);
			break;
		case ADDING_NOTE:
			if (!is_noted(pump) || !incremental_recalled(pump->incremental))
				break;
			if (adding->requested)
				end_request(adding, true);
			adding->requested = false;
			start(pump);
			break;
		case ADDING_NEW:
			if (is_noted(pump))
				hold(pump);
			break;
		case ADDING_POINT:
			if (may_read(pump))
			{
				adder_tell(adding->adder, "go");
				enter(pump, ADDING_READ);
			}
			break;
		case ADDING_RETRY:
			if (!adding->expired)
				break;
			let_pass(pump);
			start(pump);
			break;
		case ADDING_FORGET:
			if (!is_noted(pump))
				break;
			adding->full_said = false;
			enter(pump, ADDING_NONE);
			break;
		default:
			break;
	}
	adding->fd.fd = adding->adder ? adder_fd(adding->adder) : -1;
	counter_set(COUNTER_HELD, (int64_t) holding(pump)->events);
	watch_memory(pump);
}

/* ---- beginning and end ---- */

static void
on_adder(void *arg, short revents)
{
	/* the turn reads it */
}

static void
on_timer(void *arg)
{
	((Pump *) arg)->adding.expired = true;
}

void
pump_adding_init(Pump *pump)
{
	Adding	   *adding = &pump->adding;

	adding->fd = (LoopFd)
	{
		-1, POLLIN, on_adder, pump
	};
	adding->timer = (LoopTimer)
	{
		.fire = on_timer,.arg = pump
	};
	loop_fd_add(&pump->loop, &adding->fd);
	loop_timer_add(&pump->loop, &adding->timer);
	if (pump->options->added != NULL && pump->options->added->n > 0)
		pump_add_tables(pump, pump->options->added, NULL, NULL);
}

void
pump_adding_stop(Pump *pump)
{
	stop_adder(&pump->adding);
	loop_timer_clear(&pump->adding.timer);
}

void
pump_adding_close(Pump *pump)
{
	pump_adding_stop(pump);
	while (pump->adding.requests != NULL)
		end_request(&pump->adding, false);
	pump_adding_forget_results(pump);
	addition_clear(&pump->adding.tables);
	forget_failures(&pump->adding);
}

/* Their changes so far: none of those that nothing is in Kafka of. */
static bool
judge_tables(Pump *pump, const Addition *tables)
{
	HeldRelation *relations;
	PGconn	   *conn;
	bool		ok;
	int			n;

	if (tables->n == 0)
		return true;
	conn = pg_connect(pump->conf, false, &pump->err);
	ok = conn != NULL && addition_relations(tables, conn, &relations, &n, &pump->err);
	PQfinish(conn);
	if (!ok)
		return false;
	holding_set(holding(pump), relations, n);
	holding(pump)->open = true;
	return true;
}

static bool
resume_tables(Pump *pump)
{
	Adding	   *adding = &pump->adding;

	/* the first request may be theirs; if not, it goes with them */
	adding->requested = adding->requests != NULL;
	for (int i = 0; adding->requested && i < adding->requests->tables.n; i++)
		addition_add(&adding->tables, adding->requests->tables.tables[i].name,
					 adding->requests->tables.tables[i].drop_lsn);
	if (addition_print(&adding->tables, adding->text) < adding->tables.n)
		return err_set(&pump->err, ERR_CONFIG, "could not add %d tables at once: let table.include.list take less of them",
					   adding->tables.n);
	adding->began_us = loop_now_us();
	holding(pump)->dropped = 0;
	adding->state = ADDING_NOTE;
	return judge_tables(pump, &adding->tables);
}

bool
pump_adding_resume(Pump *pump, const Position *record)
{
	Adding	   *adding = &pump->adding;

	pump_adding_stop(pump);
	addition_clear(&adding->tables);
	holding_clear(holding(pump));
	adding->requested = false;
	adding->state = ADDING_NONE;
	forget_failures(adding);
	note(adding);
	if (record != NULL && !addition_parse(record->adding, &adding->tables))
		return err_set(&pump->err, ERR_CONFIG, "could not use the position record %s: its \"walpost_adding\" names no tables",
					   pump->record_key);
	if (adding->tables.n > 0)
		return resume_tables(pump);
	return adding->requests == NULL || judge_tables(pump, &adding->requests->tables);
}
