#!/bin/sh
# texts.sh [update] - every text of the viewer is in every translation, with
# the same conversions. With `update` po/ is brought up to date instead.
set -eu

command -v xgettext > /dev/null || {
	echo "texts: no xgettext here, nothing is checked (apt-get install gettext)"
	exit 0
}
new=$(mktemp)
trap 'rm -f "$new"' EXIT
xgettext --from-code=UTF-8 --no-location --package-name=oriel \
	--msgid-bugs-address=- --keyword=_ --keyword=N_ \
	--keyword=orl_viewer_say --keyword=orl_viewer_tell:2 \
	--keyword=wrong:3 --keyword=fact:2 \
	--keyword=orl_panel_title:2 --keyword=orl_panel_text:2 \
	--keyword=orl_panel_note:2 --keyword=orl_panel_warning:2 \
	--keyword=orl_panel_item:2 --keyword=orl_panel_field:2 \
	--keyword=orl_panel_list:2 \
	--flag=orl_viewer_say:1:c-format --flag=orl_viewer_tell:2:c-format \
	--flag=wrong:3:c-format -o "$new" client/viewer/*.c
# What the libraries call their errors.
xgettext --join-existing --language=C --from-code=UTF-8 --no-location \
	--package-name=oriel --msgid-bugs-address=- --keyword= --keyword=X:3 \
	-o "$new" include/oriel/oriel.h
sed -i '/^"POT-Creation-Date:/d' "$new"

if [ "${1:-}" = update ]; then
	cp "$new" po/oriel.pot
	for po in po/*.po; do
		msgmerge --quiet --update --backup=none --no-fuzzy-matching \
			--no-location "$po" po/oriel.pot
		echo "$po: $(msgfmt --statistics -o /dev/null "$po" 2>&1)"
	done
	exit 0
fi
status=0
for po in po/*.po; do
	msgfmt --check -o /dev/null "$po" || status=1
	if ! said=$(msgcmp "$po" "$new" 2>&1); then
		echo "$said" | tail -n 20
		echo "texts: $po is not complete; run make texts, and translate"
		status=1
	fi
done
exit $status
