#!/bin/bash
# windows.sh - one window for each display or one for all, scaled, scrolled,
# fullscreen on two monitors, asking the desktop for its size; the bar; kiosk.
. "$(dirname "$0")/lib.sh"

managed() {
	xprop -root _NET_SUPPORTED | grep -q _NET_ACTIVE_WINDOW
}

run() { # OPTION...
	start window "$BIN/oriel-view" --json --verbose --scale=1 \
		--trust="$KEY" --password-file="$T/password" "$@" "$ADDRESS"
	viewer=$PID
}

windows() { # NUMBER: so many are there
	ids=($(xdotool search --onlyvisible --class oriel-view 2>/dev/null))
	[ "${#ids[@]}" = "$1" ]
}

# The window of display NUMBER is $window.
window_of() {
	for window in $(xdotool search --onlyvisible --class oriel-view); do
		[[ $(xdotool getwindowname "$window") == *" - $1" ]] && return
	done
	return 1
}

shows() { # FILE: the window does, pixel by pixel
	import -window "$window" "$T/seen.png" && same "$T/seen.png" "$1"
}

# All of the window is within some percent of FILE.
resembles() { # FILE PERCENT
	local pae
	import -window "$window" "$T/seen.png"
	pae=$(compare -metric PAE "$T/seen.png" "$1" null: 2>&1 |
		sed 's/.*(\(.*\))/\1/')
	[ -n "$pae" ] && awk -v p="$pae" -v max="$2" \
		'BEGIN { exit !(p * 100 <= max) }'
}

geometry() { # WIDTHxHEIGHT+X+Y of the window
	xdotool getwindowgeometry --shell "$window" |
		sed -n 's/^\(WIDTH\|HEIGHT\|X\|Y\)=//p' | paste -s -d ' ' |
		awk '{ print $3 "x" $4 "+" $1 "+" $2 }'
}

is_at() {
	[ "$(geometry)" = "$1" ]
}

changes() { # of the desktop's size, that the viewer was told
	grep -c '"event":"screen_changed"' "$T/window.out"
}

# ---- two displays, in two windows and in one

x_server B 1600x1200
export DISPLAY=$B
xsetroot -solid '#204020'
start openbox openbox --sm-disable
eventually 10 managed || fail 'no window manager'
serve --source='pattern:480x300*2,static'
# What the displays show, after every key: each changes a block in a corner.
pictures() {
	view --trust="$KEY" --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/p.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "headless: exit $STATUS"
	convert -background black "$T/p.png" "$T/p-1.png" +append \
		"$T/both.png"
}
pictures
run
eventually 10 windows 2 || fail 'no two windows'
eventually 5 window_of 2 || fail 'no window of display 2'
eventually 5 shows "$T/p-1.png" || fail 'display 2 is not shown 1:1'
window_of 1 || fail 'no window of display 1'
eventually 5 shows "$T/p.png" || fail 'display 1 is not shown 1:1'

# By the menu's keys: all in one window, and back.
menu() { # KEY...
	xdotool windowactivate --sync "$window"
	xdotool keydown ctrl keydown alt keyup alt keyup ctrl
	sleep 1
	xdotool key --delay 40 "$@"
	sleep 0.3
}
# shows_now FILE: of the pictures as they are now, after keys.
shows_now() {
	pictures
	shows "$1"
}
menu Up Up Up Up Up Up Return Down Down Return
eventually 5 windows 1 || fail 'not in one window'
window=${ids[0]}
eventually 5 shows_now "$T/both.png" || fail 'not both displays, as they stand'
menu Up Up Up Up Up Up Return Down Down Return
eventually 5 windows 2 || fail 'not in two windows again'
eventually 5 window_of 2 || fail 'display 2 has no window again'
eventually 5 shows_now "$T/p-1.png" || fail 'display 2 is not shown again'
# Without one of them, and with it.
window_of 1
menu Up Up Up Up Up Up Return Return
eventually 5 windows 1 || fail 'display 1 is not hidden'
window=${ids[0]}
eventually 5 shows_now "$T/p-1.png" || fail 'display 2 is not left'
menu Up Up Up Up Up Up Return Return
eventually 5 windows 2 || fail 'display 1 is not shown again'
eventually 5 window_of 1 || fail 'display 1 has no window again'
eventually 5 shows_now "$T/p.png" || fail 'display 1 is another'
stop "$viewer" INT
[ "$STATUS" = 0 ] || fail "interrupted: exit $STATUS"

# ---- scaling

run --windows=one
eventually 10 windows 1 || fail 'no window for both'
window=${ids[0]}
eventually 5 shows "$T/both.png" || fail 'not both displays'
xdotool windowsize --sync "$window" 720 225
convert "$T/both.png" -scale '720x225!' "$T/want.png"
eventually 5 resembles "$T/want.png" 4 || fail 'not shrunk well'
xdotool windowsize --sync "$window" 1200 500
convert -size 1200x500 xc:black "$T/both.png" -geometry +120+100 -composite \
	"$T/want.png"
