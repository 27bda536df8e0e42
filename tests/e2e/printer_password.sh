#!/bin/bash
# printer_password.sh - a printer that wants a user name and a password: the
# person is asked, in a window; or a file is, without one; and neither goes over
# a line that others can read, unless the person says so.
. "$(dirname "$0")/lib_print.bash"

# ippeveprinter asks PAM, and PAM reads /etc/pam.d: it gets one of its own,
# where nobody else sees it.
if ! unshare -m mount --bind "$T/paper" /etc/pam.d 2> /dev/null ||
	! command -v xdotool > /dev/null; then
	echo 'skipped: no /etc/pam.d of its own for a printer, or no xdotool'
	exit 0
fi
mkdir "$T/pam.d"
cat > "$T/check" <<END
#!/bin/sh
# Passwords come with a NUL.
password=\$(tr -d '\\0')
echo "\$PAM_USER:\$password" >> "$T/tried"
[ "\$PAM_USER:\$password" = ada:analytical ]
END
chmod +x "$T/check"
cat > "$T/pam.d/printer" <<END
auth required pam_exec.so expose_authtok quiet $T/check
account required pam_permit.so
END
cat > "$T/own" <<END
#!/bin/sh
mount --bind "$T/pam.d" /etc/pam.d && exec ippeveprinter "\$@"
END
chmod +x "$T/own"
ippeveprinter() { # its process is unshare's
	exec unshare -m "$T/own" "$@"
}
printer --pam-service printer
: > "$T/tried"
tried() { # LOGIN TIMES
	[ "$(grep -cx "$1" "$T/tried")" -ge "$2" ]
}
untried() {
	[ ! -s "$T/tried" ] || fail "a password was sent: $(cat "$T/tried")"
}

# A printer on the network: lines to it that are heard. One of them lets nobody
# encrypt what goes over it; another is for nobody without the password at all.
ip addr add 192.0.2.1/32 dev lo || fail 'no address'
cat > "$T/line.py" <<'END'
import base64, socket, sys, threading
host, port, how, log = sys.argv[1:]
heard = open(log, "ab", buffering=0)
key = b"Basic " + base64.b64encode(b"ada:analytical")
no = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n" \
     b"Content-Length: 0\r\nConnection: close\r\n\r\n"


def carry(source, sink, up):
    try:
        while data := source.recv(65536):
            if up:
                heard.write(data)
                if how == "plain" and data.startswith(b"OPTIONS"):
                    break
                if how == "shut" and data.startswith(b"POST"):
                    while b"\r\n\r\n" not in data:
                        data += source.recv(65536)
                    if key not in data:
                        source.sendall(no)
                        break
            sink.sendall(data)
    except OSError:
        pass
    for end in source, sink:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


s = socket.create_server((host, int(port)))
print("up", flush=True)
while True:
    a = s.accept()[0]
    b = socket.create_connection(("127.0.0.1", 8631))
    threading.Thread(target=carry, args=(a, b, True), daemon=True).start()
    threading.Thread(target=carry, args=(b, a, False), daemon=True).start()
END
while read -r at port line; do
	start "$line" python3 "$T/line.py" "$at" "$port" "$line" "$T/heard-$line"
	eventually 10 test -s "$T/$line.out" || fail 'no line'
done <<-END
	192.0.2.1 8641 plain
	192.0.2.1 8642 tls
	127.0.0.1 8643 shut
END
heard() { # LINE: a password, as anybody on it can read it
	grep -qi '^Authorization: Basic' "$T/heard-$1"
}

