/*
 * transformdef.h
 *	  What a class of transforms or predicates is: its name, its options, and
 *	  the function that it is; for transform*.c.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TRANSFORMDEF_H
#define WALPOST_TRANSFORMDEF_H

#include "draft.h"
#include "javaregex.h"

typedef enum SettingKind
{
	SETTING_STRING,				/* char * */
	SETTING_LIST,				/* List * of char * */
	SETTING_BOOL,				/* bool */
	SETTING_INT,				/* int */
	SETTING_ENUM,				/* int, the place among the allowed */
	SETTING_IGNORED				/* nothing: it has no meaning (any more) */
} SettingKind;

/* An option of a class, and the member of its settings that it sets. */
typedef struct Setting
{
	const char *name;
	SettingKind kind;
	size_t		offset;
	bool		required;		/* and not empty */
	const char *default_text;	/* NULL: none */
	const char *const *allowed; /* of a SETTING_ENUM */
} Setting;

/* A transform or predicate as it is configured. */
typedef struct TransformStep TransformStep;

typedef struct TransformClass
{
	const char *package;		/* with its last dot */
	const char *name;
	bool		halves;			/* the class is named with $Key or $Value */
	const Setting *settings;	/* ends with a row without a name */
	size_t		size;			/* of its settings */

	/* Checks and completes the settings; NULL: nothing to do. */
	void		(*check) (TransformStep *step);

	/* Changes the draft, or of a predicate: tells what it says of it. */
	void		(*apply) (const TransformStep *step, Draft *draft);
	bool		(*test) (const TransformStep *step, const Draft *draft);
} TransformClass;

struct TransformStep
{
	const char *prefix;			/* of its properties, "transforms.a." */
	const char *alias;
	const TransformClass *class;
	Half		half;
	void	   *settings;
	const TransformStep *predicate; /* NULL: applied to each record */
	bool		negate;
	List	   *given;			/* names of the options that are set */
};

/* The tables that transform.c looks a class up in; each ends without a name. */
extern const TransformClass topic_transforms[];
extern const TransformClass field_transforms[];
extern const TransformClass header_transforms[];
extern const TransformClass unwrap_transforms[];
extern const TransformClass outbox_transforms[];
extern const TransformClass partition_transforms[];
extern const TransformClass script_transforms[];
extern const TransformClass filter_transforms[];
extern const TransformClass timezone_transforms[];
extern const TransformClass change_transforms[];
extern const TransformClass header_value_transforms[];
extern const TransformClass message_transforms[];
extern const TransformClass size_transforms[];
extern const TransformClass filter_predicates[];

/* The name of one of a step's properties, for errors. */
extern const char *step_property(const TransformStep *step, const char *option);

/* Was the option given, and not left to its default? */
extern bool step_given(const TransformStep *step, const char *option);

/* Compiles the regular expression of one option with the replacement of another. */
extern JavaRegex *step_regex(const TransformStep *step, const char *option, const char *pattern,
							 const char *replacement_option, const char *replacement);

/* Is the name in a SETTING_LIST? */
extern bool step_lists(List *names, const char *name);

/* Is a text a decimal number and nothing else, as BigDecimal reads it? */
extern bool step_number(const char *text);

/* ereports a value that is none for the option. */
extern void step_bad_value(const TransformStep *step, const char *option, const char *value,
						   const char *expected) pg_attribute_noreturn();

/* Why the step cannot take the record, as an error says it. */
extern char *step_failure(const TransformStep *step, const Draft *draft, const char *reason);

/*
 * The struct that the step works on, of its half.  NULL, and the draft fails
 * as Connect's class would (purpose is its word for it), if that is none.
 */
extern Shape *step_struct(const TransformStep *step, Draft *draft, const char *purpose);

/* The same of any shape; NULL is a null without a schema. */
extern Shape *struct_require(Draft *draft, Shape *shape, const char *purpose);

#endif							/* WALPOST_TRANSFORMDEF_H */
