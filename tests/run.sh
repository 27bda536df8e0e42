#!/bin/bash
# run.sh PROGRAM... - run tests, a line for each that fails, and count.
#
# A cmocka program counts each of its tests, anything else counts as one. The
# last line is "N passed, N failed"; with RESULTS=FILE the two numbers are
# appended there for check.sh to add up.
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program; do
	timeout -k 10 "${TEST_TIMEOUT:-300}" "$program" > "$log" 2>&1
	status=$?
	ok=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | head -1)
	bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | head -1)
	ok=${ok:-0}
	bad=${bad:-0}
	if [ "$status" -eq 0 ]; then
		[ "$ok" -gt 0 ] || ok=1
		printf '  ok    %s\n' "$program"
	else
		[ "$bad" -gt 0 ] || bad=1
		printf '  FAIL  %s (exit %s)\n' "$program" "$status"
		tail -n "${TEST_LINES:-40}" "$log" | sed 's/^/        /'
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
done
[ -z "$RESULTS" ] || echo "$passed $failed" >> "$RESULTS"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