printf '\377\330\377picture' > "$T/a.jpg"
cat > "$T/jobs.test" <<'END'
{
	OPERATION Get-Jobs
	GROUP operation-attributes-tag
	ATTR charset attributes-charset utf-8
	ATTR naturalLanguage attributes-natural-language en
	ATTR uri printer-uri $uri
	ATTR keyword which-jobs all
	ATTR keyword requested-attributes job-id,job-state,job-state-message
	DISPLAY job-state
	DISPLAY job-state-message
}
END
# The newest job is in this state, and the desktop has been told why.
job() { # STATE [WORDS]
	ipptool -tv "$uri" "$T/jobs.test" > "$T/job.log" 2>&1
	grep -m 1 'job-state (enum)' "$T/job.log" | grep -q "= $1" &&
		grep -m 1 'job-state-message (' "$T/job.log" | grep -q "${2:-}"
}
print() {
	rm -f "$T"/paper/*
	timeout 30 ipptool -t -f "$T/a.jpg" -d filetype=image/jpeg "$uri" \
		print-job.test > "$T/ipptool.log" 2>&1 ||
		fail 'the desktop takes no job'
}
x_server A 800x600
x_server C 1000x800
export DISPLAY=$C
serve --source=x11:"$A" --print=0
# look PRINTER OPTION...: a viewer with that printer.
look() {
	before=$(grep -cs printer_added "$T/serve.out")
	start view "$BIN/oriel-view" --trust="$KEY" --scale=1 --json \
		--password-file="$T/password" --print=always --printer="$@" \
		"$ADDRESS"
	viewer=$PID
}
offered() {
	eventually 20 told "${before:-0}" || fail 'the printer is not told of'
	uri=$(sed -n 's/.*printer_added.*"uri":"\([^"]*\)".*/\1/p' \
		"$T/serve.out" | tail -n 1)
}
sheets() { # COUNT: so many lie there
	[ "$(ls "$T/paper" | grep -c '[0-9]')" -ge "$1" ]
}
asked() { # TIMES
	eventually 10 viewer_says 'the person is asked' "$1" ||
		fail "asked fewer than $1 times"
	sleep 0.4
	[ "$(grep -c 'the person is asked' "$T/view.out")" = "$1" ] ||
		fail "asked more than $1 times"
	[ -z "${KEEP:-}" ] || import -window root "$KEEP/$1-$SECONDS.png"
}
keys() {
	xdotool key --delay 40 "$@"
}
shown() { # a panel in the middle, in its colour
	import -window root -crop 100x100+450+300 "$T/root.png"
	convert "$T/root.png" -fill black +opaque '#fbfbfa' -unique-colors \
		txt: | grep -qi '#fbfbfa'
}
gone() {
	! shown
}

phase 'in a window'
look ipp://ada@localhost:8631/ipp/print
offered
print
asked 1
eventually 5 job p 'wants a password' || fail 'the desktop is not told'
# What is typed for the desktop is no password.
xdotool type --delay 20 'to the desktop'
keys Return
sleep 0.5
untried
print # and another waits for the same answer
keys Tab Tab
xdotool type --delay 20 'difference'
keys Return
asked 2
tried ada:difference 1 || fail 'the password was not tried'
xdotool type --delay 20 'analytical'
keys Return
eventually 10 sheets 2 || fail 'they are not printed'
piled "$T/a.jpg" || fail 'it comes out as another'
eventually 10 job completed || fail 'the desktop is not told of the end'
tried ada:analytical 1 || fail 'it was printed without the password'
print
eventually 10 piled "$T/a.jpg" || fail 'the next one is not printed'
asked 2
stop "$viewer"
echo 'ok asked, and asked again'

phase cancel
look ipp://localhost:8631/ipp/print
offered
: > "$T/tried"
print
asked 1 # another session
shown || fail 'there is no panel'
job p || fail 'there is no job'
ipptool -q -d job="$(sed -n 's/.*job-id (integer) = //p;T;q' "$T/job.log")" "$uri" "$T/cancel.test" || fail 'it cannot be cancelled'
eventually 10 viewer_says '"state":"cancelled"' || fail 'the viewer asks on'
eventually 5 gone || fail 'the panel stays'
print
asked 2
print # and no is meant for both
keys Escape
eventually 10 job aborted 'gave no password' || fail 'the desktop waits'
eventually 5 viewer_says '"state":"failed".*gave no password' 2 ||
	fail 'the viewer does not say it'
