#!/bin/sh
# SPDX-License-Identifier: MIT
#
# shared.sh - the whole capture that the samples come from, where it is at hand: $SV3_SHARED/traces,
# or ../shared/traces. A clone does not need it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
traces=${SV3_SHARED:-../shared}/traces

# Distinct physical pages written, MSI apart, as the capture's own README has them.
pages_written='
nvme-seq-strict 131249
nvme-rand-strict 14571
nvme-rand-lazy 14586
nic-rx-strict 2216
mixed-lazy 768'

echo "$pages_written" | while read -r name pages; do
	[ -n "$name" ] || continue
	file=$traces/$name.csv.xz
	if ! [ -e "$file" ]; then
		skip "$name" "${SV3_SHARED:-../shared} is absent"
		continue
	fi
	run "$SV3" replay "$file" --view iova --json
	if [ "$status" -eq 0 ] && [ "$(json pa_mismatches <"$out")" = 0 ] &&
		[ "$(json faults <"$out")" = 0 ]; then
		pass "$name/replay"
	else
		fail "$name/replay" "exit status $status" "$err"
	fi
	run "$SV3" replay "$file" --view iova --ignore-tlbi --json
	if [ "$status" -eq 2 ] && [ "$(json pa_mismatches <"$out")" -gt 0 ]; then
		pass "$name/replay without TLBI fails"
	else
		fail "$name/replay without TLBI fails" "exit status $status" "$err"
	fi
	run "$SV3" compare "$file" --policy hw-auto --max-rounds 1 --json -
	if [ "$status" -eq 0 ] && [ "$(json pages_touched <"$out")" = "$pages" ]; then
		pass "$name/pages_touched"
	else
		fail "$name/pages_touched" "exit status $status, $(json pages_touched <"$out"), not $pages" "$err"
	fi
done
