# demo-lib.sh - what the demos share; to be sourced. What they start ends with
# them, and $work, where it writes, goes.
work=$(mktemp -d "${TMPDIR:-/tmp}/oriel-demo.XXXXXX")
started=()

clean_up() {
	for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

start() { # name command...
	local name=$1
	shift
	"$@" > "$work/$name.out" 2> "$work/$name.log" &
	started+=($!)
}

give_up() {
	echo "${0##*/}: $1" >&2
	tail -n 5 "$work"/*.log >&2
	exit 1
}

# screen NAME WIDTHxHEIGHT - an X server; NAME becomes ":number".
screen() {
	mkfifo "$work/$1.display"
	start "x-$1" Xvfb -displayfd 3 -screen 0 "$2x24" -nolisten tcp \
		3<> "$work/$1.display"
	read -r -t 10 number < "$work/$1.display" ||
		give_up "the X server for $1 did not start"
	printf -v "$1" ':%s' "$number"
}

# A password for this time.
password() { od -An -N8 -tx1 /dev/urandom | tr -d ' \n'; }
