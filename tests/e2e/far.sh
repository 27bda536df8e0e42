#!/bin/bash
# far.sh - VNC and RDP servers that misbehave: oriel-serve says what is wrong,
# ends with the right status or keeps its viewers and tries again, and neither it
# nor its helper takes memory for it. A helper that is killed, too.
. tests/e2e/lib.sh
. tests/e2e/far_lib.sh

# liar HOW: a VNC server that does that.
liar() {
	PORT=$(port)
	start "liar-$1" python3 tests/e2e/vnc_liar.py "$PORT" "$1"
	LIAR=$PID
	eventually 5 grep -qs listening "$T/liar-$1.out" || fail 'no liar'
}

# ---- before there is a screen

liar garbage
refused 3 'no VNC server' --source="rfb:127.0.0.1:$PORT"
refused 3 'no RDP with TLS' --source="rdp:127.0.0.1:$PORT"
stop "$LIAR"
liar huge
refused 6 'of 65535 x 65535 pixels cannot be shown' \
	--source="rfb:127.0.0.1:$PORT"
stop "$LIAR"
echo 'ok refused'

# ---- after it: viewers stay, it is tried again

survives() { # HOW WORDS
	liar "$1"
	serve --source="rfb:127.0.0.1:$PORT"
	start viewer "$BIN/oriel-view" --headless --trust=first-use \
		--password-file="$T/password" "$ADDRESS"
	local viewer=$PID
	eventually 10 grep -q "$2.*it is tried again" "$T/serve.log" ||
		fail "$1: it does not say: $2"
	kill -0 "$viewer" || fail "$1: the viewer is gone"
	small "$SERVER" 200000
	stop "$viewer"
	stop "$SERVER"
	[ "$STATUS" = 0 ] || fail "$1: exit $STATUS"
	stop "$LIAR"
}
survives outside 'draws outside its screen'
survives hangup 'has hung up'
survives cursor 'pointer has 65535 x 65535 pixels'
echo 'ok survives'

# ---- what goes on for ever

endures() { # HOW
	liar "$1"
	serve --source="rfb:127.0.0.1:$PORT"
	start viewer "$BIN/oriel-view" --headless --trust=first-use \
		--password-file="$T/password" "$ADDRESS"
	local viewer=$PID
	eventually 10 grep -q peer_joined "$T/serve.log" || fail 'nobody joined'
	sleep 2
	small "$SERVER" 200000
	small "$(helper oriel-rfb)" 100000
	kill -0 "$viewer" || fail "$1: the viewer is gone"
	stop "$viewer"
	stop "$SERVER"
	[ "$STATUS" = 0 ] || fail "$1: exit $STATUS"
	stop "$LIAR"
}
for how in sizes cut bomb rects; do
	endures "$how"
done
echo 'ok endures'

# ---- the helper itself

liar well
serve --source="rfb:127.0.0.1:$PORT"
first=$(helper oriel-rfb)
kill -KILL "$first"
eventually 10 grep -q 'oriel-rfb has broken down; it is tried again' \
	"$T/serve.log" || fail 'no word of it'
stop "$LIAR"
start liar-well python3 tests/e2e/vnc_liar.py "$PORT" well
eventually 15 grep -q 'is back' "$T/serve.log" || fail 'it is not found again'
second=$(helper oriel-rfb)
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
