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
eventually 10 typed || fail 'the container reads no keys'
stop "$viewer"
stop "$container"
echo 'ok X in a container'

# ---- sway through wayvnc

PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
cat > "$T/sway.conf" <<END
output HEADLESS-1 resolution 800x600 position 0,0
output HEADLESS-1 bg #305080 solid_color
exec weston-terminal --fullscreen --shell=/bin/sh
exec wayvnc 127.0.0.1 $PORT 2> $T/wayvnc.log
END
# It does not run as root, so here it is somebody else.
start sway bwrap --unshare-user --uid 1000 --gid 1000 --dev-bind / / \
	--die-with-parent --setenv WLR_BACKENDS headless \
	--setenv WLR_RENDERER pixman --setenv WLR_LIBINPUT_NO_DEVICES 1 \
	sway --config "$T/sway.conf"
sway=$PID
eventually 15 listening || fail 'wayvnc does not listen'
serve --source="rfb:127.0.0.1:$PORT"
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --trust=first-use \
	--password-file="$T/password" "$ADDRESS"
viewer=$PID
eventually 10 grep -q peer_joined "$T/serve.log" || fail 'nobody joined'
eventually 10 written || fail 'sway: keys do not arrive'
# grim would be a second capture; what is seen through a new connection is one.
view --trust=first-use --password-file="$T/password" --exit-when=lossless \
	--exit-after=20 --screenshot="$T/seen.png" "$ADDRESS"
[ "$STATUS" = 0 ] || fail "the viewer's exit is $STATUS"
[ "$(identify -format '%wx%h' "$T/seen.png")" = 800x600 ] ||
	fail 'sway: another size'
stop "$viewer"
stop "$SERVER"
stop "$sway"
echo 'ok sway'
