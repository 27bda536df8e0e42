#!/bin/bash
# panels.sh - the viewer's own panels: each is opened and answered as a user
# would, at both sizes. Pictures of them are left in $T with KEEP=1.
. "$(dirname "$0")/lib.sh"

if [ -n "${KEEP:-}" ]; then
	trap 'clean() { rm() { :; }; clean_up; }; clean; echo "kept $T"' EXIT
fi
hosts=$HOME/.config/oriel/known_hosts
recent=$HOME/.local/state/oriel/recent

# On the desktop: a line that shows what was typed into it.
x_server A 1000x640
cat > "$T/inside" <<-END
	seq 30
	exec cat > "$T/typed"
END
start root xsetroot -display "$A" -solid '#34607a'
start xterm xterm -display "$A" -geometry 80x24+40+40 -fn fixed \
	-xrm 'xterm*cursorBlink: false' -e sh "$T/inside"
eventually 10 test -e "$T/typed" || fail 'no terminal'

x_server B 1600x1200
export DISPLAY=$B
start openbox openbox --sm-disable
managed() {
	xprop -root _NET_SUPPORTED | grep -q _NET_ACTIVE_WINDOW
}
eventually 10 managed || fail 'no window manager'

run() { # OPTION...
	start "view" "$BIN/oriel-view" --json --scale="$scale" "$@"
	viewer=$PID
}

# told EVENT [TIMES]: the viewer has told of that; a panel may be of something
# that comes before, as that it is being connected.
told() {
	[ "$(grep -c "\"event\":\"$1\"" "$T/view.out")" -ge "${2:-1}" ]
}

# The window is there, has the keyboard, and has stopped changing.
ready() {
	window=$(xdotool search --onlyvisible --class oriel-view 2>/dev/null) &&
		[ "$(xdotool getactivewindow 2>/dev/null)" = "$window" ]
}

shoot() { # NAME
	import -window root "$T/$1-$scale.png"
}

# panel NAME: wait until the window shows another picture than before, and
# keep that.
panel() {
	eventually 10 ready || fail "$1: no window"
	eventually 10 another "$1" || fail "$1: nothing has changed"
	sleep 0.3
	shoot "$1"
	cp "$T/$1-$scale.png" "$T/last.png"
}

another() {
	shoot "$1"
	[ ! -e "$T/last.png" ] || ! same "$T/last.png" "$T/$1-$scale.png"
}

keys() {
	xdotool key --delay 40 "$@"
	sleep 0.2
}

alt_ctrl() {
	xdotool keydown ctrl keydown alt keyup alt keyup ctrl
	sleep 0.3
}

# open_menu: with Ctrl and Alt, and wait until it is there.
open_menu() {
	shoot closed
	alt_ctrl
	eventually 5 differs "$DISPLAY" "$T/closed-$scale.png" || fail 'no menu'
	sleep 0.3
}

shows_desktop() {
	xdotool getwindowgeometry "$window" | grep -q 1000x640
}

# A corner of the window that no panel covers is the desktop's colour.
coloured() {
	import -window "$window" -crop 1x1+20+620 +repage "$T/corner.png" &&
		[ "$(convert "$T/corner.png" -format '%[hex:p{0,0}]' \
			info:)" = 34607A ]
}

# The desktop is in the middle of a black window, not a panel of a light one.
covers() {
	shoot covers
	[ "$(convert "$T/covers-$scale.png" -crop 1600x60+0+0 -unique-colors \
		-format '%wx%[hex:p{0,0}]' info:)" = 1x000000 ] &&
		[ "$(convert "$T/covers-$scale.png" -format \
			'%[hex:p{1200,800}]' info:)" = 34607A ]
}

# notes NAME: something is said, and no panel is in the middle of the window.
notes() {
	local at name
	shoot "$1"
	at=$(xdotool getwindowgeometry --shell "$window" |
		sed -n 's/^[XY]=//p' | xargs)
	for name in print-before "$1"; do
		convert "$T/$name-$scale.png" -crop \
			"400x80+$((${at% *} + 300))+$((${at#* } + 260))" \
			+repage "$T/middle-$name.png"
	done
	cp "$T/$1-$scale.png" "$T/last.png"
	same "$T/middle-print-before.png" "$T/middle-$1.png" &&
		! same "$T/print-before-$scale.png" "$T/$1-$scale.png"
}

