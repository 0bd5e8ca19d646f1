/*
 * producer_java.c
 *	  The table of Java's producer properties, and what each is to librdkafka.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "mem.h"
#include "producer_conf.h"
#include "producer_java.h"

#define LOG_MODULE "kafka"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

typedef struct JavaKey JavaKey;

/* Sets what a Java property stands for; false and m->err when it cannot. */
typedef bool (*MapFn) (Mapping *m, const JavaKey *key, const char *value);

struct JavaKey
{
	const char *java;
	const char *name;			/* librdkafka's; NULL: it has none */
	MapFn		map;			/* NULL: the value passes as it is */
	const char *doc;			/* what becomes of it, where that is not plain */
};

static bool map_acks(Mapping *m, const JavaKey *key, const char *value);
static bool map_endpoint(Mapping *m, const JavaKey *key, const char *value);
static bool map_jaas(Mapping *m, const JavaKey *key, const char *value);
static bool map_keystore(Mapping *m, const JavaKey *key, const char *value);
static bool map_lower(Mapping *m, const JavaKey *key, const char *value);
static bool map_store_password(Mapping *m, const JavaKey *key, const char *value);
static bool map_store_type(Mapping *m, const JavaKey *key, const char *value);
static bool map_truststore(Mapping *m, const JavaKey *key, const char *value);

#define NO_JVM		"belongs to the JVM"
#define NO_WAIT		"an event waits for as long as it takes; feedback to PostgreSQL never waits for it"
#define NO_METRICS	"belongs to the Java client's metrics"
#define NO_CLASS	"names a Java class"
#define NO_LOGIN	"librdkafka refreshes its logins by rules of its own"

