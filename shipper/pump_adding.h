/*
 * pump_adding.h
 *	  Adding tables while the engine streams: their rows by a process of their
 *	  own, their changes behind the rows.
 *
 *		NONE -> NOTE -> PREPARE -> SLOT -> POINT -> READ -> FORGET -> NONE
 *						   ^         |        |       |
 *						   +----- RETRY <-----+-------+
 *
 * NOTE, POINT and FORGET wait for Kafka to have a position record that says so:
 * what a restart finds there is what was true before the step that follows.
 *
 *	- The record names the tables before their changes can come.
 *	- It has the point of the snapshot before the first row goes.  A restart
 *	  takes another snapshot at a later point, and publishes the changes in
 *	  between before the rows, so that no row stays that was deleted meanwhile.
 *	- It names them no more once their changes go their way.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PUMP_ADDING_H
#define WALPOST_PUMP_ADDING_H

#include "adder.h"
#include "addition.h"
#include "loop.h"

typedef enum AddingState
{
	ADDING_NONE,
	ADDING_NOTE,
	ADDING_PREPARE,				/* the adder looks them up */
	ADDING_NEW,					/* it is noted which are to be published now */
	ADDING_SLOT,				/* it makes its slot; changes are held */
	ADDING_POINT,				/* and all before the point are in Kafka */
	ADDING_READ,				/* it reads the rows */
	ADDING_RETRY,
	ADDING_FORGET
} AddingState;

/*
 * Whoever asked is told when the position record names the tables, and nothing
 * can get lost any more; or at the end, that it did not come to that.
 */
typedef void (*AddingNoted) (void *arg, bool noted);

/* What waits for its turn. */
typedef struct AddingRequest
{
	Addition	tables;
	AddingNoted noted;			/* may be NULL */
	void	   *arg;
	struct AddingRequest *next;
} AddingRequest;

/* What came of a table that an incremental snapshot waits for. */
typedef struct AddingResult
{
	char	   *table;
	bool		ok;
	uint64_t	rows;			/* published */
	struct AddingResult *next;
} AddingResult;

typedef struct Adding
{
	AddingState state;
	Addition	tables;			/* that are being added */
	char		text[POSITION_ADDING_MAX];	/* what the position record is to
											 * say */
	Adder	   *adder;			/* NULL: none */
	LoopFd		fd;
	LoopTimer	timer;			/* for RETRY */
	bool		expired;
	int64_t		wait_us;		/* before the next try; 0: none has failed */
	char	   *said;			/* why the last one did; NULL: none has */
	int64_t		began_us;
	uint64_t	point;
	AddingRequest *requests;	/* that no record names yet */
	bool		requested;		/* tables has those of the first one */
	bool		full_said;		/* memory is full of what is held */
	int64_t		full_us;		/* since when; 0: it is not */
	AddingResult *results;		/* of additions that have ended */
} Adding;

#endif							/* WALPOST_PUMP_ADDING_H */
