#!/bin/sh
# SPDX-License-Identifier: MIT
#
# timing.sh - hardware that takes time: what binds is named, files are whole or not there, and what
# cannot be is refused in one line.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc

mkdir -p "$SV3_TMP/results"
files=$SV3_TMP/results

# ---- what binds ----------------------------------------------------------------------------------

# binds NAME UNIT ARGUMENT...: the bottleneck is UNIT
binds() {
	name=$1 unit=$2
	shift 2
	run "$SV3" replay "$receive" --timed "$@"
	if [ "$status" -eq 0 ] && grep -q "^bottleneck  *$unit:" "$out"; then
		pass "binds $name"
	else
		fail "binds $name" "it is not: $unit" "$out"
	fi
}

full="--closed-loop --view guest --set tbu.write_beats=4096 --set pcie.rc_lines=4096 --set tbu.slots=1024"
binds nothing none
# shellcheck disable=SC2086 # words, here and below
binds write_buffer 'TBU write buffer' --closed-loop --view guest
# shellcheck disable=SC2086
binds root_complex 'root complex buffers' $full --set pcie.rc_lines=32
# shellcheck disable=SC2086
binds tbu_slots 'TBU slots' $full --set tbu.slots=2
# shellcheck disable=SC2086
binds walk_slots 'walk slots' $full --set tcu.walk_slots=1 --set mem.dram_ns=2000 --set mem.llc_permille=0 \
	--tlb-entries 0
# shellcheck disable=SC2086
binds memory 'memory bandwidth' $full --set mem.mbyte_per_s=500
# shellcheck disable=SC2086
binds link 'link, towards memory' $full --set pcie.mbit_per_s=1000

# More of what binds is faster.
simulated() {
	run "$SV3" replay "$receive" --timed "$@" --json
	json simulated_ns <"$out"
}
# shellcheck disable=SC2086
few=$(simulated $full --set tbu.slots=2)
# shellcheck disable=SC2086
many=$(simulated $full --set tbu.slots=16)
if [ "$few" -gt "$many" ]; then
	pass more_is_faster
else
	fail more_is_faster "2 slots: $few ns, 16 slots: $many ns"
fi

# ---- presets and options -------------------------------------------------------------------------

run "$SV3" replay "$receive" --timed --preset intel-bdw --json
if [ "$(json tlb_entries <"$out")" = 64 ]; then
	pass preset_sizes
else
	fail preset_sizes 'not the TLB of the preset' "$err"
fi
run "$SV3" replay "$receive" --timed --preset intel-bdw --tlb-entries 4096 --json
if [ "$(json tlb_entries <"$out")" = 4096 ]; then
	pass explicit_wins
else
	fail explicit_wins 'not the TLB that was given' "$err"
fi

# ---- files ---------------------------------------------------------------------------------------

run "$SV3" replay "$receive" --timed --timeline "$files/t.json" --vcd "$files/t.vcd" --timeline-limit 3000
if [ "$status" -eq 0 ] && [ "$(tail -n 1 "$files/t.json")" = ']}' ] &&
	grep -q '^timeline  .*t.json, the first of it: [0-9,]* left out' "$out" &&
	[ "$(grep -c '"ph":"B"' "$files/t.json")" -eq "$(grep -c '"ph":"E"' "$files/t.json")" ] &&
	[ "$(grep -c '"ph":' "$files/t.json")" -lt 4000 ]; then
	pass timeline
else
	fail timeline "exit status $status" "$err"
fi
if grep -q '^\$timescale 1 ps \$end' "$files/t.vcd" && tail -n 1 "$files/t.vcd" | grep -q '^#[0-9]*$'; then
	pass waveform
else
	fail waveform 'no waveform' "$files/t.vcd"
fi
cp "$files/t.json" "$SV3_TMP/first"
run "$SV3" replay "$receive" --timed --timeline "$files/t.json" --timeline-limit 3000
if cmp -s "$files/t.json" "$SV3_TMP/first"; then
	pass timeline_again
