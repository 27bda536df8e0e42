#!/bin/bash
# clipboard.sh - copy and paste between the desktop and the viewer's screen, by
# real programs: every type both ways, more than fits at once, what the policy
# and the viewer's own rules refuse, programs that do not answer or read, and
# both sides copying at once.
. tests/e2e/lib.sh

x_server A 800x600 # the desktop
x_server B 1024x768 # where the viewer is
DISPLAY=$B start wm openbox

join() { # POLICY-LINE OPTION...
	printf '%b\n' "$1" > "$T/policy"
	shift
	[ -z "${VIEW:-}" ] || stop "$VIEW"
	[ -z "${SERVER:-}" ] || stop "$SERVER"
	serve --source="x11:$A" --policy="$T/policy" "$@"
	DISPLAY=$B start view "$BIN/oriel-view" --trust="$KEY" --json \
		--files="$T/saved" --primary \
		--password-file="$T/password" "$ADDRESS"
	VIEW=$PID
	eventually 10 grep -q '"state":"ready"' "$T/view.out" ||
		fail 'the viewer is not ready'
	eventually 10 focused || fail 'the viewer has no focus'
}

focused() {
	[ "$(DISPLAY=$B xdotool getwindowfocus getwindowpid 2>/dev/null)" = "$VIEW" ]
}

click() { # in the viewer: what its user does
	DISPLAY=$B xdotool mousemove 500 400 click 1
}

clicked() { # COMMAND...: after another click
	click
	"$@"
}

copy() { # DISPLAY TYPE FILE
	xclip -display "$1" -selection clipboard -t "$2" -i "$3"
}

paste() { # DISPLAY TYPE FILE
	timeout "${limit:-20}" xclip -display "$1" -selection clipboard -o -t "$2" \
		> "$3" 2>/dev/null
}

said() { # COUNT PATTERN: in the viewer's events
	[ "$(grep -c "$2" "$T/view.out")" -ge "$1" ]
}

offers() { # DISPLAY TYPE
	timeout 5 xclip -display "$1" -selection clipboard -o -t TARGETS \
		2>/dev/null | grep -qxF "$2"
}

# A click that comes before the copy is known offers what was there before.
offered() { # COUNT
	said "$1" '"what":"offered"' || { click; return 1; }
}

count=0
to_desktop() { # TYPE FILE
	local n
	n=$(grep -c '"what":"offered"' "$T/view.out")
	copy "$B" "$1" "$2"
	sleep 0.2 # until the copy is known: the click has to come later
	eventually 5 offered $((n + 1)) ||
		fail "$1 was not offered to the desktop"
	eventually 5 offers "$A" "$1" || fail "the desktop does not offer $1"
	click
	paste "$A" "$1" "$T/pasted"
	cmp "$2" "$T/pasted" || fail "$1 came to the desktop as something else"
	count=$((count + 1))
}

to_viewer() { # TYPE FILE
	local n
	n=$(grep -c '"what":"copied"' "$T/view.out")
	copy "$A" "$1" "$2"
	eventually 15 said $((n + 1)) '"what":"copied"' ||
		fail "$1 was not copied from the desktop"
	eventually 5 offers "$B" "$1" || fail "the viewer does not offer $1"
	paste "$B" "$1" "$T/pasted"
	cmp "$2" "$T/pasted" || fail "$1 came from the desktop as something else"
	count=$((count + 1))
}

# ---- every type, both ways

printf 'gr\303\274\303\237e\r\nzwei \360\237\230\200\n\n' > "$T/text"
printf '<meta charset="utf-8"><b>fett \303\244</b>' > "$T/html"
printf '{\\rtf1 \\b fett\\b0}' > "$T/rtf"
printf '' > "$T/empty"
# As incompressible as a photograph, and with a checksum of its own.
convert -size 1300x1300 xc: +noise Random -seed 1 "$T/picture.png" ||
	fail 'no picture'
[ "$(stat -c %s "$T/picture.png")" -gt 5000000 ] || fail 'a small picture'
head -c 18000000 /dev/urandom | base64 > "$T/long" # 24 MB, INCR at both ends

join 'paste = text html rtf image files\ncopy = text html rtf image files
primary = yes'
for way in to_desktop to_viewer; do
	$way UTF8_STRING "$T/text"
	$way 'text/plain;charset=utf-8' "$T/text"
	$way text/html "$T/html"
	$way text/rtf "$T/rtf"
	$way image/png "$T/picture.png"
	$way UTF8_STRING "$T/long"
