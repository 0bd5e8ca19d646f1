/*
 * cmd_run.c
 *	  walpost run: make ready, then pump until stopped.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "cmd.h"
#include "log.h"
#include "newtables.h"
#include "offsets.h"
#include "pump.h"
#include "runid.h"
#include "slot.h"
#include "snapshot.h"
#include "supervisor.h"

#define LOG_MODULE "run"

#define FIRST_WAIT_MS 1000
#define TICK_MS 100

/* Set by a signal while there is no loop yet that could take it. */
static volatile bool stop_asked;

static void
on_stop(int signo)
{
	stop_asked = true;
}

/* The pump blocks and reads these signals itself; this is for the time before. */
static void
watch_signals(void)
{
	struct sigaction action = {.sa_handler = on_stop};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Half of the time up to all of it, so that many clients do not come at once. */
static int64_t
jittered(int64_t ms)
{
	return ms / 2 + (ms > 1 ? rand() % (ms / 2 + 1) : 0);
}

static void
wait_before_retry(int64_t ms)
{
	for (; ms > 0 && !stop_asked; ms -= TICK_MS)
		poll(NULL, 0, ms < TICK_MS ? (int) ms : TICK_MS);
}

/* What a run knows of its beginning. */
typedef struct Start
{
	const Conf *conf;
	SnapshotMode mode;
	SnapshotNeed need;			/* what a stream that could not begin found */
	bool		made;			/* the slot was absent */
	bool		taken;			/* a snapshot */
	Addition	added;			/* tables that are captured from now on */
} Start;

/*
 * What stands before the stream: publication and slot, and where one is due the
 * snapshot, which makes the slot.  Where there is a slot, the stream finds out.
 */
static bool
prepare_once(Start *start, Err *err)
{
	const Conf *conf = start->conf;
	bool		unused;

	if (!slot_takeover_if_due(conf, conf_get(conf, "slot.name"), err) ||
		!newtables_find(conf, &start->added, err))
		return false;
	if (!start->mode.data && !start->mode.again)
		return slot_prepare(conf, SLOT_MAKE, &stop_asked, &start->made, err);
	if (!slot_prepare(conf, SLOT_LEAVE, &stop_asked, &start->made, err))
		return false;
	if (!start->taken && (start->made || start->mode.always || start->need.suspected) &&
		!snapshot_take(conf, !start->made, &start->need, &stop_asked, &start->taken, err))
		return false;
	if (start->taken && !newtables_taken(conf, &start->added, err))
		return false;

	/* a slot that was lost is made anew, for the pump to refuse it */
	if (!start->mode.stream || (start->taken && !conf_get_bool(conf, "slot.failover")))
		return true;
	return !start->made || slot_prepare(conf, SLOT_MAKE, &stop_asked, start->taken ? &unused : &start->made, err);
}

/* prepare_once(), again and again while that may help. */
static bool
prepare(Start *start, Err *err)
{
	const Conf *conf = start->conf;
	int64_t		retries = conf_get_int(conf, "errors.max.retries");
	int64_t		longest = conf_get_int(conf, "retriable.restart.connector.wait.ms");
	int64_t		wait = FIRST_WAIT_MS;

	while (!prepare_once(start, err))
	{
		if (err->kind != ERR_RETRY || retries == 0)
			return false;
		if (retries > 0)
			retries--;
		if (wait > longest)
			wait = longest > TICK_MS ? longest : TICK_MS;
		log_warn("%s; trying again", err->text);
		counter_add(COUNTER_FAULTS, 1);
		counter_set_text(COUNTER_TEXT_REASON, err->text);
		counter_set(COUNTER_PHASE, PHASE_BACKOFF);
		wait_before_retry(jittered(wait));
		wait *= 2;
		if (stop_asked)
			return err_set(err, ERR_NONE, "stopped");
	}
	return !stop_asked || err_set(err, ERR_NONE, "stopped");
}

static bool
check_brokers_known(const Conf *conf, Err *err)
{
	return conf_get(conf, "bootstrap.servers") != NULL ||
		err_set(err, ERR_CONFIG, "bootstrap.servers is missing; set it in the connector file, in the worker's file (--worker) or as BOOTSTRAP_SERVERS");
}

/*
 * Pumps until stopped.  A slot that was made for this run, but cannot be gone on
 * with, must not keep WAL.
 */
static bool
pump_slot(PumpOptions *options, Err *err)
{
	bool		refused = false;
	Err			other;

	options->slot_refused = &refused;
	if (pump_run(options, err))
		return true;
	if (refused && options->slot_made && !slot_drop(options->conf, options->slot, &other))
		log_error("%s", other.text);
	return false;
}

/* slot.drop.on.stop: the next start is the first again. */
static bool
drop_slot(const Conf *conf, const char *slot, Err *err)
{
	bool		found;

	return slot_drop(conf, slot, err) && offsets_forget(conf, &found, err);
}

/*
 * Snapshot and stream.  A stream that finds that a snapshot may be due begins anew,
 * once: what does not fit then is no reason for another one.
 */
static bool
run_start(Start *start, PumpOptions *options, Err *err)
{
	if (!prepare(start, err))
		return false;
	if (!start->mode.stream)
		return true;
	options->slot_made = start->made;
	options->snapshot_taken = start->taken;
	options->need = start->taken || start->need.suspected ? NULL : &start->need;
	if (pump_slot(options, err))
		return true;
	return options->need != NULL && start->need.suspected && run_start(start, options, err);
}

static bool
run_connector(const CliArgs *args, const Conf *conf, Err *err)
{
	const char *slot = conf_get(conf, "slot.name");
	Start		start = {.conf = conf,.mode = snapshot_mode(conf)};
	PumpOptions options = {
		.conf = conf,
		.slot = slot,
		.publication = conf_get(conf, "publication.name"),
		.snapshot = start.mode,
		.file = args->operands[0],
		.worker = args->worker,
		.added = &start.added,
		.stop = &stop_asked,
	};
	bool		done;

	log_info("walpost " WALPOST_VERSION " starts: database \"%s\" on \"%s\", slot \"%s\", publication \"%s\", topics \"%s%s*\"",
			 conf_get(conf, "database.dbname"), conf_get(conf, "database.hostname"),
			 slot, options.publication, conf_get(conf, "topic.prefix"),
			 conf_get(conf, "topic.delimiter"));
	counter_set_text(COUNTER_TEXT_CONNECTOR, conf_get(conf, "name"));
	counter_set_text(COUNTER_TEXT_PREFIX, conf_get(conf, "topic.prefix"));
	counter_set_text(COUNTER_TEXT_SLOT, slot);
	done = snapshot_mode_check(conf, err) && run_start(&start, &options, err);
	addition_clear(&start.added);
	if (!done)
		return false;
	return !start.mode.stream || !conf_get_bool(conf, "slot.drop.on.stop") || drop_slot(conf, slot, err);
}

bool
cmd_run(const CliArgs *args, Err *err)
{
	char		run_id[RUNID_SIZE];
	Conf	   *conf;
	bool		done;

	if (args->noperands > 1 || args->http != NULL)
		return supervisor_run(args, err);
	watch_signals();
	if (!child_attach(err))
		return false;
	conf = cli_load(args, args->operands[0], err);
	if (conf == NULL)
		return false;

	/* one for the run, not for each of its connections */
	done = runid_make(run_id, err);
	if (done && !conf_is_set(conf, "walpost.run.id"))
		conf_set(conf, "walpost.run.id", run_id, "this run");
	done = done && check_brokers_known(conf, err) && run_connector(args, conf, err);
	conf_free(conf);
	return done;
}
