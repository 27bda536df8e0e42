#!/bin/sh
# accel.sh GUEST - what QEMU shall run the guest with: "kvm" where that works,
# else "tcg". /dev/kvm may be there, open, and run nothing (a host that is a
# machine itself), so a kernel is started with it: it says so in a second, or
# will never.
guest=${1:?usage: tools/guest/accel.sh GUEST}
if [ -r /dev/kvm ] && [ -w /dev/kvm ] &&
	timeout -k 1 6 qemu-system-x86_64 -accel kvm -m 256 -nodefaults \
		-no-user-config -display none -serial stdio -no-reboot \
		-kernel "$guest/vmlinuz" -initrd "$guest/initrd.gz" \
		-append 'console=ttyS0 quiet panic=-1 oriel.probe' \
		2> /dev/null < /dev/null | grep -q '^MARK kernel'; then
	echo kvm
else
	echo tcg,tb-size=512
fi
