#!/bin/bash
# sound.sh [LINK...] - what is heard of a desktop over links, by real sound
# servers at both ends and one clock: a table of how late, how loud, which
# frequency and how many gaps. Not part of the tests: it takes as long as it is
# told, and judges nothing. `make sound` begins it.
#
# SOUND_SECONDS  for each link (20)
# SOUND_LOAD     what else is on the line: none, painted (pattern:desktop, and
#                no window: little work, much of the line), screen (a scrolling
#                terminal), video (a recording that plays), bulk (50 MB
#                through the clipboard, again and again), or all (both)
# SOUND_FROM     desktop, guest (a virtual machine's sound card; the latency is
#                what is added to that of a viewer beside the server), or clip
#                (a film that flashes and clicks: by how much sound is behind the
#                picture as well, least, median and most)
# SOUND_APART    1: sound and pictures have a connection each
# Gaps are those in what was heard, and behind the / in what was played; where
# those are any, the machine was too busy for the rest to mean anything. Made up
# are gaps that the viewer concealed, and behind the / how often it was late
# itself.
#
# SOUND_OUT      a folder for the viewer's statistics, and a plot of them
. tests/e2e/lib.sh

seconds=${SOUND_SECONDS:-20}
load=${SOUND_LOAD:-none}
from=${SOUND_FROM:-desktop}
LINK=$BIN/tests/e2e/onlink
export PULSE_RUNTIME_PATH=$T PULSE_SERVER=unix:$T/native
[ $# -gt 0 ] || set -- lan wan dsl lossy 4g

"$LINK" wan true true > /dev/null 2> "$T/why.log" &
PID=$!
sleep 1
kill "$PID"
wait "$PID"
[ "$?" != 77 ] || {
	echo "skipped: $(cat "$T/why.log")"
	exit 0
}
start pulse pulseaudio -n --daemonize=no --exit-idle-time=-1 \
	--use-pid-file=no --system=no --log-level=error \
	-L "module-native-protocol-unix auth-anonymous=1 socket=$T/native" \
	-L 'module-null-sink sink_name=desk rate=48000' \
	-L 'module-null-sink sink_name=here rate=48000'
eventually 10 pactl info > "$T/pactl.out" 2>&1 || fail 'no sound server'
pactl set-default-sink desk
x_server A 1280x720
x_server B 1280x720
DISPLAY=$B start wm openbox # a clipboard is for the window in front
printf 'rights = all\ncopy = text\n' > "$T/policy"
source=x11:$A window=--fullscreen sounds=pulse:desk
if [ "$load" = painted ]; then
	source=pattern:desktop window=--headless
fi

value() { # NAME WORD
	awk -v n="$1" -v w="$2" '$1 == n { print $w }' "$T/heard"
}

# last NAME: in the viewer's newest statistics.
last() {
	sed -n 's/.*"sound":{[^}]*"'"$1"'":\(-\?[0-9.]*\).*/\1/p' "$2" |
		tail -n 1
}

# machine: a guest that plays the pattern, and a viewer of it beside the server.
machine() {
	GUEST=${GUEST:-build/guest}
	tools/guest/build.sh "$GUEST" || fail 'there is no guest'
	sed "s|ADDRESS|unix:path=$T/bus|" > "$T/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC
		 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig><listen>ADDRESS</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow send_destination="*"/>
		<allow own="*"/><allow receive_sender="*"/></policy>
		<limit name="max_message_size">134217728</limit></busconfig>
	END
	start bus dbus-daemon --config-file="$T/bus.conf" --nofork
	eventually 5 test -S "$T/bus" || fail 'no bus'
	AUDIO=dbus start machine tools/guest/run.sh "$GUEST" "$T" \
		-display "dbus,addr=unix:path=$T/bus,audiodev=sound"
	eventually 120 grep -qs '^MARK ready' "$T/serial" ||
		fail 'the guest does not start'
	source=qemu:unix:path=$T/bus window=--headless sounds=auto
	python3 - "$T/pattern" <<-'END'
	import array, math, sys
	rate, out = 16000, array.array("h")
	for i in range(2 * rate):
	    at, t = i % rate, i % rate / rate - 0.2
	    turns = (400 + 1600 / 1.4 * t) * t if i >= rate else 1000 * t
	    out.append(30000 if at < 8 else 0 if not 0 <= t < 0.7 else
	               int(12000 * math.sin(2 * math.pi * turns)))
	open(sys.argv[1], "wb").write(out.tobytes())
	END
	base64 -w 0 "$T/pattern" | fold -w 20000 > "$T/pattern.64"
	ask 'amixer -q sset Master 100% unmute; rm -f /tmp/p' || fail 'no mixer'
	while read -r part || [ -n "$part" ]; do
		ask "echo -n $part >> /tmp/p" || fail 'the guest takes nothing'
	done < "$T/pattern.64"
	ask 'base64 -d < /tmp/p > /tmp/pattern; (while cat /tmp/pattern; do :; done |
	aplay -q -D plughw:0,0 -t raw -f S16_LE -r 16000 -c 1) > /dev/null 2>&1 &' ||
		fail 'the guest plays nothing'
}

ask() {
	python3 tools/guest/ask.py "$T/agent" "${1//$'\n\t'/ }" 30 \
		> "$T/ask.out" 2>&1
}

film() { # a clip of 30 s that flashes and clicks every 2
	ffmpeg -v error -y -f lavfi -i "testsrc2=s=1280x720:r=25:d=30,
drawbox=c=white:t=fill:enable='lt(mod(t,2),0.08)'" -f lavfi \
		-i "aevalsrc='if(lt(mod(t,2),0.0005),0.92,0)':s=48000:d=30" \
		-c:v libx264 -preset ultrafast -qp 20 -c:a pcm_s16le \
		"$T/clip.mkv" || fail 'no film could be made'
}

