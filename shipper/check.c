/*
 * check.c
 *	  walpost check: every finding with its remedy, before anything is made.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "check_topics.h"
#include "cmd.h"
#include "mem.h"
#include "pg.h"
#include "preflight.h"
#include "producer.h"
#include "spool.h"

#define BROKER_TIMEOUT_MS 5000

static void
print_finding(FindingLevel level, const char *text, void *arg)
{
	static const char *const words[] = {
		[FINDING_OK] = "ok",[FINDING_WARNING] = "warning",[FINDING_ERROR] = "error"
	};

	printf("%-9s%s\n", words[level], text);
	fflush(stdout);
}

/* What the start would do to the publication. */
static void
check_publication(Preflight *pf, const Publication *pub, const TableList *tables)
{
	const char *name = conf_get(pf->conf, "publication.name");
	PublicationPlan plan;
	Err			err;

	if (!publication_plan(pf->conf, pf->conn, pub, tables, &plan, &err))
	{
		preflight_report(pf, FINDING_ERROR, "%s", err.text);
		return;
	}
	if (plan.n == 0)
		preflight_report(pf, FINDING_OK, "publication \"%s\" is as it should be", name);
	for (int i = 0; i < plan.n; i++)
		preflight_report(pf, FINDING_OK, "the start will run: %s", plan.statements[i]);
	publication_plan_free(&plan);
}

bool
check_rights(Preflight *pf, Err *err)
{
	TableList	tables;
	Publication pub;
	bool		done;

	if (!preflight_server(pf, err) || !tables_read(pf->conf, pf->conn, &tables, err))
		return false;
	done = publication_read(pf->conf, pf->conn, &pub, err) && preflight_rights(pf, &tables, &pub, err) &&
		preflight_events(pf, &tables, err);
	tables_free(&tables);
	return done;
}

/* What publication and tables will be like once a start has made it. */
static void
foresee(const Conf *conf, Publication *pub, TableList *tables)
{
	const char *mode = conf_get(conf, "publication.autocreate.mode");
	const char *skipped = conf_is_set(conf, "skipped.operations") ?
	conf_get(conf, "skipped.operations") : "none";
	bool		skips = strcmp(skipped, "none") != 0;

	pub->exists = strcmp(mode, "disabled") != 0;
	pub->all_tables = strcmp(mode, "all_tables") == 0;
	pub->via_root = conf_get_bool(conf, "publish.via.partition.root");
	pub->updates = !skips || strpbrk(skipped, "uU") == NULL;
	pub->deletes = !skips || strpbrk(skipped, "dD") == NULL;
	for (int i = 0; i < tables->n; i++)
		tables->tables[i].published = pub->all_tables ||
			(strcmp(mode, "filtered") == 0 && tables->tables[i].captured);
}

static bool
check_tables(Preflight *pf, TopicNames *topics, Err *err)
{
	TableList	tables;
	Publication pub;
	bool		done;

	if (!tables_read(pf->conf, pf->conn, &tables, err))
		return false;
	done = publication_read(pf->conf, pf->conn, &pub, err);
	if (done)
	{
		check_publication(pf, &pub, &tables);
		done = preflight_rights(pf, &tables, &pub, err) && preflight_events(pf, &tables, err);
		if (!pub.exists)
			foresee(pf->conf, &pub, &tables);
		done = done && preflight_tables(pf, &tables, &pub, err) &&
			check_topics_read(pf, &tables, topics, err);
	}
	tables_free(&tables);
	return done;
}

static void
report_orphan(void *arg, const char *slot, const char *database, const char *retained)
{
	if (retained)
		preflight_report(arg, FINDING_WARNING, "slot \"%s\" of database \"%s\" is used by nobody and keeps %s of WAL; start its connector, or drop it: walpost slot drop FILE %s",
						 slot, database, retained, slot);
	else
		preflight_report(arg, FINDING_WARNING, "slot \"%s\" of database \"%s\" is lost; drop it: walpost slot drop FILE %s",
						 slot, database, slot);
}

/* A slot that nobody reads keeps WAL without limit, unless there is one. */
static bool
check_retention(Preflight *pf, Err *err)
{
	char	   *value = pg_show(pf->conn, "max_slot_wal_keep_size", err);

	if (value == NULL)
		return false;
	if (strcmp(value, "-1") == 0)
		preflight_report(pf, FINDING_WARNING, "max_slot_wal_keep_size is not set: while the connector is stopped, WAL grows until the disk is full; set it to what the disk can spare (the slot is lost beyond it)");
	else
		preflight_report(pf, FINDING_OK, "max_slot_wal_keep_size is %s", value);
	free(value);
	return true;
}