eventually 5 shows "$T/want.png" || fail 'not in the middle'
[ "$(changes)" = 0 ] || fail 'a window of two has asked for a size'
stop "$viewer" INT

run --windows=one --scaling=fit
eventually 10 windows 1 || fail 'no window to fit'
window=${ids[0]}
xdotool windowsize --sync "$window" 1440 450
convert "$T/both.png" -scale '1440x450!' "$T/want.png"
eventually 5 resembles "$T/want.png" 4 || fail 'not enlarged well'
stop "$viewer" INT

run --scaling=integer
eventually 5 window_of 2 || fail 'no window for whole factors'
xdotool windowsize --sync "$window" 1000 650
xdotool windowraise "$window"
convert -size 1000x650 xc:black '(' "$T/p-1.png" -sample 200% ')' \
	-geometry +20+25 -composite "$T/want.png"
eventually 5 shows "$T/want.png" || fail 'not twice as large'
stop "$viewer" INT

run --scaling=1:1 --resize=no
eventually 5 window_of 2 || fail 'no window to scroll in'
xdotool windowactivate --sync "$window"
xdotool windowsize --sync "$window" 300 200
convert "$T/p-1.png" -crop 300x200+0+0 +repage "$T/want.png"
eventually 5 shows "$T/want.png" || fail 'not its upper left'
xdotool mousemove --window "$window" 150 100 mousemove --window "$window" 290 190
convert "$T/p-1.png" -crop 300x200+180+100 +repage "$T/want.png"
eventually 5 shows "$T/want.png" || fail 'not scrolled to the lower right'
xdotool mousemove --window "$window" 150 100
[ "$(changes)" = 0 ] || fail 'asked for a size against --resize=no'
stop "$viewer" INT

# ---- the desktop takes the window's size

x_server A 1200x900
start xterm xterm -display "$A" -geometry 80x24+40+40 -fn fixed \
	-xrm 'xterm*cursorBlink: false' -e sleep 1000
stop "$SERVER"
serve "--source=x11:$A"
run
eventually 10 windows 1 || fail 'no window of the desktop'
window=${ids[0]}
desktop_is() { # WIDTH HEIGHT
	xrandr -d "$A" | grep -q "current $1 x $2,"
}
shows_desktop() {
	picture "$A" "$T/desktop.png" && shows "$T/desktop.png"
}
eventually 5 shows_desktop || fail 'the window does not show the desktop'
# What a window manager does to a new window is not the user's will.
sleep 2
xdotool windowsize "$window" 900 700 windowsize "$window" 801 603
eventually 5 desktop_is 801 603 || fail 'the desktop does not take the size'
eventually 5 shows_desktop || fail 'resized, it is not shown 1:1'
[ "$(changes)" = 1 ] || fail "asked for $(changes) sizes, not one"
# Larger than it can be: it stays, and is not asked for ever.
xdotool windowsize --sync "$window" 1300 950
sleep 1.5
desktop_is 801 603 || fail 'the desktop is larger than it can be'
convert -size 1300x950 xc:black "$T/desktop.png" -geometry +249+173 \
	-composite "$T/want.png"
eventually 5 shows "$T/want.png" || fail 'refused, it is not shown as it is'
[ "$(changes)" = 1 ] || fail 'it was asked again'
stop "$viewer" INT

# Who may not is not heard.
stop "$SERVER"
echo 'rights = see input' > "$T/policy"
serve "--source=x11:$A" --policy="$T/policy"
run
eventually 10 windows 1 || fail 'no window without rights'
window=${ids[0]}
sleep 2
xdotool windowsize --sync "$window" 700 500
sleep 1.5
desktop_is 801 603 || fail 'resized without the right to'
stop "$viewer" INT

# ---- fullscreen, each on its monitor

stop "$SERVER"
mkfifo "$T/M.display"
start vnc Xvnc -displayfd 3 -geometry 1500x600 -depth 24 -SecurityTypes None \
	-rfbport 0 -rfbunixpath "$T/rfb" -nolisten tcp -ac -noreset \
	3<> "$T/M.display"
read -r -t 60 M < "$T/M.display" || fail 'no Xvnc'
export DISPLAY=:$M
python3 tests/e2e/monitors.py "$T/rfb" 800x600 700x500 ||
	fail 'no second monitor'
start openbox openbox --sm-disable
eventually 10 managed || fail 'no window manager on two monitors'
serve --source='pattern:480x300*2,static'
run --fullscreen
eventually 10 windows 2 || fail 'no two windows'
covered() {
	window_of 1 && is_at 800x600+0+0 && window_of 2 && is_at 700x500+800+0
}
eventually 10 covered || fail "$(geometry) does not cover its monitor"
# The displays are as large as the monitors now.
has_sizes() {
	pictures
	[ "$(identify -format '%wx%h ' "$T/p.png" "$T/p-1.png")" = \
		'800x600 700x500 ' ]
}
eventually 10 has_sizes || fail 'the displays do not take the sizes'
eventually 5 shows "$T/p-1.png" || fail 'the second monitor shows another'
window_of 1
eventually 5 shows "$T/p.png" || fail 'the first monitor shows another'

