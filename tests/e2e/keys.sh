#!/bin/bash
# keys.sh - what is typed at the viewer is what the desktop reads: over a link
# of 40 ms that loses packets, with the same layout at both ends and with
# others, with dead keys, Compose and an input method; lock keys; the keyboard
# taken whole; and after ten thousand random events nothing is down.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8 XDG_RUNTIME_DIR=$T
tool=$BIN/tests/e2e/keys
text='The quick brown fox, äöü € 漢字'

x_server A 640x480
x_server B 640x480
DISPLAY=$A setxkbmap us
DISPLAY=$B setxkbmap us
DISPLAY=$A start echo "$tool" echo
eventually 5 grep -q ready "$T/echo.out" || fail 'nobody reads the keys'

# show OPTION...: serve A, and view it on B, over the link where there is one.
show() {
	rm -f "$T/serve.out"
	if [ "$link" = yes ]; then
		start link "$BIN/tests/e2e/onlink" wan,loss=1% \
			"exec '$BIN/oriel-serve' --source=x11:$A \
			--listen=tcp://192.0.2.1:5910 \
			--password-file='$T/password' > '$T/serve.out'" \
			"until grep -qs '^listening' '$T/serve.out'; do
				sleep 0.1
			done; DISPLAY=$B exec '$BIN/oriel-view' \
			--trust=first-use --password-file='$T/password' \
			$* oriel://192.0.2.1"
		link_pid=$PID
		return
	fi
	serve "--source=x11:$A"
	DISPLAY=$B start view "$BIN/oriel-view" --trust=first-use \
		--password-file="$T/password" "$@" "$ADDRESS"
	viewer=$PID
}

# unshow: end what show() started.
unshow() {
	if [ "$link" = yes ]; then
		stop "$link_pid"
	else
		stop "$viewer"
		stop "$SERVER"
	fi
}

# ready: the window has the keyboard and shows the desktop.
ready() {
	DISPLAY=$B xdotool search --onlyvisible --class oriel-view \
		windowfocus mousemove 320 240 > "$T/focus" 2>&1 &&
		DISPLAY=$B xdotool key x && sleep 0.2 && heard x
}
# Shift and AltGr alone are no text, and where what writes is a spare key they
# come or not.
arrived() {
	tail -c +"$since" "$T/echo.out" |
		sed 's/<\(Shift_[LR]\|Caps_Lock\|Control_L\|Alt_R\|ISO_Level3_Shift\)>//g'
}
heard() { arrived | grep -qF -- "$1"; }
mark() { since=$(($(wc -c < "$T/echo.out") + 1)); }

# typed TEXT WHAT: this, a line of its own, and nothing else came since mark.
typed() {
	exactly() { [ "$(arrived && echo .)" = "$1"$'\n.' ]; }
	DISPLAY=$B xdotool key Return
	eventually 10 exactly "$1" || fail "$2: '$(arrived)', not '$1'"
	mark
	echo "ok $2"
}

# line: end one, and wait until it has ended. Nothing is under way then.
line() {
	local lines
	lines=$(wc -l < "$T/echo.out")
	ended() { [ "$(wc -l < "$T/echo.out")" -gt "$lines" ]; }
	DISPLAY=$B xdotool key Return
	eventually 10 ended || fail "the line does not end: '$(arrived)'"
}

begin() {
	DISPLAY=$A xdotool key Return
	sleep 0.1
	mark
	show "$@"
	eventually 20 ready || fail 'no window with the keyboard'
	line
	mark
}
# xdotool gives a character that no key has a keycode for as long as it takes
# it: slow enough for SDL to ask what that means.
type() { DISPLAY=$B xdotool type --delay 80 "$1"; }
# written WHAT: that is so with all of $text. SDL may ask too late when something
# else has the processors: then slower.
written() {
	local delay
	for delay in 80 200 500; do
		DISPLAY=$B xdotool type --delay $delay "$text"
		line
		[ "$(arrived && echo .)" != "$text"$'\n.' ] || break
		[ $delay != 500 ] || fail "$1: '$(arrived)', not '$text'"
		echo "$delay ms are too short: '$(arrived)'"
		mark
	done
	mark
	echo "ok $1"
}
press() { DISPLAY=$B xdotool key --delay 20 "$@"; }

