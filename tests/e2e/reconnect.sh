#!/bin/bash
# reconnect.sh - a network that goes and comes back, an address that changes, a
# server that is killed or restarted: the viewer is back by itself, exact, with
# its window where it was. Two network namespaces and a cable between them.
. "$(dirname "$0")/lib.sh"

# No names: the namespaces end with the processes that hold them.
start far unshare -n sleep 3600
far=$PID
start near unshare -n sleep 3600
near=$PID
separate() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
if ! eventually 3 separate "$far" || ! eventually 3 separate "$near" ||
	! ip link add oriel0 netns "$far" type veth \
		peer name oriel0 netns "$near" 2> "$T/veth.log"; then
	echo "skipped: no network namespaces here ($(id -un))"
	exit 0
fi
at() { # NAMESPACE COMMAND...
	nsenter -t "$1" -n -- "${@:2}"
}
for side in "$far 1" "$near 2"; do
	set -- $side
	at "$1" ip address add "192.0.2.$2/24" dev oriel0
	at "$1" ip link set lo up
	at "$1" ip link set oriel0 up
done
mac() {
	at "$1" ip -o link show oriel0 | sed 's/.*ether \([0-9a-f:]*\).*/\1/'
}

# cut: packets go nowhere, and nobody is told. mend: they arrive again.
cut() {
	at "$far" ip neighbour replace "$client" lladdr 02:00:00:00:00:01 \
		dev oriel0 nud permanent
	at "$near" ip neighbour replace 192.0.2.1 lladdr 02:00:00:00:00:02 \
		dev oriel0 nud permanent
}
mend() {
	at "$far" ip neighbour replace "$client" lladdr "$(mac "$near")" \
		dev oriel0 nud reachable
	at "$near" ip neighbour replace 192.0.2.1 lladdr "$(mac "$far")" \
		dev oriel0 nud reachable
}
client=192.0.2.2

x_server A 640x400
x_server B 640x400

# The desktop: another picture at each call.
n=0
change() {
	n=$((n + 1))
	xsetroot -display "$A" -mod $((n % 13 + 3)) $((n % 7 + 2)) \
		-fg "#$(printf %06x $((n * 7919 % 16777216)))" -bg black
}
change

ADDRESS=oriel://192.0.2.1
serve_far() { # OPTION...
	rm -f "$T/serve.out" "$T/serve.log"
	start serve nsenter -t "$far" -n -- "$BIN/oriel-serve" \
		--listen=tcp://192.0.2.1:5910 "--source=x11:$A" "$@"
	SERVER=$PID
	eventually 10 grep -qs '^listening ' "$T/serve.out" ||
		fail 'oriel-serve does not listen'
	KEY=$(sed -n 's/^key sha256://p' "$T/serve.log")
}
start_near() { # OPTION...
	rm -f "$T/view.out" "$T/view.log"
	DISPLAY=$B start view nsenter -t "$near" -n -- "$BIN/oriel-view" \
		--json "$@" "$ADDRESS"
	viewer=$PID
	eventually 10 test -s "$T/view.out" || fail 'the viewer says nothing'
}
view_near() {
	start_near --fullscreen "$@"
}
headless_near() {
	start_near --headless "$@"
}

# What the viewer says of its connection: the newest state, and whether its
# picture is exact since.
now_is() { # STATE
	[ "$(grep '"event":"state"' "$T/view.out" | tail -n 1 |
		sed 's/.*"state":"\([a-z]*\)".*/\1/')" = "$1" ]
}
exact() {
	awk '/"event":"state"/ { ready = /"ready"/; exact = 0 }
		/"event":"exact"/ { exact = /true/ }
		END { exit !(ready && exact) }' "$T/view.out"
}
asked() { # how often a password was wanted
	grep -c '"event":"login_wanted"' "$T/view.out"
}
is_asked() { # TIMES
	[ "$(asked)" = "$1" ]
}
shown() {
	exact && same_display "$A" "$B"
}

clock() {
	date +%s%N
}
# back WHAT: the picture is the desktop's again; say how long that took.
back() {
	eventually 15 shown || fail "$1: not back: $(tail -n 3 "$T/view.out")"
	echo "$1: exact after $((($(clock) - began) / 1000000)) ms"
}

secret=--password-file=$T/password
# Who comes back takes its own place, not that of a second viewer.
printf 'rights = all\nsecond = refuse\n' > "$T/policy"
serve_far "$secret" --policy="$T/policy"
view_near "--trust=$KEY" "$secret"
eventually 10 shown || fail 'no desktop in the window'

# The network is away for six seconds, and the desktop goes on.
for _ in 1 2 3 4; do change; sleep 0.2; done
cut
for _ in $(seq 6); do change; sleep 1; done
eventually 2 now_is reconnecting || fail 'silence was not noticed'
began=$(clock)
mend
back 'network away for 6 s'
[ "$(asked)" = 1 ] || fail 'a resumed session asked for a password'

# The cable is out.
at "$near" ip link set oriel0 down
for _ in 1 2 3; do change; sleep 1; done
at "$near" ip link set oriel0 up
began=$(clock)
back 'cable out for 3 s'

# Another address, at once, while nothing happens.
sleep 4
at "$near" ip address delete 192.0.2.2/24 dev oriel0
client=192.0.2.7
at "$near" ip address add $client/24 dev oriel0
began=$(clock)
change
back 'another address'

# The server is killed; the one after it takes the token of the one before.
stop "$SERVER" KILL
eventually 5 now_is reconnecting || fail 'the end of the server went unnoticed'
change
serve_far "$secret"
began=$(clock)
back 'server killed'

