#!/bin/bash
# containers.sh - the recipes of HYPERVISORS.md for desktops without a screen: an
# X session with oriel-serve in namespaces of its own, where nothing of this
# system but its programs is to be seen, reached over one socket; and a Wayland
# one, sway's, through wayvnc.
. tests/e2e/lib.sh
. tests/e2e/far_lib.sh

x_server B 800x600

# ---- X in a container

mkdir -m 700 "$T/share"
cp "$T/password" "$T/share/password"
cp "$BIN/oriel-serve" "$BIN/tests/e2e/keys" "$T/share"
# What an image's entry point would be.
cat > "$T/share/start" <<'END'
#!/bin/sh
mkfifo /tmp/display
Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp -noreset 3<> /tmp/display &
read -r number < /tmp/display
export DISPLAY=:$number
xsetroot -mod 5 3 -fg '#308050' -bg black
/share/keys echo > /share/typed &
while sleep 1; do
	import -window root png:/share/next && mv /share/next /share/shown.png
done &
exec /share/oriel-serve --source="x11:$DISPLAY" --listen=unix:/share/socket \
	--password-file=/share/password
END
chmod 700 "$T/share/start"
start container bwrap --unshare-all --die-with-parent --as-pid-1 \
	--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib \
	--symlink usr/lib64 /lib64 --ro-bind /etc /etc --proc /proc --dev /dev \
	--tmpfs /tmp --tmpfs /run --bind "$T/share" /share --hostname box \
	--clearenv --setenv PATH /usr/bin:/bin \
	--setenv HOME /tmp --setenv LC_ALL C.UTF-8 /bin/sh /share/start
container=$PID
eventually 15 test -S "$T/share/socket" || fail 'the container serves nothing'
# In a user namespace of its own it does not know whose the viewer is.
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen \
	--password-file="$T/password" "unix:$T/share/socket"
viewer=$PID
eventually 10 grep -q peer_joined "$T/container.log" || fail 'nobody joined'
typed() {
	click "$B" 100 100
	DISPLAY=$B xdotool type hello
	sleep 0.3
	grep -qs hello "$T/share/typed"
}
eventually 10 typed || fail 'the container reads no keys'
see_container() {
	view --password-file="$T/password" --exit-when=lossless --exit-after=60 \
		--screenshot="$T/seen.png" "unix:$T/share/socket"
	[ "$STATUS" = 0 ] && same "$T/share/shown.png" "$T/seen.png"
}
eventually 15 see_container || fail 'the container: the pictures differ'
stop "$viewer"
stop "$container"
echo 'ok X in a container'

# ---- sway through wayvnc

PORT=$(port)
cat > "$T/sway.conf" <<END
output HEADLESS-1 resolution 800x600 position 0,0
output HEADLESS-1 bg #305080 solid_color
default_border none
exec wayvnc 127.0.0.1 $PORT 2> $T/wayvnc.log
END
# It does not run as root, so here it is somebody else.
start sway bwrap --unshare-user --uid 1000 --gid 1000 --dev-bind / / \
	--die-with-parent --setenv WLR_BACKENDS headless \
	--setenv WLR_RENDERER pixman --setenv WLR_LIBINPUT_NO_DEVICES 1 \
	sway --config "$T/sway.conf"
sway=$PID
eventually 15 listening || fail 'wayvnc does not listen'
# In that desktop, beside it.
in_sway() {
	WAYLAND_DISPLAY=$(basename "$(ls "$T"/wayland-? | head -n 1)") \
		SWAYSOCK=$(echo "$T"/sway-ipc.*.sock) "$@"
}
printf 'paste = text\ncopy = text\n' > "$T/policy"
serve --source="rfb:127.0.0.1:$PORT" --policy="$T/policy"
watch "$B"
in_sway start terminal weston-terminal --shell=/bin/sh
eventually 15 runs "$B" || fail 'sway: keys do not arrive'

# The viewer has what grim has: two captures of one compositor.
see_sway() {
	in_sway grim "$T/grim.png" 2> "$T/grim.log" && look &&
		same "$T/grim.png" "$T/seen.png"
}
same_size() {
	see_sway && [ "$(identify -format '%wx%h' "$T/seen.png")" = "$1" ]
}
eventually 15 same_size 800x600 || fail 'sway: the pictures differ'
in_sway swaymsg -q output HEADLESS-1 resolution 640x480
eventually 15 same_size 640x480 || fail 'sway: resized, the pictures differ'
in_sway swaymsg -q output HEADLESS-1 resolution 800x600
eventually 15 same_size 800x600 || fail 'sway: as before, they differ'

# Beside one another, the one under the pointer has the keys.
in_sway start second weston-terminal --shell=/bin/sh
focus() { # X LEFT
	click "$B" "$1" 300
	in_sway swaymsg -t get_tree | python3 -c "
import json, sys
def find(node):
    for child in node['nodes']:
        yield from find(child)
    if not node['nodes']:
        yield node
print(*[n['rect']['x'] for n in find(json.load(sys.stdin)) if n['focused']])" |
		grep -qx "$2"
}
eventually 10 focus 600 400 || fail 'sway: the pointer is not on the right'
eventually 10 focus 200 0 || fail 'sway: the pointer is not on the left'
echo 'ok sway: pixels, size, keys, pointer'

printf 'from sway' > "$T/cut"
in_sway start copy wl-copy --foreground 'from sway'
eventually 15 pasted "$B" "$T/cut" || fail 'sway: text does not come'
printf 'to sway' > "$T/copy"
xclip -display "$B" -selection clipboard -i "$T/copy"
got() {
	sleep 0.3 # until the copy is known: the click has to come later
	click "$B" 200 300
	[ "$(in_sway timeout 5 wl-paste --no-newline 2> "$T/paste.log")" = \
		'to sway' ]
}
eventually 15 got || fail 'sway: text does not arrive'
stop "$VIEWER"
stop "$SERVER"
stop "$sway"
echo 'ok sway: clipboard'
