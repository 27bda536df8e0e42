#!/bin/bash
# guest.sh - a real guest in a virtual machine, started once: its desktop in a
# viewer's window, pixel for pixel as QEMU itself has it; what is typed, pointed
# at and scrolled; its lock lights, pointers, screen sizes and text console; it
# starts anew, its server is killed, and at last so is the machine.
. "$(dirname "$0")/lib.sh"

GUEST=${GUEST:-build/guest}
tools/guest/build.sh "$GUEST" || {
	[ $? = 3 ] || fail 'there is no guest'
	echo 'SKIPPED: without a network there is no guest, and nothing was tested'
	exit 0
}

qmp() {
	python3 tests/e2e/qmp.py "$T/qmp" "$@" > "$T/qmp.out" 2>&1
}

# ask COMMAND [SECONDS]: of the guest's shell, with its display.
ask() {
	python3 tools/guest/ask.py "$T/agent" "export DISPLAY=:0; $1" "${2:-120}"
}

# begin COMMAND: in the guest, as its user, and do not wait.
begin() {
	ask "setpriv --reuid=guest --regid=guest --init-groups env \
		HOME=/home/guest XDG_RUNTIME_DIR=/run/user/1000 $1 \
		> /dev/null 2>&1 &"
}

ok() {
	echo "ok $1 ($SECONDS s)"
}

# shown: the window shows what QEMU has. The machine stands still for that.
shown() {
	local equal=1

	qmp stop "screendump {\"filename\":\"$T/qemu.ppm\"}" || return 1
	for _ in 1 2 3 4 5 6; do
		picture "$B" "$T/window.png"
		same "$T/qemu.ppm" "$T/window.png" && equal=0 && break
		sleep 0.2
	done
	qmp cont
	return $equal
}

# exact NAME: the same of a viewer that comes now, of any size.
exact() {
	qmp stop "screendump {\"filename\":\"$T/qemu.ppm\"}" || return 1
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/$1.png" "$ADDRESS"
	qmp cont
	[ "$STATUS" = 0 ] && same "$T/qemu.ppm" "$T/$1.png"
}

# see: start the viewer whose window is looked at.
see() {
	DISPLAY=$B start window "$BIN/oriel-view" --fullscreen --json \
		--trust=first-use --password-file="$T/password" "$ADDRESS"
	VIEWER=$PID
}

# size WIDTHxHEIGHT: what the viewer was told last.
size() {
	[ "$(grep '"event":"screen_' "$T/window.out" | tail -n 1 |
		sed 's/.*"width":\([0-9]*\),"height":\([0-9]*\).*/\1x\2/')" = "$1" ]
}

# marks N: the guest has said N times that it is ready.
marks() {
	[ "$(grep -c '^MARK ready' "$T/serial")" -ge "$1" ]
}

cat > "$T/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC
	 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig><listen>unix:path=$T/bus</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow send_destination="*"/><allow own="*"/>
	<allow receive_sender="*"/></policy>
	<limit name="max_message_size">134217728</limit></busconfig>
END
start bus dbus-daemon --config-file="$T/bus.conf" --nofork
eventually 5 test -S "$T/bus" || fail 'no bus'
# Always emulated: /dev/kvm may be there and not work.
VDAGENT=dbus,name=com.redhat.spice.0 start machine tools/guest/run.sh \
	"$GUEST" "$T" -display "dbus,addr=unix:path=$T/bus"
machine=$PID
x_server B 1024x768
eventually 20 test -S "$T/qmp" || fail 'no machine'
serve --source="qemu:unix:path=$T/bus"
see
eventually 90 marks 1 || fail 'the guest does not start'
eventually 20 shown || fail 'the window does not show the desktop'
[ "$(identify -format '%wx%h' "$T/qemu.ppm")" = 1024x768 ] ||
	fail 'the desktop has another size'
ok desktop

export DISPLAY=$B

# ---- keys

# typed TEXT FILE: is in that file of the guest.
typed() {
	[ "$(ask "cat $2")" = "$1" ]
}

xdotool mousemove 300 200
eventually 10 ask 'xdotool getmouselocation | grep -q "x:\(299\|300\|301\)"' ||
	fail 'the pointer does not arrive'
xdotool click 1
text='Hello, {World}! ~\|/ <a> "Q" 42'
# QEMU's keyboard holds 16 events; a guest that is emulated may be away for
# longer than these take, if others keep the processors busy.
for delay in 50 150 400; do
	xdotool key ctrl+c ctrl+u
	xdotool type --delay $delay "cat > /tmp/typed$delay"
	xdotool key Return
	xdotool type --delay $delay "$text"
	xdotool key Return ctrl+d
	eventually 5 typed "$text" "/tmp/typed$delay" && break
	echo "lost: $(ask "cat /tmp/typed$delay" 2>&1)"
done
typed "$text" "/tmp/typed$delay" || fail 'what is typed does not arrive'

