#!/bin/bash
# coverage.sh BUILD - lines that the tests reach, in a build with --coverage:
# each parser by its fuzz corpus alone (at least 85 %), then proto/ and
# codecs/ by all tests (at least 90 %). BUILD was made by `make coverage`.
O=$1
status=0

clear() { find "$O" -name '*.gcda' -delete; }

# lines FILE [FUNCTION...]: "executed total" of its lines, or of those.
lines() {
	local file=$1
	shift
	[ -f "$O/${file%.c}.gcda" ] || { echo "0 1"; return; }
	gcov -n -f -o "$O/$(dirname "$file")" "$file" 2>/dev/null |
		awk -v want=" $* " -v file="$file" '
		function add() { split($0, a, /[:% ]+/)
			pct = a[3]; n = a[5]; done += pct * n / 100; all += n }
		/^Function/ { split($0, q, "\047"); name = q[2]; in_file = 0 }
		/^File/ { split($0, q, "\047"); in_file = q[2] == file; name = "" }
		/^Lines executed/ {
			if (want == "  " ? in_file : index(want, " " name " ") && name != "")
				add() }
		END { printf "%d %d\n", done + 0.5, all }'
}

report() { # TITLE LEAST DONE ALL
	local percent=$(($3 * 1000 / ($4 ? $4 : 1)))
	printf '%6d.%d %%  %4d of %4d  %s' $((percent / 10)) \
		$((percent % 10)) "$3" "$4" "$1"
	if [ "$percent" -lt $(($2 * 10)) ]; then
		printf '  (less than %d %%)' "$2"
		status=1
	fi
	echo
}

echo "Parsers, by their corpus alone:"
last=
while read -r target file functions; do
	case $target in '#'* | '') continue ;; esac
	if [ "$target" != "$last" ]; then
		clear
		"$O/tests/fuzz/$target" --seeds > /dev/null || status=1
		last=$target
	fi
	# shellcheck disable=SC2046,SC2086
	report "$target: $file $functions" 85 $(lines "$file" $functions)
done < tests/fuzz/parsers

echo "proto/ and codecs/, by all tests:"
clear
for test in "$O"/tests/unit/test_* "$O"/tests/prop/prop_* "$O"/tests/fuzz/fuzz_*; do
	[ -x "$test" ] && [ ! -d "$test" ] || continue
	case $test in *.o | *.d | *.gc*) continue ;; esac
	# A corpus as it is: its mutations reach no more lines, and take long.
	case $test in
	*/fuzz_*) "$test" --seeds > /dev/null 2>&1 ;;
	*) "$test" > /dev/null 2>&1 ;;
	esac
done
done_all=0
all=0
for file in proto/*.c proto/io/*.c codecs/*.c; do
	case $file in proto/msgdoc.c) continue ;; esac
	read -r done n <<< "$(lines "$file")"
	report "$file" 0 "$done" "$n"
	done_all=$((done_all + done))
	all=$((all + n))
done
report 'together' 90 "$done_all" "$all"
exit $status
