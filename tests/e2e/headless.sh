#!/bin/bash
# headless.sh - oriel-view as scripts use it: exit codes, trust, prompts,
# files, statistics and screenshots.
. "$(dirname "$0")/lib.sh"

expect() { # CODE WORDS OPTION...
	local code=$1 words=$2
	shift 2
	view "$@"
	[ "$STATUS" = "$code" ] || fail "$*: exit $STATUS, not $code"
	grep -qF -- "$words" "$T/view.log" ||
		fail "$*: does not say '$words'"
	[ "$(grep -c . "$T/view.log")" = 1 ] || fail "$*: says more"
}

hosts=$HOME/.config/oriel/known_hosts
password=--password-file=$T/password
echo wrong > "$T/wrong"

# In other languages, where they were built.
if [ -d "$BIN/locale" ]; then
	for words in 'de:Einen Arbeitsplatz' 'fr:Afficher un bureau'; do
		LC_ALL=C.UTF-8 LANGUAGE=${words%%:*} "$BIN/oriel-view" --help |
			grep -q "${words#*:}" || fail "no ${words%%:*}"
	done
	LC_ALL=C.UTF-8 LANGUAGE=de "$BIN/oriel-view" desk.vv 2>&1 |
		grep -q 'bitten Sie um eine .oriel-Datei' || fail 'no German'
fi

# Before any connection.
expect 2 'see oriel-view --help'
expect 2 'ask for an .oriel file' "$T/desk.vv"
expect 2 'No such file' "$T/desk.oriel"
printf 'address = oriel://x\ncolour = red\n' > "$T/desk.oriel"
expect 2 'line 2: unknown key' "$T/desk.oriel"
expect 2 'cannot read a secret' --password-file="$T/none" oriel://127.0.0.1
expect 3 'cannot connect to oriel://127.0.0.1:1 ' oriel://127.0.0.1:1
expect 3 'there is no such socket' "unix:$T/none"
expect 3 'there is no host of that name' oriel://none.invalid

# A picture that stands still: 0 frames a second after the first.
x_server A 800x500
start root xsetroot -display "$A" -mod 7 9 -fg red -bg blue
start text xterm -display "$A" -geometry 60x20+40+40 -fn fixed \
	-xrm 'xterm*cursorBlink: false' -e sh -c "seq 60; touch $T/drawn; cat"
