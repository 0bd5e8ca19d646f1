/*
 * worker_conf.c
 *	  The settings of "walpost connect".
 *
 * Later wins: a default, the worker's file, CONNECT_X_Y (which is x.y), and the
 * variables that Debezium's image knows by names of their own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "worker_conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "props.h"
#include "secret.h"

#define LOG_MODULE "connect"

/* The one extension that works. */
#define BASIC_AUTH "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension"

extern char **environ;

typedef struct Setting
{
	const char *name;
	const char *variable;		/* besides CONNECT_*; NULL: none */
	const char *value;			/* by default; NULL: none */
	bool		required;
} Setting;

/* In the order of enum WorkerSetting. */
static const Setting settings[] = {
	{"bootstrap.servers", "BOOTSTRAP_SERVERS", NULL, true},
	{"config.storage.topic", "CONFIG_STORAGE_TOPIC", NULL, true},
	{"offset.storage.topic", "OFFSET_STORAGE_TOPIC", NULL, true},
	{"status.storage.topic", "STATUS_STORAGE_TOPIC", "connect-status", false},
	{"config.storage.replication.factor", NULL, "-1", false},
	{"offset.storage.replication.factor", NULL, "-1", false},
	{"status.storage.replication.factor", NULL, "-1", false},
	{"offset.storage.partitions", NULL, "25", false},
	{"status.storage.partitions", NULL, "5", false},
	{"listeners", NULL, NULL, false},
	{"rest.host.name", "REST_HOST_NAME", NULL, false},
	{"rest.port", "REST_PORT", "8083", false},
	{"rest.advertised.host.name", "ADVERTISED_HOST_NAME", NULL, false},
	{"rest.advertised.port", "ADVERTISED_PORT", "0", false},
	{"rest.extension.classes", NULL, NULL, false},
};

enum WorkerSetting
{
	BOOTSTRAP, CONFIG_TOPIC, OFFSET_TOPIC, STATUS_TOPIC, CONFIG_REPLICAS, OFFSET_REPLICAS,
	STATUS_REPLICAS, OFFSET_PARTITIONS, STATUS_PARTITIONS, LISTENERS, REST_HOST, REST_PORT,
	ADVERTISED_HOST, ADVERTISED_PORT, EXTENSIONS, NSETTINGS
};

/*
 * Kafka Connect's producers do not compress unless told to, and the consumers of
 * its topics may lack the codec: connectors' processes are told the same.
 */
#define COMPRESSION "producer.compression.type"
#define COMPRESSION_VARIABLE "CONNECT_PRODUCER_COMPRESSION_TYPE"

/* Settings of Kafka's clients, of which the worker's own have these. */
static const char *const client_settings[] = {
	"security.protocol", "sasl.", "ssl.", "client.id", "client.dns.lookup", "request.timeout.ms",
	"reconnect.backoff.ms", "reconnect.backoff.max.ms", "socket.", "metadata.max.age.ms",
	"connections.max.idle.ms", NULL
};

typedef struct Reading
{
	char	   *values[NSETTINGS];
	Conf	   *kafka;
	Err		   *err;
	bool		ok;
	bool		compression;	/* somebody chose one for the connectors */
} Reading;

static void
set(char **at, const char *value)
{
	free(*at);
	*at = mem_copy(value);
}

static bool
is_client_setting(const char *name)
{
	for (int i = 0; client_settings[i]; i++)
	{
		size_t		len = strlen(client_settings[i]);

		if (client_settings[i][len - 1] == '.' ? strncmp(name, client_settings[i], len) == 0 :
			strcmp(name, client_settings[i]) == 0)
			return true;
	}
	return false;
}

static void
take(const char *name, const char *value, void *arg)
{
	Reading    *reading = arg;
	char	   *resolved = NULL;

	if (!reading->ok)
		return;
	if (secret_has_reference(value) && (resolved = secret_resolve(name, value, reading->err)) == NULL)
	{
		reading->ok = false;
		return;
	}
	if (resolved)
		value = resolved;
	for (int i = 0; i < NSETTINGS; i++)
		if (strcmp(settings[i].name, name) == 0)
			set(&reading->values[i], value);
	reading->compression |= strcmp(name, COMPRESSION) == 0;
	if (is_client_setting(name) || strcmp(name, "bootstrap.servers") == 0)
	{
		char	   *own = mem_print("%s%s", strcmp(name, "bootstrap.servers") == 0 ? "" : "producer.override.", name);

		conf_set(reading->kafka, own, value, "worker");
		free(own);
	}
	secret_wipe(resolved);
	free(resolved);
}

static void
read_environment(Reading *reading)
{
	static const char prefix[] = "CONNECT_";

	for (char **variable = environ; *variable; variable++)
	{
		const char *equals = strchr(*variable, '=');
		char	   *name;

		if (equals == NULL || strncmp(*variable, prefix, strlen(prefix)) != 0)
			continue;
		name = mem_copy_len(*variable + strlen(prefix), equals - *variable - strlen(prefix));
		for (char *p = name; *p; p++)
			*p = *p == '_' ? '.' : tolower((unsigned char) *p);
		take(name, equals + 1, reading);
		free(name);
	}
	for (int i = 0; i < NSETTINGS; i++)
	{
		const char *value = settings[i].variable ? getenv(settings[i].variable) : NULL;

		if (value && value[0] != '\0')
			take(settings[i].name, value, reading);
	}
}

