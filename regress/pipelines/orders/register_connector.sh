#!/bin/sh
# Registers the connector, or changes it: scripts/register_connector.sh [name]
set -eu

CONNECT_URL=${CONNECT_URL:-http://localhost:8083}
NAME=${1:-orders-outbox-connector}

curl -s -X PUT -H 'Content-Type: application/json' "$CONNECT_URL/connectors/$NAME/config" --data '{
  "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
  "plugin.name": "pgoutput",
  "database.hostname": "db",
  "database.port": "5432",
  "database.user": "appuser",
  "database.password": "apppass",
  "database.dbname": "appdb",
  "topic.prefix": "dbserver1",
  "schema.include.list": "public",
  "table.include.list": "public.outbox_events,public.orders",
  "slot.name": "orders_slot",
  "publication.autocreate.mode": "filtered",
  "tombstones.on.delete": "false",
  "snapshot.mode": "initial",
  "decimal.handling.mode": "double",
  "heartbeat.interval.ms": "5000",
  "include.schema.changes": "false"
}' | jq .
