# scroll.sh - somebody reads a long text: line by line, then page by page, then
# with the wheel.
# Packages: xterm, xdotool, less, fonts-dejavu-core.
seq -f 'line %g of a text that is read from its beginning to its end' 3000 \
	> "$HOME/text"
xterm -fa 'DejaVu Sans Mono' -fs 11 -geometry 110x38+20+10 -bg black \
	-fg '#d0d0d0' -xrm 'xterm*cursorBlink: false' \
	-xrm 'xterm*alternateScroll: true' -e less "$HOME/text" &
window=$(xdotool search --sync --onlyvisible --class xterm | head -n 1)
xdotool windowfocus --sync "$window"
sleep 0.5
xdotool key --delay 40 --repeat 50 Down
sleep 0.5
xdotool key --delay 250 --repeat 12 Next
sleep 0.5
xdotool mousemove --window "$window" 400 300
xdotool click --delay 60 --repeat 40 4
sleep 1
