#!/bin/bash
# usb_hostile.sh - who lies about USB devices, see usbliar.c: a client to a real
# server, a device to a real viewer, a guest to a real server. Devices end by
# it, sessions only where the protocol says so, programs never; and 10 000
# devices come and go. After each an honest device still works.
. "$(dirname "$0")/lib.sh"

liar=$BIN/tests/e2e/usbliar
start stream "$BIN/tests/e2e/device" stream - "$T/d"
echo 'rights = all' > "$T/policy"
serve --source=pattern:64x64@1 --policy="$T/policy" \
	--usb-slot="unix:$T/slot"

# honest NAME: a device and a guest that are, through the same server.
honest() {
	rm -f "$T/slot"
	start "guest-$1" "$BIN/tests/e2e/usbguest" "$T/slot" both 4000000 65536 8
	local guest=$PID viewer
	start "view-$1" "$BIN/oriel-view" --headless --json --trust=first-use \
		--password-file="$T/password" --usb-device="unix:$T/d" "$ADDRESS"
	viewer=$PID
	eventually 15 grep -q '"ok":true' "$T/guest-$1.out" ||
		fail "after $1 an honest device does not work"
	stop "$viewer"
	stop "$guest"
}
memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$SERVER/status"
}
honest nobody
before=$(memory)

# A client. Its devices are plugged into a guest that wants nothing of them.
rm -f "$T/slot"
start calm "$BIN/tests/e2e/usbguest" "$T/slot" in 4 4 1 0
calm=$PID
timeout 270 "$liar" client "${ADDRESS##*:}" "$T/password" > "$T/client.log" ||
	fail 'the server does something else'
cat "$T/client.log"
stop "$calm"
kill -0 "$SERVER" || fail 'the server is down'
honest client
[ $(($(memory) - before)) -lt 20000 ] ||
	fail "$(($(memory) - before)) KiB more memory"
echo 'ok client'

# Eight devices that lie: the viewer lets go of each, and says why.
options=() slots=()
for i in 0 1 2 3 4 5 6 7; do
	slots+=("--usb-slot=unix:$T/s$i")
	options+=("--usb-device=unix:$T/l$i")
done
give() { # NAME: a viewer that gives them all
	start "$1" "$BIN/oriel-view" --headless --json --trust=first-use \
		--password-file="$T/password" "${options[@]}" "$ADDRESS"
}
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "the server ends with $STATUS"
serve --source=pattern:64x64@1 --policy="$T/policy" "${slots[@]}" \
	--usb-slot="unix:$T/slot"
for i in 0 1 2 3 4 5 6 7; do
	start "guest$i" "$BIN/tests/e2e/usbguest" "$T/s$i" in 4 4 1
	guests[i]=$PID
	start "lie$i" "$liar" device "$T/l$i" "$i"
done
give devices
viewer=$PID
let_go() { # WHO
	[ "$(cat "$T"/lie?.out | grep -c 'it is let go of')" = 8 ]
}
eventually 15 let_go || fail "kept: $(cat "$T"/lie?.out)"
said_so() {
	[ "$(grep -c '"state":"\(refused\|detached\)"' "$T/devices.out")" -ge 8 ]
}
eventually 5 said_so || fail 'the viewer does not say so'
kill -0 "$viewer" || fail 'the viewer is down'
stop "$viewer"
[ "$STATUS" = 0 ] || fail "the viewer ends with $STATUS"
for i in "${guests[@]}"; do stop "$i"; done
honest devices
echo 'ok devices'

# Eight guests that do: the server unplugs each.
rm -f "$T"/lie?.out "$T"/s? "$T"/l?
for i in 0 1 2 3 4 5 6 7; do
	start "lie$i" "$liar" guest "$T/s$i" "$i"
	start "device$i" "$BIN/tests/e2e/device" stream - "$T/l$i"
done
give guests
viewer=$PID
eventually 15 let_go || fail "kept: $(cat "$T"/lie?.out)"
kill -0 "$viewer" && kill -0 "$SERVER" || fail 'something is down'
stop "$viewer"
[ "$STATUS" = 0 ] || fail "the viewer ends with $STATUS"
honest guests
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "the server ends with $STATUS"
echo 'ok guests'