/* In the order of Kafka's own documentation of the producer. */
static const JavaKey java_keys[] = {
	{"key.serializer", NULL, NULL, "bytes are published as the plugin wrote them"},
	{"value.serializer", NULL, NULL, "bytes are published as the plugin wrote them"},
	{"bootstrap.servers", "bootstrap.servers", NULL, NULL},
	{"buffer.memory", NULL, NULL, "walpost.buffer.memory bounds what is under way"},
	{"compression.type", "compression.type", NULL, "lz4 by default; under walpost connect none, as in Kafka Connect"},
	{"compression.gzip.level", "compression.level", NULL, NULL},
	{"compression.lz4.level", "compression.level", NULL, NULL},
	{"compression.zstd.level", "compression.level", NULL, NULL},
	{"retries", NULL, NULL, "an event is sent until Kafka has it or refuses it"},
	{"ssl.key.password", "ssl.key.password", NULL, NULL},
	{"ssl.keystore.certificate.chain", "ssl.certificate.pem", NULL, NULL},
	{"ssl.keystore.key", "ssl.key.pem", NULL, NULL},
	{"ssl.keystore.location", NULL, map_keystore, "types PEM and PKCS12; JKS is refused"},
	{"ssl.keystore.password", NULL, map_store_password, "of a PKCS12 keystore"},
	{"ssl.truststore.certificates", "ssl.ca.pem", NULL, NULL},
	{"ssl.truststore.location", NULL, map_truststore, "type PEM; JKS and PKCS12 are refused"},
	{"ssl.truststore.password", NULL, NULL, "a PEM truststore has none"},
	{"batch.size", "batch.size", NULL, "2000000 by default, as it is before compression; 1000000 without compression"},
	{"client.dns.lookup", "client.dns.lookup", NULL, "librdkafka 2.2 and later"},
	{"client.id", "client.id", NULL, NULL},
	{"connections.max.idle.ms", "connections.max.idle.ms", NULL, NULL},
	{"delivery.timeout.ms", NULL, NULL, NO_WAIT},
	{"linger.ms", "linger.ms", NULL, NULL},
	{"max.block.ms", NULL, NULL, NO_WAIT},
	{"max.request.size", "message.max.bytes", NULL, NULL},
	{"partitioner.class", NULL, NULL, "keys go where Java's default partitioner puts them; kafka.partitioner names another"},
	{"partitioner.ignore.keys", NULL, NULL, "keys always decide"},
	{"receive.buffer.bytes", "socket.receive.buffer.bytes", NULL, NULL},
	{"request.timeout.ms", "request.timeout.ms", NULL, NULL},
	{"sasl.client.callback.handler.class", NULL, NULL, NO_CLASS},
	{"sasl.jaas.config", NULL, map_jaas, "user and password, key table and principal, or client and secret are read from it"},
	{"sasl.kerberos.service.name", "sasl.kerberos.service.name", NULL, NULL},
	{"sasl.login.callback.handler.class", NULL, NULL, NO_CLASS},
	{"sasl.login.class", NULL, NULL, NO_CLASS},
	{"sasl.mechanism", "sasl.mechanisms", NULL, NULL},
	{"sasl.oauthbearer.jwks.endpoint.url", NULL, NULL, "used by brokers"},
	{"sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.token.endpoint.url", NULL, "needs a librdkafka that was built with OIDC"},
	{"security.protocol", "security.protocol", map_lower, NULL},
	{"send.buffer.bytes", "socket.send.buffer.bytes", NULL, NULL},
	{"socket.connection.setup.timeout.max.ms", NULL, NULL, "socket.connection.setup.timeout.ms alone counts"},
	{"socket.connection.setup.timeout.ms", "socket.connection.setup.timeout.ms", NULL, NULL},
	{"ssl.enabled.protocols", NULL, NULL, "OpenSSL chooses the best that both sides know"},
	{"ssl.keystore.type", NULL, map_store_type, "PEM or PKCS12"},
	{"ssl.protocol", NULL, NULL, "OpenSSL chooses the best that both sides know"},
	{"ssl.provider", NULL, NULL, NO_JVM},
	{"ssl.truststore.type", NULL, map_store_type, "PEM"},
	{"acks", "acks", map_acks, "other than all: also turns idempotence off"},
	{"enable.idempotence", "enable.idempotence", map_lower, "false also sets max.in.flight.requests.per.connection to 1, which keeps the order"},
	{"enable.metrics.push", NULL, NULL, NO_METRICS},
	{"interceptor.classes", NULL, NULL, NO_CLASS},
	{"max.in.flight.requests.per.connection", "max.in.flight.requests.per.connection", NULL, NULL},
	{"metadata.max.age.ms", "topic.metadata.refresh.interval.ms", NULL, NULL},
	{"metadata.max.idle.ms", NULL, NULL, "topics stay known for as long as they are used"},
	{"metadata.recovery.strategy", NULL, NULL, "librdkafka 2.10 and later ask the bootstrap servers again by themselves"},
	{"metadata.recovery.rebootstrap.trigger.ms", NULL, NULL, "librdkafka 2.10 and later ask the bootstrap servers again by themselves"},
	{"metric.reporters", NULL, NULL, NO_METRICS},
	{"metrics.num.samples", NULL, NULL, NO_METRICS},
	{"metrics.recording.level", NULL, NULL, NO_METRICS},
	{"metrics.sample.window.ms", NULL, NULL, NO_METRICS},
	{"auto.include.jmx.reporter", NULL, NULL, NO_METRICS},
	{"partitioner.adaptive.partitioning.enable", NULL, NULL, "keys always decide"},
	{"partitioner.availability.timeout.ms", NULL, NULL, "keys always decide"},
	{"reconnect.backoff.max.ms", "reconnect.backoff.max.ms", NULL, NULL},
	{"reconnect.backoff.ms", "reconnect.backoff.ms", NULL, NULL},
	{"retry.backoff.max.ms", "retry.backoff.max.ms", NULL, "librdkafka 2.3 and later"},
	{"retry.backoff.ms", "retry.backoff.ms", NULL, NULL},
	{"sasl.kerberos.kinit.cmd", "sasl.kerberos.kinit.cmd", NULL, NULL},
	{"sasl.kerberos.min.time.before.relogin", "sasl.kerberos.min.time.before.relogin", NULL, NULL},
	{"sasl.kerberos.ticket.renew.jitter", NULL, NULL, NO_LOGIN},
	{"sasl.kerberos.ticket.renew.window.factor", NULL, NULL, NO_LOGIN},
	{"sasl.login.", NULL, NULL, NO_LOGIN},
	{"sasl.oauthbearer.scope", "sasl.oauthbearer.scope", NULL, "needs a librdkafka that was built with OIDC"},
	{"sasl.oauthbearer.", NULL, NULL, "claims are the server's business"},
	{"security.providers", NULL, NULL, NO_JVM},
	{"ssl.cipher.suites", "ssl.cipher.suites", NULL, "in OpenSSL's names"},
	{"ssl.endpoint.identification.algorithm", "ssl.endpoint.identification.algorithm", map_endpoint, NULL},
	{"ssl.engine.factory.class", NULL, NULL, NO_CLASS},
	{"ssl.keymanager.algorithm", NULL, NULL, NO_JVM},
	{"ssl.secure.random.implementation", NULL, NULL, NO_JVM},
	{"ssl.trustmanager.algorithm", NULL, NULL, NO_JVM},
	{"transaction.timeout.ms", "transaction.timeout.ms", NULL, "30000 by default; never more than half of the server's wal_sender_timeout"},
	{"transactional.id", NULL, NULL, "made of topic.prefix and slot.name: walpost-<topic.prefix>-<slot.name>"},
};

