/*
 * worker_conf.h
 *	  The settings of "walpost connect": those of a Kafka Connect worker, from its
 *	  .properties file and from the environment as Debezium's image reads it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_WORKER_CONF_H
#define WALPOST_WORKER_CONF_H

#include <jansson.h>
#include <stdbool.h>

#include "conf.h"
#include "err.h"
#include "httptls.h"

#define WORKER_LISTENERS_MAX	4

typedef struct WorkerListener
{
	char	   *address;		/* as http_open() takes it */
	bool		tls;
} WorkerListener;

typedef struct WorkerConf
{
	Conf	   *settings;		/* all of them */
	const char *config_topic;
	const char *offset_topic;
	const char *status_topic;
	int			offset_partitions;
	int			status_partitions;
	int			replicas[3];	/* of the three, in this order; -1: the broker's
								 * default */
	WorkerListener listeners[WORKER_LISTENERS_MAX];
	int			nlisteners;
	int			advertised;		/* the one that is told to others */
	HttpTls    *tls;			/* for those with TLS; NULL: there are none */
	char	   *advertised_host;
	int			advertised_port;	/* 0: the one that it listens at */
	bool		basic_auth;		/* the REST interface asks for it */
	Conf	   *kafka;			/* for producer_conf_new() */
	Conf	   *defaults;		/* what its connectors get of it */
} WorkerConf;

/*
 * Reads file (NULL: none), then the environment over it.  False and err
 * (ERR_CONFIG) when something is missing or wrong.
 */
extern bool worker_conf_read(WorkerConf *conf, const char *file, Err *err) must_check;
extern void worker_conf_free(WorkerConf *conf);

/* A setting, or its default; NULL: it has none.  Borrowed. */
extern const char *worker_conf_get(const WorkerConf *conf, const char *name);

/* Adds to a connector's config what holds under a worker, where it is not set. */
extern void worker_conf_complete(const WorkerConf *conf, json_t *config);

/* ---- worker_listen.c: where it listens, parts of the above ---- */

extern bool worker_listen_read(WorkerConf *conf, Err *err) must_check;
extern void worker_listen_free(WorkerConf *conf);

#endif							/* WALPOST_WORKER_CONF_H */
