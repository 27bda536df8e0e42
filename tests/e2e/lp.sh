#!/bin/bash
# lp.sh - lp of a document of 30 pages comes out of a real IPP printer beside the
# viewer: byte for byte where the desktop's CUPS passes it on, page for page
# where it makes a raster of it. From an X desktop, and from within a guest,
# whose CUPS reaches oriel-ipp through QEMU's user network. With and without
# paper, cancelled, over a line that is cut, and refused. With ORIEL_LONG=1 each
# of these from both, for another minute.
. "$(dirname "$0")/lib_print.bash"
if ! command -v cupsd > /dev/null || [ "$(id -u)" != 0 ] ||
	! id lp > /dev/null 2>&1; then
	echo 'skipped: without cupsd, or not as root'
	exit 0
fi

python3 tests/e2e/pages.py make "$T/30.pdf"
convert -size 64x48 plasma:red-blue "$T/photo.jpg"
# 4 MB that begin as a picture does, and twice of it.
for ((i = 4000000 / $(wc -c < "$T/photo.jpg"); i > 0; i--)); do
	cat "$T/photo.jpg"
done > "$T/large.jpg"
cat "$T/large.jpg" "$T/large.jpg" > "$T/larger.jpg"
echo 'print.size = 5000k' > "$T/policy"
secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "$secret" > "$T/secret"

# at_desktop COMMAND [SECONDS]: of the desktop's shell; here it is this one.
at_desktop() {
	timeout "${2:-90}" sh -c "$1"
}
# What became of the job that lp told of.
became() { # JOB completed|canceled
	at_desktop "grep -F '[Job ${1##*-}] ' '$errors'" |
		grep -q "ob $2" || ! sleep 0.5
}
lp_of() { # QUEUE FILE [OPTION...]: JOB is its name
	local queue=$1 file=$2
	shift 2
	at_desktop "lp -d $queue $* '$file'" 200 > "$T/lp.log" 2>&1 ||
		fail "lp: $(cat "$T/lp.log")"
	JOB=$(sed -n 's/^request id is \([^ ]*\).*/\1/p' "$T/lp.log")
}
alerts() { # WORD: why the printer does not print, as the desktop sees it
	at_desktop "lpstat -l -p $queue" | grep -q "Alerts:.*$1"
}
queue() { # NAME OPTION...
	at_desktop "lpadmin -p $* -E -v '$uri'" 200 > "$T/lpadmin.log" 2>&1
}
cut() { # the line, for a moment
	kill -USR1 "$relay"
}

