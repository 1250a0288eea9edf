#!/bin/sh
# SPDX-License-Identifier: MIT
#
# monitor.sh - the monitor in the runs of the command: silent beside software that is right, which it does not
# change, and not beside seeded mistakes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc

# rules <text: the rules that were broken, sorted, one a line
rules() {
	sed -n 's/^[[:space:]]*"rule":[[:space:]]*"\([^"]*\).*/\1/p' | sort -u | tr '\n' ' '
}

# silent NAME COMMAND...: exit status 0, and no finding
silent() {
	name=$1
	shift
	run "$SV3" "$@"
	broken=$(rules <"$out")
	if [ "$status" -eq 0 ] && [ -z "$broken" ] && grep -q '"findings"' "$out"; then
		pass "$name"
	else
		fail "$name" "status $status, $broken" "$err"
	fi
}

# named NAME RULES COMMAND...: exit status 2, and these rules
named() {
	name=$1
	expected=$2
	shift 2
	run "$SV3" "$@"
	broken=$(rules <"$out")
	if [ "$status" -eq 2 ] && [ "$broken" = "$expected " ]; then
		pass "$name"
	else
		fail "$name" "status $status, rules: $broken" "$err"
	fi
}

# ---- software that is right -----------------------------------------------------------------------

for sample in "$strict" "$lazy" "$receive" "$samples/nvme-seq-strict.s3t"; do
	for view in guest iova; do
		silent "replay_$(basename "$sample" .s3t)_$view" replay "$sample" --view $view --monitor --json
	done
	silent "replay_$(basename "$sample" .s3t)_timed" replay "$sample" --timed --monitor --json
done

for view in guest iova; do
	silent "all_policies_$view" compare "$receive" --policy all --view $view --monitor --json -
	silent "all_policies_dense_$view" compare "$lazy" --policy all --view $view --time-scale 0.01 --monitor --json -
done
silent all_policies_nvme compare "$strict" --policy all --view iova --monitor --json -
for invalidation in strict deferred; do
	silent "invalidation_$invalidation" compare "$lazy" --view iova --invalidation $invalidation --monitor --json -
done
for scenario in fixed-area-10 fixed-area-10:mask=0x3ff fixed-area-endless; do
	silent "scenario_$scenario" compare --scenario $scenario --policy all --monitor --json -
done
silent ats compare "$receive" --policy hw-auto,hw-manual-page --ats --monitor --json -
silent timed compare "$receive" --policy hw-auto,pml --timed --monitor --json -
for bbml in 0 1 2; do
	for leaf in split-start split-dirty merge-stop; do
		silent "leaf_${leaf}_bbml_$bbml" compare "$receive" --policy hw-auto,hw-manual-page --leaf $leaf \
			--leaf-size 2M --bbml $bbml --monitor --json -
	done
done

# ---- seeded mistakes ------------------------------------------------------------------------------

named ignore_tlbi 'break-before-make dma-through-stale' replay "$strict" --ignore-tlbi --monitor --json
named no_tlbi 'dma-through-stale missing-tlbi' compare "$receive" --policy hw-auto --bug no-tlbi --monitor --json -
named copy_before_sync 'copy-before-sync' compare --scenario fixed-area-10 --policy hw-auto,hw-manual,pml \
	--bug copy-before-sync --monitor --json -
named no_atc_inv 'dma-through-stale missing-atc-inv' compare "$receive" --policy hw-auto --ats --bug no-atc-inv \
	--monitor --json -

run "$SV3" compare "$receive" --policy hw-auto --bug no-tlbi --monitor
if [ "$status" -eq 2 ] && sed -n '/^monitor/,$p' "$out" | diff - tests/golden/expected/monitor.txt >"$SV3_TMP/diff"; then
	pass words
else
	fail words "status $status" "$SV3_TMP/diff"
fi

# ---- it changes nothing ---------------------------------------------------------------------------

# without_monitor <text: JSON but for the object of the monitor
without_monitor() {
	awk '/"monitor":/ { skipping = 1 } !skipping; skipping && /^\t*}/ && !/\]/ { skipping = 0 }' |
		tr -d ',' | grep -v '^[[:space:]]*}$'
}

same() {
	name=$1
	shift
	"$SV3" "$@" 2>/dev/null | without_monitor >"$SV3_TMP/plain"
	"$SV3" "$@" --monitor 2>/dev/null | without_monitor >"$SV3_TMP/monitored"
	if [ -s "$SV3_TMP/plain" ] && diff "$SV3_TMP/plain" "$SV3_TMP/monitored" >"$SV3_TMP/diff"; then
		pass "$name"
	else
		fail "$name" 'the figures differ' "$SV3_TMP/diff"
	fi
}

same replay_is_the_same replay "$lazy" --json
same timed_replay_is_the_same replay "$receive" --timed --json
same compare_is_the_same compare "$strict" --view iova --policy all --json -

# ---- wrong ----------------------------------------------------------------------------------------

run "$SV3" replay "$receive" --monitor=yes
if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && [ ! -s "$out" ]; then
	pass no_value
else
	fail no_value "status $status" "$err"
fi
