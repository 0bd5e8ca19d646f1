/*
 * jsontree.c
 *	  A reader of JSON, as strict as Jackson's tree reader is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>

#include "jsontree.h"

/* Jackson's limit. */
#define DEPTH_MAX 1000

/* Objects with more members find them by a hash. */
#define LINEAR_MAX 16

typedef struct Reader
{
	const char *p;
	const char *end;
	int			depth;
} Reader;

/* A list of members or items as it grows. */
typedef struct Growing
{
	JsonNode   *node;
	int			max;
	int		   *slots;			/* hash of names: number of a member, from 1 */
	uint32_t	nslots;			/* a power of two; 0: no hash yet */
} Growing;

static JsonNode *read_value(Reader *reader);

static JsonNode *
new_node(JsonKind kind)
{
	JsonNode   *node = palloc0(sizeof(JsonNode));

	node->kind = kind;
	return node;
}

static void
skip_space(Reader *reader)
{
	while (reader->p < reader->end && memchr(" \t\n\r", *reader->p, 4) != NULL)
		reader->p++;
}

/* Is it the next character?  Then it is passed. */
static bool
take(Reader *reader, char c)
{
	skip_space(reader);
	if (reader->p == reader->end || *reader->p != c)
		return false;
	reader->p++;
	return true;
}

/* ---- strings ------------------------------------------------------------- */

/* Four hexadecimal digits at the reader, which passes them; -1: there are none. */
static int
read_unit(Reader *reader)
{
	int			unit = 0;

	if (reader->end - reader->p < 4)
		return -1;
	for (int i = 0; i < 4; i++, reader->p++)
	{
		int			c = (unsigned char) *reader->p;

		if (!isxdigit(c))
			return -1;
		unit = unit * 16 + (isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
	}
	return unit;
}

static char *
put_utf8(char *to, uint32_t c)
{
	int			more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char heads[] = {0, 0xC0, 0xE0, 0xF0};

	*to++ = (char) (heads[more] | c >> (6 * more));
	while (more-- > 0)
		*to++ = (char) (0x80 | ((c >> (6 * more)) & 0x3F));
	return to;
}

/* What follows \u; NULL if it is no character. */
static char *
read_unicode(Reader *reader, char *to)
{
	int			unit = read_unit(reader);
	int			low;

	if (unit < 0 || (unit >= 0xDC00 && unit < 0xE000))
		return NULL;
	if (unit < 0xD800 || unit >= 0xE000)
		return put_utf8(to, (uint32_t) unit);
	if (reader->end - reader->p < 6 || reader->p[0] != '\\' || reader->p[1] != 'u')
		return NULL;
	reader->p += 2;
	low = read_unit(reader);
	if (low < 0xDC00 || low >= 0xE000)
		return NULL;
	return put_utf8(to, 0x10000 + (uint32_t) (unit - 0xD800) * 0x400 + (uint32_t) (low - 0xDC00));
}

/* What follows a backslash. */
static char *
read_escape(Reader *reader, char *to)
{
	static const char from[] = "\"\\/bfnrt";
	static const char means[] = "\"\\/\b\f\n\r\t";
	char		c = *reader->p++;
	const char *hit = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return read_unicode(reader, to);
	if (hit == NULL)
		return NULL;
	*to++ = means[hit - from];
	return to;
}

/* A string, behind its first quote; terminated. */
static const char *
read_string(Reader *reader, size_t *len)
{
	const char *close = reader->p;
	char	   *text,
			   *to;

	while (close < reader->end && *close != '"')
		close += *close == '\\' && close + 1 < reader->end ? 2 : 1;
	if (close >= reader->end)
		return NULL;
	text = to = palloc(close - reader->p + 1);

	while (reader->p < close)
	{
		unsigned char c = *reader->p++;

		if (c < ' ')
			return NULL;
		if (c != '\\')
			*to++ = (char) c;
		else if ((to = read_escape(reader, to)) == NULL)
			return NULL;
	}
	reader->p = close + 1;
	*to = '\0';
	*len = to - text;
	return text;
}

static JsonNode *
read_text(Reader *reader)
{
	JsonNode   *node = new_node(JSON_STRING);

	node->text = read_string(reader, &node->len);
	return node->text ? node : NULL;
}

/* ---- numbers and words --------------------------------------------------- */

static bool
skip_digits(Reader *reader)
{
	const char *start = reader->p;

	while (reader->p < reader->end && isdigit((unsigned char) *reader->p))
		reader->p++;
	return reader->p > start;
}

static bool
is_next(const Reader *reader, const char *any)
{
	return reader->p < reader->end && *reader->p && strchr(any, *reader->p) != NULL;
}

/* Passes a number; *whole tells that it has neither fraction nor exponent. */
static bool
skip_number(Reader *reader, bool *whole)
{
	*whole = true;
	if (is_next(reader, "-"))
		reader->p++;
	if (is_next(reader, "0"))
	{
		reader->p++;
		if (is_next(reader, "0123456789"))
			return false;
	}
	else if (!skip_digits(reader))
		return false;
	if (is_next(reader, "."))
	{
		*whole = false;
		reader->p++;
		if (!skip_digits(reader))
			return false;
	}
	if (is_next(reader, "eE"))
	{
		*whole = false;
		reader->p++;
		if (is_next(reader, "+-"))
			reader->p++;
		return skip_digits(reader);
	}
	return true;
}

static JsonNode *
read_number(Reader *reader)
{
	const char *start = reader->p;
	bool		whole;
	char	   *text;
	JsonNode   *node;

	if (!skip_number(reader, &whole))
		return NULL;
	text = pnstrdup(start, reader->p - start);
	node = new_node(JSON_DOUBLE);
	if (whole)
	{
		errno = 0;
		node->integer = strtoll(text, NULL, 10);
		node->kind = errno == ERANGE ? JSON_BIG :
			node->integer >= INT_MIN && node->integer <= INT_MAX ? JSON_INT : JSON_LONG;
	}
	else
		node->number = strtod(text, NULL);
	pfree(text);
	return node;
}

static JsonNode *
read_word(Reader *reader)
{
	static const struct
	{
		const char *word;
		JsonKind	kind;
		int			value;
	}			words[] = {{"true", JSON_BOOL, 1}, {"false", JSON_BOOL, 0}, {"null", JSON_NULL, 0}};

	for (int i = 0; i < lengthof(words); i++)
	{
		size_t		len = strlen(words[i].word);
		JsonNode   *node;

		if ((size_t) (reader->end - reader->p) < len || memcmp(reader->p, words[i].word, len) != 0)
			continue;
		reader->p += len;
		node = new_node(words[i].kind);
		node->integer = words[i].value;
		return node;
	}
	return NULL;
}

/* ---- arrays and objects -------------------------------------------------- */

static uint32_t
name_hash(const char *name)
{
	uint32_t	hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char) *name) * 16777619u;
	return hash;
}

