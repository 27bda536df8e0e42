#!/bin/bash
# usb.sh - devices that are no hardware, but speak usbredir, in a real guest: a
# disk with a file system, checked both ways and pulled out in the middle; a
# printer; a headset; a mouse that has to be named; one that waits for a place.
. "$(dirname "$0")/lib.sh"

GUEST=${GUEST:-build/guest}
tools/guest/build.sh "$GUEST" || {
	[ $? = 3 ] || fail 'there is no guest'
	echo 'SKIPPED: without a network there is no guest, and nothing was tested'
	exit 0
}

ask() {
	python3 tools/guest/ask.py "$T/agent" "$1" "${2:-120}"
}
ok() {
	echo "ok $1 ($SECONDS s)"
}
# redirect NAME SOCKET...: a viewer that gives the devices there.
redirect() {
	local name=$1 sockets=()
	shift
	for s; do sockets+=("--usb-device=unix:$T/$s"); done
	start "$name" "$BIN/oriel-view" --headless --json --trust=first-use \
		--password-file="$T/password" --reconnect=60 "${sockets[@]}" "$ADDRESS"
}
# says NAME WORD [TIMES]: this viewer has reported that state so often.
says() {
	[ "$(grep -c "\"event\":\"usb\".*\"state\":\"$2\"" "$T/$1.out")" -ge \
		"${3:-1}" ]
}

cat > "$T/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC
	 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig><listen>unix:path=$T/bus</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow send_destination="*"/><allow own="*"/>
	<allow receive_sender="*"/></policy></busconfig>
END
start bus dbus-daemon --config-file="$T/bus.conf" --nofork
eventually 5 test -S "$T/bus" || fail 'no bus'
# One place on the bus, one behind a socket.
start machine tools/guest/run.sh "$GUEST" "$T" \
	-display "dbus,addr=unix:path=$T/bus" \
	-chardev dbus,id=c0,name=org.qemu.usbredir.0 \
	-device usb-redir,id=r0,chardev=c0 \
	-chardev "socket,id=c1,path=$T/slot,server=on,wait=off" \
	-device usb-redir,id=r1,chardev=c1
eventually 20 test -S "$T/qmp" || fail 'no machine'
truncate -s 12M "$T/disk"
mkfs.ext4 -q "$T/disk" || fail 'no file system'
start disk "$BIN/tests/e2e/device" disk "$T/disk" "$T/d"
disk=$PID
cat > "$T/policy" <<-END
	rights = all
	usb = 3,0x0627,0x9999,-1,1
END
serve --source="qemu:unix:path=$T/bus" --policy="$T/policy" \
	--usb-slot="unix:$T/slot"
eventually 150 grep -qs '^MARK ready' "$T/serial" ||
	fail 'the guest does not start'
ask 'modprobe -a usb-storage usblp snd-usb-audio' || fail 'no drivers'
ok guest

# ---- a disk

there() {
	ask "test -b /dev/sda"
}
gone() {
	! ask "lsusb" | grep -q '0627:2211'
}
redirect one d
one=$PID
eventually 20 there || fail 'the guest does not see the disk'
python3 tests/e2e/qmp.py "$T/qmp" \
	'human-monitor-command {"command-line":"info usb"}' |
	grep -q 'ID: r[01]' || fail 'QEMU has no such device'
ask 'mount /dev/sda /mnt && head -c 4000000 /dev/vda > /mnt/file && sync &&'"\
	md5sum < /mnt/file && umount /mnt" 240 > "$T/sum" ||
	fail "the guest cannot write to it: $(cat "$T/sum")"
debugfs -R "dump file $T/file" "$T/disk" 2> /dev/null
[ "$(md5sum < "$T/file")" = "$(cat "$T/sum")" ] ||
	fail 'what was written is not there'
sum=$(md5sum < "$T/disk")
[ "$(ask 'md5sum < /dev/sda' 240)" = "$sum" ] ||
	fail 'what is read is not what is there'
ok 'disk, both ways'

# Pulled out while it is read, and plugged in again.
ask '(while dd if=/dev/sda of=/dev/null bs=1M iflag=direct; do :; done) '"\
	> /dev/null 2>&1 &"
kill -USR1 "$disk"
eventually 10 says one unplugged || fail 'the viewer does not see it go'
eventually 20 says one open 2 || fail 'it does not come back'
ask 'echo alive' | grep -q alive || fail 'the guest hangs'
back() {
	[ "$(ask 'md5sum < /dev/sda || md5sum < /dev/sdb' 240)" = "$sum" ]
}
eventually 20 back || fail 'plugged in again it cannot be read'
# The viewer dies in the middle of something.
ask '(while cat /dev/sd[a-c] > /dev/null; do :; done) > /dev/null 2>&1 &'
stop "$one" KILL
eventually 10 gone || fail 'the viewer is dead, and its device stays'
ask 'echo alive' | grep -q alive || fail 'the guest hangs'
ok 'pulled out'

# The server dies in the middle, and another is there: it comes back by itself.
redirect again d
again=$PID
eventually 20 says again open || fail 'it is not there'
ask '(while cat /dev/sd[a-d] > /dev/null; do :; done) > /dev/null 2>&1 &'
stop "$SERVER" KILL
eventually 10 gone || fail 'the server is dead, and the device stays'
ask 'echo alive' | grep -q alive || fail 'the guest hangs'
rm "$T/serve.out"
start serve "$BIN/oriel-serve" "--listen=tcp://${ADDRESS#oriel://}" \
	--password-file="$T/password" --source="qemu:unix:path=$T/bus" \
	--policy="$T/policy" --usb-slot="unix:$T/slot"
