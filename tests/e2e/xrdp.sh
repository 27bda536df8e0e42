#!/bin/bash
# xrdp.sh - a desktop of xrdp's: its login, then pixel for pixel what its X server
# shows, keys, pointer, text of the clipboard both ways, sound; and it is killed
# and comes back. xrdp and its channel server have a /run and an /etc/xrdp of
# their own, and the X server is TigerVNC's, so that nothing here needs a user's
# password. For root also a whole session, which xrdp-sesman begins for who gives
# the right one: PAM is told which that is.
. tests/e2e/lib.sh
. tests/e2e/far_lib.sh

"$BIN/oriel-serve" --version | grep -q freerdp || {
	echo 'SKIPPED: this build has no RDP'
	exit 0
}
[ -x /usr/sbin/xrdp-chansrv ] || {
	echo 'SKIPPED: xrdp is not installed'
	exit 0
}
export PATH=$PATH:/usr/sbin

PORT=$(port)
vnc=$PORT
tiger A -geometry 800x600 -SecurityTypes None
xsetroot -display "$A" -mod 5 3 -fg '#308050' -bg black
cp -r /etc/xrdp "$T/xrdp" 2> "$T/cp.log"
certificate one rsa
cp "$T/one.crt" "$T/one.key" "$T/xrdp"
rm -f "$T/xrdp/rsakeys.ini"
xrdp-keygen xrdp "$T/xrdp/rsakeys.ini" > "$T/keygen.out"
# configure LINE...: xrdp.ini for $PORT, and how it reaches what it shows.
configure() {
	cat > "$T/xrdp/xrdp.ini" <<END
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:$PORT
security_layer=tls
crypt_level=none
certificate=/etc/xrdp/one.crt
key_file=/etc/xrdp/one.key
autorun=desktop
allow_channels=true
tcp_nodelay=true
max_bpp=32
new_cursors=true
use_fastpath=both
[Logging]
LogFile=$T/xrdp.log
LogLevel=WARNING
EnableSyslog=false
[Channels]
rdpsnd=true
drdynvc=true
cliprdr=true
[desktop]
name=desktop
lib=libvnc.so
ip=127.0.0.1
END
	printf '%s\n' "$@" >> "$T/xrdp/xrdp.ini"
}
PORT=$(port)
configure "port=$vnc" username=na password=none "chansrvport=DISPLAY(${A#:})"
mkfifo "$T/tones"
cat > "$T/begin" <<'END'
mkdir -p /run/xrdp/sockdir
xrdp-chansrv &
until [ -S "/run/xrdp/sockdir/xrdp_chansrv_socket_${DISPLAY#:}" ]; do
	sleep 0.1
done
xrdp --nodaemon &
# Who plays a tone has to be in here, too.
while read -r seconds < "$T/tones"; do
	python3 tests/e2e/chansrv.py \
		"/run/xrdp/sockdir/xrdp_chansrv_audio_out_socket_${DISPLAY#:}" \
		"$seconds"
done
END
xrdp() {
	start "box" bwrap --unshare-pid --unshare-ipc --dev-bind / / --proc /proc \
		--tmpfs /run --ro-bind "$T/xrdp" /etc/xrdp --die-with-parent \
		--setenv DISPLAY "$A" --setenv CHANSRV_LOG_PATH "$T" \
		--setenv T "$T" sh "$T/begin"
	BOX=$PID
	eventually 10 listening || fail 'no xrdp'
}
xrdp

# ---- without a login it shows its own

echo none > "$T/xrdp-password"
source=(--source="rdp:127.0.0.1:$PORT" --source-trust="$(pin one)")
serve "${source[@]}"
asks() {
	look
	[ "$(identify -format %k "$T/seen.png")" -gt 100 ]
}
eventually 10 asks || fail 'it does not show its login'
! grep -q 'tried again' "$T/serve.log" || fail 'it hangs up at its login'
stop "$SERVER"
echo 'ok its login'

# ---- with one

echo_keys "$A"
printf 'paste = text\ncopy = text\n' > "$T/policy"
serve "${source[@]}" --source-user=na \
	--source-password-file="$T/xrdp-password" --policy="$T/policy"
eventually 10 see "$A" || fail 'the pictures differ'
x_server B 1280x800
watch "$B"
eventually 10 same_display "$A" "$B" || fail 'in a window, they differ'
click "$B" 400 300
eventually 5 points "$A" 400 300 || fail 'the pointer is elsewhere'
eventually 10 types "$B" 'Hello, World! (42%) ~' || fail 'keys do not arrive'
xsetroot -display "$A" -cursor_name gumby
eventually 5 same_pointer "$A" "$B" || fail 'the pointer has another picture'
xsetroot -display "$A" -cursor "$T/none.xbm" "$T/none.xbm"
echo 'ok pixels, keys, pointer'

