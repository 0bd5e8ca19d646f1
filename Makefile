# Walpost: one Makefile, no recursion.  "make help" lists what it can do.

VERSION    = 0.1.0
PG_CONFIG ?= pg_config

# ---- the plugin and the extension: PGXS ------------------------------------
MODULE_big = walpost
OBJS       = $(patsubst %.c,%.o,$(sort $(wildcard plugin/*.c)))
EXTENSION  = sql/walpost
DATA       = $(wildcard sql/walpost--*.sql)

PG_CPPFLAGS = -Iplugin -DWALPOST_VERSION='"$(VERSION)"'
# Modules are loaded with RTLD_GLOBAL: export nothing but what the server looks up.
PG_CFLAGS   = -std=gnu11 -O3 -fvisibility=hidden '-DPGDLLEXPORT=__attribute__((visibility("default")))' -Wno-declaration-after-statement
SHLIB_LINK  = $(shell pkg-config --libs libpcre2-8)
NO_INSTALLCHECK = 1

EXTRA_CLEAN = $(SHIP_OBJS) $(SHIP_BIN)

# ---- the shipper -----------------------------------------------------------
SHIP_BIN  = shipper/walpost
SHIP_OBJS = $(patsubst %.c,%.o,$(sort $(wildcard shipper/*.c)))
RDKAFKA_CFLAGS ?= $(shell pkg-config --cflags rdkafka)
RDKAFKA_LIBS   ?= $(shell pkg-config --libs rdkafka)
SHIP_CFLAGS = -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Iplugin \
	-DWALPOST_VERSION='"$(VERSION)"' $(shell pkg-config --cflags libpq jansson libpcre2-8) $(RDKAFKA_CFLAGS) $(SHIP_EXTRA)
SHIP_LIBS = $(RDKAFKA_LIBS) $(shell pkg-config --libs libpq jansson libpcre2-8) -lpthread

.DEFAULT_GOAL := all
all: $(SHIP_BIN)

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

override with_llvm = no

$(SHIP_OBJS): shipper/%.o: shipper/%.c $(wildcard shipper/*.h) plugin/wire.h
	$(CC) $(SHIP_CFLAGS) -c -o $@ $<

$(SHIP_BIN): $(SHIP_OBJS)
	$(CC) $(SHIP_EXTRA) -o $@ $^ $(SHIP_LIBS)

$(OBJS): $(wildcard plugin/*.h)
