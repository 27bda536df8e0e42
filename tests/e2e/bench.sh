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

# Killed at once: the processes and the folder go.
start killed env TMPDIR="$T" "$BIN/oriel-bench" run --cold --trace=$TRACE \
	--out="$T/killed"
shown() { ls "$T"/oriel-bench-*/Xvfb_screen0 > /dev/null 2>&1; }
eventually 20 shown || fail "no display for the client"
kill -KILL "$PID"
wait "$PID" 2>/dev/null
sleep 1
left=$(grep -lzs "^HOME=$T/oriel-bench-" /proc/[0-9]*/environ)
[ -z "$left" ] || fail "still there: $left"
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
