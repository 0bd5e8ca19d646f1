/*
 * snapshot_txn.c
 *	  The Kafka transaction of a snapshot, with exactly-once.
 *
 * All rows are in one transaction, with the position record at their end: a
 * snapshot that is interrupted is not committed, and whoever takes the next one
 * aborts it.  Brokers bound the time that a transaction may take, so one that
 * lasts is split, and from then on rows would come again.  One that can go on
 * after a restart has many transactions, each with the record of what it holds.
 *
 *		NONE -> INIT -> OPEN -> CLOSING -> COMMITTING -> OPEN ... ENDED
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>

#include "log.h"
#include "snapshot_private.h"

#define LOG_MODULE "snapshot"

/* A transaction is split when such a part of its time is over. */
#define SPLIT_SHARE		2

/* A stop is looked for so often. */
#define TICK_MS			200

/* ---- fencing ---- */

static void
on_fenced(void *arg)
{
	*(bool *) arg = true;
}

bool
snapshot_txn_fence(const Conf *conf, const volatile bool *stop, Err *err)
{
	static const ProducerEvents events = {.txn_done = on_fenced};
	bool		fenced = false;
	Producer   *producer = producer_new(conf, &events, &fenced, err);
	bool		ok = producer != NULL;

	if (ok)
		producer_txn_init(producer);
	while (ok && !fenced)
	{
		struct pollfd fd = {.fd = producer_fd(producer),.events = POLLIN};

		poll(&fd, 1, TICK_MS);
		ok = producer_poll(producer, err);
		if (ok && producer_is_broken(producer))
			ok = err_set(err, ERR_RETRY, "could not take over the transactional id: %s", producer_trouble(producer));
		else if (ok && !fenced && *stop)
			ok = err_set(err, ERR_NONE, "stopped");
	}
	producer_free(producer);
	return ok;
}

/* ---- the snapshot's own ---- */

/* Only wakes the loop. */
static void
on_timer(void *arg)
{
}

static int64_t
split_us(const SnapshotTxn *txn)
{
	return producer_txn_timeout(txn->producer) * INT64_C(1000) / SPLIT_SHARE;
}

static void
open_txn(SnapshotTxn *txn)
{
	txn->phase = SNAPSHOT_TXN_OPEN;
	txn->opened_us = loop_now_us();
	loop_timer_set(&txn->timer, split_us(txn));
	producer_gate(txn->producer, false);
}

void
snapshot_txn_close(SnapshotTxn *txn)
{
	txn->phase = SNAPSHOT_TXN_CLOSING;
	loop_timer_clear(&txn->timer);
	producer_gate(txn->producer, true);
}

bool
snapshot_txn_begin(SnapshotTxn *txn, const Conf *conf, Producer *producer, Loop *loop, Err *err)
{
	int			timeout_ms = (int) conf_get_int(conf, "walpost.snapshot.transaction.timeout.ms");

	txn->producer = producer;
	txn->timer.fire = on_timer;
	loop_timer_add(loop, &txn->timer);
	if (!producer_txn_allow(producer, timeout_ms, err))
		return false;
	txn->phase = SNAPSHOT_TXN_INIT;
	producer_txn_init(producer);
	return true;
}

bool
snapshot_txn_is_old(const SnapshotTxn *txn, int64_t age_us)
{
	return loop_now_us() >= txn->opened_us + (age_us < split_us(txn) ? age_us : split_us(txn));
}

void
snapshot_txn_turn(SnapshotTxn *txn, bool split)
{
	if (txn->phase == SNAPSHOT_TXN_OPEN && split && txn->timer.due_us == 0)
	{
		log_warn("the snapshot takes longer than half of walpost.snapshot.transaction.timeout.ms: committing what Kafka has of it; its rows would come again if it were interrupted now");
		snapshot_txn_close(txn);
	}
	if (txn->phase == SNAPSHOT_TXN_CLOSING && producer_is_through(txn->producer))
	{
		txn->phase = SNAPSHOT_TXN_COMMITTING;
		producer_txn_commit(txn->producer);
	}
}

void
snapshot_txn_end(SnapshotTxn *txn)
{
	if (txn->last)
		return;
	txn->last = true;
	if (txn->phase == SNAPSHOT_TXN_OPEN)
		snapshot_txn_close(txn);
}

void
snapshot_txn_done(SnapshotTxn *txn)
{
	if (txn->last && txn->phase == SNAPSHOT_TXN_COMMITTING)
		txn->phase = SNAPSHOT_TXN_ENDED;
	else
		open_txn(txn);
}
