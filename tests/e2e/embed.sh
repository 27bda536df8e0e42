#!/bin/bash
# embed.sh - programs that embed the libraries, against an installed tree: the
# loops of others, the guide's code, and a monitor with a hostile guest, plain
# and under the address and the thread sanitizer.
. tests/e2e/lib.sh

top=$PWD
seed=${SEED:-$RANDOM}
echo "seed $seed"
export ASAN_OPTIONS=abort_on_error=0:exitcode=99 TSAN_OPTIONS=exitcode=99

# tree KIND FLAGS: install the libraries to $T/KIND; cc against that.
tree() {
	local target=install-libs
	[ -z "$2" ] || target=install-$1
	dest=$T/$1
	# No O but ours: a sanitizer's objects are in a folder of their own.
	if [ -z "$2" ]; then
		make -s $target O="${O:-build}" DESTDIR="$dest" PREFIX=/usr
	else
		make -s $target DESTDIR="$dest" PREFIX=/usr
	fi > "$T/make-$1.log" 2>&1 || fail "make $target"
	export PKG_CONFIG_PATH=$dest/usr/lib/pkgconfig
	export PKG_CONFIG_SYSROOT_DIR=$dest
	export LD_LIBRARY_PATH=$dest/usr/lib
	flags="-g -Wall -Wextra -Werror $2"
}

# build NAME SOURCE [PACKAGE]
build() {
	local out=$dest/$1 gnu=
	[ "${2#examples/}" = "$2" ] || gnu=-D_GNU_SOURCE
	# shellcheck disable=SC2046,SC2086
	cc $flags $gnu $(pkg-config --cflags oriel-server) \
		$([ -z "${3:-}" ] || PKG_CONFIG_SYSROOT_DIR='' \
			pkg-config --cflags "$3") "$2" -o "$out" \
		$(pkg-config --libs oriel-server oriel-client) \
		$([ -z "${3:-}" ] || PKG_CONFIG_SYSROOT_DIR='' \
			pkg-config --libs "$3") 2> "$T/cc.log" ||
		fail "$1 does not compile"
}

# shown ADDRESS FILE: what a viewer of the same user sees, once exact.
shown() {
	view --exit-when=lossless --exit-after=60 --screenshot="$2" "$1"
	[ "$STATUS" = 0 ] || fail "$1: the viewer ends with $STATUS"
}

# glance ADDRESS FILE: what a viewer of the same user sees of what moves, after a
# second, or a few where that is too short.
glance() {
	local seconds
	rm -f "$2"
	for seconds in 1 3 9; do
		view --exit-after=$seconds --screenshot="$2" "$1"
		[ "$STATUS" = 0 ] && [ -s "$2" ] && return
	done
	fail "$1: the viewer ends with $STATUS"
}

