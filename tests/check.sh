#!/bin/bash
# check.sh - everything that must hold, suite after suite; the last line is
# "N passed, N failed" over all of them.
export RESULTS
RESULTS=$(mktemp)
trap 'rm -f "$RESULTS"' EXIT
jobs=$(nproc)

suite() { # title command...
	local title=$1 before
	shift
	before=$(wc -l < "$RESULTS")
	echo "== $title"
	# A suite that ends badly without having counted counts as one failure.
	if ! "$@" && [ "$(wc -l < "$RESULTS")" -eq "$before" ]; then
		echo "0 1" >> "$RESULTS"
	fi
}

suite 'build' make -j"$jobs" all
suite 'unit, property, corpora, lints' make -j"$jobs" quick
suite 'the same with address and undefined-behaviour sanitizers' \
	make -j"$jobs" asan
suite 'threads with the thread sanitizer' make -j"$jobs" tsan
# Its test says what there is to say when it cannot be made.
echo '== a guest, of Debian packages'
make guest
suite 'real programs on real displays' make e2e
suite 'mixed work on a bad link, with sanitizers' make soak SOAK_SECONDS=100

awk '{ p += $1; f += $2 } END { print p " passed, " f " failed"; exit f > 0 }' \
	"$RESULTS"