SERVER=$PID
eventually 20 says again open 2 || fail 'it does not come back by itself'
came_back() {
	ask 'for d in /dev/sd[a-e]; do md5sum < $d; done' 240 |
		grep -q "${sum% *}"
}
eventually 20 came_back || fail 'come back it cannot be read'
stop "$again"
eventually 10 gone || fail 'given back it stays'
ok 'server lost'

# ---- a printer, and what waits for a place

: > "$T/paper"
start printer "$BIN/tests/e2e/device" printer "$T/paper" "$T/p"
start third "$BIN/tests/e2e/device" printer "$T/paper" "$T/q"
redirect two p d q
two=$PID
eventually 20 says two waiting || fail 'three have found two places'
eventually 20 says two open 2 || fail 'two have not found two places'
if ! eventually 10 ask 'test -e /dev/usb/lp0'; then
	fail 'the guest has no printer'
fi
ask 'seq 20000 > /dev/usb/lp0' || fail 'the guest cannot print'
printed() {
	seq 20000 | cmp -s - "$T/paper"
}
eventually 10 printed || fail 'what was printed is not on paper'
stop "$two"
[ "$STATUS" = 0 ] || fail 'the viewer does not end well'
eventually 10 gone || fail 'devices stay when the viewer has left'
ok 'printer, waiting'

# ---- what is heard

# A headset: what the guest plays is written to a file, and it hears 1 kHz.
start headset "$BIN/tests/e2e/device" headset "$T/played" "$T/h"
redirect ears h
ears=$PID
eventually 20 ask 'grep -q USB-Audio /proc/asound/cards' ||
	fail 'the guest has no headset'
card=$(ask "sed -n 's/^ *\([0-9]*\) .*USB-Audio.*/\1/p' /proc/asound/cards")
# Sound waits for nobody: a guest that does not get a processor plays and hears
# with holes. It may try three times.
listens() {
	ask "yes | head -c 384000 | aplay -q -D hw:$card -f S16_LE -r 48000 \
		-c 2" || fail 'the guest cannot play'
	ask "arecord -q -D hw:$card -f S16_LE -r 48000 -c 1 -s 48000 -t raw \
		/tmp/tone" > /dev/null 2>&1 || fail 'the guest cannot record'
	ask 'base64 -w0 /tmp/tone' > "$T/tone" || fail 'nothing was recorded'
	python3 - "$1" "$T/played" "$T/tone" <<-'END'
	import base64, struct, sys
	played = open(sys.argv[2], 'rb').read()
	played = played[int(sys.argv[1]) // 2 * 2:]
	words = sum(played[i:i + 2] in (b'y\n', b'\ny')
	            for i in range(0, len(played), 2))
	heard = base64.b64decode(open(sys.argv[3]).read())
	v = struct.unpack(f'<{len(heard) // 2}h', heard)
	# 1 kHz: half of a period is 24 samples.
	rises = [i for i in range(1, len(v)) if v[i - 1] < 0 <= v[i]]
	periods = sum(b - a == 48 for a, b in zip(rises, rises[1:]))
	print(f'played {2 * words} of 384000 bytes, heard {periods} periods '
	      f'of {len(v) // 48}')
	sys.exit(words < 170000 or periods < 700)
	END
}
listens 0 || listens "$(stat -c %s "$T/played")" ||
	listens "$(stat -c %s "$T/played")" || fail 'not what was to be heard'
# It is pulled out while it plays.
ask "(yes | aplay -q -D hw:$card -f S16_LE -r 48000 -c 2) > /dev/null 2>&1 &"
stop "$ears" KILL
eventually 10 gone || fail 'the headset stays'
ask 'echo alive' | grep -q alive || fail 'the guest hangs'
ok headset

# ---- what may not come

start mouse "$BIN/tests/e2e/device" mouse - "$T/m"
redirect three m
three=$PID
eventually 10 says three refused || fail 'a mouse is not refused'
eventually 5 grep -q 'class 03 (keyboards' "$T/three.log" || fail 'and not said why'
stop "$three"
# The viewer allows it now: the server still does not.
start four "$BIN/oriel-view" --headless --json --trust=first-use \
	--password-file="$T/password" --usb-device="unix:$T/m" \
	--usb-rules=-1,0x0627,0x2211,-1,1 "$ADDRESS"
four=$PID
eventually 10 says four refused || fail 'the server does not refuse a mouse'
stop "$four"
stop "$SERVER"
sed -i 's/9999/2211/' "$T/policy"
serve --source="qemu:unix:path=$T/bus" --policy="$T/policy"
start five "$BIN/oriel-view" --headless --json --trust=first-use \
	--password-file="$T/password" --usb-device="unix:$T/m" \
	--usb-rules=-1,0x0627,0x2211,-1,1 "$ADDRESS"
five=$PID
eventually 10 says five open || fail 'a mouse that is named is refused'
eventually 10 ask 'grep -q "Oriel Test device" /proc/bus/input/devices' ||
	fail 'the guest has no such mouse'
stop "$five"
eventually 10 gone || fail 'the mouse stays'
ok rules
