#!/bin/bash
# guest_sound.sh - the sound card of a real guest: what it plays is heard by a
# viewer, what a viewer says is recorded by it, and it may open and close its
# card as often as it likes.
. "$(dirname "$0")/lib.sh"

GUEST=${GUEST:-build/guest}
tools/guest/build.sh "$GUEST" || {
	[ $? = 3 ] || fail 'there is no guest'
	echo 'SKIPPED: without a network there is no guest, and nothing was tested'
	exit 0
}
"$BIN/oriel-serve" --version | grep -q 'qemu: libsystemd' || {
	echo 'SKIPPED: this build has no QEMU'
	exit 0
}

# ask COMMAND [SECONDS]: of the guest's shell, which takes a line.
ask() {
	python3 tools/guest/ask.py "$T/agent" "${1//$'\n\t'/ }" "${2:-90}" \
		> "$T/ask.out" 2>&1
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
AUDIO=dbus start machine tools/guest/run.sh "$GUEST" "$T" \
	-display "dbus,addr=unix:path=$T/bus,audiodev=sound"
machine=$PID
eventually 20 test -S "$T/qmp" || fail 'no machine'
echo 'rights = all' > "$T/policy"
serve --source="qemu:unix:path=$T/bus" --policy="$T/policy"
eventually 90 grep -q '^MARK ready' "$T/serial" || fail 'the guest does not start'
grep -q 'the virtual machine has sound' "$T/serve.log" || fail 'it has no sound'
ask 'amixer -q sset Master 80% unmute' || fail 'no mixer'

# hear FILE: a viewer in the background.
hear() {
	start hear "$BIN/oriel-view" --headless --json --trust=first-use \
		--password-file="$T/password" --sound-file="$1" "$ADDRESS"
	HEARER=$PID
	eventually 10 grep -qs '"ready"' "$T/hear.out" || fail 'no viewer'
}

# heard NAME LEAST RATE [COMMAND]: after that command the guest plays a tone,
# and a viewer hears LEAST times 25 ms of it. An emulated guest that has to wait
# for its processor plays with holes: it may try three times.
heard() {
	local try
	for try in 1 2 3; do
		hear "$T/$1.wav"
		[ -z "${4:-}" ] || "$4"
		ask "timeout 5 speaker-test -D hw:0,0 -c 2 -r $3 -F S16_LE
			-t sine -f 440 -l 0 > /dev/null"
		sleep 0.5 # of it may be on its way
		stop "$HEARER"
		[ "$STATUS" = 0 ] || fail "the viewer ends with $STATUS"
		python3 tests/e2e/tone.py "$T/$1.wav" 440 "$2" > "$T/tone" &&
			return
		echo "try $try: $(cat "$T/tone")"
	done
	return 1
}

heard played 40 44100 || fail "heard of the guest: $(cat "$T/tone")"
echo "ok a guest is heard: $(cat "$T/tone")"

# Open and close, as fast as an emulated machine can; then it is heard as before.
storm() {
	ask 'end=$(($(date +%s) + 4)); n=0;
		while [ $n -lt 3 ] || [ $(date +%s) -lt $end ]; do
		head -c 400 /dev/zero | timeout 5 aplay -q -D hw:0,0 -f S16_LE
		-r 44100 -c 2 -t raw -B 50000; n=$((n + 1)); done;
		echo opened $n' ||
		fail "no storm: $(cat "$T/ask.out")"
	echo "$(grep opened "$T/ask.out") times"
}
heard storm 20 48000 storm || fail "heard after the storm: $(cat "$T/tone")"
kill -0 "$SERVER" && kill -0 "$machine" || fail 'one of them ended'
echo "ok a card that is opened and closed all the time: $(cat "$T/tone")"

# A microphone: only while the guest records, and with the right.
[ -x "$BIN/tests/e2e/hear" ] || {
	echo 'SKIPPED: this build has no PulseAudio, so there is no microphone'
	exit 0
}
export PULSE_RUNTIME_PATH=$T PULSE_SERVER=unix:$T/native
start pulse pulseaudio -n --daemonize=no --exit-idle-time=-1 \
	--use-pid-file=no --system=no --log-level=error \
	-L "module-native-protocol-unix auth-anonymous=1 socket=$T/native" \
	-L 'module-null-sink sink_name=voice rate=48000'
eventually 10 pactl info > "$T/pactl.out" 2>&1 || fail 'no sound server'
# speak HZ: while the guest records; succeeds where that is heard.
speak() {
	python3 - "$T/voice.raw" "$1" <<-'END'
	import array, math, sys
	open(sys.argv[1], "wb").write(array.array("h", (int(12000 * math.sin(
	    2 * math.pi * int(sys.argv[2]) * i / 48000))
	    for i in range(48000))).tobytes() * 120)
	END
	start voice pacat --device=voice --rate=48000 --channels=1 \
		--format=s16le --raw "$T/voice.raw"
	VOICE=$PID
	start hear env PULSE_SOURCE=voice.monitor SDL_AUDIODRIVER=pulseaudio \
		"$BIN/oriel-view" --headless --json --trust=first-use --sound=on \
		--password-file="$T/password" --microphone=on "$ADDRESS"
	HEARER=$PID
	eventually 10 grep -qs '"ready"' "$T/hear.out" || fail 'no viewer'
	grep -q microphone_wanted "$T/hear.out" && fail 'wanted too soon'
	ask 'timeout 20 arecord -q -D plughw:0,0 -f S16_LE -r 48000 -c 1 -d 5
		-t raw /tmp/r.raw; base64 -w 0 /tmp/r.raw' ||
		fail 'the guest cannot record'
	base64 -d < "$T/ask.out" > "$T/recorded.raw"
	stop "$VOICE"
	python3 tests/e2e/tone.py "$T/recorded.raw" "$1" > "$T/tone"
}

# What an emulated guest records has holes, too: it may try three times. Where
# nobody answers, QEMU repeats what its buffer had last: so another tone each.
for hz in 600 720 960; do
	recorded=
	speak $hz && recorded=yes
	eventually 5 grep -q '"wanted":true' "$T/hear.out" ||
		fail 'it is not wanted'
	eventually 5 grep -q '"wanted":false' "$T/hear.out" ||
		fail 'it is still wanted'
	stop "$HEARER"
	[ -z "$recorded" ] || break
	echo "$hz Hz: $(cat "$T/tone")"
done
[ -n "$recorded" ] || fail "recorded by the guest: $(cat "$T/tone")"
echo "ok a guest records what is said, and asks for no longer: $(cat "$T/tone")"
stop "$SERVER"
echo 'rights = see hear input' > "$T/policy"
serve --source="qemu:unix:path=$T/bus" --policy="$T/policy"
speak 840
grep -q '^0 of' "$T/tone" || fail "recorded all the same: $(cat "$T/tone")"
grep -q microphone_wanted "$T/hear.out" && fail 'wanted without the right'
grep -q microphone_denied "$T/hear.out" &&
	grep -q 'your microphone is not heard' "$T/hear.log" ||
	fail "it does not say that it is not heard: $(cat "$T/hear.log")"
stop "$HEARER"
echo 'ok without the right it is not recorded, and the viewer says so'
