/*
 * rest_auth.h
 *	  Who may use the REST interface: Kafka Connect's basic authentication.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_REST_AUTH_H
#define WALPOST_REST_AUTH_H

#include <stdbool.h>

#include "err.h"
#include "http.h"

typedef struct RestAuth RestAuth;

/*
 * Reads "user=password" lines of the file that Java's login configuration names
 * for KafkaConnect; KAFKA_OPTS says where that is.  NULL and err (ERR_CONFIG).
 */
extern RestAuth *rest_auth_open(Err *err) must_check;

/* auth may be NULL. */
extern void rest_auth_close(RestAuth *auth);

/* True for a request with a user's name and password; with auth NULL for any. */
extern bool rest_auth_admits(const RestAuth *auth, const HttpRequest *request);

#endif							/* WALPOST_REST_AUTH_H */
