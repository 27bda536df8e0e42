# print.sh - somebody writes in a terminal beside a video; if there is a printer
# at the other end (peer oriel-print), 50 MB are printed all the while.
# Packages: xterm, xdotool, fonts-dejavu-core, ffmpeg, cups-ipp-utils.
ffplay -loglevel quiet -noborder -left 1000 -top 80 -f lavfi \
	-i 'mandelbrot=size=640x360:rate=24' &
xterm -fa 'DejaVu Sans Mono' -fs 11 -geometry 100x34+40+30 -bg white -fg black \
	-xrm 'xterm*cursorBlink: false' -e cat &
window=$(xdotool search --sync --onlyvisible --class xterm | head -n 1)
xdotool windowfocus --sync "$window"
sleep 2
printer=$(sed -n 's/^printer added: [^ ]* //p' "$HOME/server.log")
if [ -n "$printer" ]; then
	{
		printf '\377\330\377'
		head -c 50000000 /dev/urandom
	} > "$HOME/job.jpg"
	ipptool -t -f "$HOME/job.jpg" -d filetype=image/jpeg "$printer" \
		print-job.test > "$HOME/job.log" 2>&1 &
	sleep 2
fi
for _ in 1 2 3 4; do
	for line in 'Dear Sir or Madam,' \
		'the figures that you asked for are below.' \
		'All of them were measured twice, on different days,'; do
		xdotool type --delay 45 "$line"
		xdotool key Return
		sleep 0.3
	done
done
if [ -n "$printer" ] && grep -q PASS "$HOME/job.log"; then
	echo 'the job has ended too soon: it was not beside all of this' >&2
	exit 1
fi
sleep 1
