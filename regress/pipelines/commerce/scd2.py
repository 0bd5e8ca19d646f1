"""The history of products, from the sink's files: scd2.py FOLDER

Prints what is wrong with it (nothing), how many versions there are, and how many are current.
"""
import sys

import duckdb

db = duckdb.connect()
db.execute(
    f"""
CREATE TABLE products_scd2 AS
WITH changes AS (
    SELECT
        json ->> '$.payload.op' AS op,
        coalesce(json ->> '$.payload.after.id', json ->> '$.payload.before.id')::int AS id,
        (json ->> '$.payload.source.lsn')::bigint AS lsn,
        to_timestamp((json ->> '$.payload.ts_ms')::bigint / 1000.0) AS changed_at,
        json ->> '$.payload.after.name' AS name,
        json ->> '$.payload.after.description' AS description,
        (json ->> '$.payload.after.price')::real AS price
    FROM read_ndjson_objects('{sys.argv[1]}/topics/cdc.commerce.products/*/*/*/*.json')
), ordered AS (
    SELECT *, lead(changed_at) OVER (PARTITION BY id ORDER BY lsn) AS next_at,
        lag(lsn) OVER (PARTITION BY id ORDER BY changed_at, lsn) AS last_lsn
    FROM changes
)
SELECT id, name, description, price, op, lsn, last_lsn, changed_at AS row_valid_start_timestamp,
    coalesce(next_at, TIMESTAMPTZ '9999-01-01') AS row_valid_expiration_timestamp
FROM ordered
"""
)
wrong = db.execute(
    """
SELECT 'overlap', a.id FROM products_scd2 a JOIN products_scd2 b ON a.id = b.id AND a.lsn < b.lsn
    WHERE a.row_valid_expiration_timestamp > b.row_valid_start_timestamp
UNION ALL SELECT 'lsn', id FROM products_scd2 WHERE last_lsn >= lsn
UNION ALL SELECT 'first', id FROM products_scd2 WHERE last_lsn IS NULL AND op NOT IN ('c', 'r')
UNION ALL SELECT 'ends', id FROM (SELECT id FROM products_scd2
    WHERE row_valid_expiration_timestamp = TIMESTAMPTZ '9999-01-01' GROUP BY id HAVING count(*) <> 1)
"""
).fetchall()
print("wrong:", wrong)
print("versions:", db.execute("SELECT op, count(*)::int FROM products_scd2 GROUP BY 1 ORDER BY 1").fetchall())
print(
    "current:",
    db.execute(
        "SELECT count(*)::int FROM products_scd2"
        " WHERE row_valid_expiration_timestamp = TIMESTAMPTZ '9999-01-01' AND op <> 'd'"
    ).fetchone()[0],
)
