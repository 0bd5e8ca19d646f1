#!/bin/sh
#
# calls.sh URL CONFIG-FILE
#	  What a script of an operator calls, of a worker that has the connectors "shop" and "flat": prints each
#	  call, its status and its answer. "make differential" runs it on both workers and compares.
#
# SPDX-License-Identifier: PostgreSQL
url=$1
config=$2

# call METHOD PATH [BODY]
call()
{
	echo "### $1 $2"
	if [ $# -gt 2 ]; then
		curl -sS -m 60 -w '\n%{http_code}\n' -X "$1" -H 'Content-Type: application/json' -d "$3" "$url$2"
	else
		curl -sS -m 60 -w '\n%{http_code}\n' -X "$1" "$url$2"
	fi
}

# Waits until a connector and its task are in this state.
until_state()
{
	for _ in $(seq 300); do
		if [ "$(curl -sS -m 60 "$url/connectors/$1/status" | grep -o '"state":"'"$2"'"' | wc -l)" -ge "$3" ]; then
			return
		fi
		sleep 0.2
	done
	echo "connector $1 is not $2" >&2
	exit 1
}

# Waits until nothing is known of a connector.
until_gone()
{
	for _ in $(seq 300); do
		if [ "$(curl -sS -m 60 -o /dev/null -w '%{http_code}' "$url/connectors/$1/status")" = 404 ]; then
			return
		fi
		sleep 0.2
	done
	echo "connector $1 is not gone" >&2
	exit 1
}

call GET /connectors
call GET /connectors/shop
call GET /connectors/shop/config
call GET /connectors/shop/status
call GET /connectors/shop/tasks
call GET /connectors/shop/tasks/0/status
call GET /connectors/shop/topics
call GET /connectors/shop/offsets
call GET /connectors/flat
call GET /connectors/flat/status
call GET '/connectors?expand=status&expand=info'
call GET /connector-plugins
call PUT /connector-plugins/PostgresConnector/config/validate "$(cat "$config")"

# one of its own, through all that can happen to it
call PUT /connectors/try/config "$(cat "$config")"
until_state try RUNNING 2
call GET /connectors/try/status
call PUT /connectors/try/config "$(cat "$config")"
call POST /connectors "{\"name\":\"try\",\"config\":$(cat "$config")}"
call PUT /connectors/try/pause
until_state try PAUSED 2
call GET /connectors/try/status
call PUT /connectors/try/resume
until_state try RUNNING 2
call GET /connectors/try/status
call POST '/connectors/try/restart?includeTasks=true&onlyFailed=true'
call POST /connectors/try/tasks/0/restart
until_state try RUNNING 2
call PATCH /connectors/try/config '{"tombstones.on.delete":"false"}'
until_state try RUNNING 2
call GET /connectors/try/config
call DELETE /connectors/try/offsets
call PUT /connectors/try/stop
until_state try STOPPED 1
call GET /connectors/try/config
call DELETE /connectors/try/offsets
call GET /connectors/try/offsets
call DELETE /connectors/try
until_gone try
call GET /connectors/try/status
call DELETE /connectors/try
call PUT /connectors/wrong/config '{"connector.class":"io.debezium.connector.postgresql.PostgresConnector"}'
call GET /connectors