# The desktop prints: the person is asked, refuses, is asked again; a sentence
# that goes by says what becomes of it.
prints() {
	local uri document=$T/document.jpg job
	mkdir -p "$T/paper"
	{
		printf '\377\330\377'
		head -c 16000000 /dev/zero
	} > "$document"
	serve "--source=x11:$A" --print=0
	start relay python3 tests/e2e/relay.py "${ADDRESS##*:}" 3000000
	eventually 5 test -s "$T/relay.out" || fail 'no relay'
	rm -f "$T/last.png"
	run --trust="$KEY" --password-file="$T/password" \
		--printer="file:$T/paper" \
		"oriel://127.0.0.1:$(cat "$T/relay.out")"
	eventually 10 ready && eventually 10 shows_desktop ||
		fail 'no desktop'
	eventually 10 grep -qs '^printer added' "$T/serve.log" ||
		fail 'no printer'
	uri=$(sed -n 's/^printer added: [^ ]* //p' "$T/serve.log")
	sleep 0.5
	panel print-before
	start job timeout 200 ipptool -t -f "$document" -d filetype=image/jpeg \
		"$uri" print-job.test
	job=$PID
	panel print-asked
	keys Escape
	eventually 5 notes print-refused ||
		fail 'the person is not told that it was refused'
	finish "$job" 10
	[ "$STATUS" != 0 ] || fail 'it was printed'
	start job timeout 200 ipptool -t -f "$document" -d filetype=image/jpeg \
		"$uri" print-job.test
	job=$PID
	panel print-asked-again
	keys Tab Return
	sleep 1.5
	eventually 5 notes print-progress ||
		fail 'the person does not see that it comes'
	alt_ctrl
	panel print-menu
	keys Escape
	finish "$job" 30
	[ "$STATUS" = 0 ] || fail 'it was not printed'
	sleep 1
	panel print-done
	complete() {
		[ "$(stat -c %s "$T"/paper/*.jpg 2> /dev/null)" = 16000003 ]
	}
	eventually 5 complete || fail 'no document'
	rm -r "$T/paper"
	stop "$viewer"
	stop "$SERVER"
}

