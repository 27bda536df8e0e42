#!/bin/bash
# demo.sh BUILD - a small real desktop, served over TLS with a password, in the
# viewer's window. Without a display of your own the window opens on a second
# virtual screen and demo/ keeps a picture of it and the statistics.
set -u
umask 077
bin=${1:-build}
. tools/demo-lib.sh

screen desk 1280x720
convert -size 1280x720 -seed 7 plasma:steelblue-tan -blur 0x2 \
	"$work/photo.png"
DISPLAY=$desk start wm openbox
DISPLAY=$desk start wall display -window root "$work/photo.png"
DISPLAY=$desk start clock xclock -update 1 -geometry 160x160-20+20
DISPLAY=$desk start eyes xeyes -geometry 160x100-20+220
DISPLAY=$desk start term xterm -fa 'DejaVu Sans Mono' -fs 11 \
	-geometry 92x30+40+40 -e sh -c \
	'echo "A real terminal on a real X server, seen through Oriel."; echo;
	ls -l --color /usr/bin | head -60; exec sh'
sleep 2

password > "$work/password"
XDG_STATE_HOME=$work/state start serve "$bin/oriel-serve" \
	--source=x11:"$desk" --listen=tcp://127.0.0.1:0 \
	--password-file="$work/password" --stats="$work/serve.json"
for _ in $(seq 100); do
	grep -qs '^listening ' "$work/serve.out" && break
	sleep 0.1
done
address=$(sed -n 's/^listening tcp:/oriel:/p' "$work/serve.out")
[ -n "$address" ] || give_up 'oriel-serve did not start'
key=$(sed -n 's/^key sha256://p' "$work/serve.log")
echo "Serving the desktop $desk at $address, password $(cat "$work/password")"

view=("$bin/oriel-view" --trust="$key" --password-file="$work/password"
	"$address")
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
	echo 'Opening the viewer: type, click, drag; close its window to end.'
	"${view[@]}"
	exit
fi

mkdir -p demo
screen glass 1280x720
DISPLAY=$glass SDL_VIDEODRIVER=x11 start view "${view[@]}" \
	--stats=demo/stats.json --exit-after=8
echo 'No display of your own: the window opens on a second virtual screen.'
sleep 4
window=$(DISPLAY=$glass xdotool search --onlyvisible --name . | head -1)
[ -n "$window" ] || give_up 'the viewer opened no window'
# Type into the viewer's window; the terminal on the desktop shall have it.
export DISPLAY=$glass
xdotool mousemove 300 300 click 1
xdotool type --delay 40 'echo "typed through Oriel, $(date)"'
xdotool key Return
sleep 2
import -display "$glass" -window root demo/window.png ||
	give_up 'no picture of the window'
wait "${started[-1]}"
echo 'Left behind: demo/window.png (the viewer'"'"'s window), demo/stats.json'
tail -n 1 demo/stats.json
