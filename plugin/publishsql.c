/*
 * publishsql.c
 *	  walpost.publish(): a record of a topic, in the transaction that calls it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "replication/message.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/pg_lsn.h"

#include "compat.h"
#include "frame.h"
#include "naming.h"
#include "publish.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_publish);

extern PGDLLEXPORT Datum walpost_publish(PG_FUNCTION_ARGS);

/* A header's value: a text as such, all else as JSON prints it; NULL is null. */
static char *
header_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return NULL;
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
	}
}

static void
put_headers(Out *out, Jsonb *headers)
{
	JsonbIterator *iterator = JsonbIteratorInit(&headers->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	char	   *name = NULL;

	if (!JB_ROOT_IS_OBJECT(headers))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("headers must be a JSON object"),
				 errhint("Its members are the headers, as in {\"type\": \"OrderCreated\"}.")));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, value.val.string.len);
		else if (token == WJB_VALUE)
		{
			char	   *text = header_text(&value);

			if (strlen(name) > PG_UINT16_MAX)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("the name of a header is longer than %d bytes", PG_UINT16_MAX)));
			frame_header(out, name, text, text ? strlen(text) : 0);
		}
	}
}

/* A text or bytea that may be NULL. */
static void
put_varlena(Out *out, FunctionCallInfo fcinfo, int number)
{
	struct varlena *value = PG_ARGISNULL(number) ? NULL : PG_GETARG_VARLENA_PP(number);

	if (value == NULL)
		frame_text(out, "", 0);
	else
		frame_text(out, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

static char *
topic_argument(FunctionCallInfo fcinfo)
{
	char	   *topic = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));

	if (topic == NULL || !naming_is_topic(topic))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 topic ? errmsg("\"%s\" cannot be a topic", topic) : errmsg("topic must not be null"),
				 errhint("A topic's name takes 1 to %d letters, digits, dots, hyphens and underscores.", WIRE_TOPIC_MAX)));
	return topic;
}

/* publish(topic text, key text, payload text or bytea, headers jsonb) */
Datum
walpost_publish(PG_FUNCTION_ARGS)
{
	char	   *topic = topic_argument(fcinfo);
	StringInfoData content;
	Out			out;

	initStringInfo(&content);
	out_open(&out, &content);
	frame_u8(&out, (PG_ARGISNULL(1) ? 0 : PUBLISH_HAS_KEY) | (PG_ARGISNULL(2) ? 0 : PUBLISH_HAS_PAYLOAD));
	frame_text(&out, topic, strlen(topic));
	put_varlena(&out, fcinfo, 1);
	put_varlena(&out, fcinfo, 2);
	if (!PG_ARGISNULL(3))
		put_headers(&out, PG_GETARG_JSONB_P(3));
	out_close(&out);
	PG_RETURN_LSN(compat_log_message(PUBLISH_PREFIX, content.data, content.len));
}
