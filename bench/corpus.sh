#!/bin/sh
# corpus.sh DIR - make the small corpus: three recordings of some seconds, of
# programs that Debian has, at 1280x720. Needs xvfb, xterm, feh, x11-apps,
# xdotool, imagemagick, fonts-dejavu-core and build/oriel-bench. Times depend on
# the machine a little, so that the recordings are kept, not made anew.
set -eu
umask 022
out=${1:?usage: bench/corpus.sh DIR}
bench=${O:-build}/oriel-bench
T=$(mktemp -d)
pids=
clean_up() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
	done
	rm -rf "$T"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
mkdir -p "$out"

start() {
	"$@" > "$T/log" 2>&1 < /dev/null &
	pids="$! $pids"
	last=$!
}

mkfifo "$T/display"
start_x() {
	Xvfb -displayfd 3 -screen 0 1280x720x24 -nolisten tcp -ac \
		3> "$T/display" 2> "$T/x.log" &
	pids="$! $pids"
	read -r number < "$T/display"
	export DISPLAY=":$number"
}
start_x
export HOME="$T"

record() { # NAME, then commands while it records are the caller's
	"$bench" record --seconds=6.5 --small "$DISPLAY" "$out/$1.mkv" &
	recorder=$!
	pids="$recorder $pids"
	sleep 0.4
}

window() { # NAME: its number, when it is there
	xdotool search --sync --onlyvisible --name "$1" | head -n 1
}

stop_last() {
	kill "$last" 2>/dev/null || :
	sleep 0.3
}

# A wallpaper, photographs, and a long page of both kinds of content.
convert -seed 7 -size 1280x720 plasma:navy-teal -blur 0x6 "$T/wall.png"
for i in 1 2 3; do
	convert -seed "$i" -size 560x320 plasma:fractal -blur 0x1 \
		-attenuate 0.12 +noise Gaussian "$T/photo$i.png"
done
cp "$0" "$T/source"
# What ImageMagick would take for its own is left out.
fold -s -w 96 "$T/source" | tr -d '%\\@' | sed -n 3,42p > "$T/page.txt"
convert -background white -fill '#222' -font DejaVu-Sans -pointsize 15 \
	label:"$(cat "$T/page.txt")" "$T/words.png"
convert -background white -gravity center "$T/words.png" "$T/photo1.png" \
	"$T/words.png" "$T/photo2.png" "$T/words.png" "$T/photo3.png" \
	-append -extent 1280x "$T/page.png"

# text: somebody types, a long listing scrolls.
cat > "$T/type.sh" <<'END'
while [ ! -e "$1/go" ]; do sleep 0.05; done
for word in int main '(' void ')' '{' return compute '(' 42, base ')' ';' '}'; do
	printf '%s ' "$word"
	sleep 0.12
done
echo
n=0
while read -r line; do
	printf '%4d  \033[3%dm%s\033[0m\n' $((n += 1)) $((n % 7 + 1)) "$line"
	sleep 0.035
done < "$1/source"
sleep 9
END
start xterm -fa 'DejaVu Sans Mono' -fs 11 -geometry 140x42+0+0 \
	-T corpus-text -e sh "$T/type.sh" "$T"
window corpus-text > /dev/null
sleep 0.5
record text
: > "$T/go"
wait "$recorder"
stop_last

# page: a page with pictures is scrolled by the wheel's steps.
start feh --geometry 1280x720+0+0 --borderless --title corpus-page \
	--zoom 100 --keep-zoom-vp --image-bg white "$T/page.png"
page=$(window corpus-page)
sleep 0.7
record page
for i in $(seq 44); do
	xdotool key --window "$page" --delay 0 ctrl+Down ctrl+Down \
		2>/dev/null
	sleep 0.1
done
wait "$recorder"
stop_last

# window: a terminal is moved over a picture, a clock runs.
start feh --geometry 1280x720+0+0 --borderless --title corpus-wall "$T/wall.png"
wall=$last
window corpus-wall > /dev/null
start xclock -update 1 -geometry 160x160+1080+40
start xterm -fa 'DejaVu Sans Mono' -fs 11 -geometry 70x20+60+60 \
	-T corpus-move -e sh -c "cat '$T/page.txt'; sleep 60"
move=$(window corpus-move)
sleep 0.5
record window
i=0
while [ $i -lt 120 ]; do
	xdotool windowmove "$move" $((60 + i * 4)) $((60 + (i % 40) * 5))
	i=$((i + 1))
	sleep 0.03
done
wait "$recorder"
kill "$wall" 2>/dev/null || :
ls -l "$out"
