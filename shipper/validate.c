/*
 * validate.c
 *	  What is wrong with the values of a connector's properties, in the words of
 *	  Kafka Connect and Debezium.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "validate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jsontext.h"
#include "mem.h"
#include "secret.h"

/* Longer messages than Err's do not come. */
#define TEXT_MAX	2048

void
validate_add(json_t *errors, const char *name, const char *text)
{
	json_t	   *shown = json_text(name);
	const char *key = json_string_value(shown);

	if (json_object_get(errors, key) == NULL)
		json_object_set_new(errors, key, json_array());
	json_array_append_new(json_object_get(errors, key), json_text(text));
	json_decref(shown);
}

int
validate_count(const json_t *errors)
{
	const char *name;
	json_t	   *list;
	int			n = 0;

	json_object_foreach((json_t *) errors, name, list)
		n += (int) json_array_size(list);
	return n;
}

static void
invalid(json_t *errors, const char *name, const char *why)
{
	char	   *text = mem_print("The '%s' value is invalid: %s", name, why);

	validate_add(errors, name, text);
	free(text);
}

/* The text of a value, NULL for one that is not set or empty. */
static const char *
value_of(const json_t *given, const char *name)
{
	const char *value = json_string_value(json_object_get(given, name));

	return value != NULL && value[strspn(value, " \t\r\n")] != '\0' ? value : NULL;
}

/* ---- what each property may be -------------------------------------------------- */

static bool
is_one_of(const char *value, const char *const *list)
{
	for (int i = 0; list[i]; i++)
		if (strcasecmp(value, list[i]) == 0)
			return true;
	return false;
}

/* Also what only Walpost takes, or takes under an older name. */
static bool
is_allowed(const ValidateKey *key, const char *value)
{
	return is_one_of(value, key->allowed) || (key->own->allowed && is_one_of(value, key->own->allowed)) ||
		conf_is_old_value(key->name, value);
}

static void
check_allowed(const ValidateKey *key, const char *value, json_t *errors)
{
	char		text[TEXT_MAX] = "Value must be one of ";
	size_t		len = strlen(text);

	if (is_allowed(key, value))
		return;
	for (int i = 0; key->allowed[i] && len < sizeof(text); i++)
		len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? ", " : "", key->allowed[i]);
	invalid(errors, key->name, text);
}

static void
check_type(const ValidateKey *key, const char *value, json_t *errors)
{
	bool		is_int = strcmp(key->type, "INT") == 0;
	const char *why = NULL;
	char	   *end;
	char		text[TEXT_MAX];

	if (is_int || strcmp(key->type, "LONG") == 0)
	{
		long long	n;

		errno = 0;
		n = strtoll(value, &end, 10);
		end += strspn(end, " \t");
		if (end == value || *end != '\0' || errno != 0 || (is_int && (n < INT32_MIN || n > INT32_MAX)))
			why = is_int ? "Not a number of type INT" : "Not a number of type LONG";
	}
	else if (strcmp(key->type, "BOOLEAN") == 0 &&
			 strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0)
		why = "Expected value to be either true or false";
	if (why == NULL)
		return;
	snprintf(text, sizeof(text), "Invalid value %s for configuration %s: %s", value, key->name, why);
	validate_add(errors, key->name, text);
}

static void
check_keys(const json_t *given, json_t *errors)
{
	for (const ValidateKey *key = validate_keys(); key->name; key++)
	{
		const char *value = value_of(given, key->name);

		if (value == NULL || secret_has_reference(value))
			continue;
		if (key->allowed)
			check_allowed(key, value, errors);
		else
			check_type(key, value, errors);
	}
}

static void
check_required(const json_t *given, json_t *errors)
{
	static const char *const required[] = {
		"database.hostname", "database.user", "database.dbname", "topic.prefix", NULL
	};

	if (value_of(given, "name") == NULL)
		validate_add(errors, "name", "Missing required configuration \"name\" which has no default value.");
	if (value_of(given, "connector.class") == NULL)
		validate_add(errors, "connector.class", "Missing required configuration \"connector.class\" which has no default value.");
	for (int i = 0; required[i]; i++)
		if (value_of(given, required[i]) == NULL)
			invalid(errors, required[i], "A value is required");
}

