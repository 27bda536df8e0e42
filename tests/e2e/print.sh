#!/bin/bash
# print.sh - what is printed at the desktop comes out of a real IPP printer
# beside the viewer, byte for byte: also without paper, over a line that is
# cut, when oriel-ipp is attacked, and when any of the programs is killed.
. "$(dirname "$0")/lib_print.bash"
printer -2 -s 10,5

# What is printed.
printf '%%PDF-1.4\n' > "$T/a.pdf"
head -c 300000 /dev/urandom >> "$T/a.pdf"
convert -size 320x200 plasma:red-blue "$T/b.jpg"
{
	printf RaS2
	head -c 700000 /dev/urandom
} > "$T/c.pwg"

print() { # FILE TYPE
	timeout 200 ipptool -t -f "$1" -d filetype="$2" "$uri" \
		print-job.test > "$T/ipptool.log" 2>&1
}
# The state of the newest job, as the desktop sees it.
job_state() {
	ipptool -tv "$uri" "$T/jobs.test" 2> /dev/null |
		sed -n 's/.*job-state (enum) = //p' | head -n 1
}
is_state() {
	[ "$(job_state)" = "$1" ]
}
cat > "$T/jobs.test" <<'END'
{
	OPERATION Get-Jobs
	GROUP operation-attributes-tag
	ATTR charset attributes-charset utf-8
	ATTR naturalLanguage attributes-natural-language en
	ATTR uri printer-uri $uri
	ATTR keyword which-jobs all
	ATTR keyword requested-attributes job-id,job-state
	DISPLAY job-id
	DISPLAY job-state
}
END
events() { # WORDS: how often the viewer has said so of a job
	grep '"event":"print"' "$T/view.out" | grep -c "$1"
}
newest() {
	ipptool -tv "$uri" "$T/jobs.test" 2> /dev/null |
		sed -n 's/.*job-id (integer) = //p' | head -n 1
}

ip addr add 192.0.2.1/32 dev lo || fail 'no second address'
tell
printing --print-pdf
answers "${uri/127.0.0.1/192.0.2.1}" && fail 'it answers others than this host'
case $uri in
ipp://127.0.0.1:*/????????????????????????????????/ci-printer-1) ;;
*) fail "an odd address: $uri" ;;
esac
eventually 5 grep -qsF "added|ci-printer-1|$uri|CI Printer <1>|" "$T/hooked" ||
	fail 'the hook was not told'
helper() {
	pgrep -P "$SERVER" -x oriel-ipp
}
eventually 5 confined "$(helper)" || fail 'oriel-ipp has more than it needs'

phase formats

# Each format.
print "$T/a.pdf" application/pdf || fail 'the PDF is refused'
print "$T/b.jpg" image/jpeg || fail 'the JPEG is refused'
print "$T/c.pwg" image/pwg-raster || fail 'the raster is refused'
for file in a.pdf b.jpg c.pwg; do
	eventually 40 piled "$T/$file" || fail "$file did not come out"
done
eventually 10 is_state completed || fail "the job is $(job_state)"
print "$T/a.pdf" text/plain && fail 'text was taken'

