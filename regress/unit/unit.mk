# The unit tests: pure modules of both halves, without a server.
#
# Names the programs in UNIT_PROGRAMS and makes them below build/unit.  A test
# of module x is regress/unit/test_x.c; what it links besides is said in
# UNIT_x, and must not need a server.

UNIT_CFLAGS = -std=gnu11 -O1 -g -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	$(UNIT_SANITIZE) -Iplugin -Ishipper -Iregress/unit -I$(shell $(PG_CONFIG) --includedir-server)
UNIT_SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
# Shortest digits come from the server's library for front ends, which packagers keep in either folder.
UNIT_PG_LIBS = $(addprefix -L,$(shell $(PG_CONFIG) --pkglibdir --libdir)) -lpgcommon -lpgport

UNIT_json     = plugin/json.c
UNIT_schema   = plugin/schema.c plugin/typeschema.c plugin/json.c plugin/jsonstr.c
UNIT_decimal  = plugin/decimal.c
UNIT_civil    = plugin/civil.c plugin/json.c
UNIT_javahash = plugin/javahash.c
UNIT_javadate = plugin/javadate.c plugin/javadate_parse.c
UNIT_props    = shipper/props.c shipper/mem.c shipper/err.c
UNIT_frame    = shipper/frame.c
UNIT_ledger   = shipper/ledger.c shipper/mem.c
UNIT_feedback = shipper/feedback.c
UNIT_spool    = $(addprefix shipper/,spool.c spool_dir.c spool_file.c spool_read.c spool_session.c spool_write.c crc32c.c frame.c loop.c log.c mem.c err.c)
UNIT_spool_power = $(UNIT_spool)
UNIT_position = shipper/position.c shipper/mem.c shipper/err.c
UNIT_LIBS_position = -ljansson
UNIT_snapshot_done = shipper/snapshot_done.c shipper/mem.c shipper/err.c
UNIT_LIBS_snapshot_done = -ljansson
UNIT_continuity = shipper/continuity.c
UNIT_signals = $(addprefix shipper/,signal_read.c pattern.c mem.c err.c)
UNIT_LIBS_signals = -ljansson -lpcre2-8
UNIT_bars     = shipper/bars.c shipper/log.c
UNIT_convict  = shipper/convict.c shipper/mem.c
UNIT_window   = shipper/window.c shipper/mem.c
UNIT_worker_records = $(addprefix shipper/,worker_records.c jsontext.c mem.c)
UNIT_LIBS_worker_records = -ljansson
UNIT_rest_submit = $(addprefix shipper/,rest_submit.c jsontext.c mem.c)
UNIT_LIBS_rest_submit = -ljansson
UNIT_splice   = $(addprefix shipper/,splice.c frame.c mem.c)

UNIT_TESTS    = $(patsubst regress/unit/test_%.c,%,$(sort $(wildcard regress/unit/test_*.c)))
UNIT_PROGRAMS = $(addprefix build/unit/test_,$(UNIT_TESTS))

# These include a source.
build/unit/test_jsonstr build/unit/test_jsonstr_any: plugin/jsonstr.c regress/unit/test_jsonstr.c

.SECONDEXPANSION:
build/unit/test_%: regress/unit/test_%.c $$(UNIT_$$*) $(wildcard regress/unit/*.h plugin/*.h shipper/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_$*) $(UNIT_LIBS_$*) $(UNIT_PG_LIBS) -lm