eventually 10 test -e "$T/drawn" || fail 'no terminal'
serve "--source=x11:$A"
[ ${#KEY} = 64 ] || fail "no key is printed: $KEY"

# Trust, without a terminal.
expect 4 "use --trust=$KEY" "$password" "$ADDRESS"
expect 4 "but --trust names" "--trust=${KEY//[0-9]/0}" "$password" "$ADDRESS"
[ ! -e "$hosts" ] || fail 'something was remembered'

# Login.
expect 5 'does not accept' --trust=first-use --password-file="$T/wrong" \
	"$ADDRESS"
expect 5 'no terminal to ask' --trust=first-use "$ADDRESS"

# The picture, and what is said about it.
view "--trust=$KEY" "$password" --exit-when=lossless --exit-after=60 \
	--stats="$T/stats" --screenshot="$T/shot.png" --json "$ADDRESS"
[ "$STATUS" = 0 ] || fail "lossless: exit $STATUS"
picture "$A" "$T/real.png"
same "$T/real.png" "$T/shot.png" || fail 'the screenshot differs'
grep -q " login " "$hosts" || fail 'the login was not remembered'
python3 - "$T/stats" "$T/view.out" <<-'END' || fail 'statistics or events'
	import json, sys
	lines = [json.loads(l) for l in open(sys.argv[1])]
	last = lines[-1]
	assert last['final'] and not any('final' in l for l in lines[:-1])
	for key in ('t bytes_in bytes_out channels updates frames_shown '
	            'frames_skipped cpu_user_s cpu_sys_s max_rss_bytes '
	            'latency_ms exact lossless_after_ms').split():
	    assert key in last, key
	assert set(last['latency_ms']) == {'p50', 'p95', 'p99'}
	assert last['exact'] is True and last['updates'] > 0
	assert last['bytes_in'] >= last['channels']['display'] > 0
	events = [json.loads(l) for l in open(sys.argv[2])]
	assert events[-1]['event'] == 'end' and events[-1]['code'] == 0
	assert 'screen_added' in [e['event'] for e in events]
END

# An .oriel file, and the deadline: reached before the condition, or alone.
printf 'address = %s\ntrust = %s\nfullscreen = yes\n' "$ADDRESS" "$KEY" \
	> "$T/desk.oriel"
view "$password" --exit-after=3 --screenshot="$T/late.png" "$T/desk.oriel"
[ "$STATUS" = 0 ] || fail "--exit-after: exit $STATUS"
same "$T/real.png" "$T/late.png" || fail 'the late screenshot differs'
rm "$T/late.png"
expect 7 'allow more time' "$password" --exit-after=3 --exit-when=closed \
	--screenshot="$T/late.png" "$T/desk.oriel"
[ -s "$T/late.png" ] || fail 'no screenshot at the deadline'
expect 1 'choose another place' "$password" --exit-after=3 \
	--screenshot="$T/no/such.png" "$T/desk.oriel"

# A remembered key must not change, and who asked for a login must go on.
sed -i "s/sha256:[0-9a-f]*/sha256:${KEY//[0-9]/0}/" "$hosts"
expect 4 'HAS CHANGED' --trust=first-use "$password" "$ADDRESS"
grep -qF "$KEY" "$T/view.log" || fail 'the new key is not shown'
rm "$hosts"

# Prompts, on a terminal of their own.
cat > "$T/prompt.py" <<-'END'
	import os, pty, sys, time
	pid, fd = pty.fork()
	if pid == 0:
	    os.execv(sys.argv[1], sys.argv[1:-2])
	seen = b''
	def until(words):
	    global seen
	    while words not in seen:
	        seen += os.read(fd, 4096)
	until(b'[yes/no] ')
	assert sys.argv[-2].encode() in seen, 'the key is not shown'
	os.write(fd, b'yes\n')
	until(b'Password for')
	os.write(fd, sys.argv[-1].encode() + b'\n')
	try:
	    while True:
	        more = os.read(fd, 4096)
	        if not more:
	            break
	        seen += more
	except OSError:
	    pass
	assert sys.argv[-1].encode() not in seen, 'the password was echoed'
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
timeout 120 python3 "$T/prompt.py" "$BIN/oriel-view" --headless \
	--exit-when=lossless "$ADDRESS" "$KEY" 'correct horse' ||
	fail "prompts: exit $?"
grep -qF "$KEY login" "$hosts" || fail 'the answer was not remembered'

# The server goes: in order, and not.
start view "$BIN/oriel-view" --headless --trust=first-use "$password" \
	--exit-when=closed --screenshot="$T/end.png" --json "$ADDRESS"
viewer=$PID
eventually 10 exact_in "$T/view.out" || fail 'no picture'
stop "$SERVER"
finish "$viewer" 10
[ "$STATUS" = 0 ] || fail "goodbye: exit $STATUS"
same "$T/real.png" "$T/end.png" || fail 'the last screenshot differs'

serve "--source=x11:$A"
start view "$BIN/oriel-view" --headless --trust=first-use "$password" \
	--exit-when=closed --json "$ADDRESS"
viewer=$PID
eventually 10 grep -qs screen_added "$T/view.out" || fail 'no screen'
stop "$SERVER" KILL
finish "$viewer" 10
[ "$STATUS" = 6 ] || fail "lost: exit $STATUS"
echo ok

# Without a login, for this user alone.
ADDRESS=
start open "$BIN/oriel-serve" --listen=unix:"$T/open.sock" --no-auth \
	--source=pattern:static
eventually 10 grep -qs '^listening ' "$T/open.out" || fail 'not open'
view --exit-when=lossless --exit-after=60 "unix:$T/open.sock"
[ "$STATUS" = 0 ] || fail "no login: exit $STATUS"