else
	fail timeline_again 'two runs differ'
fi
rm -f "$files"/*

# What a full disk leaves is told in one line, and not there.
if [ -c /dev/full ]; then
	run "$SV3" replay "$receive" --timed --timeline /dev/full --vcd "$files/t.vcd"
	if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && [ ! -s "$out" ] &&
		grep -q 'cannot write /dev/full' "$err" && [ -z "$(ls -A "$files")" ]; then
		pass full_disk
	else
		fail full_disk "exit status $status" "$err"
	fi
else
	skip full_disk 'no /dev/full'
fi

# ---- what is refused -----------------------------------------------------------------------------

# refused NAME PATTERN ARGUMENT...: status 1, one line that matches, nothing else
refused() {
	name=$1 pattern=$2
	shift 2
	run "$SV3" "$@"
	if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && [ ! -s "$out" ] &&
		grep -qE -e "$pattern" "$err" && [ -z "$(ls -A "$files")" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status" "$err"
	fi
}

refused unknown_preset "unknown preset 'sever'; did you mean 'server'" replay "$receive" --timed --preset sever
refused timing_unknown_preset "unknown preset 'gem'; did you mean 'gem5'" timing gem
refused unknown_parameter "unknown parameter of --set 'tcu.walk_slot'; did you mean 'tcu.walk_slots'" \
	replay "$receive" --timed --set tcu.walk_slot=4
refused no_value "'tcu.slots' is not NAME=VALUE" replay "$receive" --timed --set tcu.slots
for bad in 0 4097 -1 x '' 1.5 99999999999999999999; do
	refused "value '$bad'" "--set tcu.walk_slots: '$bad' is not a whole number from 1 to 4096, in slots" \
		replay "$receive" --timed --set "tcu.walk_slots=$bad"
done
refused clock "--set clock_mhz: a cycle must be a whole number of ps" replay "$receive" --timed --set clock_mhz=3000
for option in '--preset server' '--set tcu.slots=1' --closed-loop '--seed 1' "--timeline $files/t" "--vcd $files/t"; do
	# shellcheck disable=SC2086 # words
	refused "without --timed $option" "${option%% *} says something of time; give --timed" \
		replay "$receive" $option
done
refused plot_untimed '--plot shows latencies; give --timed' replay "$receive" --plot
refused plot_and_json 'cannot both' replay "$receive" --timed --plot --json
refused post_delay '--post-delay: with --timed' replay "$receive" --timed --post-delay 1us
refused to_stdout '--timeline: standard output' replay "$receive" --timed --timeline -
refused same_file 'cannot both go to' replay "$receive" --timed --timeline "$files/t" --vcd "$files/t"
refused unwritable 'cannot write .*nowhere' replay "$receive" --timed --vcd "$files/nowhere/t.vcd"
# Nothing of a timeline is left when the run fails.
refused run_fails 'give an earlier' replay "$receive" --timed --timeline "$files/t" \
	--snapshot "$files/s" --snapshot-at 100s --json

# ---- a migration ---------------------------------------------------------------------------------

refused two_policies 'show one migration; give --policy NAME' compare "$receive" --timed --timeline "$files/m"
refused disk_full 'cannot write /dev/full' compare "$receive" --timed --policy hw-auto --link 400G --timeline /dev/full
refused compare_untimed '--set says something of time; give --timed' compare "$receive" --set tcu.slots=1
refused compare_unknown "unknown preset 'sever'" compare "$receive" --timed --preset sever
run "$SV3" compare "$receive" --timed --policy hw-auto --link 400G --json - \
	--timeline "$files/m.json" --timeline-limit 0
for phase in collect copy 'wait for SYNC'; do
	if [ "$status" -eq 0 ] && grep -q "\"name\":\"$phase\"" "$files/m.json"; then
		pass "timeline shows '$phase'"
	else
		fail "timeline shows '$phase'" "exit status $status, or no such span" "$err"
	fi
done
