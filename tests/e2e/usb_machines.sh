#!/bin/bash
# usb_machines.sh - a machine with real USB devices (as its kernel sees them)
# and oriel-view in it, another that is the desktop: a disk, a serial line, a
# mouse that may not come; pulled out, plugged in, given back.
. "$(dirname "$0")/lib.sh"

GUEST=${GUEST:-build/guest}
tools/guest/build.sh "$GUEST" || {
	[ $? = 3 ] || fail 'there is no guest'
	echo 'SKIPPED: without a network there is no guest, and nothing was tested'
	exit 0
}

ok() {
	echo "ok $1 ($SECONDS s)"
}
# at MACHINE COMMAND [SECONDS]: on one line.
at() {
	python3 tools/guest/ask.py "$T/$1/agent" "$2" "${3:-120}"
}
qmp() {
	python3 tests/e2e/qmp.py "$T/$1/qmp" "${@:2}" > "$T/qmp.out" 2>&1
}
# says WORD [TIMES]: the viewer has reported that state of a device.
says() {
	[ "$(at client "grep -c 'usb.*\"state\":\"$1\"' /tmp/out")" -ge \
		"${2:-1}" ]
}

# The viewer with its libraries, as a disk.
mkdir "$T/viewer" "$T/viewer/lib" "$T/client" "$T/desktop"
cp "$BIN/oriel-view" "$T/password" tools/oriel-usb.rules "$T/viewer"
ldd "$BIN/oriel-view" | sed -n 's/.* => \(\/[^ ]*\).*/\1/p' |
	grep -v '/lib\(c\|m\|pthread\|dl\|rt\)\.so' |
	xargs -I{} cp -L {} "$T/viewer/lib"
chmod -R a+rX "$T/viewer"
truncate -s 400M "$T/viewer.disk"
mkfs.ext4 -q -d "$T/viewer" "$T/viewer.disk" || fail 'no disk for the viewer'
rm -r "$T/viewer"

truncate -s 8M "$T/stick"
mkfs.ext4 -q "$T/stick" || fail 'no file system'
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
desktop() {
	MEMORY=640 start desktop tools/guest/run.sh "$GUEST" "$T/desktop" \
	-display "dbus,addr=unix:path=$T/bus" \
	-chardev dbus,id=c0,name=org.qemu.usbredir.0 \
	-device usb-redir,id=r0,chardev=c0 \
	-chardev dbus,id=c1,name=org.qemu.usbredir.1 \
	-device usb-redir,id=r1,chardev=c1
}
MEMORY=640 start client tools/guest/run.sh "$GUEST" "$T/client" -display none \
	-netdev user,id=out,net=10.9.0.0/24 \
	-device virtio-net-pci,netdev=out,romfile=,mac=52:54:00:09:00:15 \
	-drive "file=$T/viewer.disk,if=virtio,format=raw,readonly=on" \
	-blockdev "driver=file,node-name=stick,filename=$T/stick" \
	-device usb-storage,id=stick,drive=stick,serial=S1 \
	-chardev "file,id=line,path=$T/line" \
	-device usb-serial,chardev=line,id=serial
eventually 150 grep -qs '^MARK ready' "$T/client/serial" ||
	fail 'the client does not start'
# One after the other: two processors are all that there may be.
desktop
eventually 20 test -S "$T/desktop/qmp" || fail 'no machine'
echo 'rights = all' > "$T/policy"
serve --source="qemu:unix:path=$T/bus" --policy="$T/policy"
eventually 150 grep -qs '^MARK ready' "$T/desktop/serial" ||
	fail 'the desktop does not start'
at client 'mount -r /dev/vdb /mnt && i=$(grep -l 52:54:00:09:00:15 '"\
	/sys/class/net/*/address) && i=\${i%/*} && i=\${i##*/} && \
	ip link set \$i up && ip addr add 10.9.0.15/24 dev \$i" \
	> "$T/net.log" 2>&1 || fail 'the client has no network'
at client 'lsusb' | grep -q '46f4:0001' || fail 'the client has no stick'
ok machines

# The rule for udev opens the stick to who sits there, and no keyboard.
at client 'mkdir -p /etc/udev/rules.d && cp /mnt/oriel-usb.rules '"\
	/etc/udev/rules.d/70-oriel-usb.rules && udevadm control --reload && \
	udevadm trigger --action=add --settle --subsystem-match=usb" ||
	fail 'udev does not take the rule'
