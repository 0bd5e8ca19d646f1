/*
 * conf.h
 *	  A connector's properties: read from files, checked against one table.
 *
 * A Conf holds every property that was set, as text, with where it came from
 * (worker file, environment, connector file, default).  conf_keys.c is the
 * table of known properties; it answers defaults, checks, the reference
 * (CONFIG.md) and which properties are sent to the plugin.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CONF_H
#define WALPOST_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"

typedef struct Conf Conf;

/* What Walpost does with a property. */
typedef enum ConfStanding
{
	CONF_DONE,					/* works */
	CONF_ACCEPTED,				/* no meaning here; doc says why */
	CONF_REFUSED,				/* an error; doc says what to use instead */
} ConfStanding;

typedef enum ConfKind
{
	CONF_STRING, CONF_INT, CONF_BOOL, CONF_ENUM, CONF_LIST, CONF_PASSWORD
} ConfKind;

#define CONF_TO_PLUGIN	0x01	/* sent in walpost.properties */
#define CONF_REQUIRED	0x02
#define CONF_PREFIX		0x04	/* name ends in "."; any suffix belongs to it */
#define CONF_SECRET		0x08	/* masked wherever it is shown */
#define CONF_DEPRECATED	0x10	/* works, with a warning */

/*
 * What Debezium and Kafka Connect declare of a property; order is its place in
 * their list, from 1, or 0 for one that they do not have.  What is NULL from name
 * on is as in the row.
 */
typedef struct ConfDebezium
{
	int			order;
	const char *importance;
	const char *group;
	const char *name;
	const char *type;
	const char *default_text;	/* conf_no_default: none */
	const char *const *allowed; /* an empty list: anything */
} ConfDebezium;

extern const char conf_no_default[];

typedef struct ConfKey
{
	const char *name;
	ConfKind	kind;
	ConfStanding standing;
	int			flags;
	const char *default_text;	/* NULL: none */
	int64_t		min,
				max;			/* of a CONF_INT */
	const char *const *allowed; /* of a CONF_ENUM, NULL-terminated */
	const char *doc;			/* one sentence, no "TODO" */
	ConfDebezium debezium;
} ConfKey;

extern const ConfKey conf_keys[];
extern const int conf_nkeys;

/* The row for a property name (also by prefix), or NULL. */
extern const ConfKey *conf_key_find(const char *name);

extern Conf *conf_new(void);
extern void conf_free(Conf *conf);

/*
 * Reads a connector file (Connect's JSON, flat or {"name","config"}, or
 * .properties, told apart by content) over what is already set.
 */
extern bool conf_read_file(Conf *conf, const char *path, Err *err) must_check;

/*
 * Reads a Connect worker's .properties file; its values are defaults, of any
 * property those under walpost.connector.defaults.
 */
extern bool conf_read_worker(Conf *conf, const char *path, Err *err) must_check;

/* Takes BOOTSTRAP_SERVERS and CONNECT_* from the environment, as defaults. */
extern void conf_read_environment(Conf *conf);

/*
 * Warns of variables that are a worker's settings without the CONNECT_ that would
 * give them an effect.  Once: not again in the processes that this one starts.
 */
extern void conf_warn_idle_variables(void);

/* Sets one property; origin (borrowed, a literal) says from where. */
extern void conf_set(Conf *conf, const char *name, const char *value,
					 const char *origin);

/* From now on the property has no value, not even its default. */
extern void conf_set_none(Conf *conf, const char *name);

/*
 * Checks names, values and what is required; resolves ${file:...} and
 * ${env:...}.  Warns once for each unknown name (with the nearest known one)
 * and for each that has no effect.  The first error is returned.
 */
extern bool conf_check(Conf *conf, Err *err) must_check;

/*
 * Checks what walpost.connector.defaults.* say, as far as that can be without a
 * connector.  conf holds worker file and environment.
 */
extern bool conf_check_defaults(Conf *conf, Err *err) must_check;

/* A step of both: replaces ${...} in all values. */
extern bool conf_resolve(Conf *conf, Err *err) must_check;

/*
 * The value in effect: what was set, else the table's default, else NULL.
 * Borrowed until conf_free().  The typed ones may be asked for a key that
 * conf_check() has passed.
 */
extern const char *conf_get(const Conf *conf, const char *name);
extern int64_t conf_get_int(const Conf *conf, const char *name);
extern bool conf_get_bool(const Conf *conf, const char *name);
extern bool conf_is_set(const Conf *conf, const char *name);
extern bool conf_is_empty(const Conf *conf);

/* Calls each(name, value, arg) for every set property that starts with prefix
 * ("" for all), in the order of names; name is passed whole. */
extern void conf_each(const Conf *conf, const char *prefix,
					  void (*each) (const char *name, const char *value, void *arg),
					  void *arg);

/* The same for what the connector's file says, over walpost.connector.defaults. */
extern void conf_each_own(const Conf *conf,
						  void (*each) (const char *name, const char *value, void *arg),
						  void *arg);

/* The .properties text of all set properties flagged CONF_TO_PLUGIN, escaped
 * as java.util.Properties reads it.  Caller frees. */
extern char *conf_plugin_properties(const Conf *conf);

/* Effective values with their origin, secrets masked (walpost config). */
extern void conf_dump(const Conf *conf, FILE *out);

/* True for an older value of a property that still works. */
extern bool conf_is_old_value(const char *name, const char *value);

/* Does an event whose values cannot be read anew stop the connector? */
extern bool conf_reselect_fails(const Conf *conf);

/* True for a class that works in a list ("transforms" or "predicates"). */
extern bool conf_knows_transform(const char *list, const char *class);

/* The generated reference, CONFIG.md. */
extern void conf_print_reference(FILE *out);

#endif							/* WALPOST_CONF_H */