/* The slot of a name, or the free one for it. */
static int *
find_slot(const Growing *growing, const char *name)
{
	uint32_t	i = name_hash(name);

	for (;; i++)
	{
		int		   *slot = &growing->slots[i & (growing->nslots - 1)];

		if (*slot == 0 || strcmp(growing->node->names[*slot - 1], name) == 0)
			return slot;
	}
}

static void
make_slots(Growing *growing)
{
	if (growing->slots)
		pfree(growing->slots);
	growing->nslots = 4 * (uint32_t) growing->max;
	growing->slots = palloc0(growing->nslots * sizeof(int));
	for (int i = 0; i < growing->node->nitems; i++)
		*find_slot(growing, growing->node->names[i]) = i + 1;
}

static void
grow(Growing *growing)
{
	JsonNode   *node = growing->node;

	if (node->nitems < growing->max)
		return;
	if (growing->max == 0)
	{
		growing->max = 8;
		node->items = palloc(growing->max * sizeof(JsonNode *));
		node->names = palloc(growing->max * sizeof(char *));
		return;
	}
	growing->max *= 2;
	node->items = repalloc(node->items, growing->max * sizeof(JsonNode *));
	node->names = repalloc(node->names, growing->max * sizeof(char *));
	if (node->kind == JSON_OBJECT && growing->max > LINEAR_MAX)
		make_slots(growing);
}

/* The number of the member with that name, -1: there is none. */
static int
find_member(const Growing *growing, const char *name)
{
	const JsonNode *node = growing->node;

	if (growing->nslots > 0)
		return *find_slot(growing, name) - 1;
	for (int i = 0; i < node->nitems; i++)
		if (strcmp(node->names[i], name) == 0)
			return i;
	return -1;
}

static void
add_item(Growing *growing, const char *name, JsonNode *item)
{
	JsonNode   *node = growing->node;
	int			earlier = name ? find_member(growing, name) : -1;

	if (earlier >= 0)
	{
		node->items[earlier] = item;
		return;
	}
	grow(growing);
	if (growing->nslots > 0)
		*find_slot(growing, name) = node->nitems + 1;
	node->names[node->nitems] = name;
	node->items[node->nitems++] = item;
}

/* "name": of an object; NULL if that is not there. */
static const char *
read_name(Reader *reader)
{
	size_t		len;
	const char *name = take(reader, '"') ? read_string(reader, &len) : NULL;

	return name && strlen(name) == len && take(reader, ':') ? name : NULL;
}

/* Behind the opening bracket. */
static JsonNode *
read_items(Reader *reader, JsonKind kind)
{
	char		close = kind == JSON_ARRAY ? ']' : '}';
	Growing		growing = {.node = new_node(kind)};

	if (take(reader, close))
		return growing.node;
	do
	{
		const char *name = kind == JSON_OBJECT ? read_name(reader) : NULL;
		JsonNode   *item;

		if (kind == JSON_OBJECT && name == NULL)
			return NULL;
		item = read_value(reader);
		if (item == NULL)
			return NULL;
		add_item(&growing, name, item);
	} while (take(reader, ','));
	return take(reader, close) ? growing.node : NULL;
}

static JsonNode *
read_value(Reader *reader)
{
	JsonNode   *node;

	if (take(reader, '"'))
		return read_text(reader);
	if (is_next(reader, "[{"))
	{
		if (++reader->depth > DEPTH_MAX)
			return NULL;
		node = read_items(reader, *reader->p++ == '[' ? JSON_ARRAY : JSON_OBJECT);
		reader->depth--;
		return node;
	}
	return is_next(reader, "-0123456789") ? read_number(reader) : read_word(reader);
}

JsonNode *
json_read(const char *text, size_t len)
{
	Reader		reader = {.p = text,.end = text + len};

	return read_value(&reader);
}

JsonNode *
json_member(const JsonNode *object, const char *name, int *place)
{
	for (int i = 0; i < object->nitems; i++)
	{
		int			at = (*place + i) % object->nitems;

		if (strcmp(object->names[at], name) != 0)
			continue;
		*place = at + 1;
		return object->items[at];
	}
	return NULL;
}
