"""Keeps totals by customer, from the outbox events. Not idempotent."""
import json
import os
import signal
import sys

import psycopg2
from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "outbox.events",
    bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:29092"),
    group_id="order-aggregator",
    auto_offset_reset="earliest",
    enable_auto_commit=True,
    value_deserializer=lambda value: json.loads(value.decode()),
)
db = psycopg2.connect("")
signal.signal(signal.SIGTERM, lambda *_: sys.exit())

try:
    for message in consumer:
        event = message.value
        with db, db.cursor() as cursor:
            cursor.execute(
                "INSERT INTO order_totals AS t (customer_id, total_amount_cents, order_count)"
                " VALUES (%s, %s, 1)"
                " ON CONFLICT (customer_id) DO UPDATE SET"
                " total_amount_cents = t.total_amount_cents + EXCLUDED.total_amount_cents,"
                " order_count = t.order_count + 1, updated_at = now()",
                (event["customer_id"], event["amount_cents"]),
            )
        print(f"customer {event['customer_id']}: +{event['amount_cents']}", flush=True)
finally:
    consumer.close()
