#!/bin/bash
# rdp.sh - desktops of RDP servers, FreeRDP's and Weston's: pixel for pixel where
# the server sends them so, with keys and pointer; logins and certificates, right
# and wrong; a virtual machine's console by its id, as Hyper-V has them; a server
# that is killed and comes back.
. tests/e2e/lib.sh
. tests/e2e/far_lib.sh

# shadow DISPLAY OPTION...: that desktop over RDP.
shadow() {
	DISPLAY=$1 start shadow freerdp-shadow-cli "/port:$PORT" \
		/bind-address:127.0.0.1 "${@:2}"
	SHADOW=$PID
	eventually 10 listening || fail 'no freerdp-shadow-cli'
}

PORT=$(port)
refused 3 '127.0.0.1' --source="rdp:127.0.0.1:$PORT"
refused 2 'as rdp:HOST:PORT' --source=rdp:/socket
echo 'ok nobody there'

# ---- FreeRDP's: pixels, keys, pointer

x_server A 800x600
x_server B 800x600
echo_keys "$A"
xsetroot -display "$A" -mod 5 3 -fg '#308050' -bg black
shadow "$A" -auth /sec:tls
source=(--source="rdp:127.0.0.1:$PORT")
refused 4 'is not known, sha256:' "${source[@]}"
hash=$(sed -n 's/.*sha256:\([0-9a-f]*\).*/\1/p' "$T/refused.log")
refused 4 'another certificate' "${source[@]}" --source-trust="${hash//[0-9]/7}"
serve "${source[@]}" --source-trust="$hash"
stop "$SERVER"
serve "${source[@]}" --source-trust=first-use
eventually 5 grep -q "is sha256:$hash; nothing else" "$T/serve.log" ||
	fail 'it keeps another'
eventually 5 confined "$(helper oriel-rdp)" || fail 'oriel-rdp has more than it needs'
eventually 10 see "$A" || fail 'the pictures differ'
watch "$B"
eventually 10 same_display "$A" "$B" || fail 'in a window, they differ'
click "$B" 400 300
eventually 10 grep -q 'graphics pipeline' "$T/serve.log" || fail 'it has no GFX'
eventually 5 points "$A" 400 300 || fail 'the pointer is elsewhere'
eventually 10 types "$B" 'Hello, World! (42%) ~' || fail 'keys do not arrive'
DISPLAY=$A start clock xterm -geometry 60x20+20+20 -xrm 'xterm*cursorBlink: false' \
	-e 'ls /usr/bin; sleep 600'
clock=$PID
eventually 10 same_display "$A" "$B" || fail 'by its pipeline, they differ'
eventually 10 see "$A" || fail 'by its pipeline, the pictures differ'
stop "$clock"
echo 'ok FreeRDP'

# Killed, it leaves words; back, it is shown again.
stop "$SHADOW" KILL
eventually 5 grep -q 'it is tried again' "$T/serve.log" || fail 'no word of it'
eventually 5 eval '! same_display "$A" "$B"' || fail 'there is no placard'
xsetroot -display "$A" -mod 7 4 -fg '#a03050' -bg black
shadow "$A" -auth /sec:tls
eventually 20 grep -q 'is back' "$T/serve.log" || fail 'it is not found again'
eventually 10 same_display "$A" "$B" || fail 'back, the pictures differ'
kill -0 "$VIEWER" || fail 'the viewer did not stay'
small "$SERVER" 200000
stop "$VIEWER"
stop "$SERVER"
stop "$SHADOW"
echo 'ok back'

# ---- with a login

winpr-hash -u ann -p secret7 -f sam > "$T/sam"
echo secret7 > "$T/rdp-password"
echo wrong > "$T/rdp-wrong"
PORT=$(port)
source=(--source="rdp:127.0.0.1:$PORT" --source-trust="$hash")
shadow "$A" "/sam-file:$T/sam" /sec:nla
refused 3 'or wants a login' "${source[@]}"
refused 5 'hung up at our login' "${source[@]}" --source-user=ann \
	--source-password-file="$T/rdp-wrong"
login=(--source-user=ann --source-password-file="$T/rdp-password")
serve "${source[@]}" "${login[@]}"
eventually 10 see "$A" || fail 'with a login, the pictures differ'
stop "$SERVER"
echo 'ok login'

# ---- the console of a machine, by its id: before all else, and then as above

shadow_port=$PORT
id=11111111-2222-3333-4444-555555555555
PORT=$(port)
start console python3 tests/e2e/console.py "127.0.0.1:$PORT" "$shadow_port" \
	"$id;EnhancedMode=1"
eventually 5 listening || fail 'no console'
serve --source="rdp:127.0.0.1:$PORT" --source-trust="$hash" "${login[@]}" \
	--source-blob="$id;EnhancedMode=1"
eventually 10 see "$A" || fail 'with an id, the pictures differ'
grep -q 'asked for' "$T/console.out" || fail 'nobody has asked for it'
stop "$SERVER"
# On the port of consoles TLS and NLA begin without a word about them.
PORT=2179
place=127.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)).7
start hyperv python3 tests/e2e/console.py "$place:$PORT" "$shadow_port" "$id"
eventually 5 listening || fail 'no console on its port'
# FreeRDP's server takes the login, and not what a Hyper-V wants behind it.
refused 5 'hung up at our login' --source="rdp:$place:$PORT" "${login[@]}" \
	--source-trust="$hash" --source-blob="$id"
grep -q 'at once' "$T/hyperv.out" || fail 'it did not begin at once'
eventually 5 grep -q SEC_I_COMPLETE_NEEDED "$T/shadow.log" ||
	fail 'it did not log in'
stop "$SHADOW"
echo 'ok console'

# ---- Weston's: a Wayland desktop

certificate weston rsa
PORT=$(port)
printf '[core]\nidle-time=0\n[shell]\nlocking=false\nanimation=none\npanel-position=none\n' \
	> "$T/weston.ini"
start weston weston --backend=rdp-backend.so --debug --width=800 --height=600 \
	--address=127.0.0.1 --port="$PORT" --config="$T/weston.ini" \
	--socket=wayland-e2e --rdp-tls-cert="$T/weston.crt" \
	--rdp-tls-key="$T/weston.key"
weston=$PID
eventually 10 listening || fail 'no weston'
serve --source="rdp:127.0.0.1:$PORT" --source-trust="$(pin weston)"
watch "$B"
# What is typed into its terminal is run.
WAYLAND_DISPLAY=wayland-e2e start terminal weston-terminal --fullscreen \
	--shell=/bin/sh
sleep 2
eventually 10 runs "$B" || fail 'Weston: keys do not arrive'
# The viewer has what Weston's own program captures.
see_weston() {
	rm -f "$T"/wayland-screenshot-*
	(cd "$T" && WAYLAND_DISPLAY=wayland-e2e timeout 15 weston-screenshooter) \
		> "$T/shooter.out" 2>&1 && look &&
		same "$(echo "$T"/wayland-screenshot-*.png)" "$T/seen.png"
}
eventually 15 see_weston || fail 'Weston: the pictures differ'
[ "$(identify -format %k "$T/seen.png")" -gt 3 ] || fail 'Weston shows nothing'
stop "$VIEWER"
stop "$SERVER"
stop "$weston"
echo 'ok Weston'