# It is stopped in order.
stop "$SERVER"
eventually 5 now_is reconnecting || fail 'a server that shuts down is not left'
change
serve_far "$secret"
began=$(clock)
back 'server restarted'
[ "$(asked)" = 1 ] || fail 'a restarted server asked for a password'
stop "$viewer" INT
[ "$STATUS" = 0 ] || fail "interrupted: exit $STATUS"

# Its picture grey, and a panel over it that counts; Escape gives up.
view_near "--trust=$KEY" "$secret"
eventually 10 shown || fail 'no desktop in the window'
export DISPLAY=$B
window=$(xdotool search --onlyvisible --class oriel-view)
place=$(xdotool getwindowgeometry "$window")
xdotool mousemove 320 390
stop "$SERVER" KILL
eventually 5 now_is reconnecting || fail 'the end of the server went unnoticed'
sleep 1
grey() { # FILE: along its upper edge, which no panel covers
	picture "$B" "$1"
	[ "$(convert "$1" -crop 640x20+0+0 -colorspace HSL -channel G \
		-separate -format '%[fx:maxima]' info:)" = 0 ]
}
eventually 5 grey "$T/lost.png" || fail 'the last picture is not grey'
[ "$(convert "$T/lost.png" -gravity center -crop 100x60+0+0 -format %k \
	info:)" -gt 2 ] || fail 'no panel'
eventually 5 differs "$B" "$T/lost.png" || fail 'the panel does not count'
[ "$(xdotool getwindowgeometry "$window")" = "$place" ] ||
	fail 'the window has moved'
xdotool key Escape
finish "$viewer" 5
[ "$STATUS" = 6 ] || fail "cancelled: exit $STATUS"
grep -q 'is lost' "$T/view.log" || fail 'stderr does not say so'

# A password that was typed is not kept: it is asked for over the picture.
serve_far "$secret"
view_near "--trust=$KEY"
xdotool mousemove 320 300
eventually 10 is_asked 1 || fail 'no password is wanted'
sleep 1
xdotool click 1 type --delay 20 'correct horse'
xdotool key Return mousemove 320 390
eventually 10 shown || fail 'no desktop in the window'
stop "$SERVER" KILL
eventually 5 now_is reconnecting || fail 'the end of the server went unnoticed'
rm "$HOME/.local/state/oriel/token.key"
serve_far "$secret"
eventually 10 is_asked 2 || fail 'the password was kept'
sleep 1
eventually 5 grey "$T/asked.png" || fail 'not grey while it asks'
xdotool type --delay 20 'wrong'
xdotool key Return
eventually 10 is_asked 3 || fail 'a wrong one is not asked for again'
sleep 1
xdotool type --delay 20 'correct horse'
xdotool key Return
eventually 10 shown || fail 'not back after a password'
xdotool keydown a
stop "$SERVER" KILL
eventually 5 now_is reconnecting || fail 'the end of the server went unnoticed'
change
serve_far "$secret"
eventually 10 shown || fail 'not back'
xdotool keyup a
stop "$viewer" INT
[ "$STATUS" = 0 ] || fail "interrupted: exit $STATUS"
stop "$SERVER"

# No longer than it was told to, and not at all unless it was.
serve_far "$secret"
headless_near "--trust=$KEY" "$secret" --reconnect=2
eventually 10 exact || fail 'no picture'
other=$viewer
mv "$T/view.out" "$T/other.out"
headless_near "--trust=$KEY" "$secret"
eventually 10 exact || fail 'no picture'
stop "$SERVER" KILL
finish "$viewer" 2
[ "$STATUS" = 6 ] || fail "not told to: exit $STATUS"
finish "$other" 10
[ "$STATUS" = 6 ] || fail "given up: exit $STATUS"

# Tokens sealed under a key that is gone: the password does it. And one that
# was let in by a ticket, of which there is no second.
echo one-time-ticket > "$T/tickets"
echo one-time-ticket > "$T/ticket"
serve_far "$secret" --ticket-file="$T/tickets"
headless_near "--trust=$KEY" --ticket-file="$T/ticket" --reconnect=60
eventually 10 exact || fail 'no picture by the ticket'
with_ticket=$viewer
mv "$T/view.out" "$T/ticket.out"
headless_near "--trust=$KEY" "$secret" --reconnect=60
eventually 10 exact || fail 'no picture'
stop "$SERVER" KILL
eventually 5 now_is reconnecting || fail 'the end of the server went unnoticed'
serve_far "$secret" --ticket-file="$T/tickets"
eventually 10 exact || fail 'not back'
ticket_back() {
	[ "$(grep -c '"state":"ready"' "$T/ticket.out")" = 2 ]
}
eventually 10 ticket_back || fail 'not back after a ticket'
[ "$(asked)" = 1 ] || fail 'a good token was not taken'
stop "$with_ticket" INT
stop "$SERVER" KILL
eventually 5 now_is reconnecting || fail 'the end of the server went unnoticed'
rm "$HOME/.local/state/oriel/token.key"
serve_far "$secret"
eventually 10 exact || fail 'not back without a token'
[ "$(asked)" = 2 ] || fail 'it came back without proof'

# Another key than before is not trusted, and that is said.
stop "$SERVER" KILL
eventually 5 now_is reconnecting || fail 'the end of the server went unnoticed'
rm -r "$HOME/.local/state/oriel"
serve_far "$secret"
finish "$viewer" 10
[ "$STATUS" = 4 ] || fail "another key: exit $STATUS"
grep -q "shows the key $KEY, but --trust names" "$T/view.log" ||
	fail 'the new key is not named'
echo ok