done
said 6 '"event":"pasted"' || fail 'the user was not told what the desktop pasted'
echo "$count pastes, all bytes equal"

# A type that lies is what its sender says: nobody here looks into it.
to_viewer image/png "$T/html"
to_desktop text/html "$T/picture.png"

# Latin-1, for programs that know no better.
iconv -f utf-8 -t latin1 <<< 'größer' > "$T/latin1"
copy "$B" STRING "$T/latin1"
sleep 0.2
eventually 5 clicked offers "$A" UTF8_STRING || fail 'STRING was not offered as text'
click
paste "$A" UTF8_STRING "$T/pasted"
[ "$(cat "$T/pasted")" = größer ] || fail 'STRING is not Latin-1'
sleep 0.1
click
paste "$A" STRING "$T/pasted"
cmp "$T/latin1" "$T/pasted" || fail 'STRING does not come back'

# ---- files, as what is in them; the user is asked

mkdir "$T/files" "$T/saved"
head -c 3000000 /dev/urandom > "$T/files/a b%.bin"
cp "$T/picture.png" "$T/files/grün.png"
: > "$T/files/empty"
for name in 'a%20b%25.bin' 'gr%C3%BCn.png' empty; do
	printf 'file://%s\r\n' "$T/files/$name"
done > "$T/list"

