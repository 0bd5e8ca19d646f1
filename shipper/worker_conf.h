/*
 * worker_conf.h
 *	  The settings of "walpost connect": those of a Kafka Connect worker, from its
 *	  .properties file and from the environment as Debezium's image reads it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_WORKER_CONF_H
#define WALPOST_WORKER_CONF_H

#include <stdbool.h>

#include "conf.h"
#include "err.h"

typedef struct WorkerConf
{
	char	   *config_topic;
	char	   *offset_topic;
	char	   *status_topic;
	int			offset_partitions;
	int			status_partitions;
	int			replicas[3];	/* of the three, in this order; -1: the broker's
								 * default */
	char	   *listen;			/* [HOST:]PORT */
	char	   *advertised_host;
	int			advertised_port;	/* 0: the one that it listens at */
	bool		basic_auth;		/* the REST interface asks for it */
	Conf	   *kafka;			/* for producer_conf_new() */
} WorkerConf;

/*
 * Reads file (NULL: none), then the environment over it.  False and err
 * (ERR_CONFIG) when something is missing or wrong.
 */
extern bool worker_conf_read(WorkerConf *conf, const char *file, Err *err) must_check;
extern void worker_conf_free(WorkerConf *conf);

#endif							/* WALPOST_WORKER_CONF_H */
