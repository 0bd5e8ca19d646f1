"""Writes what structs.sh prints as Parquet, by its types: parquet.py FILE OUT

Prints the columns of OUT and how many rows there are of each kind of __deleted.
"""
import json
import re
import sys

import duckdb

TYPES = {"INT32": "INTEGER", "INT64": "BIGINT", "FLOAT32": "FLOAT", "FLOAT64": "DOUBLE", "STRING": "VARCHAR"}

lines = [line.rstrip("\n").split("\t", 1) for line in open(sys.argv[1]) if "\t" in line]
schemas = {schema for schema, _ in lines}
assert len(schemas) == 1, schemas
fields = re.findall(r"(\w+) ([A-Z0-9]+)(?: NOT NULL)?(?:, |$)", re.search(r"\((.*)\)", schemas.pop()).group(1))
db = duckdb.connect()
db.execute("CREATE TABLE rows (" + ", ".join(f"{name} {TYPES[kind]}" for name, kind in fields) + ")")
db.executemany(
    "INSERT INTO rows VALUES (" + ", ".join("?" for _ in fields) + ")",
    [[json.loads(value)[name] for name, _ in fields] for _, value in lines],
)
db.execute(f"COPY rows TO '{sys.argv[2]}' (FORMAT parquet)")
print([name for name, *_ in db.execute(f"DESCRIBE SELECT * FROM '{sys.argv[2]}'").fetchall()])
print(db.execute(f"SELECT __deleted, count(*)::int FROM '{sys.argv[2]}' GROUP BY 1 ORDER BY 1").fetchall())
