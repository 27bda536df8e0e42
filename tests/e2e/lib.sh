# lib.sh - what the end to end tests share; to be sourced. Every process is
# started through `start` and ended by its number when the test ends, however
# it ends. Displays and ports are free ones that the servers name.
#
#	. tests/e2e/lib.sh
#	x_server A 1280x720
#	serve --source=x11:$A
#	start view "$BIN/oriel-view" "$ADDRESS"
#	eventually 5 same_picture ...
#
# Limits are what an idle machine may need. A busy one has PATIENCE (4) times of
# it, which costs nothing when all is well.
#
# Functions that set variables must not run in a subshell.
set -u
umask 077
: "${PATIENCE:=4}"

BIN=${ORIEL_BIN:-${O:-build}}
T=$(mktemp -d "${TMPDIR:-/tmp}/oriel-e2e.XXXXXX")
started=()

export HOME=$T/home
unset XDG_CONFIG_HOME DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
mkdir "$HOME"
echo 'correct horse' > "$T/password"

clean_up() {
	local pid
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${started[@]}"; do
		for _ in $(seq 50); do
			kill -0 "$pid" 2>/dev/null || continue 2
			sleep 0.1
		done
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$T"
}
trap clean_up EXIT
trap 'exit 1' INT HUP
trap 'fail "it takes too long"' TERM

# fail SENTENCE: end the test, and show what the programs said.
fail() {
	local log
	echo "FAIL: $*"
	for log in "$T"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}"
		tail -n 8 "$log"
	done
	exit 1
}

# start NAME COMMAND...: in the background; its number is in PID, what it says
# in NAME.out and NAME.log.
start() {
	local name=$1
	shift
	# What one before said is not taken for what this one says.
	rm -f "$T/$name.out" "$T/$name.log"
	"$@" > "$T/$name.out" 2> "$T/$name.log" &
	PID=$!
	started+=("$PID")
}

# stop PID [SIGNAL]: and wait; its exit code is in STATUS.
stop() {
	kill "-${2:-TERM}" "$1" 2>/dev/null
	finish "$1" 10
}

# finish PID SECONDS: wait for it to end by itself; STATUS is its exit code.
finish() {
	for _ in $(seq $(($2 * 20 * PATIENCE))); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.05
	done
	kill -0 "$1" 2>/dev/null && fail "process $1 does not end"
	wait "$1"
	STATUS=$?
}

# eventually SECONDS COMMAND...: try again until it succeeds.
eventually() {
	local tries=$(($1 * 10)) deadline=$((SECONDS + $1 * PATIENCE))
	shift
	until "$@"; do
		[ $((tries -= 1)) -gt 0 ] || [ "$SECONDS" -lt "$deadline" ] ||
			return 1
		sleep 0.1
	done
}

# x_server NAME WIDTHxHEIGHT: start an X server; $NAME is its ":number".
x_server() {
	mkfifo "$T/$1.display"
	start "xvfb-$1" Xvfb -displayfd 3 -screen 0 "$2x24" -nolisten tcp \
		-ac -noreset 3<> "$T/$1.display"
	read -r -t 60 "$1" < "$T/$1.display" || fail "no X server"
	printf -v "$1" ':%s' "${!1}"
}

# forget ADDRESS: and the key that was trusted there. A port is a number that the
# kernel gives again, maybe to a server with another key: that one is new.
forget() {
	local hosts=${XDG_CONFIG_HOME:-$HOME/.config}/oriel/known_hosts
	local host=${1#oriel://}
	if [ -n "$host" ] && grep -qsF "$host " "$hosts"; then
		sed -i "/^${host//./\\.} /d" "$hosts"
	fi
}

# serve OPTION...: start oriel-serve on a free port; ADDRESS is where, KEY the
# SHA-256 of its key, SERVER its process. Nobody has seen ADDRESS before.
serve() {
	ADDRESS=
	rm -f "$T/serve.out" "$T/serve.log" # of the one before
	start serve "$BIN/oriel-serve" --listen=tcp://127.0.0.1:0 \
		--password-file="$T/password" "$@"
	SERVER=$PID
	eventually 10 grep -qs '^listening ' "$T/serve.out" ||
		fail 'oriel-serve does not listen'
	ADDRESS=$(sed -n 's/^listening tcp:/oriel:/p;T;q' "$T/serve.out")
	KEY=$(sed -n 's/^key sha256://p' "$T/serve.log")
	forget "$ADDRESS"
}

# view OPTION...: run oriel-view, headless, to its end; STATUS and view.log.
view() {
	"$BIN/oriel-view" --headless "$@" > "$T/view.out" 2> "$T/view.log" \
		< /dev/null
	STATUS=$?
}

# confined PID: it has no capabilities, and a filter of system calls.
confined() {
	[ "$(sed -n 's/^\(CapPrm\|CapEff\|NoNewPrivs\|Seccomp\):[[:space:]]*//p' \
		"/proc/$1/status" | tr '\n' ' ')" = \
		'0000000000000000 0000000000000000 1 2 ' ]
}

# picture DISPLAY FILE: what an X server shows.
picture() {
	import -display "$1" -window root "$2"
}

# same A.png B.png: pixel by pixel.
same() {
	[ "$(compare -metric AE "$1" "$2" null: 2>&1)" = 0 ]
}

# same_display A B: they show the same now.
same_display() {
	picture "$1" "$T/same-a.png" && picture "$2" "$T/same-b.png" &&
		same "$T/same-a.png" "$T/same-b.png"
}

# differs DISPLAY FILE: it shows something else than that now.
differs() {
	picture "$1" "$T/differs.png" && ! same "$2" "$T/differs.png"
}

# exact_in FILE: the viewer whose events these are has all of its screens as
# they are, and has it for a moment.
exact_in() {
	exact_now "$1" && sleep 0.2 && exact_now "$1"
}
exact_now() {
	awk '{ id = $0; sub(/.*"screen":/, "", id); sub(/[^0-9].*/, "", id) }
		/"event":"state"/ { ready = /"ready"/; split("", exact) }
		/"event":"exact"/ { exact[id] = /"exact":true/ }
		/"event":"screen_removed"/ { delete exact[id] }
		END {
			for (id in exact)
				exact[id] ? n++ : wrong++
			exit !(ready && n && !wrong)
		}' "$1"
}

# over_wan TRACE CHECK.py: the recording over a wide area link; what the script
# says of the figures is the test's end, but 3: that had to do with the time the
# machine gave it, and may be measured again, twice.
over_wan() {
	local status try
	for try in 1 2 3; do
		TMPDIR=$T timeout 250 "$BIN/oriel-bench" run --cold \
			--trace="$1" --link=wan --out="$T/a$try" --json \
			> "$T/bench.out" 2> "$T/bench.log"
		status=$?
		if grep -q 'no link' "$T/bench.log"; then
			echo "SKIP: no network namespaces here"
			exit 0
		fi
		[ $status = 0 ] || fail "the run fails with $status"
		python3 "$2" "$T/bench.out"
		status=$?
		[ $status = 3 ] || break
	done
	[ $status = 0 ] || fail "$(cut -c1-2000 "$T/bench.out")"
}
