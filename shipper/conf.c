/*
 * conf.c
 *	  The store of properties: set, look up, walk, print.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "conf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_private.h"
#include "mem.h"
#include "secret.h"

Conf *
conf_new(void)
{
	return mem_zero(sizeof(Conf));
}

static void
entry_clear(ConfEntry *entry)
{
	secret_wipe(entry->raw);
	secret_wipe(entry->value);
	free(entry->name);
	free(entry->raw);
	free(entry->value);
}

void
conf_free(Conf *conf)
{
	if (conf == NULL)
		return;
	for (int i = 0; i < conf->nentries; i++)
		entry_clear(&conf->entries[i]);
	for (int i = 0; i < conf->norigins; i++)
		free(conf->origins[i]);
	free(conf->entries);
	free(conf->origins);
	free(conf);
}

const char *
conf_keep_origin(Conf *conf, const char *text)
{
	conf->origins = mem_resize(conf->origins, (conf->norigins + 1) * sizeof(char *));
	conf->origins[conf->norigins] = mem_copy(text);
	return conf->origins[conf->norigins++];
}

/* The position of (name, layer), or where it belongs. */
static int
find_position(const Conf *conf, const char *name, ConfLayer layer, bool *found)
{
	int			low = 0,
				high = conf->nentries;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const ConfEntry *entry = &conf->entries[middle];
		int			order = strcmp(entry->name, name);

		if (order == 0)
			order = (int) entry->layer - (int) layer;
		if (order == 0)
		{
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = false;
	return low;
}

static ConfEntry *
insert_entry(Conf *conf, int position, const char *name, ConfLayer layer)
{
	ConfEntry  *entry;

	if (conf->nentries == conf->capacity)
	{
		conf->capacity = conf->capacity ? conf->capacity * 2 : 64;
		conf->entries = mem_resize(conf->entries, conf->capacity * sizeof(ConfEntry));
	}
	entry = &conf->entries[position];
	memmove(entry + 1, entry, (conf->nentries - position) * sizeof(ConfEntry));
	conf->nentries++;
	memset(entry, 0, sizeof(*entry));
	entry->name = mem_copy(name);
	entry->layer = layer;
	return entry;
}

void
conf_set_at(Conf *conf, const char *name, const char *value,
			const char *origin, ConfLayer layer)
{
	bool		found;
	int			position = find_position(conf, name, layer, &found);
	ConfEntry  *entry;

	if (found)
	{
		entry = &conf->entries[position];
		free(entry->raw);
		free(entry->value);
	}
	else
		entry = insert_entry(conf, position, name, layer);
	entry->raw = mem_copy(value);
	entry->value = mem_copy(value);
	entry->origin = origin;
}

void
conf_set(Conf *conf, const char *name, const char *value, const char *origin)
{
	conf_set_at(conf, name, value, origin, CONF_LAYER_CONNECTOR);
}

void
conf_set_none(Conf *conf, const char *name)
{
	conf_set(conf, name, "", "none");
	conf_entry(conf, name)->none = true;
}

void
conf_remove(Conf *conf, int position)
{
	entry_clear(&conf->entries[position]);
	conf->nentries--;
	memmove(&conf->entries[position], &conf->entries[position + 1],
			(conf->nentries - position) * sizeof(ConfEntry));
}

void
conf_entry_assign(ConfEntry *entry, const char *value)
{
	char	   *copy = mem_copy(value);

	secret_wipe(entry->value);
	free(entry->value);
	entry->value = copy;
}

ConfEntry *
conf_entry(const Conf *conf, const char *name)
{
	for (int layer = CONF_LAYER_CONNECTOR; layer >= CONF_LAYER_WORKER; layer--)
	{
		bool		found;
		int			position = find_position(conf, name, layer, &found);

		if (found)
			return &conf->entries[position];
	}
	return NULL;
}

static bool
key_matches(const ConfKey *key, const char *name)
{
	if (key->flags & CONF_PREFIX)
		return strncmp(key->name, name, strlen(key->name)) == 0;
	return strcmp(key->name, name) == 0;
}

/* An exact row wins over a prefix, a longer prefix over a shorter one. */
const ConfKey *
conf_key_find(const char *name)
{
	const ConfKey *best = NULL;

	for (int i = 0; i < conf_nkeys; i++)
	{
		const ConfKey *key = &conf_keys[i];

		if (!key_matches(key, name))
			continue;
		if (!(key->flags & CONF_PREFIX))
			return key;
		if (best == NULL || strlen(key->name) > strlen(best->name))
			best = key;
	}
	return best;
}

const char *
conf_get(const Conf *conf, const char *name)
{
	const ConfEntry *entry = conf_entry(conf, name);
	const ConfKey *key;

	if (entry && entry->value[0] != '\0')
		return entry->value;
	key = conf_key_find(name);
	return key && !(entry && entry->none) ? key->default_text : NULL;
}

int64_t
conf_get_int(const Conf *conf, const char *name)
{
	const char *value = conf_get(conf, name);

	return value ? strtoll(value, NULL, 10) : 0;
}

bool
conf_get_bool(const Conf *conf, const char *name)
{
	const char *value = conf_get(conf, name);

	return value && strcasecmp(value, "true") == 0;
}

bool
conf_is_set(const Conf *conf, const char *name)
{
	const ConfEntry *entry = conf_entry(conf, name);

	return entry && entry->value[0] != '\0';
}

bool
conf_is_empty(const Conf *conf)
{
	return conf->nentries == 0;
}

/* True if a later layer has the same name: that one is in effect. */
static bool
is_covered(const Conf *conf, int i)
{
	return i + 1 < conf->nentries &&
		strcmp(conf->entries[i].name, conf->entries[i + 1].name) == 0;
}

void
conf_each(const Conf *conf, const char *prefix,
		  void (*each) (const char *name, const char *value, void *arg),
		  void *arg)
{
	size_t		len = strlen(prefix);

	for (int i = 0; i < conf->nentries; i++)
	{
		const ConfEntry *entry = &conf->entries[i];

		if (strncmp(entry->name, prefix, len) == 0 && !is_covered(conf, i))
			each(entry->name, entry->value, arg);
	}
}

void
conf_each_own(const Conf *conf, void (*each) (const char *name, const char *value, void *arg),
			  void *arg)
{
	for (int i = 0; i < conf->nentries; i++)
	{
		const ConfEntry *entry = &conf->entries[i];

		if (entry->layer >= CONF_LAYER_DEFAULT && !is_covered(conf, i))
			each(entry->name, entry->value, arg);
	}
}

/* Writes text as java.util.Properties reads it; blanks in front are escaped. */
static void
put_escaped(FILE *out, const char *text, bool name)
{
	static const char from[] = "\t\n\r\f\\";
	static const char to[] = "tnrf\\";

	for (const char *p = text; *p; p++)
	{
		const char *hit = strchr(from, *p);

		if (hit)
			fprintf(out, "\\%c", to[hit - from]);
		else if ((*p == ' ' && (name || p == text)) || (name && strchr("=:#!", *p)))
			fprintf(out, "\\%c", *p);
		else
			fputc(*p, out);
	}
}

static void
put_property(FILE *out, const char *name, const char *value)
{
	put_escaped(out, name, true);
	fputc('=', out);
	put_escaped(out, value, false);
	fputc('\n', out);
}

/*
 * Properties whose names say something themselves have no default here; what
 * is set to nothing is sent, since the plugin may have one.
 */
static void
put_named(const Conf *conf, FILE *out)
{
	for (int i = 0; i < conf->nentries; i++)
	{
		const ConfEntry *entry = &conf->entries[i];
		const ConfKey *key = conf_key_find(entry->name);

		if (key && (key->flags & CONF_TO_PLUGIN) && (key->flags & CONF_PREFIX) &&
			!is_covered(conf, i))
			put_property(out, entry->name, entry->value);
	}
}

/*
 * Defaults are sent as well: what the shipper believes is then what the plugin
 * does, whatever its own defaults are.
 */
char *
conf_plugin_properties(const Conf *conf)
{
	char	   *text = NULL;
	size_t		len = 0;
	FILE	   *out = open_memstream(&text, &len);

	if (out == NULL)
		mem_exhausted();
	for (int i = 0; i < conf_nkeys; i++)
	{
		const char *value;

		if (!(conf_keys[i].flags & CONF_TO_PLUGIN) || (conf_keys[i].flags & CONF_PREFIX))
			continue;
		value = conf_get(conf, conf_keys[i].name);
		if (value)
			put_property(out, conf_keys[i].name, value);
	}
	put_named(conf, out);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	return text;
}

const char *
conf_entry_shown(const ConfEntry *entry)
{
	const ConfKey *key = conf_key_find(entry->name);

	if (secret_has_reference(entry->raw))
		return entry->raw;
	if ((key && (key->flags & CONF_SECRET)) || secret_is_name(entry->name))
		return SECRET_MASK;
	return entry->value;
}

int
conf_name_shown(const char *name)
{
	const char *salt = strstr(name, ".with.salt.");

	return salt ? (int) (salt - name) : (int) strlen(name);
}

static void
dump_line(FILE *out, const char *name, const char *value, const char *origin)
{
	int			shown = conf_name_shown(name);

	fprintf(out, "%.*s%s = %s  (%s)\n", shown, name,
			name[shown] ? ".with.salt." SECRET_MASK : "", value, origin);
}

/* Walks the set properties and the defaults as one sorted list. */
void
conf_dump(const Conf *conf, FILE *out)
{
	const char *last = "";
	int			next = 0;

	for (;;)
	{
		const ConfKey *key = NULL;
		const ConfEntry *entry;

		while (next < conf->nentries && is_covered(conf, next))
			next++;
		entry = next < conf->nentries ? &conf->entries[next] : NULL;
		for (int i = 0; i < conf_nkeys; i++)
		{
			const ConfKey *candidate = &conf_keys[i];

			if (candidate->standing == CONF_DONE && candidate->default_text &&
				strcmp(candidate->name, last) > 0 &&
				(key == NULL || strcmp(candidate->name, key->name) < 0))
				key = candidate;
		}
		if (entry && (key == NULL || strcmp(entry->name, key->name) <= 0))
		{
			dump_line(out, entry->name, conf_entry_shown(entry), entry->origin);
			last = entry->name;
			next++;
		}
		else if (key)
		{
			dump_line(out, key->name, key->default_text, "default");
			last = key->name;
		}
		else
			break;
	}
}
