# Oriel. `make help` lists what can be made; everything made goes to $(O)/.

VERSION = 0.1.0
ABI = 0

O ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
MANDIR ?= $(DATADIR)/man
ICONDIR ?= $(DATADIR)/icons/hicolor/scalable/apps

CC ?= cc
AR ?= ar
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wundef \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -pthread \
	-Iinclude -I. -MMD -MP $(WARNINGS) $(DEFS) $(CFLAGS)

.DEFAULT_GOAL := all

# GPL=no leaves out the GPL libraries (Debian's libavcodec) and what needs them.
GPL ?= yes

flags = $(shell $(PKG_CONFIG) $1 $2 2>/dev/null)
objects = $(patsubst %.c,$(O)/%.o,$(filter-out $(LEFT_OUT:%=%.c), \
	$(wildcard $(addsuffix /*.c,$1))))

LIBS = $(call flags,--libs,libssl libcrypto libzstd libturbojpeg opus \
	vpx libusbredirparser-0.5)
# Without OpenH264 no H.264, but by encoders that hosts bring.
H264_LIBS := $(call flags,--libs,openh264)
ifeq ($(H264_LIBS),)
DEFS += -DORIEL_NO_H264
LEFT_OUT += codecs/h264
else
LIBS += $(H264_LIBS)
endif
SYSTEMD_LIBS := $(call flags,--libs,libsystemd)
X_LIBS = $(call flags,--libs,x11 xext xdamage xfixes xtst xrandr xcb xcb-xfixes)
SDL_LIBS = $(call flags,--libs,sdl2 SDL2_ttf fontconfig libpng xcb xcb-xfixes \
	wayland-client)
# Without libusb the viewer has no devices but those behind sockets.
USB_LIBS := $(call flags,--libs,libusbredirhost libusb-1.0)
ifeq ($(USB_LIBS),)
LEFT_OUT += client/viewer/usb_local
else
LEFT_OUT += client/viewer/usb_none
$(O)/client/viewer/usb_local.o: DEFS += $(call flags,--cflags,libusb-1.0)
endif
BENCH_LIBS = $(call flags,--libs,libpng libwebp) $(VNC_LIBS)
ifeq ($(GPL),yes)
AV_LIBS = $(call flags,--libs,libavformat libavcodec libavutil libswscale)
X264_LIBS := $(call flags,--libs,x264)
else
DEFS += -DORIEL_NO_LIBAV
LEFT_OUT += capture/trace capture/unpack bench/trace tests/fuzz/fuzz_trace \
	tests/fuzz/mkseeds_trace
endif

# The better encoder of H.264, for our programs.
ifeq ($(X264_LIBS),)
DEFS += -DORIEL_NO_X264
endif

# Recording from VNC and QEMU; under the GPL as well.
VNC_LIBS := $(call flags,--libs,libvncclient)
ifeq ($(VNC_LIBS),)
DEFS += -DORIEL_NO_VNC
LEFT_OUT += bench/record_vnc
endif

# Without FreeRDP it shows no desktops of RDP servers.
RDP_LIBS := $(call flags,--libs,freerdp-client2 freerdp2 winpr2)
ifeq ($(RDP_LIBS),)
DEFS += -DORIEL_NO_RDP
LEFT_OUT += $(patsubst %.c,%,$(wildcard capture/far/rdp*.c)) \
	tests/fuzz/fuzz_rdp
endif

# Without it there is no sound of X desktops.
PULSE_LIBS := $(call flags,--libs,libpulse)
ifeq ($(PULSE_LIBS),)
DEFS += -DORIEL_NO_PULSE
LEFT_OUT += capture/pulse
endif

# Without its D-Bus oriel-serve shows no virtual machines.
ifeq ($(SYSTEMD_LIBS),)
DEFS += -DORIEL_NO_QEMU
LEFT_OUT += $(addprefix capture/,qemu qemu_agent qemu_audio qemu_clip \
	qemu_files qemu_display qemu_find qemu_input qemu_keeper qemu_launch \
	qemu_libvirt qemu_objects qemu_usb)
endif

# Printing wants CUPS's library, at both ends.
CUPS_LIBS := $(shell pkg-config --libs cups 2>/dev/null || cups-config --libs 2>/dev/null)

ifeq ($(CUPS_LIBS),)
DEFS += -DORIEL_NO_CUPS
LEFT_OUT += client/viewer/cups client/viewer/cups_login tests/fuzz/fuzz_ipp
endif

host_tools = $(O)/proto/msgdoc.o
msgdoc := $(O)/proto/msgdoc
pure := $(filter-out $(host_tools),$(call objects,proto codecs redirect))
core := $(pure) $(call objects,proto/io)
server := $(call objects,server)
client := $(call objects,client)

libs := $(O)/liboriel-server.so.$(ABI) $(O)/liboriel-client.so.$(ABI) \
	$(O)/liboriel-server.a $(O)/liboriel-client.a
programs := $(O)/oriel-serve $(O)/oriel-view
# The bench plays recordings, so it needs libavcodec. Beside it are servers
# that it gives frames to; SPICE's where libspice-server is.
ifeq ($(GPL),yes)
programs += $(O)/oriel-bench
helpers := $(O)/oriel-bench-push $(O)/oriel-bench-host $(O)/oriel-bench-sink
ifneq ($(call flags,--libs,spice-server),)
helpers += $(O)/oriel-bench-spice
endif
ifneq ($(PULSE_LIBS),)
helpers += $(O)/oriel-bench-hear
endif
endif
# What fetches the desktops of other servers for oriel-serve.
helpers += $(O)/oriel-rfb $(if $(RDP_LIBS),$(O)/oriel-rdp)
ifneq ($(CUPS_LIBS),)
helpers += $(O)/oriel-ipp
endif
man := $(O)/oriel-serve.1 $(O)/oriel-view.1 $(O)/oriel-bench.1 $(O)/oriel.7

# What the viewer says in other languages, where gettext's tools are.
languages := $(if $(shell command -v msgfmt),$(patsubst po/%.po,%,$(wildcard po/*.po)))
texts := $(languages:%=$(O)/locale/%/LC_MESSAGES/oriel.mo)

$(V).SILENT: # make V=1 shows the commands
all: libs programs man
programs: $(texts)
libs: $(libs) $(O)/oriel-server.pc $(O)/oriel-client.pc
programs: $(programs) $(helpers)
man: $(man)

help:
	grep -E '^#: ' $(firstword $(MAKEFILE_LIST)) | cut -c4-

#: make demo             install what it needs, show a desktop in a window
#: make demo-vm          the same with a virtual machine
#: make check            install what the tests need, run all of them
#: make                  libraries, programs, man pages
#: make quick            unit and property tests, corpora, lints (2 min)
#: make asan | tsan      the same under the sanitizers | those with threads
#: make e2e              real programs on real displays
#: make guest            the virtual machine of tests and demo-vm (2 min)
#: make usb-speed        how fast USB devices are over links
#: make sound            what is heard over LINKS, in a table (2 min)
#: make soak             mixed work on bad links for SOAK_SECONDS (an hour)
#: make arm64            the libraries for aarch64, their tests emulated
#: make coverage         lines of proto/ and codecs/, and of each parser
#: make fuzz | seeds     every fuzzer for FUZZ_TIME seconds (clang) | seeds
#: make bench            against TigerVNC and SPICE (10 min), with a report
#: make guest-speed      what showing a guest costs it, beside SPICE (8 min)
#: make codecs           the codecs, against PNG, WebP, zstd and QOI
#: make tidy | format    clang-tidy | clang-format
#: make doc              PROTOCOL.md's tables and the Wireshark dissector
#: make examples         programs that embed the libraries
#: make texts            what there is to translate, to po/
#: make install          to DESTDIR and PREFIX; also uninstall
#: make install-libs     the libraries, for who embeds them, alone
#: make clean            but for the guest; distclean: that as well

# ---- compiling

$(O)/client/viewer/%.o: DEFS += $(SDL_CFLAGS)
SDL_CFLAGS := $(call flags,--cflags,sdl2 SDL2_ttf fontconfig)

$(O)/%.o: %.c
	mkdir -p $(@D)
	echo "  CC    $<"
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The hot loops of these want more than -O2; the sanitizers' -O1 stays.
ifneq ($(findstring -O2,$(CFLAGS)),)
$(O)/codecs/%.o: CFLAGS += -O3
endif

$(O)/liboriel-%.so.$(ABI): $(core)
	echo "  LD    $@"
	$(CC) -shared -pthread -Wl,-soname,$(@F) -Wl,-z,defs $(CFLAGS) \
		$(LDFLAGS) -o $@ $^ $(LIBS)
	ln -sf $(@F) $(@:.$(ABI)=)
$(O)/liboriel-%.a: $(core)
	echo "  AR    $@"
	rm -f $@
	$(AR) qcs $@ $^
$(O)/liboriel-server.so.$(ABI) $(O)/liboriel-server.a: $(server)
$(O)/liboriel-client.so.$(ABI) $(O)/liboriel-client.a: $(client)

# What a program is made of but for its main; tests link it as well.
clip := $(call objects,clip)
capture := $(filter-out $(O)/capture/main.o,$(call objects,capture)) $(clip)
viewer := $(filter-out $(O)/client/viewer/main.o,$(call objects,client/viewer)) \
	$(clip)
bench := $(filter-out $(addprefix $(O)/bench/,main.o push.o spice.o host.o \
	sink.o sink_screen.o hear.o),$(call objects,bench))

$(O)/oriel-serve: $(O)/capture/main.o $(capture) $(O)/liboriel-server.a
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(X_LIBS) $(SYSTEMD_LIBS) \
		$(PULSE_LIBS) $(AV_LIBS) $(X264_LIBS) $(LIBS)
$(patsubst %.c,$(O)/%.o,$(wildcard capture/far/rdp*.c)): DEFS += $(patsubst -I%,-isystem %,$(call \
	flags,--cflags,freerdp-client2 freerdp2 winpr2))
far := $(addprefix $(O)/capture/,far/helper.o confine.o far_check.o qemu_keys.o \
	x11_keys.o)
$(O)/oriel-rfb: $(filter $(O)/capture/far/rfb%,$(call objects,capture/far)) $(far)
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		$(call flags,--libs,libssl libcrypto zlib)
$(O)/oriel-rdp: $(filter $(O)/capture/far/rdp%,$(call objects,capture/far)) $(far)
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(RDP_LIBS) \
		$(call flags,--libs,libcrypto)
$(O)/oriel-view: $(O)/client/viewer/main.o $(viewer) $(O)/liboriel-client.a
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SDL_LIBS) $(USB_LIBS) \
		$(CUPS_LIBS) $(LIBS) -lm
$(O)/oriel-bench: $(O)/bench/main.o $(bench) $(core)
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS) $(AV_LIBS) \
		$(X_LIBS) $(LIBS) -lm

$(O)/oriel-ipp: $(call objects,capture/ipp) $(addprefix $(O)/capture/,confine.o \
		printpipe.o)
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CUPS_LIBS)

$(O)/bench/spice.o: DEFS += $(patsubst -I%,-isystem %,$(call \
	flags,--cflags,spice-server))
$(O)/oriel-bench-spice: $(addprefix $(O)/bench/,spice.o frames.o mark.o stage.o \
		trace.o)
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(AV_LIBS) \
		$(call flags,--libs,spice-server)
$(O)/oriel-bench-push: $(addprefix $(O)/bench/,push.o frames.o mark.o stage.o \
		trace.o) $(O)/liboriel-server.a
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(AV_LIBS) $(LIBS)
$(O)/oriel-bench-host: $(addprefix $(O)/bench/,host.o crowd_map.o frames.o \
		mark.o stage.o trace.o) $(O)/liboriel-server.a
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(AV_LIBS) $(LIBS)
# A client without pictures.
$(O)/oriel-bench-sink: $(addprefix $(O)/bench/,sink.o sink_screen.o crowd_map.o \
		stage.o) $(filter-out %/screen.o %/picture.o %/video.o,$(client)) $(core)
	echo "  LD    $@"
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Always made anew: PREFIX may be another one now.
# Some gcc drop libraries that stand before their users on the command line;
# ours stays.
KEEP = -Wl,--push-state,--no-as-needed
$(O)/oriel-%.pc: FORCE
	mkdir -p $(@D)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' \
		'includedir=$(INCLUDEDIR)' '' 'Name: oriel-$*' \
		'Description: Oriel remote display, $* library' \
		'Version: $(VERSION)' 'Libs: -L$${libdir} $(KEEP),-loriel-$*,--pop-state' \
		'Libs.private: $(LIBS) -pthread' \
		'Cflags: -I$${includedir}' > $@

vpath %.scd capture client/viewer bench .
$(O)/%: %.scd
	mkdir -p $(@D)
	echo "  MAN   $@"
	scdoc < $< > $@

$(O)/locale/%/LC_MESSAGES/oriel.mo: po/%.po
	mkdir -p $(@D)
	echo "  TEXT  $<"
	msgfmt --check -o $@ $<

# ---- tests

units := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/test_*.c tests/prop/prop_*.c))
fuzzers := $(patsubst %.c,$(O)/%,$(filter-out $(LEFT_OUT:%=%.c), \
	$(wildcard tests/fuzz/fuzz_*.c)))
threaded := $(filter %/test_loop %/test_pool %/test_conn %/test_session \
	%/test_hostile %/test_memory %/test_api %/test_ear %/test_voices %/prop_session %/prop_conn,$(units))
TEST_LIBS = -lcmocka $(LIBS) -lm

# The libraries' objects; of the programs, each test gets the one it includes.
$(O)/tests/all.a: $(core) $(server) $(client) $(call objects,tests)
$(O)/tests/capture.a: $(filter-out $(clip),$(capture))
$(O)/tests/clip.a: $(clip)
$(O)/tests/viewer.a: $(filter-out $(clip),$(viewer))
$(O)/tests/bench.a: $(bench)
# Of oriel-rfb what reads; a test plays the connection and oriel-serve.
$(O)/tests/far.a: $(filter-out %/rfb.o %/rfb_stream.o,$(filter \
	$(O)/capture/far/rfb%,$(call objects,capture/far)))
$(O)/tests/fuzz/fuzz_rfb: $(O)/tests/far.a
$(O)/tests/fuzz/fuzz_rfb: TARGET_LIBS = $(call flags,--libs,zlib)
# The same of oriel-rdp; the library's painter is real.
$(O)/tests/far_rdp.a: $(filter-out %/rdp.o %/rdp_trust.o,$(filter \
	$(O)/capture/far/rdp%,$(call objects,capture/far)))
$(O)/tests/fuzz/fuzz_rdp: $(O)/tests/far_rdp.a
$(O)/tests/fuzz/fuzz_rdp: TARGET_LIBS = $(RDP_LIBS)
$(O)/tests/fuzz/fuzz_rdp.o: DEFS += $(patsubst -I%,-isystem %,$(call \
	flags,--cflags,freerdp-client2 freerdp2 winpr2))
# Of oriel-ipp all but its pipe; the target plays oriel-serve.
$(O)/tests/ipp.a: $(filter-out %/main.o,$(call objects,capture/ipp))
$(O)/tests/fuzz/fuzz_ipp: $(O)/tests/ipp.a
$(O)/tests/fuzz/fuzz_ipp: TARGET_LIBS = $(CUPS_LIBS)
$(O)/tests/%.a:
	mkdir -p $(@D)
	rm -f $@
	$(AR) qcs $@ $^
of_viewer := $(patsubst %.c,$(O)/%,$(shell grep -l '"client/viewer/' \
	$(wildcard tests/unit/*.c tests/fuzz/*.c)))
of_capture := $(patsubst %.c,$(O)/%,$(shell grep -l '"capture/' \
	$(wildcard tests/unit/*.c tests/fuzz/*.c)))
of_clip := $(patsubst %.c,$(O)/%,$(shell grep -l '"clip/' \
	$(wildcard tests/unit/*.c tests/fuzz/*.c)))
of_bench := $(patsubst %.c,$(O)/%,$(shell grep -l '"bench/' \
	$(wildcard tests/unit/*.c tests/fuzz/*.c)))
$(of_viewer): $(O)/tests/viewer.a $(O)/tests/clip.a
$(of_bench): $(O)/tests/bench.a
$(of_capture): $(O)/tests/capture.a $(O)/tests/clip.a
$(of_clip): $(O)/tests/clip.a
test_link = echo "  LD    $@"; $(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ \
	$(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group
$(O)/tests/unit/%: $(O)/tests/unit/%.o $(O)/tests/all.a
	$(test_link) $(TEST_LIBS) $(UNIT_LIBS)
$(O)/tests/prop/%: $(O)/tests/prop/%.o $(O)/tests/all.a
	$(test_link) $(TEST_LIBS)
$(O)/tests/fuzz/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(O)/tests/all.a \
		$(if $(FUZZ),,$(O)/tests/fuzz/replay.o)
	$(test_link) $(FUZZ_LIBS) $(TARGET_LIBS) $(LIBS)
$(O)/tests/unit/test_x11_keys: UNIT_LIBS = $(X_LIBS)
$(addprefix $(O)/tests/unit/,test_keys_window test_stage): UNIT_LIBS = \
	$(SDL_LIBS) $(USB_LIBS) $(CUPS_LIBS) -lm
$(O)/tests/unit/test_regions: UNIT_LIBS = $(AV_LIBS)
$(O)/tests/unit/test_h264: UNIT_LIBS = $(X264_LIBS)
$(O)/tests/fuzz/fuzz_trace: TARGET_LIBS = $(AV_LIBS)

# Seeds that the project's own encoders make; committed, made anew when the
# bitstream or a message changes.
seeders := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/mkseeds_*.c))
$(O)/tests/fuzz/mkseeds_%: $(O)/tests/fuzz/mkseeds_%.o $(O)/tests/all.a
	$(test_link) $(TARGET_LIBS) $(LIBS)
$(O)/tests/fuzz/mkseeds_trace: TARGET_LIBS = $(AV_LIBS)
seeds: $(seeders)
	for s in $(seeders); do $$s tests/fuzz/corpus || exit 1; done

quick: libs programs $(units) $(fuzzers) lint
	JOBS=2 tests/run.sh $(units) $(fuzzers) tests/lint/layers.sh
lint: libs $(msgdoc)
	tests/lint/layers.sh
	tests/lint/protocol.sh $(msgdoc)
	tests/lint/headers.sh $(CC)
	tests/lint/texts.sh
	$(if $(findstring sanitize,$(CFLAGS))$(findstring coverage,$(CFLAGS)),,\
		tests/lint/pure.sh $(pure))
	tests/lint/symbols.sh $(O)/liboriel-server.so.$(ABI) \
		$(O)/liboriel-client.so.$(ABI)
	$(if $(findstring sanitize,$(CFLAGS))$(findstring coverage,$(CFLAGS)),,\
		tests/lint/manners.sh $(O)/liboriel-server.so.$(ABI) \
			$(O)/liboriel-client.so.$(ABI))

SAN = -fno-sanitize-recover=all -fno-omit-frame-pointer
ASAN = O=build/asan CFLAGS='-O1 -g -fsanitize=address,undefined $(SAN)'
TSAN = O=build/tsan CFLAGS='-O1 -g -fsanitize=thread $(SAN)'
asan:
	$(MAKE) sanitized $(ASAN)
tsan:
	$(MAKE) run-threaded $(TSAN)
# The libraries alone, to try an embedding with.
install-asan:
	$(MAKE) install-libs $(ASAN)
install-tsan:
	$(MAKE) install-libs $(TSAN)
sanitized: $(units) $(fuzzers)
	JOBS=2 tests/run.sh $(units) $(fuzzers)
run-threaded: $(threaded)
	tests/run.sh $(threaded)

# Everything, after installing what it needs.
check:
	tools/need.sh check
	tests/check.sh

demo:
	tools/need.sh demo
	$(MAKE) programs
	tools/demo.sh $(O)

# A virtual machine's kernel and disk. It takes minutes and a network to make,
# so `clean` leaves it; it is made anew when its list of packages changes.
GUEST ?= build/guest
export GUEST
guest:
	tools/need.sh guest
	tools/guest/build.sh $(GUEST)

demo-vm:
	tools/need.sh demo-vm
	$(MAKE) programs guest
	tools/demo-vm.sh $(O) $(GUEST)

guest-speed:
	tools/need.sh demo-vm
	tools/need.sh bench
	$(MAKE) programs guest
	tools/guest/speed.sh $(O) $(GUEST)

$(O)/tests/e2e/painter: $(O)/tests/e2e/painter.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call flags,--libs,x11)

$(O)/tests/e2e/clipper: $(O)/tests/e2e/clipper.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call flags,--libs,xcb)

$(O)/tests/e2e/keys: $(O)/tests/e2e/keys.o $(O)/liboriel-client.a
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		$(call flags,--libs,x11 xtst) $(LIBS)

$(O)/tests/e2e/device: $(addprefix $(O)/tests/e2e/,device.o device_disk.o \
		device_live.o)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		$(call flags,--libs,libusbredirparser-0.5) -lm

$(O)/tests/e2e/usbguest: $(O)/tests/e2e/usbguest.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		$(call flags,--libs,libusbredirparser-0.5)

$(O)/tests/e2e/onlink: $(O)/tests/e2e/onlink.o $(addprefix $(O)/bench/, \
		netns.o emulator.o shaper.o links.o probe.o) $(core)
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lm

$(O)/tests/e2e/fingers: $(O)/tests/e2e/fingers.o $(O)/liboriel-client.a
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/oriel-bench-hear $(O)/tests/e2e/hear: $(O)/bench/hear.o
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pthread $(PULSE_LIBS) \
		$(call flags,--libs,x11) -lm

$(O)/tests/e2e/liar: $(O)/tests/e2e/liar.o $(O)/tests/e2e/liar_sound.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SYSTEMD_LIBS) -lm

$(O)/tests/e2e/rdp_liar.o: DEFS += $(patsubst -I%,-isystem %,$(call \
	flags,--cflags,freerdp2 winpr2))
$(O)/tests/e2e/rdp_liar: $(O)/tests/e2e/rdp_liar.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call flags,--libs,freerdp2 winpr2)

$(O)/tests/e2e/attack: $(addprefix $(O)/tests/e2e/,attack.o attack_serve.o \
		attack_clients.o attack_view.o raw.o) $(client) $(core)
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/tests/e2e/usbliar: $(addprefix $(O)/tests/e2e/,usbliar.o raw.o) $(core)
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

e2e: all $(addprefix $(O)/tests/e2e/,attack clipper device fingers keys \
		onlink painter usbguest usbliar) \
		$(if $(SYSTEMD_LIBS),$(O)/tests/e2e/liar) \
		$(if $(RDP_LIBS),$(O)/tests/e2e/rdp_liar) \
		$(if $(PULSE_LIBS),$(O)/tests/e2e/hear)
	tools/guest/build.sh $(GUEST) || : # its test says that there is none
	JOBS=2 tests/run.sh $(filter-out %/lib.sh %_lib.sh $(alone),$(scripts)) || status=1; \
		tests/run.sh $(alone) && exit $$status
scripts = $(sort $(wildcard tests/e2e/*.sh))
# They measure, so nothing runs beside them.
alone = $(addprefix tests/e2e/,bench.sh links.sh)

usb-speed: all $(addprefix $(O)/tests/e2e/,device onlink usbguest)
	tests/usb_speed.sh $(USB_SPEED)

# tests/sound.sh says which variables it takes.
LINKS ?= lan wan dsl lossy 4g
sound: programs $(O)/tests/e2e/hear $(O)/tests/e2e/onlink
	tests/sound.sh $(LINKS)

soak:
	$(MAKE) run-soak $(ASAN)
run-soak: programs $(O)/tests/e2e/onlink
	tests/soak.sh

# The same bytes on another architecture. test_api is left out: emulated, it is
# slower than the silence that its sessions stand.
arm64:
	tools/need.sh arm64
	PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig $(MAKE) run-arm64 \
		O=build/arm64 CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar
portable = $(filter-out $(of_viewer) $(of_bench) $(of_capture) %/test_api,$(units))
run-arm64: libs $(portable)
	RUN=qemu-aarch64 TEST_TIMEOUT=900 tests/run.sh $(portable)

FUZZ_TIME ?= 60
fuzz:
	$(MAKE) run-fuzzers O=build/fuzz CC=clang FUZZ=1 \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined $(SAN)' \
		FUZZ_LIBS=-fsanitize=fuzzer
run-fuzzers: $(fuzzers)
	tests/fuzz/run.sh $(FUZZ_TIME) $(fuzzers)

coverage:
	$(MAKE) $(@:%=run-%) O=build/cov CFLAGS='-O0 -g --coverage'
run-coverage: $(units) $(fuzzers)
	tests/coverage.sh $(O)

# What has been measured already is not measured again: rm -r $(O)/results.
bench:
	tools/need.sh bench
	$(MAKE) run-bench
run-bench: programs
	$(O)/oriel-bench run --trace=$(BENCH_TRACES) --link=lan,wan \
		--peer=oriel,tigervnc,spice --seconds=6 --repeats=2 \
		--out=$(O)/results $(BENCH_ARGS); status=$$?; \
		$(O)/oriel-bench report $(O)/results && exit $$status
BENCH_TRACES = bench/corpus/text.mkv,bench/corpus/page.mkv,bench/corpus/window.mkv
codecs: $(O)/oriel-bench
	$(O)/oriel-bench codecs $(CODECS_ARGS)

# ---- the developer's tools

sources := $(wildcard $(addsuffix /*.[ch],include/oriel proto proto/io codecs \
	redirect server client clip client/viewer capture capture/ipp \
	capture/far examples bench tests \
	tests/unit tests/prop tests/fuzz))
format:
	clang-format -i $(filter-out %/messages.h %/messages.c,$(sources))
tidy: compile_commands.json
	clang-tidy -p . --quiet $(filter-out tests/% bench/%,$(filter %.c,$(sources)))
compile_commands.json: Makefile
	{ printf '['; sep=; for f in $(filter %.c,$(sources)); do \
		printf '%s\n{"directory":"$(CURDIR)","file":"%s",' "$$sep" $$f; \
		printf '"command":"$(CC) $(ALL_CFLAGS) $(SDL_CFLAGS) -c %s"}' $$f; \
		sep=,; done; printf '\n]\n'; } > $@

# After a text of the viewer has changed: what translators fill in.
texts:
	tests/lint/texts.sh update

$(msgdoc): $(O)/proto/msgdoc.o $(O)/proto/messages.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
doc: $(msgdoc)
	$(msgdoc) write PROTOCOL.md tools/oriel.lua

# ---- examples, each a program of one file

uses_glib := $(call flags,--cflags --libs,glib-2.0)
uses_uv := $(call flags,--cflags --libs,libuv)
examples := $(patsubst %.c,$(O)/%,$(filter-out \
	$(if $(uses_glib),,%/embed-glib.c) $(if $(uses_uv),,%/embed-uv.c), \
	$(wildcard examples/*.c)))
examples: $(examples)
$(O)/examples/embed-glib: uses = $(uses_glib)
$(O)/examples/embed-uv: uses = $(uses_uv)
$(O)/examples/%: examples/%.c $(libs)
	mkdir -p $(@D)
	echo "  CC    $@"
	$(CC) $(ALL_CFLAGS) -o $@ $< -L$(O) -loriel-server -loriel-client $(uses)

# ---- install

install-libs: libs
	install -d $(addprefix $(DESTDIR),$(LIBDIR)/pkgconfig \
		$(INCLUDEDIR)/oriel)
	install -m 644 include/oriel/*.h $(DESTDIR)$(INCLUDEDIR)/oriel
	install -m 644 $(O)/oriel-*.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 $(O)/liboriel-*.a $(DESTDIR)$(LIBDIR)
	install -m 755 $(O)/liboriel-*.so.$(ABI) $(DESTDIR)$(LIBDIR)
	cp -P $(O)/liboriel-server.so $(O)/liboriel-client.so $(DESTDIR)$(LIBDIR)

install: all install-libs
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBEXECDIR)/oriel \
		$(MANDIR)/man1 $(MANDIR)/man7 $(DATADIR)/oriel $(DATADIR)/doc/oriel \
		$(DATADIR)/applications $(DATADIR)/mime/packages $(ICONDIR))
	install -m 755 $(programs) $(DESTDIR)$(BINDIR)
	$(if $(helpers),install -m 755 $(helpers) $(DESTDIR)$(LIBEXECDIR)/oriel)
	install -m 644 $(filter %.1,$(man)) $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(filter %.7,$(man)) $(DESTDIR)$(MANDIR)/man7
	install -m 644 tools/oriel.lua tools/oriel-sysctl.conf \
		tools/oriel-modules.conf $(DESTDIR)$(DATADIR)/oriel
	install -D -m 644 tools/oriel-usb.rules \
		$(DESTDIR)$(UDEVDIR)/70-oriel-usb.rules
	install -m 755 tools/oriel-queue $(DESTDIR)$(DATADIR)/oriel
	install -m 644 client/viewer/oriel-view.desktop \
		$(DESTDIR)$(DATADIR)/applications
	install -m 644 client/viewer/oriel-view.xml \
		$(DESTDIR)$(DATADIR)/mime/packages
	install -m 644 client/viewer/oriel-view.svg $(DESTDIR)$(ICONDIR)
	$(foreach l,$(languages),install -D -m 644 \
		$(O)/locale/$l/LC_MESSAGES/oriel.mo \
		$(DESTDIR)$(DATADIR)/locale/$l/LC_MESSAGES/oriel.mo &&) true
	install -m 644 README.md EMBEDDING.md HYPERVISORS.md PROTOCOL.md SECURITY.md LICENSE \
		$(DESTDIR)$(DATADIR)/doc/oriel

uninstall:
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(notdir $(programs)))
	rm -rf $(DESTDIR)$(LIBEXECDIR)/oriel
	rm -f $(DESTDIR)$(UDEVDIR)/70-oriel-usb.rules
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,$(notdir $(libs)) \
		liboriel-server.so liboriel-client.so \
		pkgconfig/oriel-server.pc pkgconfig/oriel-client.pc)
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(filter %.1,$(man)))) \
		$(addprefix $(DESTDIR)$(MANDIR)/man7/,$(notdir $(filter %.7,$(man))))
	rm -f $(addprefix $(DESTDIR)$(DATADIR)/,applications/oriel-view.desktop \
		mime/packages/oriel-view.xml) $(DESTDIR)$(ICONDIR)/oriel-view.svg \
		$(languages:%=$(DESTDIR)$(DATADIR)/locale/%/LC_MESSAGES/oriel.mo)
	rm -rf $(DESTDIR)$(INCLUDEDIR)/oriel $(DESTDIR)$(DATADIR)/oriel \
		$(DESTDIR)$(DATADIR)/doc/oriel

clean:
	rm -rf $(filter-out build/guest,$(wildcard build/*)) compile_commands.json
distclean: clean
	rm -rf build

.PHONY: all libs programs man help quick lint asan tsan sanitized \
	run-threaded check demo guest demo-vm guest-speed e2e usb-speed sound fuzz \
	run-fuzzers coverage run-coverage bench run-bench codecs seeds texts \
	format tidy doc examples install install-libs install-asan \
	install-tsan uninstall clean distclean \
	compile_commands.json FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
