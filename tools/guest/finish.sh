#!/bin/sh
# finish.sh ROOT - what mmdebstrap runs in the end (build.sh), as root of ROOT
# or of a namespace: the kernel, its modules, the guest's own files, and in
# ROOT/image what is taken out: kernel, initramfs, disk.
set -eu
PATH=/usr/sbin:/sbin:$PATH
root=$1
own=$root/guest
image=$root/image
mkdir "$image"

step() { echo "guest: $1"; }

step 'fetching the kernel'
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
package=$(apt-cache depends linux-image-amd64 |
	sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
mkdir "$root/kernel"
(cd "$root/kernel" &&
	apt-get -q -o APT::Sandbox::User=root download "$package")
dpkg-deb -x "$root/kernel/"*.deb "$root/kernel"
version=$(ls "$root/kernel/lib/modules")
cp "$root/kernel/boot/vmlinuz-$version" "$image/vmlinuz"
chroot "$root" depmod -b /kernel "$version"

# with_needs MODULE...: their files, those first that others need.
with_needs() {
	for module in "$@"; do
		chroot "$root" modprobe -d /kernel -S "$version" \
			--show-depends "$module"
	done | sed -n 's,^insmod /kernel/\([^ ]*\).*,\1,p' | awk '!seen[$0]++'
}

step 'choosing modules'
first=$(sed -n 's/^initramfs: //p' "$own/modules")
# shellcheck disable=SC2046,SC2086
with_needs $first $(sed '/^#/d;s/^initramfs://' "$own/modules") > "$own/files"
for name in order builtin builtin.modinfo; do
	echo "lib/modules/$version/modules.$name"
done >> "$own/files"
tar -C "$root/kernel" -cf - -T "$own/files" |
	tar -C "$root" --keep-directory-symlink -xf -
chroot "$root" depmod "$version"

step 'packing the initramfs'
ram=$root/initramfs
mkdir -p "$ram/bin" "$ram/modules" "$ram/proc" "$ram/sys" "$ram/dev" \
	"$ram/disk" "$ram/memory" "$ram/root"
cp "$root/bin/busybox" "$ram/bin/"
cp "$own/init" "$ram/init"
# shellcheck disable=SC2086
with_needs $first | while read -r file; do
	cp "$root/kernel/$file" "$ram/modules/"
	echo "${file##*/}"
done > "$ram/modules/order"
chroot "$root" sh -c 'cd /initramfs &&
	find . | busybox cpio -o -H newc | gzip -1' > "$image/initrd.gz"

step 'adding a user and the desktop'
chown -R root:root "$own"
cp -a "$own/root/." "$root/"
chroot "$root" useradd --create-home --shell /bin/bash --groups audio guest
mkdir -p "$root/root"

step 'writing the disk'
rm -rf "$root/kernel" "$ram" "$own" "$root"/var/cache/apt/* \
	"$root"/var/lib/apt/lists/* "$root"/var/log/*
chroot "$root" fc-cache -s
# Without what is mounted there now; links, so next to nothing is copied.
tree=$root.tree
trap 'rm -rf "$tree" "$root.image"' EXIT
mv "$image" "$root.image"
mkdir "$tree"
for entry in "$root"/*; do
	case ${entry##*/} in
	dev | proc | sys | run) mkdir "$tree/${entry##*/}" ;;
	*) cp -al "$entry" "$tree/" ;;
	esac
done
size=$(du -sm "$tree" | cut -f 1)
mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$tree" "$root.image/disk" \
	"$((size * 12 / 10 + 64))M"
mv "$root.image" "$image"
