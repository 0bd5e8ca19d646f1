#!/bin/sh
#
# sanitize.sh
#    The shipper's tests with a shipper that is watched: by the compiler's
#    address and undefined behaviour checks, then by valgrind.
#
#    regress/sanitize.sh "PASS..." [FILE...]
#
#    PASS is asan or valgrind; FILEs narrow the tests.  What is found goes to
#    build/sanitize/found/ and is shown at the end; the exit status is 0 only if
#    all tests passed and nothing was found, by no process of theirs, also one
#    that was killed in the end.
#
# SPDX-License-Identifier: PostgreSQL

set -eu
cd "$(dirname "$0")/.."
top=$PWD
dir=$top/build/sanitize
found=$dir/found

passes=$1
shift
rm -rf "$found"
mkdir -p "$found"
status=0

# The tests of a pass, with a program and more patience.
run_tests()
{
    echo "== $1 =="
    WALPOST_SANITIZED=$1 WALPOST_BIN=$2 WALPOST_PATIENCE=240 regress/test.pl tap ${tests:+-- $tests} || status=1
}

# Leaks count where a process ends in order.
in_asan()
{
    ASAN_OPTIONS=log_path=$found/asan:detect_leaks=1:${ASAN_OPTIONS:-}
    UBSAN_OPTIONS=log_path=$found/ubsan:print_stacktrace=1:${UBSAN_OPTIONS:-}
    export ASAN_OPTIONS UBSAN_OPTIONS
    run_tests asan "$dir/walpost"
}

# valgrind's program is a script that calls it; a run without errors leaves a
# file without lines.
in_valgrind()
{
    command -v valgrind >/dev/null || {
        echo "valgrind is missing (Debian: valgrind)" >&2
        exit 2
    }
    cat >"$dir/walpost-valgrind" <<SH
#!/bin/sh
exec valgrind --quiet --trace-children=no --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \\
    --num-callers=24 --log-file="$found/valgrind.%p" "$top/shipper/walpost" "\$@"
SH
    chmod +x "$dir/walpost-valgrind"
    run_tests valgrind "$dir/walpost-valgrind"
}

tests=$*
for pass in $passes; do
    case $pass in
        asan) in_asan ;;
        valgrind) in_valgrind ;;
        *)
            echo "unknown pass \"$pass\": asan or valgrind" >&2
            exit 2
            ;;
    esac
done

find "$found" -type f -empty -delete
reports=$(find "$found" -type f | sort)
if [ -n "$reports" ]; then
    echo "found by the sanitizers:"
    for report in $reports; do
        echo "--- $report"
        head -n 40 "$report"
    done
    status=1
else
    echo "the sanitizers found nothing"
fi
exit $status
