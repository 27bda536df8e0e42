#!/bin/bash
# rfb.sh - desktops of VNC servers, TigerVNC's and QEMU's: pixel for pixel, with
# keys, pointer, size and clipboard's kin; passwords and certificates, right and
# wrong; a server that is killed and comes back.
. tests/e2e/lib.sh
export XDG_RUNTIME_DIR=$T LC_ALL=C.UTF-8
keys=$BIN/tests/e2e/keys

port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# tiger NAME OPTION...: an X server with VNC; its display is in $NAME. Its
# pointer is nothing: it paints one into the picture while no client moves it.
cat > "$T/none.xbm" <<'END'
#define none_width 8
#define none_height 8
#define none_x_hot 0
#define none_y_hot 0
static char none_bits[] = {
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
END
tiger() {
	[ -p "$T/$1.display" ] || mkfifo "$T/$1.display"
	start "tiger-$1" Xtigervnc -displayfd 3 -depth 24 -localhost -ac \
		-rfbport "$PORT" "${@:2}" 3<> "$T/$1.display"
	TIGER=$PID
	read -r -t 10 "$1" < "$T/$1.display" || fail 'no Xtigervnc'
	printf -v "$1" ':%s' "${!1}"
	xsetroot -display "${!1}" -cursor "$T/none.xbm" "$T/none.xbm"
}

# see DISPLAY: a viewer that comes now sees what that shows, exactly.
see() {
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=20 \
		--screenshot="$T/seen.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "the viewer's exit is $STATUS"
	picture "$1" "$T/shown.png" && same "$T/shown.png" "$T/seen.png"
}

# refused STATUS WORDS OPTION...: it does not start, and says why.
refused() {
	timeout 30 "$BIN/oriel-serve" --listen="unix:$T/refused" \
		--password-file="$T/password" "${@:3}" > "$T/refused.out" \
		2> "$T/refused.log"
	local status=$?
	[ "$status" = "$1" ] || fail "exit $status, not $1: ${*:3}"
	grep -q "$2" "$T/refused.log" || fail "it does not say: $2"
}

# ---- nobody there, and no VNC server

PORT=$(port)
refused 3 'cannot connect to 127.0.0.1' --source="rfb:127.0.0.1:$PORT"
refused 3 'cannot find' --source=rfb:no.such.host.invalid:5900
refused 2 'as rfb:HOST:PORT' --source=rfb:
refused 2 'go with' --source=pattern --source-user=me
echo 'ok nobody there'

# ---- TigerVNC in the clear: pixels, keys, pointer, size

tiger A -geometry 800x600 -SecurityTypes None
DISPLAY=$A start terminal xterm -geometry 80x30+20+20 -e 'ls /usr/bin; sleep 600'
DISPLAY=$A start echo "$keys" echo
eventually 5 grep -q ready "$T/echo.out" || fail 'nobody reads the keys'
printf 'paste = text\ncopy = text\n' > "$T/policy"
serve --source="rfb:127.0.0.1:$PORT" --policy="$T/policy"
! grep -q 'not encrypted' "$T/serve.log" || fail 'it warns of this machine'

x_server B 1000x700
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
eventually 10 grep -q peer_joined "$T/serve.log" || fail 'nobody joined'
# A full screen asks for its size.
grown() {
	[ "$(DISPLAY=$A xdotool getdisplaygeometry)" = '1000 700' ]
}
eventually 10 grown || fail 'the size does not follow the viewer'
eventually 10 same_display "$A" "$B" || fail 'grown, the pictures differ'
echo 'ok size'

DISPLAY=$B xdotool search --onlyvisible --class oriel-view windowfocus \
	mousemove 400 300 click 1 > "$T/focus" 2>&1
there() {
	DISPLAY=$A xdotool getmouselocation | grep -q '^x:400 y:300'
}
eventually 5 there || fail 'the pointer is elsewhere'
eventually 10 see "$A" || fail 'the pictures differ'
heard() {
	DISPLAY=$B xdotool type --delay 20 'Hello, World! (42%) ~'
	sleep 0.5
	sed 's/<Shift_[LR]>//g' "$T/echo.out" | grep -qF "$1"
}
eventually 10 heard 'Hello, World! (42%) ~' || fail 'keys do not arrive'
"$keys" text "$ADDRESS" "$(cat "$T/password")" 'äöü €' 2> "$T/text.log"
echo 'ok keys'

# Its picture: the server's own, and another one.
same_pointer() {
	[ "$(python3 tests/e2e/pointer.py "$A")" = \
		"$(python3 tests/e2e/pointer.py "$B")" ]
}
xsetroot -display "$A" -cursor_name gumby
DISPLAY=$A xdotool search --class xterm windowunmap 2> "$T/tool.log"
eventually 5 same_pointer || fail 'the pointer has another picture'
echo 'ok pointer'

# Text, both ways, and what Latin-1 does not have.
printf 'from the desktop: äöü € 漢字\nand a line' > "$T/cut"
xclip -display "$A" -selection clipboard -i "$T/cut"
pasted() { # DISPLAY FILE
	timeout 5 xclip -display "$1" -selection clipboard -o > "$T/pasted" \
		2> "$T/xclip.log" && cmp -s "$2" "$T/pasted"
}
eventually 15 pasted "$B" "$T/cut" || fail 'text does not come from the desktop'
printf 'from the viewer: äöü € 漢字\nand a line' > "$T/copy"
xclip -display "$B" -selection clipboard -i "$T/copy"
sleep 0.3 # until the copy is known: the click has to come later
DISPLAY=$B xdotool click 1
eventually 15 pasted "$A" "$T/copy" || fail 'text does not come to the desktop'
echo 'ok clipboard'

# Killed, it leaves words; back, it is shown again.
stop "$TIGER" KILL
eventually 5 grep -q 'it is tried again' "$T/serve.log" || fail 'no word of it'
picture "$B" "$T/placard.png"
tiger A -geometry 800x600 -SecurityTypes None
xsetroot -display "$A" -mod 5 3 -fg '#308050' -bg black
eventually 15 grep -q 'is back' "$T/serve.log" || fail 'it is not found again'
eventually 10 grown || fail 'back, it has another size'
eventually 10 same_display "$A" "$B" || fail 'back, the pictures differ'
! same "$T/placard.png" "$T/same-b.png" || fail 'there was no placard'
kill -0 "$viewer" || fail 'the viewer did not stay'
stop "$viewer"
stop "$SERVER"
stop "$TIGER"
echo 'ok back'

# ---- a password

echo secret7 > "$T/vnc-password"
echo wrong > "$T/vnc-wrong"
vncpasswd -f < "$T/vnc-password" > "$T/vnc-file"
PORT=$(port)
tiger C -geometry 640x480 -SecurityTypes VncAuth \
	-PasswordFile "$T/vnc-file" -BlacklistThreshold 100
refused 5 'asks for a password' --source="rfb:127.0.0.1:$PORT"
refused 5 'refuses us' --source="rfb:127.0.0.1:$PORT" \
	--source-password-file="$T/vnc-wrong"
refused 4 'does not encrypt' --source="rfb:127.0.0.1:$PORT" \
	--source-password-file="$T/vnc-password" --source-trust=first-use
serve --source="rfb:127.0.0.1:$PORT" --source-password-file="$T/vnc-password"
eventually 10 see "$C" || fail 'with a password, the pictures differ'
stop "$SERVER"
stop "$TIGER"
echo 'ok password'

# ---- encrypted, by certificate

certificate() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 7 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost \
		-keyout "$T/$1.key" -out "$T/$1.crt" 2> "$T/openssl.log" ||
		fail 'openssl req'
}
pin() {
	openssl x509 -in "$T/$1.crt" -noout -fingerprint -sha256 |
		sed 's/.*=//'
}
certificate one
certificate two
PORT=$(port)
tiger D -geometry 640x480 -SecurityTypes X509Vnc,TLSVnc \
	-X509Cert "$T/one.crt" -X509Key "$T/one.key" \
	-PasswordFile "$T/vnc-file" -BlacklistThreshold 100
