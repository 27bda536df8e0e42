# Oriel. `make help` lists what can be made; everything made goes to $(O)/.

VERSION = 0.1.0
ABI = 0

O ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man

CC ?= cc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wundef \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -pthread \
	-Iinclude -I. -MMD -MP $(WARNINGS) $(CFLAGS)

# What the machine has. WITH_X=no turns one off.
have = $(if $(filter no,$(WITH_$1)),,$(shell $(PKG_CONFIG) --exists $2 && echo yes))
flags = $(shell $(PKG_CONFIG) $1 $2)

LIBS = $(call flags,--libs,libssl libcrypto libzstd)

objects = $(patsubst %.c,$(O)/%.o,$(wildcard $(addsuffix /*.c,$1)))
mains = proto/msgdoc
pure := $(filter-out $(mains:%=$(O)/%.o),$(call objects,proto codecs redirect))
core := $(pure) $(call objects,proto/io)
server := $(call objects,server)
client := $(call objects,client)
units := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*.c))
fuzzers := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))

libs := $(O)/liboriel-server.so.$(ABI) $(O)/liboriel-client.so.$(ABI) \
	$(O)/liboriel-server.a $(O)/liboriel-client.a

$(V).SILENT: # make V=1 shows the commands
all: $(libs) $(O)/oriel-server.pc $(O)/oriel-client.pc

help:
	grep -E '^#: ' $(firstword $(MAKEFILE_LIST)) | cut -c4-

#: make                  the libraries, the viewer, the X11 server
#: make check            unit and property tests, fuzz corpora, lints (2 min)
#: make e2e              real programs on real displays (10 min)
#: make asan | ubsan     check, under the sanitizers
#: make fuzz             every fuzzer for FUZZ_TIME seconds (clang)
#: make bench            the benchmarks, as a table
#: make tidy | format    clang-tidy and cppcheck | clang-format
#: make doc              PROTOCOL.md's tables, man pages, oriel.lua
#: make abi              compare with the last release (abidiff)
#: make install          to DESTDIR and PREFIX; also uninstall

$(O)/%.o: %.c
	mkdir -p $(@D)
	echo "  CC    $<"
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# One instruction set, one file; nothing else is built with these.
ifeq ($(shell uname -m),x86_64)
$(O)/codecs/dsp_avx2.o: CFLAGS += -mavx2 -mbmi2
endif

$(O)/liboriel-%.so.$(ABI): $(core)
	echo "  LD    $@"
	$(CC) -shared -pthread -Wl,-soname,$(@F) -Wl,-z,defs $(CFLAGS) \
		$(LDFLAGS) -o $@ $^ $(LIBS)
	ln -sf $(@F) $(@:.$(ABI)=)
$(O)/liboriel-%.a: $(core)
	rm -f $@
	$(AR) rcs $@ $^
$(O)/liboriel-server.so.$(ABI) $(O)/liboriel-server.a: $(server)
$(O)/liboriel-client.so.$(ABI) $(O)/liboriel-client.a: $(client)

$(O)/oriel-%.pc: Makefile
	mkdir -p $(@D)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' \
		'includedir=$(INCLUDEDIR)' '' 'Name: oriel-$*' \
		'Description: Oriel remote display, $* library' \
		'Version: $(VERSION)' 'Libs: -L$${libdir} -loriel-$*' \
		'Libs.private: $(LIBS)' 'Cflags: -I$${includedir}' > $@

# ---- tests

$(O)/tests/unit/%: $(O)/tests/unit/%.o $(core) $(server) $(client)
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)
$(O)/tests/fuzz/fuzz_%: $(O)/tests/fuzz/fuzz_%.o \
		$(if $(FUZZ),,$(O)/tests/fuzz/replay.o) $(core)
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

check: all $(units) $(fuzzers) lint
	tests/run.sh $(units) $(fuzzers)
lint: all
	tests/lint/layers.sh
	$(if $(findstring sanitize,$(CFLAGS)),,tests/lint/pure.sh $(pure))

asan:
	$(MAKE) check O=build/asan \
		CFLAGS='-O1 -g -fsanitize=address,undefined \
		-fno-sanitize-recover=all -fno-omit-frame-pointer'
fuzz:
	$(MAKE) run-fuzzers O=build/fuzz CC=clang FUZZ=1 \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined' \
		LDFLAGS=-fsanitize=fuzzer,address,undefined
FUZZ_TIME ?= 60
run-fuzzers: $(fuzzers)
	for f in $(fuzzers); do \
		mkdir -p $(O)/corpus/$${f##*/}; \
		$$f -max_total_time=$(FUZZ_TIME) $(O)/corpus/$${f##*/} \
			tests/fuzz/corpus/$${f##*/} || exit 1; done

# ---- the developer's tools

sources := $(wildcard $(addsuffix /*.[ch],include/oriel proto proto/io codecs redirect \
	server client client/viewer capture examples bench tests/unit tests/fuzz))
format:
	clang-format -i $(sources)
tidy: compile_commands.json
	clang-tidy -p . --quiet $(filter %.c,$(sources))
compile_commands.json: Makefile
	{ printf '['; sep=; for f in $(filter %.c,$(sources)); do \
		printf '%s\n{"directory":"$(CURDIR)","file":"%s",' "$$sep" $$f; \
		printf '"command":"$(CC) $(ALL_CFLAGS) -c %s"}' $$f; sep=,; \
	done; printf '\n]\n'; } > $@

# ---- install

install: all
	install -d $(addprefix $(DESTDIR),$(LIBDIR)/pkgconfig \
		$(INCLUDEDIR)/oriel)
	install -m 644 include/oriel/*.h $(DESTDIR)$(INCLUDEDIR)/oriel
	install -m 644 $(O)/oriel-*.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 $(O)/liboriel-*.a $(DESTDIR)$(LIBDIR)
	install -m 755 $(O)/liboriel-*.so.$(ABI) $(DESTDIR)$(LIBDIR)
	cp -P $(O)/liboriel-*.so $(DESTDIR)$(LIBDIR)

clean:
	rm -rf build compile_commands.json

.PHONY: all help check lint asan fuzz run-fuzzers format tidy install clean \
	compile_commands.json
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