# asked DISPLAY KEYS...: paste files there, in $T/pasted, and answer so. What
# the desktop pastes needs a click.
asked() {
	local display=$1
	shift
	picture "$B" "$T/unasked.png"
	[ "$display" = "$B" ] || click
	paste "$display" text/uri-list "$T/pasted" &
	local paste=$!
	eventually 10 differs "$B" "$T/unasked.png" || fail 'nobody is asked'
	sleep 1
	DISPLAY=$B xdotool key "$@"
	wait "$paste"
}
n=$(grep -c '"what":"offered"' "$T/view.out")
copy "$B" text/uri-list "$T/list"
sleep 0.2
eventually 5 offered $((n + 1)) || fail 'files are not offered'
eventually 5 offers "$A" text/uri-list || fail 'the desktop does not offer files'
asked "$A" Escape
[ -s "$T/pasted" ] && fail 'files were given after a no'
eventually 5 grep -q 'did not want to give' "$T/view.log" || fail 'a no is not said'
asked "$A" Tab Return
where=$(sed -n '1s,^file://\(.*\)/[^/]*$,\1,p' "$T/pasted")
diff -r "$T/files" "$where" || fail 'other files came to the desktop'
[ "$(stat -c %a "${where%/*}")" = 700 ] || fail 'others can see them'
timeout 5 xclip -display "$A" -selection clipboard -o \
	-t x-special/gnome-copied-files | head -n 1 | grep -qx copy ||
	fail 'not as file managers of GNOME have it'

n=$(grep -c '"what":"copied"' "$T/view.out")
copy "$A" text/uri-list "$T/list"
eventually 5 said $((n + 1)) '"what":"copied"' || fail 'files are not copied'
asked "$B" Escape
eventually 5 grep -q 'did not want these' "$T/view.log" || fail 'a no is not said'
[ -z "$(ls "$T/saved")" ] || fail 'files were saved after a no'
asked "$B" Tab Tab Return
grep -qF "file://$T/saved/a%20b%25.bin" "$T/pasted" || fail 'no list of files'
diff -r "$T/files" "$T/saved" || fail 'other files were saved'
eventually 5 said 1 '"what":"saved","type":"files","count":3' ||
	fail 'not told as saved'
echo 'six files, all bytes equal'

# ---- what is marked

echo marked | xclip -display "$A" -selection primary
marked() { # DISPLAY TEXT
	[ "$(timeout 5 xclip -display "$1" -selection primary -o)" = "$2" ]
}
eventually 5 marked "$B" marked || fail 'what is marked there is not had here'
echo 'marked here' | xclip -display "$B" -selection primary
sleep 0.2
there() {
	click
	marked "$A" 'marked here'
}
eventually 5 there || fail 'what is marked here is not had there'

# ---- the viewer's own rules

# A password stays where it is.
DISPLAY=$B start clipper "$BIN/tests/e2e/clipper" own UTF8_STRING=geheim \
	x-kde-passwordManagerHint=secret
eventually 5 grep -q ready "$T/clipper.out" || fail 'no clipper'
CLIPPER=$PID
eventually 5 said 1 '"what":"secret"' || fail 'the hint was not seen'
click
sleep 0.5
offers "$A" UTF8_STRING && fail 'a password was offered'
stop "$CLIPPER"
DISPLAY=$A start clipper "$BIN/tests/e2e/clipper" own UTF8_STRING=geheim \
	x-kde-passwordManagerHint=secret
CLIPPER=$PID
eventually 5 grep -q 'a password was copied' "$T/serve.log" ||
	fail "the desktop's hint was not seen"
offers "$B" UTF8_STRING && fail 'a password was copied from the desktop'
stop "$CLIPPER"

# Nothing is offered before the user does something.
copy "$B" UTF8_STRING "$T/text"
sleep 0.7
offers "$A" UTF8_STRING && fail 'offered without an act of the user'
click
eventually 5 offers "$A" UTF8_STRING || fail 'not offered after a click'
# It is given once: who asks again at once, as browsers do, gets the same from
# the desktop's side. And nothing is given long after the click.
before=$(grep -c '"event":"pasted"' "$T/view.out")
click
for i in 1 2 3; do
	paste "$A" UTF8_STRING "$T/pasted"
	cmp "$T/text" "$T/pasted" || fail 'not given after a click'
done
eventually 5 said $((before + 1)) '"event":"pasted"' || fail 'not said'
[ "$(grep -c '"event":"pasted"' "$T/view.out")" = $((before + 1)) ] ||
	fail 'given more than once for one click'
sleep 4.3
paste "$A" text/plain "$T/pasted"
[ -s "$T/pasted" ] && fail 'given without a click'
eventually 5 grep -q 'without a key or click' "$T/view.log" ||
	fail 'and not said why'

# ---- who copies when

# Both at once: afterwards both have the same, whichever that is.
agree() { # NUMBER
	click
	paste "$A" UTF8_STRING "$T/at-a"
	click
	paste "$B" UTF8_STRING "$T/at-b"
	grep -qx ".* $1" "$T/at-a" && cmp "$T/at-a" "$T/at-b"
}
for i in 1 2 3 4 5; do
	echo "viewer $i" > "$T/v"
	echo "desktop $i" > "$T/d"
	click
	copy "$B" UTF8_STRING "$T/v" &
	copy "$A" UTF8_STRING "$T/d" &
	sleep 0.3
	click
	sleep 0.5
	eventually 5 agree $i || fail 'the two sides have different clipboards'
done
# A thousand times in a row is a few messages, and the last one holds.
DISPLAY=$A start clipper "$BIN/tests/e2e/clipper" flip 1000
CLIPPER=$PID
eventually 10 grep -q ready "$T/clipper.out" || fail 'no clipper'
after_flips() {
	paste "$B" UTF8_STRING "$T/pasted"
	[ "$(cat "$T/pasted")" = 'after 1000' ]
}
eventually 10 after_flips || fail 'the last of many copies is not there'
stop "$CLIPPER"

# ---- programs that do not answer, or do not read

DISPLAY=$B start clipper "$BIN/tests/e2e/clipper" mute UTF8_STRING
CLIPPER=$PID
eventually 5 grep -q ready "$T/clipper.out" || fail 'no clipper'
sleep 0.2
eventually 5 clicked offers "$A" UTF8_STRING || fail 'not offered'
click
paste "$A" UTF8_STRING "$T/pasted" # ends after ten seconds, with nothing
[ -s "$T/pasted" ] && fail 'something from nothing'
stop "$CLIPPER"
copy "$A" UTF8_STRING "$T/long"
eventually 5 offers "$B" UTF8_STRING || fail 'not copied'
DISPLAY=$B start clipper "$BIN/tests/e2e/clipper" stuck UTF8_STRING
CLIPPER=$PID
eventually 5 grep -q notified "$T/clipper.out" || fail 'nothing has come'
# Others are served meanwhile.
to_viewer text/html "$T/html"
to_desktop text/html "$T/html"
stop "$CLIPPER"
for pid in "$SERVER" "$VIEW"; do
	kill -0 "$pid" || fail 'a program has ended'
done

# ---- a slow line: the picture comes first, and who gives up is heard

join 'copy = text' --max-rate=2000000
copy "$A" UTF8_STRING "$T/long"
eventually 5 offers "$B" UTF8_STRING || fail 'not copied'
xclip -display "$B" -selection clipboard -o -t UTF8_STRING > "$T/pasted" &
PASTE=$!
started+=("$PASTE")
sleep 3 # and nothing is written before all has come
before=$(grep -c '"exact":true' "$T/view.out")
xsetroot -display "$A" -solid '#205080'
eventually 5 said $((before + 1)) '"exact":true' ||
	fail 'the picture waits for the clipboard'
kill -0 "$PASTE" 2>/dev/null || fail 'that was too fast to be a test'
kill -9 "$PASTE"
to_viewer UTF8_STRING "$T/text"
# The user stops one, by the menu's last item but one.
n=$(grep -c '"what":"copied"' "$T/view.out")
copy "$A" UTF8_STRING "$T/long"
eventually 5 said $((n + 1)) '"what":"copied"' || fail 'not copied'
xclip -display "$B" -selection clipboard -o -t UTF8_STRING > "$T/pasted" &
PASTE=$!
started+=("$PASTE")
sleep 2 # it says how far it is by then
stopped() {
	DISPLAY=$B xdotool key Escape sleep 0.3 key ctrl+alt+Home sleep 0.5 \
		key --delay 100 shift+Tab shift+Tab Return
	eventually 1 said 1 '"what":"stopped"'
}
eventually 5 stopped || fail 'it cannot be stopped'
# X11 has no word for that: who has got a part waits, and xclip for ever.
kill -9 "$PASTE" || fail 'all of it was pasted'
to_viewer UTF8_STRING "$T/text"

# ---- what the policy refuses, and what is said of it

join ''
refused() { # more than TIMES
	[ "$(grep -c 'takes only text' "$T/view.log")" -gt "$1" ]
}
copy "$B" image/png "$T/picture.png"
sleep 0.2
eventually 5 clicked refused 0 || fail 'a picture was refused without a word'
offers "$A" image/png && fail 'a picture was offered'
n=$(grep -c 'takes only text' "$T/view.log")
copy "$B" text/uri-list "$T/list"
sleep 0.2
eventually 5 clicked refused "$n" || fail 'files were refused without a word'
offers "$A" text/uri-list && fail 'files were offered'
echo marked | xclip -display "$A" -selection primary
sleep 0.5
marked "$B" marked && fail 'what is marked is shared'
to_desktop UTF8_STRING "$T/text"
copy "$A" UTF8_STRING "$T/html"
eventually 5 grep -q 'stays there' "$T/view.log" ||
	fail 'a copy was kept there without a word'
paste "$B" UTF8_STRING "$T/pasted"
cmp -s "$T/html" "$T/pasted" && fail 'copied from a desktop that does not share'
join 'paste-max = 1\npaste = text'
copy "$B" UTF8_STRING "$T/long"
sleep 0.2
eventually 5 clicked offers "$A" UTF8_STRING || fail 'not offered'
click
limit=8 paste "$A" UTF8_STRING "$T/pasted" # it waits for the rest
cmp -s "$T/long" "$T/pasted" && fail 'larger than is allowed'
eventually 5 grep -q 'larger than the 1 MiB' "$T/view.log" ||
	fail 'and nobody was told'
join 'rights = see input'
copy "$B" UTF8_STRING "$T/text"
sleep 0.2
click
sleep 0.5
offers "$A" UTF8_STRING && fail 'offered without the right'

# ---- a question goes with the session that it is about

join 'paste = text files'
copy "$B" text/uri-list "$T/list"
sleep 0.2
click
eventually 5 said 1 '"what":"offered"' || fail 'files are not offered'
click
paste "$A" text/uri-list "$T/pasted" &
sleep 1
stop "$SERVER" KILL
eventually 5 grep -q '"state":"reconnecting"' "$T/view.out" ||
	fail 'the end of the server went unnoticed'
sleep 3 # keys pressed sooner were meant for the desktop
# Escape is for the panel of the loss, and gives up.
DISPLAY=$B xdotool key Escape
finish "$VIEW" 5
[ "$STATUS" = 6 ] || fail "a question has stayed: exit $STATUS"
echo 'the clipboard works, and refuses'
