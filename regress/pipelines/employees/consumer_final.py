"""Applies employee changes to the destination, each action once."""

import json
import os
import signal
import sys
import time

import psycopg2
from confluent_kafka import Consumer, Producer

TOPIC = "bf_employee_cdc"
DLQ_TOPIC = "bf_employee_cdc_dlq"
MAX_RETRIES = 3


class Employee:
    """A message of the topic: these fields, no more and no less."""

    def __init__(self, action_id, emp_id, emp_FN, emp_LN, emp_dob, emp_city, emp_salary, action):
        self.action_id = action_id
        self.emp_id = emp_id
        self.emp_FN = emp_FN
        self.emp_LN = emp_LN
        self.emp_dob = emp_dob
        self.emp_city = emp_city
        self.emp_salary = emp_salary
        self.action = action


class EmployeeConsumer:
    def __init__(self):
        brokers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:29092")
        self.consumer = Consumer({
            "bootstrap.servers": brokers,
            "group.id": "production_cdc_consumer",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        })
        self.dlq = Producer({"bootstrap.servers": brokers})
        self.retries = {}
        self.stats = {"processed": 0, "failed": 0, "duplicates": 0, "dlq": 0}
        self.connection = None
        self.running = True

    def connect(self):
        if self.connection is None or self.connection.closed:
            self.connection = psycopg2.connect(
                host="localhost", port=os.environ.get("DST_PORT", "5433"),
                dbname="db_dst", user="postgres", password="postgres")
        return self.connection

    def apply(self, employee, message):
        """False if this action was applied before."""
        connection = self.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM processed_events WHERE action_id = %s", [employee.action_id])
            if cursor.fetchone():
                return False
            if employee.action == "DELETE":
                cursor.execute("DELETE FROM employees WHERE emp_id = %s", [employee.emp_id])
            else:
                cursor.execute(
                    "INSERT INTO employees (emp_id, first_name, last_name, dob, city, salary)"
                    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (emp_id) DO UPDATE SET"
                    " first_name = EXCLUDED.first_name, last_name = EXCLUDED.last_name,"
                    " dob = EXCLUDED.dob, city = EXCLUDED.city, salary = EXCLUDED.salary",
                    [employee.emp_id, employee.emp_FN, employee.emp_LN, employee.emp_dob,
                     employee.emp_city, employee.emp_salary])
            cursor.execute(
                "INSERT INTO processed_events (action_id, emp_id, action, kafka_partition, kafka_offset)"
                " VALUES (%s, %s, %s, %s, %s)",
                [employee.action_id, employee.emp_id, employee.action, message.partition(), message.offset()])
        return True

    def send_to_dlq(self, message, error):
        self.dlq.produce(DLQ_TOPIC, json.dumps({
            "original_topic": message.topic(),
            "original_partition": message.partition(),
            "original_offset": message.offset(),
            "original_key": message.key().decode("utf-8") if message.key() else None,
            "original_value": message.value().decode("utf-8") if message.value() else None,
            "error_reason": str(error),
            "timestamp": time.time(),
        }))
        self.dlq.flush()
        self.stats["dlq"] += 1

    def process(self, message):
        place = (message.partition(), message.offset())
        try:
            new = self.apply(Employee(**json.loads(message.value().decode("utf-8"))), message)
            self.stats["processed" if new else "duplicates"] += 1
        except Exception as error:
            self.stats["failed"] += 1
            self.retries[place] = self.retries.get(place, 0) + 1
            print("failed: {}".format(error), flush=True)
            if self.retries[place] <= MAX_RETRIES:
                return
            self.send_to_dlq(message, error)
        self.consumer.commit(message=message, asynchronous=False)

    def stop(self, *_):
        self.running = False

    def run(self):
        signal.signal(signal.SIGTERM, self.stop)
        self.consumer.subscribe([TOPIC])
        while self.running:
            message = self.consumer.poll(0.2)
            if message is None:
                continue
            if message.error():
                print("kafka: {}".format(message.error()), file=sys.stderr, flush=True)
                continue
            self.process(message)
        self.consumer.close()
        print("processed={processed} failed={failed} duplicates={duplicates} dlq={dlq}".format(**self.stats),
              flush=True)


if __name__ == "__main__":
    EmployeeConsumer().run()
