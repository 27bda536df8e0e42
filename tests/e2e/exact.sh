#!/bin/bash
# exact.sh - every kind of damage, at an ordinary, an odd and a large size:
# when the viewer says lossless, its picture is the X server's, pixel for pixel.
. tests/e2e/lib.sh

painted() { grep -qs '^done' "$T/paint-$1.out"; }

for size in 1280x720 1919x1079 3840x2160; do
	name=X${size%x*}
	x_server "$name" "$size"
	serve --source=x11:"${!name}"
	for kind in full moving scroll overlapping tiny noise edges; do
		# The large one is about sizes, the small one about kinds.
		[ "$size" = 1280x720 ] || [ "$kind" = tiny ] ||
			[ "$kind" = edges ] || [ "$kind" = scroll ] || continue
		# One viewer is there from the beginning, so that it sees it all.
		"$BIN/oriel-view" --headless --json --trust="$KEY" \
			--password-file="$T/password" --exit-after=900 \
			--exit-when=closed --screenshot="$T/all.png" \
			"$ADDRESS" > "$T/all.out" 2> "$T/all.log" &
		watcher=$!
		started+=("$watcher")
		eventually 10 exact_in "$T/all.out" ||
			fail 'the viewer did not come'
		DISPLAY=${!name} start "paint-$kind" \
			"$BIN/tests/e2e/painter" "$kind"
		painter=$PID
		eventually 40 painted "$kind" || fail "no painting of $kind"
		view --trust="$KEY" --password-file="$T/password" \
			--exit-when=lossless --exit-after=60 \
			--screenshot="$T/late.png" "$ADDRESS"
		[ "$STATUS" = 0 ] || fail "$kind at $size: exit $STATUS"
		picture "${!name}" "$T/truth.png"
		same "$T/truth.png" "$T/late.png" ||
			fail "$kind at $size differs for a viewer that came late"
		eventually 20 exact_in "$T/all.out" ||
			fail "$kind at $size is not exact for who saw it all"
		kill -TERM "$watcher"
		wait "$watcher"
		same "$T/truth.png" "$T/all.png" ||
			fail "$kind at $size differs for a viewer that saw it all"
		stop "$painter"
		rm -f "$T/paint-$kind.out" "$T/all.png"
		echo "ok $kind $size"
	done
	stop "$SERVER"
	! grep -q 'sent again\|sending display' "$T/serve.log" ||
		fail "the picture differed at $size and had to be sent again"
done
