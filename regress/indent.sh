#!/bin/sh
#
# indent.sh
#    Puts the C sources into PostgreSQL's style, with pg_bsd_indent and the
#    switches of pgindent; the server's typedefs come from its headers, ours
#    from the sources.
#
#    regress/indent.sh [--check] [FILE...]
#
#    With --check it changes nothing, and fails if a file would change.
#
# SPDX-License-Identifier: PostgreSQL

set -eu
cd "$(dirname "$0")/.."

check=
if [ "${1:-}" = --check ]; then
    check=1
    shift
fi
[ $# -gt 0 ] || set -- plugin/*.[ch] shipper/*.[ch]

for tool in pg_bsd_indent ctags; do
    command -v $tool >/dev/null || {
        echo "indent.sh: $tool is missing (Debian: pg-bsd-indent, universal-ctags)" >&2
        exit 2
    }
done

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Names of types.  The shipper does not see the server's, some of which ("text")
# are names of other things there.
types_of()
{
    ctags -x --c-kinds=t --languages=C --langmap=C:.c.h -R "$@" 2>/dev/null | awk '{ print $1 }'
}
printf '%s\n' FILE PGconn PGresult json_t json_error_t pcre2_code pcre2_match_data \
    rd_kafka_t rd_kafka_conf_t rd_kafka_topic_t rd_kafka_message_t rd_kafka_queue_t \
    rd_kafka_event_t rd_kafka_headers_t rd_kafka_resp_err_t rd_kafka_error_t \
    bool int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t ssize_t pid_t va_list >"$tmp/system"
types_of plugin | cat - "$tmp/system" >"$tmp/plugin"
types_of "$(${PG_CONFIG:-pg_config} --includedir-server)" >>"$tmp/plugin"
types_of shipper | cat - "$tmp/system" >"$tmp/shipper"

status=0
for file; do
    # The second step is pgindent's: a return type keeps one space before its star.
    if ! pg_bsd_indent -bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1 -i4 -l79 -lp -lpl -nip -npro -sac -tpg -ts4 \
        "-U$tmp/${file%%/*}" <"$file" >"$tmp/raw" 2>/dev/null; then
        echo "$file: left alone, pg_bsd_indent cannot read it (a compound literal in a condition?)" >&2
        continue
    fi
    sed 's/^\([A-Za-z_][A-Za-z0-9_]*\)[[:blank:]]*\*$/\1 */' "$tmp/raw" >"$tmp/out"
    cmp -s "$file" "$tmp/out" && continue
    if [ -n "$check" ]; then
        echo "$file: $(diff "$file" "$tmp/out" | grep -c '^>') lines would change"
        status=1
    else
        cat "$tmp/out" >"$file"
    fi
done
exit $status
