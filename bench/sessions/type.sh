# type.sh - somebody writes in a terminal, as people type, and looks at it.
# Packages: xterm, xdotool, fonts-dejavu-core.
xterm -fa 'DejaVu Sans Mono' -fs 11 -geometry 100x34+40+30 -bg white -fg black \
	-xrm 'xterm*cursorBlink: false' -e cat &
window=$(xdotool search --sync --onlyvisible --class xterm | head -n 1)
xdotool windowfocus --sync "$window"
for line in 'Dear Sir or Madam,' \
	'the figures that you asked for are below.' \
	'All of them were measured twice, on different days,' \
	'with the same machine and the same settings.' \
	'Yours faithfully'; do
	xdotool type --delay 45 "$line"
	xdotool key Return
	sleep 0.3
done
sleep 1
