#!/bin/bash
# drop.sh - what oriel-serve has given up once it listens: by what the kernel
# says of it, in every thread, and by a program that it cannot begin.
. "$(dirname "$0")/lib.sh"

x_server A 320x240
serve "--source=x11:$A" --workers=2
value() { # FIELD
	sed -n "s/^$1:[[:space:]]*//p" "$2/status" 2> /dev/null
}
for task in "/proc/$SERVER/task"/*; do
	[ "$(value NoNewPrivs "$task")" = 1 ] || fail 'it may get privileges'
	[ "$(value Seccomp "$task")" = 2 ] || fail 'a thread has no filter'
	# CAP_NET_ADMIN alone, where bbr is not for everybody.
	case $(value CapEff "$task") in
	0000000000000000) ;;
	0000000000001000)
		! grep -qw bbr \
			/proc/sys/net/ipv4/tcp_allowed_congestion_control ||
			fail 'it keeps CAP_NET_ADMIN for nothing'
		;;
	*) fail "it has capabilities: $(value CapEff "$task")" ;;
	esac
	[ "$(value CapPrm "$task")" = "$(value CapEff "$task")" ] ||
		fail 'it has capabilities in reserve'
done
echo "ok $(ls "/proc/$SERVER/task" | wc -l) threads, capabilities" \
	"$(value CapEff "/proc/$SERVER")"

# It serves all the same, and reads its files again.
view --trust="$KEY" --password-file="$T/password" --exit-when=lossless \
	--exit-after=60 "$ADDRESS"
[ "$STATUS" = 0 ] || fail "not served: $STATUS"
stop "$SERVER"
[ "$STATUS" = 0 ] || fail "oriel-serve ends with $STATUS"
echo 'ok serves'
