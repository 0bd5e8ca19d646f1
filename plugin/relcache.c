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
	Oid			shown;			/* as which it is published: itself or its root */
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

/* A partition may be shown as its root: both are looked at. */
static void
on_relation(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS status;
	Entry	   *entry;

	if (live == NULL)
		return;
	hash_seq_init(&status, live->entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		if (!OidIsValid(relid) || entry->relid == relid || entry->shown == relid)
			entry->valid = false;
}

/* A schema was renamed, or labels of an enum changed. */
static void
on_catalog(Datum arg, int cache, uint32 hash)
{
	invalidate_all();
}

/*
 * A type changed.  Each new table brings a type of its own, so only plans
 * with a column of this very type are stale; a hash of zero is any type.
 */
static void
on_type(Datum arg, int cache, uint32 hash)
{
	HASH_SEQ_STATUS status;
	Entry	   *entry;

	if (live == NULL)
		return;
	hash_seq_init(&status, live->entries);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		if (hash == 0 || entry->plan == NULL)
			entry->valid = false;
		else
			for (int i = 0; i < entry->plan->ntypes; i++)
				if (entry->plan->types[i] == hash)
					entry->valid = false;
	}
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
	static const int caches[] = {NAMESPACEOID, ENUMOID};

	if (registered)
		return;
	registered = true;
	CacheRegisterRelcacheCallback(on_relation, (Datum) 0);
	for (int i = 0; i < lengthof(caches); i++)
		CacheRegisterSyscacheCallback(caches[i], on_catalog, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, on_type, (Datum) 0);
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
	entry->shown = entry->plan->shown;
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
			entry->shown = relid;
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
