#!/bin/sh
# protocol.sh MSGDOC - PROTOCOL.md and the dissector say what messages.def
# says, every limit is documented, links lead somewhere, and a second program
# that knows nothing but PROTOCOL.md computes its examples.
msgdoc=$1
status=0
"$msgdoc" check PROTOCOL.md tools/oriel.lua || status=1

for name in $(sed -n 's/^\t\(ORL_[A-Z0-9_]*\) =.*/\1/p' proto/limits.h); do
	grep -q "^| \`$name\` |" PROTOCOL.md || {
		echo "PROTOCOL.md: $name is not under Limits"
		status=1
	}
done

# Anchors as a reader makes them: lower case, no marks, dashes for spaces. A
# heading that comes a second time gets -1.
sed -n 's/^##* //p' PROTOCOL.md | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' |
	awk '{ print $0 (n[$0]++ ? "-" n[$0] - 1 : "") }' > "$msgdoc.anchors"
for link in $(grep -o '](#[^)]*)' PROTOCOL.md | sort -u | tr -d '](#)'); do
	grep -qx -e "$link" "$msgdoc.anchors" || {
		echo "PROTOCOL.md: nothing is called #$link"
		status=1
	}
done
rm -f "$msgdoc.anchors"

python3 tests/golden/second.py PROTOCOL.md || status=1
exit $status