bool
mapping_set(Mapping *m, const char *name, const char *value, const char *property)
{
	char		why[256];
	rd_kafka_conf_res_t res;

	res = rd_kafka_conf_set(m->kafka, name, value, why, sizeof(why));
	m->batch_set |= strcmp(name, "batch.size") == 0;
	if (res == RD_KAFKA_CONF_OK)
		return true;
	if (res == RD_KAFKA_CONF_UNKNOWN && strncmp(property, "kafka.", 6) != 0)
	{
		if (!m->quiet)
			log_warn("property \"%s\" has no effect: librdkafka %s has no \"%s\"",
					 property, rd_kafka_version_str(), name);
		return true;
	}
	return err_set(m->err, ERR_CONFIG, "could not set property \"%s\": %s; "
				   "librdkafka %s reads it as \"%s\"",
				   property, why, rd_kafka_version_str(), name);
}

/* Another of Java's properties: of the connector, else of the worker. */
static const char *
java_get(const Mapping *m, const char *java)
{
	static const char *const producer[] = {"producer.override.", "producer."};
	const char *const *prefixes = m->prefix ? &m->prefix : producer;

	for (size_t i = 0; i < (m->prefix ? 1 : lengthof(producer)); i++)
	{
		char	   *name = mem_print("%s%s", prefixes[i], java);
		const char *value = conf_is_set(m->conf, name) ? conf_get(m->conf, name) : NULL;

		free(name);
		if (value != NULL)
			return value;
	}
	return NULL;
}

static bool
map_acks(Mapping *m, const JavaKey *key, const char *value)
{
	if (strcasecmp(value, "all") == 0 || strcmp(value, "-1") == 0)
		return true;
	return mapping_set(m, "enable.idempotence", "false", key->java) &&
		mapping_set(m, key->name, value, key->java);
}

/* Java says "" for none. */
static bool
map_endpoint(Mapping *m, const JavaKey *key, const char *value)
{
	return mapping_set(m, key->name, value[0] == '\0' ? "none" : value, key->java);
}

static bool
map_lower(Mapping *m, const JavaKey *key, const char *value)
{
	char	   *lower = mem_copy(value);
	bool		ok;

	for (char *p = lower; *p != '\0'; p++)
		*p = (*p >= 'A' && *p <= 'Z') ? *p + ('a' - 'A') : *p;
	ok = mapping_set(m, key->name, lower, key->java);
	free(lower);
	return ok;
}

static bool
ends_in(const char *text, const char *end)
{
	size_t		len = strlen(text);

	return len >= strlen(end) && strcasecmp(text + len - strlen(end), end) == 0;
}

/* The type of a key or trust store: what is said, else what its name says. */
static const char *
store_type(const Mapping *m, const char *type_key, const char *location)
{
	const char *type = java_get(m, type_key);

	if (type != NULL)
		return type;
	if (ends_in(location, ".pem") || ends_in(location, ".crt"))
		return "PEM";
	if (ends_in(location, ".p12") || ends_in(location, ".pfx"))
		return "PKCS12";
	return "JKS";
}

static bool
map_keystore(Mapping *m, const JavaKey *key, const char *value)
{
	const char *type = store_type(m, "ssl.keystore.type", value);

	/* Java keeps the key and its certificates in one PEM file */
	if (strcasecmp(type, "PEM") == 0)
		return mapping_set(m, "ssl.certificate.location", value, key->java) &&
			mapping_set(m, "ssl.key.location", value, key->java);
	if (strcasecmp(type, "PKCS12") == 0)
		return mapping_set(m, "ssl.keystore.location", value, key->java);
	return err_set(m->err, ERR_CONFIG, "could not use keystore \"%s\": type %s is not "
				   "supported; convert it (keytool -importkeystore -srckeystore %s "
				   "-destkeystore keystore.p12 -deststoretype PKCS12) and set "
				   "ssl.keystore.type to PKCS12", value, type, value);
}

static bool
map_truststore(Mapping *m, const JavaKey *key, const char *value)
{
	const char *type = store_type(m, "ssl.truststore.type", value);

	if (strcasecmp(type, "PEM") == 0)
		return mapping_set(m, "ssl.ca.location", value, key->java);
	return err_set(m->err, ERR_CONFIG, "could not use truststore \"%s\": type %s is not "
				   "supported; export its certificates (keytool -list -rfc -keystore %s) "
				   "to a PEM file and set ssl.truststore.type to PEM", value, type, value);
}

