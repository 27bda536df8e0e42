#!/bin/bash
# bench.sh - the bench can be believed: it finds the delay and the defect that
# it makes itself; a cell is measured, kept and not measured again; what is
# wrong is said in a line; nothing is left of a run that was killed.
. tests/e2e/lib.sh

TRACE=bench/corpus/text.mkv
bench() {
	TMPDIR=$T "$BIN/oriel-bench" run --cold --seconds=2 "$@" \
		> "$T/bench.out" 2> "$T/bench.log"
	STATUS=$?
}

children_gone() {
	local pid
	for pid in $children; do
		[ ! -d "/proc/$pid" ] || return 1
	done
}

bench --trace=$TRACE --out="$T/a" --json
if grep -q 'no link' "$T/bench.log"; then
	echo "SKIP: no network namespaces here"
	exit 0
fi
[ $STATUS = 0 ] || fail "a run fails"
grep -q '"peer":"oriel".*"error":"".*"missing":0' "$T/bench.out" ||
	fail "the result is not what it should be"
bench --trace=$TRACE --out="$T/a" --json
[ $STATUS = 0 ] && [ ! -s "$T/bench.out" ] || fail "measured twice"
grep -q '1 of 1 runs were in' "$T/bench.log" || fail "not said"
"$BIN/oriel-bench" report "$T/a" > /dev/null || fail "no report"
grep -q '<svg' "$T/a/report.html" || fail "no chart in the report"
grep -q '| oriel |' "$T/a/report.md" || fail "no row in the report"

# Two machines.
sed 's/"machine":"[^"]*"/"machine":"other"/; s/"key":"/&x/' \
	"$T/a/results.jsonl" > "$T/other"
cat "$T/other" >> "$T/a/results.jsonl"
"$BIN/oriel-bench" report "$T/a" 2> "$T/report.log" && fail "machines mixed"
grep -q 'of 2 machines' "$T/report.log" || fail "machines not named"
"$BIN/oriel-bench" report --mixed "$T/a" > /dev/null || fail "not mixed"
grep -q 'different machines' "$T/a/report.html" || fail "mixed silently"

# What is wrong.
wrong() { # SENTENCE OPTION...
	local sentence=$1
	shift
	bench --out="$T/wrong" "$@"
	[ $STATUS != 0 ] || fail "no error: $*"
	[ "$(grep -c '^oriel-bench' "$T/bench.log")" -le 3 ] ||
		fail "too many words: $*"
	grep -q "$sentence" "$T/bench.log" || fail "not said: $sentence"
}
head -c 3000 $TRACE > "$T/broken.mkv"
head -c 3000 /dev/urandom > "$T/noise.mkv"
wrong 'damaged or ends' --trace="$T/broken.mkv"
wrong 'cannot read' --trace="$T/noise.mkv"
wrong 'cannot read' --trace="$T/none.mkv"
wrong 'no peer nobody' --trace=$TRACE --peer=nobody
wrong 'nowhere' --trace=$TRACE --link=nowhere
wrong 'is not installed' --trace=$TRACE --programs="$T"

# Real programs. What is pressed at the client is answered, all in the end is
# the same at both ends.
cat > "$T/window.sh" << 'END'
xterm -geometry 40x10+20+20 -e cat &
window=$(xdotool search --sync --onlyvisible --class xterm | head -n 1)
xdotool windowfocus --sync "$window"
xdotool type --delay 60 'a few words, typed by nobody'
sleep 1.5
END
peer=oriel
[ -x "$BIN/oriel-bench-hear" ] && command -v pulseaudio > /dev/null &&
	peer=oriel-sound
cat > "$T/session.py" << 'CHECK'
import json, sys
[r] = map(json.loads, open(sys.argv[1]))
assert r["mode"] == "live, 1280 x 720" and not r["error"], r
# One way and back, at least.
assert r["inputs"] >= 3 and r["inputs_lost"] == 0, r
assert 40 <= r["input_p50_ms"] < 2000, r["input_p50_ms"]
assert r["exact_ms"] is not None and r["still_wrong"] == 0, r
assert r["bytes_down"] > 1000, r
assert r["server_user_s"] + r["server_sys_s"] > 0, r
assert r["client_user_s"] + r["client_sys_s"] > 0, r
assert 0 < r["freeze_ms"] < 3000, r["freeze_ms"]
if r["peer"] == "oriel-sound":
    assert 20 <= r["sound_ms"] <= r["sound_max_ms"] < 1000, r["sound_ms"]
    assert r["sounds"] >= 1 and r["sound_gaps"] is not None, r["sounds"]
else:
    assert r["sounds"] is None, r["sounds"]
