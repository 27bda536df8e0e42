#!/bin/sh
# layers.sh - fail when a file includes what its layer must not know.
# A line is a folder, then the folders or headers it may include besides its
# own folder. Public headers, <oriel/...>, are open to all. An example is
# compiled where it lies, so its header is named without the folder.
rules='
proto
proto/io      proto
codecs        proto/base.h proto/env.h proto/limits.h
redirect      proto
server        proto proto/io codecs redirect
client        proto proto/io codecs redirect
clip
client/viewer clip redirect/usb_police.h
capture       clip
capture/far   capture
capture/ipp   capture/printpipe.h capture/confine.h
examples      vmm-guest.h
bench         proto codecs client
tests         tests tests/unit tests/fuzz tests/e2e proto proto/io codecs redirect server client client/viewer capture capture/far capture/ipp clip bench
'
status=0
for file in $(git ls-files -co --exclude-standard '*.c' '*.h' '*.def'); do
	line=$(echo "$rules" | awk -v f="$file" 'NF && index(f, $1 "/") == 1 &&
		length($1) > n { n = length($1); l = $0 } END { print l }')
	for inc in $(sed -n 's/^#[ \t]*include "\(.*\)"/\1/p' "$file"); do
		for ok in $line; do
			[ "$inc" = "$ok" ] || [ "${inc%/*}" = "$ok" ] && continue 2
		done
		echo "$file: ${line%% *} must not include $inc"
		status=1
	done
done
exit $status
