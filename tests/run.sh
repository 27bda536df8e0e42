#!/bin/bash
# run.sh PROGRAM... - run tests, a line for each, JOBS at a time (1), and count.
# What takes 5 seconds says how long. RUN is a command to run them by.
#
# A cmocka program counts each of its tests, anything else counts as one. The
# last line is "N passed, N failed"; with RESULTS=FILE the two numbers are
# appended there for check.sh to add up.
if [ "${1:-}" = --one ]; then
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	timeout -k 10 "${TEST_TIMEOUT:-900}" ${RUN:-} "$2" > "$log" 2>&1 < /dev/null
	status=$?
	ok=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | head -1)
	bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | head -1)
	ok=${ok:-0}
	bad=${bad:-0}
	if [ "$status" -eq 0 ]; then
		[ "$ok" -gt 0 ] || ok=1
		took=
		[ "$SECONDS" -lt 5 ] || took=" ($SECONDS s)"
		printf '  ok    %s%s\n' "$2" "$took"
	else
		[ "$bad" -gt 0 ] || bad=1
		# In one piece, though others print at the same time.
		printf '%s\n' "$(printf '  FAIL  %s (exit %s)\n' "$2" "$status"
			tail -n "${TEST_LINES:-40}" "$log" | sed 's/^/        /')"
	fi
	echo "$ok $bad" >> "$COUNTS"
	exit 0
fi

export COUNTS
COUNTS=$(mktemp)
trap 'rm -f "$COUNTS"' EXIT
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-1}" "$0" --one
read -r passed failed n <<< "$(awk '{ p += $1; f += $2 }
	END { print p + 0, f + 0, NR }' "$COUNTS")"
# A test whose count is missing was killed with its runner.
failed=$((failed + $# - n))
[ -z "${RESULTS:-}" ] || echo "$passed $failed" >> "$RESULTS"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
