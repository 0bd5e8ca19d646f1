/*
 * producer_txn.c
 *	  Kafka transactions: the calls of librdkafka that block, on a thread that
 *	  makes nothing else.
 *
 * The loop asks for one call at a time and finds its result when the wake-up
 * descriptor says so.  A call is made in short pieces, as librdkafka allows
 * (one that timed out is taken up again by the next), so that it can be given up.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mem.h"
#include "producer_conf.h"
#include "producer_private.h"

#define LOG_MODULE "kafka"

/* A call is given up within this time. */
#define PIECE_MS		250

typedef enum TxnCall
{
	TXN_IDLE,
	TXN_INIT,					/* init_transactions, begin_transaction */
	TXN_COMMIT,					/* commit_transaction, begin_transaction */
	TXN_ABORT,					/* abort_transaction */
	TXN_QUIT
} TxnCall;

struct ProducerTxn
{
	pthread_t	thread;
	int			call_fd;		/* wakes the thread */
	int			wake_fd;		/* the producer's */
	rd_kafka_t *kafka;			/* of the present call */
	TxnCall		call;			/* the loop's, until call_fd is written */
	atomic_bool done;			/* and again once this is set */
	atomic_bool give_up;
	bool		ok;
	rd_kafka_resp_err_t code;	/* when not ok */
	char		text[512];
};

/* Keeps what went wrong; true when the call is to be taken up again. */
static bool
failed(ProducerTxn *txn, rd_kafka_error_t *error)
{
	bool		again = rd_kafka_error_is_retriable(error) && !atomic_load(&txn->give_up);

	txn->code = rd_kafka_error_code(error);
	snprintf(txn->text, sizeof(txn->text), "%s", rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	return again;
}

static bool
make_call(ProducerTxn *txn)
{
	rd_kafka_error_t *error;

	for (;;)
	{
		if (txn->call == TXN_INIT)
			error = rd_kafka_init_transactions(txn->kafka, PIECE_MS);
		else if (txn->call == TXN_ABORT)
			error = rd_kafka_abort_transaction(txn->kafka, PIECE_MS);
		else
			error = rd_kafka_commit_transaction(txn->kafka, PIECE_MS);
		if (error == NULL)
			break;
		if (!failed(txn, error))
			return false;
	}
	if (txn->call == TXN_ABORT)
		return true;
	error = rd_kafka_begin_transaction(txn->kafka);
	if (error == NULL)
		return true;
	failed(txn, error);
	return false;
}

static void *
txn_main(void *arg)
{
	ProducerTxn *txn = arg;

	for (;;)
	{
		uint64_t	woken;

		if (read(txn->call_fd, &woken, sizeof(woken)) < 0)
		{
			if (errno == EINTR)
				continue;
			return NULL;
		}
		if (txn->call == TXN_QUIT)
			return NULL;
		txn->ok = make_call(txn);
		atomic_store(&txn->done, true);
		eventfd_write(txn->wake_fd, 1);
	}
}

ProducerTxn *
producer_txn_new(int wake_fd, Err *err)
{
	ProducerTxn *txn = mem_zero(sizeof(ProducerTxn));
	int			rc;

	txn->wake_fd = wake_fd;
	txn->call_fd = eventfd(0, EFD_CLOEXEC);
	rc = txn->call_fd < 0 ? errno : pthread_create(&txn->thread, NULL, txn_main, txn);
	if (rc == 0)
		return txn;
	err_set(err, ERR_FATAL, "could not start a thread for Kafka transactions: %s", strerror(rc));
	if (txn->call_fd >= 0)
		close(txn->call_fd);
	free(txn);
	return NULL;
}

static void
start(Producer *producer, TxnCall call)
{
	ProducerTxn *txn = producer->txn;

	txn->kafka = producer->kafka;
	txn->call = call;
	atomic_store(&txn->give_up, false);
	eventfd_write(txn->call_fd, 1);
}

void
producer_txn_free(ProducerTxn *txn)
{
	if (txn == NULL)
		return;
	atomic_store(&txn->give_up, true);
	while (txn->call != TXN_IDLE && !atomic_load(&txn->done))
		usleep(1000);
	txn->call = TXN_QUIT;
	eventfd_write(txn->call_fd, 1);
	pthread_join(txn->thread, NULL);
	close(txn->call_fd);
	free(txn);
}

void
producer_txn_init(Producer *producer)
{
	start(producer, TXN_INIT);
}

void
producer_txn_commit(Producer *producer)
{
	start(producer, TXN_COMMIT);
}

void
producer_txn_start_abort(Producer *producer)
{
	start(producer, TXN_ABORT);
}

bool
producer_txn_aborting(const Producer *producer)
{
	return producer->txn->call == TXN_ABORT && !atomic_load(&producer->txn->done);
}

bool
producer_txn_busy(Producer *producer)
{
	return producer->txn != NULL && producer->txn->call != TXN_IDLE;
}

void
producer_txn_give_up(Producer *producer)
{
	if (producer->txn != NULL)
		atomic_store(&producer->txn->give_up, true);
}

/*
 * What cannot be right next time is the user's to mend; all else ends with the
 * client, and a new one goes on from what Kafka has.
 */
static void
on_failure(Producer *producer, const ProducerTxn *txn)
{
	static const struct
	{
		rd_kafka_resp_err_t code;
		const char *remedy;
	}			hopeless[] = {
		{RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "grant the connector's principal Write and Describe on that transactional id"},
		{RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, "lower producer.override.transaction.timeout.ms, or walpost.snapshot.transaction.timeout.ms if a snapshot is taken, to the brokers' transaction.max.timeout.ms"},
		{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, "the brokers are too old for transactions; remove exactly.once.support"},
	};

	for (size_t i = 0; i < lengthof(hopeless); i++)
		if (hopeless[i].code == txn->code && !producer->failed)
		{
			producer->failed = true;
			err_set(&producer->failure, ERR_CONFIG, "could not use Kafka transactions as \"%s\": %s; %s",
					producer->transactional_id, txn->text, hopeless[i].remedy);
			producer->failure.kafka = txn->code;
			return;
		}
	if (txn->code == RD_KAFKA_RESP_ERR__FENCED || txn->code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
		log_error("the Kafka producer \"%s\" was fenced: another instance took over, or a transaction took longer than %d ms",
				  producer->transactional_id, producer->txn_timeout_ms);
	producer_give_up(producer, txn->text);
}

void
producer_txn_serve(Producer *producer)
{
	ProducerTxn *txn = producer->txn;

	if (txn == NULL || txn->call == TXN_IDLE || !atomic_load(&txn->done))
		return;
	atomic_store(&txn->done, false);
	if (txn->ok && txn->call == TXN_COMMIT)
		producer_search_end(producer);
	txn->call = TXN_IDLE;
	if (txn->ok)
		producer->events->txn_done(producer->arg);
	else
		on_failure(producer, txn);
}
