#!/bin/sh
#
# run.sh
#    The demo: a shop in a throw-away PostgreSQL, and each change as it arrives
#    in Kafka.
#
#    deploy/demo/run.sh
#
#    KAFKA=host:port   a cluster of yours; without it, librdkafka's mock
#                      cluster is the broker, on a loopback port
#    PG_CONFIG=path    which PostgreSQL
#
# "make demo" installs and builds what this needs.  On a terminal the shop goes
# on until Ctrl-C; else it ends when the script is through.  Processes and
# files are gone afterwards, whichever way it ends (a cluster of yours keeps
# the topics).
#
# SPDX-License-Identifier: PostgreSQL

set -eu
cd "$(dirname "$0")/../.."
top=$PWD
demo=$top/deploy/demo
pgbin=$("${PG_CONFIG:-pg_config}" --bindir)
tables="customers orders order_items outbox_events"

# What runs in the background, youngest first.  Each is in a session of its
# own, so that Ctrl-C is a matter between the terminal and this script.
pids=
dir=
shipper=
presenter=

say()
{
	if [ -t 1 ]; then
		printf '\033[1m%s\033[0m\n' "$*"
	else
		printf '%s\n' "$*"
	fi
}

die()
{
	echo "demo: $*" >&2
	exit 1
}

# as_server COMMAND...: as the user that the server runs as, who may not be root.
as_server()
{
	if [ "$(id -u)" = 0 ]; then
		(cd / && exec runuser -u postgres -- "$@")
	else
		"$@"
	fi
}

sql()
{
	PGPASSWORD=shop psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U shop -d shop "$@"
}

