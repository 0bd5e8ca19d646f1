"""Orders come in: each transaction writes orders and their outbox rows.

load.py COUNT [PAUSE [ROWS]]: transactions, seconds between them, orders in each.
With DIRECT=1 each outbox payload also goes straight to the topic outbox.events.
"""
import json
import os
import random
import sys
import time
import uuid
from datetime import datetime, timezone

import psycopg2
from kafka import KafkaProducer

count = int(sys.argv[1])
pause = float(sys.argv[2]) if len(sys.argv) > 2 else 2.0
rows = int(sys.argv[3]) if len(sys.argv) > 3 else 1

db = psycopg2.connect("")
producer = None
if os.environ.get("DIRECT") == "1":
    producer = KafkaProducer(
        bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:29092"),
        value_serializer=lambda value: json.dumps(value).encode(),
    )


def order(cursor):
    payload = {
        "order_id": str(uuid.uuid4()),
        "customer_id": random.randint(1, 3),
        "amount_cents": random.randint(500, 5000),
        "status": "PENDING",
        "ts": datetime.now(timezone.utc).isoformat(),
    }
    cursor.execute(
        "INSERT INTO orders (id, customer_id, amount_cents, status) VALUES (%s, %s, %s, %s)",
        (payload["order_id"], payload["customer_id"], payload["amount_cents"], payload["status"]),
    )
    cursor.execute(
        "INSERT INTO outbox_events (aggregate_type, aggregate_id, type, payload)"
        " VALUES ('Order', %s, 'OrderCreated', %s)",
        (payload["order_id"], json.dumps(payload)),
    )
    return payload


for _ in range(count):
    with db, db.cursor() as cursor:
        payloads = [order(cursor) for _ in range(rows)]
    for payload in payloads if producer else []:
        producer.send("outbox.events", key=payload["order_id"].encode(), value=payload)
    time.sleep(pause)
if producer:
    producer.flush()
