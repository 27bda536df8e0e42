#!/bin/bash
# lossy.sh - photographs over a thin link: each is seen as JPEG first, and can
# be recognised; the text over it is exact in every picture that is seen; all
# is exact in the end. With --lossless of either end nothing is JPEG.
. tests/e2e/lib.sh

FONT=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
[ -e "$FONT" ] || fail "no font to write with; apt-get install fonts-dejavu-core"
words="drawtext=fontfile=$FONT:fontsize=15:line_spacing=4:fontcolor"
lines='The quick brown fox jumps over the lazy dog. 0123456789
Portez ce vieux whisky au juge blond qui fume.
Falsches Ueben von Xylophonmusik quaelt jeden groesseren Zwerg.'
printf '%s\n%s' "$lines" "$lines" > "$T/lines"
# Text on paper, and white on the photograph itself.
ffmpeg -v error -f lavfi -i "gradients=s=1280x720:r=1:d=5:n=8:seed=3:speed=0.3,format=gbrp,
noise=alls=8:allf=t:all_seed=5,
drawbox=x=80:y=60:w=560:h=150:c=white:t=fill,
$words=black:x=90:y=70:textfile=$T/lines,
$words=white:x=400:y=420:textfile=$T/lines" \
	-c:v libx264rgb -qp 0 -preset ultrafast "$T/photos.mkv" ||
	fail 'no recording could be made'

cat > "$T/check.py" << 'CHECK'
import json, sys
r = json.load(open(sys.argv[1]))
assert r["error"] == "" and r["missing"] == 0, "not all was seen"
assert r["ssim_text"] == 1, "text was not exact: %s" % r["ssim_text"]
# How soon, which is another matter where something else has the processors.
if r["still_psnr"] != 60 or r["still_wrong"] != 0:
    print("not exact two seconds after the end")
    sys.exit(3)
if r["psnr_min"] < 26:
    print("not to be recognised: %s dB" % r["psnr_min"])
    sys.exit(3)
if r["psnr"] >= 60:
    print("nothing was lossy")
    sys.exit(3)
print("ok %.0f ms, %.1f dB, exact after %.0f ms" %
      (r["stale_p95_ms"], r["psnr_min"], r["exact_ms"]))
CHECK
over_wan "$T/photos.mkv" "$T/check.py"

play() { # SERVER-OPTION VIEWER-OPTION
	start serve "$BIN/oriel-serve" --listen=tcp://127.0.0.1:0 --once $1 \
		--password-file="$T/password" --source=trace:"$T/photos.mkv" \
		--max-rate=10M --stats="$T/serve.json"
	SERVER=$PID
	eventually 60 grep -qs '^listening ' "$T/serve.out" || fail 'not served'
	"$BIN/oriel-view" --headless --trust=first-use $2 \
		--password-file="$T/password" --stats="$T/view.json" \
		--exit-when=closed "$(sed -n 's/^listening tcp:/oriel:/p;T;q' \
			"$T/serve.out")" > "$T/view.out" 2> "$T/view.log" ||
		fail "the viewer fails with $?"
	finish "$SERVER" 20
}

play '' ''
grep -q '"large":[1-9]' "$T/serve.json" || fail 'no reason is given'
grep -q '"\(jpeg\|preview\)":[1-9]' "$T/view.json" || fail 'no JPEG came'
for option in '--lossless ' ' --lossless'; do
	play "${option% *}" "${option#* }"
	grep -q '"large":0,"again":0,"sharper":0' "$T/serve.json" &&
		grep -q '"jpeg":0,"preview":0' "$T/view.json" &&
		! grep -q '"jpeg":[1-9]' "$T/view.json" ||
		fail "something lossy came, with '$option'"
done
