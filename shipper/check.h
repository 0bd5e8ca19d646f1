/*
 * check.h
 *	  What "walpost check" looks at, for others that need a part of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CHECK_H
#define WALPOST_CHECK_H

#include "preflight.h"

/*
 * The server, the role and its rights, the slot; with pf->conn connected.  Makes
 * nothing.  False and err when the connection is lost.
 */
extern bool check_rights(Preflight *pf, Err *err) must_check;

#endif							/* WALPOST_CHECK_H */
