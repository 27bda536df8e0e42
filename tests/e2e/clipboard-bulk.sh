#!/bin/bash
# clipboard-bulk.sh - 100 MB on the clipboard while a video plays on a wide area
# link: how old pictures are with that and without, each way; what memory it
# takes; and that it can be stopped half-way. It measures, so what it asserts of
# time is only that all goes on. It takes 90 seconds: ORIEL_LONG=1 runs it.
. tests/e2e/lib.sh

[ -n "${ORIEL_LONG:-}" ] || {
	echo 'SKIPPED: ORIEL_LONG=1 runs it'
	exit 0
}
LINK=${LINK:-wan}
"$BIN/tests/e2e/onlink" wan true true > /dev/null 2> "$T/why.log" &
probe=$!
started+=("$probe")
sleep 1
if ! kill "$probe" 2>/dev/null; then
	echo 'SKIP: no network namespaces here'
	exit 0
fi
x_server A 1280x720 # the desktop
x_server B 1280x720 # where the viewer is
DISPLAY=$B start wm openbox
printf 'paste = text\ncopy = text\n' > "$T/policy"
DISPLAY=$A start video ffplay -loglevel error -noborder -left 100 -top 100 \
	-f lavfi testsrc2=size=640x360:rate=24
head -c 75000000 /dev/urandom | base64 > "$T/long" # 101 MB of text
export DISPLAY=$B

# heap PID...: KiB of memory of its own, of each of them.
heap() {
	local pid
	for pid in "$@"; do
		awk '/^Private_Dirty/ { print $2 }' "/proc/$pid/smaps_rollup"
	done | xargs
}

# run NAME down|up|none: 20 s of it.
run() {
	local name=$1 way=$2 server viewers before most paste=
	# It takes a while to have that much.
	[ "$way" = none ] || {
		local have=$A
		[ "$way" = down ] || have=$B
		xclip -display "$have" -selection clipboard -i "$T/long"
		ready() {
			timeout 5 xclip -display "$1" -selection clipboard -o \
				-t TARGETS > "$T/targets" 2> /dev/null
		}
		eventually 20 ready "$have" || fail 'nothing is copied'
	}
	start link "$BIN/tests/e2e/onlink" "$LINK" \
		"exec $BIN/oriel-serve --listen=tcp://192.0.2.1:5910 \
			--source=x11:$A --policy=$T/policy --sound=none \
			--password-file=$T/password > $T/serve.out 2> $T/serve.log" \
		"sleep 1; exec $BIN/oriel-view --fullscreen --json \
			--trust=first-use --password-file=$T/password \
			--stats=$T/$name.json --exit-after=22 oriel://192.0.2.1 \
			> $T/view.out 2> $T/view.log"
	local link=$PID
	rm -f "$T/view.out"
	eventually 10 grep -qs '"state":"ready"' "$T/view.out" || fail 'no viewer'
	server=$(pgrep -f "^$BIN/oriel-serve.*$T/policy" | head -n 1)
	viewers=$(pgrep -f "^$BIN/oriel-view.*$T/$name.json")
	# And the process that has the connection.
	viewers="$viewers $(pgrep -P "$(echo "$viewers" | head -n 1)")"
	sleep 3
	# The first sentence in the window costs a font, and that is not counted.
	xdotool key ctrl+alt+Home sleep 0.5 key Escape mousemove 900 600 click 1
	if [ "$way" = down ]; then
		eventually 5 grep -q '"what":"copied"' "$T/view.out" ||
			fail 'not copied'
	elif [ "$way" = up ]; then
		eventually 5 grep -q '"what":"offered"' "$T/view.out" ||
			fail 'not offered'
		sleep 0.3
		xdotool click 1
	fi
	# shellcheck disable=SC2086
	before=$(heap $server $viewers)
	most=
	if [ "$way" != none ]; then
		local from=$B
		[ "$way" = down ] || from=$A
		xclip -display "$from" -selection clipboard -o -t UTF8_STRING \
			> /dev/null 2>&1 &
		paste=$!
		started+=("$paste")
	fi
	for _ in $(seq 14); do
		sleep 1
		# shellcheck disable=SC2086
		most="$most;$(heap $server $viewers)"
	done
	if [ -n "$paste" ]; then
		kill -0 "$paste" 2> /dev/null || fail 'the paste ended by itself'
		kill "$paste"
		wait "$paste" 2> /dev/null
	fi
	eventually 15 grep -qs '"final":true' "$T/$name.json" || fail 'no end'
	stop "$link"
	python3 - "$T/$name.json" "$name" "$before$most" "$way" <<'END' ||
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
last = lines[-1]
l = last["latency_ms"]
heaps = [list(map(int, h.split())) for h in sys.argv[3].split(";")]
grown = [max(h[i] for h in heaps) - heaps[0][i] for i in range(3)]
c = last["channels"]["clipboard"]
mib = (sum(c.values()) if isinstance(c, dict) else c) / 2**20
print(f"{sys.argv[2]:8} capture to shown p50 {l['p50']:.1f} p95 {l['p95']:.1f} "
      f"p99 {l['p99']:.1f} ms, {last['frames_shown']} frames, "
      f"pasted {mib:.1f} MiB, memory " +
      ", ".join(f"{n} +{m} KiB" for n, m in zip(
          ("server", "viewer", "its process"), grown)))
assert max(grown) < 4096, "memory"
assert (mib > 2) == (sys.argv[4] != "none"), "bytes of the clipboard"
END
		fail 'the paste is not what it should be'
}

run none none
run down down
run up up
run again none
