#!/bin/bash
# sandbox.sh - the process that has the viewer's connection: what it has and
# may do, that it ends with the viewer, and that the viewer survives it.
. "$(dirname "$0")/lib.sh"

x_server A 640x400
x_server B 800x600
xsetroot -display "$A" -mod 5 9 -fg '#34607a' -bg black
serve "--source=x11:$A"

# boxed: the process of the viewer; BOX is its number.
boxed() {
	BOX=
	for status in /proc/[0-9]*/status; do
		{ read -r parent < <(sed -n 's/^PPid:\t//p' "$status"); } \
			2> /dev/null || continue
		[ "$parent" = "$viewer" ] && BOX=${status//[!0-9]/}
	done
	[ -n "$BOX" ]
}
event() { # NAME/STATE
	grep -q "$1" "$T/view.out"
}
exact() {
	awk '/"event":"state"/ { ready = /"ready"/; exact = 0 }
		/"event":"exact"/ { exact = /true/ }
		END { exit !(ready && exact) }' "$T/view.out"
}
look() { # OPTION...
	start view "$BIN/oriel-view" --json --trust="$KEY" \
		--password-file="$T/password" "$@" "$ADDRESS"
	viewer=$PID
	eventually 15 exact || fail 'no desktop'
}
gone() {
	! kill -0 "$1" 2> /dev/null
}

# ---- what it is

look --headless --verbose --exit-after=600
boxed || fail 'there is no process for the connection'
grep -q 'sandbox: shut in by seccomp' "$T/view.log" || fail 'it is not shut in'
sed -n 's/^oriel-view: sandbox: /ok /p' "$T/view.log"
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$BOX/status"; }
# Itself, and one thread that decodes.
[ "$(status Threads)" -le 2 ] || fail 'it has threads'
for task in "/proc/$BOX/task"/*/status; do
	grep -q '^NoNewPrivs:[[:space:]]*1$' "$task" || fail 'it may get privileges'
	grep -q '^Seccomp:[[:space:]]*2$' "$task" || fail 'no filter'
done
if [ -r "/proc/$BOX/environ" ] && [ -O "/proc/$BOX/environ" -o \
	"$(id -u)" = 0 ]; then
	! tr '\0' '\n' < "/proc/$BOX/environ" | grep -q '^HOME=' ||
		fail 'it knows the environment'
	# What it has: nothing, the viewer, its loop, the connection.
	for fd in "/proc/$BOX/fd"/*; do
		case $(readlink "$fd") in
		/dev/null | socket:* | anon_inode:* | pipe:*) ;;
		"$T"/*.log) ;; # its own words, with --verbose
		*) fail "it has $(readlink "$fd") open" ;;
		esac
	done
fi
echo 'ok shut in'

# ---- it ends with the viewer

stop "$viewer" KILL
eventually 5 gone "$BOX" || fail 'it outlives the viewer'
look --headless --exit-after=600
boxed
kill -STOP "$BOX"
stop "$viewer" KILL
kill -CONT "$BOX" 2> /dev/null
eventually 5 gone "$BOX" || fail 'it outlives the viewer, stopped'
echo 'ok ends with the viewer'

# ---- it dies, and the viewer does not

look --headless --exit-after=600
boxed
kill -SEGV "$BOX"
finish "$viewer" 10
[ "$STATUS" = 6 ] || fail "the viewer ends with $STATUS"
grep -q 'was ended by signal 11' "$T/view.log" || fail 'nobody says why'
echo 'ok a crash is said'

look --headless --exit-after=600 --reconnect=30 \
	--screenshot="$T/last.png"
boxed
first=$BOX
kill -KILL "$BOX"
eventually 5 event '"state":"reconnecting"' || fail 'it is not looked for'
xsetroot -display "$A" -mod 3 7 -fg '#7a6034' -bg black
eventually 15 exact || fail 'the desktop is not back'
boxed || fail 'there is no other process'
[ "$BOX" != "$first" ] || fail 'it is the same process'
[ "$(grep -c '"event":"screen_added"' "$T/view.out")" = 1 ] ||
	fail 'the screen was taken for another'
stop "$viewer"
picture "$A" "$T/now.png"
same "$T/now.png" "$T/last.png" || fail 'the picture is another one'
echo 'ok another process takes over'

# One that dies again and again is not begun for ever.
look --headless --exit-after=600 --reconnect=60
again() { # another process has the desktop, or there is no viewer any more
	gone "$viewer" || { boxed && [ "$BOX" != "$last" ] && exact; }
}
last=
for _ in 1 2 3 4 5 6 7 8; do
	eventually 15 again || fail 'not back'
	gone "$viewer" && break
	last=$BOX
	kill -KILL "$last"
done
finish "$viewer" 10
[ "$STATUS" = 6 ] || fail "after many crashes: $STATUS"
echo 'ok not for ever'

# ---- in a window: the panel

DISPLAY=$B look --fullscreen --reconnect=0
boxed
kill -SEGV "$BOX"
eventually 5 grep -q 'was ended by signal 11' "$T/view.log" ||
	fail 'nobody says why, in a window'
sleep 1
gone "$viewer" && fail 'the window has gone'
panel() {
	DISPLAY=$B import -window root "$T/panel.png"
	[ "$(convert "$T/panel.png" -format %k info:)" -gt 20 ]
}
eventually 5 panel || fail 'there is no panel'
# "Try again" is its first button.
tries() {
	DISPLAY=$B xdotool key Return
	eventually 3 exact
}
eventually 5 tries || fail 'not shown again'
boxed || fail 'no process for the second attempt'
echo 'ok a panel, and again'

# A process that stands still does not keep the window from its menu.
kill -STOP "$BOX"
for _ in $(seq 300); do
	DISPLAY=$B xdotool mousemove $((RANDOM % 600)) $((RANDOM % 400))
done
DISPLAY=$B import -window root "$T/before.png"
DISPLAY=$B xdotool keydown ctrl keydown alt keyup alt keyup ctrl
menu() {
	DISPLAY=$B import -window root "$T/menu.png"
	! same "$T/before.png" "$T/menu.png"
}
eventually 5 menu || fail 'no menu while the process stands still'
kill -CONT "$BOX"
stop "$viewer"
echo 'ok the window goes on'

# ---- without

look --headless --sandbox=off --exit-after=600
boxed && fail 'there is a process all the same'
stop "$viewer"
[ "$STATUS" = 0 ] || fail "without the sandbox: $STATUS"
echo 'ok off'