# The bar: where the pointer rests at the edge, for as long as it is there.
bar() {
	import -window root -crop 1x1+400+3 "$T/dot.png" &&
		[ "$(convert "$T/dot.png" -format '%[hex:p{0,0}]' info:)" = \
			FBFBFA ]
}
no_bar() {
	! bar
}
xdotool mousemove 400 100 mousemove 401 0
eventually 5 bar || fail 'no bar at the edge'
xdotool mousemove 400 300
eventually 5 no_bar || fail 'the bar stays'
eventually 5 shows "$T/p.png" || fail 'the bar has left something behind'
xdotool mousemove 400 100 mousemove 401 0
eventually 5 bar || fail 'no bar again'
xdotool mousemove 200 20 click 1
eventually 5 no_bar || fail 'the bar does not go'
left() {
	window_of 1 && ! is_at 800x600+0+0 && window_of 2 &&
		! is_at 700x500+800+0
}
eventually 5 left || fail 'the bar does not leave fullscreen'
# And all of that by keys.
window_of 1
xdotool windowactivate --sync "$window" key ctrl+alt+Return
eventually 5 covered || fail 'Ctrl+Alt+Enter does not cover'
window_of 1
focused() {
	[ "$(xdotool getactivewindow 2>/dev/null)" = "$window" ]
}
eventually 5 focused || fail 'the keyboard is at another window'
xdotool key ctrl+alt+Home
eventually 5 bar || fail 'Ctrl+Alt+Home brings no bar'
xdotool key Escape
eventually 5 no_bar || fail 'Escape does not close the bar'
xdotool key ctrl+alt+Home
eventually 5 bar || fail 'Ctrl+Alt+Home brings no bar again'
xdotool key Return
eventually 5 left || fail 'the first button does not leave fullscreen'
stop "$viewer" INT
[ "$STATUS" = 0 ] || fail "fullscreen: exit $STATUS"

# ---- a kiosk

# What a window manager sends when its button is pressed.
cat > "$T/close.py" <<-'END'
	import ctypes, sys
	from ctypes import c_char_p, c_int, c_long, c_ulong, c_void_p
	class Message(ctypes.Structure):
	    _fields_ = [('type', c_int), ('serial', c_ulong),
	                ('sent', c_int), ('display', c_void_p),
	                ('window', c_ulong), ('name', c_ulong),
	                ('format', c_int), ('data', c_long * 24)]
	x = ctypes.CDLL('libX11.so.6')
	x.XOpenDisplay.restype = c_void_p
	x.XInternAtom.restype = c_ulong
	x.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
	x.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, c_void_p]
	x.XSync.argtypes = [c_void_p, c_int]
	d = x.XOpenDisplay(None)
	w = int(sys.argv[1])
	m = Message(33, 0, 1, d, w, x.XInternAtom(d, b'WM_PROTOCOLS', 0), 32)
	m.data[0] = x.XInternAtom(d, b'WM_DELETE_WINDOW', 0)
	if not x.XSendEvent(d, w, 0, 0, ctypes.byref(m)):
	    sys.exit(1)
	x.XSync(d, 0)
END
stop "$SERVER"
serve --source='pattern:480x300,static'
run --kiosk --kiosk-exit=ctrl+shift+q
eventually 10 windows 1 || fail 'no kiosk'
window=${ids[0]}
covers() {
	is_at 800x600+0+0
}
eventually 10 covers || fail 'the kiosk does not cover'
sleep 0.5
xdotool key alt+F4 key ctrl+alt+Return key ctrl+alt+Home key ctrl+alt+q \
	key ctrl+q
xdotool keydown ctrl keydown alt keyup alt keyup ctrl
xdotool mousemove 400 100 mousemove 401 0
python3 "$T/close.py" "$window" || fail 'cannot ask the window to close'
sleep 1
xdotool mousemove 400 300
covers && kill -0 "$viewer" 2>/dev/null || fail 'the kiosk can be left'
view --trust="$KEY" --password-file="$T/password" --exit-when=lossless \
	--exit-after=60 --screenshot="$T/p.png" "$ADDRESS"
convert -size 800x600 xc:black "$T/p.png" -gravity center -composite \
	"$T/want.png"
eventually 5 shows "$T/want.png" || fail 'the kiosk shows something else'
no_bar || fail 'the kiosk has a bar'
stop "$SERVER"
sleep 1
covers && kill -0 "$viewer" 2>/dev/null || fail 'the kiosk ends with the session'
xdotool key ctrl+alt+shift+q
sleep 0.3
kill -0 "$viewer" 2>/dev/null || fail 'other keys end the kiosk'
xdotool key ctrl+shift+q
finish "$viewer" 5
[ "$STATUS" = 0 ] || fail "left by its keys: exit $STATUS"
echo ok
