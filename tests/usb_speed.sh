#!/bin/bash
# usb_speed.sh [pipe] [storage] [typing] - how fast USB devices are over links,
# and what they cost who types meanwhile; all three without arguments. Programs
# are real, links those of oriel-bench (root or user namespaces).
#
#	pipe     bytes alone, no machine: of the link's rate, 80 % or more
#	storage  a disk in a virtual machine (TCG) that is read and written, 64
#	         MB each: of what its commands allow, bytes / (3 RTT + bytes /
#	         rate), 90 % or more on wan; on lan 80 % or more of the same disk
#	         at the machine's own chardev, or of that where it is less
#	typing   a key until its letter is seen, with a device that takes all it
#	         can get in either direction and without one: within 10 ms on
#	         wan, and on dsl within 10 ms and 3 segments of its rate
#
# LINKS="wan" chooses among them. The last line says what was too slow.
. tests/e2e/lib.sh

links=${LINKS:-lan wan}
failed=
calc() { # EXPRESSION
	awk "BEGIN { print $* }"
}
verdict() { # VALUE LEAST WHAT: as percent
	local mark=ok
	awk "BEGIN { exit !($1 < $2) }" && mark='TOO SLOW' failed+=" $3;"
	printf '%-34s %6.1f %% (at least %d %%) %s\n' "$3" "$1" "$2" "$mark"
}
rate_of() { # LINK DIRECTION: Mbit/s
	"$BIN/oriel-bench" links --json | python3 -c '
import json, sys
for l in map(json.loads, sys.stdin):
    if l["link"] == sys.argv[1]:
        print(l[sys.argv[2]]["bits_a_second"] / 1e6)' "$1" "$2"
}
rtt_of() { # LINK: ms
	"$BIN/oriel-bench" links --json | python3 -c '
import json, sys
for l in map(json.loads, sys.stdin):
    if l["link"] == sys.argv[1]:
        print(l["rtt_ms"])' "$1"
}

echo 'rights = all' > "$T/policy"
# over LINK SLOT DEVICE: a server with that slot, a viewer with that device.
over() {
	start link "$BIN/tests/e2e/onlink" "$1" \
		"exec '$BIN/oriel-serve' --source=pattern:64x64@1 \
		--listen=tcp://192.0.2.1:5910 --policy='$T/policy' \
		--password-file='$T/password' --usb-slot='unix:$2' \
		> '$T/server.log' 2>&1" \
		"sleep 1; exec '$BIN/oriel-view' --headless --json \
		--trust=first-use --password-file='$T/password' \
		--usb-device='unix:$3' oriel://192.0.2.1 \
		> '$T/viewer.out' 2> '$T/viewer.log'"
	link_pid=$PID
}

# ---- pipe

pipe() {
	local link=$1 way=$2 bytes=$3
	rm -f "$T/slot"
	start guest "$BIN/tests/e2e/usbguest" "$T/slot" "$way" "$bytes" 65536 16
	over "$link" "$T/slot" "$T/stream"
	eventually 150 grep -q bytes "$T/guest.out" || fail "$link: nothing came"
	grep -q '"ok":true' "$T/guest.out" || fail "$link: $(cat "$T/guest.out")"
	stop "$link_pid"
	local got rate direction=up
	[ "$way" = in ] || direction=down
	got=$(sed 's/.*mbit_s":\([0-9.]*\).*/\1/' "$T/guest.out")
	rate=$(rate_of "$link" "$direction")
	printf '%s %s: %.1f of %.0f Mbit/s\n' "$link" "$way" "$got" "$rate"
	verdict "$(calc "100 * $got / $rate")" 80 \
		"pipe, $link, $way"
}
do_pipe() {
	start stream "$BIN/tests/e2e/device" stream - "$T/stream"
	local link
	for link in $links; do
		case $link in
		lan) bytes=200000000 ;;
		*) bytes=25000000 ;;
		esac
		pipe "$link" in "$bytes"
		pipe "$link" out "$bytes"
	done
}

# ---- storage

