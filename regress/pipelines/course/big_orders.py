"""Prints orders over 1000. big_orders.py TOPIC"""
import json
import os
import signal
import sys

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    sys.argv[1],
    bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
    auto_offset_reset="earliest",
)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())

for message in consumer:
    event = json.loads(message.value) if message.value else {}
    event = event.get("payload", event)
    if event.get("op") in ("c", "r") and event["after"]["amount"] > 1000:
        print(event["after"]["order_id"], event["after"]["amount"], flush=True)
