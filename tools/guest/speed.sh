#!/bin/bash
# speed.sh [BUILD [GUEST]] - what showing a guest costs it, in one run: frames
# that reach its card, and drawings that its X finishes, with nobody attached,
# with Oriel and a viewer, without one, with one that is stopped, and with
# SPICE; how often Oriel wakes up for a guest that is idle; pixels copied of
# those received. It draws squares of 500 x 500 as fast as it can and waits for
# each. ROUNDS=3 and IDLE=60 seconds; 6 minutes, on a machine that does nothing
# else.
O=${1:-build}
GUEST=${2:-build/guest}
. tests/e2e/lib.sh
tools/guest/build.sh "$GUEST" || fail 'there is no guest'
accel=$(tools/guest/accel.sh "$GUEST")
rounds=${ROUNDS:-3}

ask() {
	python3 tools/guest/ask.py "$folder/agent" "export DISPLAY=:0; $1" 90
}

# boot NAME QEMU-OPTION...: a guest whose agent `ask` asks then.
boot() {
	folder=$T/$1
	mkdir "$folder"
	ACCEL=$accel start "$@" -trace virtio_gpu_cmd_res_flush \
		-D "$folder/trace"
	machine=$PID
	eventually 20 test -S "$folder/agent" || fail "no machine $folder"
	eventually 90 grep -qs '^MARK ready' "$folder/serial" ||
		fail 'the guest does not start'
	sleep 5
}

# frames NAME: a line of flushes and drawings in a second, into $T/frames.
frames() {
	local before flushed
	sleep 1
	ask 'x11perf -sync -repeat 1 -time 7 -rect500' > "$T/drawn" &
	sleep 5
	before=$(grep -c . "$folder/trace")
	sleep 4
	flushed=$((($(grep -c . "$folder/trace") - before) / 4))
	wait $!
	echo "$1 $flushed $(sed -n 's/.*( *\([0-9]*\)\.[0-9]*\/sec).*/\1/p' \
		"$T/drawn" | tail -n 1)" | tee -a "$T/frames"
}

stat_of() {
	tail -n 1 "$T/stats" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# woken PID SECONDS: how often all its threads were.
woken() {
	local before after
	before=$(awk '/^voluntary/ { n += $2 } END { print n }' \
		/proc/"$1"/task/*/status)
	sleep "$2"
	after=$(awk '/^voluntary/ { n += $2 } END { print n }' \
		/proc/"$1"/task/*/status)
	echo $((after - before))
}

look() {
	DISPLAY=$B start look "$BIN/oriel-view" --fullscreen \
		--trust=first-use --password-file="$T/password" "$ADDRESS"
	looker=$PID
	sleep 3
}

cat > "$T/bus.conf" <<-END
	<busconfig><listen>unix:path=$T/bus</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow send_destination="*"/><allow own="*"/>
	<allow receive_sender="*"/></policy>
	<limit name="max_message_size">134217728</limit></busconfig>
END
start bus dbus-daemon --config-file="$T/bus.conf" --nofork
eventually 5 test -S "$T/bus" || fail 'no bus'
x_server B 1024x768
boot oriel tools/guest/run.sh "$GUEST" "$T/oriel" \
	-display "dbus,addr=unix:path=$T/bus"
for _ in $(seq "$rounds"); do
	frames 'nobody'
	serve --source="qemu:unix:path=$T/bus" --stats="$T/stats"
	frames 'Oriel, no viewer'
	look
	frames 'Oriel, a viewer'
	kill -STOP "$looker"
	frames 'Oriel, a stopped viewer'
	kill -CONT "$looker"
	stop "$looker"
	stop "$SERVER"
	echo "pixels: $(stat_of source_bytes) bytes received," \
		"$(stat_of source_copied_bytes) copied from the messages;" \
		"memory $(stat_of max_rss_bytes)"
done

# Idle: nobody attached, nobody looking, somebody looking.
idle=${IDLE:-60}
serve --source="qemu:unix:path=$T/bus"
ask 'pkill -x xterm; pkill -x jwm' # a clock that ticks
sleep 5
echo "oriel-serve woken in $idle s, no viewer: $(woken "$SERVER" "$idle")"
look
sleep 5
echo "oriel-serve woken in $idle s, a viewer: $(woken "$SERVER" "$idle")"
stop "$looker"
stop "$SERVER"
stop "$machine"

VDAGENT=spicevmc,name=vdagent boot spice tools/guest/run.sh "$GUEST" \
	"$T/spice" -display none \
	-spice "unix=on,addr=$T/spice/spice,disable-ticketing=on"
for _ in $(seq "$rounds"); do
	frames 'SPICE, nobody'
	DISPLAY=$B start spicy spicy --uri="spice+unix://$T/spice/spice" -f
	spicy=$PID
	sleep 5
	frames 'SPICE, its client'
	kill -STOP "$spicy"
	frames 'SPICE, a stopped client'
	kill -CONT "$spicy"
	stop "$spicy"
done

# Medians, and what they are of those with nobody attached.
echo
printf '%-26s %12s %14s\n' 'a second, in the guest' flushes drawings
sed 's/ [0-9]* [0-9]*$//' "$T/frames" | awk '!seen[$0]++' |
	while read -r name; do
		for column in 2 1; do
			grep "^$name [0-9]* [0-9]*$" "$T/frames" |
				awk -v c=$column '{ print $(NF + 1 - c) }' |
				sort -n | awk '{ v[NR] = $1 }
					END { print v[int((NR + 1) / 2)] }'
		done | xargs echo "$name"
	done | awk '{ d = $NF; f = $(NF - 1); NF -= 2
		if (NR == 1) { f1 = f; d1 = d }
		printf "%-26s %6d %5.2f %8d %5.2f\n", $0, f, f / f1, d, d / d1 }'
