#!/bin/bash
# lies.sh - virtual machines that lie, one lie each: it is said what is wrong,
# what was true before is still to be seen, and memory stays what it was. The
# same machine, honest, measures how soon it is answered while a viewer stands
# still, and how often nothing wakes us.
. tests/e2e/lib.sh

cat > "$T/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC
	 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig><listen>unix:path=$T/bus</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow send_destination="*"/><allow own="*"/>
	<allow receive_sender="*"/></policy></busconfig>
END
source=qemu:unix:path=$T/bus
start bus dbus-daemon --config-file="$T/bus.conf" --nofork
eventually 5 test -S "$T/bus" || fail 'no bus'

# lie NAME OPTION...: a machine that tells it, and a server that shows it.
lie() {
	rm -f "$T/liar.out"
	start liar "$BIN/tests/e2e/liar" "unix:path=$T/bus" "$1"
	liar=$PID
	serve --source="$source" --stats="$T/stats" --listen="unix:$T/sock" \
		"${@:2}"
	eventually 20 grep -q '^told' "$T/liar.out" || fail "$1: not told"
}
# see NAME: what a viewer shows, NAME.png.
see() {
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/$1.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "$1: the viewer's exit is $STATUS"
}
# count KEY: of the last line of the statistics.
count() {
	sed -n "\$s/.*\"$1\":\([0-9]*\).*/\1/p" "$T/stats"
}
# over NAME MOST: the machine goes, the server is stopped; it has used at most
# MOST bytes of memory, and copied no pixel twice.
over() {
	stop "$liar"
	eventually 5 grep -q 'has gone from its bus; waiting' \
		"$T/serve.log" || fail "$1: it does not say that it is gone"
	stop "$SERVER"
	[ "$STATUS" = 0 ] || fail "$1: exit $STATUS"
	[ "$(count max_rss_bytes)" -lt "$2" ] ||
		fail "$1: $(count max_rss_bytes) bytes of memory"
	[ "$(count source_copied_bytes)" -le "$(count source_bytes)" ] ||
		fail "$1: it copies more than it is sent"
	echo "ok $1 ($(($(count max_rss_bytes) >> 20)) MiB)"
}

convert -size 64x48 xc:'#123456' "$T/truth.png"
while read -r name most words; do
	lie "$name"
	eventually 10 grep -q "$words" "$T/serve.log" ||
		fail "$name: it does not say: $words"
	see lie
	# What it said before it lied is still to be seen.
	same "$T/truth.png" "$T/lie.png" || fail "$name: another picture"
	over "$name" "$most"
done <<-END
	honest 150000000 listening\|key
	outside 150000000 keeps drawing outside its screen
	short 150000000 fewer pixels than it says
	stride 150000000 rows of a wrong length
	large 150000000 screen that is too large
	told 150000000 larger than its bus can carry
	big 500000000 listening\|key
	format 150000000 pixel format that cannot be shown
	dmabuf 150000000 graphics card
	pointers 150000000 pointer is too large
	flapping 150000000 too often to be followed
	hangup 150000000 keeps hanging up on its screen
	nonsense 150000000 sends a screen that makes no sense\|key
	many 150000000 more consoles than can be shown
	agent-garbage 150000000 writes makes no sense
	agent-huge 150000000 listening\|key
	agent-caps 150000000 agent is there
END

# Those that are refused at once.
while read -r name words; do
	start liar "$BIN/tests/e2e/liar" "unix:path=$T/bus" "$name"
	liar=$PID
	start serve "$BIN/oriel-serve" --source="$source" \
		--password-file="$T/password"
	finish "$PID" 20
	[ "$STATUS" = 6 ] || fail "$name: exit $STATUS"
	grep -q "$words" "$T/serve.log" || fail "$name: it does not say: $words"
	stop "$liar" KILL
	echo "ok $name"
done <<-END
	mute does not answer
	types does not say which consoles it has
END

# ---- a sound card that is opened and closed a hundred times a second, and lies

echo 'rights = all' > "$T/all"
wanted() {
	grep microphone_wanted "$T/view.out" | tail -n 1 | grep -q ":$1}"
}
# It plays in real time: where that is taken from it, it may try again.
for try in 1 2 3; do
	lie sounds --policy="$T/all"
	start view "$BIN/oriel-view" --headless --trust=first-use \
		--password-file="$T/password" --sound-file="$T/sounds.wav" \
		--json "$ADDRESS"
	viewer=$PID
	eventually 10 grep -q '^died recording' "$T/liar.out" ||
		fail 'sounds: its recorder does not die'
	eventually 1 wanted false ||
		fail 'sounds: a recorder that has died wants the microphone'
	eventually 10 grep -q '^stormed out' "$T/liar.out" &&
		eventually 10 grep -q '^stormed in' "$T/liar.out" ||
		fail 'sounds: it did not tell all of its lies'
	sleep 4 # of three it plays
	stop "$viewer"
	[ "$STATUS" = 0 ] || fail "sounds: the viewer's exit is $STATUS"
	python3 tests/e2e/tone.py "$T/sounds.wav" 440 40 > "$T/tone" && break
	[ $try != 3 ] || fail "sounds: heard after the storm: $(cat "$T/tone")"
	stop "$liar"
	stop "$SERVER"