# tag NUMBERS: whether the device of these has the tag.
tag() {
	at client "for d in /sys/bus/usb/devices/*/idVendor; do d=\${d%/*}; \
		[ \$(cat \$d/idVendor):\$(cat \$d/idProduct) = $1 ] && \
		udevadm info \$d | grep -q 'CURRENT_TAGS=.*:uaccess:' && exit; \
		done; exit 1"
}
tag 46f4:0001 || fail 'the rule does not open the stick'
tag 0403:6001 || fail 'the rule does not open the serial line'
! tag 0627:0001 || fail 'the rule opens the keyboard'
# Who may not open it is told what to do, when there is a desktop.
at client 'install -d -o nobody /tmp/n && '"\
	install -o nobody /mnt/password /tmp/n" || fail 'no other user'
told() { # SECONDS: it has for that
	at client "cd /tmp/n && HOME=/tmp/n LD_LIBRARY_PATH=/mnt/lib setpriv \
	--reuid=65534 --regid=65534 --clear-groups /mnt/oriel-view --headless \
	--trust=first-use --password-file=/tmp/n/password --usb=46f4:0001 \
	--exit-after=$1 oriel://10.9.0.2:${ADDRESS##*:} > /tmp/n/out 2>&1" &&
	at client 'cat /tmp/n/out' |
		grep -q 'you may not open it; "make install"'
}
told 4 || told 12 || told 30 ||
	fail "it does not say what to do: $(at client 'cat /tmp/n/out')"
ok permission

at client 'cd /tmp; HOME=/tmp LD_LIBRARY_PATH=/mnt/lib '"/mnt/oriel-view \
	--headless --json --trust=first-use --password-file=/mnt/password \
	--usb=46f4:0001 --usb=0403:6001 --usb=0627:0001 \
	oriel://10.9.0.2:${ADDRESS##*:} > /tmp/out 2> /tmp/log &"
there() {
	at desktop 'test -b /dev/sda'
}
gone() {
	! at desktop 'lsusb' | grep -q '46f4:0001'
}
trouble() {
	fail "$1: $(at client 'tail -n 5 /tmp/log; grep usb /tmp/out | tail -n 9')"
}
eventually 40 there || trouble 'the desktop has no stick'
at desktop 'mount /dev/sda /mnt && head -c 1500000 /dev/vda > /mnt/file && '"\
	sync && md5sum < /mnt/file && umount /mnt" 240 > "$T/sum" ||
	fail "the desktop cannot write to it: $(cat "$T/sum")"
debugfs -R "dump file $T/file" "$T/stick" 2> /dev/null
[ "$(md5sum < "$T/file")" = "$(cat "$T/sum")" ] ||
	fail 'what was written is not there'
at client 'test ! -b /dev/sda' || fail 'both have the stick'
ok stick

# A HID device is refused, and the viewer says why.
eventually 5 says refused || fail 'the keyboard is not refused'
at client 'cat /tmp/log' | grep -q 'class 03' || fail 'and not said why'

eventually 10 at desktop 'test -c /dev/ttyUSB0' || trouble 'no serial line'
at desktop 'stty -F /dev/ttyUSB0 raw -echo; echo hello > /dev/ttyUSB0'
heard() {
	grep -qs hello "$T/line"
}
eventually 10 heard || fail 'nothing comes out of the line'
ok 'serial line'

# Pulled out and plugged in at the client.
qmp client 'device_del {"id":"stick"}'
eventually 20 gone || trouble 'pulled out it stays'
qmp client 'device_add {"driver":"usb-storage","id":"stick","drive":"stick",
	"serial":"S1"}'
back() {
	at desktop 'cmp -n 4096 /dev/sda /dev/sda' > /dev/null
}
eventually 30 back || trouble 'plugged in again it is not there'
ok 'plugged in again'

# Given back at the end.
at client 'kill $(pidof oriel-view)' || fail 'no viewer'
eventually 20 gone || fail 'the viewer is gone, and the stick stays'
eventually 20 at client 'test -b /dev/sda' || fail 'the client does not get it back'
ok 'given back'
