#!/bin/sh
# need.sh build|check|demo|bench|guest|demo-vm|arm64 - say which Debian packages are missing and why,
# then install them. Uses sudo when not root; NEED_DRY_RUN=1 only says.
set -eu

build='gcc make pkg-config libc6-dev
	libssl-dev libzstd-dev libxxhash-dev libturbojpeg0-dev libopus-dev
	libpulse-dev
	libusbredirparser-dev libusbredirhost-dev libusb-1.0-0-dev libvpx-dev
	libsdl2-dev libsdl2-ttf-dev libfontconfig-dev libpng-dev libwebp-dev
	libx11-dev libxext-dev libxdamage-dev libxfixes-dev libxtst-dev
	libxrandr-dev libxcb1-dev libxcb-xfixes0-dev libwayland-dev
	zlib1g-dev freerdp2-dev
	libavformat-dev libavcodec-dev libavutil-dev
	libswscale-dev libsystemd-dev libvncserver-dev libcups2-dev scdoc gettext'
desktop='xvfb xauth x11-utils x11-apps x11-xserver-utils xdotool xterm less openbox
	imagemagick fonts-dejavu-core'
tests='g++ desktop-file-utils libcmocka-dev binutils tshark python3 openssl procps iproute2
	ffmpeg strace clang libclang-rt-14-dev libglib2.0-dev libuv1-dev
	qemu-system-x86 dbus-daemon dbus-bin tigervnc-standalone-server
	libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients
	xserver-xorg-core xserver-xorg-video-dummy
	ibus ibus-hangul xclip weston wl-clipboard
	pulseaudio pulseaudio-utils cups-ipp-utils cups-client cups-daemon cups-filters
	wayvnc sway grim bubblewrap freerdp2-shadow-x11 winpr-utils xrdp tigervnc-tools'
peers='libspice-server-dev tigervnc-standalone-server tigervnc-viewer
	spice-client-gtk freerdp2-shadow-x11 freerdp2-x11 xrdp x11vnc'
guest='mmdebstrap e2fsprogs'
[ "$(id -u)" -eq 0 ] || guest="$guest uidmap"
machine='qemu-system-x86 dbus-daemon python3'
arm64='libssl-dev libzstd-dev libxxhash-dev libcmocka-dev'

case ${1:-} in
build) want=$build why='to build' ;;
check) want="$build $desktop $tests $guest" why='to build, and for the tests' ;;
demo) want="$build $desktop" why='to build, and for a small desktop to show' ;;
bench) want="$build $desktop $peers" why='to build, and as peers to compare with' ;;
guest) want=$guest why='to make a guest' ;;
demo-vm)
	want="$build $desktop $guest $machine"
	why='to build, and for a virtual machine to show'
	;;
arm64)
	want="gcc-aarch64-linux-gnu qemu-user"
	for package in $arm64; do
		want="$want $package:arm64"
	done
	why='to build for another architecture'
	dpkg --print-foreign-architectures | grep -qx arm64 || {
		echo 'First let this system have packages for arm64, as root:' >&2
		echo '    dpkg --add-architecture arm64; apt-get update' >&2
		exit 1
	}
	;;
*)
	echo "usage: tools/need.sh build|check|demo|bench|guest|demo-vm|arm64" >&2
	exit 2
	;;
esac

missing=
for package in $want; do
	dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
		grep -q '^installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "These Debian packages are needed $why, and missing:"
echo "$missing" | fmt -w 76 | sed 's/^/    /'
[ -z "${NEED_DRY_RUN:-}" ] || exit 0
sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Install them as root, then try again:" >&2
		echo "    apt-get install$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
echo "Installing them with apt-get."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -qq --no-install-recommends $missing; } \
	> "$log" 2>&1; then
	tail -20 "$log" >&2
	echo "apt-get failed; is this Debian 12 with a network?" >&2
	exit 1
fi
