#!/bin/sh
# pure.sh OBJECT... - these need nothing of the system but memory and text,
# and keep nothing writable of their own.
nm -u "$@" | awk '
	$1 == "U" && $2 !~ /^(oriel|orl)_/ && $2 !~ /^__[aut]san_|^__ubsan_/ &&
	$2 !~ /^(mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr)|v?snprintf|qsort)$/ &&
	$2 !~ /^(__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$/ {
		print "not pure: " $2; bad = 1 }
	END { exit bad }' || exit 1
for o in "$@"; do
	objdump -h "$o" | awk -v o="$o" '$2 ~ /^\.(data|bss)$/ && $3 !~ /^0*$/ {
		print o ": writable " $2; bad = 1 } END { exit bad }' || exit 1
done
