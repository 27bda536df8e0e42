#!/bin/bash
# printers.sh - the viewer finds printers by itself: the default one of the CUPS
# beside it, or all that CUPS has, and prints on the one that is meant.
. "$(dirname "$0")/lib_print.bash"
if ! command -v cupsd > /dev/null || [ "$(id -u)" != 0 ] ||
	! id lp > /dev/null 2>&1; then
	echo 'skipped: without cupsd, or not as root'
	exit 0
fi

printer
cups
convert -size 64x48 plasma:red-blue "$T/photo.jpg"
for queue in paper other; do
	lpadmin -p $queue -E -v $real -m everywhere > "$T/lpadmin.log" 2>&1 ||
		fail "no queue: $(cat "$T/lpadmin.log")"
done
lpadmin -d paper
x_server A 320x200
serve --source=x11:"$A" --print=0

# look OPTION COUNT: a viewer with that option tells of so many printers.
look() {
	start view "$BIN/oriel-view" --headless --trust="$KEY" \
		--password-file="$T/password" --print=always --json "$1" \
		"$ADDRESS"
	viewer=$PID
	eventually 30 told $(($2 - 1)) || fail "$1: fewer than $2 printers"
}

look --printers=default 1
grep printer_added "$T/serve.out" | grep -q paper || fail 'it is another one'
uri=$(sed -n 's/.*printer_added.*"uri":"\([^"]*\)".*/\1/p' "$T/serve.out")
ipptool -t -f "$T/photo.jpg" -d filetype=image/jpeg "$uri" print-job.test \
	> "$T/ipptool.log" 2>&1 || fail 'it is not printed'
eventually 20 viewer_says '"state":"done"' || fail 'it does not come out'
out || fail 'no paper'
stop "$viewer"
sleep 1
[ "$(grep -c printer_added "$T/serve.out")" = 1 ] || fail 'more than one'
echo 'ok the default one'

serve --source=x11:"$A" --print=0
look --printers=all 2
stop "$viewer"
echo 'ok all of them'
