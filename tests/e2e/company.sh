#!/bin/bash
# company.sh - two viewers of one desktop, under each word of the policy.
. "$(dirname "$0")/lib.sh"

x_server A 640x400

desktop() { # WORD
	printf 'second = %s\n' "$1" > "$T/policy"
	serve "--source=x11:$A" --policy="$T/policy"
}

look() { # NAME: a viewer that stays; what happens to it is in NAME.out.
	rm -f "$T/$1.out" # of the one before
	start "$1" "$BIN/oriel-view" --headless --json --trust="$KEY" \
		--password-file="$T/password" --exit-when=closed "$ADDRESS"
}

says() { # NAME WORDS...: the newest event that has them.
	local name=$1
	shift
	grep -sF "$1" "$T/$name.out" | tail -n 1 | grep -qF -- "$2"
}

# The right to type is 4 of those that a policy gives without a word of them.
all='"rights":439'
less='"rights":435'

# take: both have the right, the first the keyboard.
desktop take
look one
eventually 10 says one '"owner"' '"yours":true' || fail 'take: no owner'
look two
eventually 10 says two '"owner"' '"yours":false' || fail 'take: two owners'
eventually 5 says two '"rights"' "$all" || fail "take: two has less"

# The same in windows: the title says who, the menu takes it.
x_server B 1280x900
start openbox env DISPLAY="$B" openbox --sm-disable
managed() {
	xprop -display "$B" -root _NET_SUPPORTED | grep -q _NET_ACTIVE_WINDOW
}
eventually 10 managed || fail 'no window manager'
start window env DISPLAY="$B" "$BIN/oriel-view" --trust="$KEY" --verbose \
	--password-file="$T/password" "$ADDRESS"
window=$PID
titled() {
	id=$(DISPLAY=$B xdotool search --onlyvisible --class oriel-view) &&
		DISPLAY=$B xdotool getwindowname "$id" | grep -q "$1"
}
eventually 10 titled "$(hostname) has the keyboard" || fail 'take: no title'
active() {
	[ "$(DISPLAY=$B xdotool getactivewindow 2> /dev/null)" = "$id" ]
}
eventually 10 active || fail 'take: the window has no focus'
untitled() {
	! titled 'has the keyboard'
}
takes() {
	picture "$B" "$T/no-menu.png"
	DISPLAY=$B xdotool keydown ctrl keydown alt keyup alt keyup ctrl
	eventually 5 differs "$B" "$T/no-menu.png" || return 1
	sleep 0.3
	# From below: to disconnect, to take it.
	DISPLAY=$B xdotool key --delay 40 Up Up Return
}
takes && eventually 5 untitled || fail 'take: the menu does not take it'
eventually 5 says one '"owner"' '"yours":false' || fail 'take: two have it'
stop "$window"
eventually 5 says one '"owner"' '"yours":true' || fail 'take: nobody has it'
stop "$SERVER"

# watch: the second gets the right when the first has left.
desktop watch
look one
first=$PID
eventually 10 says one '"rights"' "$all" || fail 'watch: the first has less'
look two
eventually 10 says two '"rights"' "$less" || fail 'watch: the second has it'
stop "$first"
eventually 10 says two '"rights"' "$all" || fail 'watch: it stays with nobody'
eventually 10 says two '"owner"' '"yours":true' || fail 'watch: no owner'
stop "$SERVER"

# replace: the first goes, and is told who came.
desktop replace
look one
first=$PID
eventually 10 says one '"state"' '"ready"' || fail 'replace: no first'
look two
finish "$first" 10
[ "$STATUS" = 0 ] || fail "replace: the first ends with $STATUS"
grep -q 'oriel has taken over' "$T/one.out" || fail 'replace: it is not told'
eventually 10 says two '"owner"' '"yours":true' || fail 'replace: no second'
stop "$SERVER"

# refuse: the second is not let in, and told why.
desktop refuse
look one
eventually 10 says one '"state"' '"ready"' || fail 'refuse: no first'
look two
finish "$PID" 10
[ "$STATUS" = 5 ] || fail "refuse: the second ends with $STATUS"
grep -q 'one viewer at a time' "$T/two.log" || fail 'refuse: it is not told'
says one '"owner"' '"yours":true' || fail 'refuse: the first has lost it'
stop "$SERVER"

# A word that is none.
printf 'second = both\n' > "$T/policy"
"$BIN/oriel-serve" --source=pattern --policy="$T/policy" 2> "$T/both.log"
[ $? = 2 ] || fail 'both: it starts'
grep -q 'line 1: second is one of' "$T/both.log" || fail 'both: says nothing'