# wait_for SECONDS WHAT COMMAND...: until the command prints "t", as long as
# the shipper lives, once there is one.
wait_for()
{
	tries=$(($1 * 10))
	what=$2
	shift 2
	until [ "$("$@" 2>/dev/null)" = t ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || die "waited in vain for $what"
		[ -z "$shipper" ] || kill -0 "$shipper" 2>/dev/null || die "the shipper has ended"
		sleep 0.1
	done
}

# end_of PID: asks it to end and waits for that; insists after five seconds,
# with what it has started.
end_of()
{
	kill "$1" 2>/dev/null || return 0
	for _ in $(seq 100); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.05
	done
	kill -9 -- "-$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

cleanup()
{
	status=$?
	trap '' INT TERM HUP
	trap - EXIT
	[ $status = 0 ] || [ $status -gt 128 ] || show_logs
	for pid in $pids; do
		end_of "$pid"
	done
	if [ -n "$dir" ]; then
		[ ! -e "$dir/pg/data/postmaster.pid" ] ||
			as_server "$pgbin/pg_ctl" -D "$dir/pg/data" -m immediate -s stop || true
		rm -rf "$dir"
	fi
	exit $status
}

# What went wrong is in the last lines of these.
show_logs()
{
	for log in "$dir/shipper.log" "$dir/pg/log"; do
		[ ! -s "$log" ] || { echo "--- ${log##*/}:" && tail -n 15 "$log"; } >&2
	done
}

free_port()
{
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

start_postgres()
{
	# The server reads the plugin from here: its user may not be allowed where
	# the sources are.
	mkdir "$dir/lib" "$dir/pg"
	cp walpost.so "$dir/lib/"
	chmod 755 "$dir" "$dir/lib"
	[ "$(id -u)" != 0 ] || chown postgres "$dir/pg"
	as_server "$pgbin/initdb" -D "$dir/pg/data" -U postgres -A trust --no-sync \
		--encoding=UTF8 --locale=C.UTF-8 >/dev/null

	port=$(free_port)
	cat >"$dir/settings" <<-EOS
		port = $port
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$dir/pg'
		dynamic_library_path = '$dir/lib:\$libdir'
		wal_level = logical
		fsync = off
		log_min_messages = warning
		log_min_error_statement = fatal
	EOS
	# Releases from August 2026 on load no output plugin that is not named
	# here; the others do not know the setting.
	if as_server "$pgbin/postgres" -D "$dir/pg/data" -C output_plugin_libraries >/dev/null 2>&1; then
		echo "output_plugin_libraries = 'walpost'" >>"$dir/settings"
	fi
	chmod 644 "$dir/settings"
	as_server sh -c "cat '$dir/settings' >>'$dir/pg/data/postgresql.conf'"
	as_server "$pgbin/pg_ctl" -D "$dir/pg/data" -l "$dir/pg/log" -w -s start >/dev/null

	psql -Xq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d postgres \
		-c "CREATE ROLE shop LOGIN REPLICATION PASSWORD 'shop'" \
		-c "CREATE DATABASE shop OWNER shop"
	sql -c "GRANT ALL ON SCHEMA public TO shop" 2>/dev/null || true
	sql -f "$demo/schema.sql"
}

# Sets broker, from: where to start reading, and creation: whether the broker
# creates topics on request (the mock cluster is given them by name).
start_broker()
{
	if [ -n "${KAFKA:-}" ]; then
		creation=true
		broker=$KAFKA
		from="s@$(date +%s)000"
		return
	fi

	# It lives as long as its standard input is open, which is as long as we do.
	mkfifo "$dir/broker.in"
	# shellcheck disable=SC2086 # a word for each topic
	setsid build/mockbroker $topics <"$dir/broker.in" >"$dir/broker.out" &
	pids="$! $pids"
	exec 9>"$dir/broker.in"
	wait_for 5 "the broker" sh -c "test -s '$dir/broker.out' && echo t"
	read -r broker <"$dir/broker.out"
	from=beginning
	creation=false
}

start_shipper()
{
	sed -e "s/@PORT@/$port/" -e "s/@PREFIX@/$prefix/" "$demo/shop.json" >"$dir/shop.json"
	BOOTSTRAP_SERVERS=$broker CONNECT_TOPIC_CREATION_ENABLE=$creation setsid shipper/walpost run "$dir/shop.json" >"$dir/shipper.log" 2>&1 9>&- &
	shipper=$!
	pids="$shipper $pids"
	wait_for 30 "the shipper to stream" sql -c "SELECT active FROM pg_replication_slots WHERE slot_name = 'shop_slot'"
}

start_presenter()
{
	# shellcheck disable=SC2086 # a word for each topic
	setsid perl "$demo/presenter" "$broker" "$from" $topics 9>&- &
	presenter=$!
	pids="$presenter $pids"
}

# In the background, so that a signal finds the shell waiting and not psql.
run_load()
{
	PGPASSWORD=shop setsid psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U shop -d shop "$@" \
		</dev/null 9>&- &
	load=$!
	pids="$load $pids"
	wait $load
}

# Everything that was committed is acknowledged by Kafka; then the presenter
# may sum up.
finish()
{
	trap '' INT
	lsn=$(sql -c "SELECT pg_current_wal_lsn()")
	wait_for 30 "Kafka to acknowledge" sql -c "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = 'shop_slot'"
	kill "$presenter"
	wait "$presenter"
}

for file in walpost.so shipper/walpost build/mockbroker; do
	[ -e "$file" ] || die "$file is not built; run \"make demo\""
done
[ -z "${KAFKA:-}" ] || kcat -L -m 5 -b "$KAFKA" >/dev/null 2>&1 || die "no answer from Kafka at $KAFKA"

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
dir=$(mktemp -d "${TMPDIR:-/tmp}/walpost-demo.XXXXXX")
prefix=shop
topics=
for table in $tables; do
	topics="$topics $prefix.public.$table"
done

start_postgres
start_broker
say "PostgreSQL on port $port, Kafka at $broker${KAFKA:+ (yours)}: kcat -C -b $broker -t $prefix.public.orders"
start_presenter
start_shipper
run_load -f "$demo/load.sql"
if [ -t 0 ]; then
	say "The shop goes on; Ctrl-C ends it."
	trap : INT
	run_load -f "$demo/business.sql" >/dev/null || true
	end_of "$load"
fi
finish
