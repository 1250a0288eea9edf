#!/bin/sh
# SPDX-License-Identifier: MIT
#
# report.sh - what --report writes is whole: a page that is well formed and needs nothing else, every
# plot with something drawn, and files that say the same as CSV and as JSON.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
folder=$SV3_TMP/report
small='--scenario fixed-area-10:mask=0x0aa:pages=16 --policy hw-auto,hw-manual-page'

# check NAME COMMAND...: the command succeeds
check() {
	name=$1
	shift
	run "$@"
	if [ "$status" -eq 0 ]; then
		pass "$name"
	else
		fail "$name" "exit status $status" "$err"
	fi
}

# ---- without gnuplot -----------------------------------------------------------------------------

mkdir -p "$SV3_TMP/empty" "$SV3_TMP/broken"
# shellcheck disable=SC2086 # words, here and below
PATH=$SV3_TMP/empty run "$SV3" compare $small --report "$folder"
if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && grep -q 'apt-get install gnuplot-nox' "$err" &&
	! [ -s "$out" ] && ! [ -e "$folder" ]; then
	pass without_gnuplot_one_line_and_nothing_made
else
	fail without_gnuplot_one_line_and_nothing_made "exit status $status" "$err"
fi
if ! command -v gnuplot >/dev/null; then
	skip reports 'no gnuplot'
	exit 0
fi

# ---- one page, taken apart -----------------------------------------------------------------------

# well_formed FILE: every tag is closed, in order, and no id comes twice
well_formed() {
	awk '
	{ text = text $0 "\n" }
	END {
		while (match(text, /<[^>]*>/)) {
			tag = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			if (tag ~ /^<!/ || tag ~ /\/>$/)
				;
			else if (tag ~ /^<\//) {
				name = substr(tag, 3, length(tag) - 3)
				if (depth == 0 || open[depth] != name) {
					print "</" name "> closes <" open[depth] ">"
					exit bad = 1
				}
				depth--
			} else {
				match(tag, /^<[a-zA-Z0-9]+/)
				open[++depth] = substr(tag, 2, RLENGTH - 1)
			}
			if (match(tag, / id=["\047][^"\047]*/) && seen[substr(tag, RSTART, RLENGTH)]++) {
				print "twice:" substr(tag, RSTART, RLENGTH)
				exit bad = 1
			}
		}
		if (depth) {
			print "<" open[depth] "> stays open"
			exit bad = 1
		}
		exit bad
	}' "$1"
}

# drawn FILE: plots in which something is drawn with a colour of the page, of all plots
drawn() {
	awk '
	/<figure/ { all++; has = 0 }
	/var\(--(line|heat)[0-7]\)/ && /<(path|polygon|rect|use) / { has = 1 }
	/<\/figure>/ { good += has }
	END { print good + 0, "of", all + 0 }' "$1"
}

# same NAME: NAME.csv says what NAME.json says
same() {
	sed -e 's/^\[$//' -e 's/^\]$//' -e 's/^{//' -e 's/},*$//' -e 's/"[a-z_-]*"://g' -e 's/"//g' \
		-e 's/null//g' "$folder/$1.json" | grep . >"$SV3_TMP/json"
	tail -n +2 "$folder/$1.csv" >"$SV3_TMP/csv"
	head -n 2 "$folder/$1.json" | tail -n 1 | grep -o '"[a-z_-]*":' | tr -d '":' | paste -sd, - >"$SV3_TMP/keys"
	head -n 1 "$folder/$1.csv" | cmp -s - "$SV3_TMP/keys" && [ -s "$SV3_TMP/csv" ] &&
		cmp "$SV3_TMP/csv" "$SV3_TMP/json"
}

mkdir -p "$folder"
echo mine >"$folder/notes.txt"
# shellcheck disable=SC2086
check compare "$SV3" compare $small --report "$folder"
page=$folder/report.html
check well_formed well_formed "$page"
if [ "$(drawn "$page")" = '8 of 8' ]; then
	pass every_plot_is_drawn
else
	fail every_plot_is_drawn "$(drawn "$page")"
fi
if grep -qiE 'https?:|<script|<link|@import|src=|url\(' "$page"; then
	fail needs_nothing_else 'it does'
else
	pass needs_nothing_else
fi
for name in rounds remaining invalidation writes; do
	check "$name.csv is $name.json" same "$name"
done
# shellcheck disable=SC2086
"$SV3" compare $small --csv "$SV3_TMP/results.csv" --json "$SV3_TMP/results.json" >/dev/null
check results.csv cmp "$folder/results.csv" "$SV3_TMP/results.csv"
check results.json cmp "$folder/results.json" "$SV3_TMP/results.json"
# The sum over the map is the sum over the rounds: no write is missing.
sums=$(awk -F , 'FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "writes") at = i; next }
	{ sum[FILENAME] += $at } END { for (f in sum) print sum[f] }' "$folder/rounds.csv" "$folder/writes.csv" | uniq)
if [ "$(echo "$sums" | wc -l)" -eq 1 ] && [ "$sums" -gt 0 ]; then
	pass the_map_has_every_write
else
	fail the_map_has_every_write "$sums"
fi
if [ "$(cat "$folder/notes.txt")" = mine ]; then
	pass leaves_other_files_alone
else
	fail leaves_other_files_alone 'it did not'
fi

# ---- again, and when it goes wrong ---------------------------------------------------------------

cp -R "$folder" "$SV3_TMP/first"
sed 's|^sv3|"$SV3"|' "$folder/command.txt" >"$SV3_TMP/again.sh"
export SV3
check its_command_repeats_it sh "$SV3_TMP/again.sh"
check it_is_the_same_again diff -r "$folder" "$SV3_TMP/first"
printf '#!/bin/sh\necho no luck >&2\nexit 1\n' >"$SV3_TMP/broken/gnuplot"
chmod +x "$SV3_TMP/broken/gnuplot"
# shellcheck disable=SC2086
PATH=$SV3_TMP/broken:$PATH run "$SV3" compare $small --seed 1 --report "$folder"
if [ "$status" -eq 1 ] && grep -q 'gnuplot failed: no luck' "$err" && diff -r "$folder" "$SV3_TMP/first" >/dev/null; then
	pass a_failure_keeps_the_old_report
else
	fail a_failure_keeps_the_old_report "exit status $status" "$err"
fi
cp "$strict" "$SV3_TMP/it's \"a\" <trace>.s3t"
check odd_names "$SV3" compare "$SV3_TMP/it's \"a\" <trace>.s3t" --policy hw-auto --report "$folder"
check odd_names_well_formed well_formed "$page"
check odd_names_repeat sh -c "$(sed 's|^sv3|"$SV3"|' "$folder/command.txt")"
run "$SV3" compare "$strict" --policy hw-auto --bug no-tlbi --link 1G --time-scale 0.01 --report "$folder"
if [ "$status" -eq 2 ] && grep -q 'class="bad">hw-auto lost' "$page"; then
	pass lost_pages_are_on_the_page
else
	fail lost_pages_are_on_the_page "exit status $status" "$err"
fi
check lost_pages_well_formed well_formed "$page"
