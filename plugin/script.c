/*
 * script.c
 *	  The reader of conditions, by recursive descent.
 *
 * Each level of precedence is a function, from the loosest, a choice, to a
 * value; Groovy's own order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <ctype.h>
#include <errno.h>

#include "script.h"

/* Expressions within expressions, and operators in all: nobody writes more. */
#define DEPTH_MAX 50
#define PAIRS_MAX 500

typedef struct Parser
{
	const char *text;
	const char *p;
	const char *expected;		/* NULL: nothing is wrong yet */
	size_t		offset;
	int			depth;
	int			npairs;
} Parser;

static ScriptNode *parse_expression(Parser *parser);

/* The first fault counts. */
static ScriptNode *
fail(Parser *parser, const char *expected)
{
	if (parser->expected == NULL)
	{
		parser->expected = expected;
		parser->offset = parser->p - parser->text;
	}
	return NULL;
}

static ScriptNode *
new_node(ScriptKind kind)
{
	ScriptNode *node = palloc0(sizeof(ScriptNode));

	node->kind = kind;
	return node;
}

static void
add_operand(ScriptNode *node, ScriptNode *operand)
{
	size_t		size = (node->noperands + 1) * sizeof(ScriptNode *);

	node->operands = node->operands ? repalloc(node->operands, size) : palloc(size);
	node->operands[node->noperands++] = operand;
}

/* Both operands; NULL if the right one could not be read. */
static ScriptNode *
new_pair(Parser *parser, ScriptKind kind, ScriptNode *left, ScriptNode *right)
{
	ScriptNode *node;

	if (right == NULL)
		return NULL;
	if (++parser->npairs > PAIRS_MAX)
		return fail(parser, "fewer operators");
	node = new_node(kind);
	add_operand(node, left);
	add_operand(node, right);
	return node;
}

/* ---- words --------------------------------------------------------------- */

static void
skip_space(Parser *parser)
{
	while (isspace((unsigned char) *parser->p))
		parser->p++;
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char) c) || c == '_' || c == '$' || (unsigned char) c >= 0x80;
}

/* Is the sign next, and not the beginning of another one?  Then it is passed. */
static bool
take(Parser *parser, const char *sign, const char *not_before)
{
	size_t		len = strlen(sign);

	skip_space(parser);
	if (strncmp(parser->p, sign, len) != 0)
		return false;
	if (parser->p[len] != '\0' && strchr(not_before, parser->p[len]) != NULL)
		return false;
	parser->p += len;
	return true;
}

static bool
take_word(Parser *parser, const char *word)
{
	size_t		len = strlen(word);

	skip_space(parser);
	if (strncmp(parser->p, word, len) != 0 || is_name_char(parser->p[len]))
		return false;
	parser->p += len;
	return true;
}

/* A text in quotes, at the first of them; NULL, with a fault, if it is none. */
static const char *
parse_text(Parser *parser)
{
	static const char from[] = "bfnrt";
	static const char means[] = "\b\f\n\r\t";
	char		quote = *parser->p;
	char	   *text = palloc(strlen(parser->p) + 1);
	char	   *to = text;

	for (parser->p++; *parser->p != quote; parser->p++)
	{
		const char *hit;

		if (*parser->p == '\0' || *parser->p == '\n')
			fail(parser, "a closing quote");
		else if (*parser->p == '$' && quote == '"')
			fail(parser, "a text without $, or one in single quotes");
		if (parser->expected)
			return NULL;
		if (*parser->p != '\\')
		{
			*to++ = *parser->p;
			continue;
		}
		parser->p++;
		hit = *parser->p ? strchr(from, *parser->p) : NULL;
		if (hit == NULL && (*parser->p == '\0' || strchr("\\'\"$", *parser->p) == NULL))
		{
			fail(parser, "\\\\, \\', \\\", \\$, \\b, \\f, \\n, \\r or \\t");
			return NULL;
		}
		*to++ = hit ? means[hit - from] : *parser->p;
	}
	parser->p++;
	*to = '\0';
	return text;
}

static const char *
parse_name(Parser *parser)
{
	const char *start;

	skip_space(parser);
	start = parser->p;
	if (*start == '\'' || *start == '"')
		return parse_text(parser);
	if (isdigit((unsigned char) *start))
		return (const char *) fail(parser, "a name");
	while (is_name_char(*parser->p))
		parser->p++;
	return parser->p > start ? pnstrdup(start, parser->p - start) :
		(const char *) fail(parser, "a name");
}

/* ---- values -------------------------------------------------------------- */

