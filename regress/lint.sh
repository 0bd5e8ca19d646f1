#!/bin/sh
#
# lint.sh
#    Rules about the sources that a compiler does not know: one line "ok" or
#    "not ok" for each, with the offenders under it.
#
# SPDX-License-Identifier: PostgreSQL

set -u
cd "$(dirname "$0")/.." || exit

failed=0

# rule NAME: standard input holds the offenders, one a line; none is well.
rule()
{
    offenders=$(cat)
    if [ -z "$offenders" ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        printf '%s\n' "$offenders" | sed 's/^/    /'
        failed=1
    fi
}

# includes PATTERN FILE...: the lines of the files that include such a header.
includes()
{
    pattern=$1
    shift
    grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)[>\"]" "$@" /dev/null
}

# but FILE...: lines that do not begin with one of these file names.
but()
{
    drop=$(printf '%s\n' "$@" | sed 's/[.]/[.]/g; s/[*]/[^:]*/g; s/^/^/; s/$/:/')
    grep -vE "$(echo "$drop" | paste -sd '|')"
}

# Files under version control, and new ones that are to come under it.
sources()
{
    git ls-files --cached --others --exclude-standard -- "$@" 2>/dev/null || find "$@" -type f
}

# ---- who may see what
includes '.*libpq-fe\.h' shipper/*.[ch] |
    but shipper/pg.c shipper/pg.h shipper/slot.c shipper/stream.c shipper/check.c shipper/tail.c shipper/cmd_slot.c |
    rule "libpq is the business of pg, slot, stream, check, tail and cmd_slot"
includes '.*rdkafka.*\.h' shipper/*.[ch] |
    but 'shipper/producer*.c' 'shipper/producer*.h' 'shipper/offsets*.c' 'shipper/kafkalog*.c' shipper/kafkalog_private.h shipper/signal_kafka.c |
    rule "librdkafka is the business of producer, offsets, kafkalog and signal_kafka"
includes '(\.\./)?plugin/.*' shipper/*.[ch] |
    grep -vE '"(\.\./)?plugin/wire\.h"' |
    rule "the shipper includes nothing of plugin/ but wire.h"
for header in plugin/*.h; do
    name=${header#plugin/}
    [ "$name" = wire.h ] || [ -e "shipper/$name" ] || includes "$name" shipper/*.[ch]
done | rule "nor by its bare name"
includes '(\.\./)?shipper/.*|postgres_fe\.h|libpq-fe\.h' plugin/*.[ch] |
    rule "the plugin includes nothing of the shipper or of clients"
includes '.*' plugin/wire.h | grep -vE '<(stdint|string)\.h>' |
    rule "wire.h is freestanding"
grep -nE '^#.*PG_VERSION_NUM' plugin/*.[ch] | but plugin/compat.h |
    rule "versions of PostgreSQL are told apart in compat.h alone"
for file in plugin/*.c; do
    # without headers of the server it may be compiled outside one, too
    grep -q '^#include "[a-z_]*/' "$file" || continue
    first=$(grep -m 1 '^#include' "$file")
    [ "$first" = '#include "postgres.h"' ] || echo "$file: $first"
done | rule "postgres.h comes first in the plugin"

# ---- one job, one place
grep -nE '(^|[^_a-z])exit *\(' shipper/*.c | but shipper/main.c shipper/mem.c |
    rule "nobody but main.c exits, and mem.c where there is no memory"
grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll) *\(' plugin/*.[ch] shipper/*.[ch] |
    grep -vE '^[^:]+:[0-9]+:\s*\*' |
    rule "no calls that know no bounds"
grep -nE '\b(malloc|calloc|realloc|free) *\(' plugin/*.c | grep -vE '^[^:]+:[0-9]+:\s*\*' |
    rule "the plugin's memory lives in contexts"
for file in $(sources plugin/*.[ch] shipper/*.[ch] regress/*.sh regress/*.pl regress/lib/*/*.pm); do
    grep -q 'SPDX-License-Identifier: PostgreSQL' "$file" || echo "$file"
done | rule "each file names its licence"
grep -nwE 'TODO|FIXME|XXX' plugin/*.[ch] shipper/*.[ch] sql/* regress/lib/*/*.pm regress/t/*.pl |
    grep -v '"TODO"' |
    rule "nothing is left for later"

for file in regress/sql/*.sql; do
    # the files of a run share one database
    sed -n 's/^CREATE EXTENSION \([a-z0-9_]*\).*/\1/p' "$file" | sort -u | while read -r extension; do
        grep -E '^DROP EXTENSION' "$file" | grep -qw "$extension" || echo "$file: $extension"
    done
done | rule "tests take away the extensions that they make"

# ---- who reads on finds it
for half in plugin shipper; do
    # "enc_*.c" names all of a family
    named=$(grep -oE '`[a-z0-9_*]+\.c`' "$half/README.md" | tr -d '`' | sed 's/[.]/[.]/; s/[*]/.*/' | paste -sd '|')
    for file in "$half"/*.c; do
        echo "${file#*/}" | grep -qxE "$named" || echo "$file"
    done
    grep -oE '`[a-z0-9_]+\.[ch]`' "$half/README.md" | tr -d '`' | sort -u | while read -r file; do
        [ -e "$half/$file" ] || echo "$half/README.md: $file"
    done
done | rule "the READMEs of plugin and shipper name each source, and no other"

# ---- one version
version=$(sed -n 's/^WALPOST_VERSION *= *//p' Makefile)
{
    grep -c "\"version\": \"$version\"" META.json | grep -qx 2 || echo "META.json: not $version, twice"
    grep -q "\"file\": \"sql/walpost--$version.sql\"" META.json || echo "META.json: file is not sql/walpost--$version.sql"
    grep -qx "default_version = '$version'" sql/walpost.control || echo "sql/walpost.control: not $version"
    [ -e "sql/walpost--$version.sql" ] || echo "sql/walpost--$version.sql: missing"
    [ ! -x shipper/walpost ] || shipper/walpost version | grep -qF "$version" || echo "walpost version: not $version"
} | rule "META.json, control file, SQL script, Makefile and program agree on version $version"
if command -v python3 >/dev/null; then
    { python3 -m json.tool META.json >/dev/null; } 2>&1 | rule "META.json is JSON"
fi

# ---- pages printed from tables
{ regress/docs.pl --check 2>&1 | grep -v '^ok'; } | rule "generated pages are up to date"

# ---- shells and spelling, where the tools are there
if command -v shellcheck >/dev/null; then
    # SC2086: lists of words are meant to split; SC2016: eval'd later
    sources regress/*.sh deploy/*/*.sh .ci/run | xargs -r shellcheck -e SC2086,SC2016 -f gcc 2>&1 | rule "shellcheck"
else
    echo "skip shellcheck: not installed"
fi
if command -v codespell >/dev/null; then
    sources plugin shipper sql regress deploy README.md CHANGELOG.md Makefile |
        grep -vE '\.(out|svg|png|json)$|^regress/(fuzz/corpus|golden)/' | xargs -r codespell 2>&1 | rule "codespell"
else
    echo "skip codespell: not installed"
fi

exit $failed
