#!/bin/bash
# clipboard-programs.sh - what real programs copy and paste through a viewer: a
# browser on the desktop, with HTML and pictures, and a word processor, with RTF.
# All is done with keys and clicks in the viewer's window, as its user does it.
. tests/e2e/lib.sh

command -v chromium > /dev/null || {
	echo 'SKIPPED: no chromium here'
	exit 0
}
x_server A 1024x768 # the desktop
x_server B 1024x768 # where the viewer is
DISPLAY=$A start desk openbox
DISPLAY=$B start wm openbox
printf 'paste = text html rtf image\ncopy = text html rtf image\n' > "$T/policy"

# The page: something to copy, a field to paste into, which says in its title
# the SHA-256 of what came: of HTML the bytes, of a picture the pixels.
cat > "$T/page.html" <<'END'
<!DOCTYPE html><meta charset="utf-8"><title>begun</title>
<style>body { margin: 0; font-size: 24px } div { height: 200px }</style>
<div id="from"><b>fett ä</b> <i style="color:#123456">😀</i><table border=1>
<tr><td>1<td>2</table></div>
<div id="picture" style="background:#cde">copies a picture</div>
<div id="to" contenteditable style="background:#eee"></div>
<script>
const say = text => { document.title = text }
const hash = async bytes => Array.from(new Uint8Array(
	await crypto.subtle.digest("SHA-256", bytes)))
	.map(x => x.toString(16).padStart(2, "0")).join("")
document.getElementById("from").onclick = () => {
	getSelection().selectAllChildren(document.getElementById("from"))
	say("selected")
}
document.getElementById("picture").onclick = async () => {
	const c = new OffscreenCanvas(300, 200), g = c.getContext("2d")
	const p = g.createImageData(300, 200)
	for (let i = 0; i < p.data.length; i++)
		p.data[i] = i % 4 == 3 ? 255 : i * i * 7 >> 3
	g.putImageData(p, 0, 0)
	await navigator.clipboard.write([new ClipboardItem({
		"image/png": await c.convertToBlob({ type: "image/png" }) })])
	say("picture " + await hash(p.data))
}
document.getElementById("to").onpaste = async e => {
	e.preventDefault()
	const html = e.clipboardData.getData("text/html")
	const file = e.clipboardData.files[0]
	if (html)
		return say("html " + await hash(new TextEncoder().encode(html)))
	if (!file)
		return say("text " + e.clipboardData.getData("text/plain"))
	const b = await createImageBitmap(file)
	const c = new OffscreenCanvas(b.width, b.height), g = c.getContext("2d")
	g.drawImage(b, 0, 0)
	say("pixels " + await hash(g.getImageData(0, 0, b.width, b.height).data))
}
</script>
END
serve --source="x11:$A" --policy="$T/policy"
DISPLAY=$A start browser chromium --no-sandbox --disable-gpu --no-first-run \
	--disable-dev-shm-usage --password-store=basic --disable-extensions \
	--disable-background-networking --disable-component-update \
	--user-data-dir="$T/chromium" --window-position=0,0 --start-fullscreen \
	--app="file://$T/page.html"
BROWSER=$PID
DISPLAY=$B start view "$BIN/oriel-view" --fullscreen --json --trust="$KEY" \
	--password-file="$T/password" "$ADDRESS"
export DISPLAY=$B
title() {
	DISPLAY=$A xdotool search --onlyvisible --class chromium \
		getwindowname 2> /dev/null | tail -n 1
}
titled() {
	title | grep -qxF "$1"
}
eventually 30 titled begun || fail 'the browser does not start'
eventually 10 grep -q '"state":"ready"' "$T/view.out" || fail 'no viewer'

