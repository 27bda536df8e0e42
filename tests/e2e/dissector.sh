#!/bin/bash
# dissector.sh - a real session on the loopback interface, read by tshark with
# tools/oriel.lua and the server's key log: every chunk is understood, every
# message has a name, and what a session consists of has been seen. Only root
# may capture; who is not becomes it in a network of his own.
if [ "$(id -u)" -ne 0 ]; then
	exec unshare --user --map-root-user --net \
		sh -c 'ip link set lo up && exec "$@"' sh "$0"
fi
. tests/e2e/lib.sh

serve --source=pattern:640x480@20,desktop,frames=30 --keylog="$T/keys"
port=${ADDRESS##*:}

# Prints what it captures, when it does: so one can wait for the first and the
# last packet instead of guessing a time.
start tshark tshark -l -i lo -f "tcp port $port" -w "$T/capture.pcapng" -P \
	-T fields -e frame.number
tshark=$PID
eventually 20 grep -qs 'Capturing on' "$T/tshark.log" ||
	fail 'tshark does not capture; is this root?'
sleep 1

view --trust="$KEY" --password-file="$T/password" --exit-after=6 "$ADDRESS"
[ "$STATUS" -eq 0 ] || fail "the viewer ended with $STATUS"
# The last packet is there when no other has come for a while.
still() {
	local n
	n=$(wc -l < "$T/tshark.out")
	sleep 1
	[ "$n" -gt 0 ] && [ "$(wc -l < "$T/tshark.out")" = "$n" ]
}
eventually 10 still || fail 'tshark has captured nothing'
stop "$tshark" INT

read_it() {
	tshark -r "$T/capture.pcapng" -X lua_script:tools/oriel.lua \
		-o "tls.keylog_file:$T/keys" -d "tcp.port==$port,tls" "$@" \
		2>> "$T/read.log"
}

names() {
	read_it "$@" -Y oriel -T fields -E occurrence=a -E aggregator=, \
		-e oriel.message
}

names > "$T/names" || fail 'tshark could not read the capture'
tr ',' '\n' < "$T/names" | grep . | sort | uniq -c > "$T/seen"
cat "$T/seen"
# In two passes, so that packets are looked at again as Wireshark does.
names -2 > "$T/again"
cmp "$T/names" "$T/again" || fail 'the second look differs'
read_it -2 -V -Y '_ws.malformed || oriel.bad || oriel.unknown' > "$T/bad" ||
	fail 'tshark could not read the capture twice'
[ ! -s "$T/bad" ] || fail "not understood: $(head -60 "$T/bad")"
grep -Eqi 'lua.*error|not valid|neither a field' "$T/read.log" &&
	fail 'the dissector failed'

for name in client_hello server_hello login challenge welcome resumption \
	locks owner display part commit ack check checked bye; do
	grep -qw "$name" "$T/seen" || fail "not seen: $name"
done

# A field of a record in a list, and one of a message.
read_it -Y oriel.block.op -T fields -e oriel.block.op | grep -q '[12]' ||
	fail 'no block has an op'
read_it -Y 'oriel.display.width == 640 && oriel.display.height == 480' \
	-T fields -e oriel.display.slices | grep -q '[124]' ||
	fail 'the display has another size'
# Some message came in more than one chunk.
read_it -Y 'oriel.more == 1' -T fields -e frame.number | grep -q . ||
	fail 'no message was put together'