# FOLDER is where the files are, as that desktop calls it.
walk() { # FOLDER SECONDS
	local folder=$1 patience=$2
	eventually 20 queue exact || fail "no queue: $(cat "$T/lpadmin.log")"

	rm -f "$T"/paper/*
	lp_of exact "$folder/30.pdf" -t "'a \$(touch $T/bad) \"title\"'"
	eventually "$patience" piled "$T/30.pdf" ||
		fail 'the document is another one'
	eventually "$patience" became "$JOB" completed ||
		fail 'CUPS does not hear that it is printed'
	grep -qF 'title":"a $(touch' "$T/view.out" ||
		fail 'the viewer has another title'
	phase 'byte for byte'
}
walk_trouble() { # FOLDER SECONDS
	local folder=$1 patience=$2 queue=exact
	touch "$T/empty"
	lp_of exact "$folder/photo.jpg"
	eventually "$patience" alerts media-empty ||
		fail 'the desktop is not told that there is no paper'
	rm "$T/empty"
	eventually "$patience" became "$JOB" completed ||
		fail 'with paper it is not printed'
	piled "$T/photo.jpg" || fail 'it came out as another'
	phase 'without paper'

	rm -f "$T/waiting"
	touch "$T/empty"
	lp_of exact "$folder/photo.jpg"
	eventually "$patience" test -e "$T/waiting" || fail 'there is paper'
	at_desktop "cancel $JOB" || fail 'it cannot be cancelled'
	eventually "$patience" grep -q 'Cancel-Job successful' "$T/printer.log" ||
		fail 'the printer does not hear that it is cancelled'
	rm "$T/empty" # it does not end the press for that
	eventually "$patience" viewer_says '"state":"cancelled"' ||
		fail 'the viewer does not hear that it is cancelled'
	phase cancelled

	# The viewer takes a second for it, in which the line is cut twice.
	rm -f "$T"/paper/*
	lp_of exact "$folder/large.jpg"
	eventually "$patience" viewer_says '"bytes":[1-9]' || : # has begun
	for _ in 1 2; do
		cut
		sleep 0.5
	done
	eventually "$patience" piled "$T/large.jpg" ||
		fail 'over a line that is cut it is lost'
	eventually "$patience" became "$JOB" completed ||
		fail 'CUPS does not hear that the large one is printed'
	grep -q '"state":"reconnecting"' "$T/view.out" ||
		fail 'the line was not cut'
	phase 'a line that is cut'

	# Refused, as too large: no retries, no stopped queue.
	lp_of exact "$folder/larger.jpg"
	eventually "$patience" became "$JOB" canceled ||
		fail 'CUPS does not hear that it is refused'
	at_desktop 'lpstat -p exact' | grep -q 'is idle' ||
		fail "the queue: $(at_desktop 'lpstat -p exact')"
	phase refused
}
# The viewer does not agree to PDF: CUPS makes PWG raster of it.
walk_raster() { # FOLDER SECONDS
	rm -f "$T"/paper/*
	eventually 20 queue raster -m everywhere ||
		fail "CUPS does not take the printer: $(cat "$T/lpadmin.log")"
	# CUPS looks at the printer behind its own back.
	eventually 60 at_desktop 'lpoptions -p raster -l | grep -q DL' ||
		fail 'CUPS does not know the printer'
	lp_of raster "$1/30.pdf" -o media=iso_dl_110x220mm
	eventually "$2" out || fail 'no pages come out'
	python3 tests/e2e/pages.py same "$T/30.pdf" "$T"/paper/[0-9]* ||
		fail 'the pages are others'
	eventually 20 became "$JOB" completed || fail 'CUPS does not hear of it'
	phase 'page for page'
}
leave() {
	stop "$viewer"
	stop "$relay"
	stop "$SERVER"
}

printer

# The guest starts while the X desktop is looked at.
guest=
GUEST=${GUEST:-build/guest}
port=$((20000 + RANDOM % 10000)) # in a network that is ours
if tools/guest/build.sh "$GUEST"; then
	guest=yes
	printf '#!/bin/sh\nexec socat STDIO TCP4:127.0.0.1:%s\n' $port \
		> "$T/forward"
	chmod 755 "$T/forward"
	mkdir "$T/guest"
	tar -cf "$T/documents" -C "$T" 30.pdf photo.jpg large.jpg larger.jpg
	NETWORK="guestfwd=tcp:10.0.2.100:631-cmd:$T/forward" \
		start machine tools/guest/run.sh "$GUEST" "$T/guest" \
		-drive "file=$T/documents,if=virtio,format=raw,readonly=on" \
		-display "dbus,addr=unix:path=$T/bus"
elif [ $? = 3 ]; then
	echo 'the guest is not tried: without a network there is none'
else
	fail 'there is no guest'
fi

x_server A 320x200
errors=$T/cupsd.error
cups
serve --source=x11:"$A" --print=0 --policy="$T/policy"
rate=4000000 printing --print-pdf
walk "$T" 20
[ -z "${ORIEL_LONG:-}" ] || walk_trouble "$T" 20
leave
serve --source=x11:"$A" --print=0
printing
walk_raster "$T" 40
leave
at_desktop 'lpadmin -x raster; lpadmin -x exact'
echo "ok X desktop ($SECONDS s)"

# ---- from within a guest

[ -n "$guest" ] || exit 0
at_desktop() {
	python3 tools/guest/ask.py "$T/guest/agent" "$1" "${2:-120}"
}
serve --source="qemu:unix:path=$T/bus" --print=$port \
	--print-secret="$T/secret" --policy="$T/policy"
rate=4000000 printing --print-pdf
uri=ipp://10.0.2.100/$secret
eventually 90 grep -qs '^MARK ready' "$T/guest/serial" ||
	fail 'the guest does not start'
phase guest
at_desktop "tar -xf /dev/vdb -C /tmp && \
	sed -i 's/^LogLevel.*/LogLevel info/' /etc/cups/cupsd.conf && \
	mkdir -p /var/log/cups /var/spool/cups/tmp /var/cache/cups && cupsd" 200 ||
	fail 'no CUPS in the guest'
errors=/var/log/cups/error_log
walk /tmp 60
walk_trouble /tmp 60
leave
[ -n "${ORIEL_LONG:-}" ] || {
	echo "ok guest ($SECONDS s)"
	exit 0
}
serve --source="qemu:unix:path=$T/bus" --print=$port \
	--print-secret="$T/secret"
printing
uri=ipp://10.0.2.100/$secret
walk_raster /tmp 120
echo "ok guest ($SECONDS s)"