CHECK
# They are of a machine that may be taken away meanwhile: one time of three.
for try in 1 2 3; do
	rm -rf "$T/live"
	bench --session="$T/window.sh" --link=wan --peer=$peer \
		--out="$T/live" --json
	[ $STATUS = 0 ] || fail "a session fails"
	python3 "$T/session.py" "$T/bench.out" && break
	[ $try != 3 ] || fail "figures of a session"
done
"$BIN/oriel-bench" report "$T/live" > /dev/null || fail "no report"
grep -q 'input p50' "$T/live/report.md" && ! grep -q stale "$T/live/report.md" ||
	fail "the wrong figures of a session"
# Cut off in the middle of it: what never came is in the figures, too.
bench --session="$T/window.sh" --link=wan,500ms:cut=60s --tail=2 \
	--out="$T/live" --json
[ $STATUS = 0 ] || fail "a session that is cut off fails"
python3 - "$T/bench.out" << 'CHECK' || fail "figures of what never came"
import json, sys
[r] = map(json.loads, open(sys.argv[1]))
assert r["exact_ms"] is None, r
# Two seconds after the end at least nothing had come.
assert r["freeze_ms"] > 2000, r["freeze_ms"]
assert r["inputs_lost"] >= 1 and r["input_max_ms"] > 2000, r
CHECK
bench --session="$T/window.sh" --peer=oriel-push --out="$T/live"
[ $STATUS != 0 ] && grep -q 'no display for the programs' "$T/bench.log" ||
	fail "not said: pushed"
echo 'echo nothing to see here >&2; exit 3' > "$T/bad.sh"
bench --session="$T/bad.sh" --out="$T/live"
[ $STATUS != 0 ] && grep -q 'session failed: nothing to see' "$T/bench.log" ||
	fail "not said: the session failed"

# No room: for the frames, for the results.
if [ "$(id -u)" = 0 ]; then
	private=(unshare -m)
else
	private=(unshare -rm)
fi
full() { # SIZE WORDS COMMAND-BEFORE OPTION...
	local size=$1 words=$2 before=$3 status
	shift 3
	mkdir -p "$T/small" "$T/cache"
	"${private[@]}" sh -c 'mount -t tmpfs -o size=$0 none "$1" || exit 77
		cd "$1" && eval "$2" && cd / || exit 78
		shift 2
		exec "$@"' "$size" "$T/small" "$before" \
		env TMPDIR="$T" "$(realpath "$BIN")/oriel-bench" "$@" \
		> "$T/full.out" 2> "$T/full.log"
	status=$?
	[ $status = 77 ] && return # no mounts here
	[ $status = 1 ] || fail "no room: ended with $status"
	grep -q "$words" "$T/full.log" || fail "not said: $words"
	[ "$(grep -c '^oriel-bench' "$T/full.log")" -le 3 ] ||
		fail 'no room: too many words'
	[ -z "$(ls -d "$T"/oriel-bench-* "$T"/small/oriel-bench-* 2>/dev/null)" ] ||
		fail 'no room: a folder is left'
}
full 100k 'cannot unpack.*No space left' : run --cold --seconds=2 \
	--trace="$PWD/$TRACE" --out="$T/small"
full 8k 'results.jsonl: No space left' \
	"ln -s '$T/cache' cache; head -c 8000 /dev/zero > filler" run --cold \
	--seconds=2 --trace="$PWD/$TRACE" --out="$T/small"
# Neither root nor user namespaces.
if command -v setpriv > /dev/null && unshare -Ur true 2>/dev/null; then
	unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces
		exec setpriv --bounding-set=-all --inh-caps=-all "$@"' sh \
		env TMPDIR="$T" "$BIN/oriel-bench" run --cold --seconds=2 \
		--trace=$TRACE --out="$T/none" 2> "$T/none.log" &&
		fail 'a run without rights'
	grep -q 'needs root or user namespaces' "$T/none.log" ||
		fail 'does not say what it needs'
	[ -z "$(ls -d "$T"/oriel-bench-* 2>/dev/null)" ] ||
		fail "a folder is left"
fi

# Density: sessions with sinks for clients, both ways to run the servers.
density() {
	TMPDIR=$T "$BIN/oriel-bench" density --trace=$TRACE --seconds=3 \
		--measure=1 --out="$T/density" --limit=10000 "$@" \
		> "$T/density.out" 2> "$T/density.log"
	STATUS=$?
}
# The clock's and the trace's frames, and none of the sessions without CPU.
cat > "$T/density.py" << 'CHECK'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    assert r["frames"] > 6 and r["bytes_down"] > 1000, r
    assert 0 < r["session_cpu_ms"] < 1000 and r["session_mb"] > 3.7, r
    assert 0 < r["stale_p50_ms"] <= r["stale_p95_ms"] <= 1000, r
