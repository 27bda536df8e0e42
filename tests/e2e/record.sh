#!/bin/bash
# record.sh - oriel-bench record: an X display, a VNC server and a virtual
# machine's screen are recorded without loss; what is wrong is said in a line.
. tests/e2e/lib.sh

bench() { timeout 180 "$BIN/oriel-bench" "$@"; }

# Ends it in order: the file is complete then.
recorded() { # NAME PID
	stop "$2" INT
	[ "$STATUS" = 0 ] || fail "recording $1 ends with $STATUS"
	grep -q "$T/$1.mkv: .* pictures" "$T/$1.out" || fail "$1: not said"
}

last() { # FILE.mkv FILE.png: its last picture
	ffmpeg -v error -sseof -60 -i "$1" -update 1 -pix_fmt rgb24 -y "$2" ||
		fail "$1 cannot be read"
}

# settled DISPLAY: something is on it, and stays as it is for a while.
settled() {
	picture "$1" "$T/settled.png"
	sleep 1
	[ "$(identify -format %k "$T/settled.png")" -gt 1 ] &&
		! differs "$1" "$T/settled.png"
}

x_server A 320x200
start record "$BIN/oriel-bench" record "$A" "$T/record.mkv"
recorder=$PID
xsetroot -display "$A" -solid '#123456'
start xterm-a xterm -display "$A" -geometry 30x8+10+10 -e sleep 900
eventually 10 settled "$A" || fail 'X: nothing to record'
sleep 0.5
recorded record "$recorder"
picture "$A" "$T/a.png"
last "$T/record.mkv" "$T/record.png"
same "$T/a.png" "$T/record.png" || fail 'X: the last picture differs'
"$BIN/oriel-bench" codecs --ours "$T/record.mkv" > "$T/codecs.out" ||
	fail 'a recording cannot be used'

# No room for it.
mkdir "$T/small"
if [ "$(id -u)" = 0 ]; then
	private=(unshare -m)
else
	private=(unshare -rm)
fi
start noise xterm -display "$A" -geometry 40x12+10+10 -e sh -c \
	'while :; do head -c 300 /dev/urandom | od; sleep 0.02; done'
"${private[@]}" sh -c 'mount -t tmpfs -o size=40k none "$0" || exit 77
	exec timeout 180 "$@"' "$T/small" "$BIN/oriel-bench" record --fps=60 \
	--seconds=20 "$A" "$T/small/x.mkv" > "$T/small.out" 2> "$T/small.log"
STATUS=$?
[ $STATUS = 77 ] || { [ $STATUS = 1 ] &&
	[ "$(cat "$T/small.log")" = \
	"oriel-bench: $T/small/x.mkv: No space left on device" ]; } ||
	fail "no room: ended with $STATUS"
stop "$PID"

if ! command -v Xtigervnc > /dev/null; then
	echo 'ok but for VNC: no Xtigervnc here'
	exit 0
fi
mkfifo "$T/vnc.display"
start vnc Xtigervnc -displayfd 3 -geometry 320x200 -depth 24 -rfbport -1 \
	-rfbunixpath "$T/vnc.socket" -SecurityTypes None -ac \
	3<> "$T/vnc.display"
server=$PID
read -r -t 60 B < "$T/vnc.display" || fail 'no VNC server'
B=:$B
eventually 10 test -S "$T/vnc.socket" || fail 'the VNC server does not listen'
start vncrec "$BIN/oriel-bench" record "vnc:$T/vnc.socket" "$T/vncrec.mkv"
recorder=$PID
xsetroot -display "$B" -solid '#654321'
start xterm-b xterm -display "$B" -geometry 30x8+10+10 -e sleep 900
eventually 10 settled "$B" || fail 'VNC: nothing to record'
sleep 0.5
recorded vncrec "$recorder"
picture "$B" "$T/b.png"
last "$T/vncrec.mkv" "$T/vncrec.png"
# The server paints its pointer into the picture: all but its place.
convert "$T/b.png" -crop 140x180+0+0 +repage "$T/b1.png"
convert "$T/vncrec.png" -crop 140x180+0+0 +repage "$T/b2.png"
same "$T/b1.png" "$T/b2.png" || fail 'VNC: the last picture differs'

wrong() { # WORDS ARGUMENT...
	local words=$1
	shift
	bench record "$@" > "$T/wrong.out" 2> "$T/wrong.log" &&
		fail "no error: $*"
	grep -q "$words" "$T/wrong.log" || fail "not said: $words"
	[ "$(grep -c . "$T/wrong.log")" -le 2 ] || fail "too many words: $*"
}
wrong 'cannot record' vnc:127.0.0.1:1 "$T/none.mkv"
wrong 'say vnc:HOST:PORT' vnc:nowhere "$T/none.mkv"
wrong 'is no X display' :9999 "$T/none.mkv"
wrong 'record --sideways?' --sideways :1 "$T/none.mkv"
wrong 'cannot write' "vnc:$T/vnc.socket" "$T/none/none.mkv"

# The desktop takes another size.
start resized "$BIN/oriel-bench" record "vnc:$T/vnc.socket" "$T/resized.mkv"
recorder=$PID
# It is made when the size is known.
eventually 10 test -e "$T/resized.mkv" || fail 'it does not begin'
sleep 1
xrandr -display "$B" -s 640x480 2> "$T/xrandr.log" || fail 'xrandr'
finish "$recorder" 10
[ "$STATUS" = 0 ] && grep -q '640 x 480 now' "$T/resized.log" ||
	fail 'a new size is not said'

# A server that goes, in the middle of it.
start gone "$BIN/oriel-bench" record "vnc:$T/vnc.socket" "$T/gone.mkv"
eventually 10 test -e "$T/gone.mkv" || fail 'it does not begin'
sleep 1
kill "$server"
finish "$PID" 10
grep -q 'the server has gone' "$T/gone.log" || fail 'not said: gone'
[ "$STATUS" = 0 ] || fail 'what was recorded until then is not kept'
last "$T/gone.mkv" "$T/gone.png"

if command -v qemu-system-x86_64 > /dev/null; then
	start qemu qemu-system-x86_64 -accel tcg -m 32 -nodefaults -vga std \
		-display none -vnc "unix:$T/qemu.socket" -net none
	eventually 10 test -S "$T/qemu.socket" || fail 'no QEMU'
	sleep 3 # until the BIOS has its mode, or longer
	bios() {
		rm -f "$T/bios.mkv"
		start bios "$BIN/oriel-bench" record "qemu:$T/qemu.socket" \
			"$T/bios.mkv"
		recorder=$PID
		sleep 2
		recorded bios "$recorder"
		last "$T/bios.mkv" "$T/bios.png"
		# White words on black.
		[ "$(identify -format '%k' "$T/bios.png")" -ge 2 ]
	}
	bios || bios || bios || bios ||
		fail "the BIOS says nothing: $(identify "$T/bios.png")"
fi
echo ok
