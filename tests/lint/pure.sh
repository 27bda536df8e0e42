#!/bin/sh
# pure.sh OBJECT... - these need nothing of the system but memory and text,
# and keep nothing writable of their own. Those in tests/lint/wrappers may
# also call the library they wrap.
status=0
for o in "$@"; do
	wraps=$(awk -v o="$o" '$1 !~ /^#/ && NF == 2 &&
		substr(o, length(o) - length($1) + 1) == $1 { print $2 }' \
		tests/lint/wrappers)
	nm -u "$o" | awk -v o="$o" -v wraps="${wraps:-none}" '
		$1 == "U" && $2 !~ /^(oriel|orl)_/ && index($2, wraps) != 1 &&
		$2 !~ /^(mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr)|v?snprintf|qsort)$/ &&
		$2 !~ /^(__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$/ &&
		$2 !~ /^__cpu_(model|indicator_init)$/ { # of ORL_WIDE
			print o ": not pure: " $2; bad = 1 }
		END { exit bad }' || status=1
	objdump -h "$o" | awk -v o="$o" '$2 ~ /^\.(data|bss)$/ && $3 !~ /^0*$/ {
		print o ": writable " $2; bad = 1 } END { exit bad }' || status=1
done
exit $status
