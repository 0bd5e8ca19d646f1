#!/bin/sh
# register.sh FILE: registers a connector.
curl -s -X POST -H 'Content-Type: application/json' --data "@$1" http://localhost:8083/connectors
echo
