#!/bin/sh
# SPDX-License-Identifier: MIT
#
# explore.sh - what `sv3 explore` prints, the files it saves and reads, and the driver of examples/driver; UPDATE=1
# rewrites what is expected.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
expected=tests/golden/expected
results=$SV3_TMP/results
mkdir -p "$results"

# compare NAME FILE: FILE is expected/NAME
compare() {
	[ -z "${UPDATE-}" ] || cp "$2" "$expected/$1"
	if diff -u "$expected/$1" "$2" >"$SV3_TMP/diff" 2>&1; then
		pass "$1"
	else
		fail "$1" 'differs from what is expected; if it should: make check-golden UPDATE=1' "$SV3_TMP/diff"
	fi
}

# golden NAME STATUS ARGUMENT...: stdout is expected/NAME; twice, as nothing may depend on the host
golden() {
	name=$1 wanted=$2
	shift 2
	run "$SV3" explore "$@"
	cp "$out" "$SV3_TMP/first"
	run "$SV3" explore "$@"
	if [ "$status" -ne "$wanted" ]; then
		fail "$name" "exit status $status, not $wanted" "$err"
	elif [ -s "$err" ]; then
		fail "$name" 'something on stderr' "$err"
	elif ! cmp -s "$out" "$SV3_TMP/first"; then
		fail "$name" 'two runs differ'
	else
		compare "$name" "$out"
	fi
}

# holds NAME: the command before it held
holds() {
	if [ "$?" -eq 0 ]; then
		pass "$1"
	else
		fail "$1" "exit status $status" "$out"
	fi
}

