#!/bin/bash
# monitors.sh - the monitors of one X desktop, each a display: arranged, moved,
# added, removed and resized while running, every one exact pixel by pixel;
# what is pointed at and touched there arrives where it should. Made-up
# monitors of Xvfb, and the outputs of Xorg's dummy driver.
. "$(dirname "$0")/lib.sh"

# hand: a client that points and touches; its commands go to descriptor 7.
hand() {
	rm -f "$T/commands"
	mkfifo "$T/commands"
	exec 7<> "$T/commands"
	"$BIN/tests/e2e/fingers" "unix:$T/socket" < "$T/commands" \
		> "$T/hand.out" 2> "$T/hand.log" &
	HAND=$!
	started+=("$HAND")
	eventually 10 grep -qs '^display' "$T/hand.out" || fail 'no hand'
}

monitor() {
	xrandr --setmonitor "$@" > "$T/xrandr.out"
}
again() {
	xrandr --delmonitor "$1" --setmonitor "$@" > "$T/xrandr.out"
}

tell() {
	echo "$*" >&7
}

# now: the displays that the client has now, as "NAME WIDTHxHEIGHT+X+Y".
now() {
	awk '$1 == "display" { at[$2] = $4 } $1 == "gone" { delete at[$2] }
		END { for (n in at) print n, at[n] }' "$T/hand.out" | sort
}
has_now() {
	[ "$(now)" = "$(printf '%s\n' "$@" | sort)" ]
}

# shows WHEN NAME WxH+X+Y...: these displays and no others, exact now, for a
# viewer that comes now. Files are in the order in which displays came.
shows() {
	local when=$1 order place i=
	shift
	eventually 10 has_now "$@" || fail "$when: displays are: $(now)"
	rm -f "$T"/shot*.png
	view --trust="$KEY" --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/shot.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "$when: exit $STATUS"
	order=$(awk '$1 == "display" { at[$3] = $4; id[$2] = $3 }
		$1 == "gone" { delete at[id[$2]] }
		END { for (n in at) print n, at[n] }' "$T/hand.out" |
		sort -n | cut -d' ' -f2)
	for place in $order; do
		import -window root -crop "$place" +repage "$T/part.png"
		same "$T/part.png" "$T/shot${i:+-$i}.png" ||
			fail "$when: the display at $place differs"
		i=$((i + 1))
	done
	[ ! -e "$T/shot-$((i + 1)).png" ] || fail "$when: too many displays"
	echo "ok $when"
}

pointer_is() {
	eval "$(xdotool getmouselocation --shell 2>/dev/null | grep '^[XY]=')"
	[ "$X,$Y" = "$1" ]
}

# paint: noise all over the desktop as it is, instead of what was there.
paint() {
	[ -z "${painter:-}" ] || stop "$painter"
	rm -f "$T/painter.out"
	start painter "$BIN/tests/e2e/painter" noise
	painter=$PID
	eventually 20 grep -qs '^done' "$T/painter.out" || fail 'no painting'
}

# look_on: serve DISPLAY, with two who look on from now to the end.
look_on() {
	rm -f "$T/socket"
	serve "--source=x11:$DISPLAY" "--listen=unix:$T/socket"
	hand
	"$BIN/oriel-view" --headless --json --exit-after=900 --exit-when=closed \
		--screenshot="$T/all.png" "unix:$T/socket" \
		> "$T/all.out" 2> "$T/all.log" &
	watcher=$!
	started+=("$watcher")
}

# look_back N: the pictures of who saw all of it, and those of who came at the
# end, are the same. N sessions have ended badly, as they should.
look_back() {
	local file
	eventually 20 exact_in "$T/all.out" || fail 'not exact for who saw it all'
	kill -TERM "$watcher"
	wait "$watcher"
	for file in "$T"/shot*.png; do
		same "$file" "$T/all${file#"$T/shot"}" ||
			fail "${file##*/} differs for who saw it all"
	done
	! grep -q 'sent again\|sending display\|error' "$T/serve.log" ||
		fail 'oriel-serve had something to say'
	[ "$(grep -c '^peer_left.*,' "$T/serve.log")" = "$1" ] ||
		fail 'a session ended badly'
	rm -f "$T"/all*.png
	exec 7>&-
}

# ---- made-up monitors of one output

x_server A 1366x771
export DISPLAY=$A
paint
look_on
shows 'one monitor' 'screen 1366x771+0+0'

# At odd places, of odd sizes; what no monitor shows is not shown.
monitor LEFT 641/160x771/200+0+0 screen
monitor RIGHT 503/125x401/100+641+33 none
shows 'two monitors' 'LEFT 641x771+0+0' 'RIGHT 503x401+641+33'
paint
shows 'painted over' 'LEFT 641x771+0+0' 'RIGHT 503x401+641+33'

