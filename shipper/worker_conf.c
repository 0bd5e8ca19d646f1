/*
 * worker_conf.c
 *	  The settings of "walpost connect".
 *
 * Later wins: a default, the worker's file, CONNECT_X_Y (which is x.y), and the
 * variables that Debezium's image knows by names of their own.  They are gathered
 * as a connector's properties are, so that ${...} means the same in them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "worker_conf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jsontext.h"
#include "mem.h"
#include "props.h"
#include "secret.h"

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
	{"rest.advertised.listener", NULL, NULL, false},
	{"rest.extension.classes", NULL, NULL, false},
};

enum WorkerSetting
{
	BOOTSTRAP, CONFIG_TOPIC, OFFSET_TOPIC, STATUS_TOPIC, CONFIG_REPLICAS, OFFSET_REPLICAS,
	STATUS_REPLICAS, OFFSET_PARTITIONS, STATUS_PARTITIONS, LISTENERS, REST_HOST, REST_PORT,
	ADVERTISED_HOST, ADVERTISED_PORT, ADVERTISED_LISTENER, EXTENSIONS, NSETTINGS
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

/* ---- gathering ------------------------------------------------------------------ */

static void
take(const char *name, const char *value, void *arg)
{
	conf_set(arg, name, value, "worker");
}

static bool
read_file(Conf *conf, const char *file, Err *err)
{
	char	   *text = props_read_file("worker file", file, err);
	bool		ok;

	if (text == NULL)
		return false;
	ok = props_parse("worker file", file, text, take, conf, err);
	secret_wipe(text);
	free(text);
	return ok;
}

static void
read_environment(Conf *conf)
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
		take(name, equals + 1, conf);
		free(name);
	}
	for (int i = 0; i < NSETTINGS; i++)
	{
		const char *value = settings[i].variable ? getenv(settings[i].variable) : NULL;

		if (value && value[0] != '\0')
			take(settings[i].name, value, conf);
	}
}

/* ---- using ---------------------------------------------------------------------- */

const char *
worker_conf_get(const WorkerConf *conf, const char *name)
{
	/* conf_get() would give the default that a connector has */
	if (conf_is_set(conf->settings, name))
		return conf_get(conf->settings, name);
	for (int i = 0; i < NSETTINGS; i++)
		if (strcmp(settings[i].name, name) == 0)
			return settings[i].value;
	return NULL;
}

static const char *
value_of(const WorkerConf *conf, enum WorkerSetting setting)
{
	return worker_conf_get(conf, settings[setting].name);
}

static bool
check_required(const WorkerConf *conf, Err *err)
{
	for (int i = 0; i < NSETTINGS; i++)
		if (settings[i].required && value_of(conf, i) == NULL)
			return err_set(err, ERR_CONFIG, "%s is missing; set it in the worker's file, or as %s",
						   settings[i].name, settings[i].variable);
	return true;
}

static bool
number(const WorkerConf *conf, enum WorkerSetting setting, long lo, long hi, int *value, Err *err)
{
	const char *text = value_of(conf, setting);
	char	   *end;
	long		n = strtol(text, &end, 10);

	*value = (int) n;
	return (end != text && *end == '\0' && n >= lo && n <= hi) ||
		err_set(err, ERR_CONFIG, "bad value \"%s\" for %s; it takes a number from %ld to %ld",
				text, settings[setting].name, lo, hi);
}

static bool
take_numbers(WorkerConf *conf, Err *err)
{
	return number(conf, CONFIG_REPLICAS, -1, 32767, &conf->replicas[0], err) &&
		number(conf, OFFSET_REPLICAS, -1, 32767, &conf->replicas[1], err) &&
		number(conf, STATUS_REPLICAS, -1, 32767, &conf->replicas[2], err) &&
		number(conf, OFFSET_PARTITIONS, 1, 100000, &conf->offset_partitions, err) &&
		number(conf, STATUS_PARTITIONS, 1, 100000, &conf->status_partitions, err) &&
		number(conf, ADVERTISED_PORT, 0, 65535, &conf->advertised_port, err);
}

static void
choose_advertised(WorkerConf *conf)
{
	char		host[256] = "localhost";

	if (value_of(conf, ADVERTISED_HOST))
		conf->advertised_host = mem_copy(value_of(conf, ADVERTISED_HOST));
	else if (value_of(conf, REST_HOST))
		conf->advertised_host = mem_copy(value_of(conf, REST_HOST));
	else
	{
		gethostname(host, sizeof(host) - 1);
		conf->advertised_host = mem_copy(host);
	}
}

static bool
choose_extension(WorkerConf *conf, Err *err)
{
	const char *classes = value_of(conf, EXTENSIONS);

	conf->basic_auth = classes != NULL && strcmp(classes, BASIC_AUTH) == 0;
	return classes == NULL || conf->basic_auth ||
		err_set(err, ERR_CONFIG, "rest.extension.classes=%s is not supported; \"" BASIC_AUTH "\" is; else put a proxy before it, and remove the setting",
				classes);
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
take_client_setting(const char *name, const char *value, void *arg)
{
	char	   *own;

	if (strcmp(name, "bootstrap.servers") == 0)
		conf_set(arg, name, value, "worker");
	if (!is_client_setting(name))
		return;
	own = mem_print("producer.override.%s", name);
	conf_set(arg, own, value, "worker");
	free(own);
}

static bool
use(WorkerConf *conf, Err *err)
{
	if (!conf_resolve(conf->settings, err) || !check_required(conf, err) ||
		!take_numbers(conf, err) || !choose_extension(conf, err) || !worker_listen_read(conf, err))
		return false;
	choose_advertised(conf);
	conf->config_topic = value_of(conf, CONFIG_TOPIC);
	conf->offset_topic = value_of(conf, OFFSET_TOPIC);
	conf->status_topic = value_of(conf, STATUS_TOPIC);
	conf->kafka = conf_new();
	conf_each(conf->settings, "", take_client_setting, conf->kafka);
	return true;
}

/* What connectors get of it, looked at before there is one. */
static bool
check_defaults(WorkerConf *conf, const char *file, Err *err)
{
	conf->defaults = conf_new();
	conf_read_environment(conf->defaults);
	return (file == NULL || conf_read_worker(conf->defaults, file, err)) &&
		conf_check_defaults(conf->defaults, err);
}

bool
worker_conf_read(WorkerConf *conf, const char *file, Err *err)
{
	memset(conf, 0, sizeof(*conf));
	conf->settings = conf_new();
	if (file == NULL || read_file(conf->settings, file, err))
	{
		read_environment(conf->settings);
		if (!conf_is_set(conf->settings, COMPRESSION) && setenv(COMPRESSION_VARIABLE, "none", 1) != 0)
			mem_exhausted();
		if (use(conf, err) && check_defaults(conf, file, err))
			return true;
	}
	worker_conf_free(conf);
	return false;
}

void
worker_conf_complete(const WorkerConf *conf, json_t *config)
{
	if (json_object_get(config, "walpost.slot.takeover") == NULL &&
		!conf_is_set(conf->defaults, "walpost.slot.takeover"))
		json_object_set_new(config, "walpost.slot.takeover", json_string("true"));
	if (json_object_get(config, "offset.storage.topic") == NULL)
		json_object_set_new(config, "offset.storage.topic", json_text(conf->offset_topic));
}

void
worker_conf_free(WorkerConf *conf)
{
	conf_free(conf->settings);
	conf_free(conf->kafka);
	conf_free(conf->defaults);
	worker_listen_free(conf);
	free(conf->advertised_host);
	memset(conf, 0, sizeof(*conf));
}
