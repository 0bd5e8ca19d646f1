/*
 * conf_check.c
 *	  What conf_check() does, in steps: older names, converters, references,
 *	  then each property against its row, then what no row alone can say.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_private.h"
#include "log.h"
#include "mem.h"
#include "secret.h"
#include "topicgroups.h"

#define LOG_MODULE "conf"

/* ---- older names ------------------------------------------------------- */

static void
replace_old_name(Conf *conf, int position, const ConfAlias *alias)
{
	ConfEntry  *entry = &conf->entries[position];
	const ConfEntry *present = conf_entry(conf, alias->name);

	/* a connector's older name wins over a default's present one */
	if (present && present->layer >= entry->layer)
		log_warn("property \"%s\" is an older name of \"%s\" and has no effect beside it; remove it",
				 alias->old, alias->name);
	else
	{
		char	   *raw = mem_copy(entry->raw);

		log_warn("property \"%s\" is an older name of \"%s\"; rename it", alias->old, alias->name);
		conf_set_at(conf, alias->name, raw, entry->origin, entry->layer);
		free(raw);
	}
}

static void
replace_old_names(Conf *conf)
{
	for (const ConfAlias *alias = conf_aliases; alias->old; alias++)
	{
		ConfEntry  *entry;

		while ((entry = conf_entry(conf, alias->old)) != NULL)
		{
			replace_old_name(conf, entry - conf->entries, alias);
			/* setting the present name may have moved it */
			conf_remove(conf, conf_entry(conf, alias->old) - conf->entries);
		}
	}
}

/* ---- converters -------------------------------------------------------- */