static ScriptNode *
parse_number(Parser *parser)
{
	const char *start = parser->p;
	ScriptNode *node = new_node(SCRIPT_INTEGER);
	char	   *digits;

	while (isdigit((unsigned char) *parser->p))
		parser->p++;
	if (*parser->p == '.' && isdigit((unsigned char) parser->p[1]))
	{
		node->kind = SCRIPT_DECIMAL;
		for (parser->p++; isdigit((unsigned char) *parser->p);)
			parser->p++;
	}
	digits = pnstrdup(start, parser->p - start);
	errno = 0;
	if (node->kind == SCRIPT_INTEGER)
		node->integer = strtoll(digits, NULL, 10);
	node->number = strtod(digits, NULL);
	if (errno == ERANGE)
		return fail(parser, "a number of 64 bits");
	node->wide = node->integer > INT32_MAX;
	if (node->kind == SCRIPT_INTEGER && (*parser->p == 'L' || *parser->p == 'l'))
	{
		node->wide = true;
		parser->p++;
	}
	return is_name_char(*parser->p) ? fail(parser, "an operator") : node;
}

static void
add_name(ScriptNode *path, const char *name, bool safe)
{
	size_t		size = (path->nnames + 1) * sizeof(ScriptName);

	path->names = path->names ? repalloc(path->names, size) : palloc(size);
	path->names[path->nnames++] = (ScriptName) {name, safe};
}

/* .get('name'), behind the word; a column may be called get, too. */
static const char *
parse_get(Parser *parser)
{
	const char *name;

	skip_space(parser);
	if (*parser->p != '\'' && *parser->p != '"')
		return (const char *) fail(parser, "a name in quotes");
	name = parse_text(parser);
	if (name && !take(parser, ")", ""))
		return (const char *) fail(parser, "a closing parenthesis");
	return name;
}

/* What comes behind value, key or topic. */
static ScriptNode *
parse_path(Parser *parser, ScriptRoot root)
{
	ScriptNode *path = new_node(SCRIPT_PATH);

	path->root = root;
	for (;;)
	{
		bool		safe = take(parser, "?.", "");
		const char *name;

		if (safe || take(parser, ".", ""))
		{
			name = parse_name(parser);
			if (name && strcmp(name, "get") == 0 && take(parser, "(", ""))
				name = parse_get(parser);
			else if (name && take(parser, "(", ""))
				return fail(parser, "a name without parentheses: of methods there is only get('name')");
		}
		else if (take(parser, "[", ""))
		{
			name = parse_name(parser);
			if (name && !take(parser, "]", ""))
				return fail(parser, "a closing bracket");
		}
		else
			return path;
		if (name == NULL)
			return NULL;
		if (root == ROOT_TOPIC)
			return fail(parser, "an operator: topic is a text");
		add_name(path, name, safe);
	}
}

/* A word that is a constant or a record's part; NULL without a fault if it is none. */
static ScriptNode *
parse_word(Parser *parser)
{
	static const struct
	{
		const char *word;
		ScriptKind	kind;
		int			value;		/* of a boolean, or the root */
	}			words[] = {
		{"true", SCRIPT_BOOL, 1}, {"false", SCRIPT_BOOL, 0}, {"null", SCRIPT_NULL, 0},
		{"value", SCRIPT_PATH, ROOT_VALUE}, {"key", SCRIPT_PATH, ROOT_KEY}, {"topic", SCRIPT_PATH, ROOT_TOPIC}
	};

	for (int i = 0; i < lengthof(words); i++)
	{
		ScriptNode *node;

		if (!take_word(parser, words[i].word))
			continue;
		if (words[i].kind == SCRIPT_PATH)
			return parse_path(parser, words[i].value);
		node = new_node(words[i].kind);
		node->integer = words[i].value;
		return node;
	}
	return fail(parser, "value, key, topic, a text, a number, true, false, null, ! or (");
}

static ScriptNode *
parse_value(Parser *parser)
{
	ScriptNode *node;

	if (take(parser, "(", ""))
	{
		node = parse_expression(parser);
		return node && !take(parser, ")", "") ? fail(parser, "an operator or a closing parenthesis") : node;
	}
	if (*parser->p == '\'' || *parser->p == '"')
	{
		if (strncmp(parser->p, "'''", 3) == 0 || strncmp(parser->p, "\"\"\"", 3) == 0)
			return fail(parser, "a text in one quote on each side");
		node = new_node(SCRIPT_STRING);
		node->text = parse_text(parser);
		return node->text ? node : NULL;
	}
	if (isdigit((unsigned char) *parser->p))
		return parse_number(parser);
	return parse_word(parser);
}

/* ---- operators ----------------------------------------------------------- */

