/*
 * pgtls.h
 *	  database.sslfactory: what of the JDBC driver's classes for TLS libpq can do
 *	  as they do.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PGTLS_H
#define WALPOST_PGTLS_H

#include "conf.h"

/*
 * Checks the class and its argument, which must name certificates that are
 * there, and warns about settings that have no effect beside it.
 */
extern bool pgtls_check(const Conf *conf, Err *err) must_check;

/*
 * A property of the connection as libpq is to have it: what conf says, but for
 * those that the class decides.  NULL: not set.  Borrowed from conf, or lasting.
 */
extern const char *pgtls_value(const Conf *conf, const char *property);

#endif							/* WALPOST_PGTLS_H */
