#!/bin/sh
# SPDX-License-Identifier: MIT
#
# golden.sh - output is byte for byte what tests/golden/expected holds; UPDATE=1 rewrites it.
# And the sample traces replay as recorded, which ignoring the driver's TLBIs must break.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
expected=tests/golden/expected

# golden NAME STATUS ARGUMENT...: stdout is expected/NAME; twice, as nothing may depend on the host
golden() {
	name=$1 wanted=$2
	shift 2
	run "$SV3" "$@"
	if [ "$status" -ne "$wanted" ]; then
		fail "$name" "exit status $status, not $wanted" "$err"
		return
	fi
	cp "$out" "$SV3_TMP/first"
	run "$SV3" "$@"
	if ! cmp -s "$out" "$SV3_TMP/first"; then
		fail "$name" 'two runs differ'
		return
	fi
	if [ -n "${UPDATE-}" ]; then
		cp "$out" "$expected/$name"
	fi
	if diff -u "$expected/$name" "$out" >"$SV3_TMP/diff" 2>&1; then
		pass "$name"
	else
		fail "$name" \
			'differs from what is expected; if it should: make check-golden UPDATE=1' "$SV3_TMP/diff"
	fi
}

# without_host NAME ARGUMENT...: likewise, but for the rows that the host's clock has a part in
without_host() {
	name=$1
	shift
	run "$SV3" "$@"
	grep -v ' on this host ' "$out" >"$SV3_TMP/rest"
	[ -z "${UPDATE-}" ] || cp "$SV3_TMP/rest" "$expected/$name"
	if [ "$status" -ne 0 ]; then
		fail "$name" "exit status $status" "$err"
	elif diff -u "$expected/$name" "$SV3_TMP/rest" >"$SV3_TMP/diff" 2>&1; then
		pass "$name"
	else
		fail "$name" 'differs from what is expected' "$SV3_TMP/diff"
	fi
}

dense="--link 1G --time-scale 0.03"
hardware=hw-auto,hw-manual,hw-manual-chunk,hw-manual-page

golden policy-list.txt 0 policy list
golden policy-list.json 0 policy list --json
golden scenario-list.txt 0 scenario list
golden bug-list.txt 0 bug list
golden regs.txt 0 regs
golden regs-full.txt 0 regs --profile full
golden regs-profiles.txt 0 regs --profile list
golden regs-decode.txt 0 regs --decode IDR0=0x84c109b smmu_cr0=015 CMDQ_BASE=0x4000000040130003 \
	0x9c=0x1000009 GERROR=0x11UL GERRORN=1 PMCG_EVTYPER3=0x80000007 CR2=0x80000002
golden regs-decode.json 0 regs --decode GBPA=0x101000 STRTAB_BASE_CFG=0x10210 --json
golden compare-strict.txt 0 compare "$strict"
golden compare-strict.json 0 compare "$strict" --json -
# shellcheck disable=SC2086 # words, here and below
golden compare-strict-dense.csv 0 compare "$strict" --policy $hardware $dense --csv -
# shellcheck disable=SC2086
golden compare-strict-dense-iova.csv 0 compare "$strict" --policy $hardware $dense \
	--view iova --csv -
# shellcheck disable=SC2086
golden compare-lazy-dense.txt 0 compare "$lazy" --policy $hardware $dense \
	--downtime 5ms --max-rounds 8
golden compare-lazy-iova.json 0 compare "$lazy" --view iova --policy hw-auto,hw-manual-page \
	--time-scale 0.01 --downtime 1ms --json -
for locale in C C.UTF-8; do
	# shellcheck disable=SC2030,SC2031,SC2086 # for this command alone
	(export LC_ALL=$locale; golden "compare-plot-$locale.txt" 0 compare "$strict" --policy pinned-scope,$hardware $dense --plot)
done
golden compare-lost.txt 2 compare "$strict" --policy hw-auto --bug no-tlbi \
	--link 1G --time-scale 0.01
# shellcheck disable=SC2086
golden compare-ats.txt 0 compare "$strict" --policy $hardware,pml $dense --ats
golden compare-ats-iova.csv 0 compare "$lazy" --view iova --policy hw-auto,hw-manual-chunk,pml \
	--ats --atc-entries 8 --flush all --time-scale 0.01 --csv -
# shellcheck disable=SC2086
golden compare-ats-lost.txt 2 compare "$strict" --policy hw-auto,pml $dense --ats --bug no-atc-inv
golden compare-contents.csv 0 compare "$strict" --policy hw-auto,hw-manual-page --contents \
	--time-scale 0.01 --csv -
golden scenario.csv 0 compare --scenario fixed-area-10:mask=0x0aa:pages=16 --csv -
golden scenario-ats.json 0 compare --scenario fixed-area-10:mask=0x0aa:pages=16 --ats --policy hw-auto \
	--json -
