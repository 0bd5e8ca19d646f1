#!/bin/sh
# structs.sh TOPIC: what Structs.java prints of it.
exec java -XX:TieredStopAtLevel=1 -cp "$KAFKA_JARS/*" "$(dirname "$0")/Structs.java" "$KAFKA_BOOTSTRAP_SERVERS" "$1"
