#!/bin/bash
# rfb.sh - desktops of VNC servers, TigerVNC's and QEMU's: pixel for pixel, with
# keys, pointer, size, clipboard and sound; passwords and certificates, right and
# wrong; a server that is killed and comes back.
. tests/e2e/lib.sh
. tests/e2e/far_lib.sh

printf 'paste = text\ncopy = text\n' > "$T/policy"
echo secret7 > "$T/vnc-password"
echo wrong > "$T/vnc-wrong"
vncpasswd -f < "$T/vnc-password" > "$T/vnc-file"
certificate one
certificate two
x_server B 1000x700

# ---- nobody there, and no VNC server

PORT=$(port)
refused 3 'cannot connect to 127.0.0.1' --source="rfb:127.0.0.1:$PORT"
refused 3 'cannot find' --source=rfb:no.such.host.invalid:5900
refused 2 'as rfb:HOST:PORT' --source=rfb:
refused 2 'go with' --source=pattern --source-user=me
echo 'ok nobody there'

# ---- TigerVNC with certificate and password: pixels, size, pointer, keys, text

tiger_a() {
	tiger A -geometry 800x600 -SecurityTypes X509Vnc \
		-X509Cert "$T/one.crt" -X509Key "$T/one.key" \
		-PasswordFile "$T/vnc-file"
}
tiger_a
DISPLAY=$A start terminal xterm -geometry 80x30+20+20 -e 'ls /usr/bin; sleep 600'
echo_keys "$A"
serve --source="rfb:localhost:$PORT" --policy="$T/policy" \
	--source-password-file="$T/vnc-password" --source-trust="ca:$T/one.crt"
eventually 5 confined "$(helper oriel-rfb)" || fail 'oriel-rfb has more than it needs'
watch "$B"
# A full screen asks for its size.
grown() {
	[ "$(DISPLAY=$A xdotool getdisplaygeometry)" = '1000 700' ]
}
eventually 10 grown || fail 'the size does not follow the viewer'
eventually 10 same_display "$A" "$B" || fail 'grown, the pictures differ'
echo 'ok size'

click "$B" 400 300
eventually 5 points "$A" 400 300 || fail 'the pointer is elsewhere'
eventually 10 see "$A" || fail 'the pictures differ'
eventually 10 types "$B" 'Hello, World! (42%) ~' || fail 'keys do not arrive'
"$BIN/tests/e2e/keys" text "$ADDRESS" "$(cat "$T/password")" 'äöü €' \
	2> "$T/text.log"
echo 'ok keys'

# Its picture: the server's own, and another one.
xsetroot -display "$A" -cursor_name gumby
DISPLAY=$A xdotool search --class xterm windowunmap 2> "$T/tool.log"
eventually 5 same_pointer "$A" "$B" || fail 'the pointer has another picture'
shares "$A" "$B"
echo 'ok pointer, clipboard'

# Killed, it leaves words; back, it is shown again.
stop "$TIGER" KILL
eventually 5 grep -q 'it is tried again' "$T/serve.log" || fail 'no word of it'
picture "$B" "$T/placard.png"
tiger_a
xsetroot -display "$A" -mod 5 3 -fg '#308050' -bg black
eventually 15 grep -q 'is back' "$T/serve.log" || fail 'it is not found again'
eventually 10 grown || fail 'back, it has another size'
eventually 10 same_display "$A" "$B" || fail 'back, the pictures differ'
! same "$T/placard.png" "$T/same-b.png" || fail 'there was no placard'
kill -0 "$VIEWER" || fail 'the viewer did not stay'
small "$SERVER" 200000
small "$(helper oriel-rfb)" 100000
stop "$VIEWER"
stop "$SERVER"
stop "$TIGER"
echo 'ok back'

# ---- in the clear

tiger C -geometry 640x480 -SecurityTypes None
xsetroot -display "$C" -mod 7 4 -fg '#a03050' -bg black
serve --source="rfb:127.0.0.1:$PORT"
! grep -q 'not encrypted' "$T/serve.log" || fail 'it warns of this machine'
eventually 10 see "$C" || fail 'in the clear, the pictures differ'
stop "$SERVER"
stop "$TIGER"

# ---- a password

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

# ---- certificates

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
for trust in "$(pin one)" first-use; do
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

# ---- QEMU's: in the clear with a password, with TLS and a password, anonymous

