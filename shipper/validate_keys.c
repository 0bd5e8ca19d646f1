/*
 * validate_keys.c
 *	  What Debezium's connector 3.7 and Kafka Connect 4.3 declare of each property,
 *	  gathered from the property table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <stddef.h>

#include "mem.h"
#include "validate.h"

static const char *
type_of(ConfKind kind)
{
	static const char *const types[] = {
		[CONF_STRING] = "STRING",
		[CONF_INT] = "INT",
		[CONF_BOOL] = "BOOLEAN",
		[CONF_ENUM] = "STRING",
		[CONF_LIST] = "LIST",
		[CONF_PASSWORD] = "PASSWORD",
	};

	return types[kind];
}

static const char *
default_of(const ConfKey *own)
{
	const char *text = own->debezium.default_text;

	return text == NULL ? own->default_text : text == conf_no_default ? NULL : text;
}

static const char *const *
allowed_of(const ConfKey *own)
{
	const char *const *list = own->debezium.allowed ? own->debezium.allowed : own->allowed;

	return list != NULL && list[0] != NULL ? list : NULL;
}

static ValidateKey
declaration(const ConfKey *own)
{
	const ConfDebezium *theirs = &own->debezium;

	return (ValidateKey)
	{
		.own = own,
		.name = theirs->name ? theirs->name : own->name,
		.type = theirs->type ? theirs->type : type_of(own->kind),
		.importance = theirs->importance,
		.group = theirs->group,
		.default_text = default_of(own),
		.allowed = allowed_of(own),
	};
}

const ValidateKey *
validate_keys(void)
{
	static ValidateKey *keys;

	if (keys != NULL)
		return keys;
	keys = mem_zero((size_t) (conf_nkeys + 1) * sizeof(ValidateKey));
	for (int i = 0; i < conf_nkeys; i++)
	{
		int			order = conf_keys[i].debezium.order;

		assert(order <= conf_nkeys && (order == 0 || keys[order - 1].name == NULL));
		if (order > 0)
			keys[order - 1] = declaration(&conf_keys[i]);
	}
	return keys;
}