/* Whoever may write logical messages can write those of walpost.publish(), too. */
static bool
check_publishers(Preflight *pf, Err *err)
{
	static const char query[] =
		"SELECT string_agg('REVOKE EXECUTE ON FUNCTION pg_catalog.' || oid::pg_catalog.regprocedure || ' FROM PUBLIC', '; ')"
		" FROM pg_catalog.pg_proc WHERE proname = 'pg_logical_emit_message'"
		" AND pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND pg_catalog.has_function_privilege('public', oid, 'EXECUTE')";
	const char *topics = conf_get(pf->conf, "walpost.publish.topic.include.list");
	PGresult   *res;

	if (topics == NULL || topics[0] == '\0')
		return true;
	res = PQexec(pf->conn, query);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
	{
		pg_error(pf->conn, res, "look at the privileges of pg_logical_emit_message()", err);
		PQclear(res);
		return false;
	}
	if (!PQgetisnull(res, 0, 0))
		preflight_report(pf, FINDING_WARNING, "every role may call pg_logical_emit_message(), and write to the topics of walpost.publish.topic.include.list without walpost.publish(); as superuser: %s",
						 PQgetvalue(res, 0, 0));
	else
		preflight_report(pf, FINDING_OK, "only chosen roles may publish to the topics of walpost.publish.topic.include.list");
	PQclear(res);
	return true;
}

/*
 * That the plugin is installed, loads and may be used shows only when a slot is
 * made; a temporary one ends with its connection.
 */
static void
check_plugin(Preflight *pf)
{
	char	   *name = mem_print("walpost_check_%d", (int) getpid());
	Err			err;
	PGconn	   *replication = pg_connect(pf->conf, true, &err);

	if (replication && slot_create(replication, name, SLOT_TEMPORARY, NULL, &err))
		preflight_report(pf, FINDING_OK, "plugin \"" SLOT_PLUGIN "\" makes a slot");
	else
		preflight_report(pf, FINDING_ERROR, "%s", err.text);
	PQfinish(replication);
	free(name);
}

static void
check_brokers(Preflight *pf, const TopicNames *topics)
{
	static const ProducerEvents events = {0};	/* nothing is produced */
	const char *servers = conf_get(pf->conf, "bootstrap.servers");
	LogLevel	level = log_level;
	Producer   *producer;
	Err			err;

	if (servers == NULL)
	{
		preflight_report(pf, FINDING_ERROR, "bootstrap.servers is missing; set it in the connector file, in the worker's file (--worker) or as BOOTSTRAP_SERVERS");
		return;
	}
	log_level = LOG_ERROR;		/* what librdkafka says at each attempt */
	producer = producer_new(pf->conf, &events, NULL, &err);
	if (producer == NULL)
		preflight_report(pf, FINDING_ERROR, "%s", err.text);
	else if (producer_reach(producer, BROKER_TIMEOUT_MS))
	{
		preflight_report(pf, FINDING_OK, "a broker of \"%s\" answers", servers);
		check_topics_report(pf, topics, producer, BROKER_TIMEOUT_MS);
	}
	else if (!producer_poll(producer, &err))
		preflight_report(pf, FINDING_ERROR, "%s", err.text);
	else
		preflight_report(pf, FINDING_ERROR, "no broker of \"%s\" answers within %d seconds; check bootstrap.servers, and that the brokers run",
						 servers, BROKER_TIMEOUT_MS / 1000);
	producer_free(producer);
	log_level = level;
}

static void
check_spool(Preflight *pf)
{
	SpoolOptions options = {.dir = conf_get(pf->conf, "walpost.spool.dir")};
	Err			err;

	if (options.dir == NULL)
		return;
	if (spool_check(&options, &err))
		preflight_report(pf, FINDING_OK, "a spool can be kept in \"%s\"", options.dir);
	else
		preflight_report(pf, FINDING_ERROR, "%s", err.text);
}

static bool
check_database(Preflight *pf, TopicNames *topics, Err *err)
{
	bool		done;

	pf->conn = pg_connect(pf->conf, false, err);
	if (pf->conn == NULL)
	{
		preflight_report(pf, FINDING_ERROR, "%s", err->text);
		return true;
	}
	preflight_report(pf, FINDING_OK, "database \"%s\" on \"%s\" lets role \"%s\" in",
					 PQdb(pf->conn), PQhost(pf->conn), PQuser(pf->conn));
	done = preflight_server(pf, err) &&
		slot_orphans(pf->conn, conf_get(pf->conf, "slot.name"), report_orphan, pf, err) &&
		check_retention(pf, err) &&
		check_publishers(pf, err) &&
		check_tables(pf, topics, err);
	if (done && pf->errors == 0 && (!pf->slot.exists || strcmp(pf->slot.plugin, SLOT_PLUGIN) != 0))
		check_plugin(pf);
	PQfinish(pf->conn);
	return done;
}

bool
cmd_check(const CliArgs *args, Err *err)
{
	Preflight	pf = {.go_on = true,.report = print_finding};
	Conf	   *conf = cli_load(args, args->operands[0], err);
	TopicNames	topics = {0};
	bool		done;

	if (conf == NULL)
		return false;
	pf.conf = conf;
	preflight_report(&pf, FINDING_OK, "connector file \"%s\" can be used", args->operands[0]);
	check_spool(&pf);
	done = check_database(&pf, &topics, err);
	if (done)
		check_brokers(&pf, &topics);
	check_topics_free(&topics);
	conf_free(conf);
	if (done && pf.errors > 0)
		return err_set(err, ERR_FATAL, "%d check%s failed", pf.errors, pf.errors == 1 ? "" : "s");
	return done;
}
