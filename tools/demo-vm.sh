#!/bin/bash
# demo-vm.sh BUILD GUEST - a virtual machine with a desktop, a terminal and a
# browser, started and served by oriel-serve, in the viewer's window. Without a
# display of your own the window opens on a virtual screen and demo/ keeps
# pictures of it. The machine is emulated where KVM does not work.
set -u
umask 077
bin=${1:-build}
guest=${2:-build/guest}
. tools/demo-lib.sh

# eventually SECONDS COMMAND...
eventually() {
	local tries=$(($1 * 5))
	shift
	for _ in $(seq "$tries"); do
		"$@" > /dev/null 2>&1 && return
		sleep 0.2
	done
	return 1
}

ask() { python3 tools/guest/ask.py "$work/agent" "export DISPLAY=:0; $1"; }

accel=$(tools/guest/accel.sh "$guest")
case $accel in
kvm) echo 'Starting a virtual machine with KVM.' ;;
*) echo 'Starting a virtual machine, emulated: KVM does not work here.' ;;
esac
password > "$work/password"
export XDG_STATE_HOME=$work/state
ACCEL=$accel MEMORY=2048 SCREEN=1280x800 GUEST_OPTIONS=oriel.session=demo \
	VDAGENT=dbus,name=com.redhat.spice.0 \
	start serve "$bin/oriel-serve" --source=qemu: \
	--listen=tcp://127.0.0.1:0 --password-file="$work/password" \
	--stats="$work/serve.json" \
	--launch -- tools/guest/run.sh "$guest" "$work"
serve=${started[-1]}
eventually 30 grep '^listening ' "$work/serve.out" ||
	give_up 'oriel-serve did not start'
address=$(sed -n 's/^listening tcp:/oriel:/p' "$work/serve.out")
key=$(sed -n 's/^key sha256://p' "$work/serve.log")
echo "Serving it at $address, password $(cat "$work/password")"

view=("$bin/oriel-view" --trust="$key" --password-file="$work/password"
	"$address")
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
	echo 'Opening the viewer: see it start, use it; close the window to end.'
	unset XDG_STATE_HOME
	"${view[@]}"
	exit
fi

echo 'No display of your own: the window opens on a virtual screen.'
mkdir -p demo
screen glass 1280x800
export DISPLAY=$glass
SDL_VIDEODRIVER=x11 start view "${view[@]}" --fullscreen \
	--stats=demo/vm-stats.json

picture() { # file
	import -window root "demo/$1" || give_up 'no picture of the window'
	echo "  $(printf '%3d s' $SECONDS)  demo/$1"
}

eventually 20 grep MARK "$work/serial" || give_up 'the guest does not start'
eventually 90 grep '^MARK ready' "$work/serial" ||
	give_up 'the guest has no desktop after 90 s'
picture vm-desktop.png
echo 'Typing into its terminal; its browser needs half a minute.'
xdotool mousemove 250 250 click 1
xdotool type --delay 60 "echo typed through Oriel, $(date +%H:%M)"
xdotool key Return
eventually 120 ask 'xdotool search --name "^Page at"' ||
	give_up 'its browser shows no page after two minutes'
sleep 3
picture vm-browser.png
xdotool mousemove 900 450
scrolled() {
	xdotool click 5
	! ask 'xdotool search --name "^Page at" getwindowname' |
		grep -q 'at 0 '
}
eventually 30 scrolled || give_up 'the page does not scroll'
sleep 2
picture vm-scrolled.png
# The guest's own picture, to be compared with: QEMU's.
qmp() { python3 tests/e2e/qmp.py "$work/qmp" "$@" > "$work/qmp.out"; }
qmp stop "screendump {\"filename\":\"$work/qemu.ppm\"}" ||
	give_up 'QEMU makes no picture'
sleep 1
import -window root "$work/window.png"
qmp cont
different=$(compare -metric AE "$work/qemu.ppm" "$work/window.png" null: 2>&1)
kill -0 "$serve" || give_up 'the machine has ended'
echo "The viewer's window and QEMU's own picture: $different pixels differ."