xsetroot -display "$D" -mod 7 4 -fg '#a03050' -bg black
D_source=(--source="rfb:localhost:$PORT"
	--source-password-file="$T/vnc-password")
refused 4 'is not known, sha256:' "${D_source[@]}"
refused 4 'another certificate' "${D_source[@]}" --source-trust="$(pin two)"
refused 4 'not to be believed' "${D_source[@]}" --source-trust="ca:$T/two.crt"
refused 4 'not to be believed' --source="rfb:127.0.0.1:$PORT" \
	--source-password-file="$T/vnc-password" --source-trust="ca:$T/one.crt"
for trust in "$(pin one)" "ca:$T/one.crt" first-use; do
	serve "${D_source[@]}" --source-trust="$trust"
	eventually 10 see "$D" || fail "$trust: the pictures differ"
	stop "$SERVER"
done
# Kept, it need not be said again; and another one is refused.
serve "${D_source[@]}"
stop "$SERVER"
stop "$TIGER"
tiger D -geometry 640x480 -SecurityTypes X509Vnc \
	-X509Cert "$T/two.crt" -X509Key "$T/two.key" \
	-PasswordFile "$T/vnc-file"
refused 4 'another certificate than before' "${D_source[@]}" \
	--source-trust=first-use
stop "$TIGER"
# Encrypted with nobody in particular: only when nothing was said.
tiger D -geometry 640x480 -SecurityTypes TLSVnc -PasswordFile "$T/vnc-file"
refused 4 'no certificate to be judged' "${D_source[@]}" \
	--source-trust=first-use
