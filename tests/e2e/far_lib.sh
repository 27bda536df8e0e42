# far_lib.sh - what the tests of far sources share, VNC's and RDP's; to be
# sourced after lib.sh.
export XDG_RUNTIME_DIR=$T LC_ALL=C.UTF-8

# port: a free one, for a server that cannot take one by itself. The kernel does
# not give it to anybody else before that one has it, or while it is away.
port() {
	python3 - <<-'END'
	import random, socket
	first = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
	while True:
	    s = socket.socket()
	    try:
	        s.bind(("127.0.0.1", random.randrange(7000, max(first, 8000))))
	    except OSError:
	        continue
	    print(s.getsockname()[1])
	    break
	END
}

# listening: somebody does, at $PORT.
listening() {
	ss -Hltn "sport = :$PORT" | grep -q .
}

# tiger NAME OPTION...: an X server with VNC at $PORT; its display is in $NAME.
# Its pointer is nothing: it paints one into the picture while no client moves
# it.
tiger() {
	[ -p "$T/$1.display" ] || mkfifo "$T/$1.display"
	start "tiger-$1" Xtigervnc -displayfd 3 -depth 24 -localhost -ac \
		-rfbport "$PORT" "${@:2}" 3<> "$T/$1.display"
	TIGER=$PID
	read -r -t 60 "$1" < "$T/$1.display" || fail 'no Xtigervnc'
	printf -v "$1" ':%s' "${!1}"
	printf '#define none_%s %s\n' width 8 height 8 x_hot 0 y_hot 0 \
		> "$T/none.xbm"
	printf 'static char none_bits[] = {\n0,0,0,0,0,0,0,0 };\n' \
		>> "$T/none.xbm"
	xsetroot -display "${!1}" -cursor "$T/none.xbm" "$T/none.xbm"
}

# refused STATUS WORDS OPTION...: it does not start, and says why.
refused() {
	timeout 120 "$BIN/oriel-serve" --listen="unix:$T/refused" \
		--password-file="$T/password" "${@:3}" > "$T/refused.out" \
		2> "$T/refused.log"
	local status=$?
	[ "$status" = "$1" ] || fail "exit $status, not $1: ${*:3}"
	grep -q "$2" "$T/refused.log" || fail "it does not say: $2"
}

# look: a viewer that comes now has it exactly, in seen.png.
look() {
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/seen.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "the viewer's exit is $STATUS"
}

# see DISPLAY: it is what that X server shows.
see() {
	look
	picture "$1" "$T/shown.png" && same "$T/shown.png" "$T/seen.png"
}

# watch DISPLAY [OPTION...]: a viewer that fills that screen, in VIEWER.
watch() {
	DISPLAY=$1 start view "$BIN/oriel-view" --fullscreen --trust=first-use \
		--password-file="$T/password" "${@:2}" "$ADDRESS"
	VIEWER=$PID
	eventually 10 grep -q peer_joined "$T/serve.log" || fail 'nobody joined'
}

# click DISPLAY X Y: in the viewer there, which has the keys then.
click() {
	DISPLAY=$1 xdotool search --onlyvisible --class oriel-view windowfocus \
		mousemove "$2" "$3" click 1 > "$T/focus" 2>&1
}

# points DISPLAY X Y: its pointer is there.
points() {
	DISPLAY=$1 xdotool getmouselocation | grep -q "^x:$2 y:$3 "
}

# echo_keys DISPLAY: what is typed there will be in keys.out.
echo_keys() {
	DISPLAY=$1 start keys "$BIN/tests/e2e/keys" echo
	eventually 5 grep -q ready "$T/keys.out" || fail 'nobody reads the keys'
}

# types DISPLAY TEXT: into the viewer there; it has come to who reads.
types() {
	DISPLAY=$1 xdotool type --delay 20 "$2"
	sleep 0.5
	sed 's/<Shift_[LR]>//g' "$T/keys.out" | grep -qF "$2"
}

# runs DISPLAY: what is typed into the viewer there is run by a shell.
runs() {
	click "$1" 400 300
	DISPLAY=$1 xdotool type --delay 30 "touch $T/touched"
	DISPLAY=$1 xdotool key Return
	sleep 0.5
	[ -e "$T/touched" ]
}

# same_pointer A B: their pointers have the same picture.
same_pointer() {
	[ "$(python3 tests/e2e/pointer.py "$1")" = \
		"$(python3 tests/e2e/pointer.py "$2")" ]
}

# pasted DISPLAY FILE: that is its clipboard.
pasted() {
	timeout 15 xclip -display "$1" -selection clipboard -o > "$T/pasted" \
		2> "$T/xclip.log" && cmp -s "$2" "$T/pasted"
}

# carried A B FILE: which is copied on B, and after a click there pasted on A.
carried() {
	sleep 0.3 # until the copy is known: the click has to come later
	DISPLAY=$2 xdotool click 1
	pasted "$1" "$3"
}

# shares A B: text goes from A to the viewer on B, and back; with what Latin-1
# does not have.
shares() {
	printf 'from the desktop: äöü € 漢字\nand a line' > "$T/cut"
	xclip -display "$1" -selection clipboard -i "$T/cut"
	eventually 15 pasted "$2" "$T/cut" ||
		fail 'text does not come from the desktop'
	printf 'from the viewer: äöü € 漢字\nand a line' > "$T/copy"
	xclip -display "$2" -selection clipboard -i "$T/copy"
	eventually 15 carried "$1" "$2" "$T/copy" ||
		fail 'text does not come to the desktop'
}

# certificate NAME [rsa]: NAME.crt and NAME.key for localhost.
certificate() {
	local newkey=(ec -pkeyopt ec_paramgen_curve:prime256v1)
	[ "${2:-}" != rsa ] || newkey=(rsa:2048)
	openssl req -x509 -newkey "${newkey[@]}" -nodes -days 7 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost \
		-keyout "$T/$1.key" -out "$T/$1.crt" 2> "$T/openssl.log" ||
		fail 'openssl req'
}
pin() {
	openssl x509 -in "$T/$1.crt" -noout -fingerprint -sha256 |
		sed 's/.*=//'
}

# helper NAME: the process of it that $SERVER has.
helper() {
	pgrep -P "$SERVER" "$1" | head -n 1
}

# small PID KIB: it has never had more memory than that.
small() {
	local peak
	peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$1/status" 2>/dev/null)
	[ "${peak:-0}" -lt "$2" ] || fail "process $1 took $peak KiB"
}

# hears SECONDS FILE LEAST [PURE] [COMMAND]: after that command a viewer hears
# 440 Hz for so long, LEAST times 25 ms of them. What has to wait for a processor
# plays with holes: it may try three times.
hears() {
	local try
	for try in 1 2 3; do
		start hear "$BIN/oriel-view" --headless --json \
			--trust=first-use --password-file="$T/password" \
			--sound-file="$2" "$ADDRESS"
		HEARER=$PID
		eventually 10 grep -qs '"ready"' "$T/hear.out" ||
			fail 'no viewer'
		[ -z "${5:-}" ] || "$5"
		sleep "$1"
		stop "$HEARER"
		python3 tests/e2e/tone.py "$2" 440 "$3" "${4:-0.9}" \
			> "$T/tone" && return
		echo "try $try: $(cat "$T/tone")"
	done
	return 1
}
