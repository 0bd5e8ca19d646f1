"""Prints how many messages of the topic the consumer's group has not committed."""

import os

from confluent_kafka import Consumer, TopicPartition

TOPIC = "bf_employee_cdc"

consumer = Consumer({
    "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:29092"),
    "group.id": "production_cdc_consumer",
})
partitions = [TopicPartition(TOPIC, number)
              for number in consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions]
lag = 0
for committed in consumer.committed(partitions, timeout=10):
    low, high = consumer.get_watermark_offsets(committed, timeout=10)
    lag += high - max(low, committed.offset)
print(lag)
consumer.close()
