#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cli.sh - bad input: one clear line on stderr, status 1, nothing on stdout, no file left behind.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc

# refused NAME PATTERN ARGUMENT...: sv3 refuses, and the line matches
refused() {
	name=$1 pattern=$2
	shift 2
	run "$SV3" "$@"
	if [ "$status" -ne 1 ]; then
		fail "$name" "exit status $status, not 1" "$err"
	elif [ "$(wc -l <"$err")" -ne 1 ]; then
		fail "$name" 'not one line on stderr' "$err"
	elif ! grep -qE -e "^sv3[^:]*: .*($pattern)" "$err"; then
		fail "$name" "the line does not match $pattern" "$err"
	elif [ -s "$out" ]; then
		fail "$name" 'it printed something all the same' "$out"
	elif [ -n "$(ls -A "$SV3_TMP/results")" ]; then
		fail "$name" 'a file was left behind'
		rm -f "$SV3_TMP/results"/*
	else
		pass "$name"
	fi
}

# compare_refused NAME PATTERN ARGUMENT...: the same of compare, with files asked for
compare_refused() {
	name=$1 pattern=$2
	shift 2
	refused "$name" "$pattern" compare "$@" \
		--json "$SV3_TMP/results/r.json" --csv "$SV3_TMP/results/r.csv"
}

mkdir -p "$SV3_TMP/results"

# ---- words ---------------------------------------------------------------------------------------

refused no_command 'no command'
refused unknown_command "unknown command 'compere'; did you mean 'compare'" compere
refused unknown_command_far "unknown command 'xyzzy'; sv3 --help" xyzzy
refused unknown_option "unknown option '--lnk'; did you mean '--link'" compare "$strict" --lnk 25G
refused unknown_global_option "unknown option '--versoin'" --versoin
refused missing_trace 'TRACE is missing' compare
refused missing_trace_replay 'TRACE is missing' replay
refused missing_value '--link: its value is missing' compare "$strict" --link
# shellcheck disable=SC2046 # words
refused too_many 'one argument too many' compare $(yes "$strict" | head -n 65)
compare_refused stream_twice "both have StreamID 0x8: .*give --stream-offset 0x20" "$strict" "$lazy"
compare_refused stream_too_high "StreamID 0x8 of $lazy would be 0x10007, above 0xffff" \
	"$strict" "$lazy" --stream-offset 0xffff
compare_refused transfer_of_bounce_diff \
	"--policy bounce-diff: .*transfer must be plain; give --transfer plain" \
	"$strict" --policy bounce-diff --transfer xor
compare_refused ats_and_stalls \
	"--policy hybrid: it lives on writes that stall.*give a --policy list without it, or no --ats" \
	"$strict" --policy hw-auto,hybrid --ats
compare_refused bug_without_ats "--bug no-atc-inv: no device is behind an ATC; give --ats" \
	"$strict" --bug no-atc-inv
for bad in 0 -1 4097 1.5 x; do
	compare_refused "atc_entries '$bad'" "--atc-entries: '$bad'" "$strict" --ats --atc-entries "$bad"
done
compare_refused cpu_pattern "unknown pattern of --cpu-writes 'unifrom'; did you mean 'uniform'" \
	"$strict" --cpu-writes unifrom
compare_refused cpu_parameter "unknown parameter of --cpu-writes 'rat'; did you mean 'rate'" \
	"$strict" --cpu-writes uniform:rat=1
compare_refused cpu_no_value "'rate' is not NAME=VALUE" "$strict" --cpu-writes uniform:rate
for bad in rate=0 rate=2G rate= pages=0 pages=x first=-1 writes=1.5 writes=0.001 theta=0 len=4097; do
	compare_refused "cpu $bad" "--cpu-writes: ${bad%%=*}: '${bad#*=}' is not" \
		"$strict" --cpu-writes "zipf:$bad"
done
compare_refused cpu_beyond_guest "ends at page 262145, the guest at page 262144" \
	"$strict" --cpu-writes uniform:first=262144:pages=1
compare_refused cpu_trace "absent.trc" "$strict" --cpu-trace absent.trc
for part in trigger initial increment max; do
	compare_refused "throttle $part" "--throttle-$part: '0' is not a number above 0" \
		"$strict" --throttle cpu "--throttle-$part" 0
done
compare_refused lead_of_faults "--policy dirty-ring: nobody answers .* leave out --lead" \
	"$strict" --policy hw-auto,dirty-ring --lead 1ms
refused trace_and_scenario 'not both' compare "$strict" --scenario fixed-area-10
refused policy_word 'sv3 policy list' policy
refused control_characters "unknown command 'a\\?b'" "$(printf 'a\nb')"
compare_refused unknown_policy "unknown policy 'hw-auot'; did you mean 'hw-auto'" \
	"$strict" --policy hw-auot
compare_refused empty_policy "unknown policy ''" "$strict" --policy hw-auto,
compare_refused policy_twice 'named twice' "$strict" --policy hw-auto,hw-auto
compare_refused unknown_bug "unknown bug 'no-tbli'; did you mean 'no-tlbi'" "$strict" --bug no-tbli
compare_refused bug_of_explore "--bug B13: leaf-only is seeded by another command: sv3 explore merge --bug B13" \
	"$strict" --bug B13
compare_refused bug_of_explore_by_name "sv3 explore clear --bug B18" "$strict" --bug copy-then-clear
compare_refused interrupt_in_ram "record 3 .*covers the interrupt page of 0x8090040" \
	tests/data/traces/interrupt.trc --guest-base 0
compare_refused area_beyond_guest "--guest-mem: the scenario writes 300000 pages" \
	--scenario fixed-area-10:pages=300000 --guest-mem 1G
compare_refused clock_too_small "106 days" --scenario fixed-area-10 --guest-mem 64G --scan-time 1s
compare_refused unknown_scenario "unknown scenario 'fixed'" --scenario fixed
compare_refused bad_scenario "'fixed-area-10:mask=zz'" --scenario fixed-area-10:mask=zz
compare_refused scenario_has_no_iova 'needs a TRACE' --scenario fixed-area-10 --view iova
compare_refused unknown_view "'host' is none of guest\\|iova" "$strict" --view host

refused decode_nothing "nothing to decode; give REGISTER=VALUE" regs --decode
refused decode_no_flag "one argument too many; --decode" regs CR0=1
refused decode_no_value "'CR0' is not REGISTER=VALUE" regs --decode CR0
refused decode_unknown "unknown register 'GERRR'; did you mean 'GERROR'" regs --decode gerrr=1
refused decode_offset "no register stands at offset 0x4000" regs --decode 0x4000=1
refused decode_index "unknown register 'PMCG_SMR64'; did you mean 'PMCG_SMR'" regs --decode PMCG_SMR64=1
refused decode_wide "0x100000000 does not fit: CR0 has 32 bits" regs --decode CR0=0x100000000
for bad in "" -1 0x x 1x 08 0x10000000000000000; do
	refused "decode '$bad'" "is not a number; give it as C writes it" regs --decode "STRTAB_BASE=$bad"
done
refused unknown_profile "unknown profile 'defautl'; did you mean 'default'" regs --profile defautl

refused experiment_word "write sv3 experiment list or a name" experiment
refused experiment_unknown "unknown experiment .thread-00.; did you mean .thread-000." experiment thread-00
refused experiment_parameter "unknown parameter .way.; did you mean .ways." experiment thread-000 way=4
refused experiment_no_parameters "thread-001 has no parameters" experiment thread-001 seed=1
refused experiment_no_value "'ways' is not PARAMETER=VALUE" experiment thread-000 ways
for bad in "" 3 -4 x 32; do
	refused "experiment ways '$bad'" "ways: .*is not a power of two from 1 to 16" \
		experiment thread-000 "ways=$bad"
done
refused experiment_list_more "one argument too many" experiment list thread-000
refused experiment_list_csv "list takes no option but --json" experiment list --csv
refused experiment_two_stdouts "cannot both go to" experiment thread-003 --json - --csv
refused experiment_measure "thread-000 has nothing to measure" experiment thread-000 --measure
refused experiment_unwritable "no/such/folder" experiment thread-003 --json /no/such/folder/x.json

# ---- numbers -------------------------------------------------------------------------------------

compare_refused link_zero "--link: '0' is not a rate above 0; give bit/s such as 25G" \
	"$strict" --link 0
for bad in -1 +1 '' ' 1' 1x 0x10 25GG 1e9 25Gi .5G 1. 99999999999999999999 18446744073709551616G; do
	compare_refused "link '$bad'" '--link' "$strict" --link "$bad"
done
for bad in 5 -1ms 1m 1.0000000000001s 3601s 1h; do
	compare_refused "downtime '$bad'" "--downtime: '$bad'" "$strict" --downtime "$bad"
done
for bad in 0 -1 1K 1.5 1000001 4294967296; do
	compare_refused "max_rounds '$bad'" "--max-rounds: '$bad'" "$strict" --max-rounds "$bad"
done
for bad in 0 -2 0.0000001 x; do
	compare_refused "time_scale '$bad'" "--time-scale: '$bad'" "$strict" --time-scale "$bad"
done
for bad in 0 5000 4097 1P 100T; do
	compare_refused "guest_mem '$bad'" 'guest-mem' "$strict" --guest-mem "$bad"
done
compare_refused guest_base_misaligned 'not a multiple of 4096' "$strict" --guest-base 0x40000001
compare_refused chunk_shift "--chunk-shift: '41'" "$strict" --chunk-shift 41
compare_refused tlb_entries "--tlb-entries: '3'" "$strict" --tlb-entries 3
compare_refused link_too_slow 'longer than 106 days' "$strict" --link 1

# ---- traces --------------------------------------------------------------------------------------

header=time_ns,sid,op,iova,len,pa,aux
: >"$SV3_TMP/empty.csv"
echo "$header" >"$SV3_TMP/header.csv"
printf '%s\n%s\n' "$header" 0,0x8,W,0x1000,64 >"$SV3_TMP/short.csv"
printf '%s\n%s\n' "${header%,aux},class" 0,0x8,W,0x1000,64,0x40001000,data >"$SV3_TMP/column.csv"
printf '%s\n%s\n' "$header" 0,0x8,W,0x1000,-64,0x40001000,data >"$SV3_TMP/value.csv"
printf '%s\n' "$header" 0,0x8,MAP,0x1000,4096,0x40001000,rw 5,,SYNC,,,, >"$SV3_TMP/idle.csv"
printf '%s\n' "$header" 0,0x8,W,0x1000,64,0x40001000,data 9,0x8,W,0x1000,64,0x9000,data \
	>"$SV3_TMP/below.csv"
printf '%s\n' "$header" 0,0x8,W,0x1000,64,0x40001000,data >"$SV3_TMP/nomap.csv"
echo 'this is a shopping list: eggs, milk' >"$SV3_TMP/not.log"
size=$(wc -c <"$strict")
head -c $((size / 2)) "$strict" >"$SV3_TMP/truncated.s3t"
{
	head -c $((size / 3)) "$strict"
	printf '\377\000\377'
	tail -c +$((size / 3 + 4)) "$strict"
} >"$SV3_TMP/flipped.s3t"

for file in empty.csv header.csv short.csv column.csv value.csv not.log truncated.s3t flipped.s3t \
	absent.csv; do
	for command in compare replay; do
		refused "$command $file" "$file" "$command" "$SV3_TMP/$file"
	done
done
refused a_folder "$samples" compare "$samples"
refused idle 'no R or W row' compare "$SV3_TMP/idle.csv"
compare_refused below_guest 'record 1 .*W at 0x9000 is outside .*--guest-base' "$SV3_TMP/below.csv"
compare_refused above_guest 'outside guest RAM .*--guest-mem such as 1G' "$strict" --guest-mem 16M
refused above_guest_replay 'outside guest RAM .*--guest-mem such as 1G' \
	replay "$strict" --guest-mem 16M
refused no_map 'no MAP row' replay "$SV3_TMP/nomap.csv"

# ---- output --------------------------------------------------------------------------------------

scenario='--scenario fixed-area-10:pages=1 --policy hw-auto'
# shellcheck disable=SC2086 # words
for path in "$SV3_TMP/nowhere/r.json" "$SV3_TMP/not.log/r.json" "$SV3_TMP"; do
	refused "unwritable ${path##*"$SV3_TMP"}" 'cannot write' compare $scenario --json "$path"
done
# shellcheck disable=SC2086
refused half_unwritable 'cannot write' compare $scenario --json "$SV3_TMP/results/r.json" \
	--csv "$SV3_TMP/nowhere/r.csv"
# shellcheck disable=SC2086
refused both_to_stdout 'cannot both' compare $scenario --json - --csv -
if [ -e /dev/full ]; then
	# shellcheck disable=SC2086
	refused full_device 'No space left' compare $scenario --csv /dev/full
	status=0
	"$SV3" regs >/dev/full 2>"$err" || status=$?
	if [ "$status" -eq 1 ] && grep -q 'cannot write standard output' "$err"; then
		pass full_stdout
	else
		fail full_stdout "exit status $status" "$err"
	fi
fi

# A file that is there stays as it was when something goes wrong, and is replaced when nothing does.
echo old >"$SV3_TMP/kept.csv"
run "$SV3" compare "$SV3_TMP/empty.csv" --csv "$SV3_TMP/kept.csv"
if [ "$(cat "$SV3_TMP/kept.csv")" = old ]; then
	pass keeps_old_file
else
	fail keeps_old_file lost
fi
# shellcheck disable=SC2086
run "$SV3" compare $scenario --csv "$SV3_TMP/kept.csv"
if [ "$status" -eq 0 ] && [ "$(head -c 7 "$SV3_TMP/kept.csv")" = policy, ]; then
	pass replaces_old_file
else
	fail replaces_old_file "exit status $status" "$err"
fi

# ---- exit status 2 -------------------------------------------------------------------------------

run "$SV3" compare "$strict" --policy hw-auto --bug no-tlbi --link 1G --time-scale 0.01 --json -
if [ "$status" -eq 2 ] && grep -q '"why"' "$out"; then
	pass lost_pages_are_status_2
else
	fail lost_pages_are_status_2 "exit status $status" "$out"
fi
cp "$out" "$SV3_TMP/by_name"
run "$SV3" compare "$strict" --policy hw-auto --bug B02 --link 1G --time-scale 0.01 --json -
if [ "$status" -eq 2 ] && cmp -s "$out" "$SV3_TMP/by_name"; then
	pass bug_by_number
else
	fail bug_by_number "exit status $status" "$out"
fi

# ---- side by side --------------------------------------------------------------------------------

# Results do not depend on how many policies run at a time.
for jobs in 1 3 64; do
	run "$SV3" compare "$strict" --policy all --link 10G --time-scale 0.1 --csv - -j "$jobs"
	cp "$out" "$SV3_TMP/jobs-$jobs.csv"
done
if [ "$(wc -l <"$SV3_TMP/jobs-1.csv")" -gt 20 ] && cmp -s "$SV3_TMP/jobs-1.csv" "$SV3_TMP/jobs-3.csv" &&
	cmp -s "$SV3_TMP/jobs-1.csv" "$SV3_TMP/jobs-64.csv"; then
	pass jobs_change_nothing
else
	fail jobs_change_nothing "differ, or nothing came" "$SV3_TMP/jobs-3.csv"
fi
compare_refused jobs_none "-j: '0'" "$strict" -j 0
