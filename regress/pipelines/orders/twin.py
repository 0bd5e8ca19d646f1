"""The same totals from the outbox table's change events, instead of direct sends."""
import json
import os
import signal
import sys

import psycopg2
from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "dbserver1.public.outbox_events",
    bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:29092"),
    group_id="order-aggregator-cdc",
    auto_offset_reset="earliest",
    enable_auto_commit=True,
    isolation_level="read_committed",
    value_deserializer=lambda value: json.loads(value.decode()),
)
db = psycopg2.connect("")
signal.signal(signal.SIGTERM, lambda *_: sys.exit())

try:
    for message in consumer:
        change = message.value["payload"]
        if change["op"] not in ("c", "r"):
            continue
        event = json.loads(change["after"]["payload"])
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
