#!/bin/sh
#
# setup.sh
#    Installs what a target of the Makefile needs and this machine lacks.
#
#    regress/setup.sh GROUP...
#    regress/setup.sh --missing GROUP    only names the packages that are missing
#
#    build         compiler, PostgreSQL server and headers, client libraries
#    demo          build, and what the demo shows events with
#    test          demo, and a JVM, Apache Kafka, librdkafka, Perl's test tools,
#                  Python with clients of Kafka and PostgreSQL
#    bench         test, without Python
#    torture       as bench
#    fuzz          build, and clang with libFuzzer
#    differential  bench, and what fetches Debezium
#    golden        as differential
#    librdkafka    the current librdkafka alone, into build/librdkafka
#
# Debian and its kin only; elsewhere it says what is missing and stops.  Says
# what it installs, touches nothing that is there, and needs no network once
# everything is.  Root, or sudo for the packages.
#
# SPDX-License-Identifier: PostgreSQL

set -eu
cd "$(dirname "$0")/.."
top=$PWD
librdkafka_npm=@confluentinc/kafka-javascript@1.10.1

say()
{
    echo "setup: $*" >&2
}

die()
{
    say "$*"
    exit 1
}

# has COMMAND: is it on the path?  /sbin too, where a user's path may not look.
has()
{
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1
}

# One line a need: group, Debian package, and a test that it is there.  @PG@
# is the server's major version, @CLANG@ that of Debian's clang.
needs()
{
    cat <<'EOF'
build	gcc	has gcc
build	libc6-dev	test -e /usr/include/stdio.h
build	make	has make
build	pkg-config	has pkg-config
build	postgresql-@PG@	test -x "$(pg_bindir)/postgres"
build	postgresql-server-dev-@PG@	test -e "$(pg_pgxs)"
build	libpq-dev	pkg-config --exists libpq
build	librdkafka-dev	pkg-config --exists rdkafka
build	libjansson-dev	pkg-config --exists jansson
build	libpcre2-dev	pkg-config --exists libpcre2-8
build	libmicrohttpd-dev	pkg-config --exists libmicrohttpd
build	libgnutls28-dev	pkg-config --exists gnutls
build	libcurl4-openssl-dev	pkg-config --exists libcurl
demo	perl	has perl
demo	kcat	has kcat
test	perl	perl -MTest::More -MTAP::Harness -MJSON::PP -MTime::HiRes -e 1
test	libipc-run-perl	perl -MIPC::Run -e 1
test	kcat	has kcat
test	openssl	has openssl
test	curl	has curl
test	jq	has jq
test	util-linux	has setpriv && has runuser
python	default-jdk-headless	has javac
python	python3	test -x /usr/bin/python3
python	python3-venv	/usr/bin/python3 -c 'import ensurepip, venv'
fuzz	clang	has clang
fuzz	libclang-rt-@CLANG@-dev	links_fuzzer
kafka	default-jre-headless	has java
kafka	maven	kafka_there || has mvn
connect	maven	connect_there || has mvn
librdkafka	g++	librdkafka_there || has g++
librdkafka	npm	librdkafka_there || has npm
librdkafka	python3	librdkafka_there || has python3
librdkafka	libssl-dev	pkg-config --exists libssl
librdkafka	libzstd-dev	pkg-config --exists libzstd
librdkafka	zlib1g-dev	pkg-config --exists zlib
EOF
}

pg_bindir()
{
    ${PG_CONFIG:-pg_config} --bindir 2>/dev/null || true
}

pg_pgxs()
{
    ${PG_CONFIG:-pg_config} --pgxs 2>/dev/null || true
}

links_fuzzer()
{
    echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return 0; }' |
        clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - 2>/dev/null
}

kafka_there()
{
    cmp -s regress/kafka/pom.xml build/kafka/pom.xml
}

# regress/lib/Walpost/Connect.pm fetches it.
connect_there()
{
    cmp -s regress/connect/pom.xml build/connect/pom.xml
}

python_there()
{
    cmp -s regress/pipelines/requirements.txt build/python/requirements.txt
}

librdkafka_there()
{
    test "$(cat build/librdkafka/package 2>/dev/null)" = "$librdkafka_npm"
}

# The server's major version: what pg_config says, else what Debian's
# metapackage stands for.
pg_major()
{
    major=$(${PG_CONFIG:-pg_config} --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p')
    test -n "$major" ||
        major=$(apt-cache show postgresql 2>/dev/null | sed -n 's/^Version: \([0-9]*\)+.*/\1/p' | head -n 1)
    echo "${major:-15}"
}

# The version that Debian's package clang stands for.
clang_major()
{
    apt-cache depends clang 2>/dev/null | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p' | head -n 1
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        die "not root, and no sudo: run as root: $*"
    fi
}

# The packages of these groups whose test fails, one a line.
missing_packages()
{
    pg=
    needs | while IFS='	' read -r group package test; do
        case " $* " in
            *" $group "*) ;;
            *) continue ;;
        esac
        (eval "$test") >/dev/null 2>&1 && continue
        case $package in
            *@PG@*)
                pg=${pg:-$(pg_major)}
                package=${package%@PG@*}$pg
                ;;
            *@CLANG@*) package=${package%@CLANG@*}$(clang_major)${package#*@CLANG@} ;;
        esac
        echo "$package"
    done | sort -u
}