static bool
belongs_to(const char *name, const char *converter)
{
	size_t		len = strlen(converter);

	return strncmp(name, converter, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

/* Removes a converter's properties of the worker's layers, or the connector's. */
static void
drop_converter(Conf *conf, const char *converter, bool connectors)
{
	for (int i = conf->nentries - 1; i >= 0; i--)
	{
		const ConfEntry *entry = &conf->entries[i];

		if (!belongs_to(entry->name, converter) ||
			(entry->layer >= CONF_LAYER_DEFAULT) != connectors)
			continue;
		if (connectors)
			log_warn("property \"%s\" has no effect, as in Kafka Connect: the connector does not set \"%s\", so the worker's converter and its settings apply",
					 entry->name, converter);
		conf_remove(conf, i);
	}
}

/*
 * As Connect has it: a connector that names a converter configures it alone;
 * one that does not takes the worker's converter with the worker's settings.
 */
static void
choose_converter(Conf *conf, const char *converter)
{
	bool		by_connector = false,
				by_worker = false,
				settings = false;

	for (int i = 0; i < conf->nentries; i++)
	{
		const ConfEntry *entry = &conf->entries[i];

		if (!belongs_to(entry->name, converter))
			continue;
		if (entry->layer < CONF_LAYER_DEFAULT)
			by_worker = true;
		else if (strcmp(entry->name, converter) == 0)
			by_connector = true;
		else
			settings = true;
	}

	if (by_connector)
		drop_converter(conf, converter, false);
	else if (by_worker)
		drop_converter(conf, converter, true);
	else if (settings)
		log_warn("properties \"%s.*\" are set without \"%s\": they apply here, but a Kafka Connect worker would ignore them",
				 converter, converter);
}

/* ---- references -------------------------------------------------------- */

/* A setting of a provider, as it is given: providers resolve no references of their own. */
static const char *
provider_setting(const char *name, void *arg)
{
	const ConfEntry *entry = conf_entry(arg, name);

	return entry ? entry->raw : NULL;
}

/*
 * Where a worker says anything of providers it alone does: else whoever registers a
 * connector could have them read all that the worker may.
 */
static void
drop_providers(Conf *conf)
{
	bool		by_worker = false;

	for (int i = 0; i < conf->nentries; i++)
		by_worker |= conf->entries[i].layer < CONF_LAYER_CONNECTOR && belongs_to(conf->entries[i].name, "config.providers");
	for (int i = conf->nentries - 1; by_worker && i >= 0; i--)
	{
		if (conf->entries[i].layer < CONF_LAYER_CONNECTOR || !belongs_to(conf->entries[i].name, "config.providers"))
			continue;
		log_warn("property \"%s\" has no effect: the worker says which providers there are", conf->entries[i].name);
		conf_remove(conf, i);
	}
}

bool
conf_resolve(Conf *conf, Err *err)
{
	drop_providers(conf);
	for (int i = 0; i < conf->nentries; i++)
	{
		ConfEntry  *entry = &conf->entries[i];
		char	   *value;

		if (!secret_has_reference(entry->raw))
			continue;
		value = secret_resolve(entry->name, entry->raw, provider_setting, conf, err);
		if (value == NULL)
			return false;
		conf_entry_assign(entry, value);
		secret_wipe(value);
		free(value);
	}
	return true;
}

/* ---- unknown names ----------------------------------------------------- */

#define NAME_MAX_COMPARED 80

/* Levenshtein's distance of two names. */
static int
edit_distance(const char *a, const char *b)
{
	int			row[NAME_MAX_COMPARED + 1];
	int			la = strlen(a),
				lb = strlen(b);

	if (la > NAME_MAX_COMPARED || lb > NAME_MAX_COMPARED)
		return NAME_MAX_COMPARED;
	for (int j = 0; j <= lb; j++)
		row[j] = j;
	for (int i = 1; i <= la; i++)
	{
		int			diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= lb; j++)
		{
			int			best = diagonal + (tolower(a[i - 1]) != tolower(b[j - 1]));

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

static void
warn_unknown(const ConfEntry *entry)
{
	const char *nearest = NULL;
	int			limit = (int) strlen(entry->name) / 3;

	for (int i = 0; i < conf_nkeys; i++)
	{
		int			distance = edit_distance(entry->name, conf_keys[i].name);

		if (distance <= limit && !(conf_keys[i].flags & CONF_PREFIX))
		{
			nearest = conf_keys[i].name;
			limit = distance - 1;
		}
	}
	if (nearest)
		log_warn("unknown property \"%s\" (%s) has no effect; did you mean \"%s\"?",
				 entry->name, entry->origin, nearest);
	else
		log_warn("unknown property \"%s\" (%s) has no effect; remove it, or see walpost config --reference",
				 entry->name, entry->origin);
}

/* ---- one property against its row --------------------------------------- */

static char *
allowed_text(const char *const *allowed)
{
	char	   *text = mem_print("one of %s", allowed[0]);

	for (int i = 1; allowed[i]; i++)
	{
		char	   *longer = mem_print("%s, %s", text, allowed[i]);

		free(text);
		text = longer;
	}
	return text;
}

static bool
bad_value(const ConfEntry *entry, const char *expected, Err *err)
{
	return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\" (%s); it takes %s",
				   conf_entry_shown(entry), entry->name, entry->origin, expected);
}

/* The value without blanks around it; the caller frees. */
static char *
trimmed(const char *value)
{
	size_t		len;

	value += strspn(value, " \t\r\n");
	len = strlen(value);
	while (len > 0 && strchr(" \t\r\n", value[len - 1]))
		len--;
	return mem_copy_len(value, len);
}

static bool
check_int(const ConfKey *key, const ConfEntry *entry, Err *err)
{
	char	   *end;
	long long	n;
	char		expected[96];

	errno = 0;
	n = strtoll(entry->value, &end, 10);
	if (errno == 0 && end != entry->value && *end == '\0' && n >= key->min && n <= key->max)
		return true;
	if (key->min == INT64_MIN)
		snprintf(expected, sizeof(expected), "an integer");
	else if (key->max == INT64_MAX)
		snprintf(expected, sizeof(expected), "an integer from %lld on", (long long) key->min);
	else
		snprintf(expected, sizeof(expected), "an integer from %lld to %lld",
				 (long long) key->min, (long long) key->max);
	return bad_value(entry, expected, err);
}

static bool
check_bool(const ConfEntry *entry, Err *err)
{
	return strcasecmp(entry->value, "true") == 0 ||
		strcasecmp(entry->value, "false") == 0 ||
		bad_value(entry, "true or false", err);
}

/* Case does not matter; what is in effect has the table's. */
static bool
check_enum(const ConfKey *key, ConfEntry *entry, Err *err)
{
	char	   *expected;

	if (key->allowed == NULL)
		return true;
	for (int i = 0; key->allowed[i]; i++)
		if (strcasecmp(key->allowed[i], entry->value) == 0)
		{
			if (strcmp(key->allowed[i], entry->value) != 0)
				conf_entry_assign(entry, key->allowed[i]);
			return true;
		}
	expected = allowed_text(key->allowed);
	bad_value(entry, expected, err);
	free(expected);
	return false;
}

static bool
check_kind(const ConfKey *key, ConfEntry *entry, Err *err)
{
	if (key->kind == CONF_INT || key->kind == CONF_BOOL || key->kind == CONF_ENUM)
	{
		char	   *text = trimmed(entry->value);

		if (strcmp(text, entry->value) != 0)
			conf_entry_assign(entry, text);
		free(text);
	}
	if (entry->value[0] == '\0')
		return true;			/* as if it were not set */
	if (key->kind == CONF_INT)
		return check_int(key, entry, err);
	if (key->kind == CONF_BOOL)
		return check_bool(entry, err);
	if (key->kind == CONF_ENUM)
		return check_enum(key, entry, err);
	return true;
}

static void
replace_old_value(ConfEntry *entry)
{
	for (const ConfOldValue *old = conf_old_values; old->name; old++)
		if (strcmp(old->name, entry->name) == 0 && strcasecmp(old->old, entry->value) == 0)
		{
			log_warn("value \"%s\" of property \"%s\" is an older name of \"%s\"",
					 old->old, old->name, old->value);
			conf_entry_assign(entry, old->value);
		}
}

bool
conf_is_old_value(const char *name, const char *value)
{
	for (const ConfOldValue *old = conf_old_values; old->name; old++)
		if (strcmp(old->name, name) == 0 && strcasecmp(old->old, value) == 0)
			return true;
	return false;
}

static bool
check_refusals(const ConfEntry *entry, Err *err)
{
	for (const ConfRefusal *row = conf_refusals; row->name; row++)
	{
		const ConfKey *key;
		bool		allowed = false;

		if (strcmp(row->name, entry->name) != 0 ||
			fnmatch(row->value, entry->value, FNM_CASEFOLD) != 0)
			continue;
		key = conf_key_find(entry->name);
		for (int i = 0; key->allowed && key->allowed[i]; i++)
			allowed |= strcasecmp(key->allowed[i], entry->value) == 0;
		if (!allowed)
			return err_set(err, ERR_CONFIG, "value \"%s\" of property \"%s\" (%s) is not supported: %s",
						   conf_entry_shown(entry), entry->name, entry->origin, row->why);
	}
	return true;
}

/* True if the value does what would happen without it. */
static bool
is_harmless(const ConfKey *key, const ConfEntry *entry)
{
	if (entry->value[0] == '\0')
		return true;
	return key->default_text && strcasecmp(key->default_text, entry->value) == 0;
}

static bool
check_entry(ConfEntry *entry, Err *err)
{
	const ConfKey *key = conf_key_find(entry->name);

	if (key == NULL)
	{
		warn_unknown(entry);
		return true;
	}
	replace_old_value(entry);
	if (!check_refusals(entry, err) || !check_kind(key, entry, err))
		return false;
	if (key->standing == CONF_REFUSED && !is_harmless(key, entry))
		return err_set(err, ERR_CONFIG, "property \"%.*s\" = \"%s\" (%s) is not supported: %s",
					   conf_name_shown(entry->name), entry->name,
					   conf_entry_shown(entry), entry->origin, key->doc);
	if (key->standing == CONF_ACCEPTED && !is_harmless(key, entry))
		log_warn("property \"%s\" has no effect: %s", entry->name, key->doc);
	if (key->flags & CONF_DEPRECATED)
		log_warn("property \"%s\" is deprecated: %s", entry->name, key->doc);
	return true;
}

/* ---- the whole ---------------------------------------------------------- */

static bool
check_required(const Conf *conf, Err *err)
{
	for (int i = 0; i < conf_nkeys; i++)
		if ((conf_keys[i].flags & CONF_REQUIRED) && !conf_is_set(conf, conf_keys[i].name))
			return err_set(err, ERR_CONFIG, "property \"%s\" is missing; add it to the connector file (%s)",
						   conf_keys[i].name, conf_keys[i].doc);
	return true;
}

/* Of two that exclude each other the connector's counts, not a default. */
static void
drop_default(Conf *conf, const ConfConflict *row)
{
	const ConfEntry *one = conf_entry(conf, row->one);
	const ConfEntry *other = conf_entry(conf, row->other);

	if (one->layer < CONF_LAYER_CONNECTOR && other->layer == CONF_LAYER_CONNECTOR)
		conf_remove(conf, one - conf->entries);
	else if (other->layer < CONF_LAYER_CONNECTOR && one->layer == CONF_LAYER_CONNECTOR)
		conf_remove(conf, other - conf->entries);
}

static bool
are_both_set(const Conf *conf, const ConfConflict *row)
{
	return conf_is_set(conf, row->one) && conf_is_set(conf, row->other);
}

static bool
check_conflicts(Conf *conf, Err *err)
{
	for (const ConfConflict *row = conf_conflicts; row->one; row++)
	{
		/* two layers may hold a default */
		for (int i = 0; i < 2 && are_both_set(conf, row); i++)
			drop_default(conf, row);
		if (are_both_set(conf, row))
			return err_set(err, ERR_CONFIG, "properties \"%s\" and \"%s\" exclude each other; remove one of them",
						   row->one, row->other);
	}
	return true;
}

static void
warn_groupless(const char *name, const char *value, void *arg)
{
	const Conf *conf = arg;

	if (!topicgroups_knows(conf, name) && strcmp(name, "topic.creation.groups") != 0 &&
		strcmp(name, "topic.creation.enable") != 0)
		log_warn("property \"%s\" has no effect: it belongs to a group that topic.creation.groups does not name",
				 name);
}

static bool
check_topic_groups(Conf *conf, Err *err)
{
	TopicGroups *groups = topicgroups_new(conf, err);

	if (groups == NULL)
		return false;
	topicgroups_free(groups);
	conf_each(conf, "topic.creation.", warn_groupless, conf);
	return true;
}

bool
conf_check(Conf *conf, Err *err)
{
	replace_old_names(conf);
	conf_adopt_processor(conf);
	choose_converter(conf, "key.converter");
	choose_converter(conf, "value.converter");
	choose_converter(conf, "header.converter");
	if (!conf_resolve(conf, err) || !conf_adopt_stream_params(conf, err))
		return false;
	for (int i = 0; i < conf->nentries; i++)
		if (!check_entry(&conf->entries[i], err))
			return false;
	if (!check_required(conf, err) || !check_conflicts(conf, err) ||
		!conf_apply_rules(conf, err) || !conf_check_transforms(conf, err) ||
		!conf_check_processor(conf, err) ||
		!check_topic_groups(conf, err))
		return false;
	if (!conf_is_set(conf, "name"))
		conf_set_at(conf, "name", conf_get(conf, "topic.prefix"), "topic.prefix", CONF_LAYER_WORKER);
	return true;
}

bool
conf_check_defaults(Conf *conf, Err *err)
{
	replace_old_names(conf);
	if (!conf_resolve(conf, err))
		return false;
	for (int i = 0; i < conf->nentries; i++)
		if (conf->entries[i].layer >= CONF_LAYER_DEFAULT && !check_entry(&conf->entries[i], err))
			return false;
	return conf_check_rules(conf, err);
}