link=yes
start probe "$BIN/tests/e2e/onlink" wan true true
probed() {
	grep -q '^up' "$T/probe.out" || ! kill -0 "$PID" 2>/dev/null
}
eventually 10 probed
stop "$PID"
case $STATUS in
0) ;;
77)
	echo "without the link of 40 ms and 1 %: $(cat "$T/probe.log")"
	link=no
	;;
*) fail 'the link' ;;
esac

# The same layout at both ends.
begin
written 'us to us'
# Keys are places: a German keyboard here writes what the desktop makes of it.
DISPLAY=$B setxkbmap de
sleep 1
type 'zy'
typed 'yz' 'physical keys, de to us'
# What dead keys make is text. (xdotool presses acute, then e.)
press dead_acute e dead_circumflex o
typed 'éô' 'dead keys'

# Compose.
DISPLAY=$B setxkbmap us -option compose:menu
sleep 1
press Multi_key apostrophe e Multi_key equal C a Multi_key Multi_key
DISPLAY=$B xdotool key Escape
typed "é€a$(printf '\033')" 'Compose'
unshow

# The same text from another layout.
DISPLAY=$B setxkbmap -option '' de
sleep 1
begin --keyboard=text
written 'de to us, as text'
press ctrl+v Tab
typed "$(printf '\026\t')" 'shortcuts'
unshow

# All at once, and more different ones than the layout has room for.
serve "--source=x11:$A"
mark
long=春眠不覚暁処処聞啼鳥夜来風雨声花落知多少漢字仮名交文章試験用長文字列確認äöü€😀🎉我輩猫
"$tool" text "$ADDRESS" 'correct horse' "$long" || fail 'no text was sent'
whole() { heard "$long"; }
eventually 10 whole || fail "all at once: '$(arrived)', not '$long'"
DISPLAY=$A xdotool key Return
stop "$SERVER"
echo 'ok all at once'

# ---- lock keys: what is typed is what the lights here say ----
link=no
DISPLAY=$B setxkbmap us
sleep 1
begin
state() { DISPLAY=$1 "$tool" state 2> "$T/state.log"; }
locks() { [ "$(state "$A")" = "keys 0 buttons 0 locks $1" ]; }
type a
press Caps_Lock
type b
press Caps_Lock
type c
press Caps_Lock Caps_Lock
type d
press Caps_Lock Caps_Lock Caps_Lock
type e
typed aBcdE 'Caps Lock'
eventually 5 locks 2 || fail "Caps Lock is not on there: $(state "$A")"
# Another program here switches it, and Num Lock, while the window is not
# looking; then one there does.
DISPLAY=$B xdotool mousemove 0 0
DISPLAY=$B start other xterm -display "$B" -geometry 20x5+400+300
eventually 5 sh -c "DISPLAY=$B xdotool search --class xterm" > /dev/null ||
	fail 'no other window'
focused() { # CLASS
	DISPLAY=$B xdotool search --onlyvisible --class "$1" windowfocus &&
		[ "$(DISPLAY=$B xdotool getwindowfocus)" = \
			"$(DISPLAY=$B xdotool search --onlyvisible --class "$1")" ]
} > "$T/focus" 2>&1
eventually 5 focused xterm || fail 'the other window has no focus'
sleep 1 # so long SDL takes to believe it
DISPLAY=$B "$tool" lock 16
eventually 5 focused oriel-view || fail 'no focus again'
eventually 5 locks 16 || fail "Num Lock alone: $(state "$A")"
type f
DISPLAY=$A "$tool" lock 2
sleep 0.3
type g
DISPLAY=$B "$tool" lock 18
press h
eventually 5 locks 18 || fail "the last: $(state "$A")"
typed fgH 'lock keys switched elsewhere'
DISPLAY=$B "$tool" lock 0
unshow