phase standards
# What the standards ask for: ipptool's own tests.
mkdir "$T/suite"
cp /usr/share/cups/ipptool/*.test "$T/suite"
for file in document-a4 document-letter onepage-a4 onepage-letter; do
	cp "$T/a.pdf" "$T/suite/$file.pdf"
	cp "$T/a.pdf" "$T/suite/$file.ps"
done
cp "$T/b.jpg" "$T/suite/color.jpg"
cp "$T/b.jpg" "$T/suite/gray.jpg"
# Samples that do not come with it.
grep -o 'pwg-raster-samples[^"$]*\.pwg' "$T/suite/ipp-everywhere.test" |
	sort -u | while read -r file; do
		mkdir -p "$T/suite/${file%/*}"
		ln -sf "$T/c.pwg" "$T/suite/$file"
	done
for suite in ipp-1.1 ipp-everywhere; do
	timeout 300 ipptool -tI -f "$T/b.jpg" -d filetype=image/jpeg "$uri" \
		"$T/suite/$suite.test" > "$T/ipptool.log" 2>&1
	grep -q ' 0 failed' "$T/ipptool.log" || {
		grep -A 6 'FAIL' "$T/ipptool.log" | head -n 40
		fail "not as $suite asks"
	}
	echo "$suite: $(grep 'Summary' "$T/ipptool.log")"
done
idle() {
	! ipptool -tv "$uri" "$T/jobs.test" 2> /dev/null |
		grep -q 'job-state.*p[er][no][dc]'
}
eventually 60 idle || fail 'jobs do not end'

phase 'no paper'
# No paper: the job stops, the desktop is told why, and it goes on.
rm -f "$T"/paper/*
touch "$T/empty"
print "$T/a.pdf" application/pdf || fail 'the PDF is refused'
eventually 30 is_state processing-stopped || fail "without paper: $(job_state)"
ipptool -tv "$uri" get-printer-attributes.test |
	grep -q 'printer-state-reasons .*media-empty' ||
	fail 'the desktop is not told of the paper'
rm "$T/empty"
eventually 30 is_state completed || fail "with paper: $(job_state)"
piled "$T/a.pdf" || fail 'it came out as another'

phase cancelled
# Cancelled at the desktop, without paper. It is taken back from the printer,
# which ends it when it goes on.
cancels() { # that the printer has heard of
	grep -c 'Cancel-Job successful' "$T/printer.log"
}
more() { # THAN COMMAND...
	[ "$("${@:2}")" -gt "$1" ]
}
cancel_one() {
	local before
	before=$(cancels)
	touch "$T/empty"
	print "$T/c.pwg" image/pwg-raster || fail 'the raster is refused'
	eventually 30 is_state processing-stopped ||
		fail "without paper: $(job_state)"
	ipptool -q -d job="$(newest)" "$uri" "$T/cancel.test" ||
		fail 'it cannot be cancelled'
	is_state canceled || fail "cancelled: $(job_state)"
	eventually 10 more "$before" cancels ||
		fail 'it is not taken back from the printer'
}
before=$(events '"state":"cancelled"')
cancel_one
rm "$T/empty"
eventually 10 more "$before" events '"state":"cancelled"' ||
	fail 'the viewer does not say that it is cancelled'
eventually 10 test ! -e "$T/waiting" || fail 'its press does not end'
# A viewer that ends does not wait for that.
cancel_one
stop "$viewer"
rm "$T/empty"
stop "$relay"
eventually 5 grep -q 'removed|ci-printer-1|' "$T/hooked" ||
	fail 'the printer stays when the viewer has gone'
answers "$uri" && fail 'a printer that has gone answers'

phase 'a line that is cut'
# 12 MB over a line of 4 MB/s that is cut three times. Pictures go on.
rm -f "$T"/paper/*
mkdir "$T/unseen"
TMPDIR=$T/unseen rate=3000000 printing --print-pdf --stats="$T/stats"
head -c 12000000 /dev/urandom > "$T/large.jpg"
shown() {
	sed -n 's/.*"frames_shown":\([0-9]*\).*/\1/p' "$T/stats" | tail -n 1
}
start large timeout 300 ipptool -t -f "$T/large.jpg" -d filetype=image/jpeg \
	"$uri" print-job.test
large=$PID
before=$(shown)
for _ in 1 2 3; do
	sleep 1
	kill -USR1 "$relay"
done
sleep 2
# It waits in a file without a name.
[ -z "$(ls -A "$T/unseen")" ] || fail "left behind: $(ls -A "$T/unseen")"
find "/proc/$viewer/fd" -lname '*/#[0-9]* (deleted)' | grep -q . ||
	fail 'the document is in no unnamed file'
