# Walpost: one Makefile, no recursion.  "make help" lists what it can do.

# (VERSION is the server's own in PGXS.)
WALPOST_VERSION = 0.1.0
PG_CONFIG ?= pg_config
export PG_CONFIG

# ---- the plugin and the extension: PGXS ------------------------------------
MODULE_big = walpost
OBJS       = $(patsubst %.c,%.o,$(sort $(wildcard plugin/*.c)))
EXTENSION  = sql/walpost
DATA       = $(wildcard sql/walpost--*.sql)

PG_CPPFLAGS = -Iplugin -DWALPOST_VERSION='"$(WALPOST_VERSION)"'
# Modules are loaded with RTLD_GLOBAL: export nothing but what the server looks up.
PG_CFLAGS   = -std=gnu11 -O3 -fvisibility=hidden '-DPGDLLEXPORT=__attribute__((visibility("default")))' \
	-Wno-declaration-after-statement $(WERROR)
SHLIB_LINK  = $(shell pkg-config --libs libpcre2-8 2>/dev/null)
EXTRA_CLEAN = $(SHIP_OBJS) $(SHIP_OBJS:.o=.d) $(SHIP_BIN) build/unit build/system build/sanitize build/bench build/torture build/fuzz build/results build/*.flags

# ---- the shipper -----------------------------------------------------------
# RDKAFKA: "build" is the librdkafka of "make librdkafka" (the default once it
# is there), "system" the one that pkg-config knows.
RDKAFKA   ?= $(if $(wildcard build/librdkafka/package),build,system)
# SHIP_DIR: another folder keeps another variant's objects apart.
SHIP_DIR  ?= shipper
SHIP_BIN   = $(SHIP_DIR)/walpost
SHIP_OBJS  = $(patsubst shipper/%.c,$(SHIP_DIR)/%.o,$(sort $(wildcard shipper/*.c)))
SHIP_FLAGS = build/$(subst /,-,$(SHIP_DIR)).flags

ifeq ($(RDKAFKA),build)
RDKAFKA_CFLAGS = -isystem build/librdkafka/include
RDKAFKA_LIBS   = build/librdkafka/lib/librdkafka.a $(shell cat build/librdkafka/libs)
else
RDKAFKA_CFLAGS = $(shell pkg-config --cflags rdkafka 2>/dev/null)
RDKAFKA_LIBS   = $(shell pkg-config --libs rdkafka 2>/dev/null)
endif

SHIP_CFLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter $(WERROR) -Iplugin \
	-DWALPOST_VERSION='"$(WALPOST_VERSION)"' $(RDKAFKA_CFLAGS) \
	$(shell pkg-config --cflags libpq jansson libpcre2-8 libmicrohttpd gnutls libcurl 2>/dev/null) $(SHIP_EXTRA)
SHIP_LIBS   := $(RDKAFKA_LIBS) $(shell pkg-config --libs libpq jansson libpcre2-8 libmicrohttpd gnutls libcurl 2>/dev/null) -lpthread

.DEFAULT_GOAL := all
all: $(SHIP_BIN)

# No LLVM bitcode: a decoder is not inlined into queries.
override with_llvm = no
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
else ifneq ($(filter-out demo test bench differential golden torture fuzz librdkafka help $(SHIP_BIN),$(or $(MAKECMDGOALS),all)),)
$(error "$(PG_CONFIG) --pgxs" names no file: install PostgreSQL's server headers, or run "regress/setup.sh build")
endif

# Rebuilt when the flags change, too: RDKAFKA=system after a "make librdkafka".
$(shell mkdir -p build $(SHIP_DIR))
ifneq ($(file <$(SHIP_FLAGS)),$(strip $(SHIP_CFLAGS) $(SHIP_LIBS)))
$(file >$(SHIP_FLAGS),$(strip $(SHIP_CFLAGS) $(SHIP_LIBS)))
endif

$(SHIP_OBJS): $(SHIP_DIR)/%.o: shipper/%.c $(SHIP_FLAGS)
	$(CC) $(SHIP_CFLAGS) -MMD -MP -c -o $@ $<

$(SHIP_BIN): $(SHIP_OBJS)
	$(CC) $(SHIP_EXTRA) -o $@ $^ $(SHIP_LIBS)

-include $(SHIP_OBJS:.o=.d)

$(OBJS): $(wildcard plugin/*.h)

# PGXS would leave the program behind on "make uninstall": its own rules.
install: install-ship
install-ship: $(SHIP_BIN)
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	$(INSTALL_PROGRAM) $(SHIP_BIN) '$(DESTDIR)$(bindir)/walpost'

uninstall: uninstall-ship
uninstall-ship:
	rm -f '$(DESTDIR)$(bindir)/walpost'

# ---- what installs what it needs first --------------------------------------
# Set-up may bring the very headers that this file looks for: it is read anew.
demo test bench differential golden torture fuzz librdkafka:
	@regress/setup.sh $@
	@$(MAKE) -s run-$@

run-demo: all build/mockbroker
	@KAFKA='$(KAFKA)' deploy/demo/run.sh

run-test: all unit-programs torture-tools
	@$(MAKE) -s RDKAFKA=system SHIP_DIR=build/system build/system/walpost
	@regress/test.pl

run-bench: all
	@DEBEZIUM='$(DEBEZIUM)' regress/bench/run

run-differential: all
	@regress/differential/run $(SCENARIOS)

run-golden: all
	@regress/differential/record $(SCENARIOS)

run-torture: all torture-tools
	@FAULTS='$(FAULTS)' MODE='$(MODE)' SPOOL='$(SPOOL)' SNAPSHOT='$(SNAPSHOT)' SEED='$(SEED)' regress/torture/run

run-librdkafka:
	@$(MAKE) -s RDKAFKA=build all

# A broker without a JVM, for the demo and for whoever wants to break one.
build/mockbroker: regress/mockbroker.c
	$(CC) -std=gnu11 -O2 -Wall -Wextra $(WERROR) $(RDKAFKA_CFLAGS) -o $@ $< $(RDKAFKA_LIBS)

# Programs of the torture: a bad network, and who watches.
TORTURE_TOOLS = $(addprefix build/torture/,proxy reader sampler powercut.so fulldisk.so)
TORTURE_FLAGS = -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra $(WERROR)
torture-tools: $(TORTURE_TOOLS)
build/torture/sampler: shipper/spool_file.c shipper/crc32c.c
build/torture/%: regress/torture/%.c
	@mkdir -p $(@D)
	$(CC) $(TORTURE_FLAGS) -Ishipper -Iplugin $(RDKAFKA_CFLAGS) $(shell pkg-config --cflags libpq) \
		-o $@ $^ $(RDKAFKA_LIBS) $(shell pkg-config --libs libpq)
build/torture/%.so: regress/torture/%.c regress/torture/watched.h
	@mkdir -p $(@D)
	$(CC) $(TORTURE_FLAGS) -fPIC -shared -o $@ $< -ldl

# ---- tests, one layer at a time ----------------------------------------------
# unit.mk names the programs in UNIT_PROGRAMS (below build/unit) and makes them.
-include regress/unit/unit.mk
unit-programs: $(UNIT_PROGRAMS)

# TESTS narrows a layer: make tap TESTS=regress/t/010_basic.pl
unit: unit-programs
lint regress isolation tap: all
tap: torture-tools
lint unit regress isolation tap:
	@regress/test.pl $@ $(if $(TESTS),-- $(TESTS))

# Names the fuzz targets and makes them below build/fuzz; has run-fuzz.
-include regress/fuzz/fuzz.mk

# The shipper's tests with one that is watched: PASSES="asan valgrind".
PASSES ?= asan valgrind
sanitize: all torture-tools
	@$(MAKE) -s SHIP_DIR=build/sanitize SHIP_EXTRA='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' build/sanitize/walpost
	@regress/sanitize.sh "$(PASSES)" $(TESTS)

# Memory with a transaction of 2 GB while Kafka is away for a minute, and under a
# steady load while it is away for five.
outage: all
	@WALPOST_OUTAGE_MB=2048 WALPOST_OUTAGE_SECONDS=60 regress/test.pl tap -- regress/t/044_outage.pl
	@WALPOST_OUTAGE_SECONDS=300 regress/test.pl tap -- regress/t/131_course_outage.pl

# PGXS' name for it, with a server of its own.
installcheck: regress isolation

# ---- sources -----------------------------------------------------------------
docs: all
	@regress/docs.pl

indent:
	@regress/indent.sh

help:
	@sed -n 's/^#  *make /  make /p' Makefile

.PHONY: demo test bench differential golden torture fuzz librdkafka run-demo run-test run-bench run-differential run-golden run-torture \
	run-librdkafka install-ship uninstall-ship unit-programs torture-tools lint unit regress isolation tap sanitize outage docs indent help

# make                  the plugin, walpost.so, and the shipper, shipper/walpost
# make install          both and the extension, into the server that PG_CONFIG tells of
# make uninstall        what install put there
# make demo             changes of a small shop as they arrive; KAFKA=host:port for a real cluster
# make test             everything below, and what it needs first
# make lint             rules about the sources
# make unit             pure modules, without a server
# make regress          the plugin through SQL
# make isolation        the same with concurrent sessions
# make tap              the shipper on a real server and a real Kafka; TESTS=file...
# make sanitize         tap with a shipper that is watched: by ASan and UBSan, then by valgrind
# make outage           a transaction of 2 GB while Kafka is away for a minute, a load for five: memory, order, losses
# make bench            figures beside other plugins; DEBEZIUM=1 beside Debezium
# make differential    each record beside Debezium's; SCENARIOS='types*', or SEED=n for a random one
# make golden           records what Debezium writes, for make test to compare with; SCENARIOS='types*'
# make torture          faults at random, and nothing lost: FAULTS=1000 MODE=exactly-once SPOOL=on SNAPSHOT=on SEED=n
# make fuzz             pure modules on bytes of libFuzzer's; TIME=60 seconds each, TARGETS='frame props'
# make librdkafka       a current librdkafka in build/librdkafka, and the shipper with it
# make docs             shipper/CONFIG.md and plugin/OPTIONS.md from their tables
# make indent           sources in PostgreSQL's style
# make clean            what was built, but not what was downloaded