# refused NAME PATTERN ARGUMENT...: one line on stderr that matches, status 1, nothing on stdout, no file
refused() {
	name=$1 pattern=$2
	shift 2
	run "$SV3" explore "$@"
	if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && [ ! -s "$out" ] &&
		[ -z "$(ls -A "$results")" ] && grep -qE -e "^sv3 explore: .*($pattern)" "$err"; then
		pass "$name"
	else
		fail "$name" "exit status $status" "$err"
		rm -f "$results"/*
	fi
}

# ---- what is printed -----------------------------------------------------------------------------

golden explore-list.txt 0 --list
golden explore-clear.txt 0 clear
golden explore-no-tlbi.txt 2 clear --bug no-tlbi
golden explore-no-sync.txt 2 clear --bug B06
golden explore-go-on.txt 2 clear-cold --bug B17 --go-on
golden explore-no-tlbi.json 2 clear --bug B02 --json -
golden explore-pct.txt 2 two-devices --bug no-tlbi --mode pct --schedules 500 --seed 7 --changes 2

run "$SV3" explore --list --json -
[ "$status" -eq 0 ] && [ "$(grep -c '"name":' "$out")" -eq "$(($("$SV3" explore --list | grep -c .) - 8))" ]
holds list_as_json_has_as_many_rows

run "$SV3" explore all --mode random --schedules 20
"$SV3" explore --list | sed -n '3,/^$/ s/^\([a-z][a-z-]*\) .*/\1/p' | grep -v '^scenario$' >"$SV3_TMP/names"
sed -n '/^scenario /,$ s/^\([a-z][a-z-]*\) .*/\1/p' "$out" | grep -v '^scenario$' >"$SV3_TMP/rows"
[ "$status" -eq 0 ] && cmp -s "$SV3_TMP/names" "$SV3_TMP/rows"
holds all_is_every_scenario

run "$SV3" explore clear --mode brute --json -
cp "$out" "$SV3_TMP/brute"
run "$SV3" explore clear --json -
[ "$(json outcomes <"$out")" = "$(json outcomes <"$SV3_TMP/brute")" ] &&
	[ "$(json schedules <"$out")" -lt "$(json schedules <"$SV3_TMP/brute")" ]
holds reduced_sees_what_brute_sees

run "$SV3" explore late-map --mode merged --json -
cp "$out" "$SV3_TMP/merged"
run "$SV3" explore late-map --json -
[ "$(json outcomes <"$out")" = "$(json outcomes <"$SV3_TMP/merged")" ] &&
	[ "$(json schedules <"$out")" -ge "$(json schedules <"$SV3_TMP/merged")" ]
holds merged_sees_what_reduced_sees

run "$SV3" explore clear --bug B06 --monitor --save "$SV3_TMP/owed.txt"
first=$status
run "$SV3" explore --replay "$SV3_TMP/owed.txt"
[ "$first" -eq 2 ] && [ "$status" -eq 2 ]
holds a_monitor_watches

run "$SV3" explore clear --schedules 7 --json -
[ "$status" -eq 0 ] && [ "$(json schedules <"$out")" = 7 ] && [ "$(json is_complete <"$out")" = false ]
holds a_bound_is_kept_and_told

run "$SV3" explore clear --measure
[ "$status" -eq 0 ] && grep -q ' time  *rate$' "$out"
holds rates_where_they_are_asked_for

# ---- files ---------------------------------------------------------------------------------------

saved=$SV3_TMP/saved.txt
run "$SV3" explore clear --bug no-tlbi --save "$saved"
sed "s|$SV3_TMP/||" "$out" >"$SV3_TMP/told"
compare explore-saved.txt "$SV3_TMP/told"
compare explore-schedule.txt "$saved"
run "$SV3" explore --replay "$saved"
[ "$status" -eq 2 ] && sed "s|$SV3_TMP/||" "$out" >"$SV3_TMP/replayed"
holds a_replay_breaks_the_rule_again
compare explore-replay.txt "$SV3_TMP/replayed"
sed -n '/^  /p; /^wrong/p; /^rule/p' "$SV3_TMP/replayed" >"$SV3_TMP/again"
sed -n '/^     *[0-9]/p; /^wrong/p; /^rule/p' "$SV3_TMP/told" | cmp -s - "$SV3_TMP/again"
holds a_replay_tells_the_same_story

run "$SV3" explore clear --driver sv3 --bug B02 --replay "$saved"
[ "$status" -eq 2 ]
holds a_replay_takes_the_same_words_again
run "$SV3" explore --replay "$saved" --json -
[ "$status" -eq 2 ] && [ "$(json rule <"$out")" = lost ]
holds a_replay_as_json

# Each seeded mistake: found where it shows, by the rule that it breaks, and again from the file.
"$SV3" explore --list | awk '/^bugs/ { on = 1 } on && $2 ~ /^[BX][0-9]/ && $3 != "nothing" { print $2, $3, $4 }' >"$SV3_TMP/bugs"
while read -r bug rule scenario; do
	run "$SV3" explore "$scenario" --bug "$bug" --save "$SV3_TMP/bug.txt"
	first=$status
	grep "^wrong" "$out" >"$SV3_TMP/wrong"
	run "$SV3" explore --replay "$SV3_TMP/bug.txt"
	[ "$first" -eq 2 ] && [ "$status" -eq 2 ] && grep "^wrong" "$out" | cmp -s - "$SV3_TMP/wrong" &&
		grep -q "^rule      $rule " "$out"
	holds "replay_of_$bug"
done <"$SV3_TMP/bugs"

sed 's/^bug .*/bug none/' "$saved" >"$SV3_TMP/right.txt"
run "$SV3" explore --replay "$SV3_TMP/right.txt"
[ "$status" -eq 0 ] && grep -q '^no rule is broken$' "$out" && grep -q '^note .* it broke rule lost$' "$out"
holds the_schedule_does_no_harm_without_the_bug

run "$SV3" explore clear-cold --save "$results/none.txt"
[ "$status" -eq 0 ] && [ ! -e "$results/none.txt" ] && grep -q 'none.txt was not written' "$out"
holds nothing_found_nothing_saved

# A file that was cut anywhere is known for one.
size=$(wc -c <"$saved")
length=0
while [ "$length" -lt "$size" ]; do
	head -c "$length" "$saved" >"$SV3_TMP/cut.txt"
	run "$SV3" explore --replay "$SV3_TMP/cut.txt"
	if [ "$status" -ne 1 ] || [ -s "$out" ] || [ "$(wc -l <"$err")" -ne 1 ] ||
		! grep -qE 'cut\.txt: line [1-6]: ' "$err"; then
		fail "cut after $length bytes" "exit status $status" "$err"
		break
	fi
	length=$((length + 1))
done
[ "$length" -eq "$size" ]
holds a_cut_file_is_refused

# edited NAME PATTERN SED: a file with one change is refused
edited() {
	sed "$3" "$saved" >"$SV3_TMP/edited.txt"
	refused "$1" "edited.txt: $2" --replay "$SV3_TMP/edited.txt"
}
edited file_version "line 1: version '2' is not 1" '1s/1$/2/'
edited file_other "line 1: 'hello' should be 'sv3 schedule'" '1s/.*/hello/'
edited file_scenario "line 2: unknown scenario 'clea'; sv3 explore --list" '2s/r$//'
edited file_order "line 2: 'driver sv3' should be 'scenario'" 2d
edited file_driver "line 3: unknown driver 'sv4'" '3s/3$/4/'
edited file_bug "line 4: unknown bug 'x'" '4s/ .*/ x/'
edited file_actor "line 5: nobody in scenario clear is called 'devise'" '5s/device/devise/'
edited file_count "line 5: 'driver 0' is not an actor and a number above 0" '5s/driver [0-9]*/driver 0/'
edited file_no_count "line 5: 'driver' is not an actor and a number" '5s/driver [0-9]*/driver/'
edited file_large "line 5: more than 4096 steps" '5s/driver [0-9]*/driver 4097/'
edited file_rule "line 6: unknown rule 'lots'" '6s/lost/lots/'
edited file_longer "line 7: nothing may stand behind 'breaks lost'" '$a more'
refused file_absent "cannot read absent.txt: No such file" --replay absent.txt
refused file_folder "cannot read tests: Is a directory" --replay tests
refused file_binary "line 1: " --replay "${SV3_BUILD:-build/release}/sv3"

# ---- bad input -----------------------------------------------------------------------------------

refused nothing 'SCENARIO is missing; sv3 explore --list'
refused unknown_scenario "unknown scenario 'claer'; did you mean 'clear'" claer
refused unknown_driver "unknown driver 'linux'; sv3 explore --list" clear --driver linux
refused unknown_bug "unknown bug 'no-tbli'; did you mean 'no-tlbi'" clear --bug no-tbli
refused bug_of_compare "--bug no-mark-at-stop: seeded by another command: sv3 compare --bug no-mark-at-stop" \
	clear --bug no-mark-at-stop
refused unknown_mode "'all' is none of reduced\\|brute\\|random\\|pct\\|merged" clear --mode all
refused two_scenarios "'collect' is one argument too many" clear collect
refused schedules_zero "--schedules: '0' is not a number above 0" clear --schedules 0
refused changes_many "--changes: '17' is above 16" clear --mode pct --changes 17
refused seed_unused "--seed: --mode reduced draws nothing; give --mode random" clear --seed 1
refused changes_unused "--changes: --mode random has no priorities; give --mode pct" \
	clear --mode random --changes 1
refused monitor_merged "--monitor: .* no part of the states of --mode merged; give --mode reduced" \
	clear --mode merged --monitor
refused list_and_scenario "'clear' is one argument too many; --list takes none" --list clear
refused list_and_bug "--list takes no option but --json" --list --bug no-tlbi
refused replay_and_mode "--mode: --replay runs one schedule; leave it out" --replay "$saved" --mode pct
refused replay_other_scenario "is of scenario clear, not collect; leave it out" collect --replay "$saved"
refused replay_other_bug "is of bug no-tlbi, not tlbi-first; leave it out" --bug B05 --replay "$saved"
refused save_stdout "--save: a schedule does not go to '-'; name a file" clear --save -
refused save_nowhere 'cannot write absent/s.txt' clear --save absent/s.txt
refused json_nowhere 'cannot write absent/r.json' clear --json absent/r.json
refused same_file 'cannot both be' clear --save "$results/r" --json "$results/r"

# ---- a driver of one's own -----------------------------------------------------------------------

example=${SV3_BUILD:-build/release}/driver-example
run "$example"
[ "$status" -eq 0 ] && [ "$(grep -c 'nothing found$' "$out")" -ge 10 ]
holds the_example_finds_nothing
run "$example" --broken
[ "$status" -eq 2 ]
holds the_broken_example_is_found_out
compare explore-example.txt "$out"
run "$example" --borken
[ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ]
holds the_example_has_a_usage
