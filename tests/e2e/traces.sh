#!/bin/bash
# traces.sh - recorded desktops played to a headless viewer: every update is
# decoded, no check fails, the last frame is the trace's; and a picture made
# wrong on purpose is found and mended. ORIEL_TRACES=FOLDER names recordings
# to play instead of the small one that is made here.
. tests/e2e/lib.sh

if [ -n "${ORIEL_TRACES:-}" ]; then
	traces=("$ORIEL_TRACES"/*.mkv)
else
	# Text that scrolls, a moving test card, and nothing lost.
	ffmpeg -v error -f lavfi \
		-i 'testsrc2=s=640x360:r=10:d=4,drawbox=t=fill:w=300:color=white' \
		-c:v libx264rgb -qp 0 -preset ultrafast "$T/small.mkv" ||
		fail 'no trace could be made'
	traces=("$T/small.mkv")
fi

number() { # KEY FILE: of the last line of statistics
	tail -n 1 "$2" | sed -n "s/.*\"$1\":\([0-9.]*\|true\|false\).*/\1/p"
}

play() { # TRACE SERVER-OPTION...
	local trace=$1
	shift
	rm -f "$T/shot.png" "$T/view.json" "$T/serve.json"
	ADDRESS=
	start serve "$BIN/oriel-serve" --listen=tcp://127.0.0.1:0 --once \
		--password-file="$T/password" --source=trace:"$trace" \
		--lossless --stats="$T/serve.json" "$@"
	SERVER=$PID
	eventually 120 grep -qs '^listening ' "$T/serve.out" ||
		fail "$trace is not served"
	ADDRESS=$(sed -n 's/^listening tcp:/oriel:/p;T;q' "$T/serve.out")
	KEY=$(sed -n 's/^key sha256://p' "$T/serve.log")
	view --trust="$KEY" --password-file="$T/password" --exit-when=closed \
		--exit-after=120 --screenshot="$T/shot.png" \
		--stats="$T/view.json" "$ADDRESS"
	finish "$SERVER" 20
}

for trace in "${traces[@]}"; do
	play "$trace"
	[ "$STATUS" = 0 ] || fail "oriel-serve ended with $STATUS"
	ffmpeg -v error -sseof -3 -i "$trace" -update 1 -pix_fmt rgb24 \
		-y "$T/last.png" || fail 'the last frame could not be had'
	same "$T/last.png" "$T/shot.png" || fail "$trace: the last frame differs"
	[ "$(number resets "$T/serve.json")" = 0 ] || fail "$trace: a check failed"
	[ "$(number checks "$T/serve.json")" -gt 0 ] || fail 'nothing was checked'
	[ "$(number updates "$T/view.json")" -gt 5 ] || fail 'nothing was played'
	echo "ok ${trace##*/}: $(number updates "$T/view.json") updates," \
		"$(number checks "$T/serve.json") checks," \
		"$(number bytes_out "$T/serve.json") bytes"
done

play "${traces[0]}" --test-desync=5
same "$T/last.png" "$T/shot.png" || [ "${#traces[@]}" -gt 1 ] ||
	fail 'a picture made wrong was not mended'
[ "$(number resets "$T/serve.json")" = 1 ] ||
	fail "a picture made wrong was not found: $(number resets "$T/serve.json")"
echo 'ok desync found and mended'
