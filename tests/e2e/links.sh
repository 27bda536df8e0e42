#!/bin/bash
# links.sh - oriel-bench links: what it verifies holds, what does not hold it
# finds, and nothing is left of a link however it ends.
. "$(dirname "$0")/lib.sh"

links() { "$BIN/oriel-bench" links "$@" > "$T/links.out" 2> "$T/links.log"; }

refused() { # CODE WORDS ARGUMENT...
	local code=$1 words=$2 status
	shift 2
	links "$@"
	status=$?
	[ "$status" = "$code" ] || fail "links $*: exit $status, not $code"
	grep -qF -- "$words" "$T/links.log" ||
		fail "links $*: does not say '$words'"
	[ "$(grep -c . "$T/links.log")" = 1 ] || fail "links $*: says more"
}

refused 2 "'nowhere': neither a link" nowhere
refused 2 "'loss=200%': not a value" --verify wan,loss=200%
refused 2 'No such file' --file="$T/none"
printf 'a = wan\n\nb = wan,x=1\n' > "$T/wrong"
refused 2 "line 3: 'x=1': no such key" --file="$T/wrong"
refused 2 'usage:' --verify --netem
refused 2 'links --sideways? usage:' --sideways
links || fail 'the list of links'
for name in lan campus wan dsl t1 4g lossy burst geo step shared; do
	grep -q "^$name " "$T/links.out" || fail "no link $name"
done

links --json || fail 'the list of links as JSON'
python3 - "$T/links.out" << 'CHECK' || fail "not JSON: $(head -3 "$T/links.out")"
import json, sys
links = {l["link"]: l for l in map(json.loads, open(sys.argv[1]))}
assert len(links) >= 11, len(links)
wan, dsl = links["wan"], links["dsl"]
assert wan["rtt_ms"] == 40 and wan["down"]["bits_a_second"] == 20e6, wan
assert dsl["up"]["bits_a_second"] == 1e6, dsl
assert links["step"]["steps"] > 0 and links["shared"]["flow"], links["shared"]
CHECK

# Neither root nor user namespaces.
if command -v setpriv > /dev/null && unshare -Ur true 2>/dev/null; then
	unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces
		exec setpriv --bounding-set=-all --inh-caps=-all "$@"' sh \
		"$BIN/oriel-bench" links --verify wan \
		> "$T/links.out" 2> "$T/links.log" && fail 'wan without rights'
	grep -q 'needs root or user namespaces' "$T/links.log" ||
		fail 'does not say what it needs'
fi
if ! links --verify wan && grep -q 'needs root' "$T/links.log"; then
	echo 'ok without the links: neither root nor user namespaces here'
	exit 0
fi
refused 1 'nope is no congestion control' --congestion=nope --verify wan

# It measures: a machine that is taken away while it does may have it wrong.
verified() { # LINK...: one time of three
	links --verify "$@" || links --verify "$@" || links --verify "$@" ||
		fail "not what they should be:
$(cat "$T/links.out" "$T/links.log")"
}
verified --json lossy
python3 - "$T/links.out" << 'CHECK' || fail "not JSON: $(cat "$T/links.out")"
import json, sys
[l] = map(json.loads, open(sys.argv[1]))
assert l["ok"] and l["link"] == "lossy", l
assert 0 < l["down"]["lost"] == l["down"]["lost_wanted"], l
assert abs(l["rtt_ms"] - 80) <= 4 and l["rtt_ms_wanted"] == 80, l
CHECK
verified wan,500ms:up=5mbit,1s:cut=200ms,1200ms:delay=30ms 4g
# Each way has its script; what is not looked at is named.
for way in down up; do
	grep -q "^custom *script, $way .* ok\$" "$T/links.out" ||
		fail "the script $way: $(cat "$T/links.out")"
done
grep -q '^custom *script, NOT checked: delay$' "$T/links.out" ||
	fail "what is not checked: $(cat "$T/links.out")"

# A tc that does nothing leaves a link that is not what it should be, and is
# told the script at the right side.
cat > "$T/tc" << 'END'
#!/bin/sh
echo "$(ip -o -4 addr show oriel0 | grep -o '192.0.2.[12] peer') $*" >> "$0.log"
END
chmod +x "$T/tc"
PATH=$T:$PATH links --verify wan,by=netem,1s:down=2mbit &&
	fail 'a link that is none was taken for one'
grep -q FAIL "$T/links.out" || fail "no FAIL: $(cat "$T/links.log")"
eventually 5 grep -q '^192.0.2.1 peer .* change .* rate 2000000bit$' \
	"$T/tc.log" || fail "the script: $(cat "$T/tc.log")"
rm "$T/tc.log"

# Killed, it takes the link with it.
start bench "$BIN/oriel-bench" links --verify geo
eventually 10 pgrep -P "$PID" > /dev/null || fail 'no link was started'
sleep 0.5
children=$(pgrep -P "$PID")
gone() {
	local pid
	for pid in $children; do
		[ ! -d "/proc/$pid" ] || grep -q '^State:.Z' \
			"/proc/$pid/status" 2>/dev/null || return 1
	done
}
gone && fail 'the link ended by itself'
kill -9 "$PID"
eventually 5 gone || fail 'the link outlived the program'
echo 'ok links'
