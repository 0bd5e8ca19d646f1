#!/bin/sh
# Waits for the worker, then registers a connector: register.sh FILE
set -eu

until [ "$(curl -s -o /dev/null -w '%{http_code}' http://kafka-connect:8083/connectors)" = 200 ]; do
    echo "waiting for Kafka Connect"
    sleep 1
done
curl -s -X POST -H 'Content-Type: application/json' --data "@$1" http://localhost:8083/connectors
echo