as --32 -o "$T/boot.o" tests/e2e/boot.s &&
	ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$T/boot" "$T/boot.o" ||
	fail 'no machine to start'
mkdir "$T/pki"
cp "$T/one.crt" "$T/pki/ca-cert.pem"
cp "$T/one.crt" "$T/pki/server-cert.pem"
cp "$T/one.key" "$T/pki/server-key.pem"
PORT=$(port)
start qemu qemu-system-x86_64 -accel tcg -m 64 -nodefaults -no-user-config \
	-machine pc,pcspk-audiodev=sound -audiodev none,id=sound -vga std \
	-drive "file=$T/boot,format=raw,if=ide" \
	-object "secret,id=word,data=secret7" \
	-object "tls-creds-x509,id=tls,dir=$T/pki,endpoint=server,verify-peer=no,sanity-check=no" \
	-object "tls-creds-anon,id=anonymous,endpoint=server" \
	-vnc "unix:$T/vnc,password-secret=word,audiodev=sound" \
	-vnc "127.0.0.1:$((PORT - 5900)),tls-creds=tls,password-secret=word,audiodev=sound" \
	-vnc "unix:$T/anonymous,tls-creds=anonymous" \
	-qmp "unix:$T/qmp,server=on,wait=off"
qemu=$PID
qmp() {
	python3 tests/e2e/qmp.py "$T/qmp" "$@" > "$T/qmp.out" 2>&1
}
# shows SIZE: the machine itself, as QEMU dumps it.
shows() {
	qmp "screendump {\"filename\":\"$T/dump.ppm\"}" &&
		[ "$(identify -format '%wx%h' "$T/dump.ppm")" = "$1" ]
}
see_machine() {
	shows "$1" && look && same "$T/dump.ppm" "$T/seen.png"
}
booted() {
	shows 720x400 && [ "$(identify -format %k "$T/dump.ppm")" = 2 ]
}
eventually 20 booted || fail 'QEMU: the machine shows no text'
serve --source="rfb:$T/vnc" --source-password-file="$T/vnc-password" \
	--policy="$T/policy"
eventually 5 confined "$(helper oriel-rfb)" || fail 'by a path, it has more than it needs'
eventually 10 see_machine 720x400 || fail 'QEMU: the pictures differ'
# A square: four fifths of it are its first harmonic.
hears 4.5 "$T/heard.wav" 100 0.7 ||
	fail "QEMU: not heard: $(cat "$T/tone")"
echo "ok QEMU with a password; sound: $(cat "$T/tone")"
watch "$B"
first=$SERVER

# A second one, encrypted; what is copied at one is pasted at the other.
mv "$T/serve.log" "$T/first.log"
serve --source="rfb:localhost:$PORT" --source-trust="$(pin one)" \
	--source-password-file="$T/vnc-password" --policy="$T/policy"
eventually 10 see_machine 720x400 || fail 'QEMU with TLS: the pictures differ'
x_server E 800x600
watch "$E"
key() { # KEY SIZE
	click "$E" 300 200
	DISPLAY=$E xdotool key "$1"
	sleep 0.3
	shows "$2"
}
eventually 10 key g 640x480 || fail 'QEMU with TLS: the key does not arrive'
eventually 10 see_machine 640x480 || fail 'QEMU with TLS: resized, they differ'
eventually 10 key t 720x400 || fail 'QEMU with TLS: the second key'
printf 'from one: äöü € 漢字' > "$T/one.txt"
printf 'from two: äöü € 漢字' > "$T/two.txt"
xclip -display "$B" -selection clipboard -i "$T/one.txt"
click "$B" 300 200
eventually 15 carried "$E" "$B" "$T/one.txt" || fail 'QEMU: text does not come'
xclip -display "$E" -selection clipboard -i "$T/two.txt"
click "$E" 300 200
eventually 15 carried "$B" "$E" "$T/two.txt" || fail 'QEMU: text does not come back'
stop "$VIEWER"
stop "$SERVER"
echo 'ok QEMU with TLS'

refused 4 'no certificate to be judged' --source="rfb:$T/anonymous" \
	--source-trust=first-use
serve --source="rfb:$T/anonymous"
eventually 10 see_machine 720x400 || fail 'QEMU, anonymous: they differ'
qmp quit
eventually 5 grep -q 'it is tried again' "$T/serve.log" || fail 'no word of it'
finish "$qemu" 5
stop "$SERVER"
stop "$first"
echo 'ok QEMU, anonymous'