go_on() {
	[ "$(shown)" -gt "$((${before:-0} + 10))" ]
}
eventually 1 go_on ||
	fail "pictures stand still while it prints: ${before:-0}, $(shown)"
finish "$large" 90
[ "$STATUS" = 0 ] || fail 'the large job is refused'
eventually 60 piled "$T/large.jpg" || fail 'the large job did not come out'
[ "$(grep -c '"state":"reconnecting"' "$T/view.out")" -ge 3 ] ||
	fail 'the line was never cut'

phase attacks
# oriel-ipp is attacked, and then killed in the middle of a job.
python3 - "$uri" <<'END' || fail 'the attack does not work'
import os, re, socket, sys
host, port, path = re.match(r"ipp://([^:]*):(\d+)(/.*)", sys.argv[1]).groups()
head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/ipp\r\n"
ipp = bytes.fromhex("0200000200000001")
bad = [
    os.urandom(4000), b"\r\n" * 1000, b"GET " + b"/" * 70000,
    (head + "Content-Length: -1\r\n\r\n").encode() + ipp,
    (head + "Content-Length: 9223372036854775807\r\n\r\n").encode() + ipp,
    (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + b"ffffffff\r\n" + ipp,
    (head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n").encode() + ipp,
    (head + "Content-Length: 70000\r\n\r\n").encode() + ipp + b"\x01\x47\xff\xff" * 9000,
    (head + "Content-Length: 4000\r\n\r\n").encode() + ipp + b"\x01" + b"\x34\0\1x\0\0\x4a\0\0\0\1y" * 300,
    b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
    f"POST /{'0' * 32}/ci-printer-1 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
]
open_ones = []
for data in bad * 2:
    s = socket.create_connection((host, int(port)))
    s.settimeout(0.1)
    try:
        s.sendall(data)
        answer = s.recv(64)
        assert b" 200 " not in answer.split(b"\n")[0], answer
    except OSError:
        pass
    open_ones.append(s)  # and say nothing more
for s in open_ones:
    s.close()

# Strangers, slowly: they may not keep others out. The last stay open.
slow = []
for i in range(300):
    s = socket.create_connection((host, int(port)))
    s.sendall(b"POST /x"[:1 + i % 7])
    slow.append(s)
s = socket.create_connection((host, int(port)))
s.settimeout(60)
ask = ipp[:2] + b"\0\x0b\0\0\0\1\1" + b"".join(
    bytes([tag, 0, len(name)]) + name + bytes([0, len(value)]) + value
    for tag, name, value in (
        (0x47, b"attributes-charset", b"utf-8"),
        (0x48, b"attributes-natural-language", b"en"),
        (0x45, b"printer-uri", sys.argv[1].encode()))) + b"\3"


def post(body, more=b""):
    global s
    s.sendall((head + "Content-Length: %d\r\n\r\n" % len(body)).encode() + body)
    return s.recv(65536)


assert b" 200 " in post(ask).split(b"\n")[0]
# One that promises 3 GB and leaves: it is not printed.
job = ask.replace(b"\0\x0b\0\0\0\1\1", b"\0\x02\0\0\0\1\1", 1)
t = socket.create_connection((host, int(port)))
t.sendall((head + "Content-Length: 3000000000\r\n\r\n").encode() + job +
          b"\xff\xd8\xff" + bytes(10000))
t.close()
# One that sends a byte at a time, in chunks.
t = socket.create_connection((host, int(port)))
t.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
for byte in job + b"\xff\xd8\xff" + b"slow":
    t.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
t.sendall(b"0\r\n\r\n")
t.settimeout(60)
assert b" 200 " in t.recv(65536).split(b"\n")[0]
END
printf '\377\330\377slow' > "$T/slow.jpg"
eventually 20 piled "$T/slow.jpg" || fail 'what came slowly did not come out'
: > "$T/nothing.jpg"
print "$T/nothing.jpg" image/jpeg && fail 'a document of 0 bytes was taken'
ipptool -C -t -f "$T/nothing.jpg" -d filetype=image/jpeg "$uri" \
	print-job.test > "$T/ipptool.log" 2>&1 &&
	fail 'a document of 0 bytes in chunks was taken'
ipptool -C -t -f "$T/b.jpg" -d filetype=image/jpeg "$uri" print-job.test \
	> "$T/ipptool.log" 2>&1 || fail 'a document in chunks is refused'
# A title that attacks terminals, shells and paths, with a direction's override.
title=$(printf '../\033[2J\342\200\256`touch %s/bad`;$(touch %s/bad)|%200s' \
	"$T" "$T" end)
sed 's|GROUP job-attributes-tag|ATTR name job-name $title\n&|' \
	/usr/share/cups/ipptool/print-job.test > "$T/titled.test"
ipptool -t -f "$T/b.jpg" -d filetype=image/jpeg -d title="$title" "$uri" \
	"$T/titled.test" > "$T/ipptool.log" 2>&1 || fail 'such a title is refused'
eventually 20 viewer_says 'touch' || fail 'the viewer shows another title'
grep '"event":"print"' "$T/view.out" > "$T/titles"
grep -qP '\x1b|\xe2\x80\xae|u001b|u202e' "$T/titles" &&
	fail "the title is shown as it came: $(tail -n 1 "$T/titles")"
[ ! -e "$T/bad" ] || fail 'a title was run'
eventually 40 idle || fail 'jobs do not end'
rm -f "$T"/paper/*
print "$T/b.jpg" image/jpeg || fail 'after the attack nothing is printed'
eventually 30 piled "$T/b.jpg" || fail 'after the attack nothing comes out'
carried() { # bytes, by our network
	awk '$1 == "lo:" { print $2 }' /proc/net/dev
}
begun() { # a part of the large job has come, and most of it has not
	[ "$(carried)" -gt $((before + 2000000)) ]
}
old=$(helper)
cancelled=$(events '"state":"cancelled"')
before=$(carried)
start large timeout 200 ipptool -t -f "$T/large.jpg" -d filetype=image/jpeg \
	"$uri" print-job.test
large=$PID
eventually 10 begun || fail 'nothing comes of the large job'
sleep 0.3
kill -9 "$old"
eventually 10 more "$cancelled" events '"state":"cancelled"' ||
	fail 'the viewer waits for what will not come'
finish "$large" 60
# It is told, or has tried again by itself.
[ "$STATUS" != 0 ] || eventually 30 piled "$T/large.jpg" ||
	fail 'the application believes that it was printed'
eventually 10 answers "$uri" || fail 'oriel-ipp is not started again'
[ "$(helper)" != "$old" ] || fail 'it is the old one'
eventually 5 confined "$(helper)" || fail 'the new oriel-ipp has more than it needs'
rm -f "$T"/paper/*
print "$T/a.pdf" application/pdf || fail 'the new oriel-ipp takes nothing'
eventually 30 piled "$T/a.pdf" || fail 'the new oriel-ipp prints nothing'
[ "$(newest)" -gt 9 ] || fail "the new oriel-ipp counts from 1: $(newest)"
# What the application was told to be taken is printed when oriel-ipp dies.
rm -f "$T"/paper/*
touch "$T/empty"
print "$T/a.pdf" application/pdf || fail 'the PDF is refused'
eventually 30 test -e "$T/waiting" || fail 'there is paper'
before=$(events '"state":"done"')
cancelled=$(cancels)
kill -9 "$(helper)"
eventually 10 answers "$uri" || fail 'oriel-ipp is not started again'
sleep 1
rm "$T/empty"
eventually 30 piled "$T/a.pdf" || fail 'oriel-ipp took it along'
eventually 10 more "$before" events '"state":"done"' ||
	fail 'the viewer does not say that it is printed'
[ "$(cancels)" = "$cancelled" ] || fail 'it was taken back from the printer'

phase deaths
# The printer dies in the middle: both sides are told.
rm -f "$T/waiting"
touch "$T/empty"
print "$T/a.pdf" application/pdf || fail 'the PDF is refused'
eventually 30 test -e "$T/waiting" || fail 'there is paper'
before=$(grep -c '"state":"failed"' "$T/view.out")
stop "$PRINTER" KILL
eventually 20 is_state aborted || fail "without a printer: $(job_state)"
eventually 5 viewer_says '"state":"failed"' $((before + 1)) ||
	fail 'the viewer does not say that the printer has gone'
rm "$T/empty"
eventually 5 test ! -e "$T/waiting" || fail 'its press does not end'
printer

# The viewer leaves in the middle: the application is told.
touch "$T/empty"
print "$T/a.pdf" application/pdf || fail 'the PDF is refused'
stop "$viewer"
eventually 10 is_state aborted || fail "without a viewer: $(job_state)"
rm "$T/empty"

# The viewer is lost. Its printer goes before its job, which can be cancelled.
rm -f "$T/waiting"
printing --print-pdf
touch "$T/empty"
print "$T/a.pdf" application/pdf || fail 'the PDF is refused'
eventually 30 test -e "$T/waiting" || fail 'there is paper'
removed() {
	grep -c '^removed|ci-printer-1|' "$T/hooked"
}
before=$(removed)
stop "$viewer" KILL
stop "$relay"
eventually 20 more "$before" removed || fail 'the printer of one lost stays'
is_state processing || is_state processing-stopped ||
	fail "its job is $(job_state)"
ipptool -q -d job="$(newest)" "$uri" "$T/cancel.test" ||
	fail 'the job of one lost cannot be cancelled'
is_state canceled || fail "cancelled: $(job_state)"
rm "$T/empty"

# oriel-serve dies in the middle: so does oriel-ipp, and both sides are told.
rate=3000000 printing --print-pdf
before=$(carried)
start large timeout 200 ipptool -t -f "$T/large.jpg" -d filetype=image/jpeg \
	"$uri" print-job.test
large=$PID
eventually 10 begun || fail 'nothing comes of the large job'
sleep 0.5
child=$(helper)
stop "$SERVER" KILL
finish "$large" 20
[ "$STATUS" != 0 ] || fail 'without a server the application believes it'
eventually 5 test ! -d "/proc/$child" || fail 'oriel-ipp has outlived it'
kill -0 "$viewer" || fail 'the viewer has died with it'
piled "$T/large.jpg" && fail 'half a document was printed'
stop "$viewer"
grep -q '"event":"print".*"state":"\(failed\|cancelled\)"' "$T/view.out" ||
	fail 'the viewer says nothing of the job'

phase policy
# Nobody prints who may not, and nothing that the policy forbids.
stop "$relay"
printf 'print = jpeg\nprint.size = 100k\nprint.jobs = 1\n' > "$T/policy"
rate=0 tell --policy="$T/policy"
printing --print-pdf
print "$T/a.pdf" application/pdf && fail 'the policy does not hold'
print "$T/c.pwg" image/jpeg && fail 'the limit does not hold'
eventually 10 is_state aborted || fail "too much: $(job_state)"
print "$T/b.jpg" image/jpeg || fail 'what is allowed is refused'
eventually 20 idle || fail 'what is allowed does not end'
touch "$T/empty"
print "$T/b.jpg" image/jpeg || fail 'what is allowed is refused'
print "$T/b.jpg" image/jpeg && fail 'two jobs, where one is allowed'
rm "$T/empty"
stop "$viewer"
stop "$SERVER"

# More than 2 GB are a document as any other, where the policy allows it.
if [ -n "${ORIEL_LONG:-}" ]; then
	phase '3 GB'
	stop "$relay"
	printf 'print.size = 4G\n' > "$T/policy"
	tell --policy="$T/policy"
	rm -f "$T"/paper/*
	direct=$ADDRESS to=file:$T/paper printing
	{
		printf '\377\330\377'
		head -c 3000000000 /dev/zero
	} > "$T/huge.jpg"
	timeout 300 ipptool -C -t -f "$T/huge.jpg" -d filetype=image/jpeg \
		"$uri" print-job.test > "$T/ipptool.log" 2>&1 ||
		fail '3 GB are refused'
	eventually 60 out || fail '3 GB do not come out'
	piled "$T/huge.jpg" || fail '3 GB came out as another'
	rm "$T"/paper/* "$T/huge.jpg"
	stop "$viewer"
	stop "$SERVER"
fi

phase 'asked'
# In a window the person is asked, and nothing is sent before the answer.
stop "$relay"
x_server C 800x600
rate=0 tell
start relay python3 "$(dirname "$0")/relay.py" "${ADDRESS##*:}" 3000000
relay=$PID
eventually 5 test -s "$T/relay.out" || fail 'no relay'
start view env DISPLAY="$C" "$BIN/oriel-view" --trust="$KEY" \
	--password-file="$T/password" --printer="file:$T/paper" --json \
	"oriel://127.0.0.1:$(cat "$T/relay.out")"
viewer=$PID
eventually 20 grep -qs printer_added "$T/serve.out" || fail 'no printer'
uri=$(sed -n 's/.*printer_added.*"uri":"\([^"]*\)".*/\1/p' "$T/serve.out")
rm -f "$T"/paper/*
asked() { # TIMES
	[ "$(events '"state":"waiting".*"bytes":0')" = "$1" ]
}
start asking timeout 200 ipptool -t -f "$T/a.pdf" -d filetype=application/pdf \
	"$uri" print-job.test
asking=$PID
eventually 20 asked 1 || fail 'nobody is asked'
sleep 1
[ "$(events '"bytes":[1-9]')" = 0 ] || fail 'something came unasked'
DISPLAY=$C xdotool key Return # which answers nothing
sleep 0.5
DISPLAY=$C xdotool key Escape
finish "$asking" 20
[ "$STATUS" != 0 ] || fail 'the application is not told that it was refused'
is_state aborted || fail "refused: $(job_state)"
start asking timeout 200 ipptool -t -f "$T/a.pdf" -d filetype=application/pdf \
	"$uri" print-job.test
asking=$PID
eventually 20 asked 2 || fail 'nobody is asked again'
sleep 1
DISPLAY=$C xdotool key Tab Return
finish "$asking" 20
[ "$STATUS" = 0 ] || fail 'it was allowed, and is not printed'
eventually 10 piled "$T/a.pdf" || fail 'it is not in the folder'
print "$T/b.jpg" image/jpeg || fail 'the next one is refused'
eventually 10 piled "$T/b.jpg" || fail 'the next one is not in the folder'
# What is on its way is cancelled in the viewer's menu, one row above the last.
before=$(carried)
start large timeout 200 ipptool -t -f "$T/large.jpg" -d filetype=image/jpeg \
	"$uri" print-job.test
large=$PID
eventually 10 begun || fail 'nothing comes of the large job'
DISPLAY=$C xdotool keydown ctrl keydown alt keyup alt keyup ctrl
sleep 0.5
DISPLAY=$C xdotool key --delay 40 Up Up Return
finish "$large" 10
[ "$STATUS" != 0 ] || fail 'the application is not told that it was cancelled'
is_state canceled || fail "cancelled in the menu: $(job_state)"
[ "$(events '"state":"cancelled"')" = 1 ] || fail 'the viewer does not say so'
piled "$T/large.jpg" && fail 'what was cancelled in the menu came out'
stop "$viewer"
stop "$SERVER"
