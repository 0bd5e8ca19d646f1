#!/bin/sh
# Registers every connector of a folder: register-connectors.sh [folder]
set -eu

DEBEZIUM_URL=${DEBEZIUM_URL:-http://localhost:8083}
DIR=${1:-$(dirname "$0")/wrapped}

echo "waiting for $DEBEZIUM_URL"
until curl -sf "$DEBEZIUM_URL/connectors" >/dev/null; do
    sleep 2
done

for file in "$DIR"/*.json; do
    name=$(basename "$file" .json)
    echo "registering $name"
    curl -sf -X PUT -H 'Content-Type: application/json' -d @"$file" \
        "$DEBEZIUM_URL/connectors/$name/config" >/dev/null
done

sleep "${SETTLE_SECONDS:-10}"
failed=0
for file in "$DIR"/*.json; do
    name=$(basename "$file" .json)
    state=$(curl -sf "$DEBEZIUM_URL/connectors/$name/status" | jq -r .connector.state)
    echo "$name: $state"
    [ "$state" = RUNNING ] || failed=1
done
exit $failed
