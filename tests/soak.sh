#!/bin/bash
# soak.sh - SOAK_SECONDS (3600) of mixed work over a link that changes, drops
# packets and goes away at random, with viewers that come and go: programs with
# sanitizers, for what only time shows. Nothing leaks, memory stays flat, and
# in the end the viewer shows what the desktop does.
#
# It goes in rounds of at most ten minutes, each with a server, a viewer and a
# link of its own. SOAK_SEED repeats what was random. ORIEL_TRACES is a folder
# of recordings to play besides those in bench/corpus.
. tests/e2e/lib.sh

seconds=${SOAK_SECONDS:-3600}
RANDOM=${SOAK_SEED:=$((RANDOM * 32768 + RANDOM))}
echo "seed $SOAK_SEED"
QUIET=25 # seconds at the end of a round in which nothing changes
shopt -s nullglob
traces=(bench/corpus/*.mkv ${ORIEL_TRACES:+"$ORIEL_TRACES"/*.mkv})

command -v ffplay > /dev/null || {
	echo 'skipped: there is no ffplay (Debian: ffmpeg) to play recordings'
	exit 0
}

# What libraries below the programs keep until they end is not theirs.
cat > "$T/suppressions" <<'END'
leak:libfontconfig
leak:libdbus-1
leak:libX11
leak:libSDL2
END
# A freed block is kept from use long enough to be caught, but not for ever:
# memory is watched, too.
export ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=1
export LSAN_OPTIONS=suppressions=$T/suppressions:print_suppressions=0

pick() { # WORD...: one of them
	local n=$((RANDOM % $# + 1))
	echo "${!n}"
}

# script SECONDS: a link that changes; it ends as a fair one.
script() {
	local t=0 steps=0 text=rate=20mbit,rtt=40ms,queue=100ms
	while t=$((t + RANDOM % 12 + $1 / 25 + 2)); [ "$steps" -lt 20 ] &&
		[ "$t" -lt $(($1 - QUIET - 8)) ]; do
		text+=,${t}s:$(pick rate=1mbit rate=4mbit rate=20mbit \
			rate=100mbit delay=5ms delay=35ms delay=90ms loss=0% \
			loss=1% loss=3% cut=1s cut=3s cut=6s)
		steps=$((steps + 1))
	done
	t=$(($1 - QUIET))
	echo "$text,${t}s:rate=20mbit,${t}s:delay=20ms,${t}s:loss=0%"
}

# work SECONDS: what people do, one thing after the other.
work() {
	local end=$((SECONDS + $1)) pid
	export DISPLAY=$A
	while [ "$SECONDS" -lt "$end" ]; do
		case $((RANDOM % 4)) in
		0 | 1) exec_for ffplay -loglevel error -noborder -loop 0 -left 0 -top 0 \
			-an "$(pick "${traces[@]}")" ;;
		2) exec_for xterm -geometry 110x40+$((RANDOM % 300))+$((RANDOM % 200)) \
			-e 'while :; do ls -l /usr/lib; sleep 0.3; done' ;;
		3) exec_for xterm -geometry 60x20+50+50 -e 'seq 100000000' ;;
		esac
	done
}
exec_for() { # COMMAND...: for some seconds
	"$@" &
	pid=$!
	sleep $((RANDOM % 8 + 3))
	kill "$pid"
	wait "$pid" 2> /dev/null
}

rss() { # PID: KiB
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# flat FILE NAME: the last third takes no more than the one before it, but for
# a little.
flat() {
	awk -v name="$2" '{ v[NR] = $1 }
		END {
			for (i = int(NR / 3) + 1; i <= NR; i++) {
				third = i > 2 * NR / 3 ? 3 : 2
				if (v[i] > most[third])
					most[third] = v[i]
			}
			printf "%s: at most %d MiB, then %d MiB\n", name,
				most[2] / 1024, most[3] / 1024
			exit most[3] > most[2] * 1.1 + 16384
		}' "$1"
}

round() { # SECONDS
	local length=$1 changes link server viewer worker at=0 t=$SECONDS
	changes=$(script "$length")
	echo "round of $length s: $changes"
	rm -f "$T"/*.pid "$T/up" "$T"/*.rss
	# The shells are replaced by the programs: their numbers are known.
	start link "$LINK" "$changes" \
		"echo \$\$ > $T/serve.pid; exec $BIN/oriel-serve \
			--source=x11:$A --listen=tcp://192.0.2.1:5910 \
			--password-file=$T/password > $T/serve.out 2> $T/serve.log" \
		"until grep -qs '^listening' $T/serve.out; do sleep 0.2; done
		echo \$\$ > $T/view.pid; DISPLAY=$B exec $BIN/oriel-view \
			--fullscreen --trust=first-use --json \
			--password-file=$T/password --reconnect=60 \
			oriel://192.0.2.1:5910 > $T/view.out 2> $T/view.log"
	link=$PID
	eventually 20 test -s "$T/view.pid" || fail 'the link is not up'
	server=$(cat "$T/serve.pid") viewer=$(cat "$T/view.pid")
	work $((length - QUIET)) > "$T/work.out" 2> "$T/work.err" &
	worker=$!
	started+=("$worker")
	while at=$((SECONDS - t)); [ "$at" -lt $((length - QUIET)) ]; do
		sleep 2
		rss "$server" >> "$T/server.rss" && rss "$viewer" >> "$T/viewer.rss" ||
			fail 'a program has ended'
		# Somebody comes to watch, and leaves or is cut off.
		if [ $((RANDOM % 5)) = 0 ]; then
			come_and_go "$(pick TERM KILL)" $((RANDOM % 6 + 2)) \
				> "$T/guest.out" 2>> "$T/guest.err"
		fi
	done
	wait "$worker"
	eventually "$QUIET" same_display "$A" "$B" ||
		fail 'in the end the screens differ'
	stop_both
	! grep -l 'ERROR: \|runtime error: ' "$T"/*.log "$T"/*.err ||
		fail 'the sanitizers say so'
	flat "$T/server.rss" server || fail 'the server grows'
	flat "$T/viewer.rss" viewer || fail 'the viewer grows'
	echo "reconnected $(grep -c '"reconnecting"' "$T/view.out") times"
}

come_and_go() ( # SIGNAL SECONDS; the shell's own words go to its log, too
	nsenter -t "$viewer" -n timeout -s "$1" "$2" "$BIN/oriel-view" \
		--headless --trust=first-use --password-file="$T/password" \
		oriel://192.0.2.1:5910
)

# Each ends by itself, for its leaks to be looked for.
stop_both() {
	kill "$viewer" "$server"
	for _ in $(seq 100); do
		kill -0 "$viewer" 2> /dev/null || kill -0 "$server" 2> /dev/null ||
			break
		sleep 0.1
	done
	stop "$link"
}

LINK=$BIN/tests/e2e/onlink
"$LINK" wan true true > /dev/null 2> "$T/why.log" &
PID=$!
sleep 1
kill "$PID"
wait "$PID"
[ "$?" != 77 ] || {
	echo "skipped: $(cat "$T/why.log")"
	exit 0
}
x_server A 1024x600
x_server B 1024x600
while [ "$seconds" -gt "$QUIET" ]; do
	length=$((seconds > 600 ? 600 : seconds))
	round "$length"
	seconds=$((seconds - length))
done
echo ok