golden scenario-endless.csv 0 compare --scenario fixed-area-endless --csv -
golden compare-two.csv 0 compare "$strict" "$lazy" --stream-offset 0x100 --view iova \
	--policy hw-auto,hw-manual-page --time-scale 0.01 --csv -
golden compare-cpu.csv 0 compare --scenario fixed-area-10 --policy hw-auto,guest-mark --contents \
	--cpu-writes uniform:rate=2M/s:pages=512:first=64 --cpu-writes fixed:rate=100k/s:pages=8 \
	--csv -
golden compare-lead.csv 0 compare "$strict" --policy hw-auto,hw-manual --time-scale 0.01 \
	--lead 5ms --downtime 1ms --csv -
golden replay-strict.json 0 replay "$strict" --json
golden replay-lazy.json 0 replay "$lazy" --json
golden replay-lazy-guest.json 0 replay "$lazy" --view guest --tlb-entries 64 --json
golden timing.txt 0 timing
golden timing-gem5.json 0 timing gem5 --json
golden replay-timed.json 0 replay "$receive" --timed --json
golden replay-timed-closed.json 0 replay "$receive" --timed --closed-loop --seed 7 --preset intel-bdw --json
golden compare-timed.txt 0 compare "$receive" --timed --time-scale 0.01 --policy hw-auto,hw-manual,write-protect,dirty-ring --link 10G
golden compare-timed.json 0 compare "$receive" --timed --closed-loop --preset agilex5-mmu600 --set sw.contention_permille=20000 \
	--policy hw-auto,hw-manual-chunk --link 100G --guest-mem 1G --json -
# Of text, all but what the host took.
for locale in C C.UTF-8; do
	# shellcheck disable=SC2030,SC2031 # for this command alone
	(export LC_ALL=$locale; without_host "replay-timed-$locale.txt" replay "$receive" --timed --closed-loop --plot \
		--view guest --set tbu.slots=4 --set tbu.write_beats=256)
done
golden experiment-list.txt 0 experiment list
golden experiment-list.json 0 experiment list --json -
golden experiment-000.txt 0 experiment thread-000
golden experiment-000-small.txt 0 experiment thread-000 size=64 cache=64K ways=2 pages=40 in-flight=7 seed=9
golden experiment-001.txt 0 experiment thread-001
golden experiment-001.json 0 experiment thread-001 --json -
golden experiment-002.txt 0 experiment thread-002
golden experiment-002-small.csv 0 experiment thread-002 pages=3 rounds=2 --csv
golden experiment-003.txt 0 experiment thread-003
golden experiment-003.csv 0 experiment thread-003 writes=1000 --csv
golden experiment-004.txt 0 experiment thread-004

# The same rows as JSON: as many, and each whole.
run "$SV3" experiment thread-002 pages=3 rounds=2 --json -
rows=$(($(wc -l <"$expected/experiment-002-small.csv") - 1))
judged=$(grep -c ',true,' "$expected/experiment-002-small.csv")
if [ "$status" -eq 0 ] && [ "$(grep -c '"measured":' "$out")" -eq "$rows" ] &&
	[ "$(grep -c '"passed":	true' "$out")" -eq "$judged" ]; then
	pass experiment-002-small.json
else
	fail experiment-002-small.json "exit status $status, not $rows rows" "$out"
fi

# ---- the samples, as recorded --------------------------------------------------------------------

for trace in "$samples"/*.s3t; do
	name=$(basename "$trace" .s3t)
	run "$SV3" replay "$trace" --view iova --json
	if [ "$status" -eq 0 ] && [ "$(json pa_mismatches <"$out")" = 0 ] &&
		[ "$(json faults <"$out")" = 0 ]; then
		pass "replay $name"
	else
		fail "replay $name" "exit status $status" "$err"
	fi
	run "$SV3" replay "$trace" --view iova --ignore-tlbi --json
	if [ "$status" -eq 2 ] && [ "$(json pa_mismatches <"$out")" -gt 0 ]; then
		pass "replay $name without TLBI fails"
	else
		fail "replay $name without TLBI fails" "exit status $status" "$out"
	fi
done

# ---- figures of the host -------------------------------------------------------------------------

# They come on top: all other rows are what they are without.
run "$SV3" experiment thread-001 --csv
cp "$out" "$SV3_TMP/plain"
run "$SV3" experiment thread-001 --measure --csv
grep -v ',host,' "$out" >"$SV3_TMP/rest"
if [ "$status" -eq 0 ] && cmp -s "$SV3_TMP/plain" "$SV3_TMP/rest" &&
	[ "$(grep -c ',host,,[0-9.]*[1-9]' "$out")" -eq 11 ]; then
	pass 'experiment thread-001 --measure'
else
	fail 'experiment thread-001 --measure' "exit status $status" "$out"
fi
