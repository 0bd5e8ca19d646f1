/*
 * secret.h
 *	  Values that come from elsewhere (${file:...}, ${dir:...}, ${env:...}), and
 *	  names whose values are never shown.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SECRET_H
#define WALPOST_SECRET_H

#include <stdbool.h>

#include "err.h"

#define SECRET_MASK "********"

/* True for names such as ...password, ...secret, sasl.jaas.config. */
extern bool secret_is_name(const char *name);

/* True if value holds a ${provider:...} reference. */
extern bool secret_has_reference(const char *value);

/* The property config.providers, or one below it, by its whole name; NULL where it is not set. */
typedef const char *(*SecretSetting) (const char *name, void *arg);

/*
 * value with its references replaced, to be freed by the caller:
 * ${file:PATH:KEY} (a .properties file), ${file:PATH} (the whole file without
 * its last newline), ${dir:PATH:KEY} (the file KEY in that directory),
 * ${env:NAME}.  As in Kafka Connect, what a reference yields is not searched
 * for further ones.  NULL and err (which names property) when one cannot be
 * resolved.
 *
 * setting (NULL: there are none) tells what a worker's settings say of providers:
 * config.providers, where it is set, which ones there are, and none besides;
 * NAME.class (one of Kafka's FileConfigProvider, DirectoryConfigProvider,
 * EnvVarConfigProvider) gives one of them another name, NAME.param.allowed.paths
 * bounds what it reads, NAME.param.allowlist.pattern which variables it may see.
 */
extern char *secret_resolve(const char *property, const char *value, SecretSetting setting,
							void *arg, Err *err) must_check;

/* Overwrites text, which may be NULL. */
extern void secret_wipe(char *text);

#endif							/* WALPOST_SECRET_H */
