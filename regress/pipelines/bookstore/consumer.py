"""Mirrors the shop and the inventory into the analytics database."""

import json
import os

import psycopg2
from kafka import KafkaConsumer

# topic: table, its key, its columns
TABLES = {
    "ecom-connector.public.orders": (
        "fact_orders", "id", ["id", "user_id", "total", "status", "created_at"]),
    "ecom-connector.public.order_items": (
        "fact_order_items", "id", ["id", "order_id", "book_id", "quantity", "price_at_purchase"]),
    "ecom-connector.public.books": (
        "dim_books", "id", ["id", "title", "author", "price", "description", "cover_url", "isbn",
                            "genre", "published_year", "created_at"]),
    "inventory-connector.public.inventory": (
        "fact_inventory", "book_id", ["book_id", "quantity", "reserved", "updated_at"]),
}


def upsert(cursor, topic, row):
    table, key, columns = TABLES[topic]
    cursor.execute(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}".format(
            table, ", ".join(columns), ", ".join(["%s"] * len(columns)), key,
            ", ".join("{0} = EXCLUDED.{0}".format(c) for c in columns if c != key)),
        [row.get(c) for c in columns])


def main():
    connection = psycopg2.connect(dbname="analyticsdb")
    connection.autocommit = True
    cursor = connection.cursor()
    consumer = KafkaConsumer(
        *TABLES,
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        group_id="analytics-cdc-consumer",
        auto_offset_reset="earliest",
        enable_auto_commit=True,
        value_deserializer=lambda value: json.loads(value.decode("utf-8")))
    print("consumer is up", flush=True)
    for message in consumer:
        event = message.value
        row = event["after"] if "after" in event else event
        if event.get("op") == "d" or row is None:
            continue
        upsert(cursor, message.topic, row)


if __name__ == "__main__":
    main()