# sanitizers say nothing.
quiet() {
	! grep -l 'Sanitizer\|runtime error' "$T"/*.log ||
		fail 'a sanitizer found something'
}

# monitor KIND SEALED: a viewer stays through all that a guest does, another
# one comes afterwards; both show what the guest drew last.
monitor() {
	local name=$1-$2 socket=$T/$1-$2.socket vmm viewer
	# The guest begins when somebody looks.
	start "vmm-$name" "$dest/embed-vmm" "unix:$socket" /bin/sh -c \
		'until [ -e "$0" ]; do sleep 0.1; done; exec "$@"' \
		"$T/$name.go" \
		"$dest/hostile-guest" "$seed" "$2" "$T/$name.ppm"
	vmm=$PID
	eventually 10 test -S "$socket" || fail "$name: nobody listens"
	start "view-$name" "$BIN/oriel-view" --headless --exit-when=closed --json \
		--screenshot="$T/$name-long.png" "unix:$socket"
	viewer=$PID
	eventually 10 grep -qs screen_added "$T/view-$name.out" ||
		fail "$name: the viewer sees nothing"
	touch "$T/$name.go"
	eventually 60 grep -q 'the guest is gone' "$T/vmm-$name.log" ||
		fail "$name: the guest does not end"
	kill -0 "$vmm" 2>/dev/null || fail "$name: it took its host with it"
	[ -s "$T/$name.ppm" ] || fail "$name: the guest drew nothing"
	shown "unix:$socket" "$T/$name.png"
	same "$T/$name.ppm" "$T/$name.png" ||
		fail "$name: a new viewer shows another picture"
	stop "$vmm"
	[ "$STATUS" = 0 ] || fail "$name: the monitor ends with $STATUS"
	finish "$viewer" 10
	same "$T/$name.ppm" "$T/$name-long.png" ||
		fail "$name: the old viewer shows another picture"
	# It was caught at each kind of lie, or this shows nothing.
	echo "$name: $(cat "$T/vmm-$name.out")"
	grep -q 'refused [1-9]' "$T/vmm-$name.out" || fail "$name: no lie seen"
	grep -q 'failed [1-9]' "$T/vmm-$name.out" || fail "$name: nothing cut"
	quiet
}

# hello KIND: a server of the library and a client of the library.
hello() {
	start "hello-$1" "$dest/hello-server" "unix:$T/hello-$1.socket"
	eventually 10 test -S "$T/hello-$1.socket" || fail 'hello-server'
	timeout 60 "$dest/hello-client" "unix:$T/hello-$1.socket" \
		> "$T/hello-$1.ppm" 2> "$T/client-$1.log" ||
		fail "hello-client ($1) fails"
	stop "$PID"
	cmp -s "$T/hello-plain.ppm" "$T/hello-$1.ppm" ||
		fail "hello-client ($1) shows another picture"
	quiet
}

# loops KIND: the loops of others.
loops() {
	local name socket
	for name in glib uv epoll; do
		socket=$T/$name-$1.socket
		start "$name-$1" "$dest/embed-$name" "unix:$socket"
		eventually 10 test -S "$socket" || fail "embed-$name"
		glance "unix:$socket" "$T/$name.png"
		stop "$PID"
		[ "$(convert "$T/$name.png" -format %wx%h info:-)" = 256x256 ] ||
			fail "embed-$name shows another size"
		if [ $name = epoll ]; then
			[ "$STATUS" = 0 ] || fail "embed-epoll: exit $STATUS"
			[ "$(convert "$T/epoll.png" -crop 1x1+0+9 txt:- |
				grep -c '#FFA009')" = 1 ] ||
				fail 'embed-epoll draws no bar'
		else
			[ "$(convert "$T/$name.png" -format %c \
				histogram:info:- | grep -c '#204060')" = 1 ] ||
				fail "embed-$name shows another colour"
		fi
	done
	quiet
}

for kind in plain asan tsan; do
	case $kind in
	plain) tree plain '' ;;
	asan) tree asan '-fsanitize=address,undefined -fno-sanitize-recover=all' ;;
	tsan) tree tsan -fsanitize=thread ;;
	esac
	for name in hello-server hello-client embed-vmm hostile-guest \
		embed-epoll; do
		build $name "examples/$name.c"
	done
	build embed-glib examples/embed-glib.c glib-2.0
	build embed-uv examples/embed-uv.c libuv
	hello $kind
	loops $kind
	case $kind in
	plain) monitor plain sealed && monitor plain unsealed ;;
	asan) monitor asan unsealed ;; # the sealed one is cut as well
	tsan) monitor tsan sealed ;;
	esac
	[ $kind = plain ] || continue

	# What the guide says: each block compiles, a program of it runs.
	awk -v to="$T/guide" '/^```c$/ { n++; file = to n ".c"; next }
		/^```/ { file = "" } file { print > file }' EMBEDDING.md
	for file in "$T"/guide*.c; do
		name=${file##*/}
		if grep -q 'int main' "$file"; then
			build "${name%.c}" "$file"
		else
			# shellcheck disable=SC2046,SC2086
			cc $flags $(pkg-config --cflags oriel-server) -c \
				"$file" -o "$file.o" 2> "$T/cc.log" ||
				fail "$name of EMBEDDING.md does not compile"
		fi
	done
	cd "$T" || exit 1
	start guide "$dest/guide1"
	eventually 10 test -S guest.socket || fail "the guide's program"
	BIN=$(cd "$top" && realpath "$BIN") glance unix:guest.socket \
		"$T/guide.png"
	cd "$top" || exit 1
	[ "$(convert "$T/guide.png" -format %c histogram:info:- |
		grep -c '#204060\|#FFA000')" = 2 ] ||
		fail "the guide's program shows no square"
	[ "$(convert "$T/guide.png" -format %wx%h info:-)" = 640x480 ] ||
		fail "the guide's program shows another size"
done
echo ok
