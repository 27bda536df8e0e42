#!/bin/bash
# far.sh - VNC and RDP servers that misbehave: oriel-serve says what is wrong,
# ends with the right status or keeps its viewers and tries again, less and less
# often, and neither it nor its helper takes memory for it. A helper that is
# killed, too. With FAR_SLOW=1, half a minute longer, a network that goes without
# a word and comes back.
. tests/e2e/lib.sh
. tests/e2e/far_lib.sh

certificate one rsa
kinds='rfb rdp'
[ -x "$BIN/tests/e2e/rdp_liar" ] || kinds=rfb

# liar KIND HOW: a server that does that, at $PORT.
liar() {
	PORT=$(port)
	if [ "$1" = rdp ]; then
		start "liar-$1-$2" "$BIN/tests/e2e/rdp_liar" "$PORT" \
			"$T/one.crt" "$T/one.key" "$2"
	else
		start "liar-$1-$2" python3 tests/e2e/vnc_liar.py "$PORT" "$2"
	fi
	LIAR=$PID
	eventually 5 grep -qs listening "$T/liar-$1-$2.out" || fail 'no liar'
}

# ---- before there is a screen

liar rfb garbage
refused 3 'no VNC server' --source="rfb:127.0.0.1:$PORT"
[ "$kinds" = rfb ] ||
	refused 3 'no RDP with TLS' --source="rdp:127.0.0.1:$PORT"
stop "$LIAR"
liar rfb huge
refused 6 'of 65535 x 65535 pixels cannot be shown' \
	--source="rfb:127.0.0.1:$PORT"
stop "$LIAR"
echo 'ok refused'

# ---- after it: several at a time, each with a viewer

declare -A servers viewers helpers liars
believe() { # KIND HOW
	local name=$1-$2
	liar "$1" "$2"
	liars[$name]=$LIAR
	start "serve-$name" "$BIN/oriel-serve" --source="$1:127.0.0.1:$PORT" \
		--listen="unix:$T/$name" --password-file="$T/password" \
		$([ "$1" = rfb ] || echo "--source-trust=$(pin one)")
	servers[$name]=$PID
	helpers[$name]=oriel-$1
}
look_at() { # KIND HOW
	local name=$1-$2
	eventually 15 grep -qs '^listening' "$T/serve-$name.out" ||
		fail "$name: it does not listen"
	start "view-$name" "$BIN/oriel-view" --headless \
		--password-file="$T/password" "unix:$T/$name"
	viewers[$name]=$PID
}
# says NAME WORDS: it has said so, and goes on.
says() {
	eventually 15 grep -q "$2.*it is tried again" "$T/serve-$1.log" ||
		fail "$1: it does not say: $2"
}
# stays: all of them have their viewers and little memory; they end well.
stays() {
	local name
	for name in "${!servers[@]}"; do
		SERVER=${servers[$name]}
		eventually 15 grep -q peer_joined "$T/serve-$name.log" ||
			fail "$name: nobody joined"
		kill -0 "${viewers[$name]}" || fail "$name: the viewer is gone"
		small "$SERVER" 200000
		PID=$(helper "${helpers[$name]}")
		[ -z "$PID" ] || small "$PID" 150000
	done
	for name in "${!servers[@]}"; do
		stop "${viewers[$name]}"
		stop "${servers[$name]}"
		[ "$STATUS" = 0 ] || fail "$name: exit $STATUS"
		stop "${liars[$name]}"
	done
	servers=()
}

lies=(rfb:outside rfb:hangup rfb:cursor)
[ "$kinds" = rfb ] || lies+=(rdp:huge rdp:hangup rdp:cursor rdp:garbage rdp:text)
for lie in "${lies[@]}"; do believe "${lie%:*}" "${lie#*:}"; done
for lie in "${lies[@]}"; do look_at "${lie%:*}" "${lie#*:}"; done
says rfb-outside 'draws outside its screen'
says rfb-hangup 'has hung up'
says rfb-cursor 'pointer has 65535 x 65535 pixels'
[ "$kinds" = rfb ] || {
	says rdp-huge 'of 65535 x 65535 pixels cannot be shown'
	for how in hangup cursor garbage text; do
		says "rdp-$how" 'has hung up'
	done
}
stays
echo 'ok survives'

lies=(rfb:sizes rfb:cut rfb:bomb rfb:rects)
[ "$kinds" = rfb ] || lies+=(rdp:outside rdp:sizes rdp:rects)
for lie in "${lies[@]}"; do believe "${lie%:*}" "${lie#*:}"; done
for lie in "${lies[@]}"; do look_at "${lie%:*}" "${lie#*:}"; done
sleep 4
stays
echo 'ok endures'

# ---- the same again and again