static bool
check_required(Reading *reading)
{
	for (int i = 0; i < NSETTINGS; i++)
	{
		if (reading->values[i] == NULL && settings[i].value)
			reading->values[i] = mem_copy(settings[i].value);
		if (reading->values[i] == NULL && settings[i].required)
			return err_set(reading->err, ERR_CONFIG, "%s is missing; set it in the worker's file, or as %s",
						   settings[i].name, settings[i].variable);
	}
	return true;
}

static bool
number(const Reading *reading, int setting, long lo, long hi, int *value)
{
	char	   *end;
	long		n = strtol(reading->values[setting], &end, 10);

	*value = (int) n;
	return (end != reading->values[setting] && *end == '\0' && n >= lo && n <= hi) ||
		err_set(reading->err, ERR_CONFIG, "bad value \"%s\" for %s; it takes a number from %ld to %ld",
				reading->values[setting], settings[setting].name, lo, hi);
}

/* The first of the listeners that is plain HTTP: "http://HOST:PORT". */
static bool
choose_listener(const Reading *reading, WorkerConf *conf, Err *err)
{
	const char *listeners = reading->values[LISTENERS];
	const char *host = reading->values[REST_HOST];

	if (listeners == NULL || listeners[0] == '\0')
	{
		conf->listen = mem_print("%s%s%s", host ? host : "", host ? ":" : "", reading->values[REST_PORT]);
		return true;
	}
	for (const char *p = listeners; *p;)
	{
		size_t		len;

		p += strspn(p, ", \t");
		len = strcspn(p, ", \t");
		if (strncasecmp(p, "http://", 7) == 0)
		{
			conf->listen = mem_copy_len(p + 7, len - 7);
			if (strncmp(conf->listen, "0.0.0.0:", 8) == 0 || conf->listen[0] == ':')
				memmove(conf->listen, strrchr(conf->listen, ':') + 1, strlen(strrchr(conf->listen, ':')));
			return true;
		}
		p += len;
	}
	return err_set(err, ERR_CONFIG, "listeners=%s names no listener that is served; give http://HOST:PORT, and TLS by a proxy before it",
				   listeners);
}

static void
choose_advertised(const Reading *reading, WorkerConf *conf)
{
	char		host[256] = "localhost";

	if (reading->values[ADVERTISED_HOST])
		conf->advertised_host = mem_copy(reading->values[ADVERTISED_HOST]);
	else if (reading->values[REST_HOST])
		conf->advertised_host = mem_copy(reading->values[REST_HOST]);
	else
	{
		gethostname(host, sizeof(host) - 1);
		conf->advertised_host = mem_copy(host);
	}
}

static bool
read_file(Reading *reading, const char *file)
{
	char	   *text = props_read_file("worker file", file, reading->err);
	bool		ok;

	if (text == NULL)
		return false;
	ok = props_parse("worker file", file, text, take, reading, reading->err);
	secret_wipe(text);
	free(text);
	return ok;
}

static bool
use(Reading *reading, WorkerConf *conf, Err *err)
{
	conf->basic_auth = reading->values[EXTENSIONS] &&
		strcmp(reading->values[EXTENSIONS], BASIC_AUTH) == 0;
	if (!conf->basic_auth && reading->values[EXTENSIONS] && reading->values[EXTENSIONS][0] != '\0')
		return err_set(err, ERR_CONFIG, "rest.extension.classes=%s is not supported; \"" BASIC_AUTH "\" is; else put a proxy before it, and remove the setting",
					   reading->values[EXTENSIONS]);
	if (!check_required(reading) ||
		!number(reading, CONFIG_REPLICAS, -1, 32767, &conf->replicas[0]) ||
		!number(reading, OFFSET_REPLICAS, -1, 32767, &conf->replicas[1]) ||
		!number(reading, STATUS_REPLICAS, -1, 32767, &conf->replicas[2]) ||
		!number(reading, OFFSET_PARTITIONS, 1, 100000, &conf->offset_partitions) ||
		!number(reading, STATUS_PARTITIONS, 1, 100000, &conf->status_partitions) ||
		!number(reading, ADVERTISED_PORT, 0, 65535, &conf->advertised_port) ||
		!choose_listener(reading, conf, err))
		return false;
	choose_advertised(reading, conf);
	conf->config_topic = mem_copy(reading->values[CONFIG_TOPIC]);
	conf->offset_topic = mem_copy(reading->values[OFFSET_TOPIC]);
	conf->status_topic = mem_copy(reading->values[STATUS_TOPIC]);
	return true;
}

bool
worker_conf_read(WorkerConf *conf, const char *file, Err *err)
{
	Reading		reading = {.kafka = conf_new(),.err = err,.ok = true};
	bool		ok;

	memset(conf, 0, sizeof(*conf));
	conf->kafka = reading.kafka;
	ok = file == NULL || read_file(&reading, file);
	if (ok && reading.ok)
		read_environment(&reading);
	ok = ok && reading.ok && use(&reading, conf, err);
	if (!reading.compression && setenv(COMPRESSION_VARIABLE, "none", 1) != 0)
		mem_exhausted();
	for (int i = 0; i < NSETTINGS; i++)
		free(reading.values[i]);
	if (!ok)
		worker_conf_free(conf);
	return ok;
}

void
worker_conf_free(WorkerConf *conf)
{
	conf_free(conf->kafka);
	free(conf->config_topic);
	free(conf->offset_topic);
	free(conf->status_topic);
	free(conf->listen);
	free(conf->advertised_host);
	memset(conf, 0, sizeof(*conf));
}
