#!/bin/bash
# install.sh - what `make install` puts down is complete: pkg-config alone
# compiles the examples against it, and they show each other a picture.
. tests/e2e/lib.sh

dest=$T/dest
make -s install O="${O:-build}" DESTDIR="$dest" PREFIX=/usr \
	> "$T/make.log" 2>&1 || fail 'make install'

for file in bin/oriel-serve bin/oriel-view bin/oriel-bench \
	libexec/oriel/oriel-bench-push libexec/oriel/oriel-bench-host \
	libexec/oriel/oriel-bench-sink libexec/oriel/oriel-bench-hear \
	libexec/oriel/oriel-rfb libexec/oriel/oriel-rdp \
	share/doc/oriel/HYPERVISORS.md \
	include/oriel/oriel.h include/oriel/oriel-server.h \
	include/oriel/oriel-client.h lib/liboriel-server.a \
	lib/liboriel-client.a share/man/man1/oriel-serve.1 \
	share/man/man1/oriel-view.1 share/man/man1/oriel-bench.1 \
	share/man/man7/oriel.7 share/oriel/oriel.lua \
	lib/udev/rules.d/70-oriel-usb.rules \
	share/oriel/oriel-sysctl.conf share/oriel/oriel-modules.conf \
	share/doc/oriel/README.md share/doc/oriel/PROTOCOL.md \
	share/doc/oriel/EMBEDDING.md \
	share/applications/oriel-view.desktop \
	share/mime/packages/oriel-view.xml \
	share/icons/hicolor/scalable/apps/oriel-view.svg \
	share/doc/oriel/SECURITY.md share/doc/oriel/LICENSE; do
	[ -s "$dest/usr/$file" ] || fail "$file is not installed"
done
desktop-file-validate "$dest/usr/share/applications/oriel-view.desktop" \
	> "$T/desktop.log" 2>&1 && [ ! -s "$T/desktop.log" ] ||
	fail 'the desktop file is wrong'
python3 -c 'import sys, xml.dom.minidom as x; [x.parse(f) for f in sys.argv[1:]]' \
	"$dest"/usr/share/mime/packages/oriel-view.xml \
	"$dest"/usr/share/icons/hicolor/scalable/apps/oriel-view.svg ||
	fail 'this is no XML'
[ "$(ls "$dest/usr/bin" | tr '\n' ' ')" = \
	'oriel-bench oriel-serve oriel-view ' ] || fail 'helpers are in bin'
# The bench finds what is not beside it.
TMPDIR=$T timeout 180 "$dest/usr/bin/oriel-bench" density --sessions=1 \
	--trace=bench/corpus/text.mkv --seconds=1 --measure=1 --only-mix \
	--mix=idle:1 --processes=one --out="$T/density" 2> "$T/density.log" ||
	fail 'oriel-bench density does not find its helpers'
for file in "$dest"/usr/share/man/man?/*; do
	name=${file##*/}
	grep -q "^\.TH \"${name%.*}\" \"${name##*.}\"" "$file" ||
		fail "$name is no manual page"
done

# As it would be in a root of its own.
export PKG_CONFIG_PATH=$dest/usr/lib/pkgconfig
export PKG_CONFIG_SYSROOT_DIR=$dest
export LD_LIBRARY_PATH=$dest/usr/lib
top=$PWD
cd "$T" || exit 1
# In either order: libraries first, libraries last.
cc $(pkg-config --cflags --libs oriel-server) "$top/examples/hello-server.c" \
	-o hello-server 2> cc.log || fail 'hello-server does not compile'
cc "$top/examples/hello-client.c" -o hello-client \
	$(pkg-config --cflags --libs oriel-client) 2> cc.log || fail 'hello-client does not compile'
# The program of the README, as it stands there.
sed -n '/^```c$/,/^```$/p' "$top/README.md" | grep -v '^```' > readme.c
cc readme.c $(pkg-config --cflags --libs oriel-server) -Wall -Werror -o readme \
	2> cc.log || fail "the README's program does not compile"
ldd hello-server | grep -q "$dest/usr/lib/liboriel-server.so.0" ||
	fail 'hello-server uses another library'
# Embedding in other loops, where their packages are.
for other in glib:glib-2.0 uv:libuv; do
	PKG_CONFIG_SYSROOT_DIR='' pkg-config --exists "${other#*:}" || continue
	cc $(pkg-config --cflags oriel-server) \
		$(PKG_CONFIG_SYSROOT_DIR='' pkg-config --cflags "${other#*:}") \
		"$top/examples/embed-${other%:*}.c" -o "embed-${other%:*}" \
		$(pkg-config --libs oriel-server) \
		$(PKG_CONFIG_SYSROOT_DIR='' pkg-config --libs "${other#*:}") \
		2> cc.log || fail "embed-${other%:*} does not compile"
done

start hello ./hello-server unix:hello.socket
eventually 5 test -S hello.socket || fail 'hello-server does not listen'
timeout 60 ./hello-client unix:hello.socket > hello.ppm 2> client.log ||
	fail 'hello-client failed'
# Red grows to the right, blue downwards; see hello-server.c.
python3 - << 'CHECK' || fail 'it is another picture'
data = open("hello.ppm", "rb").read()
head = b"P6\n640 480\n255\n"
assert data.startswith(head), data[:20]
want = bytearray()
for y in range(480):
    for x in range(640):
        want += bytes((x * 255 // 640, 0, y * 255 // 480))
assert data[len(head):] == bytes(want)
CHECK
for embed in glib uv; do
	[ -x "embed-$embed" ] || continue
	start "embed-$embed" "./embed-$embed" "unix:$embed.socket"
	eventually 5 test -S "$embed.socket" || fail "embed-$embed does not listen"
	# The clock of embed-glib moves once a second, 0.2 s is what a proof takes.
	timeout 60 ./hello-client "unix:$embed.socket" > "$embed.ppm" \
		2>> client.log || fail "embed-$embed shows nothing"
	head -c 15 "$embed.ppm" | grep -aq '^256 256$' ||
		fail "embed-$embed shows another picture"
done

make -s -C "$top" uninstall O="${O:-build}" DESTDIR="$dest" PREFIX=/usr
left=$(find "$dest" -type f -o -type l)
[ -z "$left" ] || fail "make uninstall leaves $left"
