#!/bin/bash
# clipboard-wayland.sh - the viewer in a Wayland compositor: text, HTML, a picture
# and files between its clipboard and that of an X11 desktop, both ways.
. tests/e2e/lib.sh

x_server A 800x600 # the desktop
x_server B 1100x850 # where the compositor is
export XDG_RUNTIME_DIR=$T/run
mkdir -m 700 "$XDG_RUNTIME_DIR"
DISPLAY=$B start weston weston --backend=x11-backend.so --use-pixman \
	--socket=oriel-test --width=1024 --height=768 --no-config --idle-time=0
eventually 10 test -S "$XDG_RUNTIME_DIR/oriel-test" || fail 'no compositor'
printf 'paste = text html image files\ncopy = text html image files\n' \
	> "$T/policy"
serve --source="x11:$A" --policy="$T/policy"
export WAYLAND_DISPLAY=oriel-test DISPLAY=$B
SDL_VIDEODRIVER=wayland start view "$BIN/oriel-view" --trust="$KEY" --json \
	--files="$T/saved" \
	--password-file="$T/password" "$ADDRESS"
eventually 10 grep -q '"state":"ready"' "$T/view.out" ||
	fail 'the viewer is not ready'

click() {
	# Weston knows where the pointer is once it has come from outside.
	xdotool mousemove 1090 840 sleep 0.05 mousemove 500 400 sleep 0.05 \
		mousemove 502 402 sleep 0.05 click 1
}

said() { # COUNT PATTERN
	[ "$(grep -c "$2" "$T/view.out")" -ge "$1" ]
}

# copied N TYPE FILE: the nth copy on the desktop can be pasted here.
copied() {
	xclip -display "$A" -selection clipboard -t "$2" -i "$3"
	# Weston gives the focus to a window that is clicked.
	tries() {
		said "$1" '"what":"copied"' || { click; return 1; }
	}
	eventually 10 tries "$1" || fail "$2 was not copied from the desktop"
	here() {
		# What is new is taken when somebody does something.
		click
		timeout 15 wl-paste -n -t "$1" > "$T/pasted" && cmp -s "$2" "$T/pasted"
	}
	local type=$2
	[ "$type" != UTF8_STRING ] || type='text/plain;charset=utf-8'
	eventually 10 here "$type" "$3" || fail "$2 came from the desktop wrong"
}

# offered N TYPE TARGET FILE: the nth copy here can be pasted on the desktop.
offered() {
	wl-copy -f -t "$2" < "$4" 2> /dev/null &
	started+=("$!")
	sleep 0.5
	offers() {
		click
		said "$1" '"what":"offered"'
	}
	eventually 10 offers "$1" || fail "$2 was not offered to the desktop"
	there() {
		click
		timeout 15 xclip -display "$A" -selection clipboard -o -t "$1" \
			> "$T/pasted" 2> /dev/null && cmp -s "$2" "$T/pasted"
	}
	eventually 15 there "$3" "$4" || fail "$2 came to the desktop wrong"
}

printf 'gr\303\274\303\237e\r\nzwei \360\237\230\200\n' > "$T/text"
convert -size 800x800 xc: +noise Random -seed 1 "$T/picture.png"
copied 1 UTF8_STRING "$T/text"
copied 2 image/png "$T/picture.png"
offered 1 'text/plain;charset=utf-8' UTF8_STRING "$T/text"
offered 2 image/png image/png "$T/picture.png"
printf '<b>fett \303\244</b>' > "$T/html"
copied 3 text/html "$T/html"
offered 3 text/html text/html "$T/html"

# Files, of which the user is asked in the window.
mkdir "$T/files" "$T/saved"
cp "$T/picture.png" "$T/files/a b.png"
cp "$T/text" "$T/files/grün.txt"
: > "$T/files/empty"
for name in a%20b.png gr%C3%BCn.txt empty; do
	printf 'file://%s\r\n' "$T/files/$name"
done > "$T/list"
xclip -display "$A" -selection clipboard -t text/uri-list -i "$T/list"
tries() {
	said 4 '"what":"copied"' || { click; return 1; }
}
eventually 10 tries || fail 'files were not copied from the desktop'
answer() { # PATTERN KEYS...: while wl-paste or xclip waits
	eventually 10 differs "$B" "$T/unasked.png" || fail 'nobody is asked'
	sleep 1
	xdotool key --delay 100 "${@:2}"
	eventually 10 grep -q "$1" "$T/view.out"
}
picture "$B" "$T/unasked.png"
timeout 60 wl-paste -n -t text/uri-list > "$T/pasted" 2> /dev/null &
PASTE=$!
answer '"what":"saved"' Tab Tab Return || fail 'nothing was saved'
wait "$PASTE"
grep -qF "file://$T/saved/a%20b.png" "$T/pasted" || fail 'no list of files'
diff -r "$T/files" "$T/saved" || fail 'other files were saved'
wl-copy -f -t text/uri-list < "$T/list" 2> /dev/null &
started+=("$!")
sleep 0.5
offers() {
	click
	said 4 '"what":"offered"'
}
eventually 10 offers || fail 'files were not offered to the desktop'
click
sleep 0.5
picture "$B" "$T/unasked.png"
click
timeout 60 xclip -display "$A" -selection clipboard -o -t text/uri-list \
	> "$T/pasted" 2> /dev/null &
PASTE=$!
answer '"pasted","type":"files"' Tab Return || fail 'no files were given'
wait "$PASTE"
where=$(sed -n '1s,^file://\(.*\)/[^/]*$,\1,p' "$T/pasted")
diff -r "$T/files" "$where" || fail 'other files came to the desktop'
echo 'the clipboard of Wayland works, both ways'