ask() {
	python3 tools/guest/ask.py "$T/agent" "$1" "${2:-120}"
}
# timed COMMAND: seconds that the guest took for it.
timed() {
	ask "s=\$(date +%s%N); $1 > /dev/null 2>&1 || echo failed; \
		e=\$(date +%s%N); echo \$((e - s))" 250 |
		awk '{ printf "%.3f\n", $1 / 1e9 }'
}
# allowed LINK DIRECTION BYTES: MB/s that a command of so many can have.
allowed() {
	calc "$3 / (0.003 * $(rtt_of "$1") + $3 * 8e-6 /" \
		"$(rate_of "$1" "$2")) / 1e6"
}
least() { # A B
	calc "$1 < $2 ? $1 : $2"
}
# Others look at a disk when it comes, and when it was written to: wait.
settle() {
	ask "until a=\$(cat /sys/block/$1/stat); sleep 1.5;"\
"b=\$(cat /sys/block/$1/stat); [ \"\$a\" = \"\$b\" ]; do :; done" 60
}
# measure LINK DISK SECTORS DIRECTION MB: MB_S is what came of it.
measure() {
	local link=$1 disk=$2 sectors=$3 way=$4 mb=$5 seconds
	ask "cd /sys/block/$disk && echo $sectors > device/max_sectors &&"\
"echo $((sectors / 2)) > queue/max_sectors_kb" ||
		fail "no commands of $sectors sectors"
	settle "$disk"
	if [ "$way" = read ]; then
		seconds=$(timed "dd if=/dev/$disk of=/dev/null iflag=direct \
			bs=$((sectors / 2))k count=$((mb * 2048 / sectors))")
	else
		seconds=$(timed "dd if=/tmp/random of=/dev/$disk oflag=direct \
			bs=$((sectors / 2))k count=$((mb * 2048 / sectors))")
	fi
	MB_S=$(calc "$((mb * 2048 / sectors * sectors * 512)) / 1e6 / $seconds")
	printf '%-5s %s, %4d sectors, %2d MB: %6.2f MB/s in %.1f s\n' \
		"$link" "$way" "$sectors" "$mb" "$MB_S" "$seconds"
}
# storage LINK: the disk at the end of it, 64 MB of it both ways.
storage() {
	local link=$1 sectors mb way direction here
	over "$link" "$T/slot1" "$T/d1"
	eventually 60 ask 'test -b /dev/sdb' || fail 'no disk in the guest'
	for sectors in 240 2048; do
		for way in read write; do
			mb=64
			[ "$link$sectors" = wan240 ] && mb=8
			direction=up
			[ "$way" = read ] || direction=down
			measure "$link" sdb "$sectors" "$way" "$mb"
			case $link in
			lan)
				here=$MB_S
				measure here sda "$sectors" "$way" "$mb"
				verdict "$(calc "100 * $here / $(least \
					"$MB_S" "$(allowed lan $direction \
					$((sectors * 512)))")")" 80 \
					"$way, lan, $sectors sectors"
				;;
			*)
				here=$(allowed "$link" "$direction" \
					$((sectors * 512)))
				verdict "$(calc "100 * $MB_S / $here")" 90 \
					"$way, $link, $sectors sectors"
				;;
			esac
		done
	done
	# What was written is there, and is read back the same.
	local sum
	sum=$(ask 'head -c 64M /tmp/random | md5sum')
	[ "$(head -c 64M "$T/disk1" | md5sum)" = "$sum" ] ||
		fail "$link: what was written is not there"
	[ "$(ask 'head -c 8M /tmp/random | md5sum')" = \
		"$(ask 'dd if=/dev/sdb iflag=direct bs=1M count=8 2>&- | md5sum')" ] || fail "$link: what is read is another"
	echo "$link: checksums are equal"
	stop "$link_pid"
	eventually 20 ask '! test -b /dev/sdb' || fail 'the disk stays'
}
do_storage() {
	local guest=${GUEST:-build/guest} i
	tools/guest/build.sh "$guest" || fail 'there is no guest'
	for i in 1 2; do
		truncate -s 70M "$T/disk$i"
		start "disk$i" "$BIN/tests/e2e/device" disk "$T/disk$i" "$T/d$i"
	done
	eventually 5 test -S "$T/d2" || fail 'no disk'
	start machine tools/guest/run.sh "$guest" "$T" -display none \
		-chardev "socket,id=c1,path=$T/slot1,server=on,wait=off" \
		-chardev "socket,id=c2,path=$T/d2" \
		-device usb-redir,id=r2,chardev=c2 \
		-device usb-redir,id=r1,chardev=c1
	eventually 150 grep -qs '^MARK ready' "$T/serial" ||
		fail 'the guest does not start'
	ask 'modprobe usb-storage; head -c 64M /dev/urandom > /tmp/random' ||
		fail 'no room in the guest'
	eventually 20 ask 'test -b /dev/sda' || fail 'no disk of its own'
	for i in $links; do
		storage "$i"
	done
}

