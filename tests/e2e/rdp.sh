#!/bin/bash
# rdp.sh - desktops of RDP servers, FreeRDP's and Weston's: pixel for pixel where
# the server sends them so, with keys and pointer; logins and certificates, right
# and wrong; a server that is killed and comes back.
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
DISPLAY=$A start echo "$keys" echo
eventually 5 grep -q ready "$T/echo.out" || fail 'nobody reads the keys'
xsetroot -display "$A" -mod 5 3 -fg '#308050' -bg black
shadow "$A" -auth /sec:tls
source=(--source="rdp:127.0.0.1:$PORT")
refused 4 'is not known, sha256:' "${source[@]}"
hash=$(sed -n 's/.*sha256:\([0-9a-f]*\).*/\1/p' "$T/refused.log")
refused 4 'another certificate' "${source[@]}" --source-trust="${hash//[0-9]/7}"
serve "${source[@]}" --source-trust="$hash"
stop "$SERVER"
serve "${source[@]}" --source-trust=first-use
grep -q "is sha256:$hash; nothing else" "$T/serve.log" || fail 'it keeps another'
eventually 10 see "$A" || fail 'the pictures differ'
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
eventually 10 same_display "$A" "$B" || fail 'in a window, they differ'
DISPLAY=$B xdotool search --onlyvisible --class oriel-view windowfocus \
	mousemove 400 300 click 1 > "$T/focus" 2>&1
eventually 5 there || fail 'the pointer is elsewhere'
eventually 10 heard || fail 'keys do not arrive'
echo 'ok FreeRDP'

# Killed, it leaves words; back, it is shown again.
stop "$SHADOW" KILL
eventually 5 grep -q 'it is tried again' "$T/serve.log" || fail 'no word of it'
eventually 5 eval '! same_display "$A" "$B"' || fail 'there is no placard'
xsetroot -display "$A" -mod 7 4 -fg '#a03050' -bg black
shadow "$A" -auth /sec:tls
eventually 20 grep -q 'is back' "$T/serve.log" || fail 'it is not found again'
eventually 10 same_display "$A" "$B" || fail 'back, the pictures differ'
kill -0 "$viewer" || fail 'the viewer did not stay'
stop "$viewer"
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
serve "${source[@]}" --source-user=ann --source-password-file="$T/rdp-password"
eventually 10 see "$A" || fail 'with a login, the pictures differ'
stop "$SERVER"
stop "$SHADOW"
echo 'ok login'

# ---- Weston's: a Wayland desktop

openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost \
	-keyout "$T/weston.key" -out "$T/weston.crt" 2> "$T/openssl.log" ||
	fail 'openssl req'
PORT=$(port)
printf '[core]\nidle-time=0\n[shell]\nlocking=false\nanimation=none\n' \
	> "$T/weston.ini"
start weston weston --backend=rdp-backend.so --width=800 --height=600 \
	--address=127.0.0.1 --port="$PORT" --config="$T/weston.ini" \
	--socket=wayland-e2e --rdp-tls-cert="$T/weston.crt" \
	--rdp-tls-key="$T/weston.key"
weston=$PID
eventually 10 listening || fail 'no weston'
pin=$(openssl x509 -in "$T/weston.crt" -noout -fingerprint -sha256 |
	sed 's/.*=//')
serve --source="rdp:127.0.0.1:$PORT" --source-trust="$pin"
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
eventually 10 grep -q peer_joined "$T/serve.log" || fail 'nobody joined'
# A background, a panel and a clock; as large as the helper asked for.
panel() {
	picture "$B" "$T/panel.png" &&
		[ "$(identify -format %k "$T/panel.png")" -gt 20 ]
}
eventually 15 panel || fail 'Weston shows no panel'
# What is typed into its terminal is run.
WAYLAND_DISPLAY=wayland-e2e start terminal weston-terminal --fullscreen \
	--shell=/bin/sh
sleep 2
eventually 10 typed || fail 'Weston: keys do not arrive'
stop "$viewer"
stop "$SERVER"
stop "$weston"
echo 'ok Weston'
