# lib_print.bash - what tests of printing share; to be sourced first. They run
# in a network of their own: ippeveprinter, a real IPP printer that comes with
# CUPS, listens on all addresses, and here nobody else has one.
if [ -z "${ORIEL_ALONE:-}" ]; then
	for how in -n -rn; do
		unshare $how true 2> /dev/null &&
			exec unshare $how env ORIEL_ALONE=1 "$0" "$@"
	done
	echo "skipped: no network namespaces here ($(id -un))"
	exit 0
fi
. "$(dirname "$0")/lib.sh"
ip link set lo up || fail 'no loopback'

if [ ! -x "$BIN/oriel-ipp" ]; then
	echo 'skipped: built without libcups'
	exit 0
fi

# What the viewer and CUPS have said of jobs belongs to what is shown.
eval "lib_$(declare -f fail)"
fail() {
	grep -s '"event":"print"' "$T/view.out" > "$T/jobs.log"
	grep -s '\[Job' "$T/cupsd.error" > "$T/cupsd.log"
	lib_fail "$@"
}

phase() { [ -z "${PHASES:-}" ] || echo "$SECONDS s: $*"; }

# For ipptool, with -d job=NUMBER.
cat > "$T/cancel.test" <<'END'
{
	OPERATION Cancel-Job
	GROUP operation-attributes-tag
	ATTR charset attributes-charset utf-8
	ATTR naturalLanguage attributes-natural-language en
	ATTR uri printer-uri $uri
	ATTR integer job-id $job
	STATUS successful-ok
}
END

# A printer: it puts what it gets on a pile, when it has paper.
mkdir "$T/paper" "$T/spool"
cat > "$T/press" <<END
#!/bin/sh
if [ -e "$T/empty" ]; then
	echo 'STATE: +media-empty-error' >&2
	: > "$T/waiting"
	while [ -e "$T/empty" ]; do sleep 0.1; done
	rm "$T/waiting"
	echo 'STATE: -media-empty-error' >&2
fi
cat "\$1" > "$T/paper/new"
mv "$T/paper/new" "$T/paper/\$(ls "$T/paper" | wc -l)"
END
cat > "$T/hook" <<END
#!/bin/sh
printf '%s|' "\$@" >> "$T/hooked"
echo >> "$T/hooked"
END
chmod +x "$T/press" "$T/hook"
cat > "$T/bus.conf" <<END
<busconfig><type>system</type><listen>unix:path=$T/bus</listen>
<auth>EXTERNAL</auth><policy context="default"><allow send_destination="*"/>
<allow own="*"/><allow receive_sender="*"/></policy>
<limit name="max_message_size">134217728</limit></busconfig>
END
start bus dbus-daemon --config-file="$T/bus.conf" --nofork
eventually 5 test -S "$T/bus" || fail 'no bus'
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$T/bus

real=ipp://localhost:8631/ipp/print
answers() {
	ipptool -q "$1" get-printer-attributes.test > /dev/null 2>&1
}
printer() { # OPTION...: the printer is switched on; its process is PRINTER
	start printer ippeveprinter -p 8631 -r off -d "$T/spool" -c "$T/press" \
		-f application/pdf,image/pwg-raster,image/jpeg "$@" \
		'CI Printer <1>'
	PRINTER=$PID
	eventually 10 answers $real || fail 'no printer'
}

told() { # COUNT: more printers than that have been told of
	[ "$(grep -cs printer_added "$T/serve.out")" -gt "$1" ]
}
# In place of lib.sh's: it finds its line among JSON.
serve() {
	ADDRESS=
	rm -f "$T/serve.out" "$T/serve.log"
	start serve "$BIN/oriel-serve" --listen=tcp://127.0.0.1:0 --json \
		--password-file="$T/password" "$@"
	SERVER=$PID
	eventually 10 grep -qs listening "$T/serve.out" ||
		fail 'oriel-serve does not listen'
	ADDRESS=oriel:$(sed -n 's/.*"listening","address":"tcp:\([^"]*\)".*/\1/p' \
		"$T/serve.out")
	KEY=$(sed -n 's/^key sha256://p' "$T/serve.log")
}
tell() { # OPTION...: oriel-serve that prints
	serve --source=pattern:320x200@10 --print=0 --print-hook="$T/hook" "$@"
}
# A line of $rate to it (or $direct), and a viewer with that printer.
printing() { # OPTION...
	local before
	before=$(grep -cs printer_added "$T/serve.out")
	start relay python3 "$(dirname "$0")/relay.py" \
		"${ADDRESS##*:}" "${rate:-0}"
	relay=$PID
	eventually 5 test -s "$T/relay.out" || fail 'no relay'
	start view "$BIN/oriel-view" --headless --trust="$KEY" \
		--password-file="$T/password" --printer="${to:-$real}" \
		--print=always --reconnect=60 --json "$@" \
		"${direct:-oriel://127.0.0.1:$(cat "$T/relay.out")}"
	viewer=$PID
	eventually 20 told "${before:-0}" || fail 'the printer is not told of'
	uri=$(sed -n 's/.*printer_added.*"uri":"\([^"]*\)".*/\1/p' \
		"$T/serve.out" | tail -n 1)
}
piled() { # FILE: it lies there
	local sheet
	for sheet in "$T"/paper/*; do
		cmp -s "$sheet" "$1" && return 0
	done
	return 1
}
out() { # something lies there
	ls "$T/paper" | grep -q '[0-9]'
}
viewer_says() { # WORDS [TIMES]: of jobs
	[ "$(grep '"event":"print"' "$T/view.out" | grep -c "$1")" -ge \
		"${2:-1}" ]
}

# A CUPS of the desktop's own, at localhost:8632.
cups_runs() {
	lpstat -r 2> /dev/null | grep -q 'is running'
}
cups() {
	mkdir -p "$T/cups/etc/ppd" "$T/cups/spool/tmp" "$T/cups/cache" \
		"$T/cups/run"
	cat > "$T/cups/cupsd.conf" <<-END
		Listen localhost:8632
		Browsing Off
		WebInterface No
		LogLevel info
		<Location />
		Order allow,deny
		Allow from localhost
		</Location>
		<Policy default>
		<Limit All>
		Order deny,allow
		</Limit>
		</Policy>
	END
	cat > "$T/cups/files.conf" <<-END
		ServerRoot $T/cups/etc
		RequestRoot $T/cups/spool
		CacheDir $T/cups/cache
		StateDir $T/cups/run
		TempDir $T/cups/spool/tmp
		ErrorLog $T/cupsd.error
		AccessLog $T/cups/access
		PageLog $T/cups/page
		User lp
		Group lp
		SystemGroup root
	END
	touch "$T/cupsd.error"
	chown -R lp:lp "$T/cups" "$T/cupsd.error"
	chmod 711 "$T"
	start cupsd /usr/sbin/cupsd -f -c "$T/cups/cupsd.conf" \
		-s "$T/cups/files.conf"
	export CUPS_SERVER=localhost:8632
	eventually 10 cups_runs || fail 'no CUPS'
}
