/*
 * check_topics.h
 *	  walpost check: the topics that the captured tables go to.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CHECK_TOPICS_H
#define WALPOST_CHECK_TOPICS_H

#include "preflight.h"
#include "producer.h"

/* Names of topics, each once, in the order of their tables. */
typedef struct TopicNames
{
	char	  **names;
	int			n;
} TopicNames;

/*
 * Asks the extension which topics the captured tables go to.  Where it cannot
 * be asked, names is left empty and a finding says what to do.  False and err
 * when the connection is lost.
 */
extern bool check_topics_read(Preflight *pf, const TableList *tables, TopicNames *names,
							  Err *err) must_check;
extern void check_topics_free(TopicNames *names);

/* Reports which of them the brokers have, and what becomes of the others. */
extern void check_topics_report(Preflight *pf, const TopicNames *names, const Producer *producer,
								int timeout_ms);

#endif							/* WALPOST_CHECK_TOPICS_H */
