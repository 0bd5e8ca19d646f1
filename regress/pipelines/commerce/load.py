"""Products and users come, some change, some go. load.py COUNT [FIRST]

Prints how many operations there were of each kind.
"""
import json
import random
import sys

import psycopg2

count = int(sys.argv[1])
first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
random.seed(first)
db = psycopg2.connect("")
done = {"c": 0, "u": 0, "d": 0}

for i in range(first, first + count):
    with db, db.cursor() as cursor:
        cursor.execute(
            "INSERT INTO commerce.products (id, name, description, price) VALUES (%s, %s, %s, %s)",
            (i, f"product {i}", None if i % 7 == 0 else f"what {i} is", random.randint(1, 9999) / 4),
        )
        cursor.execute(
            "INSERT INTO commerce.users (id, username, password) VALUES (%s, %s, %s)",
            (i, f"user {i}", f"secret {i}"),
        )
    done["c"] += 1
    if random.random() < 0.11:
        with db, db.cursor() as cursor:
            cursor.execute("UPDATE commerce.users SET username = username || '!' WHERE id = %s", (i,))
            cursor.execute("UPDATE commerce.products SET name = name || '!' WHERE id = %s", (i,))
        done["u"] += 1
    if random.random() < 0.06:
        with db, db.cursor() as cursor:
            cursor.execute("DELETE FROM commerce.users WHERE id = %s", (i,))
            cursor.execute("DELETE FROM commerce.products WHERE id = %s", (i,))
        done["d"] += 1
print(json.dumps(done))
