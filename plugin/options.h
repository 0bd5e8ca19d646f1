/*
 * options.h
 *	  The plugin's options: the connector's properties under their own names.
 *
 * One table (optionrows.c) parses, checks, defaults and documents them;
 * walpost.options() and OPTIONS.md are printed from it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_OPTIONS_H
#define WALPOST_OPTIONS_H

#include "nodes/pg_list.h"
#include "topicrouter.h"
#include "typemap.h"

/* Operations in Options.skipped, as bits. */
#define OP_CREATE	0x01
#define OP_UPDATE	0x02
#define OP_DELETE	0x04
#define OP_TRUNCATE 0x08

typedef enum NameAdjustment
{
	ADJUST_NONE, ADJUST_AVRO, ADJUST_AVRO_UNICODE
} NameAdjustment;

/* What becomes of a change that cannot be made an event. */
typedef enum FailureMode
{
	FAILURE_FAIL, FAILURE_WARN, FAILURE_SKIP, FAILURE_IGNORE
} FailureMode;

/* How topics get their names: Debezium's classes, in the table's order. */
typedef enum NamingStrategy
{
	NAMING_SCHEMA, NAMING_TABLE, NAMING_SCHEMA_UNICODE, NAMING_TABLE_UNICODE,
	NAMING_SCHEMA_REGEX, NAMING_TABLE_REGEX
} NamingStrategy;

/* What JsonConverter is told. */
typedef struct JsonOptions
{
	bool		schemas;
	bool		replace_null;
	int			decimals;		/* 1: as numbers */
} JsonOptions;

/* What writes a part of a record; see converter.c. */
typedef struct ConverterOptions
{
	int			name;			/* its place among the option's values */
	int			delegate;		/* the same of what BinaryDataConverter hands to */
	JsonOptions json;
	JsonOptions delegate_json;
} ConverterOptions;

typedef struct Options
{
	/* names */
	char	   *topic_prefix;
	char	   *topic_delimiter;
	int			naming_strategy;	/* NamingStrategy */
	char	   *topic_regex;	/* these are read by naming_router() */
	char	   *topic_replacement;
	bool		topic_key_unique;
	char	   *topic_key_field;
	char	   *topic_key_regex;
	char	   *topic_key_replacement;
	TopicRouter *router;		/* of them; NULL: no Regex strategy */
	int			schema_name_adjustment; /* NameAdjustment */
	int			field_name_adjustment;

	/* what is captured */
	char	   *publication_names;	/* comma-separated, as given */
	char	   *schema_include;
	char	   *schema_exclude;
	char	   *table_include;
	char	   *table_exclude;
	char	   *column_include;
	char	   *column_exclude;
	char	   *publish_include;
	char	   *message_include;
	char	   *message_exclude;
	char	   *message_key_columns;
	bool		ignore_builtin;
	char	   *skipped_operations;
	int			skipped;		/* OP_* bits, from skipped_operations */
	int			origin;			/* 1: changes that have one are left out */
	char	   *signal_collection;	/* signal.data.collection */
	char	   *signal_channels;	/* signal.enabled.channels */

	/* what an event looks like */
	bool		skip_unchanged; /* skip.messages.without.change */
	bool		tombstones;
	bool		truncate_to_all;
	bool		extended_headers;
	bool		position_headers;	/* walpost.position.headers */
	bool		unavailable_header;
	bool		changed_header;
	bool		transaction_metadata;
	char	   *topic_transaction;
	int			heartbeat_interval; /* heartbeat.interval.ms; 0: none */
	char	   *heartbeat_prefix;
	char	   *heartbeat_name;
	ConverterOptions key_converter;
	ConverterOptions value_converter;
	ConverterOptions header_converter;	/* it has no delegate */
	TypeModes	types;
	int			failure;		/* FailureMode */
	char	   *placeholder;	/* as given; decoded into types */

	/* what becomes of records; read by transform.c */
	char	   *transforms;
	char	   *predicates;
	List	   *transform_rules;	/* OptionRule */

	/* values that are read anew; read by reselect.c */
	char	   *post_processors;
	List	   *post_rules;		/* OptionRule */

	/* what becomes of single columns; read by columnrule.c */
	List	   *column_rules;	/* OptionRule, in the order given */
	char	   *propagate_columns;
	char	   *propagate_types;

	/* between shipper and plugin */
	int			xmin_interval;	/* milliseconds; 0: source.xmin is null */
	int			wire;			/* 0: lines of JSON */
	char	   *run_id;			/* NULL: one is made */
	char	   *last_commit;	/* LSN text, or NULL */
	char	   *resume;			/* "XID LSN NUMBER", or NULL */
	char	   *window_key;		/* NULL: no watermark is the client's */
	bool		window_open;	/* from the beginning */
} Options;

typedef enum OptionKind
{
	OPTION_STRING, OPTION_BOOL, OPTION_INT, OPTION_ENUM,
	OPTION_RULE					/* any name with the row's prefix */
} OptionKind;

typedef struct OptionRow
{
	const char *name;
	OptionKind	kind;
	size_t		offset;			/* of the member in Options */
	const char *default_text;	/* NULL: none */
	int			min,
				max;			/* of an OPTION_INT */
	const char *const *allowed; /* of an OPTION_ENUM, in order of its values */
	const char *prefix;			/* of an OPTION_RULE, whose name is for people */
	const char *doc;
} OptionRow;

/* An option whose name says something itself: one of an OPTION_RULE's list. */
typedef struct OptionRule
{
	const OptionRow *row;
	char	   *name;
	char	   *value;
} OptionRule;

extern const OptionRow option_rows[];
extern const int option_nrows;

/*
 * Parses what a client gave (a list of DefElem) into a new Options in
 * CurrentMemoryContext.  ereports, naming option, value and remedy, for an
 * unknown, repeated, truncated or ill-valued option, and where topic.prefix
 * is missing, unless creating (a slot is made without options).
 */
extern Options *options_parse(List *given, bool creating);

/* The effective options as a .properties text, defaults included. */
extern char *options_print(const Options *options);

#endif							/* WALPOST_OPTIONS_H */
