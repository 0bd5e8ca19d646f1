/*
 * sendbuffer.h
 *	  Room in the buffer of what goes to the client.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SENDBUFFER_H
#define WALPOST_SENDBUFFER_H

/*
 * Makes the buffer of this session's connection large enough for messages of
 * some 64 kB; they are then sent as they are, instead of in pieces of 8 kB.
 * Once a session; nothing where there is no client, and from PostgreSQL 17 on.
 * The client gets some messages about a parameter that means nothing
 * ("walpost.room"), which libpq keeps; for the project's own shipper alone.
 *
 * Follows src/backend/libpq/pqcomm.c: socket_putmessage_noblock() is what
 * makes it larger, and nothing makes it smaller again.
 */
extern void sendbuffer_make_room(void);

#endif							/* WALPOST_SENDBUFFER_H */