done
grep -q 'opened a sound that cannot be heard' "$T/serve.log" ||
	fail 'sounds: it does not say so'
over sounds 150000000

# ---- one that is switched off says so

lie off
see off
[ "$(convert "$T/off.png" -crop 1x1+0+0 -format '%[hex:u]' info:)" = 20242A ] ||
	fail 'no placard on a screen that is off'
over off 150000000

# ---- the guest's agent is asked for another size

lie agent
# ask LINE...: a client does that; it stays until `leave`.
ask() {
	rm -f "$T/lines"
	mkfifo "$T/lines"
	# Open at both ends, so that nobody waits for the other.
	exec 9<> "$T/lines"
	start fingers bash -c 'exec "$0" "$1" < "$2" 9>&-' \
		"$BIN/tests/e2e/fingers" "unix:$T/sock" "$T/lines"
	client=$PID
	eventually 10 grep -q '^display liar' "$T/fingers.out" ||
		fail 'the client has no display'
	printf '%s\n' "$@" >&9
	eventually 10 grep -q '^ok' "$T/fingers.out" || fail 'it cannot ask'
}
leave() {
	exec 9>&-
	finish "$client" 10
}
ask 'size liar 100 80'
eventually 10 grep -q '^display liar 0 100x80' "$T/fingers.out" ||
	fail 'the screen is not 100 x 80'
leave
grep -q 'monitors 100 x 80' "$T/liar.out" || fail 'the agent was not asked'
over agent 150000000

# ---- fingers, of a machine that takes them and of one that does not

lie fingers
ask 'down 7 liar 10 20' 'down 9 liar 30 40' 'move 7 liar 11 21' \
	'up 9 liar 30 40' 'down 3 liar 5 6'
eventually 10 grep -q '^finger 0 1 5 6' "$T/liar.out" || fail 'no fingers'
leave
# It left with two of them down.
let_go() {
	[ "$(grep -c '^finger 2' "$T/liar.out")" = 3 ]
}
eventually 10 let_go || fail 'fingers stay down'
[ "$(grep '^finger' "$T/liar.out" | head -5 | tr '\n' ';')" = "finger 0 0 10 20;\
finger 0 1 30 40;finger 1 0 11 21;finger 2 1 30 40;finger 0 1 5 6;" ] ||
	fail "other fingers: $(cat "$T/liar.out")"
! grep -q '^mouse' "$T/liar.out" || fail 'fingers move the pointer, too'
over fingers 150000000

lie honest
ask 'down 7 liar 10 20' 'down 9 liar 30 40' 'move 7 liar 11 21' \
	'up 9 liar 30 40' 'up 7 liar 11 21'
eventually 10 grep -q '^mouse Release 0' "$T/liar.out" ||
	fail "no release: $(cat "$T/liar.out")"
leave
[ "$(grep '^mouse' "$T/liar.out" | tr '\n' ';')" = "mouse SetAbsPosition 10 20;\
mouse Press 0 0;mouse SetAbsPosition 11 21;mouse Release 0 0;" ] ||
	fail "another pointer: $(cat "$T/liar.out")"
over pointer 150000000

# ---- a viewer that stands still

rm -f "$T/liar.out"
start liar "$BIN/tests/e2e/liar" "unix:path=$T/bus" patient
liar=$PID
serve --source="$source" --stats="$T/stats"
start viewer "$BIN/oriel-view" --headless --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
eventually 10 grep -q 'peer_joined' "$T/serve.log" || fail 'nobody joined'
sleep 1
kill -STOP "$viewer"
kill -USR1 "$liar"
eventually 60 grep -q '^answered' "$T/liar.out" || fail 'it is not answered'
kill -CONT "$viewer"
see after
same "$T/truth.png" "$T/after.png" || fail 'the last screen is another'
over "$(sed -n 's/^answered/a stopped viewer: answered/p' "$T/liar.out")" \
	250000000
stop "$viewer"

# ---- nothing happens

# sleeps PID: how often it has gone to sleep so far.
sleeps() {
	awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$1/status"
}
start liar "$BIN/tests/e2e/liar" "unix:path=$T/bus" honest
liar=$PID
serve --source="$source"
eventually 10 grep -q '^told' "$T/liar.out" || fail 'not told'
quiet() {
	local before
	sleep 2
	before=$(sleeps "$SERVER")
	sleep 10
	woken=$(($(sleeps "$SERVER") - before))
	[ "$woken" = 0 ]
}
# On a busy machine all may not have been said yet when it begins.
quiet || quiet || quiet || fail "$woken wakeups in 10 s, for nobody"
echo 'ok 0 wakeups in 10 s without a client'
stop "$liar"
stop "$SERVER"
