"""Applies changes of the table itself to the destination, each once."""

import json
import os
import signal

import psycopg2
from confluent_kafka import Consumer

TOPIC = "employees_direct"


def apply(cursor, row):
    """False if this change, or a later one of the same employee, was applied before."""
    lsn = row.pop("__lsn")
    deleted = row.pop("__deleted") == "true"
    cursor.execute(
        "INSERT INTO applied_changes (emp_id, lsn) VALUES (%s, %s) ON CONFLICT (emp_id)"
        " DO UPDATE SET lsn = EXCLUDED.lsn WHERE applied_changes.lsn < EXCLUDED.lsn",
        [row["emp_id"], lsn])
    if cursor.rowcount == 0:
        return False
    if deleted:
        cursor.execute("DELETE FROM employees WHERE emp_id = %s", [row["emp_id"]])
    else:
        cursor.execute(
            "INSERT INTO employees (emp_id, first_name, last_name, dob, city, salary)"
            " VALUES (%(emp_id)s, %(first_name)s, %(last_name)s, %(dob)s, %(city)s, %(salary)s)"
            " ON CONFLICT (emp_id) DO UPDATE SET first_name = EXCLUDED.first_name,"
            " last_name = EXCLUDED.last_name, dob = EXCLUDED.dob, city = EXCLUDED.city,"
            " salary = EXCLUDED.salary", row)
    return True


def main():
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    connection = psycopg2.connect(
        host="localhost", port=os.environ.get("DST_PORT", "5433"),
        dbname="direct_dst", user="postgres", password="postgres")
    consumer = Consumer({
        "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:29092"),
        "group.id": "direct_cdc_consumer",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    })
    consumer.subscribe([TOPIC])
    stats = {"processed": 0, "duplicates": 0}
    while running:
        message = consumer.poll(0.2)
        if message is None or message.error():
            continue
        with connection, connection.cursor() as cursor:
            new = apply(cursor, json.loads(message.value()))
        stats["processed" if new else "duplicates"] += 1
        consumer.commit(message=message, asynchronous=False)
    consumer.close()
    print("processed={processed} duplicates={duplicates}".format(**stats), flush=True)


if __name__ == "__main__":
    main()
