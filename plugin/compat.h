/*
 * compat.h
 *	  Every test of the server's version that the project needs, and nothing
 *	  else.  13 to 18 compile.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_COMPAT_H
#define WALPOST_COMPAT_H

#if PG_VERSION_NUM < 130000
#error "walpost needs PostgreSQL 13 or later"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Row filters, column lists, tables in schema. */
#define HAVE_PUBLICATION_FILTERS (PG_VERSION_NUM >= 150000)

/* Tuples of a decoded change lost their wrapper in 17. */
#if PG_VERSION_NUM >= 170000
#define COMPAT_TUPLE(t) (t)
#else
#define COMPAT_TUPLE(t) ((t) ? &(t)->tuple : NULL)
#endif

/* The commit time moved into a union in 15 (anonymous from 19 on). */
#if PG_VERSION_NUM >= 150000 && PG_VERSION_NUM < 190000
#define COMPAT_COMMIT_TIME(txn) ((txn)->xact_time.commit_time)
#else
#define COMPAT_COMMIT_TIME(txn) ((txn)->commit_time)
#endif

#if PG_VERSION_NUM >= 150000
#define compat_update_progress(ctx, skipped) OutputPluginUpdateProgress((ctx), (skipped))
#else
#define compat_update_progress(ctx, skipped) OutputPluginUpdateProgress(ctx)
#endif

/* From 16 on the server itself gives a sign of life within long transactions. */
#define SERVER_KEEPS_ALIVE (PG_VERSION_NUM >= 160000)

/* From 17 on a message larger than the connection's buffer does not pass it. */
#define COMPAT_SENDS_LARGE_MESSAGES (PG_VERSION_NUM >= 170000)

/* Attributes of the identity, without a lock, from a historic snapshot. */
#if PG_VERSION_NUM >= 140000
#define compat_identity_bitmap(rel) RelationGetIdentityKeyBitmap(rel)
#else
#define compat_identity_bitmap(rel) \
	RelationGetIndexAttrBitmap((rel), INDEX_ATTR_BITMAP_IDENTITY_KEY)
#endif

#if PG_VERSION_NUM >= 180000
#define compat_primary_key(rel) RelationGetPrimaryKeyIndex((rel), false)
#else
#define compat_primary_key(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* A COPY tells how far it is. */
#if PG_VERSION_NUM >= 140000
#define compat_in_copy() \
	(MyBEEntry != NULL && MyBEEntry->st_progress_command == PROGRESS_COMMAND_COPY)
#else
#define compat_in_copy() false
#endif

/* A publication's schemas (FOR TABLES IN SCHEMA). */
#if HAVE_PUBLICATION_FILTERS
#define compat_publication_has_schema(pub, schema) \
	SearchSysCacheExists2(PUBLICATIONNAMESPACEMAP, \
						  ObjectIdGetDatum(schema), ObjectIdGetDatum(pub))
#else
#define compat_publication_has_schema(pub, schema) false
#endif

/* Generated columns can be published from 18 on, and can be virtual. */
#if PG_VERSION_NUM >= 180000
#define compat_publishes_generated(pub, att) \
	((pub)->pubgencols_type == PUBLISH_GENCOLS_STORED && \
	 (att)->attgenerated == ATTRIBUTE_GENERATED_STORED)
#define compat_expand_virtual_columns(node, rel) \
	expand_generated_columns_in_expr((node), (rel), 1)
#else
#define compat_publishes_generated(pub, att) false
#define compat_expand_virtual_columns(node, rel) (node)
#endif

/* A generated column that no tuple holds. */
#if PG_VERSION_NUM >= 180000
#define compat_is_virtual(att) ((att)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define compat_is_virtual(att) false
#endif

#if PG_VERSION_NUM >= 160000
#define compat_attrmap_by_name(indesc, outdesc) \
	build_attrmap_by_name_if_req((indesc), (outdesc), false)
#else
#define compat_attrmap_by_name(indesc, outdesc) \
	build_attrmap_by_name_if_req((indesc), (outdesc))
#endif

/* Functions were known by their C names before 14. */
#if PG_VERSION_NUM < 140000
#define F_NEXTVAL F_NEXTVAL_OID
#endif

/* The MD5 of some bytes (common/md5.h); from 15 on it tells why it could not. */
#if PG_VERSION_NUM >= 150000
#define compat_md5(bytes, len, digest) \
	pg_md5_binary((bytes), (len), (digest), &(const char *){NULL})
#else
#define compat_md5(bytes, len, digest) pg_md5_binary((bytes), (len), (digest))
#endif

/* From 14 on every built-in type has a symbol. */
#if PG_VERSION_NUM < 140000
#define NUMRANGEOID		3906
#define TSRANGEOID		3908
#define TSTZRANGEOID	3910
#define DATERANGEOID	3912
#define INT8RANGEOID	3926
#endif

/* Hash tables of strings were the default before 14. */
#if PG_VERSION_NUM < 140000
#define HASH_STRINGS 0
#endif

/* A transactional logical message; from 17 on it may be flushed at once. */
#if PG_VERSION_NUM >= 170000
#define compat_log_message(prefix, content, len) LogLogicalMessage((prefix), (content), (len), true, false)
#else
#define compat_log_message(prefix, content, len) LogLogicalMessage((prefix), (content), (len), true)
#endif

/* The end of the record that is being replayed; before 15 of the last one that was. */
#if PG_VERSION_NUM >= 150000
#include "access/xlogrecovery.h"
#define compat_replaying_lsn() GetCurrentReplayRecPtr(NULL)
#else
#define compat_replaying_lsn() GetXLogReplayRecPtr(NULL)
#endif

/* Transactions between the commit's record and its mark in the commit log. */
#if PG_VERSION_NUM >= 150000
#define compat_committing(n) GetVirtualXIDsDelayingChkpt((n), DELAY_CHKPT_START)
#define compat_are_committing(list, n) \
	HaveVirtualXIDsDelayingChkpt((list), (n), DELAY_CHKPT_START)
#else
#define compat_committing(n) GetVirtualXIDsDelayingChkpt(n)
#define compat_are_committing(list, n) HaveVirtualXIDsDelayingChkpt((list), (n))
#endif

/* The range of a multirange, or InvalidOid. */
#if PG_VERSION_NUM >= 140000
#define compat_multirange_range(type) get_multirange_range(type)
#else
#define compat_multirange_range(type) InvalidOid
#endif

/* Digests by name (common/cryptohash.h) */
#define HAVE_CRYPTOHASH (PG_VERSION_NUM >= 140000)

#endif							/* WALPOST_COMPAT_H */