walk() {
	rm -rf "$HOME/.config" "$HOME/.local" "$T/last.png"
	: > "$T/typed"
	rm -f "$T/serve.out" # it names the server of the last walk
	serve "--source=x11:$A"
	host=${ADDRESS#oriel://}

	# The keyboard alone: an address that is none, then one that is.
	run
	panel connect
	xdotool type 'not an address'
	keys Return
	panel connect-wrong
	keys ctrl+u
	xdotool type --delay 20 "$host"
	keys Return
	eventually 10 told trust_wanted || fail 'not asked for trust'
	panel trust
	# Return alone trusts nobody: the first focus is on Cancel.
	[ ! -e "$hosts" ] || fail 'trusted before the answer'
	keys shift+Tab Return
	eventually 10 told login_wanted || fail 'not asked for a password'
	panel password
	xdotool type --delay 20 'wrong'
	keys Return
	eventually 10 told login_wanted 2 || fail 'not asked again'
	panel password-wrong
	eventually 5 grep -qs "$KEY" "$hosts" ||
		fail "the key of $ADDRESS is not remembered"
	xdotool type --delay 20 'correct horse'
	keys Return
	eventually 10 shows_desktop || fail 'no desktop'
	sleep 0.5
	eventually 5 grep -qs "^$ADDRESS" "$recent" || fail 'not among the recent ones'
	panel desktop

	# The menu: statistics, then keys that the desktop gets.
	alt_ctrl
	panel menu
	keys Up Up Up Up Return
	sleep 1.5
	panel overlay
	open_menu
	sleep 0.5 # it may have been the overlay that differs
	keys Escape
	xdotool mousemove --window "$window" 300 200 click 1
	xdotool type --delay 20 'seen'
	keys Return
	eventually 5 grep -qx seen "$T/typed" ||
		fail "typed: $(cat "$T/typed")"

	# The line is lost; the server is there again, and so is the desktop.
	local port=${host##*:}
	stop "$SERVER" KILL
	panel lost
	rm "$T/serve.out"
	start serve "$BIN/oriel-serve" "--listen=tcp://127.0.0.1:$port" \
		--password-file="$T/password" "--source=x11:$A"
	SERVER=$PID
	eventually 10 grep -qs '^listening ' "$T/serve.out" || fail 'no server'
	# Not the next second of the panel: the desktop, in its colours.
	eventually 10 coloured || fail 'the desktop is not back'
	panel back
	xdotool type --delay 20 'again'
	keys Return
	eventually 5 grep -qx again "$T/typed" ||
		fail "typed after reconnecting: $(cat "$T/typed")"

	# Disconnect, by the menu: back to the first panel, which knows it.
	open_menu
	keys Up Return
	panel recent
	keys Escape
	finish "$viewer" 5
	[ "$STATUS" = 0 ] || fail "left: exit $STATUS"

	# Another key than before.
	sed -i "s/sha256:[0-9a-f]*/sha256:${KEY//[0-9]/0}/" "$hosts"
	run "$ADDRESS"
	eventually 10 grep -q 'HAS CHANGED' "$T/view.log" ||
		fail 'stderr does not say so'
	panel changed
	keys Return
	finish "$viewer" 5
	[ "$STATUS" = 4 ] || fail "changed: exit $STATUS"

	# Nobody there; and there still is nobody.
	run oriel://127.0.0.1:1
	tried() { # TIMES
		[ "$(grep -c 'cannot connect' "$T/view.log")" = "$1" ]
	}
	eventually 10 tried 1 || fail 'no error'
	panel error
	keys Return
	eventually 10 tried 2 || fail 'Retry did not try'
	sleep 0.5
	eventually 5 ready || fail 'no panel after Retry'
	keys Escape
	finish "$viewer" 5
	[ "$STATUS" = 3 ] || fail "error: exit $STATUS"
	tried 2 || fail 'Escape tries, too'

	# Fullscreen: nothing over the desktop but what was asked for.
	rm -f "$hosts"
	run --fullscreen --resize=no --trust=first-use \
		--password-file="$T/password" "$ADDRESS"
	xdotool mousemove 1200 800
	eventually 10 covers || fail 'no fullscreen'
	# The desktop's own pointer must follow, away from the terminal.
	xdotool mousemove 1199 800 mousemove 1200 800
	sleep 0.3
	panel fullscreen
	xdotool mousemove 800 300 mousemove 800 0
	sleep 1
	panel bar
	xdotool mousemove 1200 800
	as_before() {
		shoot again
		same "$T/fullscreen-$scale.png" "$T/again-$scale.png"
	}
	eventually 5 as_before || fail 'the bar has left something behind'
	# Its first button, left of the middle, leaves fullscreen.
	xdotool mousemove 800 0
	eventually 5 differs "$DISPLAY" "$T/fullscreen-$scale.png" ||
		fail 'no bar again'
	sleep 0.5
	xdotool mousemove $((800 - 170 * scale)) $((20 * scale)) click 1
	eventually 5 shows_desktop || fail 'the bar does not leave fullscreen'
	stop "$viewer" INT
	[ "$STATUS" = 0 ] || fail "fullscreen: exit $STATUS"

	# A kiosk has no menu, and no way out of its questions.
	run --kiosk --trust="$KEY" "$ADDRESS"
	eventually 10 told login_wanted || fail 'the kiosk asks for no password'
	panel kiosk
	keys Escape
	alt_ctrl
	shoot again
	same "$T/kiosk-$scale.png" "$T/again-$scale.png" ||
		fail 'the kiosk can be left'
	xdotool mousemove 1200 800
	xdotool type --delay 20 'correct horse'
	keys Return
	eventually 10 covers || fail 'no desktop in the kiosk'
	xdotool mousemove 1199 800 mousemove 1200 800
	sleep 0.3
	panel kiosk-desktop
	alt_ctrl
	xdotool mousemove 800 10 mousemove 800 0
	sleep 0.8
	covers || fail 'the kiosk has a bar'
	xdotool mousemove 1200 800
	shoot again
	same "$T/kiosk-desktop-$scale.png" "$T/again-$scale.png" ||
		fail 'the kiosk has a menu'
	stop "$viewer" INT

	# A session that the server ends.
	run --trust="$KEY" --password-file="$T/password" "$ADDRESS"
	eventually 10 ready && eventually 10 shows_desktop ||
		fail 'no desktop'
	panel desktop-again
	stop "$SERVER"
	panel ended
	sleep 2 # keys pressed sooner were meant for the desktop
	keys Escape
	finish "$viewer" 5
	[ "$STATUS" = 0 ] || fail "ended: exit $STATUS"

	[ ! -x "$BIN/oriel-ipp" ] || prints

	# Somebody who takes calls and says nothing.
	run "oriel://127.0.0.1:$(cat "$T/mute.out")"
	panel progress
	keys Escape
	finish "$viewer" 5
	[ "$STATUS" = 0 ] || fail "cancelled: exit $STATUS"
}

cat > "$T/mute.py" <<-'END'
	import socket, time
	s = socket.create_server(('127.0.0.1', 0))
	print(s.getsockname()[1], flush=True)
	time.sleep(600)
END
start mute python3 "$T/mute.py"

for scale in 1 2; do
	walk
done

# USB devices in the menu: one that the desktop has, one that may not come, one
# that is not there yet; taken back, and given again.
start stream "$BIN/tests/e2e/device" stream - "$T/stream"
start mouse "$BIN/tests/e2e/device" mouse - "$T/mouse"
cat > "$T/guest.py" <<-'END'
	# A guest that says hello to each device, and nothing more.
	import socket, struct, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen()
	while True:
	    c = s.accept()[0]
	    c.sendall(struct.pack('<III', 0, 68, 0) + bytes(68))
	    while c.recv(65536):
	        pass
END
start guest python3 "$T/guest.py" "$T/slot"
echo 'rights = all' > "$T/policy"
serve "--source=x11:$A" --policy="$T/policy" --usb-slot="unix:$T/slot"
usb() { # STATE [TIMES]: this has become of a device
	[ "$(grep -c "\"event\":\"usb\".*\"state\":\"$1\"" "$T/view.out")" \
		-ge "${2:-1}" ]
}
for scale in 1 2; do
	run --trust="$KEY" --password-file="$T/password" \
		--usb-device="unix:$T/stream" --usb-device="unix:$T/mouse" \
		--usb-device="unix:$T/later" "$ADDRESS"
	eventually 10 usb open || fail 'no device'
	eventually 10 usb refused || fail 'the mouse is not refused'
	eventually 10 ready && eventually 10 shows_desktop ||
		fail 'no desktop'
	rm -f "$T/last.png"
	panel usb-desktop
	open_menu
	keys Up Up Up Up Up Up Up Return
	panel usb
	# The first is the one that the desktop has.
	keys Return
	eventually 5 usb 'taken back' || fail 'the menu does not take it back'
	panel usb-back
	stop "$viewer" INT
	[ "$STATUS" = 0 ] || fail "usb: exit $STATUS"
done
stop "$SERVER"

# A menu that is larger than its window: all of it can be reached.
x_server C 400x300
serve "--source=x11:$C"
run --trust="$KEY" --resize=no --password-file="$T/password" "$ADDRESS"
small() {
	ready && xdotool getwindowgeometry "$window" | grep -q 400x300
}
marked() { # the row that has the focus is in sight
	import -window "$window" "$T/small.png"
	convert "$T/small.png" -fill black +opaque '#2458a6' -unique-colors \
		txt: | grep -qi '#2458a6'
}
eventually 10 small || fail 'no small window'
rm -f "$T/last.png"
panel small
alt_ctrl
panel small-menu
marked || fail 'the first item is out of sight'
keys Up
panel small-menu-end
marked || fail 'the last item is out of sight'
keys Down
shoot again
same "$T/small-menu-$scale.png" "$T/again-$scale.png" ||
	fail 'the menu does not scroll back'
keys Up Return
finish "$viewer" 5
[ "$STATUS" = 0 ] || fail "small: exit $STATUS"
echo ok
