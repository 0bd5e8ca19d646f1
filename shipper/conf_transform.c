/*
 * conf_transform.c
 *	  Checks the classes of transforms and predicates before any server is
 *	  asked.
 *
 * The plugin runs them, and checks all of their options when the stream
 * starts.  The names of its classes stand here as well, so that a class that
 * does not work is found where the file is read; a test compares the two.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf_private.h"
#include "mem.h"

#define KAFKA "org.apache.kafka.connect.transforms."
#define DEBEZIUM "io.debezium.transforms."

static const char *const transform_classes[] = {
	DEBEZIUM "ExtractNewRecordState",
	DEBEZIUM "outbox.EventRouter",
	DEBEZIUM "partitions.PartitionRouting",
	KAFKA "RegexRouter",
	DEBEZIUM "ByLogicalTableRouter",
	DEBEZIUM "ToLogicalTopicRouter",
	KAFKA "InsertField$Key", KAFKA "InsertField$Value",
	KAFKA "ReplaceField$Key", KAFKA "ReplaceField$Value",
	KAFKA "MaskField$Key", KAFKA "MaskField$Value",
	KAFKA "ExtractField$Key", KAFKA "ExtractField$Value",
	KAFKA "HoistField$Key", KAFKA "HoistField$Value",
	KAFKA "ValueToKey",
	KAFKA "SetSchemaMetadata$Key", KAFKA "SetSchemaMetadata$Value",
	KAFKA "InsertHeader",
	KAFKA "DropHeaders",
	KAFKA "HeaderFrom$Key", KAFKA "HeaderFrom$Value",
	KAFKA "Cast$Key", KAFKA "Cast$Value",
	KAFKA "TimestampConverter$Key", KAFKA "TimestampConverter$Value",
	KAFKA "Flatten$Key", KAFKA "Flatten$Value",
	KAFKA "TimestampRouter",
	DEBEZIUM "TimezoneConverter",
	DEBEZIUM "EnforceRecordSize",
	DEBEZIUM "HeaderToValue",
	DEBEZIUM "ExtractChangedRecordState",
	DEBEZIUM "SchemaChangeEventFilter",
	"io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent",
	KAFKA "Filter",
	DEBEZIUM "Filter",
	DEBEZIUM "ContentBasedRouter",
	NULL
};

static const char *const predicate_classes[] = {
	KAFKA "predicates.TopicNameMatches",
	KAFKA "predicates.HasHeaderKey",
	KAFKA "predicates.RecordIsTombstone",
	NULL
};

static const char *
without_package(const char *class)
{
	return strrchr(class, '.') + 1;
}

/* "A, B, C" of a table, short enough for an error. */
static char *
print_classes(const char *const *classes)
{
	char	   *text = mem_copy(without_package(classes[0]));

	for (int i = 1; classes[i]; i++)
	{
		char	   *longer = mem_print("%s, %s", text, without_package(classes[i]));

		free(text);
		text = longer;
	}
	return text;
}

/* By its whole name, or without the package, as Connect's workers know it. */
static bool
is_known(const char *const *classes, const char *type)
{
	for (int i = 0; classes[i]; i++)
		if (strcmp(type, classes[i]) == 0 || strcmp(type, without_package(classes[i])) == 0)
			return true;
	return false;
}

static bool
check_one(const Conf *conf, const char *list, const char *alias,
		  const char *const *classes, Err *err)
{
	char	   *property = mem_print("%s.%s.type", list, alias);
	const char *type = conf_get(conf, property);
	char	   *known = print_classes(classes);
	bool		ok = type != NULL && is_known(classes, type);

	if (type == NULL)
		(void) err_set(err, ERR_CONFIG, "property \"%s\" is missing; property \"%s\" names \"%s\", and its class is one of %s",
					   property, list, alias, known);
	else if (!ok)
		(void) err_set(err, ERR_CONFIG, "value \"%s\" of property \"%s\" is not supported: these classes work: %s",
					   type, property, known);
	free(known);
	free(property);
	return ok;
}

static bool
check_list(const Conf *conf, const char *list, const char *const *classes, Err *err)
{
	const char *names = conf_get(conf, list);
	bool		ok = true;

	for (const char *p = names ? names : ""; ok && *p;)
	{
		size_t		len = strcspn(p, ",");
		const char *start = p + strspn(p, " \t");
		const char *end = p + len;

		while (end > start && isspace((unsigned char) end[-1]))
			end--;
		if (end > start)
		{
			char	   *alias = mem_print("%.*s", (int) (end - start), start);

			ok = check_one(conf, list, alias, classes, err);
			free(alias);
		}
		p += len + (p[len] == ',');
	}
	return ok;
}

bool
conf_knows_transform(const char *list, const char *class)
{
	return is_known(strcmp(list, "transforms") == 0 ? transform_classes : predicate_classes, class);
}

bool
conf_check_transforms(const Conf *conf, Err *err)
{
	return check_list(conf, "transforms", transform_classes, err) &&
		check_list(conf, "predicates", predicate_classes, err);
}