# Keys go by their place: with a German layout inside, these are umlauts.
for delay in 50 150 400; do
	ask 'setxkbmap us'
	xdotool key ctrl+c ctrl+u
	xdotool type --delay $delay "cat > /tmp/u$delay"
	xdotool key Return
	eventually 5 ask "test -e /tmp/u$delay" || continue
	ask 'setxkbmap de'
	xdotool key --delay $delay semicolon apostrophe bracketleft minus \
		shift+bracketleft Return ctrl+d
	eventually 5 typed 'öäüßÜ' /tmp/u$delay && break
done
typed 'öäüßÜ' /tmp/u$delay || fail "typed: $(ask "cat /tmp/u$delay")"
ask 'setxkbmap us'
eventually 10 shown || fail 'typed, the pictures differ'
ok keys

# ---- lights

# light on|off: the guest's of Caps Lock.
light() {
	ask 'xset q' | grep -q "Caps Lock: *$1"
}
# told LOCKS: the last that the viewer was told.
told() {
	[ "$(sed -n 's/.*"event":"locks","locks":\([0-9]*\).*/\1/p' \
		"$T/window.out" | tail -n 1)" = "$1" ]
}
xdotool key Caps_Lock
eventually 10 light on || fail 'Caps Lock does not arrive'
eventually 10 told 1 || fail 'the light is not told'
xdotool key Caps_Lock
eventually 10 light off || fail 'Caps Lock does not go'
eventually 10 told 0 || fail 'the light stays'
ask 'xdotool key Caps_Lock'
eventually 10 told 1 || fail 'the light of the guest is not told'
ask 'xdotool key Caps_Lock'
eventually 10 told 0 || fail 'the light of the guest stays'
ok lights

# ---- the pointer

# at X Y: the guest's pointer, but for rounding.
at() {
	local X=-9 Y=-9
	eval "$(ask 'xdotool getmouselocation --shell' | grep '^[XY]=[0-9]*$')"
	[ $((X - $1)) -ge -1 ] && [ $((X - $1)) -le 1 ] &&
		[ $((Y - $2)) -ge -1 ] && [ $((Y - $2)) -le 1 ]
}
for place in '0 0' '1023 767' '512 384' '17 700'; do
	# shellcheck disable=SC2086
	xdotool mousemove $place
	# shellcheck disable=SC2086
	eventually 5 at $place || fail "the pointer is not at $place"
done

# Each button and the wheel's notches, in a window that tells of them.
begin 'sh -c "exec xev -event button -geometry 200x200+800+60 > /tmp/buttons"'
eventually 10 ask 'xdotool search --onlyvisible --name "Event Tester"' \
	> /dev/null || fail 'no window'
sleep 1
xdotool mousemove 900 200
eventually 5 at 900 200 || fail 'the pointer does not come'
for button in 1 2 3 4 5; do
	xdotool click $button
	sleep 0.2
done
pressed() {
	ask "grep -A 3 ButtonPress /tmp/buttons" |
		sed -n 's/.*button \([0-9]\).*/\1/p' | xargs > "$T/buttons"
	grep -qx '1 2 3 4 5' "$T/buttons"
}
eventually 10 pressed || fail "buttons: $(cat "$T/buttons")"
ask 'pkill -x xev'

# Over the terminal and beside it the pointer is another one.
cursor() {
	sed -n 's/.*"event":"cursor",//p' "$T/window.out" | tail -n 1
}
differ() {
	local beside
	xdotool mousemove 980 400
	sleep 1
	beside=$(cursor)
	xdotool mousemove 300 200
	sleep 1
	over=$(cursor)
	[ -n "$beside" ] && [ "$over" != "$beside" ]
}
other() {
	[ "$(cursor)" != "$over" ]
}
eventually 3 differ || fail 'over text the pointer is the same'
xdotool mousemove 980 400
eventually 5 other || fail 'beside it the pointer is the same'

# Without a tablet only motion is left.
relative() {
	[ "$(sed -n 's/.*"event":"relative","relative":\([a-z]*\).*/\1/p' \
		"$T/window.out" | tail -n 1)" = "$1" ]
}
qmp 'device_del {"id":"tablet"}' || fail 'the tablet cannot be pulled out'
eventually 10 relative true || fail 'the viewer is not told of motion'
# The guest's X may jump when it hears of a pointer for the first time.
ask 'xset m 1/1 0; xdotool mousemove 500 300'
xdotool mousemove_relative 3 3
eventually 5 ask '! xdotool getmouselocation | grep -q "x:500 y:300"' ||
	fail 'motion does not arrive'
moved() {
	sleep 0.5
	ask 'xdotool mousemove 500 300'
	sleep 0.5
	xdotool mousemove_relative 40 25
	eventually 1 at 540 325
}
moved || moved || moved ||
	fail "motion does not arrive: $(ask 'xdotool getmouselocation')"
qmp 'device_add {"driver":"usb-tablet","id":"tablet"}' ||
	fail 'no tablet can be plugged in'
eventually 10 relative false || fail 'the viewer is not told of the tablet'
ok pointer

