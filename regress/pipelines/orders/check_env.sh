#!/bin/sh
# Prints what the connector is doing.
set -eu

CONNECT_URL=${CONNECT_URL:-http://localhost:8083}
NAME=${1:-orders-outbox-connector}

printf 'connector %s: ' "$NAME"
curl -s "$CONNECT_URL/connectors/$NAME/status" | jq -r '.connector.state // "(not found)"'
