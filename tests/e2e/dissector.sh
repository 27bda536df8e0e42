#!/bin/bash
# dissector.sh - a real session on the loopback interface, read by tshark with
# tools/oriel.lua and the server's key log: every chunk is understood, every
# message has a name, and what a session consists of has been seen.
# Wants root (to capture) and tshark.
set -u
O=${O:-build}
dir=$(mktemp -d)
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null; done; wait; rm -rf "$dir"' EXIT

die() {
	echo "dissector.sh: $*" >&2
	tail -n 20 "$dir"/*.log >&2 2>/dev/null
	exit 1
}

wait_for() { # seconds pattern file
	for _ in $(seq $(($1 * 20))); do
		grep -qs "$2" "$3" && return 0
		sleep 0.05
	done
	return 1
}

umask 077
echo 'correct horse' > "$dir/password"
export XDG_STATE_HOME=$dir XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir HOME=$dir

"$O/oriel-serve" --source=pattern:640x480@20,desktop,frames=30 \
	--listen=tcp://127.0.0.1:0 --keylog="$dir/keys" \
	--password-file="$dir/password" > "$dir/serve.out" 2> "$dir/serve.log" &
pids="$pids $!"
wait_for 10 '^listening tcp:' "$dir/serve.out" || die 'the server did not start'
port=$(sed -n 's/^listening tcp:.*:\([0-9]*\)$/\1/p' "$dir/serve.out" | head -1)

tshark -q -i lo -f "tcp port $port" -w "$dir/capture.pcapng" \
	> "$dir/tshark.log" 2>&1 &
capture=$!
pids="$pids $capture"
wait_for 20 'Capture started\|Capturing on' "$dir/tshark.log" ||
	die 'tshark does not capture: is this root?'
sleep 1

"$O/oriel-view" --headless --trust=first-use \
	--password-file="$dir/password" --exit-after=3 \
	"oriel://127.0.0.1:$port" > "$dir/view.log" 2>&1
status=$?
[ $status -eq 0 ] || [ $status -eq 7 ] || die "the viewer ended with $status"
sleep 1
kill -INT "$capture"
wait "$capture" 2>/dev/null

read_it() {
	tshark -r "$dir/capture.pcapng" -X lua_script:tools/oriel.lua \
		-o "tls.keylog_file:$dir/keys" -d "tcp.port==$port,tls" "$@" \
		2>> "$dir/read.log"
}

read_it -Y oriel -T fields -E occurrence=a -E aggregator=, \
	-e oriel.message > "$dir/names"
seen=$(tr ',' '\n' < "$dir/names" | sort | uniq -c)
echo "$seen"
# In two passes, so that packets are looked at again as Wireshark does.
read_it -2 -V -Y '_ws.malformed || oriel.bad || oriel.unknown' > "$dir/bad" ||
	die 'tshark could not read the capture'
[ ! -s "$dir/bad" ] || {
	head -60 "$dir/bad"
	die 'something was not understood'
}
again=$(read_it -2 -Y oriel -T fields -E occurrence=a -E aggregator=, \
	-e oriel.message | cmp - "$dir/names" 2>&1) ||
	die "the second look differs: $again"
grep -Eqi 'lua.*error|not valid|neither a field' "$dir/read.log" &&
	die 'the dissector failed'

status=0
for name in client_hello server_hello login challenge welcome resumption \
	locks owner display part commit ack check checked bye; do
	echo "$seen" | grep -qw "$name" || { echo "not seen: $name"; status=1; }
done

# A field of a message that came in pieces, and one of a record in a list.
read_it -Y oriel.block.op -T fields -e oriel.block.op | grep -q '[12]' ||
	{ echo 'no block with an op'; status=1; }
read_it -Y 'oriel.display.width == 640 && oriel.display.height == 480' \
	-T fields -e oriel.display.slices | grep -q '[124]' ||
	{ echo 'the display has another size'; status=1; }
[ $status -eq 0 ] || die 'see above'