said() { # COUNT PATTERN: in the viewer's events
	[ "$(grep -c "$2" "$T/view.out")" -ge "$1" ]
}
copies() {
	grep -c '"what":"copied"' "$T/view.out"
}
fetch() { # DISPLAY TYPE FILE
	timeout 30 xclip -display "$1" -selection clipboard -o -t "$2" > "$3"
}
both() { # TYPE: the same here and there, and not nothing
	eventually 5 fetch "$B" "$1" "$T/here" || fail "no $1 here"
	fetch "$A" "$1" "$T/there" || fail "no $1 on the desktop"
	[ -s "$T/here" ] && cmp "$T/here" "$T/there" ||
		fail "$1 is not the same here and on the desktop"
}
own() { # TYPE FILE: copied beside the viewer; then a click into the page
	local n
	n=$(grep -c '"what":"offered"' "$T/view.out")
	xclip -selection clipboard -t "$1" -i "$2"
	sleep 0.3
	eventually 5 offered $((n + 1)) || fail "$1 is not offered"
	sleep 0.3 # until the desktop knows
}
offered() { # COUNT: a click before the copy is known offers nothing
	said "$1" '"what":"offered"' || {
		xdotool mousemove 300 500 click 1
		return 1
	}
}
becomes() { # TITLE: when it is pasted into the page
	xdotool key ctrl+v
	eventually 1 titled "$1"
}

# ---- the browser's HTML and picture

n=$(copies)
select_it() {
	xdotool mousemove 600 100 click 1
	titled selected
}
eventually 10 select_it || fail 'a click does not arrive'
xdotool key ctrl+c
eventually 10 said $((n + 1)) '"what":"copied"' || fail 'HTML was not copied'
both text/html
grep -q 'fett ä' "$T/here" && grep -q '😀' "$T/here" || fail 'another HTML'
both 'text/plain;charset=utf-8'
n=$(copies)
xdotool mousemove 300 300 click 1
eventually 10 said $((n + 1)) '"what":"copied"' || fail 'no picture was copied'
both image/png
pixels=$(convert "$T/here" -alpha on -depth 8 rgba:- | sha256sum | cut -d' ' -f1)
eventually 5 titled "picture $pixels" || fail "other pixels: $(title)"
echo "ok from the browser ($SECONDS s)"

# ---- and to it

printf '<p>zurück <b>mit ä</b> 😀</p>' > "$T/html"
own text/html "$T/html"
eventually 10 becomes "html $(sha256sum < "$T/html" | cut -d' ' -f1)" ||
	fail "the browser gets other HTML: $(title)"
convert -size 200x150 xc: +noise Random -seed 7 -depth 8 \
	-strip -define png:exclude-chunk=gAMA,cHRM png24:"$T/p.png"
own image/png "$T/p.png"
pixels=$(convert "$T/p.png" -alpha on -depth 8 rgba:- | sha256sum | cut -d' ' -f1)
eventually 10 becomes "pixels $pixels" || fail "the browser gets: $(title)"
printf 'grüße 😀' > "$T/text"
own UTF8_STRING "$T/text"
eventually 10 becomes 'text grüße 😀' || fail "the browser gets: $(title)"
echo "ok to the browser ($SECONDS s)"

command -v soffice > /dev/null || {
	echo 'a browser copies and pastes; there is no LibreOffice here'
	exit 0
}

# ---- a word processor, in RTF

stop "$BROWSER"
DISPLAY=$A start writer soffice --writer --norestore --nologo --nofirststartwizard \
	"-env:UserInstallation=file://$T/office"
writer() {
	DISPLAY=$A xdotool search --onlyvisible --name 'Writer' > "$T/windows"
}
eventually 60 writer || fail 'LibreOffice does not start'
sleep 3
printf '{\\rtf1\\ansi {\\b fett} und {\\i kursiv}\\par}' > "$T/rtf"
own text/rtf "$T/rtf"
xdotool key ctrl+v
sleep 2
n=$(copies)
xdotool key --delay 100 ctrl+a ctrl+c
eventually 10 said $((n + 1)) '"what":"copied"' || fail 'nothing was copied'
both text/rtf
grep -aq 'fett' "$T/here" && grep -aq 'kursiv' "$T/here" || fail 'another text'
both text/html
grep -q '<b>fett</b>' "$T/here" || fail 'it was not pasted as RTF'
echo "ok LibreOffice ($SECONDS s)"
echo 'a browser and a word processor copy and paste'
