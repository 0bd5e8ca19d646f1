"""A sink with JsonFormat and a folder a day: json_sink.py TOPIC FOLDER

Three records a file; a null value ends it, as it ends the sink by default.
"""
import os
import signal
import sys
from datetime import datetime, timezone

from kafka import KafkaConsumer

topic, folder = sys.argv[1:]
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
    group_id=f"connect-s3-sink-{topic}",
    auto_offset_reset="earliest",
    enable_auto_commit=False,
)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
FLUSH_SIZE = 3
waiting = []

try:
    for message in consumer:
        if message.value is None:
            sys.exit(f"null value at offset {message.offset}")
        waiting.append(message)
        if len(waiting) < FLUSH_SIZE:
            continue
        day = datetime.fromtimestamp(message.timestamp / 1000, timezone.utc)
        path = f"{folder}/topics/{topic}/{day:year=%Y/month=%m/day=%d}"
        os.makedirs(path, exist_ok=True)
        with open(f"{path}/{topic}+0+{waiting[0].offset:010d}.json", "wb") as out:
            out.writelines(record.value + b"\n" for record in waiting)
        waiting.clear()
        consumer.commit()
        print(message.offset, flush=True)
finally:
    consumer.close()