# xrdp leaves lines as they are on the wire: CR LF.
pasted() {
	timeout 15 xclip -display "$1" -selection clipboard -o 2> "$T/xclip.log" |
		tr -d '\r' > "$T/pasted" && cmp -s "$2" "$T/pasted"
}
shares "$A" "$B"
echo 'ok clipboard'

play() {
	echo 4 > "$T/tones"
}
hears 5.5 "$T/heard.wav" 100 0.9 play ||
	fail "not heard: $(cat "$T/tone")"
echo "ok sound: $(cat "$T/tone")"

# ---- killed, and back

stop "$BOX" KILL
eventually 5 grep -q 'it is tried again' "$T/serve.log" || fail 'no word of it'
eventually 5 eval '! same_display "$A" "$B"' || fail 'there is no placard'
xsetroot -display "$A" -mod 7 4 -fg '#a03050' -bg black
xrdp
eventually 20 grep -q 'is back' "$T/serve.log" || fail 'it is not found again'
eventually 15 same_display "$A" "$B" || fail 'back, the pictures differ'
kill -0 "$VIEWER" || fail 'the viewer did not stay'
small "$SERVER" 200000
echo 'ok back'
stop "$VIEWER"
stop "$SERVER"
stop "$BOX" KILL

# ---- a session, with a user and a password

[ "$(id -u)" = 0 ] || {
	echo 'no session: this is not root'
	exit 0
}
PORT=$(port)
configure port=-1 username=ask password=ask
sed -i "s/^ListenPort=.*/ListenPort=$(port)/
	s/^X11DisplayOffset=.*/X11DisplayOffset=$((RANDOM % 3000 + 200))/
	s/^EnableSyslog=.*/EnableSyslog=false/
	s,^LogFile=.*,LogFile=$T/sesman.log,
	s/^EnableUserWindowManager=.*/EnableUserWindowManager=false/
	s,^DefaultWindowManager=.*,DefaultWindowManager=/etc/xrdp/desktop," \
	"$T/xrdp/sesman.ini"
cat > "$T/xrdp/desktop" <<END
#!/bin/sh
xsetroot -mod 5 3 -fg '#a03050' -bg black
"$(realpath "$BIN")/tests/e2e/keys" echo > "$T/session.out" &
while sleep 1; do
	import -window root "png:$T/next" && mv "$T/next" "$T/session.png"
done
END
cat > "$T/check" <<'END'
#!/bin/sh
read -r word
[ "$word" = secret7 ] && [ "$PAM_USER" = root ]
END
chmod 755 "$T/xrdp/desktop" "$T/check"
cat > "$T/pam" <<END
auth required pam_exec.so expose_authtok quiet $T/check
auth required pam_permit.so
account required pam_permit.so
session required pam_permit.so
password required pam_permit.so
END
cat > "$T/begin" <<'END'
mkdir -p /run/xrdp/sockdir
xrdp-sesman --nodaemon &
exec xrdp --nodaemon
END
start session bwrap --unshare-pid --unshare-ipc --dev-bind / / --proc /proc \
	--tmpfs /tmp --bind "$T" "$T" --ro-bind "$PWD" "$PWD" \
	--ro-bind "$(realpath "$BIN")" "$(realpath "$BIN")" --tmpfs /run \
	--tmpfs /root --ro-bind "$T/xrdp" /etc/xrdp \
	--ro-bind "$T/pam" /etc/pam.d/xrdp-sesman --die-with-parent \
	sh "$T/begin"
eventually 10 listening || fail 'no xrdp'
echo secret7 > "$T/xrdp-password"
serve --source="rdp:127.0.0.1:$PORT" --source-trust="$(pin one)" \
	--source-user=root --source-password-file="$T/xrdp-password"
see_session() {
	[ -e "$T/session.png" ] && look && same "$T/session.png" "$T/seen.png"
}
eventually 20 see_session || fail 'a session: the pictures differ'
watch "$B"
typed() {
	click "$B" 300 300
	DISPLAY=$B xdotool type hello
	sleep 0.5
	grep -q hello "$T/session.out"
}
eventually 10 typed || fail 'a session: keys do not arrive'
echo 'ok a session'
