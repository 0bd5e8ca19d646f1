/*
 * quirkdefault.c
 *	  Defaults that are no constants, read as Debezium reads them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "quirkdefault.h"
#include "typerule.h"

/* What a column's text is read as. */
typedef enum Reading
{
	READ_BOOL, READ_NUMBER, READ_TEXT
} Reading;

static const struct
{
	Oid			type;
	Reading		reading;
}			readings[] = {
	{BOOLOID, READ_BOOL},
	{INT2OID, READ_NUMBER},
	{INT4OID, READ_NUMBER},
	{INT8OID, READ_NUMBER},
	{NUMERICOID, READ_NUMBER},
	{FLOAT4OID, READ_NUMBER},
	{FLOAT8OID, READ_NUMBER},
	{TEXTOID, READ_TEXT},
	{VARCHAROID, READ_TEXT},
	{BPCHAROID, READ_TEXT},
	{XMLOID, READ_TEXT},
};

/* A name, with a parenthesis before it perhaps, and parentheses after it. */
static bool
looks_like_call(const char *text)
{
	size_t		name;

	if (*text == '(')
		text++;
	for (name = 0; isalnum((unsigned char) text[name]) || text[name] == '_' || text[name] == '.';)
		name++;
	return name > 0 && text[name] == '(' && strchr(text + name, ')') != NULL;
}

/*
 * The first quoted text, or all of it where nothing is quoted; NULL for
 * NULL::type.
 */
static char *
first_literal(const char *text)
{
	const char *quote = strchr(text, '\'');
	char	   *literal;
	char	   *end;

	if (quote == NULL)
		return strncmp(text, "NULL::", 6) == 0 ? NULL : pstrdup(text);
	literal = end = palloc(strlen(quote));
	for (const char *p = quote + 1; *p && (*p != '\'' || p[1] == '\''); p++)
	{
		if (*p == '\'')
			p++;
		*end++ = *p;
	}
	*end = '\0';
	return literal;
}

/* A sign and digits, so few that every type has room for them. */
static bool
is_integer(const char *text)
{
	size_t		sign = *text == '-' || *text == '+';
	size_t		digits = strspn(text + sign, "0123456789");

	return digits > 0 && digits < 5 && text[sign + digits] == '\0';
}

/* The integer as a value of the type, by its own input function. */
static char *
encode_number(Oid typid, char *text, const ColumnType *type)
{
	Oid			input;
	Oid			param;

	getTypeInputInfo(typid, &input, &param);
	return typetext_encoded(&type->json, OidInputFunctionCall(input, text, param, -1));
}

char *
quirkdefault_json(Oid typid, Node *expression, const ColumnType *type, char *computed)
{
	const char *text = deparse_expression(expression, NIL, false, false);
	char	   *literal;

	if (computed != NULL && looks_like_call(text))
		return computed;
	for (int i = 0; i < lengthof(readings); i++)
	{
		if (readings[i].type != typid)
			continue;
		if (looks_like_call(text))
			return pstrdup(type->fallback);
		literal = first_literal(text);
		if (literal == NULL)
			return NULL;
		switch (readings[i].reading)
		{
			case READ_BOOL:
				return pstrdup(pg_strcasecmp(literal, "true") == 0 ? "true" : "false");
			case READ_NUMBER:
				return is_integer(literal) ? encode_number(typid, literal, type) : NULL;
			case READ_TEXT:
				return typetext_quoted(literal, strlen(literal));
		}
	}
	return NULL;
}
