#!/bin/bash
# run.sh SECONDS FUZZER... - let each look for SECONDS, two at a time; what
# they find is in build/fuzz/, and the last line says how many found nothing.
seconds=$1
shift
found=0
work=build/fuzz/corpus
run() {
	local name=${1##*/}
	mkdir -p "$work/$name"
	ASAN_OPTIONS=detect_leaks=1 "$1" -max_total_time="$seconds" \
		-rss_limit_mb=4096 -timeout=20 -print_final_stats=1 \
		-artifact_prefix="build/fuzz/$name-" "$work/$name" \
		"tests/fuzz/corpus/$name" > "build/fuzz/$name.log" 2>&1
	local status=$?
	printf '  %-5s %s: %s runs\n' "$([ $status = 0 ] && echo ok || echo FAIL)" \
		"$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' \
		"build/fuzz/$name.log")"
	return $status
}
while [ $# -gt 0 ]; do
	run "$1" & first=$!
	second=
	[ -z "${2:-}" ] || { run "$2" & second=$!; }
	wait "$first" || found=$((found + 1))
	[ -z "$second" ] || wait "$second" || found=$((found + 1))
	shift
	[ $# -eq 0 ] || shift
done
echo "$found of the fuzzers found something"
[ "$found" -eq 0 ]
