# Fuzz targets: pure modules on bytes of libFuzzer's.
#
# fuzz_x.c links what FUZZ_x names; FUZZ_LIBS_x and FUZZ_WRAP_x are its libraries
# and the functions that it replaces.  "make fuzz" runs each for TIME seconds on
# the corpus of its own and what it learnt before (build/fuzz).

FUZZ_CC     ?= clang
FUZZ_CFLAGS  = -std=gnu11 -O1 -g -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-DWALPOST_VERSION='"fuzz"' -Ishipper -Iplugin -Iregress/unit -Iregress/fuzz -Iregress/fuzz/server

FUZZ_CONF = $(patsubst %,shipper/%.c,conf conf_file conf_check conf_list conf_rules conf_keys conf_transform conf_reselect conf_streamparams pgtls topicgroups \
	pattern identity props secret mem err)

FUZZ_frame        = shipper/frame.c
FUZZ_ledger       = shipper/ledger.c shipper/mem.c
FUZZ_props        = shipper/props.c shipper/mem.c shipper/err.c
FUZZ_javadate     = plugin/javadate.c plugin/javadate_parse.c
FUZZ_spool        = shipper/spool_file.c shipper/crc32c.c
FUZZ_secret       = shipper/secret.c shipper/conf_list.c shipper/pattern.c $(FUZZ_props)
FUZZ_LIBS_secret  = $(shell pkg-config --libs libpcre2-8)
FUZZ_WRAP_secret  = props_read_file
FUZZ_conf         = $(FUZZ_CONF)
FUZZ_WRAP_conf    = props_read_file
FUZZ_LIBS_conf    = $(shell pkg-config --libs jansson libpcre2-8)
FUZZ_position     = shipper/position.c shipper/mem.c shipper/err.c
FUZZ_LIBS_position = $(shell pkg-config --libs jansson)
FUZZ_pattern      = shipper/pattern.c shipper/mem.c shipper/err.c
FUZZ_LIBS_pattern = $(shell pkg-config --libs libpcre2-8)

FUZZ_script       = plugin/script.c regress/fuzz/server/memory.c
FUZZ_jsontree     = plugin/jsontree.c regress/fuzz/server/memory.c
FUZZ_signal       = shipper/signal_read.c shipper/pattern.c shipper/mem.c shipper/err.c
FUZZ_LIBS_signal  = $(shell pkg-config --libs jansson libpcre2-8)
FUZZ_rest         = $(patsubst %,shipper/%.c,rest rest_connectors rest_submit rest_state rest_offsets rest_plugins rest_remote \
	worker_records jsontext mem)
FUZZ_LIBS_rest    = $(shell pkg-config --libs jansson)

FUZZ_TARGETS  = $(patsubst regress/fuzz/fuzz_%.c,%,$(sort $(wildcard regress/fuzz/fuzz_*.c)))
FUZZ_PROGRAMS = $(addprefix build/fuzz/fuzz_,$(FUZZ_TARGETS))

.SECONDEXPANSION:
build/fuzz/fuzz_%: regress/fuzz/fuzz_%.c $$(FUZZ_$$*) $(wildcard regress/fuzz/*.h regress/unit/*.h plugin/*.h shipper/*.h)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $< $(FUZZ_$*) $(addprefix -Wl$(comma)--wrap=,$(FUZZ_WRAP_$*)) $(FUZZ_LIBS_$*)

comma = ,

TIME ?= 60
fuzz-programs: $(FUZZ_PROGRAMS)
run-fuzz: $(FUZZ_PROGRAMS)
	@regress/fuzz/run $(TIME) $(if $(TARGETS),$(TARGETS),$(FUZZ_TARGETS))

.PHONY: fuzz-programs run-fuzz
