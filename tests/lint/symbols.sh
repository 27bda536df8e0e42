#!/bin/sh
# symbols.sh LIBRARY... - a shared library exports oriel_* and nothing else.
status=0
for lib; do
	nm -D --defined-only "$lib" | awk -v lib="$lib" '
		$3 !~ /^oriel_/ && $3 !~ /^__/ && $3 !~ /^_(init|fini|edata|end)$/ {
			print lib ": exports " $3; bad = 1 }
		$3 ~ /^oriel_/ { n++ }
		END { if (!n) { print lib ": exports nothing"; bad = 1 }
			exit bad }' || status=1
done
exit $status