# ---- an input method ----
if command -v ibus-daemon > /dev/null &&
	[ -x /usr/libexec/ibus-engine-hangul ]; then
	export GSETTINGS_BACKEND=memory
	start bus dbus-daemon --session --nofork --print-address=1
	eventually 5 test -s "$T/bus.out" || fail 'no bus'
	export DBUS_SESSION_BUS_ADDRESS XMODIFIERS=@im=ibus
	DBUS_SESSION_BUS_ADDRESS=$(head -1 "$T/bus.out")
	DISPLAY=$B start ibus ibus-daemon --cache=refresh --panel=disable \
		--config=/usr/libexec/ibus-memconf --emoji-extension=disable
	hangul() {
		DISPLAY=$B timeout 15 ibus engine hangul
		[ "$(DISPLAY=$B timeout 15 ibus engine)" = hangul ]
	} 2> /dev/null
	eventually 20 hangul || fail 'ibus does not start its engine'
	begin
	press Hangul g k s r m f Hangul
	typed '한글' 'ibus'
	unshow
	unset XMODIFIERS
else
	echo 'without ibus, which is not installed'
fi

# ---- the whole keyboard, where another window manager wants some of it ----
DISPLAY=$B start openbox openbox --sm-disable
managed() {
	xprop -display "$B" -root _NET_SUPPORTED | grep -q _NET_ACTIVE_WINDOW
}
eventually 10 managed || fail 'no window manager'
openbox=$PID
begin --fullscreen
press super alt+Tab super+d a
typed $'<Super_L><Alt_L>\t<Super_L>da' 'Super and Alt+Tab'
# Ctrl and Alt alone give it back; the menu is there, and Escape is its own.
picture "$B" "$T/no-menu.png"
DISPLAY=$B xdotool keydown ctrl keydown alt keyup alt keyup ctrl
eventually 5 differs "$B" "$T/no-menu.png" || fail 'no menu'
sleep 0.3
press x Escape b
typed '<Alt_L>b' 'Ctrl+Alt'
eventually 5 locks 0 || fail "held: $(state "$A")"
unshow
stop "$openbox"

# ---- nothing is down after anything ----
seed=${ORIEL_SEED:-$(($(date +%s) % 1000000))}
echo "seed $seed"
serve "--source=x11:$A"
start owner "$tool" owner "$ADDRESS" 'correct horse' 16
owner=$PID
for round in 0 1 2 3 4; do
	DISPLAY=$B start view "$BIN/oriel-view" --trust=first-use \
		$([ $((round % 2)) = 0 ] || echo --fullscreen) \
		--password-file="$T/password" "$ADDRESS"
	viewer=$PID
	eventually 10 sh -c "DISPLAY=$B xdotool search --onlyvisible \
		--class oriel-view windowfocus" > "$T/focus" 2>&1 ||
		fail 'no window'
	DISPLAY=$B start random "$tool" random $((seed + round)) 2000 3000
	random=$PID
	# Some are gone in the middle of it, in order or not.
	[ "$round" -ge 3 ] || sleep $((round + 1))
	[ "$round" != 0 ] || kill -9 "$viewer"
	[ "$round" != 2 ] || kill "$viewer"
	finish "$random" 20
	[ "$STATUS" = 0 ] || fail "no events: $STATUS"
	[ "$round" = 4 ] || kill -9 "$viewer" 2> /dev/null
done
finish "$owner" 20
grep -q 'taken [1-9]' "$T/owner.out" || fail 'nobody else took the keyboard'
nothing() { state "$A" | grep -q 'keys 0 buttons 0'; }
eventually 5 nothing || fail "seed $seed: $(state "$A")
$(cat "$T/state.log")"
# The lights are the same, as far as a living viewer has the focus.
kill -9 "$viewer" 2> /dev/null
DISPLAY=$B start view "$BIN/oriel-view" --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
equal() {
	DISPLAY=$B xdotool search --onlyvisible --class oriel-view \
		windowfocus > "$T/focus" 2>&1
	[ "$(state "$A")" = "$(state "$B")" ]
}
eventually 10 equal || fail "seed $seed: $(state "$A"), not $(state "$B")"
echo "ok 10000 random events"
echo ok