/* Only a PKCS12 keystore has a password to librdkafka. */
static bool
map_store_password(Mapping *m, const JavaKey *key, const char *value)
{
	const char *location = java_get(m, "ssl.keystore.location");

	if (location == NULL ||
		strcasecmp(store_type(m, "ssl.keystore.type", location), "PKCS12") != 0)
		return true;
	return mapping_set(m, "ssl.keystore.password", value, key->java);
}

/* Used where the store's location is. */
static bool
map_store_type(Mapping *m, const JavaKey *key, const char *value)
{
	return true;
}

/*
 * Takes the next name=value off a JAAS entry, value with or without quotes.
 * Writes into the text; false at its end.
 */
static bool
jaas_next(char **text, char **name, char **value)
{
	char	   *p = *text + strspn(*text, " \t\r\n;");
	char	   *to;
	char		quote;

	*name = p;
	p += strcspn(p, "=");
	if (*p == '\0')
		return false;
	*p++ = '\0';
	quote = (*p == '"' || *p == '\'') ? *p++ : '\0';
	*value = to = p;
	while (*p != '\0' && (quote ? *p != quote : strchr(" \t\r\n;", *p) == NULL))
	{
		if (*p == '\\' && p[1] != '\0')
			p++;
		*to++ = *p++;
	}
	*text = *p != '\0' ? p + 1 : p;
	*to = '\0';
	return true;
}

static bool
map_jaas(Mapping *m, const JavaKey *key, const char *value)
{
	static const char *const names[][2] = {
		{"username", "sasl.username"},
		{"password", "sasl.password"},
		{"keyTab", "sasl.kerberos.keytab"},
		{"principal", "sasl.kerberos.principal"},
		{"clientId", "sasl.oauthbearer.client.id"},
		{"clientSecret", "sasl.oauthbearer.client.secret"},
		{"scope", "sasl.oauthbearer.scope"},
	};
	char	   *copy = mem_copy(value);
	char	   *p = strstr(copy, "required");
	char	   *name;
	char	   *text;
	bool		ok = true;

	if (p == NULL)
	{
		free(copy);
		return err_set(m->err, ERR_CONFIG, "could not read property \"%s\": it is not of the "
					   "form: <login module> required username=\"...\" password=\"...\";",
					   key->java);
	}
	p += strlen("required");
	while (ok && jaas_next(&p, &name, &text))
	{
		for (size_t i = 0; ok && i < lengthof(names); i++)
		{
			if (strcmp(name, names[i][0]) == 0)
				ok = mapping_set(m, names[i][1], text, key->java);
		}
	}
	memset(copy, 0, strlen(value));
	free(copy);
	return ok;
}

/* The row of a Java property; rows that end in "." stand for all below. */
static const JavaKey *
java_find(const char *java)
{
	for (size_t i = 0; i < lengthof(java_keys); i++)
	{
		if (strcmp(java_keys[i].java, java) == 0)
			return &java_keys[i];
	}
	for (size_t i = 0; i < lengthof(java_keys); i++)
	{
		size_t		len = strlen(java_keys[i].java);

		if (java_keys[i].java[len - 1] == '.' &&
			strncmp(java_keys[i].java, java, len) == 0)
			return &java_keys[i];
	}
	return NULL;
}

bool
mapping_knows(const char *java)
{
	return java_find(java) != NULL;
}

void
mapping_java(Mapping *m, const char *property, const char *java, const char *value)
{
	const JavaKey *key = java_find(java);

	if (!m->ok)
		return;
	if (key == NULL)
	{
		if (!m->quiet)
			log_warn("property \"%s\" is not known and has no effect; "
					 "properties of librdkafka are set as kafka.<name>", property);
	}
	else if (key->map != NULL)
		m->ok = key->map(m, key, value);
	else if (key->name != NULL)
		m->ok = mapping_set(m, key->name, value, property);
	else if (!m->quiet)
		log_warn("property \"%s\" has no effect: %s", property, key->doc);
}

void
producer_conf_print_reference(FILE *out)
{
	fprintf(out, "\n## Settings of Kafka's producer\n\nJava's names below `producer.override.`, and what librdkafka makes of them; any other name there is librdkafka's own.\n\n"
			"| property | librdkafka | remarks |\n|---|---|---|\n");
	for (size_t i = 0; i < lengthof(java_keys); i++)
	{
		const JavaKey *key = &java_keys[i];
		size_t		len = strlen(key->java);
		const char *name = key->name ? key->name : (key->map ? "" : "no effect");

		fprintf(out, "| `producer.override.%s%s` | %s%s%s | %s |\n", key->java,
				key->java[len - 1] == '.' ? "*" : "",
				key->name ? "`" : "", name, key->name ? "`" : "",
				key->doc ? key->doc : "");
	}
}
