#!/bin/bash
# libvirt.sh - a virtual machine that libvirt runs: found by its name, shown,
# found again on the other bus that libvirt gives it when it starts anew. It is
# libvirt's per-user daemon, so root runs all of this as nobody; and beside it
# an oriel-serve of his own, which is nobody when it connects to the bus.
. tests/e2e/lib.sh

V=$(mktemp -d "${TMPDIR:-/tmp}/oriel-libvirt.XXXXXX")
mkdir "$V/run"
cp "$BIN/oriel-serve" "$T/password" "$V"
as=()
if [ "$(id -u)" = 0 ]; then
	chown -R nobody "$V"
	as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
as=("${as[@]}" env --chdir="$V" HOME="$V" XDG_RUNTIME_DIR="$V/run" LC_ALL=C
	XDG_CONFIG_HOME="$V/config" XDG_CACHE_HOME="$V/cache"
	XDG_STATE_HOME="$V/state" PATH="$PATH:/usr/sbin")

end_daemons() {
	local file pid
	"${as[@]}" timeout 60 virsh -q destroy tiny > /dev/null 2>&1
	for file in "$V"/run/libvirt/*.pid; do
		pid=$(cat "$file" 2>/dev/null) && kill "$pid" 2>/dev/null
		for _ in $(seq 50); do
			[ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
	done
	rm -rf "$V"
}
trap 'end_daemons; clean_up' EXIT

virsh() {
	"${as[@]}" timeout 180 virsh -q -c qemu:///session "$@" > "$T/virsh.log" 2>&1 ||
		fail "virsh $1"
}
# domain GRAPHICS: start it with that display.
domain() {
	cat > "$T/tiny.xml" <<-END
		<domain type='qemu'>
		<name>tiny</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='pc'>hvm</type>
		<bootmenu enable='yes' timeout='60000'/></os>
		<devices>
		<emulator>$(command -v qemu-system-x86_64)</emulator>
		$1
		<video><model type='vga' primary='yes'/></video>
		<controller type='usb' model='none'/><memballoon model='none'/>
		</devices>
		</domain>
	END
	cp "$T/tiny.xml" "$V/tiny.xml"
	chmod 644 "$V/tiny.xml"
	virsh create "$V/tiny.xml"
}
# refused DOMAIN EXIT WORDS
refused() {
	start serve "${as[@]}" "$V/oriel-serve" --source="qemu:libvirt/$1" \
		--listen="unix:$V/sock" --password-file="$V/password"
	finish "$PID" 30
	[ "$STATUS" = "$2" ] || fail "$1: exit $STATUS"
	grep -q "$3" "$T/serve.log" || fail "$1: it does not say: $3"
}
# screen: a viewer sees the firmware's text.
screen() {
	view --trust=first-use --password-file="$T/password" \
		--exit-when=lossless --exit-after=60 \
		--screenshot="$T/now.png" "$ADDRESS"
	[ "$STATUS" = 0 ] || fail "the viewer's exit is $STATUS"
	[ "$(identify -format '%wx%h' "$T/now.png")" = 720x400 ] &&
		[ "$(convert "$T/now.png" -crop 1x1+0+0 -format '%[hex:u]' \
			info:)" != 20242A ]
}

refused -x 2 'needs the name of a domain'
refused tiny 6 "failed to get domain 'tiny'"
domain "<graphics type='dbus' p2p='yes'/>"
refused tiny 6 "take p2p='yes' out"
virsh destroy tiny
domain "<graphics type='vnc' socket='$V/vnc'/>"
refused tiny 6 "give it <graphics type='dbus'/>"
virsh destroy tiny
echo 'ok refused'

domain "<graphics type='dbus'/>"
start serve "${as[@]}" "$V/oriel-serve" --source=qemu:libvirt/tiny \
	--listen=tcp://127.0.0.1:0 --password-file="$V/password"
server=$PID
eventually 20 grep -qs '^listening ' "$T/serve.out" || fail 'it does not listen'
ADDRESS=$(sed -n 's/^listening tcp:/oriel:/p;T;q' "$T/serve.out")
eventually 20 screen || fail 'its screen is not seen'
if [ "$(id -u)" = 0 ]; then
	socket=$(ls "$V"/run/libvirt/libvirt-sock "$V"/run/libvirt/virtqemud-sock \
		2> /dev/null | head -n 1)
	LIBVIRT_DEFAULT_URI="qemu:///session?socket=$socket" start root \
		"$BIN/oriel-serve" --source=qemu:libvirt/tiny \
		--listen="unix:$T/root" --password-file="$T/password"
	root=$PID
	eventually 20 grep -qs '^listening ' "$T/root.out" ||
		fail 'root does not find it'
fi
echo 'ok found'

virsh destroy tiny
eventually 5 grep -q 'waiting for it to come back' "$T/serve.log" ||
	fail 'it does not say that it is gone'
! screen || fail 'no placard'
domain "<graphics type='dbus'/>"
eventually 20 grep -q 'is back' "$T/serve.log" || fail 'it is not back'
eventually 20 screen || fail 'back, its screen is not seen'
stop "$server"
[ "$STATUS" = 0 ] || fail "exit $STATUS"
if [ -n "${root:-}" ]; then
	eventually 20 grep -q 'is back' "$T/root.log" ||
		fail 'for root it is not back'
	stop "$root"
	[ "$STATUS" = 0 ] || fail "root's exit $STATUS"
fi
echo 'ok back'
