#!/bin/bash
# sound.sh - an X desktop that is heard, and spoken to, through real sound
# servers' null sinks at both ends: what arrives, that silence and deafness cost
# nothing, that rights count, a sound server that goes and comes back, and a
# device that does.
. "$(dirname "$0")/lib.sh"

[ -x "$BIN/tests/e2e/hear" ] || {
	echo 'SKIPPED: this build has no PulseAudio'
	exit 0
}
export PULSE_RUNTIME_PATH=$T PULSE_SERVER=unix:$T/native

sounds() {
	start pulse pulseaudio -n --daemonize=no --exit-idle-time=-1 \
		--use-pid-file=no --system=no --log-level=error \
		-L "module-native-protocol-unix auth-anonymous=1 socket=$T/native" \
		-L 'module-null-sink sink_name=desk rate=48000' \
		-L 'module-null-sink sink_name=here rate=48000' \
		-L 'module-null-sink sink_name=voice rate=48000'
	PULSE=$PID
	eventually 10 pactl info > "$T/pactl.out" 2>&1 || fail 'no sound server'
	pactl set-default-sink desk
}

# listen SECONDS OPTION...: a viewer in the background, into the sink `here`.
listen() {
	local seconds=$1
	shift
	rm -f "$T/stats"
	start listen env PULSE_SINK=here PULSE_SOURCE=voice.monitor \
		SDL_AUDIODRIVER=pulseaudio "$BIN/oriel-view" --headless --json \
		--trust=first-use --password-file="$T/password" --sound=on \
		--stats="$T/stats" --exit-after="$seconds" "$@" "$ADDRESS"
	LISTENER=$PID
	eventually 10 grep -qs '"ready"' "$T/listen.out" || fail 'no viewer'
}

# sent: bytes of sound so far, in the newest line of the viewer's statistics.
sent() {
	sed -n 's/.*"channels_in":{[^}]*"sound":\([0-9]*\).*/\1/p' "$T/stats" |
		tail -n 1
}

# beep SINK HZ SECONDS
beep() {
	python3 - "$T/beep.wav" "$2" "$3" <<-'END'
	import array, math, sys, wave
	with wave.open(sys.argv[1], "wb") as f:
	    f.setnchannels(1), f.setsampwidth(2), f.setframerate(48000)
	    f.writeframes(array.array("h", (int(12000 * math.sin(
	        2 * math.pi * float(sys.argv[2]) * i / 48000))
	        for i in range(48000))).tobytes() * int(sys.argv[3]))
	END
	paplay --device="$1" "$T/beep.wav"
}

value() { # NAME WORD
	awk -v n="$1" -v w="$2" '$1 == n { print int($w) }' "$T/heard"
}

# heard: what hear.c says of eight seconds is sound enough.
heard() {
	"$BIN/tests/e2e/hear" "$PULSE_SERVER" desk here 8 > "$T/heard" || return 1
	[ "$(value clicks 2)" -ge 4 ] && [ "$(value delay_ms 3)" -lt 1000 ] &&
		[ "$(value tones 2)" -ge 20 ] && [ "$(value tones 3)" -ge 20 ] &&
		[ "$(value tones 7)" -gt 6000 ]
}

sounds
x_server A 640x480
serve --source="x11:$A"
listen 400
heard || heard || heard || fail "not heard: $(tr '\n' ';' < "$T/heard")"
echo "ok a desktop is heard: $(tr '\n' ';' < "$T/heard")"

# Nothing plays: nothing comes.
silent() {
	sleep 2
	before=$(sent)
	sleep 3
	[ "$(sent)" = "$before" ] && [ "$before" -gt 20000 ]
}
silent || silent || fail "silence costs $before to $(sent)"
echo "ok silence costs nothing ($before bytes before)"

# The sound server goes, and another comes.
stop "$PULSE"
sleep 1
sounds
eventually 20 heard || fail "not heard again: $(tr '\n' ';' < "$T/heard")"
echo "ok a sound server that comes back is used again"
stop "$LISTENER"