static ScriptNode *
parse_unary(Parser *parser)
{
	ScriptNode *node;

	if (take(parser, "!", "=i"))
	{
		ScriptNode *operand;

		if (++parser->depth > DEPTH_MAX)
			return fail(parser, "fewer parentheses and negations");
		operand = parse_unary(parser);
		parser->depth--;
		if (operand == NULL)
			return NULL;
		node = new_node(SCRIPT_NOT);
		add_operand(node, operand);
		return node;
	}
	if (!take(parser, "-", ""))
		return parse_value(parser);
	if (!isdigit((unsigned char) *parser->p))
		return fail(parser, "a number");
	node = parse_number(parser);
	if (node)
	{
		node->integer = -node->integer;
		node->number = -node->number;
	}
	return node;
}

static ScriptNode *
parse_sum(Parser *parser)
{
	ScriptNode *node = parse_unary(parser);

	while (node && take(parser, "+", "+="))
	{
		ScriptNode *right = parse_unary(parser);

		node = new_pair(parser, SCRIPT_PLUS, node, right);
	}
	return node;
}

/* [a, b], behind the bracket; they become further operands. */
static ScriptNode *
parse_list(Parser *parser, ScriptNode *node)
{
	if (take(parser, "]", ""))
		return node;
	do
	{
		ScriptNode *item = parse_expression(parser);

		if (item == NULL)
			return NULL;
		add_operand(node, item);
	} while (take(parser, ",", ""));
	return take(parser, "]", "") ? node : fail(parser, "a comma or a closing bracket");
}

static ScriptNode *
parse_relation(Parser *parser)
{
	static const struct
	{
		const char *sign;
		const char *not_before;
		ScriptKind	kind;
	}			signs[] = {
		{"<=", ">", SCRIPT_AT_MOST}, {">=", "", SCRIPT_AT_LEAST},
		{"<", "<", SCRIPT_LESS}, {">", ">", SCRIPT_GREATER}
	};
	ScriptNode *left = parse_sum(parser);

	if (left == NULL)
		return NULL;
	if (take_word(parser, "in"))
	{
		ScriptNode *node = new_node(SCRIPT_IN);

		add_operand(node, left);
		return take(parser, "[", "") ? parse_list(parser, node) : fail(parser, "a list in brackets");
	}
	for (int i = 0; i < lengthof(signs); i++)
	{
		ScriptNode *right;

		if (!take(parser, signs[i].sign, signs[i].not_before))
			continue;
		right = parse_sum(parser);
		return new_pair(parser, signs[i].kind, left, right);
	}
	return left;
}

static ScriptNode *
parse_equality(Parser *parser)
{
	ScriptNode *node = parse_relation(parser);

	while (node)
	{
		ScriptKind	kind = take(parser, "==", "=~") ? SCRIPT_EQUAL :
			take(parser, "!=", "=") ? SCRIPT_UNEQUAL : SCRIPT_NULL;
		ScriptNode *right;

		if (kind == SCRIPT_NULL)
			break;
		right = parse_relation(parser);
		node = new_pair(parser, kind, node, right);
	}
	return node;
}

static ScriptNode *
parse_and(Parser *parser)
{
	ScriptNode *node = parse_equality(parser);

	while (node && take(parser, "&&", ""))
	{
		ScriptNode *right = parse_equality(parser);

		node = new_pair(parser, SCRIPT_AND, node, right);
	}
	return node;
}

static ScriptNode *
parse_or(Parser *parser)
{
	ScriptNode *node = parse_and(parser);

	while (node && take(parser, "||", ""))
	{
		ScriptNode *right = parse_and(parser);

		node = new_pair(parser, SCRIPT_OR, node, right);
	}
	return node;
}

/* Behind a condition's question mark. */
static ScriptNode *
parse_choice(Parser *parser, ScriptNode *condition)
{
	ScriptNode *yes = parse_expression(parser);
	ScriptNode *no;
	ScriptNode *node;

	if (yes == NULL)
		return NULL;
	if (!take(parser, ":", ""))
		return fail(parser, "a colon and what else it is");
	no = parse_expression(parser);
	if (no == NULL)
		return NULL;
	node = new_pair(parser, SCRIPT_CHOICE, condition, yes);
	if (node)
		add_operand(node, no);
	return node;
}

static ScriptNode *
parse_expression(Parser *parser)
{
	ScriptNode *node;

	if (++parser->depth > DEPTH_MAX)
		return fail(parser, "fewer parentheses and negations");
	node = parse_or(parser);
	if (node && take(parser, "?:", ""))
		node = new_pair(parser, SCRIPT_ELSE, node, parse_expression(parser));
	else if (node && take(parser, "?", "."))
		node = parse_choice(parser, node);
	parser->depth--;
	return node;
}

ScriptNode *
script_parse(const char *text, size_t *offset, const char **expected)
{
	Parser		parser = {.text = text,.p = text};
	ScriptNode *node = parse_expression(&parser);

	skip_space(&parser);
	if (node && *parser.p != '\0')
		node = fail(&parser, "an operator or the end");
	*offset = parser.offset;
	*expected = parser.expected;
	return node;
}
