#!/bin/bash
# interrupted.sh - system calls that come back with nothing done, as signals and
# full queues make them: every third that waits, reads or writes fails with
# EINTR, every third on a socket with EAGAIN, at one end after the other. The
# session must not notice.
. tests/e2e/lib.sh

strace -o /dev/null true 2> "$T/why.log" || {
	echo "skipped: strace cannot trace here"
	exit 0
}

waits=ppoll,poll,epoll_wait,epoll_pwait
moves=write,sendto,recvfrom,sendmsg,recvmsg,accept4,getrandom
socket=sendto,recvfrom,accept4

x_server A 640x400
xsetroot -display "$A" -mod 5 3 -fg red -bg blue
serve --source=x11:$A

# What a viewer of the desktop under strace has seen, seen.png; how often its
# calls failed is in view.calls. Without the sandbox, which ends a process when
# strace makes no call of its call; the code is the same, in a thread.
look() { # INJECTION
	rm -f "$T/seen.png"
	strace -f -o "$T/view.calls" -e "trace=$waits,$moves" -e "$1" \
		"$BIN/oriel-view" --headless --sandbox=off --trust=first-use \
		--password-file="$T/password" --exit-when=lossless \
		--exit-after=120 --screenshot="$T/seen.png" "$ADDRESS" \
		> "$T/view.out" 2> "$T/view.log" < /dev/null ||
		fail "$1: the viewer's exit is $?"
	picture "$A" "$T/is.png"
	same "$T/is.png" "$T/seen.png" || fail "$1: another picture"
}
failed() { # FILE: how many calls were made to
	grep -c '(INJECTED)' "$1"
}

# Not reads: the loader makes some before there is a program to be patient.
for injection in "$waits:error=EINTR:when=2+3" "$moves:error=EINTR:when=2+3" \
	"$socket:error=EAGAIN:when=2+3"; do
	xsetroot -display "$A" -mod $((RANDOM % 13 + 3)) 2 -fg green -bg black
	look "inject=$injection"
	n=$(failed "$T/view.calls")
	[ "$n" -gt 5 ] || fail "only $n calls failed: $injection"
	echo "ok viewer: $injection: $n failed"
done

for injection in "$waits:error=EINTR:when=2+3" "read,$moves:error=EINTR:when=2+3" \
	"$socket:error=EAGAIN:when=2+3"; do
	start trace strace -f -p "$SERVER" -o "$T/serve.calls" \
		-e "trace=$waits,read,$moves" -e "inject=$injection"
	eventually 10 grep -q attached "$T/trace.log" ||
		fail 'strace does not attach'
	xsetroot -display "$A" -mod $((RANDOM % 13 + 3)) 2 -fg green -bg white
	look trace=none
	stop "$PID" INT
	n=$(failed "$T/serve.calls")
	[ "$n" -gt 5 ] || fail "only $n calls failed: $injection"
	echo "ok server: $injection: $n failed"
done
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "the server's exit is $STATUS"
