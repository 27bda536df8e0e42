#!/bin/bash
# qemu.sh - a virtual machine: launched or found, its screens pixel for pixel
# as QEMU sees them, a key that arrives, and what is said when it goes. The
# machine has no disk; its firmware's boot menu is all there is to see.
. tests/e2e/lib.sh

# Folders of launched machines are made here, and must be gone in the end. What
# another user is to reach is made outside.
outside=${TMPDIR:-/tmp}
mkdir "$T/tmp"
export TMPDIR=$T/tmp
unset XDG_RUNTIME_DIR

qmp() {
	python3 tests/e2e/qmp.py "$T/qmp" "$@" > "$T/qmp.out" 2>&1
}

# Always emulated: /dev/kvm may be there and not work.
machine=(qemu-system-x86_64 -accel tcg -m 64 -nodefaults -no-user-config
	-vga std -device secondary-vga,id=second
	-boot menu=on,splash-time=60000
	-qmp "unix:$T/qmp,server=on,wait=off")

# see NAME: what a viewer shows of each screen, NAME.png and so on, is what
# QEMU has. It stands still for that: its text cursor blinks.
see() {
	qmp stop "screendump {\"filename\":\"$T/qemu-0.ppm\"}" \
		"screendump {\"filename\":\"$T/qemu-1.ppm\",\"device\":\"second\"}" ||
		return 1
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/$1.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "$1: the viewer's exit is $STATUS"
	qmp cont
	same "$T/qemu-0.ppm" "$T/$1.png" &&
		same "$T/qemu-1.ppm" "$T/$1-1.png"
}

# peek: what a viewer that comes now sees, now.png.
peek() {
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/now.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "the viewer's exit is $STATUS"
}

# gone PID WORDS: the server ended as it does when its source is gone.
gone() {
	finish "$1" 10
	[ "$STATUS" = 6 ] || fail "$2: exit $STATUS"
	grep -q "$2" "$T/serve.log" || fail "it does not say: $2"
}

# ---- launched

serve --source=qemu: --launch -- "${machine[@]}"
text() {
	qmp "screendump {\"filename\":\"$T/dump.ppm\"}" &&
		[ "$(identify -format '%wx%h' "$T/dump.ppm")" = 720x400 ] &&
		[ "$(compare -metric AE -size 720x400 xc:black "$T/dump.ppm" \
			null: 2>&1)" -gt 1400 ]
}
eventually 20 text || fail 'the firmware shows no text'
eventually 10 see before || fail 'the screens differ'
echo 'ok launched'

# Escape, through a viewer's window, opens the boot menu.
x_server B 1024x600
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
eventually 10 grep -q 'peer_joined' "$T/serve.log" || fail 'nobody joined'
sleep 1
export DISPLAY=$B
xdotool mousemove 300 200 click 1
# More than a cursor that blinks.
menu() {
	xdotool key Escape
	qmp "screendump {\"filename\":\"$T/dump.ppm\"}" || return 1
	[ "$(compare -metric AE "$T/before.png" "$T/dump.ppm" null: 2>&1)" -gt 500 ]
}
eventually 10 menu || fail 'the key does not arrive'
eventually 10 see after || fail 'with the menu, the screens differ'
! same "$T/before.png" "$T/after.png" || fail 'the menu is not shown'
stop "$viewer"
echo 'ok key'

qmp quit
gone "$SERVER" 'the virtual machine has ended (exit status 0)'
[ -z "$(ls "$TMPDIR")" ] || fail 'its folder is left'
echo 'ok ended'

# Killed, it leaves the machine and its bus; another server shows it, and what
# was made for it goes with the machine.
serve --source=qemu: --launch -- "${machine[@]}"
kill -KILL "$SERVER"
wait "$SERVER" 2>/dev/null
bus=$(sed -n "s/.*virtual machine's bus is \([^;]*\);.*/\1/p" "$T/serve.log")
eventually 20 text || fail 'the machine died with its server'
serve --source="qemu:$bus"
eventually 10 see orphan || fail 'found after a kill, the screens differ'
qmp quit
# The bus may be gone before it has said that the machine is.
lost() {
	grep -q "has gone from its bus; w\\|bus is lost; w" "$T/serve.log"
}
eventually 5 lost || fail 'it does not say that it is gone'
empty() {
	[ -z "$(ls "$TMPDIR")" ]
}
eventually 5 empty || fail 'the folder of the orphan is left'
stop "$SERVER"
echo 'ok killed'

