/*
 * relcache.c
 *	  Relation plans by OID, and what makes them stale.
 *
 * The discipline is pgoutput's: an invalidation only marks, because it may
 * arrive while the entry is in use; the next look-up rebuilds.  Callbacks
 * cannot be unregistered, so they are registered once per backend and find
 * the live cache through a static pointer, which is cleared with the cache's
 * memory (the SQL functions end a session without ending the backend).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "relcache.h"

typedef struct Entry
{
	Oid			relid;			/* hash key */
	bool		valid;
	uint32		stream;			/* kept over rebuilds */
	RelPlan    *plan;
} Entry;

struct RelCache
{
	MemoryContext context;
	HTAB	   *entries;
	Oid			last_relid;		/* most changes follow one of the same table */
	Entry	   *last;
};

static RelCache *live;

static void
invalidate_all(void)
{
	HASH_SEQ_STATUS status;
	Entry	   *entry;

	if (live == NULL)
		return;
	hash_seq_init(&status, live->entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		entry->valid = false;
}

static void
on_relation(Datum arg, Oid relid)
{
	Entry	   *entry;

	if (live == NULL)
		return;
	if (!OidIsValid(relid))
	{
		invalidate_all();
		return;
	}
	entry = hash_search(live->entries, &relid, HASH_FIND, NULL);
	if (entry)
		entry->valid = false;
}

/* A schema was renamed, a type or its labels changed. */
static void
on_catalog(Datum arg, int cache, uint32 hash)
{
	invalidate_all();
}

static void
forget_cache(void *cache)
{
	if (live == cache)
		live = NULL;
}

static void
register_callbacks(void)
{
	static bool registered = false;
	static const int caches[] = {NAMESPACEOID, TYPEOID, ENUMOID};

	if (registered)
		return;
	registered = true;
	CacheRegisterRelcacheCallback(on_relation, (Datum) 0);
	for (int i = 0; i < lengthof(caches); i++)
		CacheRegisterSyscacheCallback(caches[i], on_catalog, (Datum) 0);
	publication_on_change(invalidate_all);
}

RelCache *
relcache_create(void)
{
	RelCache   *cache = palloc0(sizeof(RelCache));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));
	HASHCTL		ctl = {.keysize = sizeof(Oid), .entrysize = sizeof(Entry)};

	cache->context = AllocSetContextCreate(CurrentMemoryContext, "walpost relations",
										   ALLOCSET_DEFAULT_SIZES);
	ctl.hcxt = cache->context;
	cache->entries = hash_create("walpost relations", 64, &ctl,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	callback->func = forget_cache;
	callback->arg = cache;
	MemoryContextRegisterResetCallback(cache->context, callback);
	register_callbacks();
	live = cache;
	return cache;
}

/* Builds first and marks afterwards: an invalidation may come meanwhile. */
static void
rebuild(Session *session, Entry *entry, Relation relation, XLogRecPtr lsn)
{
	if (entry->plan)
		relplan_free(entry->plan);
	entry->plan = NULL;
	entry->valid = true;
	entry->plan = relplan_build(session, session->relations->context, relation,
								entry->stream, lsn);
}

RelPlan *
relcache_get(Session *session, Relation relation, XLogRecPtr lsn)
{
	RelCache   *cache = session->relations;
	Oid			relid = RelationGetRelid(relation);
	Entry	   *entry = cache->last;
	bool		found;

	if (unlikely(relid != cache->last_relid))
	{
		entry = hash_search(cache->entries, &relid, HASH_ENTER, &found);
		if (!found)
		{
			entry->valid = false;
			entry->plan = NULL;
			entry->stream = session->next_stream++;
		}
		/* dynahash moves no entry and nothing here removes one */
		cache->last_relid = relid;
		cache->last = entry;
	}
	if (unlikely(!entry->valid || entry->plan == NULL))
		rebuild(session, entry, relation, lsn);
	return entry->plan;
}
