#!/bin/sh
# run.sh GUEST FOLDER [QEMU-OPTION...] - the guest that build.sh has made, in
# QEMU, without a display: -display, or what oriel-serve --launch adds, comes
# last. FOLDER gets its sockets, `qmp` and `agent`, and what it says on its
# serial line. ACCEL (tcg), MEMORY (1024), CARD (virtio-vga), SCREEN (1024x768),
# AUDIO (none), VDAGENT (the chardev that the channel of its SPICE agent is,
# "dbus,name=com.redhat.spice.0" or "spicevmc,name=vdagent"), NETWORK (what its
# network is to have, "guestfwd=..."), GUEST_OPTIONS (for the kernel's command
# line) say more.
set -eu
guest=$1
folder=$2
shift 2
screen=${SCREEN:-1024x768}
if [ -n "${VDAGENT:-}" ]; then
	set -- -device virtserialport,chardev=vdagent,name=com.redhat.spice.0 \
		-chardev "$VDAGENT,id=vdagent" "$@"
fi
exec qemu-system-x86_64 -accel "${ACCEL:-tcg,tb-size=512}" \
	-m "${MEMORY:-1024}" -name guest -nodefaults -no-user-config \
	-kernel "$guest/vmlinuz" -initrd "$guest/initrd.gz" \
	-append "console=ttyS0 quiet mitigations=off nokaslr ${GUEST_OPTIONS:-}" \
	-drive "file=$guest/disk,if=virtio,format=raw,readonly=on" \
	-serial "file:$folder/serial" \
	-qmp "unix:$folder/qmp,server=on,wait=off" \
	-netdev "user,id=net,restrict=on${NETWORK:+,$NETWORK}" \
	-device virtio-net-pci,netdev=net,romfile= \
	-device virtio-rng-pci -device virtio-serial-pci \
	-chardev "socket,id=agent,path=$folder/agent,server=on,wait=off" \
	-device virtserialport,chardev=agent,name=org.oriel.guest \
	-vga none -device "${CARD:-virtio-vga,xres=${screen%x*},yres=${screen#*x}}" \
	-audiodev "${AUDIO:-none},id=sound" \
	-device intel-hda -device hda-duplex,audiodev=sound \
	-device qemu-xhci,id=usb -device usb-kbd,id=keyboard \
	-device usb-tablet,id=tablet "$@"
