/*
 * cmd_connect.c
 *	  walpost connect: a Kafka Connect worker, as far as its users see.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <signal.h>
#include <stdlib.h>

#include "cmd.h"
#include "http.h"
#include "log.h"
#include "loop.h"
#include "mem.h"
#include "remote.h"
#include "rest.h"
#include "sig.h"
#include "worker.h"
#include "worker_conf.h"

#define LOG_MODULE "connect"

/* What is being written to the worker's topics gets so long at the end. */
#define FLUSH_TIMEOUT_MS	5000

typedef struct Connect
{
	WorkerConf	conf;
	Worker		worker;
	Loop		loop;
	Sig			sig;
	LoopFd		sig_fd;
	Http	   *listeners[WORKER_LISTENERS_MAX];
	RestAuth   *auth;			/* NULL: anybody may use it */
	Remote	   *remote;			/* NULL: there is no other worker */
	bool		greeted;		/* it was looked at */
} Connect;

static void
on_signal(void *arg, short revents)
{
	Connect    *connect = arg;
	int			signo;

	while ((signo = sig_next(&connect->sig)) != 0)
		if (signo == SIGTERM || signo == SIGINT)
		{
			log_info("got signal %d, stopping all connectors", signo);
			worker_stop(&connect->worker, signo);
		}
	worker_reap(&connect->worker);
}

/* Where REST is served; the worker is known by the one that is advertised. */
static bool
listen_all(Connect *connect, Err *err)
{
	const WorkerConf *conf = &connect->conf;
	Worker	   *worker = &connect->worker;

	for (int i = 0; i < conf->nlisteners; i++)
	{
		const WorkerListener *listener = &conf->listeners[i];

		connect->listeners[i] = http_open(&connect->loop, listener->address, listener->tls ? conf->tls : NULL,
									  rest_handle, worker, err);
		if (connect->listeners[i] == NULL)
			return false;
	}
	worker->id = mem_print("%s:%d", conf->advertised_host,
						   conf->advertised_port ? conf->advertised_port : http_port(connect->listeners[conf->advertised]));
	return true;
}

/* The Connect worker that runs other classes, if one is named. */
static bool
open_remote(Connect *connect, Err *err)
{
	const char *url = worker_conf_get(&connect->conf, "walpost.connect.url");

	if (url == NULL)
		return true;
	connect->remote = remote_open(&connect->loop, url,
								  worker_conf_get(&connect->conf, "walpost.connect.ssl.truststore.location"), err);
	connect->worker.remote = connect->remote;
	return connect->remote != NULL;
}

static bool
open_all(Connect *connect, const CliArgs *args, Err *err)
{
	Worker	   *worker = &connect->worker;
	const WorkerConf *conf = &connect->conf;

	loop_init(&connect->loop);
	connect->sig_fd = (LoopFd)
	{
		connect->sig.fd, POLLIN, on_signal, connect
	};
	loop_fd_add(&connect->loop, &connect->sig_fd);
	if (conf->basic_auth && (connect->auth = rest_auth_open(err)) == NULL)
		return false;
	worker->auth = connect->auth;
	if (!open_remote(connect, err))
		return false;
	return listen_all(connect, err) &&
		worker_open(worker, &connect->loop, conf, args, &connect->sig.before, err);
}

static bool
serve(Connect *connect, Err *err)
{
	Worker	   *worker = &connect->worker;

	while (!worker->stopping || !worker_is_idle(worker))
	{
		for (int i = 0; i < connect->conf.nlisteners; i++)
			http_watch(connect->listeners[i]);
		loop_once(&connect->loop);
		worker_turn(worker);
		if (worker->read && !connect->greeted)
		{
			connect->greeted = true;
			rest_greet_remote(worker);
		}
		if (worker->failure.kind != ERR_NONE && !worker->stopping)
			worker_stop(worker, SIGTERM);
	}
	kafkalog_flush(worker->log, FLUSH_TIMEOUT_MS);
	if (worker->failure.kind == ERR_NONE)
		return true;
	*err = worker->failure;
	return false;
}

bool
cmd_connect(const CliArgs *args, Err *err)
{
	Connect    *connect = mem_zero(sizeof(Connect));
	CliArgs		all = *args;
	bool		done = worker_conf_read(&connect->conf, args->noperands > 0 ? args->operands[0] : NULL, err);

	if (!done || !sig_open(&connect->sig, err))
	{
		free(connect);
		return false;
	}
	/* connectors' processes read it, too */
	all.worker = args->noperands > 0 ? args->operands[0] : NULL;
	log_info("walpost " WALPOST_VERSION " stands in for a Kafka Connect worker: topics \"%s\", \"%s\", \"%s\"",
			 connect->conf.config_topic, connect->conf.offset_topic, connect->conf.status_topic);
	done = open_all(connect, &all, err) && serve(connect, err);

	/* requests that wait are answered by these, before their connections go */
	remote_close(connect->remote);
	worker_free(&connect->worker);
	for (int i = 0; i < connect->conf.nlisteners; i++)
		http_close(connect->listeners[i]);
	rest_auth_close(connect->auth);
	worker_conf_free(&connect->conf);
	sig_close(&connect->sig);
	free(connect);
	return done;
}
