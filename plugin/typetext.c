/*
 * typetext.c
 *	  JSON texts that stand for values which are not there.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "common/md5.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "compat.h"
#include "encoders.h"
#include "json.h"
#include "typerule.h"

/* ---- small JSON texts --------------------------------------------------- */

/*
 * A buffer that never has to grow, for texts whose length is known to be less
 * than room; text_close() ends the text with a zero byte.
 */
static Out
text_open(size_t room)
{
	char	   *str = palloc(room);
	Out			out = {str, str + room, NULL};

	return out;
}

static char *
text_close(Out *out, char *start)
{
	*out->p = '\0';
	return start;
}

/* The JSON string of text. */
char *
typetext_quoted(const char *str, size_t len)
{
	Out			out = text_open(JSON_STRING_ROOM(len) + 1);
	char	   *start = out.p;

	json_string(&out, str, len);
	return text_close(&out, start);
}

/* What encoder prints for a value; short values only. */
char *
typetext_encoded(const Enc *enc, Datum value)
{
	Out			out = text_open(1024);
	char	   *start = out.p;

	enc->encode(&out, value, enc);
	return text_close(&out, start);
}

/* ---- values that are not there ------------------------------------------ */

/* {"<placeholder>":"<placeholder>"}, in json mode as the text of a string */
static char *
unavailable_hstore(const TypeModes *modes)
{
	char	   *name = typetext_quoted(modes->placeholder, modes->placeholder_len);
	char	   *object = psprintf("{%s:%s}", name, name);

	return modes->hstore == HSTORE_MAP ? object : typetext_quoted(object, strlen(object));
}

static char *
unavailable_binary(const TypeModes *modes)
{
	Out			out;
	char	   *start;

	/* Debezium's converters know the marker in these two modes only */
	if (modes->binary == BINARY_HEX)
		return typetext_quoted(modes->placeholder, modes->placeholder_len);
	if (modes->binary != BINARY_BYTES)
		return "null";
	out = text_open(2 * modes->placeholder_len + 16);
	start = out.p;
	json_base64(&out, modes->placeholder, modes->placeholder_len);
	return text_close(&out, start);
}

/*
 * java.util.UUID.nameUUIDFromBytes(): version 3, of the MD5 of the bytes; null
 * where a server's cryptographic library refuses to compute that.
 */
static char *
unavailable_uuids(const TypeModes *modes)
{
	pg_uuid_t	uuid;
	Enc			enc = {enc_uuid};

	if (!compat_md5(modes->placeholder, modes->placeholder_len, uuid.data))
		return "null";
	uuid.data[6] = (uuid.data[6] & 0x0F) | 0x30;
	uuid.data[8] = (uuid.data[8] & 0x3F) | 0x80;
	return psprintf("[%s]", typetext_encoded(&enc, UUIDPGetDatum(&uuid)));
}

static char *
unavailable_numbers(const TypeModes *modes)
{
	StringInfoData str;

	initStringInfo(&str);
	for (int i = 0; i < modes->placeholder_len; i++)
		appendStringInfo(&str, "%c%d", i == 0 ? '[' : ',', (signed char) modes->placeholder[i]);
	appendStringInfoString(&str, modes->placeholder_len == 0 ? "[]" : "]");
	return str.data;
}

/* True where a date is a plain number of days to Connect, with no type of its own. */
static bool
plain_dates(const TypeModes *modes)
{
	return modes->time != TIME_CONNECT && modes->time != TIME_ISOSTRING &&
		modes->time != TIME_STRUCTURED;
}

const char *
typetext_unavailable(Unavailable kind, const TypeModes *modes)
{
	switch (kind)
	{
		case UNAVAILABLE_NULL:
			break;
		case UNAVAILABLE_TEXT:
			return typetext_quoted(modes->placeholder, modes->placeholder_len);
		case UNAVAILABLE_BINARY:
			return unavailable_binary(modes);
		case UNAVAILABLE_DECIMAL:
			if (modes->decimal != DECIMAL_STRING)
				break;
			return typetext_quoted(modes->placeholder, modes->placeholder_len);
		case UNAVAILABLE_HSTORE:
			return unavailable_hstore(modes);
		case UNAVAILABLE_TEXTS:
			return psprintf("[%s]", typetext_quoted(modes->placeholder, modes->placeholder_len));
		case UNAVAILABLE_BINARIES:
			if (modes->binary != BINARY_BYTES)
				break;
			return psprintf("[%s]", unavailable_binary(modes));
		case UNAVAILABLE_UUIDS:
			return unavailable_uuids(modes);
		case UNAVAILABLE_DAYS:
			if (!plain_dates(modes))
				break;
			return unavailable_numbers(modes);
		case UNAVAILABLE_NUMBERS:
			return unavailable_numbers(modes);
	}
	return "null";
}
