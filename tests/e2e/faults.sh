#!/bin/bash
# faults.sh - the world breaks: no room on a disk, an X server that goes, an
# end of either side at any moment, certificates out of their time. There is a
# clear sentence and the right exit code, and what could be kept is whole.
# FAULTS_SEED= chooses the moments, FAULTS_KILLS= how many there are.
. tests/e2e/lib.sh

seed=${FAULTS_SEED:-$RANDOM}
kills=${FAULTS_KILLS:-20}
echo "seed $seed"
RANDOM=$seed
said() {
	printf '%-34s | %s\n' "$1" "$2"
}

# ---- certificates out of their time

# certificate NAME FROM TO: made out to 127.0.0.1, of the authority in ca.pem.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 \
	-keyout "$T/ca.key" -out "$T/ca.pem" -subj /CN=ca 2> /dev/null
: > "$T/index"
echo 01 > "$T/serial"
cat > "$T/ca.conf" <<-END
	[ca]
	default_ca = a
	[a]
	database = $T/index
	serial = $T/serial
	new_certs_dir = $T
	default_md = sha256
	policy = p
	copy_extensions = copy
	unique_subject = no
	[p]
	commonName = supplied
END
certificate() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$T/$1.key" -out "$T/$1.csr" -subj /CN=desk \
		-addext subjectAltName=IP:127.0.0.1 2> /dev/null &&
		openssl ca -batch -config "$T/ca.conf" -cert "$T/ca.pem" \
			-keyfile "$T/ca.key" -in "$T/$1.csr" \
			-out "$T/$1.pem" -startdate "$2" -enddate "$3" \
			2> /dev/null || fail "cannot make certificate $1"
}
year=$(date +%Y)
certificate good 20200101000000Z $((year + 9))0101000000Z
certificate expired 20200101000000Z 20210101000000Z
certificate early $((year + 5))0101000000Z $((year + 9))0101000000Z
while read -r name exit words; do
	serve --source=pattern:64x64 --cert="$T/$name.pem" \
		--key="$T/$name.key"
	view --trust=ca:"$T/ca.pem" --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 "$ADDRESS"
	said "certificate $name" "exit $STATUS: $(head -1 "$T/view.log")"
	[ "$STATUS" = "$exit" ] || fail "$name: exit $STATUS"
	[ -z "$words" ] || grep -q "$words" "$T/view.log" ||
		fail "$name: it does not say: $words"
	if [ "$name" = expired ]; then
		eventually 5 grep -q 'expired' "$T/serve.log" ||
			fail 'oriel-serve does not say that it has expired'
	fi
	stop "$SERVER"
done <<-END
	good 0
	expired 4 expired
	early 4 not yet valid
END

# ---- an X server that goes

x_server A 320x240
xserver=$PID
serve --source="x11:$A" --stats="$T/stats"
start viewer "$BIN/oriel-view" --headless --json --trust=first-use \
	--password-file="$T/password" --screenshot="$T/last.png" "$ADDRESS"
viewer=$PID
eventually 10 exact_in "$T/viewer.out" || fail 'nobody sees it'
stop "$xserver" KILL
finish "$SERVER" 10
said 'X server killed' "exit $STATUS: $(grep -i 'x11\|x server' "$T/serve.log" |
	tail -1)"
[ "$STATUS" = 6 ] || fail "X server killed: exit $STATUS"
grep -q '"final":true' "$T/stats" || fail 'the statistics have no last line'
finish "$viewer" 10
said '... and its viewer' "exit $STATUS: $(tail -1 "$T/viewer.log")"
identify "$T/last.png" > /dev/null 2>&1 || fail 'the last picture is lost'

# ---- one that somebody keeps to himself, one that is busy, one that stands still

x_server B 320x240
xserver=$PID
serve --source="x11:$B"
# xlib COMMANDS: with `d` for the display, `root`, and `x11` for its library.
xlib() {
	start xlib python3 -c "import ctypes, sys, time
x11 = ctypes.CDLL('libX11.so.6')
x11.XOpenDisplay.restype = ctypes.c_void_p
for f in (x11.XDefaultRootWindow, x11.XCreateFontCursor):
    f.restype = ctypes.c_ulong
d = ctypes.c_void_p(x11.XOpenDisplay(b'$B'))
root = ctypes.c_ulong(x11.XDefaultRootWindow(d))
$1"
	eventually 5 grep -qs ready "$T/xlib.out" || fail 'no X client'
}
looks() {
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=8 \
		--screenshot="$T/look.png" "$ADDRESS"
	said "$1" "exit $STATUS"
	[ "$STATUS" = 0 ] || fail "$1: exit $STATUS"
}
xlib "x11.XGrabServer(d)
x11.XSetWindowBackground(d, root, ctypes.c_ulong(0x308050))
x11.XClearWindow(d, root)
x11.XSync(d, 0)
print('ready', flush=True)
time.sleep(60)"
looks 'X server grabbed'
[ "$(convert "$T/look.png" -crop 1x1+9+9 -format '%[hex:u]' info:)" = 308050 ] ||
	fail 'what was drawn meanwhile is not shown'
