/*
 * conf_private.h
 *	  What the conf*.c files share: the stored entries, the layers they come
 *	  from, and the tables that stand beside the property table.
 *
 * Everybody else asks conf.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CONF_PRIVATE_H
#define WALPOST_CONF_PRIVATE_H

#include "conf.h"

/*
 * Where a value comes from; a later layer wins over an earlier one.  From the
 * defaults on (walpost.connector.defaults.*, of the worker's file and of the
 * environment) it is as if it stood in the connector's file.
 */
typedef enum ConfLayer
{
	CONF_LAYER_WORKER,
	CONF_LAYER_ENVIRONMENT,
	CONF_LAYER_DEFAULT,
	CONF_LAYER_DEFAULT_ENVIRONMENT,
	CONF_LAYER_CONNECTOR
} ConfLayer;

/* One property of one layer.  value differs from raw once it was resolved. */
typedef struct ConfEntry
{
	char	   *name;
	char	   *raw;			/* as it was given, with ${...} */
	char	   *value;			/* in effect */
	const char *origin;
	ConfLayer	layer;
	bool		none;			/* hides the default as well */
} ConfEntry;

struct Conf
{
	ConfEntry  *entries;		/* ordered by name, then layer */
	int			nentries;
	int			capacity;
	char	  **origins;		/* strings that origin points to */
	int			norigins;
};

/* Sets a property in a layer; copies all strings but origin. */
extern void conf_set_at(Conf *conf, const char *name, const char *value,
						const char *origin, ConfLayer layer);

/* Removes an entry by its position. */
extern void conf_remove(Conf *conf, int position);

/* The entry in effect (of the latest layer), or NULL. */
extern ConfEntry *conf_entry(const Conf *conf, const char *name);

/* Keeps a copy of text for as long as conf lives, to serve as an origin. */
extern const char *conf_keep_origin(Conf *conf, const char *text);

/* Replaces what is in effect; raw stays as it was given. */
extern void conf_entry_assign(ConfEntry *entry, const char *value);

/* The value as it may be shown: masked, or with its ${...} unresolved. */
extern const char *conf_entry_shown(const ConfEntry *entry);

/*
 * How much of a name may be shown: column.mask.hash.ALGORITHM.with.salt.SALT
 * ends in a secret.
 */
extern int	conf_name_shown(const char *name);

/* Checks of single properties beyond kind and range (conf_rules.c), and of several. */
extern bool conf_check_rules(const Conf *conf, Err *err) must_check;
extern bool conf_apply_rules(const Conf *conf, Err *err) must_check;

/* Do the classes of transforms and predicates work (conf_transform.c)? */
extern bool conf_check_transforms(const Conf *conf, Err *err) must_check;

/*
 * Gives the options of post.processors the names that the plugin knows, and drops
 * those that are none; then checks them (conf_reselect.c).
 */
extern void conf_adopt_processor(Conf *conf);
extern bool conf_check_processor(const Conf *conf, Err *err) must_check;

/*
 * Takes slot.stream.params apart, once references are resolved: what has a property
 * here becomes it, what pgoutput alone knows is warned about, and the rest is refused
 * (conf_streamparams.c).
 */
extern bool conf_adopt_stream_params(Conf *conf, Err *err) must_check;

/* An older name; its value counts when the present name is not set. */
typedef struct ConfAlias
{
	const char *old;
	const char *name;
} ConfAlias;

/* An older value of a property, and what it is called now. */
typedef struct ConfOldValue
{
	const char *name;
	const char *old;
	const char *value;
} ConfOldValue;

/* A value (an fnmatch pattern) that is refused, and why. */
typedef struct ConfRefusal
{
	const char *name;
	const char *value;
	const char *why;
} ConfRefusal;

/* Two properties of which one may be set. */
typedef struct ConfConflict
{
	const char *one;
	const char *other;
} ConfConflict;

/* Each table ends in a row whose first member is NULL. */
extern const ConfAlias conf_aliases[];
extern const ConfOldValue conf_old_values[];
extern const ConfRefusal conf_refusals[];
extern const ConfConflict conf_conflicts[];

/* Text into a table's cell, which "|" would end. */
extern void conf_put_cell(FILE *out, const char *text);

/* The table of Debezium's properties with their standing. */
extern void conf_print_standing(FILE *out);

#endif							/* WALPOST_CONF_PRIVATE_H */
