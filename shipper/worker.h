/*
 * worker.h
 *	  What "walpost connect" keeps of connectors, and what it does with them.
 *
 * Connectors live in the configuration topic, in Kafka Connect's own layout; a
 * call of the REST interface writes there, and what is read back counts. Each
 * connector that is to run has a process; its state is written to the status
 * topic.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_WORKER_H
#define WALPOST_WORKER_H

#include <jansson.h>
#include <stdbool.h>

#include "child.h"
#include "kafkalog.h"
#include "rest_auth.h"
#include "validator.h"
#include "worker_conf.h"

/* What Debezium and Kafka Connect call themselves in answers. */
#define WORKER_CLASS		"io.debezium.connector.postgresql.PostgresConnector"
#define WORKER_TASK_CLASS	"io.debezium.connector.postgresql.PostgresConnectorTask"
#define WORKER_PLUGIN_VERSION "3.7.0.Final"
#define WORKER_VERSION		"4.3.1"

/* The worker's topics, as kafkalog numbers them. */
enum WorkerTopic
{
	WORKER_CONFIGS, WORKER_OFFSETS, WORKER_STATUS
};

typedef enum TargetState
{
	TARGET_STARTED, TARGET_PAUSED, TARGET_STOPPED
} TargetState;

typedef struct Connector
{
	char	   *name;
	json_t	   *config;			/* an object of strings; NULL: it was deleted, and
								 * only its process is left */
	TargetState target;
	Child		child;
	char	   *text;			/* what the process gets to read */
	bool		dirty;			/* the process is to be started anew */
	int64_t		stopped_us;		/* when it was asked to end */
	char	   *written[2];		/* the status records written last: connector, task */
	struct Connector *next;		/* in the order of names */
} Connector;

struct Remote;
struct RestWaiting;

typedef struct Worker
{
	Loop	   *loop;
	const WorkerConf *conf;
	ChildSetup	setup;
	KafkaLog   *log;
	Validator  *validator;
	char	   *id;				/* HOST:PORT */
	const RestAuth *auth;		/* who may use REST; NULL: anybody; borrowed */
	struct Remote *remote;		/* a Connect worker that runs other classes; NULL:
								 * none; borrowed */
	json_t	   *hiding;			/* rest_remote.c's: connectors that were warned of; may
								 * be NULL */
	json_t	   *making;			/* rest_submit.c's: the names of connectors that are
								 * written and not read back yet */
	Connector  *connectors;
	json_t	   *targets;		/* connector -> TargetState, also before its config is known */
	json_t	   *offsets;		/* key -> value, both as texts */
	json_t	   *topics;			/* connector -> topic -> time of discovery */
	const Child **shown;		/* the children of all connectors, for metrics */
	int			nshown;
	LoopFd		reports;		/* of processes: which topics they write to */
	LoopTimer	timer;
	void		(*ended) (struct Worker *worker);	/* processes have; may be NULL */
	struct RestWaiting *waiting;	/* rest.c's: requests that wait for that */
	bool		read;			/* the topics are read: it is a worker */
	bool		stopping;
	Err			failure;		/* why it cannot go on; ERR_NONE: it can */
} Worker;

/* Opens the topics.  Everything is borrowed.  False and err. */
extern bool worker_open(Worker *worker, Loop *loop, const WorkerConf *conf,
						const CliArgs *args, const sigset_t *before, Err *err) must_check;
extern void worker_free(Worker *worker);

/* After each turn of the loop. */
extern void worker_turn(Worker *worker);

/* A process may have ended. */
extern void worker_reap(Worker *worker);

/* Ends all processes; true once none is left. */
extern void worker_stop(Worker *worker, int signo);
extern bool worker_is_idle(const Worker *worker);

/* NULL: there is none. */
extern Connector *worker_find(const Worker *worker, const char *name);

/* True for a class that this program stands for, by any of its names. */
extern bool worker_knows_class(const char *class);

/* Is its class one of those?  Others are known, but not run. */
extern bool worker_runs(const Connector *connector);

/* "RUNNING" and the like; the task's is NULL where there is no task. */
extern const char *worker_connector_state(const Connector *connector);
extern const char *worker_task_state(const Connector *connector);

/* Why it is FAILED, as the trace of a status; NULL when it is not. */
extern char *worker_trace(const Connector *connector);

/*
 * These write to the configuration topic; done follows when it counts.  A config
 * is borrowed.  Where several records are written done is called for the one that
 * matters, by worker_delete() for each of the two.
 */
extern void worker_write_config(Worker *worker, const char *name, const json_t *config,
								KafkaLogDone done, void *arg);
extern void worker_write_target(Worker *worker, const char *name, TargetState target,
								KafkaLogDone done, void *arg);
extern void worker_delete(Worker *worker, const char *name, KafkaLogDone done, void *arg);

/* Starts its process anew. */
extern void worker_restart(Worker *worker, Connector *connector);

/* Its topics are forgotten, also in the status topic. */
extern void worker_forget_topics(Worker *worker, const char *name);

/* The config as a task has it. */
extern json_t *worker_task_config(const Connector *connector);

/* ---- worker_records.c: what the topics hold ---- */

extern void worker_config_record(void *arg, const char *key, const char *value);
extern void worker_offset_record(void *arg, const char *key, const char *value);
extern void worker_status_record(void *arg, const char *key, const char *value);

/* Called by them. */
extern void worker_set_config(Worker *worker, const char *name, json_t *config);
extern void worker_set_target(Worker *worker, const char *name);
extern TargetState worker_target(const Worker *worker, const char *name);

/* Writes what has changed of the connector's state. */
extern void worker_write_status(Worker *worker, Connector *connector);
extern void worker_clear_status(Worker *worker, Connector *connector);
extern void worker_write_topic(Worker *worker, const char *connector, const char *topic);

#endif							/* WALPOST_WORKER_H */