# ---- text and back

# Letters on black, and nothing of the desktop.
console() {
	shown && [ "$(convert "$T/qemu.ppm" -format \
		'%[fx:mean > 0 && mean < 0.1]' info:)" = 1 ]
}
ask 'busybox chvt 1'
eventually 20 console || fail 'the text console is not shown'
ask 'busybox chvt 7'
eventually 20 shown || fail 'back from text, the pictures differ'
! console || fail 'it is still the text console'
ok text

# ---- sizes

# The viewer is told of each that lasts.
for wanted in 800x600 1280x960 640x480; do
	ask "xrandr -s $wanted"
	eventually 20 size $wanted || fail "the viewer does not follow to $wanted"
	eventually 10 exact mode || fail "at $wanted the pictures differ"
done
each='for size in 800x600 1280x1024 640x480; do xrandr -s $size || exit; done'
ask "for n in \$(seq 15); do $each; done; xrandr -s 1440x900 && \
	xrandr -s 1024x768" 300 ||
	fail 'the guest cannot change its size'
eventually 20 size 1024x768 || fail 'after 50 sizes the viewer has another'
eventually 20 shown || fail 'after 50 sizes the pictures differ'
ok sizes

# ---- a page

begin guest-browser
title() {
	ask 'xdotool search --name "^Page at" getwindowname' 2> /dev/null |
		sed -n 's/Page at \([0-9]*\).*/\1/p' | tail -n 1
}
# Not asked all the time: that would slow it down.
loaded() {
	[ "$(title)" = 0 ] || ! sleep 3
}
eventually 5 loaded || fail 'the browser shows no page'
place=$(ask 'xdotool search --name "^Page at" getwindowgeometry --shell')
xdotool mousemove $(($(sed -n 's/^X=//p' <<< "$place") + 300)) \
	$(($(sed -n 's/^Y=//p' <<< "$place") + 350))
eventually 10 shown || fail 'with a browser, the pictures differ'
cp "$T/qemu.ppm" "$T/top.ppm"
scrolled() {
	xdotool click 5
	[ "$(title)" -gt 400 ]
}
eventually 30 scrolled || fail 'the page does not scroll'
eventually 20 shown || fail 'scrolled, the pictures differ'
! same "$T/top.ppm" "$T/qemu.ppm" || fail 'the page looks the same'
ok page

# ---- the guest's size, as a viewer wants it

stop "$VIEWER"
x_server C 1200x900
DISPLAY=$C start window "$BIN/oriel-view" --json --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
export DISPLAY=$C
window() {
	window=$(xdotool search --onlyvisible --class oriel-view)
}
eventually 10 size 1024x768 || fail 'the viewer shows no screen'
eventually 10 window || fail 'no window'
sleep 2 # what comes sooner is not taken for its user's will
for wanted in 944x680 1024x768; do
	# shellcheck disable=SC2086
	xdotool windowsize "$window" ${wanted/x/ }
	eventually 20 size $wanted || fail "the guest does not become $wanted"
	ask 'xrandr' | grep -q "current ${wanted/x/ x }," ||
		fail 'its X has another size'
	eventually 10 exact resized || fail 'resized, the pictures differ'
done
stop "$PID"
export DISPLAY=$B
see
eventually 10 shown || fail 'the window does not show the desktop'
ok size

# ---- it starts anew

qmp system_reset
# Its firmware's screen has another size than its desktop.
away() {
	! size 1024x768
}
eventually 20 away || fail 'the viewer does not show the firmware'
eventually 90 marks 2 || fail 'the guest does not start again'
kill -0 "$VIEWER" || fail 'the viewer has ended'
eventually 20 size 1024x768 || fail 'started again it has another size'
eventually 20 shown || fail 'started again, the pictures differ'
ok reboot

# ---- its server is killed

# Another one at the same place, and viewers come back by themselves.
before=${ADDRESS/oriel/tcp}
stop "$SERVER" KILL
serve --source="qemu:unix:path=$T/bus" --listen="$before"
since=$SECONDS
kill -0 "$machine" || fail 'the machine died with its server'
joined() {
	sed '1,/"state":"reconnecting"/d' "$T/window.out" |
		grep -q '"state":"ready"'
}
eventually 20 joined || fail 'the viewer does not come back'
eventually 20 shown || fail 'back again, the pictures differ'
echo "viewers are back after $((SECONDS - since)) s"
eventually 20 exact again || fail 'shown again, the pictures differ'
ok killed

# ---- and so is the machine

start last "$BIN/oriel-view" --headless --json --trust=first-use \
	--password-file="$T/password" --exit-after=300 "$ADDRESS"
eventually 10 grep -qs '"exact":true' "$T/last.out" || fail 'no picture'
stop "$machine" KILL
eventually 10 grep -q '"event":"notice".*has gone' "$T/last.out" ||
	fail 'the viewer is not told that the machine is gone'
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "shut down: exit $STATUS"
ok gone
