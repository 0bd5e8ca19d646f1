"""The history of products, from flattened rows with __op, __ts_ms and __lsn: scd2_page.py FILE

FILE is what structs.sh prints. Prints the versions of each kind, and the current ones.
"""
import sys

import duckdb

db = duckdb.connect()
db.execute("CREATE TABLE changes (row JSON)")
db.executemany("INSERT INTO changes VALUES (?)", [[line.split("\t", 1)[1]] for line in open(sys.argv[1]) if "\t" in line])
db.execute(
    """
CREATE TABLE products_scd2 AS
SELECT (row ->> '$.id')::int AS id, row ->> '$.name' AS name, row ->> '$.__op' AS op,
    to_timestamp((row ->> '$.__ts_ms')::bigint / 1000.0) AS effective_from,
    lead(to_timestamp((row ->> '$.__ts_ms')::bigint / 1000.0))
        OVER (PARTITION BY row ->> '$.id' ORDER BY (row ->> '$.__lsn')::bigint) AS effective_to
FROM changes
"""
)
print("versions:", db.execute("SELECT op, count(*)::int FROM products_scd2 GROUP BY 1 ORDER BY 1").fetchall())
print("current:", db.execute("SELECT count(*)::int FROM products_scd2 WHERE effective_to IS NULL AND op <> 'd'").fetchone()[0])