install_packages()
{
    missing=$(missing_packages "$@")
    test -n "$missing" || return 0
    has apt-get || die "missing, by their Debian names:" $missing

    # Package lists first: before them even the major version is a guess.
    if ! apt-cache show postgresql >/dev/null 2>&1; then
        say "apt-get update"
        as_root apt-get -qq update
        missing=$(missing_packages "$@")
    fi
    say "installing Debian packages:" $missing

    # A new server package would start a cluster of its own: nobody asked for it.
    case $missing in
        *postgresql*)
            if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
                as_root mkdir -p /etc/postgresql-common
                echo 'create_main_cluster = false' |
                    as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
                say "wrote /etc/postgresql-common/createcluster.conf (create_main_cluster = false)"
            fi
            ;;
    esac

    log=$(mktemp)
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold $missing >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "apt-get could not install the packages named above"
    fi
    rm -f "$log"
}

# Apache Kafka's jars, as regress/kafka/pom.xml names them.
install_kafka()
{
    kafka_there && return 0
    say "fetching Apache Kafka from Maven Central into build/kafka"
    rm -rf build/kafka
    mkdir -p build/kafka
    mvn -B -q -f regress/kafka/pom.xml dependency:copy-dependencies \
        -DoutputDirectory="$top/build/kafka/jars" </dev/null >build/kafka/mvn.log 2>&1 || {
        tail -n 20 build/kafka/mvn.log >&2
        die "Maven could not fetch Apache Kafka"
    }
    cp regress/kafka/pom.xml build/kafka/pom.xml
}

# Python's clients of Kafka and PostgreSQL, in an environment of their own: those
# of Debian are too old for the broker.
install_python()
{
    python_there && return 0
    packages=$(paste -sd ' ' regress/pipelines/requirements.txt)
    say "fetching $packages from PyPI into build/python"
    rm -rf build/python
    # A shell of its own: "set -e" does not hold in a part that has an "or".
    sh -euc '
        /usr/bin/python3 -m venv build/python
        build/python/bin/pip install --disable-pip-version-check --no-input --only-binary :all: -r regress/pipelines/requirements.txt
    ' </dev/null >build/python.log 2>&1 || {
        tail -n 20 build/python.log >&2
        die "Python's packages could not be installed; the whole log is build/python.log"
    }
    cp regress/pipelines/requirements.txt build/python/requirements.txt
}

# A current librdkafka, static and with full optimisation; its sources travel
# in an npm package.
install_librdkafka()
{
    librdkafka_there && return 0
    say "building librdkafka from npm package $librdkafka_npm into build/librdkafka (about a minute)"
    rm -rf build/librdkafka
    mkdir -p build/librdkafka/lib build/librdkafka/include/librdkafka
    # A shell of its own: "set -e" does not hold in a part that has an "or".
    (cd build/librdkafka && sh -euc '
        npm pack --loglevel=error "$1"
        tar xzf ./*.tgz package/deps/librdkafka
        mv package/deps/librdkafka src
        rm -rf package ./*.tgz
        cd src
        ./configure --CFLAGS="-O3" --disable-gssapi --disable-curl --disable-lz4-ext --disable-syslog
        make -j"$(nproc)" -C src librdkafka.a
        cp LICENSES.txt ..
        cp src/librdkafka.a ../lib/
        cp src/rdkafka.h src/rdkafka_mock.h ../include/librdkafka/
        sed -n "s/^LIBS+=//p" Makefile.config >../libs
        cd ..
        rm -rf src
    ' sh "$librdkafka_npm") </dev/null >build/librdkafka/build.log 2>&1 || {
        tail -n 20 build/librdkafka/build.log >&2
        die "librdkafka could not be built; the whole log is build/librdkafka/build.log"
    }
    echo "$librdkafka_npm" >build/librdkafka/package
}

if [ "${1-}" = --missing ]; then
    missing_packages build "$2"
    exit
fi

for target in "$@"; do
    case $target in
        build) install_packages build ;;
        demo) install_packages build demo ;;
        librdkafka)
            install_packages build librdkafka
            install_librdkafka
            ;;
        test | bench | torture)
            install_packages build demo test kafka librdkafka
            install_kafka
            install_librdkafka
            if [ "$target" = test ]; then
                install_packages python
                install_python
            fi
            ;;
        fuzz) install_packages build fuzz ;;
        differential | golden)
            install_packages build demo test kafka connect librdkafka
            install_kafka
            install_librdkafka
            ;;
        *) die "unknown group \"$target\": build, demo, test, bench, torture, fuzz, differential, golden or librdkafka" ;;
    esac
done