serve "${D_source[@]}"
eventually 10 see "$D" || fail 'anonymous, the pictures differ'
stop "$SERVER"
stop "$TIGER"
echo 'ok certificates'

# ---- QEMU's, over a socket with a password, and over TLS

mkdir "$T/pki"
cp "$T/one.crt" "$T/pki/ca-cert.pem"
cp "$T/one.crt" "$T/pki/server-cert.pem"
cp "$T/one.key" "$T/pki/server-key.pem"
PORT=$(port)
start qemu qemu-system-x86_64 -accel tcg -m 64 -nodefaults -no-user-config \
	-vga std -boot menu=on,splash-time=60000 \
	-object "secret,id=word,data=secret7" \
	-object "tls-creds-x509,id=tls,dir=$T/pki,endpoint=server,verify-peer=no,sanity-check=no" \
	-vnc "unix:$T/vnc,password-secret=word" \
	-vnc "127.0.0.1:$((PORT - 5900)),tls-creds=tls,id=second" \
	-qmp "unix:$T/qmp,server=on,wait=off"
qemu=$PID
qmp() {
	python3 tests/e2e/qmp.py "$T/qmp" "$@" > "$T/qmp.out" 2>&1
}
text() {
	qmp "screendump {\"filename\":\"$T/dump.ppm\"}" &&
		[ "$(identify -format '%wx%h' "$T/dump.ppm")" = 720x400 ]
}
eventually 20 text || fail 'the firmware shows no text'
# It stands still for that: its text cursor blinks.
see_machine() {
	qmp stop "screendump {\"filename\":\"$T/dump.ppm\"}" || return 1
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=20 \
		--screenshot="$T/seen.png" "$ADDRESS"
	qmp cont
	[ "$STATUS" = 0 ] && same "$T/dump.ppm" "$T/seen.png"
}
serve --source="rfb:$T/vnc" --source-password-file="$T/vnc-password"
eventually 10 see_machine || fail 'QEMU: the pictures differ'
cp "$T/seen.png" "$T/before.png"
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
menu() {
	DISPLAY=$B xdotool mousemove 300 200 key Escape
	qmp "screendump {\"filename\":\"$T/dump.ppm\"}" || return 1
	[ "$(compare -metric AE "$T/before.png" "$T/dump.ppm" null: 2>&1)" -gt 500 ]
}
eventually 10 menu || fail 'QEMU: the key does not arrive'
stop "$viewer"
eventually 10 see_machine || fail 'QEMU: with the menu, the pictures differ'
stop "$SERVER"
serve --source="rfb:localhost:$PORT" --source-trust="$(pin one)"
eventually 10 see_machine || fail 'QEMU with TLS: the pictures differ'
qmp quit
eventually 5 grep -q 'it is tried again' "$T/serve.log" || fail 'no word of it'
finish "$qemu" 5
stop "$SERVER"
echo 'ok QEMU'
