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

# The format of HCX stands in its header and in PROTOCOL.md, word by word.
sed -n '/^ \* SECTION\./,/^ \* The same is in/s/^ \* \{0,1\}//p' codecs/hcx.h |
	sed '$d' | expand | tr -s ' \n' > "$msgdoc.hcx"
sed -n '/^SECTION\./,/^```/p' PROTOCOL.md | sed '$d' | tr -s ' \n' |
	cmp - "$msgdoc.hcx" || {
	echo 'PROTOCOL.md: HCX is not as in codecs/hcx.h'
	status=1
}
rm -f "$msgdoc.hcx"

# What is taken when all is ready: the handlers of both ends, and the last
# rows of the tables of states.
taken() { # file
	sed -n '/ ready\[\] = {/,/^};/s/.*ORL_MSG_\([a-z_]*\),.*/\1/p' "$1"
}
for file in server/peer.c client/session.c; do
	row=$(taken $file | tr '\n' ' ' | sed 's/ $//')
	grep -q "^| ready | $row |" PROTOCOL.md || {
		echo "PROTOCOL.md: ready is not as in $file: $row"
		status=1
	}
done

python3 tests/golden/second.py PROTOCOL.md || status=1
exit $status