liar rfb copies
serve --source="rfb:127.0.0.1:$PORT" --stats="$T/stats"
counted() { # NAME
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$T/stats" | tail -n 1
}
all() {
	[ "0$(counted source_updates)" -ge 21 ]
}
eventually 10 all || fail "updates do not come: $(counted source_updates)"
# A screen each, 256000 bytes; and not for each of the rectangles.
[ "$(counted source_copied_bytes)" -le $((256000 * 30)) ] ||
	fail "copied $(counted source_copied_bytes) bytes"
echo "ok copies: $(counted source_copied_bytes) bytes"
stop "$SERVER"
stop "$LIAR"

# ---- less and less often

liar rfb well
serve --source="rfb:127.0.0.1:$PORT"
start view "$BIN/oriel-view" --headless --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
first=$(helper oriel-rfb)
stop "$LIAR" KILL
cat > "$T/counter.py" <<'END'
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(5)
while True:
    s.accept()[0].close()
    print("asked", flush=True)
END
start counter python3 "$T/counter.py" "$PORT"
counter=$PID
eventually 10 grep -q asked "$T/counter.out" || fail 'it is not tried again'
sleep 6
# 0.25 s, doubled each time: the sixth would be 8 s after the first.
asked=$(wc -l < "$T/counter.out")
[ "$asked" -le 7 ] || fail "tried $asked times in 6 s"
stop "$counter"
start liar-rfb-well python3 tests/e2e/vnc_liar.py "$PORT" well
LIAR=$PID
eventually 15 grep -q 'is back' "$T/serve.log" || fail 'it is not found again'
kill -0 "$viewer" || fail 'the viewer is gone'
stop "$viewer"
echo "ok less often: $asked times"

# ---- the helper itself

first=$(helper oriel-rfb)
kill -KILL "$first"
eventually 10 grep -q 'oriel-rfb has broken down; it is tried again' \
	"$T/serve.log" || fail 'no word of it'
again() {
	second=$(helper oriel-rfb)
	[ -n "$second" ] && [ "$second" != "$first" ]
}
eventually 15 again || fail 'there is no other helper'
# It ends with its master, however that ends.
kill -KILL "$SERVER"
gone() {
	! kill -0 "$second" 2>/dev/null
}
eventually 5 gone || fail 'the helper stays'
# By hand it is nothing.
"$BIN/oriel-rfb" 3< /dev/null 2> "$T/hand.log"
[ $? = 2 ] && grep -q 'started by oriel-serve' "$T/hand.log" ||
	fail 'started by hand it does not say so'
echo 'ok helper'

# ---- a network that goes without a word

[ -n "${FAR_SLOW:-}" ] && [ "$kinds" != rfb ] || exit 0
PORT=$(port)
vnc=$PORT
rdp=$(port)
mkfifo "$T/go"
cat > "$T/inside" <<END
ip link set lo up
Xtigervnc -displayfd 3 -depth 24 -localhost -ac -rfbport $vnc \\
	-SecurityTypes None 3> "$T/number" &
until [ -s "$T/number" ]; do sleep 0.2; done
DISPLAY=:\$(cat "$T/number") freerdp-shadow-cli /port:$rdp \\
	/bind-address:127.0.0.1 -auth /sec:tls &
sleep 1
"$BIN/oriel-serve" --source=rfb:127.0.0.1:$vnc --listen="unix:$T/rfb" \\
	--password-file="$T/password" 2> "$T/far-rfb.log" &
"$BIN/oriel-serve" --source=rdp:127.0.0.1:$rdp --listen="unix:$T/rdp" \\
	--source-trust=first-use --password-file="$T/password" \\
	2> "$T/far-rdp.log" &
read -r x < "$T/go"
ip link set lo down
read -r x < "$T/go"
ip link set lo up
sleep 60
END
start box bwrap --unshare-net --unshare-pid --cap-add CAP_NET_ADMIN \
	--dev-bind / / --proc /proc --die-with-parent sh "$T/inside"
for kind in $kinds; do
	eventually 20 test -S "$T/$kind" || fail "$kind: not there"
	start "view-$kind" "$BIN/oriel-view" --headless \
		--password-file="$T/password" "unix:$T/$kind"
	eventually 10 grep -q peer_joined "$T/far-$kind.log" ||
		fail "$kind: nobody joined"
done
SECONDS=0
echo > "$T/go"
for kind in $kinds; do
	eventually 60 grep -q 'it is tried again' "$T/far-$kind.log" ||
		fail "$kind: it does not see that the network is gone"
done
gone=$SECONDS
echo > "$T/go"
for kind in $kinds; do
	eventually 30 grep -q 'is back' "$T/far-$kind.log" ||
		fail "$kind: it does not come back"
done
echo "ok a network that goes: seen after $gone s, back $((SECONDS - gone)) s later"