# As it was sent, into a file; and who may not hear it does not.
# Sound waits for nobody: where something else has the processors, it may be
# tried three times.
for try in 1 2 3; do
	rm -f "$T/stats"
	start exact "$BIN/oriel-view" --headless --trust=first-use --json \
		--password-file="$T/password" --sound=exact --stats="$T/stats" \
		--sound-file="$T/exact.wav" "$ADDRESS"
	file=$PID
	eventually 5 grep -qs '"ready"' "$T/exact.out" ||
		fail 'no viewer for a file'
	beep desk 700 2
	sleep 1
	stop "$file"
	[ "$STATUS" = 0 ] || fail 'no file'
	# Two seconds of Opus would be 32000 bytes.
	python3 tests/e2e/tone.py "$T/exact.wav" 700 40 > "$T/tone" &&
		[ "$(sent)" -gt 200000 ] && break
	[ $try != 3 ] || fail "the file: $(cat "$T/tone") of $(sent) bytes"
done
stop "$SERVER"
echo 'rights = see input' > "$T/policy"
serve --source="x11:$A" --policy="$T/policy"
"$BIN/oriel-view" --headless --trust=first-use --password-file="$T/password" \
	--sound-file="$T/deaf.wav" --microphone=on --json --exit-after=5 \
	"$ADDRESS" > "$T/deaf.out" 2> "$T/deaf.log" &
file=$!
sleep 1
beep desk 700 1
wait "$file" || fail 'no second file'
python3 tests/e2e/tone.py "$T/deaf.wav" 700 0 > "$T/tone" ||
	fail "heard without the right: $(cat "$T/tone")"
pactl list short sources | grep -q oriel_microphone &&
	fail 'a microphone without the right'
grep -q microphone_denied "$T/deaf.out" &&
	grep -q 'your microphone is not heard' "$T/deaf.log" ||
	fail "it does not say that nobody hears it: $(cat "$T/deaf.log")"
stop "$SERVER"
echo 'ok a file has it exactly; without the right there is nothing'

# A microphone: heard by a program that records, while it does.
echo 'rights = all' > "$T/policy"
serve --source="x11:$A" --policy="$T/policy"
eventually 10 eval 'pactl list short sources | grep -qw oriel_microphone' ||
	fail 'no microphone'
record() {
	timeout "$1" parec --latency-msec=20 --device=oriel_microphone \
		--rate=48000 --channels=1 --format=s16le --raw > "$T/mic.raw"
}
for try in 1 2 3; do
	listen 400 --microphone=on
	grep -q microphone_wanted "$T/listen.out" && fail 'wanted too soon'
	record 6 &
	recorder=$!
	eventually 5 grep -q '"microphone_wanted","wanted":true' \
		"$T/listen.out" || fail 'it is not wanted'
	beep voice 600 3
	wait "$recorder"
	python3 tests/e2e/tone.py "$T/mic.raw" 600 12 > "$T/tone" && break
	[ $try != 3 ] || fail "the microphone: $(cat "$T/tone")"
	stop "$LISTENER"
done
eventually 5 grep -q '"microphone_wanted","wanted":false' "$T/listen.out" ||
	fail 'it is still wanted'
eventually 5 grep -q '^microphone_off' "$T/serve.log" || fail 'it is still on'
stop "$LISTENER"
# Who has not been asked does not speak.
listen 400
record 3 &
recorder=$!
beep voice 600 2
wait "$recorder"
python3 tests/e2e/tone.py "$T/mic.raw" 600 0 > "$T/tone" ||
	fail "spoken unasked: $(cat "$T/tone")"
stop "$LISTENER"
# Nor a microphone that was not chosen instead of one that was.
listen 400 --microphone=on --microphone-device='no such thing'
record 3 &
recorder=$!
beep voice 600 2
wait "$recorder"
python3 tests/e2e/tone.py "$T/mic.raw" 600 0 > "$T/tone" ||
	fail "another microphone: $(cat "$T/tone")"
grep -q 'there is no microphone no such thing' "$T/listen.log" ||
	fail "it does not say so: $(cat "$T/listen.log")"