tell point RIGHT 100 50 0
eventually 5 pointer_is 741,83 || fail "the pointer is at $X,$Y"
tell point LEFT 640 770 0
eventually 5 pointer_is 640,770 || fail "the pointer is at $X,$Y"

# A finger drags over a line of the right one; the middle button says what
# that has selected.
cat > "$T/inside" <<-END
	printf 'DRAGGEDTEXT\\n'
	exec cat > "$T/typed"
END
start xterm xterm -geometry 60x10+641+33 -fn fixed -b 0 +sb \
	-xrm 'xterm*cursorBlink: false' -e sh "$T/inside"
terminal=$PID
eventually 10 test -e "$T/typed" || fail 'no terminal'
dragged() {
	tell down 77 RIGHT 1 6
	tell down 78 RIGHT 300 80
	tell move 77 RIGHT 30 7
	tell move 78 RIGHT 310 90
	tell up 78 RIGHT 310 90
	tell move 77 RIGHT 75 6
	tell up 77 RIGHT 75 6
	sleep 0.3
	tell point RIGHT 300 60 4
	tell point RIGHT 300 60 0
	sleep 0.3
	xdotool key Return
	sleep 0.2
	grep -qx 'DRAGGEDTEXT' "$T/typed"
}
eventually 5 dragged || fail "dragged: $(cat "$T/typed")"
stop "$terminal"

# Whoever leaves with a finger down lets go.
start xev xev -geometry 200x200+900+100
listener=$PID
mapped() {
	grep -qs '^Expose' "$T/xev.out"
}
eventually 10 mapped || fail 'no window to touch'
tell down 5 RIGHT 300 100
pressed() {
	grep -A2 '^ButtonPress' "$T/xev.out" | grep -q 'root:(941,133)'
}
eventually 5 pressed || fail 'the finger did not arrive'
! grep -q '^ButtonRelease' "$T/xev.out" || fail 'it went up by itself'
{ kill -9 "$HAND" && wait "$HAND"; } 2>/dev/null
eventually 5 grep -q '^ButtonRelease' "$T/xev.out" || fail 'it is still down'
stop "$listener"
hand
shows 'after touching' 'LEFT 641x771+0+0' 'RIGHT 503x401+641+33'

# A third one, while things are painted; one moves.
monitor THIRD 99/25x77/20+1201+690 none
paint
shows 'a third' 'LEFT 641x771+0+0' 'RIGHT 503x401+641+33' 'THIRD 99x77+1201+690'
again RIGHT 503/125x401/100+700+301 none
shows 'one moved' 'LEFT 641x771+0+0' 'RIGHT 503x401+700+301' \
	'THIRD 99x77+1201+690'
tell point RIGHT 1 2 0
eventually 5 pointer_is 701,303 || fail "the pointer is at $X,$Y"

# What shows nothing of its own is no display: a mirror, and one inside.
monitor MIRROR 503/125x401/100+700+301 none
monitor INSIDE 100/25x100/25+20+20 none
xrandr --delmonitor THIRD
paint
shows 'mirrors' 'LEFT 641x771+0+0' 'RIGHT 503x401+700+301'
tell size RIGHT 640 480
eventually 5 grep -q 'keep theirs' "$T/serve.log" || fail 'not refused'
xrandr --delmonitor MIRROR
xrandr --delmonitor INSIDE
xrandr --delmonitor RIGHT
xrandr --delmonitor LEFT
shows 'one again' 'screen 1366x771+0+0'

# Many changes at once come to one.
changes() {
	grep -c '^display' "$T/hand.out"
}
monitor LEFT 500/125x400/100+0+0 screen
monitor RIGHT 400/125x300/100+600+0 none
eventually 10 has_now 'LEFT 500x400+0+0' 'RIGHT 400x300+600+0' ||
	fail "displays are: $(now)"
before=$(changes)
storm=()
for i in $(seq 20); do
	storm+=(--delmonitor LEFT
		--setmonitor LEFT "$((500 + i))/125x$((400 + i))/100+$i+0" screen)
done
xrandr "${storm[@]}" > "$T/xrandr.out"
shows 'a storm' 'LEFT 520x420+20+0' 'RIGHT 400x300+600+0'
[ $(($(changes) - before)) -le 10 ] || fail 'each change was shown'
xrandr --delmonitor RIGHT
xrandr --delmonitor LEFT

# The desktop gets another size.
eventually 5 has_now 'screen 1366x771+0+0' || fail "displays are: $(now)"
tell size screen 1001 603
shows 'smaller' 'screen 1001x603+0+0'
paint
monitor LEFT 500/125x603/150+0+0 screen
monitor RIGHT 501/125x603/150+500+0 none
shows 'smaller, in two' 'LEFT 500x603+0+0' 'RIGHT 501x603+500+0'
look_back 1
stop "$SERVER"

