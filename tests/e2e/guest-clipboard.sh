#!/bin/bash
# guest-clipboard.sh - the clipboard of a real guest, through its spice-vdagent:
# text, pictures and files between it and the viewer's screen, byte for byte;
# what its agent cannot pass on, and what is said of that; an agent that starts
# late, and one that is killed in the middle. A machine is started for it, so it
# runs only where ORIEL_LONG is set (2 minutes).
. "$(dirname "$0")/lib.sh"

[ -n "${ORIEL_LONG:-}" ] || {
	echo 'SKIPPED: ORIEL_LONG=1 runs it'
	exit 0
}
GUEST=${GUEST:-build/guest}
tools/guest/build.sh "$GUEST" || {
	[ $? = 3 ] || fail 'there is no guest'
	echo 'SKIPPED: without a network there is no guest, and nothing was tested'
	exit 0
}

ask() { # COMMAND [SECONDS]: a line for the guest's shell, with its display
	python3 tools/guest/ask.py "$T/agent" "export DISPLAY=:0; $1" "${2:-30}"
}

begin() { # COMMAND: in the guest, as its user, and do not wait
	ask "setpriv --reuid=guest --regid=guest --init-groups env \
		HOME=/home/guest XDG_RUNTIME_DIR=/run/user/1000 $1 \
		> /dev/null 2>&1 &"
}

ok() {
	echo "ok $1 ($SECONDS s)"
}

