/*
 * httptls.h
 *	  What a server needs for TLS, from settings as Kafka has them: ssl.keystore.*,
 *	  ssl.key.password, ssl.truststore.*, ssl.client.auth, ssl.enabled.protocols.
 *
 * Stores are PEM or PKCS #12, told apart by what is in them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_HTTPTLS_H
#define WALPOST_HTTPTLS_H

#include "conf.h"
#include "err.h"

typedef enum HttpClientAuth
{
	HTTP_CLIENT_NONE, HTTP_CLIENT_REQUESTED, HTTP_CLIENT_REQUIRED
} HttpClientAuth;

typedef struct HttpTls
{
	char	   *key;			/* PEM, not encrypted */
	char	   *chain;			/* PEM; the key's certificate first */
	char	   *trusted;		/* PEM; NULL: no client is asked for a certificate */
	HttpClientAuth client;
	const char *priorities;		/* GnuTLS' */
} HttpTls;

/* NULL and err (ERR_CONFIG) when something is missing, cannot be read or is wrong. */
extern HttpTls *httptls_read(const Conf *settings, Err *err) must_check;

/* tls may be NULL. */
extern void httptls_free(HttpTls *tls);

#endif							/* WALPOST_HTTPTLS_H */