stop "$PID"
xlib "both = [ctypes.c_ulong(x11.XCreateFontCursor(d, n)) for n in (2, 34)]
print('ready', flush=True)
while True:
    for _ in range(500):
        x11.XDefineCursor(d, root, both[0])
        x11.XDefineCursor(d, root, both[1])
    x11.XFlush(d)"
storm=$PID
looks 'pointers without end'
peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$SERVER/status")
[ "$peak" -lt 150000 ] || fail "it took $peak KiB for that"
stop "$storm"
kill -STOP "$xserver"
# It is asked for its state before a character is typed, and waited for.
start typist "$BIN/tests/e2e/keys" text "$ADDRESS" "$(cat "$T/password")" 'ä'
sleep 1
stop "$SERVER"
kill -CONT "$xserver"
said 'X server stands still, SIGTERM' "exit $STATUS"
[ "$STATUS" = 0 ] || fail "the X server stands still: exit $STATUS"
stop "$xserver"

# ---- either side killed at any moment

token=$HOME/.local/state/oriel/token.key
for i in $(seq "$kills"); do
	serve --source=pattern:320x200@60 \
		--stats="$T/stats"
	before=$(cat "$HOME/.local/state/oriel/server.key" "$token" | sha256sum)
	start viewer "$BIN/oriel-view" --headless --trust=first-use \
		--password-file="$T/password" --stats="$T/view.stats" \
		--screenshot="$T/kill.png" "$ADDRESS"
	viewer=$PID
	sleep "0.$(printf %03d $((RANDOM % 400)))"
	if [ $((i % 2)) = 0 ]; then
		kill -9 "$SERVER"
		wait "$SERVER" 2> /dev/null
		finish "$viewer" 10
		case $STATUS in
		3 | 6) ;;
		*) fail "the server was killed, and the viewer ends with $STATUS" ;;
		esac
		[ -s "$T/viewer.log" ] || fail 'the viewer says nothing'
	else
		kill -9 "$viewer"
		wait "$viewer" 2> /dev/null
		# It goes on, and serves the next one.
		start next "$BIN/oriel-view" --headless --json \
			--trust=first-use --password-file="$T/password" \
			"$ADDRESS"
		eventually 10 grep -q '"event":"exact"' "$T/next.out" ||
			fail 'the next one sees nothing'
		stop "$PID"
		[ "$STATUS" = 0 ] || fail "the next one ends with $STATUS"
		stop "$SERVER"
		[ "$STATUS" = 0 ] || fail "the server ends with $STATUS"
	fi
	after=$(cat "$HOME/.local/state/oriel/server.key" "$token" | sha256sum)
	[ "$before" = "$after" ] || fail 'the server has lost its keys'
	# Whole lines, or none.
	! grep -qvE '^(#.*|)$|^[^ ]+ [^ ]+.*$' \
		"$HOME/.config/oriel/known_hosts" || fail 'known_hosts is broken'
done
said "$kills kills of either side" 'keys and known_hosts as they were'

# ---- no room on a disk

if [ "$(id -u)" != 0 ] || ! mkdir "$T/full" ||
		! mount -t tmpfs -o size=64k none "$T/full" 2> /dev/null; then
	echo 'skipped: a full disk (it needs root)'
	exit 0
fi
trap 'umount "$T/full"; clean_up' EXIT
serve --source=pattern:640x480
head -c 65536 /dev/zero > "$T/full/rest" 2> /dev/null
view --trust=first-use --password-file="$T/password" --exit-when=lossless \
	--exit-after=60 --screenshot="$T/full/a.png" "$ADDRESS"
said 'full disk: screenshot' "exit $STATUS: $(head -1 "$T/view.log")"
[ "$STATUS" = 1 ] || fail "a screenshot that was not written: exit $STATUS"
grep -qi 'no space' "$T/view.log" || fail 'it does not say why'
[ ! -e "$T/full/a.png" ] || fail 'half a screenshot is left'
XDG_CONFIG_HOME=$T/full view --trust=first-use \
	--password-file="$T/password" --exit-when=lossless --exit-after=60 \
	"$ADDRESS"
said 'full disk: known_hosts' "exit $STATUS: $(head -1 "$T/view.log")"
grep -qi 'no space' "$T/view.log" || fail 'it does not say why'
view --trust=first-use --password-file="$T/password" --exit-when=lossless \
	--exit-after=60 --stats="$T/full/stats" "$ADDRESS"
said 'full disk: statistics' "exit $STATUS: $(head -1 "$T/view.log")"
[ "$STATUS" = 0 ] || fail "statistics: exit $STATUS"
grep -qi 'no space' "$T/view.log" || fail 'it does not say why'
stop "$SERVER"