marks() {
	grep -q '^MARK ready' "$T/serial"
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
VDAGENT=dbus,name=com.redhat.spice.0 start machine tools/guest/run.sh \
	"$GUEST" "$T" -display "dbus,addr=unix:path=$T/bus"
x_server B 1024x768
DISPLAY=$B start wm openbox
eventually 20 test -S "$T/qmp" || fail 'no machine'
cat > "$T/policy" <<-END
	paste = text html rtf image files
	copy = text html rtf image files
END
serve --source="qemu:unix:path=$T/bus" --policy="$T/policy"
mkdir "$T/saved"
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --json \
	--files="$T/saved" --trust="$KEY" --password-file="$T/password" \
	"$ADDRESS"
VIEW=$PID
export DISPLAY=$B
eventually 120 marks || fail 'the guest does not start'
eventually 30 grep -q "agent is there" "$T/serve.log" || fail 'no agent'
ok start

said() { # COUNT PATTERN: in the viewer's events
	[ "$(grep -c "$2" "$T/view.out")" -ge "$1" ]
}

click() { # in the terminal
	xdotool mousemove 300 300 click 1
}

copy() { # TYPE FILE: beside the viewer, and go back to its window
	local n
	n=$(grep -c '"what":"offered"' "$T/view.out")
	xclip -selection clipboard -t "$1" -i "$2"
	sleep 0.3
	click
	eventually 5 said $((n + 1)) '"what":"offered"' || fail "$1 was not offered"
}

# in_guest TYPE: the SHA-256 of what a program in the guest gets. The user
# clicks meanwhile.
in_guest() {
	(while sleep 0.4; do click; done) &
	local clicker=$!
	ask "timeout 25 xclip -selection clipboard -o -t $1 > /tmp/pasted 2> /tmp/why; sha256sum < /tmp/pasted" 30 |
		cut -d' ' -f1 > "$T/sum"
	kill "$clicker"
	cat "$T/sum"
}

sum() {
	sha256sum < "$1" | cut -d' ' -f1
}

to_guest() { # TYPE TARGET FILE
	copy "$1" "$3"
	has() {
		ask 'timeout 5 xclip -selection clipboard -o -t TARGETS' |
			grep -qxF "$1"
	}
	eventually 10 has "$2" || fail "the guest does not offer $2"
	# An emulated guest may take longer than the two seconds of a click.
	same_there() {
		[ "$(in_guest "$1")" = "$(sum "$2")" ]
	}
	eventually 3 same_there "$2" "$3" || fail "$1 came into the guest as $(ask 'cat /tmp/why; od -c /tmp/pasted | head -n 3'), $(tail -n 3 "$T/view.out")"
	ok "viewer to guest: $1"
}

from_guest() { # TYPE TARGET FILE: which is in the guest as /tmp/in
	local n
	n=$(grep -c '"what":"copied"' "$T/view.out")
	begin "xclip -selection clipboard -t $2 -i /tmp/in"
	eventually 15 said $((n + 1)) '"what":"copied"' ||
		fail "$1 was not copied from the guest"
	timeout 20 xclip -selection clipboard -o -t "$1" > "$T/pasted" ||
		fail "$1 is not to be had"
	cmp "$3" "$T/pasted" || fail "$1 came from the guest as something else"
	ok "guest to viewer: $1"
}

printf 'gr\303\274\303\237e\r\nzwei \360\237\230\200\n\n' > "$T/text"
convert -size 100x100 xc: +noise Random -seed 1 "$T/picture.png"
printf '<b>fett \303\244</b>' > "$T/html"

# ---- to the guest

to_guest UTF8_STRING UTF8_STRING "$T/text"
to_guest image/png image/png "$T/picture.png"

# Its agent has no HTML: nobody in the guest is told of any.
copy text/html "$T/html"
sleep 1
ask 'timeout 5 xclip -selection clipboard -o -t TARGETS' | grep html &&
	fail 'the agent passes HTML on: the manual says it does not'
ok 'viewer to guest: no HTML'

# Three files: the user is asked at once, and the agent writes them.
mkdir "$T/three"
head -c 300000 /dev/urandom > "$T/three/a b.bin"
cp "$T/picture.png" "$T/three/bild ä.png"
: > "$T/three/empty"
for name in 'a%20b.bin' 'bild%20%C3%A4.png' empty; do
	printf 'file://%s\r\n' "$T/three/$name"
done > "$T/list"
give() { # copy the files, and say yes
	copy text/uri-list "$T/list"
	sleep 1
	xdotool key Tab Return
}
# This guest's user has no folder for downloads, so its agent wants no files.
give
eventually 20 grep -q "the guest's agent takes no files" "$T/view.log" ||
	fail 'the user is not told that the guest takes none'
ask 'mkdir -p /home/guest/.config /home/guest/Downloads'
ask 'echo "XDG_DOWNLOAD_DIR=\"\$HOME/Downloads\"" > /home/guest/.config/user-dirs.dirs'
ask 'chown -R guest:guest /home/guest/.config /home/guest/Downloads'
ask 'pkill -x spice-vdagent'
sleep 1
begin 'spice-vdagent -x'
sleep 2
give
arrived() {
	grep -q 'the guest has 3 files' "$T/serve.log"
}
eventually 30 arrived || fail 'the guest does not get files'
where=$(ask 'dirname "$(find /home/guest -name "a b.bin")"')
for name in 'a b.bin' 'bild ä.png' empty; do
	[ "$(ask "sha256sum < '$where/$name'" | cut -d' ' -f1)" = \
		"$(sum "$T/three/$name")" ] || fail "$name is another in the guest"
done
said 1 '"event":"pasted","type":"files"' || fail 'and the user was not told'
ok "viewer to guest: files, in $where"

# The user says no.
xclip -selection clipboard -t text/uri-list -i "$T/list"
sleep 0.3
click
sleep 1
xdotool key Escape
eventually 5 grep -q 'did not want to give' "$T/view.log" ||
	fail 'a no is not said'

# ---- from the guest

ask "cp '$where/bild ä.png' /tmp/in && chmod 644 /tmp/in"
from_guest image/png image/png "$T/picture.png"
ask "printf 'gr\303\274\303\237e\r\nzwei \360\237\230\200\n\n' > /tmp/in"
from_guest 'text/plain;charset=utf-8' UTF8_STRING "$T/text"
# HTML and files it does not offer at all.
n=$(grep -c '"what":"copied"' "$T/view.out")
for type in text/html text/uri-list; do
	begin "xclip -selection clipboard -t $type -i /tmp/in"
	sleep 1.5
	xclip -selection clipboard -o -t TARGETS 2> /dev/null | grep -F "$type" &&
		fail "the agent passes $type on: the manual says it does not"
done
ok 'guest to viewer: no HTML, no files'

# ---- agents

# One that is killed in the middle of a paste: that paste ends, the next works.
head -c 15000000 /dev/urandom | base64 > "$T/long"
copy UTF8_STRING "$T/long"
(while sleep 0.4; do click; done) &
clicker=$!
started+=("$clicker")
begin 'sh -c "xclip -selection clipboard -o -t UTF8_STRING > /tmp/long"'
sleep 1
ask 'pkill -9 spice-vdagent; sleep 1; ! pgrep spice-vdagent' ||
	fail 'the agent does not die'
kill "$clicker"
ok 'the agent is killed'
# What is copied while there is none is known to the one that comes late.
copy UTF8_STRING "$T/text"
ask 'rm -f /run/spice-vdagentd/spice-vdagent-sock'
ask 'spice-vdagentd -X -x -s /dev/virtio-ports/com.redhat.spice.0 > /tmp/vdagentd.log 2>&1 &'
sleep 1
begin 'spice-vdagent -x'
eventually 20 has UTF8_STRING || fail 'a new agent is not told'
eventually 3 same_there UTF8_STRING "$T/text" ||
	fail 'a new agent gets something else'
ok 'an agent that comes late knows of it'
ask "cp '$where/bild ä.png' /tmp/in"
from_guest image/png image/png "$T/picture.png"
kill -0 "$VIEW" || fail 'the viewer has ended'
kill -0 "$SERVER" || fail 'the server has ended'
echo 'the clipboard of a guest works'
