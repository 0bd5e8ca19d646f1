"""Keeps what the two tables hold, from their change events, with or without schema."""
import json
import os
import signal
import sys

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "dbserver1.public.orders",
    "dbserver1.public.customers",
    bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
    group_id="cdc-consumer-group",
    auto_offset_reset="earliest",
    enable_auto_commit=False,
)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
KEYS = {"orders": "order_id", "customers": "customer_id"}
views = {table: {} for table in KEYS}
counts = {}

try:
    for message in consumer:
        if message.value is None:
            consumer.commit()
            continue
        event = json.loads(message.value)
        event = event.get("payload", event)
        table, op = event["source"]["table"], event["op"]
        key = KEYS[table]
        if op in ("c", "r", "u"):
            views[table][event["after"][key]] = event["after"]
        elif op == "d":
            views[table].pop(event["before"][key], None)
        counts[f"{table} {op}"] = counts.get(f"{table} {op}", 0) + 1
        consumer.commit()
        print(json.dumps({"sizes": {t: len(v) for t, v in views.items()}, "counts": counts}), flush=True)
finally:
    consumer.close()