# ---- more monitors than displays, and an X server that knows of none

look_on
# (With the right one of those before, 18.)
for i in $(seq 17); do
	monitor "M$i" "10/3x20/5+$((i * 20))+0" "$([ "$i" = 1 ] && echo screen ||
		echo none)"
done
sixteen() {
	[ "$(now | grep -c .)" = 16 ] && grep -q '16 of 18' "$T/serve.log"
}
eventually 10 sixteen || fail "of 18 monitors these are shown: $(now)"
echo ok sixteen
stop "$SERVER"

mkfifo "$T/old.display"
start xvfb-old Xvfb -displayfd 3 -screen 0 801x601x24 -nolisten tcp -ac \
	-noreset -extension RANDR 3<> "$T/old.display"
read -r -t 60 OLD < "$T/old.display" || fail "no X server"
export DISPLAY=:$OLD
paint
look_on
shows 'without RANDR' 'X11 801x601+0+0'
tell size X11 640 480
tell point X11 800 600 0
eventually 5 pointer_is 800,600 || fail "the pointer is at $X,$Y"
look_back 0
stop "$SERVER"
stop "$painter"
painter=

# ---- real outputs, of a driver without a card

cat > "$T/xorg.conf" <<-END
	Section "ServerFlags"
	Option "AutoAddDevices" "false"
	Option "AutoAddGPU" "false"
	Option "DontVTSwitch" "true"
	EndSection
	Section "Device"
	Identifier "none"
	Driver "dummy"
	VideoRam 65536
	EndSection
	Section "Monitor"
	Identifier "any"
	HorizSync 5-1000
	VertRefresh 5-200
	EndSection
	Section "Screen"
	Identifier "screen"
	Device "none"
	Monitor "any"
	DefaultDepth 24
	SubSection "Display"
	Depth 24
	Modes "800x600"
	EndSubSection
	EndSection
END
mkfifo "$T/xorg.display"
# Not by its wrapper, which lets nobody but the one at the console.
start xorg /usr/lib/xorg/Xorg -displayfd 3 -config "$T/xorg.conf" -nolisten tcp -ac -noreset \
	-novtswitch -sharevts -logfile "$T/xorg.txt" 3<> "$T/xorg.display"
read -r -t 60 B < "$T/xorg.display" || fail "no Xorg: $(grep EE "$T/xorg.txt")"
export DISPLAY=:$B
xrandr --newmode odd 30 853 860 870 900 487 490 495 500
xrandr --addmode DUMMY1 odd
xrandr --addmode DUMMY2 640x480
paint
look_on
shows 'one output' 'DUMMY0 800x600+0+0'

xrandr --output DUMMY1 --mode odd --pos 800x0
paint
shows 'two outputs' 'DUMMY0 800x600+0+0' 'DUMMY1 853x487+800+0'
tell point DUMMY1 852 486 0
eventually 5 pointer_is 1652,486 || fail "the pointer is at $X,$Y"
# One that moves stays the display that it is.
number() {
	awk '$2 == "DUMMY1" { print $3 }' "$T/hand.out" | tail -1
}
before=$(number)
xrandr --output DUMMY1 --pos 0x600
shows 'the second below' 'DUMMY0 800x600+0+0' 'DUMMY1 853x487+0+600'
[ "$before" = "$(number)" ] || fail "DUMMY1 was $before and is $(number)"
! grep -q '^gone' "$T/hand.out" || fail 'a display went away'
paint
xrandr --output DUMMY0 --pos 640x0 --output DUMMY1 --pos 1440x0 \
	--output DUMMY2 --mode 640x480 --pos 0x0
paint
shows 'a third to the left' 'DUMMY2 640x480+0+0' 'DUMMY0 800x600+640+0' \
	'DUMMY1 853x487+1440+0'

# A viewer asks one of them for another size: the others make room.
tell size DUMMY0 901 701
shows 'the middle grows' 'DUMMY2 640x480+0+0' 'DUMMY0 901x701+640+0' \
	'DUMMY1 853x487+1541+0'
paint
tell size DUMMY2 333 901
shows 'the left one too' 'DUMMY2 333x901+0+0' 'DUMMY0 901x701+333+0' \
	'DUMMY1 853x487+1234+0'
xrandr --output DUMMY2 --off --output DUMMY1 --off --output DUMMY0 --pos 0x0
shows 'one is left' 'DUMMY0 901x701+0+0'
tell size DUMMY0 800 600
paint
shows 'as it was' 'DUMMY0 800x600+0+0'
xrandr --output DUMMY0 --off
size=$(xdpyinfo | awk '$1 == "dimensions:" { print $2 }')
shows 'no output' "X11 $size+0+0"
look_back 0