# ---- typing

# Programs that oriel-bench starts in the place of ours: the same, and a device.
wrap() { # YES|NO
	local name
	rm -rf "$T/bin"
	mkdir "$T/bin"
	for name in "$BIN"/oriel-*; do
		[ ! -f "$name" ] || [ ! -x "$name" ] ||
			ln -s "$(realpath "$name")" "$T/bin/${name##*/}"
	done
	rm "$T/bin/oriel-serve" "$T/bin/oriel-view"
	cat > "$T/bin/oriel-serve" <<-END
		#!/bin/sh
		exec '$(realpath "$BIN/oriel-serve")' "\$@" --policy='$T/policy' \
			--usb-slot='unix:$T/slot'
	END
	cat > "$T/bin/oriel-view" <<-END
		#!/bin/sh
		exec '$(realpath "$BIN/oriel-view")' \
			$([ "$1" = no ] || echo "--usb-device='unix:$T/stream'") "\$@"
	END
	chmod +x "$T/bin/oriel-serve" "$T/bin/oriel-view"
}
# typed LINK LOAD: P50 and P95 of the time from a key to its letter, ms.
typed() {
	local link=$1 load=$2 with=yes
	[ "$load" != none ] || with=no
	wrap "$with"
	rm -f "$T/slot"
	if [ "$with" = yes ]; then
		# It lasts longer than the session, and begins with it.
		start guest "$BIN/tests/e2e/usbguest" "$T/slot" "$load" \
			2000000000 65536 16 0
	fi
	rm -rf "$T/results"
	timeout 110 "$BIN/oriel-bench" run --session=bench/sessions/type.sh \
		--link="$link" --peer=oriel --programs="$T/bin" --cold --json \
		--out="$T/results" > "$T/bench.json" 2> "$T/bench.log" ||
		fail "oriel-bench: $(tail -n 3 "$T/bench.log")"
	[ "$with" = no ] || stop "$PID"
	read -r P50 P95 MB <<< "$(python3 -c '
import json, sys
r = json.loads(open(sys.argv[1]).read().splitlines()[-1])
print(r["input_p50_ms"], r["input_p95_ms"],
      round((r.get("bytes_down", 0) + r.get("bytes_up", 0)) / 1e6, 1))
' "$T/results/results.jsonl")"
	printf '%-4s device %-4s: key to letter p50 %5.1f ms, p95 %5.1f ms\n' \
		"$link" "$load" "$P50" "$P95"
}
do_typing() {
	local link load none more
	local -A way=([in]=up [out]=down)
	start stream "$BIN/tests/e2e/device" stream - "$T/stream"
	for link in ${LINKS:-wan dsl}; do
		typed "$link" none
		none=$P50
		for load in in out; do
			typed "$link" "$load"
			more=10
			# Three segments of 1500 bytes at the rate of the way.
			if [ "$link" = dsl ]; then
				more=$(calc "10 + 0.036 / $(rate_of dsl \
					"${way[$load]}") * 1000")
			fi
			awk "BEGIN { exit !($P50 > $none + $more) }" &&
				failed+=" typing, $link, device $load: \
$P50 ms, without $none;"
		done
	done
}

[ $# -gt 0 ] || set -- pipe storage typing
for what; do
	"do_$what"
done
[ -z "$failed" ] || fail "too slow:$failed"
