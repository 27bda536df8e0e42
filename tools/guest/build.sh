#!/bin/bash
# build.sh FOLDER - make the guest: a small Debian with a desktop, for tests and
# `make demo-vm`, of Debian's packages alone. FOLDER gets vmlinuz, initrd.gz and
# disk; it is left alone when it was made from the same list and scripts. Exit
# status: 1, or 3 when Debian's mirror is out of reach.
# Root is not needed where users may have namespaces (package uidmap).
set -eu
here=$(dirname "$0")
out=${1:?usage: tools/guest/build.sh FOLDER}
suite=bookworm

give_up() { # SENTENCE [STATUS]
	echo "guest: $1" >&2
	exit "${2:-1}"
}

key=$(cd "$here" && { echo "$suite" && find packages modules init finish.sh \
	build.sh root -type f -exec sha256sum {} + | LC_ALL=C sort -k 2; } |
	sha256sum | cut -c 1-16)
current() { [ "$(cat "$out/key" 2>/dev/null)" = "$key" ]; }

! current || exit 0
mkdir -p "$(dirname "$out")"
# One builds, others wait for it.
exec 9> "$out.lock"
flock 9
! current || exit 0

command -v mmdebstrap > /dev/null ||
	give_up 'mmdebstrap is missing; "tools/need.sh guest" installs it'
room=$(df -Pm "${TMPDIR:-/tmp}" | awk 'NR == 2 { print $4 }')
[ "$room" -gt 4000 ] ||
	give_up "${TMPDIR:-/tmp} has no room of 4 GB; set TMPDIR to a folder with it"

new=$out.new
rm -rf "$new"
mkdir -p "$new"
log=$out.log
packages=$(sed '/^#/d' "$here/packages" | xargs | tr ' ' ',')
echo "guest: building it from Debian's packages, in $out; 1 to 5 minutes"
began=$SECONDS
# The kernel's package is unpacked, not installed: it would want tools that
# make another initramfs.
mmdebstrap --variant=minbase --format=null --include="$packages" \
	--aptopt='APT::Install-Recommends "false"' \
	--dpkgopt=force-unsafe-io \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/info/*' \
	--customize-hook='mkdir "$1/guest"' \
	--customize-hook="sync-in $here /guest" \
	--customize-hook='sh "$1/guest/finish.sh" "$1"' \
	--customize-hook="sync-out /image $new" \
	"$suite" /dev/null > "$log" 2>&1 < /dev/null &
builder=$!
trap 'kill "$builder" 2>/dev/null; wait; rm -rf "$new"' EXIT
trap 'exit 130' INT TERM HUP

# What it does now, for who waits.
said=
while kill -0 "$builder" 2>/dev/null; do
	sleep 1
	now=$(tr '\r' '\n' < "$log" | grep -aoE \
		'^(guest: .*|Get:[0-9]+|(Unpacking|Setting up) [^ ]+|I: [^.]*)' |
		tail -n 1) || :
	case $now in
	Get:*) now='fetching packages' ;;
	'I: '*) now=${now#I: } ;;
	esac
	now=${now#guest: }
	if [ -n "$now" ] && { [ "${now%% *}" != "${said%% *}" ] ||
		[ $(((SECONDS - began) % 10)) = 0 ]; }; then
		printf '  %3d s  %s\n' $((SECONDS - began)) "$now"
		said=$now
	fi
done
wait "$builder" && status=0 || status=$?
if [ "$status" != 0 ]; then
	grep -aE '^(E|W|Err|dpkg):' "$log" | head -n 8 >&2
	tail -n 4 "$log" >&2
	unreached='Could not resolve|Failed to fetch|Temporary failure'
	if grep -aqE "$unreached|Unable to connect" "$log"; then
		give_up "Debian's mirror cannot be reached; is there a network?" 3
	fi
	if grep -aqE 'newuidmap|subuid|unable to pick chroot mode' "$log"; then
		give_up "without root it needs the package uidmap, and lines of
yours in /etc/subuid and /etc/subgid"
	fi
	give_up "mmdebstrap failed (exit status $status); $log has all it said"
fi
echo "$key" > "$new/key"
rm -rf "$out"
mv "$new" "$out"
trap - EXIT
echo "guest: made in $((SECONDS - began)) s, $(du -sm "$out" | cut -f 1) MB"
