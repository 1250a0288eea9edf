#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sweep.sh - a grid is run once, point by point, whatever comes between.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
folder=$SV3_TMP/sweep
base='compare --scenario fixed-area-10:pages=4 --guest-mem 1M'

# swept STATUS ARGUMENT...: a sweep of the small grid into $folder
swept() {
	wanted=$1
	shift
	# shellcheck disable=SC2086 # words
	run "$SV3" sweep -L inv-latency=0,1ms -L policy=hw-auto,hw-manual --out "$folder" "$@" -- $base
	[ "$status" -eq "$wanted" ]
}

# told NAME PATTERN: the last sweep said so
told() {
	if grep -qE -e "$2" "$out"; then
		pass "$1"
	else
		fail "$1" "nothing like $2" "$out"
	fi
}

# refused NAME PATTERN ARGUMENT...: one line, and no folder made
refused() {
	name=$1 pattern=$2
	shift 2
	run "$SV3" sweep --out "$SV3_TMP/never" "$@"
	if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && grep -qE -e "$pattern" "$err" &&
		! [ -s "$out" ] && ! [ -e "$SV3_TMP/never" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status, or no line like $pattern" "$err"
	fi
}

# ---- what is no sweep ----------------------------------------------------------------------------

# shellcheck disable=SC2086
{
	refused no_command 'what to run is missing' -L link=1G
	refused not_compare 'what to run is missing' -L link=1G -- replay
	refused no_axis 'no axis' -- $base
	refused no_list "'link' is not OPTION=LIST" -L link -- $base
	refused no_option "no axis 'lnk'" -L lnk=1G -- $base
	refused an_output "no axis 'json'" -L json=a,b -- $base
	refused axis_twice '-L link is given twice' -L link=1G -L link=2G -- $base
	refused axis_in_command '--guest-mem is an axis and in the command' -L guest-mem=1M -- $base
	refused empty_value 'a value is empty' -L link=1G,,2G -- $base
	refused bad_value "--link: '1X' is not a rate" -L link=1G,1X -- $base
	refused bad_policy "unknown policy 'hw-auot'" -L policy=hw-auot -- $base
	refused bad_flag "'yes' is neither on nor off" -L contents=yes -- $base
	refused bad_range 'is not a range' -L max-rounds=9..1/2 -- $base
	refused endless_range 'is not a range' -L inv-latency=0..1ms*10 -- $base
	refused no_step 'is not a range' -L max-rounds=1..9 -- $base
	refused too_many 'more than 100000' -L seed=0..999999/1 -- $base
	refused bad_column "unknown column 'rouns'; did you mean 'rounds'" -L link=1G --columns rouns -- $base
	refused output_in_command 'a sweep does that' -L link=1G -- $base --json -
}

# ---- a grid --------------------------------------------------------------------------------------

if swept 0 -j 2; then
	told table '^0 +hw-auto +false'
else
	fail table "exit status $status" "$err"
fi
[ -z "${UPDATE-}" ] || cp "$folder/sweep.csv" tests/golden/expected/sweep.csv
if diff tests/golden/expected/sweep.csv "$folder/sweep.csv" >"$SV3_TMP/diff"; then
	pass sweep.csv
else
	fail sweep.csv 'differs from what is expected; if it should: make check-golden UPDATE=1' "$SV3_TMP/diff"
fi
sed -e '/^[][]$/d' -e 's/^{//' -e 's/},*$//' -e 's/"[a-z0-9_-]*"://g' -e 's/"//g' -e 's/null//g' \
	"$folder/sweep.json" >"$SV3_TMP/json"
if tail -n +2 "$folder/sweep.csv" | diff - "$SV3_TMP/json" >"$SV3_TMP/diff"; then
	pass json_is_csv
else
	fail json_is_csv 'differ' "$SV3_TMP/diff"
fi
# shellcheck disable=SC2086
alone=$("$SV3" $base --inv-latency 1ms --policy hw-manual --csv - | tail -n 1 | cut -d , -f 2-)
if tail -n 1 "$folder/sweep.csv" | grep -qF "1ms,hw-manual,$alone,0"; then
	pass a_point_is_what_compare_says
else
	fail a_point_is_what_compare_says "$alone" "$folder/sweep.csv"
fi

# ---- and again -----------------------------------------------------------------------------------

cp "$folder/sweep.csv" "$SV3_TMP/first.csv"
ls -i "$folder/points" >"$SV3_TMP/inodes"
swept 0
told nothing_runs_twice '^note +4 of them had been run before'
if ls -i "$folder/points" | cmp -s - "$SV3_TMP/inodes"; then
	pass kept_points_stay_as_they_are
else
	fail kept_points_stay_as_they_are 'written again'
fi
one=$(ls "$folder/points" | head -n 1)
for harm in 'rm' 'truncate -s 100' 'sed -i $d' 'sed -i s/^status.*/status/'; do
	$harm "$folder/points/$one"
	swept 0
	told "after '$harm' one runs again" '^note +3 of them had been run before'
done
sed -i 's/ build [0-9a-f]*/ build 0000000000000000/' "$folder/points/$one"
swept 0
told another_sv3_is_noticed '^note +1 were there from another sv3'
if cmp -s "$folder/sweep.csv" "$SV3_TMP/first.csv"; then
	pass the_result_is_the_same
else
	fail the_result_is_the_same differs "$folder/sweep.csv"
fi
cp tests/data/traces/unmapped-between.trc "$SV3_TMP/t.trc"
trace="compare $SV3_TMP/t.trc --guest-mem 1M --policy hw-auto"
# shellcheck disable=SC2086
{
	run "$SV3" sweep -L seed=1..2/1 --out "$SV3_TMP/input" -- $trace
	echo >>"$SV3_TMP/t.trc"
	run "$SV3" sweep -L seed=1..2/1 --out "$SV3_TMP/input" -- $trace
}
told another_trace_is_noticed '^note +2 were there from another sv3 or other input'

# ---- ranges, flags, failures ---------------------------------------------------------------------

# shellcheck disable=SC2086
run "$SV3" sweep -L inv-latency=1us..1ms*10,0 -L contents=on,off --out "$SV3_TMP/ranges" \
	--columns pages_sent,pages_differing -- $base --policy hw-auto
if [ "$(cut -d , -f 1,2 "$SV3_TMP/ranges/sweep.csv" | paste -sd ' ' -)" = \
	'inv-latency,contents 1us,on 1us,off 10us,on 10us,off 100us,on 100us,off 1ms,on 1ms,off 0,on 0,off' ]; then
	pass ranges_and_flags
else
	fail ranges_and_flags 'other points' "$SV3_TMP/ranges/sweep.csv"
fi
told columns '^inv-latency +contents +pages_sent +pages_differing$'
run "$SV3" sweep -L guest-mem=4K,1M --out "$SV3_TMP/fails" -- compare --scenario fixed-area-10:pages=4 --policy hw-auto
if [ "$status" -eq 1 ] && grep -q '^sv3 sweep: failed: sv3 compare --guest-mem 4K .*give more memory' "$err" &&
	grep -q '^4K,.*,1$' "$SV3_TMP/fails/sweep.csv" && grep -q '^1M,hw-auto,.*,0$' "$SV3_TMP/fails/sweep.csv"; then
	pass a_failure_is_told_and_the_others_go_on
else
	fail a_failure_is_told_and_the_others_go_on "exit status $status" "$err"
fi
run "$SV3" sweep -L bug=no-tlbi --out "$SV3_TMP/lost" -- compare "$strict" --policy hw-auto --link 1G --time-scale 0.01
if [ "$status" -eq 2 ] && [ "$(cut -d , -f 1 "$SV3_TMP/lost/sweep.csv" | tail -n 1)" = no-tlbi ]; then
	pass lost_pages_are_status_2
else
	fail lost_pages_are_status_2 "exit status $status" "$err"
fi

# ---- interrupted ---------------------------------------------------------------------------------

long="-L seed=1..40/1 -j 2 --out $SV3_TMP/long -- compare $strict --policy hw-auto"
# shellcheck disable=SC2086
"$SV3" sweep $long >"$out" 2>"$err" </dev/null &
sweeper=$!
tries=0
while [ "$(ls "$SV3_TMP/long/points" 2>/dev/null | wc -l)" -lt 2 ] && [ "$tries" -lt 300 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
kill -INT "$sweeper"
status=0
wait "$sweeper" || status=$?
kept=$(ls "$SV3_TMP/long/points" | wc -l)
whole=$(tail -q -n 1 "$SV3_TMP/long/points"/* | grep -cx end)
if [ "$status" -eq 1 ] && grep -q interrupted "$err" && [ "$kept" -ge 2 ] && [ "$kept" -lt 40 ] &&
	[ "$whole" -eq "$kept" ] && ! [ -e "$SV3_TMP/long/sweep.csv" ]; then
	pass an_interruption_keeps_whole_points
else
	fail an_interruption_keeps_whole_points "exit status $status, $whole whole of $kept" "$err"
fi
# shellcheck disable=SC2086
run "$SV3" sweep $long
told goes_on_where_it_was "^note +$kept of them had been run before"
if [ "$(wc -l <"$SV3_TMP/long/sweep.csv")" -eq 41 ]; then
	pass is_whole_in_the_end
else
	fail is_whole_in_the_end "$(wc -l <"$SV3_TMP/long/sweep.csv") lines"
fi

# ---- curves --------------------------------------------------------------------------------------

if ! command -v gnuplot >/dev/null; then
	skip curves 'no gnuplot'
	exit 0
fi
swept 0 --columns total_ns,tlbi,policy --report "$SV3_TMP/page"
page=$SV3_TMP/page/report.html
if [ "$(grep -c '<figure' "$page")" -eq 2 ] && [ "$(grep -c '<text>hw-manual</text>' "$page")" -eq 2 ] &&
	cmp -s "$SV3_TMP/page/sweep.csv" "$folder/sweep.csv" && ! grep -qi 'http' "$page"; then
	pass a_line_for_each_value_of_the_second_axis
else
	fail a_line_for_each_value_of_the_second_axis "exit status $status" "$err"
fi
