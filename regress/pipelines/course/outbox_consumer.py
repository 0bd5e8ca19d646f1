"""Prints what the outbox says: type, aggregate, payload."""
import json
import os
import signal
import sys

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "order.events",
    bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
    group_id="outbox-consumer",
    auto_offset_reset="earliest",
)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())

try:
    for message in consumer:
        headers = {name: value.decode() for name, value in message.headers}
        key = json.loads(message.key)
        payload = json.loads(message.value)
        if isinstance(payload, str):
            payload = json.loads(payload)
        print(headers["eventType"], key, payload["n"], flush=True)
finally:
    consumer.close()
