#!/bin/bash
# window.sh - a desktop in a window: the same pixels, at the same place, and
# keys, wheel and drags that arrive.
. "$(dirname "$0")/lib.sh"
# What is typed is more than ASCII.
export LC_ALL=C.UTF-8

x_server A 1024x600
x_server B 1024x600

# On the desktop: a terminal with a history, and a line to be dragged over.
cat > "$T/inside" <<-END
	seq 500
	printf '\\033[H\\033[2JDRAGGEDTEXT\\n'
	exec cat > "$T/typed"
END
start xterm xterm -display "$A" -geometry 100x30+0+0 -fn fixed -b 0 +sb \
	-sl 1000 -xrm 'xterm*cursorBlink: false' -e sh "$T/inside"
eventually 10 test -e "$T/typed" || fail 'no terminal'

serve "--source=x11:$A"
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --trust=first-use \
	--password-file="$T/password" --stats="$T/stats" "$ADDRESS"
viewer=$PID
eventually 10 same_display "$A" "$B" ||
	fail 'the window does not show the desktop'

# No window manager is there to give the window the keyboard.
export DISPLAY=$B
xdotool mousemove 300 200 click 1
xdotool type --delay 15 'Hello, {World}! ~\|/ <a> "Q" 42'
xdotool key Return
hello() {
	grep -qxF 'Hello, {World}! ~\|/ <a> "Q" 42' "$T/typed"
}
eventually 5 hello || fail "typed: $(cat "$T/typed")"
# xdotool gives these to a spare key for as long as DELAY: whoever comes later to
# ask what that is hears of another.
accents() { # DELAY
	xdotool type --delay "$1" 'äöüß€'
	xdotool key Return
	eventually 1 grep -qx 'äöüß€' "$T/typed"
}
accents 15 || accents 80 || accents 300 || fail "typed: $(cat "$T/typed")"

# A held key is repeated by the desktop, not by us as well.
held() {
	xdotool keydown x
	sleep 1
	xdotool keyup x
	xdotool key Return
	eventually 1 grep -qxE 'x{5,60}' "$T/typed"
}
held || held || held || fail "held: $(cat "$T/typed")"

# Over the line with the left button; what is selected, with the middle one.
dragged() {
	xdotool mousemove 1 6 mousedown 1 mousemove 30 7 mousemove 75 6 \
		mouseup 1
	sleep 0.3
	xdotool mousemove 300 200 click 2 key Return
	eventually 1 grep -qx 'DRAGGEDTEXT' "$T/typed"
}
dragged || dragged || dragged ||
	fail "dragged: $(cat "$T/typed")"

# The wheel, up and down again. (The pointer is in neither picture.)
eventually 5 same_display "$A" "$B" || fail 'the pictures differ'
picture "$A" "$T/before.png"
xdotool click 4 click 4
scrolled() {
	picture "$A" "$T/after.png" && ! same "$T/before.png" "$T/after.png"
}
eventually 5 scrolled || fail 'the wheel does not scroll'
eventually 5 same_display "$A" "$B" || fail 'scrolled, the pictures differ'
xdotool click 5 click 5
back() {
	picture "$A" "$T/after.png" && same "$T/before.png" "$T/after.png"
}
eventually 5 back || fail 'the wheel does not scroll back'

# A second viewer, without a window, has the same picture.
view --trust=first-use --password-file="$T/password" --exit-when=lossless \
	--exit-after=60 --screenshot="$T/shot.png" "$ADDRESS"
[ "$STATUS" = 0 ] || fail "headless: exit $STATUS"
same "$T/after.png" "$T/shot.png" || fail 'the screenshot differs'

# A still desktop does not wake the window's thread.
switches() {
	awk '/^voluntary/ { print $2 }' "/proc/$viewer/task/$viewer/status"
}
quiet() {
	local before
	sleep 1
	before=$(switches)
	sleep 2
	woken=$(($(switches) - before))
	[ "$woken" -le 4 ]
}
quiet || quiet || quiet || fail "woken $woken times in 2 s without a change"

stop "$viewer" INT
[ "$STATUS" = 0 ] || fail "interrupted: exit $STATUS"
tail -1 "$T/stats" | grep -q '"final":true' || fail 'no final statistics'

# A window among others: as large as the desktop, named after the server, and
# closed by the window manager.
x_server C 1400x900
DISPLAY=$C start openbox openbox --sm-disable
managed() {
	xprop -display "$C" -root _NET_SUPPORTED | grep -q _NET_ACTIVE_WINDOW
}
eventually 10 managed || fail 'no window manager'
DISPLAY=$C start view "$BIN/oriel-view" --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
export DISPLAY=$C
placed() {
	window=$(xdotool search --onlyvisible --class oriel-view) &&
		xdotool getwindowgeometry "$window" | grep -q '1024x600'
}
eventually 10 placed || fail 'no window of the right size'
[ -n "$(xdotool getwindowname "$window")" ] || fail 'the window has no name'
xdotool windowactivate --sync "$window"
# The window manager may still be busy with the focus: press it again.
closed() {
	xdotool key alt+F4
	! kill -0 "$viewer" 2>/dev/null
}
eventually 10 closed || fail 'Alt+F4 does not close the window'
finish "$viewer" 5
[ "$STATUS" = 0 ] || fail "closed: exit $STATUS"
echo ok