CHECK
for try in 1 2 3; do
	rm -rf "$T/density"
	density --sessions=3 --mix=idle:2,text:1 --only-mix --json
	[ $STATUS = 0 ] || fail "density fails"
	[ "$(grep -c '"mode":"density".*"error":"".*"missing":0,.*"sessions":3,' \
		"$T/density.out")" = 2 ] &&
		python3 "$T/density.py" "$T/density.out" && break
	[ $try != 3 ] || fail "density is not what it should be"
done
density --sessions=3 --mix=idle:2,text:1 --only-mix --json
[ $STATUS = 0 ] && [ ! -s "$T/density.out" ] || fail "density measured twice"
grep -q '2 of 2 measurements were in' "$T/density.log" || fail "not said"
"$BIN/oriel-bench" report "$T/density" > /dev/null || fail "no report"
grep -q 'users a processor' "$T/density/report.md" || fail "no density table"
grep -q '<svg' "$T/density/report.html" || fail "no density curve"
density --mix=nobody:1
grep -q 'no trace is named nobody' "$T/density.log" || fail "not said: nobody"
density --programs="$T"
grep -q 'is not installed' "$T/density.log" || fail "not said: missing"
start crowd env TMPDIR="$T" "$BIN/oriel-bench" density --trace=$TRACE \
	--seconds=3 --sessions=2 --processes=each --out="$T/crowd"
crowd=$PID
sinks() { pgrep -P "$crowd" oriel-bench-sin > /dev/null; }
eventually 20 sinks || fail "no sink"
children=$(pgrep -P "$crowd")
kill -KILL "$crowd"
wait "$crowd" 2>/dev/null
eventually 5 children_gone || fail "of density still there: $children"

# An option that is none is named, whatever the command.
for command in run density report links record codecs; do
	"$BIN/oriel-bench" $command --sideways > /dev/null 2> "$T/option.log"
	[ $? = 2 ] && grep -q -- '--sideways?' "$T/option.log" ||
		fail "$command --sideways: $(cat "$T/option.log")"
	"$BIN/oriel-bench" $command --help | grep -q '^usage: ' ||
		fail "$command --help"
done

# Each peer has a run that warms up, and one of them.
mkdir "$T/fake"
for program in oriel-serve oriel-view; do
	printf '#!/bin/sh\nexit 1\n' > "$T/fake/$program"
	chmod +x "$T/fake/$program"
done
TMPDIR=$T "$BIN/oriel-bench" run --seconds=2 --trace=$TRACE --repeats=2 \
	--link=wan --peer=oriel,oriel-lossless --programs="$T/fake" \
	--out="$T/warm" > "$T/bench.out" 2> "$T/bench.log"
[ "$(grep -c 'the server ended' "$T/bench.log")" = 4 ] ||
	fail 'not all of four runs'
[ "$(grep 'warming up' "$T/bench.log" | sort | tr '\n' ' ')" = \
	'oriel-bench: warming up oriel oriel-bench: warming up oriel-lossless ' ] ||
	fail "warmed up: $(grep warming "$T/bench.log")"

# Killed at once: the processes and the folder go.
start killed env TMPDIR="$T" "$BIN/oriel-bench" run --cold --trace=$TRACE \
	--out="$T/killed"
shown() { ls "$T"/oriel-bench-*/Xvfb_screen0 > /dev/null 2>&1; }
eventually 20 shown || fail "no display for the client"
children=$(pgrep -P "$PID")
[ -n "$children" ] || fail "a run without processes"
kill -KILL "$PID"
wait "$PID" 2>/dev/null
eventually 5 children_gone || fail "still there: $children"
all_gone() {
	left=$(grep -lzs "^HOME=$T/oriel-bench-" /proc/[0-9]*/environ)
	[ -z "$left" ]
}
eventually 3 all_gone || fail "still there: $left"
bench --trace=$TRACE --out="$T/b"
[ -z "$(ls -d "$T"/oriel-bench-* 2>/dev/null)" ] || fail "a folder is left"

# Interrupted: in order.
start stopped env TMPDIR="$T" "$BIN/oriel-bench" run --cold --trace=$TRACE \
	--out="$T/stopped"
eventually 20 shown || fail "no display for the client"
stop "$PID" TERM
[ -z "$(ls -d "$T"/oriel-bench-* 2>/dev/null)" ] || fail "a folder is left"
grep -q 'interrupted' "$T/stopped.log" || fail "not said: interrupted"
echo ok