untried
print
asked 3
# The name that is proposed is one's own.
keys Tab ctrl+u
xdotool type --delay 20 'ada'
keys Tab
for i in 4 5 6; do
	xdotool type --delay 20 'wrong'
	keys Return
	[ $i = 6 ] || asked $i
done
eventually 10 job aborted 'three tries' || fail 'it is asked for ever'
[ "$(sort -u "$T/tried")" = ada:wrong ] || fail "tried: $(cat "$T/tried")"
out && fail 'it was printed'
stop "$viewer"
echo 'ok cancelled, and wrong three times'

phase 'before it is known'
look ipp://ada@localhost:8643/ipp/print
eventually 10 shown || fail 'nobody is asked what the printer is'
told "${before:-0}" && fail 'the printer is known'
sleep 0.3
keys Tab Tab
xdotool type --delay 20 'analytical'
keys Return
offered
print
eventually 10 piled "$T/a.jpg" || fail 'it is not printed'
grep -q 'is asked' "$T/view.out" && fail 'it is asked for again'
stop "$viewer"
echo 'ok asked what the printer is'

phase plain
: > "$T/tried"
look ipp://ada@192.0.2.1:8641/ipp/print
offered
print
asked 1
keys Tab Tab
xdotool type --delay 20 'analytical'
keys Return
sleep 0.5
untried
keys Tab Return
eventually 10 piled "$T/a.jpg" || fail 'it is not printed all the same'
heard plain || fail 'the line was another'
stop "$viewer"
echo 'ok not encrypted, unless the person agrees'

if [ "$(id -u)" = 0 ] && command -v cupsd > /dev/null; then
	phase 'a queue'
	# CUPS holds the job of a printer that it has no login for. From then on
	# it wants it with the job; the password is all that has to be escaped.
	cups
	lpadmin -p paper -E -v $real -m everywhere > "$T/lpadmin.log" 2>&1 ||
		fail "no queue: $(cat "$T/lpadmin.log")"
	: > "$T/tried"
	CUPS_USER=ada look paper
	offered
	print
	asked 1
	keys Tab Tab
	xdotool type --delay 20 "a,b'c\\d\"e"
	keys Return
	asked 2
	grep -qxF "ada:a,b'c\\d\"e" "$T/tried" || fail "tried: $(cat "$T/tried")"
	xdotool type --delay 20 'analytical'
	keys Return
	eventually 10 job completed || fail 'it is not printed by CUPS'
	out || fail 'no paper'
	print
	eventually 10 out || fail 'the next one is not printed'
	asked 2
	stop "$viewer"
	echo 'ok a queue of CUPS'
fi

phase headless
: > "$T/tried"
: > "$T/heard-plain"
echo analytical > "$T/secret"
echo wrong > "$T/wrong"
while read -r state words at file; do
	look "ipp://ada@$at/ipp/print" --headless \
		${file:+--print-password-file="$T/$file"}
	offered
	print
	eventually 10 job "$state" "$words" || fail "$at $file: not $state"
	case $state in
	completed)
		piled "$T/a.jpg" || fail "$at $file: it is not printed"
		;;
	*)
		viewer_says '"state":"failed"' || fail 'the viewer says nothing'
		out && fail "$at $file: it is printed"
		;;
	esac
	stop "$viewer"
done <<-END
	aborted print-password-file=FILE localhost:8631
	aborted not.accept localhost:8631 wrong
	aborted not.encrypted 192.0.2.1:8641 secret
	completed . 192.0.2.1:8642 secret
END
CUPS_ANYROOT=no look ipp://ada@192.0.2.1:8642/ipp/print --headless \
	--print-password-file="$T/secret"
offered
print
eventually 10 job aborted 'certificate' || fail 'any certificate is good'
stop "$viewer"
heard plain && fail 'the password was sent for all to read'
grep -q . "$T/heard-tls" || fail 'the line was another'
heard tls && fail 'the line was not encrypted'
[ "$(sort "$T/tried" | uniq | xargs)" = 'ada:analytical ada:wrong' ] ||
	fail "tried: $(cat "$T/tried")"
echo 'ok without a window'
