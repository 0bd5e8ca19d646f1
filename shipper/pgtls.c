/*
 * pgtls.c
 *	  database.sslfactory: what of the JDBC driver's classes for TLS libpq can do
 *	  as they do.
 *
 * All of it comes down to two parameters of libpq.  With a root certificate that is
 * there, a certificate is verified in every sslmode that has one shown (as the
 * classes do, prefer goes on without encryption where that fails); with none,
 * only the modes verify-ca and verify-full ask for one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pgtls.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define LOG_MODULE "config"

#define SSL_MODE "database.sslmode"
#define SSL_ROOT "database.sslrootcert"
#define SSL_ARGUMENT "database.sslfactoryarg"
#define FILE_PREFIX "file:"

/* No file can have this name, so none is found, in the user's home neither. */
#define NO_ROOT "/dev/null/no-root-certificate"

typedef enum Trust
{
	TRUST_AS_SET,				/* as sslmode and sslrootcert say */
	TRUST_ALL,
	TRUST_SYSTEM,				/* the authorities that this machine trusts */
	TRUST_ONE					/* the certificate that the argument names */
} Trust;

static const struct
{
	const char *class;
	Trust		trust;
}			factories[] = {
	{"org.postgresql.ssl.LibPQFactory", TRUST_AS_SET},
	{"org.postgresql.ssl.jdbc4.LibPQFactory", TRUST_AS_SET},
	{"org.postgresql.ssl.NonValidatingFactory", TRUST_ALL},
	{"org.postgresql.ssl.DefaultJavaSSLFactory", TRUST_SYSTEM},
	{"org.postgresql.ssl.SingleCertValidatingFactory", TRUST_ONE},
};

static Trust
trust_of(const Conf *conf)
{
	const char *class = conf_get(conf, "database.sslfactory");

	for (size_t i = 0; class && i < sizeof(factories) / sizeof(factories[0]); i++)
		if (strcmp(factories[i].class, class) == 0)
			return factories[i].trust;
	return TRUST_AS_SET;
}

/* Where systems keep them: Debian, Red Hat, SUSE, Alpine and BSD. */
static const char *
system_roots(void)
{
	static const char *const files[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"
	};
	const char *set = getenv("SSL_CERT_FILE");

	if (set && set[0] != '\0')
		return set;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}

/* The path in "file:PATH", or NULL. */
static const char *
argument_file(const Conf *conf)
{
	const char *argument = conf_get(conf, SSL_ARGUMENT);

	if (argument == NULL || strncmp(argument, FILE_PREFIX, strlen(FILE_PREFIX)) != 0)
		return NULL;
	return argument + strlen(FILE_PREFIX);
}

static void
warn_without_effect(const Conf *conf, const char *property, const char *why)
{
	if (conf_is_set(conf, property))
		log_warn("property \"%s\" = \"%s\" has no effect beside \"database.sslfactory\" = \"%s\": %s",
				 property, conf_get(conf, property), conf_get(conf, "database.sslfactory"), why);
}

static bool
check_argument(const Conf *conf, Err *err)
{
	const char *file = argument_file(conf);

	if (file != NULL && access(file, R_OK) == 0)
		return true;
	return err_set(err, ERR_CONFIG, "bad value \"%.60s\" for property \"%s\"; beside SingleCertValidatingFactory it takes %sPATH, a certificate that this user may read",
				   conf_is_set(conf, SSL_ARGUMENT) ? conf_get(conf, SSL_ARGUMENT) : "", SSL_ARGUMENT, FILE_PREFIX);
}

bool
pgtls_check(const Conf *conf, Err *err)
{
	Trust		trust = trust_of(conf);

	if (trust == TRUST_ALL)
	{
		if (strncmp(conf_get(conf, SSL_MODE), "verify", strlen("verify")) == 0)
			warn_without_effect(conf, SSL_MODE, "the connection is encrypted, and nothing of the server is verified");
		warn_without_effect(conf, SSL_ROOT, "nothing of the server is verified");
	}
	else if (trust != TRUST_AS_SET)
		warn_without_effect(conf, SSL_ROOT, "the class knows whom to trust");
	if (trust == TRUST_ONE)
		return check_argument(conf, err);
	if (trust == TRUST_SYSTEM && system_roots() == NULL)
		return err_set(err, ERR_CONFIG, "property \"database.sslfactory\" = \"%s\" asks for the authorities that this machine trusts, of which there is no file; install ca-certificates, or set SSL_CERT_FILE",
					   conf_get(conf, "database.sslfactory"));
	return true;
}

const char *
pgtls_value(const Conf *conf, const char *property)
{
	const char *value = conf_get(conf, property);
	bool		mode = strcmp(property, SSL_MODE) == 0;

	if (!mode && strcmp(property, SSL_ROOT) != 0)
		return value;
	switch (trust_of(conf))
	{
		case TRUST_AS_SET:
			break;
		case TRUST_ALL:
			if (!mode)
				return NO_ROOT;
			if (strncmp(value, "verify", strlen("verify")) == 0)
				return "require";
			break;
		case TRUST_SYSTEM:
			return mode ? value : system_roots();
		case TRUST_ONE:
			return mode ? value : argument_file(conf);
	}
	return value;
}