# Shut down, it ends the machine.
serve --source=qemu: --launch -- "${machine[@]}"
eventually 20 text || fail 'the firmware shows no text'
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "shut down: exit $STATUS"
! qmp query-status || fail 'it left the machine'
empty || fail 'its folder is left'
echo 'ok shut down'

# As another user: what it runs as, who may use its bus, and what a machine
# that is somebody else can do there.
if [ "$(id -u)" = 0 ]; then
	its=$(mktemp -d "$outside/oriel-e2e-nobody.XXXXXX")
	chown nobody "$its"
	serve --source=qemu: --launch-user=nobody --launch -- \
		"${machine[@]:0:${#machine[@]}-1}" \
		"unix:$its/qmp,server=on,wait=off" -pidfile "$its/pid"
	eventually 5 test -s "$its/pid" || fail 'it has no number'
	status=/proc/$(cat "$its/pid")/status
	[ "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "$status")" = \
		"$(id -u nobody | awk '{ print $1, $1, $1, $1 }')" ] ||
		fail 'it is not nobody'
	[ "$(awk '/^Groups/ { $1 = ""; print }' "$status" | tr -d ' ')" = \
		"$(id -G nobody | tr -d ' ')" ] || fail 'it has other groups'
	grep -q 'NoNewPrivs:.1' "$status" || fail 'it can gain rights'
	! tr '\0' '\n' < "${status%status}environ" | grep -q '^TMPDIR=' ||
		fail 'it has our environment'
	bus=$(sed -n "s/.*virtual machine's bus is unix:path=\([^;]*\);.*/\1/p" \
		"$T/serve.log")
	[ "$(stat -c '%U %a' "$bus")" = 'nobody 600' ] ||
		fail "its socket is $(stat -c '%U %a' "$bus")"
	[ "$(stat -c '%U %a' "${bus%/*}")" = 'root 711' ] ||
		fail "its folder is $(stat -c '%U %a' "${bus%/*}")"
	# say USER MEMBER ARGUMENT...: to the bus.
	say() {
		local user=$1
		shift
		setpriv --reuid="$user" --regid=nogroup --clear-groups dbus-send \
			--bus="unix:path=$bus" --print-reply --type=method_call \
			--dest=org.freedesktop.DBus / "$@" > "$T/say.out" 2>&1
	}
	say nobody org.freedesktop.DBus.ListNames ||
		fail 'its own bus does not let it in'
	! say daemon org.freedesktop.DBus.ListNames ||
		fail 'its bus lets another user in'
	! say nobody org.freedesktop.DBus.RequestName string:org.oriel.x \
		uint32:0 || fail 'it can have any name'
	grep -q AccessDenied "$T/say.out" || fail 'another reason'
	! say nobody org.freedesktop.DBus.Monitoring.BecomeMonitor \
		array:string: uint32:0 || fail 'it can listen to others'
	grep -q AccessDenied "$T/say.out" || fail 'another reason'
	! say nobody org.freedesktop.DBus.StartServiceByName \
		string:org.oriel.x uint32:0 || fail 'it can start services'
	grep -q AccessDenied "$T/say.out" || fail 'another reason'
	shows() {
		peek
		[ "$(identify -format '%wx%h' "$T/now.png")" = 720x400 ]
	}
	eventually 20 shows || fail 'it shows nothing'
	stop "$SERVER"
	[ "$STATUS" = 0 ] || fail "shut down: exit $STATUS"
	[ ! -e "${bus%/*}" ] || fail 'its folder is left'
	rm -r "$its"
	echo 'ok another user'
fi
start serve "$BIN/oriel-serve" --source=qemu: --launch-user=nosuch-user \
	--password-file="$T/password" --launch -- "${machine[@]}"
finish "$PID" 10
[ "$STATUS" = 2 ] || fail "no such user: exit $STATUS"
grep -q 'there is no such user' "$T/serve.log" || fail 'it does not say why'

# A command that is none, and one that is no virtual machine.
start serve "$BIN/oriel-serve" --source=qemu: --password-file="$T/password" \
	--launch -- "$T/nothing"
gone "$PID" 'ended before it was a virtual machine (exit status 127)'
start serve "$BIN/oriel-serve" --source=qemu: --password-file="$T/password" \
	--launch -- "${machine[0]}" -nonsense
gone "$PID" 'ended before it was a virtual machine (exit status 1)'
echo 'ok refused'

# ---- found on a bus that is there already

cat > "$T/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC
	 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig><listen>unix:path=$T/bus</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow send_destination="*"/><allow own="*"/>
	<allow receive_sender="*"/></policy></busconfig>
END
source=qemu:unix:path=$T/bus
start serve "$BIN/oriel-serve" --source="$source" \
	--password-file="$T/password"
gone "$PID" 'cannot connect to the bus\|connection to .* bus is lost'
start bus dbus-daemon --config-file="$T/bus.conf" --nofork
bus=$PID
eventually 5 test -S "$T/bus" || fail 'no bus'
start serve "$BIN/oriel-serve" --source="$source" \
	--password-file="$T/password"
gone "$PID" 'nobody is called org.qemu'
start machine "${machine[@]}" -display "dbus,addr=unix:path=$T/bus"
machine_pid=$PID
eventually 20 text || fail 'the firmware shows no text'
serve --source="$source"
eventually 10 see found || fail 'found, the screens differ'

# Whoever shows it dies; it does not, and the next one may show it.
kill -KILL "$SERVER"
wait "$SERVER" 2>/dev/null
serve --source="$source"
eventually 10 see again || fail 'found again, the screens differ'
kill -0 "$machine_pid" || fail 'the machine died with its server'
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "shut down: exit $STATUS"
kill -0 "$machine_pid" || fail 'the machine ended with its server'
echo 'ok found'

stop "$machine_pid"
# ---- machines that go and come back

# words NAME: a viewer's picture that has a placard's letters on its ground.
words() {
	local n
	n=$(convert "$1" -fill black +opaque '#d8dce2' -fill white \
		-opaque '#d8dce2' -format '%[fx:int(mean*w*h)]' info:)
	[ "${n%.*}" -gt 500 ] && [ "$(convert "$1" -crop 1x1+0+0 -format \
		'%[hex:u]' info:)" = 20242A ]
}
start machine "${machine[@]}" -display "dbus,addr=unix:path=$T/bus"
machine_pid=$PID
serve --source="$source"
start viewer "$BIN/oriel-view" --headless --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
eventually 10 grep -q 'peer_joined' "$T/serve.log" || fail 'nobody joined'
stop "$machine_pid" KILL
eventually 5 grep -q 'has gone from its bus; waiting' "$T/serve.log" ||
	fail 'it does not say that the machine is gone'
peek
words "$T/now.png" || fail 'no placard where the machine was'
words "$T/now-1.png" || fail 'no placard on the second screen'
start machine "${machine[@]}" -display "dbus,addr=unix:path=$T/bus"
machine_pid=$PID
eventually 10 grep -q 'is back' "$T/serve.log" || fail 'it is not back'
eventually 20 text || fail 'the firmware shows no text'
eventually 10 see back || fail 'back, the screens differ'
kill -0 "$viewer" || fail 'the viewer did not stay'
echo 'ok back'

# The same when the bus goes: it is looked for, and found.
stop "$bus"
# The daemon may hang up on either of the two first.
eventually 5 lost || fail 'it does not say that the bus is lost'
peek
words "$T/now.png" || fail 'no placard where the bus was'
# It goes on without a bus, and never looks for another.
stop "$machine_pid" KILL
start bus dbus-daemon --config-file="$T/bus.conf" --nofork
eventually 5 test -S "$T/bus" || fail 'no bus'
start machine "${machine[@]}" -display "dbus,addr=unix:path=$T/bus"
eventually 20 text || fail 'the firmware shows no text'
eventually 10 see again || fail 'on another bus, the screens differ'
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "exit $STATUS"
echo 'ok lost'