static void
check_slot_name(const json_t *given, json_t *errors)
{
	const char *slot = value_of(given, "slot.name");

	if (slot != NULL && !secret_has_reference(slot) &&
		(strlen(slot) > 63 || strspn(slot, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(slot)))
		invalid(errors, "slot.name", "Valid replication slot name must contain only digits, lowercase characters and underscores with length <= 63");
}

/* Aliases of transforms (or predicates), and whether their classes are any. */
static void
check_classes(const json_t *given, const char *list, json_t *errors)
{
	const char *names = value_of(given, list);

	for (const char *p = names ? names : ""; *p;)
	{
		size_t		len;
		char	   *property;
		const char *class;

		p += strspn(p, ", \t");
		len = strcspn(p, ", \t");
		if (len == 0)
			break;
		property = mem_print("%s.%.*s.type", list, (int) len, p);
		class = value_of(given, property);
		if (class != NULL && !conf_knows_transform(list, class))
		{
			char	   *text = mem_print("Invalid value %s for configuration %s: Class %s could not be found.",
										 class, property, class);

			validate_add(errors, property, text);
			free(text);
		}
		free(property);
		p += len;
	}
}

void
validate_values(const json_t *given, json_t *errors)
{
	check_required(given, errors);
	check_keys(given, errors);
	check_slot_name(given, errors);
	check_classes(given, "transforms", errors);
	check_classes(given, "predicates", errors);
}

/* ---- the answer -------------------------------------------------------------------- */

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? json_text(text) : json_null();
}

static json_t *
definition(const ValidateKey *key, int order)
{
	bool		required = strcmp(key->name, "name") == 0 || strcmp(key->name, "connector.class") == 0;
	json_t	   *json = json_object();

	json_object_set_new(json, "name", json_text(key->name));
	json_object_set_new(json, "type", json_string(key->type));
	json_object_set_new(json, "required", json_boolean(required));
	json_object_set_new(json, "default_value", text_or_null(key->default_text));
	json_object_set_new(json, "importance", json_string(key->importance));
	json_object_set_new(json, "documentation", json_text(key->own ? key->own->doc : ""));
	json_object_set_new(json, "group", json_string(key->group));
	json_object_set_new(json, "order_in_group", json_integer(order));
	json_object_set_new(json, "width", json_string("MEDIUM"));
	json_object_set_new(json, "display_name", json_text(key->name));
	json_object_set_new(json, "dependents", json_array());
	return json;
}

/* A password is not shown; what a provider would resolve stays as it is. */
static json_t *
value_shown(const json_t *given, const ValidateKey *key)
{
	const char *value = json_string_value(json_object_get(given, key->name));

	if (value == NULL)
		return text_or_null(key->default_text);
	if (!secret_has_reference(value) && (strcmp(key->type, "PASSWORD") == 0 || secret_is_name(key->name)))
		return json_string("[hidden]");
	return json_text(value);
}

static json_t *
config_info(const json_t *given, const json_t *errors, const ValidateKey *key, int order)
{
	json_t	   *list = json_object_get(errors, key->name);
	json_t	   *allowed = json_array();

	for (int i = 0; key->allowed && key->allowed[i]; i++)
		json_array_append_new(allowed, json_string(key->allowed[i]));
	return json_pack("{s:o, s:{s:s, s:o, s:o, s:o, s:b}}", "definition", definition(key, order),
					 "value", "name", key->name,
					 "value", value_shown(given, key),
					 "recommended_values", allowed,
					 "errors", list ? json_incref(list) : json_array(), "visible", 1);
}

/* Names with errors that nothing is declared of: a transform's class, say. */
static void
add_undeclared(const json_t *given, const json_t *errors, json_t *configs)
{
	const char *name;
	json_t	   *list;

	json_object_foreach((json_t *) errors, name, list)
	{
		const ValidateKey *key = validate_keys();
		const ValidateKey undeclared = {
			.own = conf_key_find(name),.name = name,.type = "STRING",.importance = "MEDIUM",.group = "Common"
		};

		while (key->name && strcmp(key->name, name) != 0)
			key++;
		if (key->name == NULL)
			json_array_append_new(configs, config_info(given, errors, &undeclared, 0));
	}
}

/* In the order in which they come first. */
static void
add_group(json_t *groups, const char *name)
{
	size_t		i;
	json_t	   *group;

	json_array_foreach(groups, i, group)
		if (strcmp(json_string_value(group), name) == 0)
		return;
	json_array_append_new(groups, json_string(name));
}

json_t *
validate_answer(const json_t *given, const json_t *errors)
{
	json_t	   *configs = json_array();
	json_t	   *groups = json_array();
	int			order = 0;

	for (const ValidateKey *key = validate_keys(); key->name; key++)
	{
		add_group(groups, key->group);
		json_array_append_new(configs, config_info(given, errors, key, ++order));
	}
	add_undeclared(given, errors, configs);
	return json_pack("{s:s, s:i, s:o, s:o}", "name", "io.debezium.connector.postgresql.PostgresConnector",
					 "error_count", validate_count(errors), "groups", groups, "configs", configs);
}

json_t *
validate_definitions(void)
{
	json_t	   *list = json_array();
	int			order = 0;

	for (const ValidateKey *key = validate_keys(); key->name; key++)
		json_array_append_new(list, definition(key, ++order));
	return list;
}
