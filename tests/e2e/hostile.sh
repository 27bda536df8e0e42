#!/bin/bash
# hostile.sh - hostile clients against a real oriel-serve, and hostile servers
# against a real oriel-view: see attack.c. Each line says what the victim did
# and what it cost. HOSTILE_SLOW=1 has the long cases, too.
. tests/e2e/lib.sh

attack=$BIN/tests/e2e/attack
slow=${HOSTILE_SLOW:+--slow}

serve --source=pattern:640x360@30 --stats="$T/stats"
"$attack" $slow serve "${ADDRESS#oriel://}" "$SERVER" "$T/password" ||
	fail 'hostile clients'
# Who is left is told goodbye, and all is in order.
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "oriel-serve ends with $STATUS"

"$attack" $slow view "$BIN/oriel-view" "$T/password" || fail 'hostile servers'