stop "$LISTENER"

# One that is pulled out, and put in again, while it is heard.
plug() {
	pactl load-module module-remap-source master=voice.monitor \
		source_name=plug 'source_properties=device.description="Plug\ in"'
}
spoken() { # HZ
	beep voice "$1" 1
	python3 tests/e2e/tone.py "$T/mic.raw" "$1" 12 > "$T/tone"
}
module=$(plug)
listen 400 --microphone=on --microphone-device='plug IN'
timeout 100 parec --latency-msec=20 --device=oriel_microphone --rate=48000 \
	--channels=1 --format=s16le --raw > "$T/mic.raw" &
recorder=$!
started+=("$recorder")
eventually 5 spoken 800 || fail "not from the plug: $(cat "$T/tone")"
pactl unload-module "$module"
eventually 10 grep -q 'there is no microphone plug IN' "$T/listen.log" ||
	fail "it does not say that it went: $(cat "$T/listen.log")"
module=$(plug)
eventually 5 spoken 900 || fail "a microphone that came back: $(cat "$T/tone")"
kill "$recorder"
wait "$recorder" 2> /dev/null # ended by us
stop "$LISTENER"
pactl unload-module "$module"

# A device by its name, which goes and comes back.
other() {
	pactl load-module module-null-sink sink_name=other rate=48000 \
		'sink_properties=device.description="Other\ place"'
}
plays_on() { # SINK
	local sink
	sink=$(pactl list short sinks | awk -v n="$1" '$2 == n { print $1 }')
	[ -n "$sink" ] && pactl list short sink-inputs |
		awk -v s="$sink" '$2 == s { n++ } END { exit !n }'
}
module=$(other)
listen 400 --sound-device='other PLACE'
beep desk 500 120 &
beeper=$!
started+=("$beeper")
eventually 10 plays_on other || fail "not where it was told to:
$(pactl list short sink-inputs; cat "$T/listen.log")"
pactl unload-module "$module"
eventually 10 plays_on here || fail 'nowhere else'
eventually 5 grep -q 'the default one plays until it comes' "$T/listen.log" ||
	fail "it does not say so: $(cat "$T/listen.log")"
module=$(other)
eventually 10 plays_on other || fail 'not on the one that came back'
stop "$LISTENER"
# What cancels echoes is used, where there is such a thing.
if pactl load-module module-echo-cancel sink_name=clean sink_master=here \
	source_name=clear source_master=voice.monitor > "$T/echo" 2>&1; then
	listen 400
	eventually 10 plays_on clean || fail "echoes are not cancelled:
$(pactl list short sink-inputs; pactl list sinks | grep Description)"
	stop "$LISTENER"
fi
echo 'ok a device that goes is followed, and echoes are left to the system'
# Nobody wants it any more when the sound server has died.
listen 30 --microphone=on
record 20 &
eventually 5 grep -q '"microphone_wanted","wanted":true' "$T/listen.out" ||
	fail 'it is not wanted again'
stop "$PULSE" KILL
eventually 5 grep -q '"microphone_wanted","wanted":false' "$T/listen.out" ||
	fail 'it is wanted without a sound server'
stop "$LISTENER"
# One that stands still holds nobody up.
sounds
eventually 20 eval 'pactl list short sources | grep -qw oriel_microphone' ||
	fail 'no microphone after that'
kill -STOP "$PULSE"
stop "$SERVER"
kill -CONT "$PULSE"
[ "$STATUS" = 0 ] || fail "with a sound server that stands still: $STATUS"
eventually 5 eval '! pactl list short sources | grep -q oriel_microphone' ||
	fail 'the modules stay'
serve --source="x11:$A" --policy="$T/policy"
eventually 10 eval 'pactl list short sources | grep -qw oriel_microphone' ||
	fail 'no microphone in the end'
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "oriel-serve ends with $STATUS"
gone() {
	! pactl list short sources | grep -q oriel_microphone
}
eventually 5 gone || fail 'it stays behind'
echo 'ok a microphone is heard while it is wanted and allowed, and goes'