busy() {
	case $load in
	screen)
		DISPLAY=$A start work xterm -geometry 150x50+0+0 -e \
			'while :; do ls -lR /usr/lib | head -n 3000; done'
		;;
	video | all)
		DISPLAY=$A SDL_AUDIODRIVER=dummy start work ffplay -v error \
			-noborder -loop 0 -left 0 -top 0 -an "$T/clip.mkv"
		;;
	esac
}

# carry: 50 MB from the desktop's clipboard, again and again.
carry() {
	while :; do
		head -c 37500000 /dev/urandom | base64 -w 0 > "$T/load"
		xclip -display "$A" -selection clipboard -i "$T/load"
		sleep 1
		DISPLAY=$B xdotool mousemove 900 600 click 1
		timeout 120 xclip -display "$B" -selection clipboard -o \
			-t UTF8_STRING > /dev/null
	done
}

# carried FILE: of the viewer's statistics, on the clipboard's channel.
carried() {
	python3 - "$1" <<-'END'
	import json, sys
	of = json.loads(open(sys.argv[1]).readlines()[-1])["channels"]["clipboard"]
	of = sum(of.values()) if isinstance(of, dict) else of
	print(f"{of / 1e6:.1f}")
	END
}

over() { # LINK
	local options="$window --trust=first-use --json --password-file=$T/password" link
	local more=

	rm -f "$T/stats" "$T/serve.out" "$T/view.out"
	[ -z "${SOUND_APART:-}" ] ||
		more="DISPLAY=$B $BIN/oriel-view $options \
			--sound=off oriel://192.0.2.1:5910 > $T/view2.out 2>&1 &"
	start link "$LINK" "$1" \
		"exec $BIN/oriel-serve --source=$source --policy=$T/policy --sound=$sounds \
			--listen=unix:$T/near \
			--listen=tcp://192.0.2.1:5910 \
			--password-file=$T/password > $T/serve.out 2> $T/serve.log" \
		"until grep -qs '^listening' $T/serve.out; do sleep 0.2; done
		$more
		PULSE_SINK=here SDL_AUDIODRIVER=pulseaudio DISPLAY=$B \
			exec $BIN/oriel-view $options --sound=on \
			--stats=$T/stats oriel://192.0.2.1:5910 \
			> $T/view.out 2> $T/view.log"
	link=$PID
	eventually 20 grep -qs '"ready"' "$T/view.out" || fail 'no viewer'
	busy
	local carrier=
	if [ "$load" = all ] || [ "$load" = bulk ]; then
		carry > "$T/carry.out" 2>&1 &
		carrier=$!
		started+=("$carrier")
	fi
	sleep 3
	if [ "$from" = guest ]; then
		PULSE_SINK=desk SDL_AUDIODRIVER=pulseaudio start near \
			"$BIN/oriel-view" $options --sound=on "unix:$T/near"
		near=$PID
		sleep 10
		"$BIN/tests/e2e/hear" "$PULSE_SERVER" desk here "$seconds" \
			listen > "$T/heard"
		stop "$near"
	elif [ "$from" = clip ]; then
		start film env DISPLAY="$A" PULSE_SINK=desk \
			SDL_AUDIODRIVER=pulseaudio ffplay -v error -noborder \
			-loop 0 -left 0 -top 0 "$T/clip.mkv"
		film=$PID
		sleep 4
		"$BIN/tests/e2e/hear" "$PULSE_SERVER" desk here "$seconds" \
			listen "$A" "$B" > "$T/heard"
		stop "$film"
	else
		"$BIN/tests/e2e/hear" "$PULSE_SERVER" desk here "$seconds" \
			> "$T/heard"
	fi
	printf '%-8s %7s %6s %8s %6s %6s %6s %5s %5s %5s %s\n' "${1%%,*}" \
		"$(value hertz 2)" "$(value rise_off_percent 2)" \
		"$(value tones 7)" "$(value delay_ms 2)" "$(value delay_ms 3)" \
		"$(value delay_ms 4)" "$(value gaps 2)/$(value gaps 3)" \
		"$(last gaps "$T/stats")/$(last starved "$T/stats")" \
		"$(value tones 5)" \
		"$(value skew_ms 2) $(value skew_ms 3) $(value skew_ms 4)"
	[ "$from" != clip ] ||
		echo "  the picture came after $(value picture_ms 2) ms"
	[ -z "$carrier" ] || {
		kill "$carrier"
		wait "$carrier" 2> /dev/null
		echo "  through the clipboard: $(carried "$T/stats") MB"
	}
	[ -z "${SOUND_OUT:-}" ] || {
		mkdir -p "$SOUND_OUT"
		cp "$T/stats" "$SOUND_OUT/${1%%,*}.stats"
		cp "$T/heard" "$SOUND_OUT/${1%%,*}.heard"
		python3 tests/sound_plot.py "$T/stats" \
			> "$SOUND_OUT/${1%%,*}.svg"
	}
	stop "$link"
	[ -z "${work:-}" ] || stop "$work"
}

[ "$from" != guest ] || machine
[ "$from" = clip ] || [ "$load" = video ] || [ "$load" = all ] && film
echo 'link       hertz  chirp    level  least median   most  gaps  made other skew'
echo '                off %              ms     ms     ms          up/late    ms'
for link; do
	over "$link"
done
