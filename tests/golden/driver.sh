#!/bin/sh
# SPDX-License-Identifier: MIT
#
# driver.sh - traces in the driver's view: what UNMAP rows and interrupt pages do to counts and to parts of a trace.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc

# resent POLICY: pages_resent and pages_redundant of a migration in which a page is unmapped before its clear
resent() {
	"$SV3" compare tests/data/traces/unmapped-between.trc --view iova --guest-mem 1M --downtime 0ms \
		--policy "$1" --csv - | awk -F , 'NR == 2 { print $5, $6 }'
}

for policy in hw-auto hw-manual hw-manual-chunk hw-manual-page; do
	if [ "$(resent "$policy")" = '1 0' ]; then
		pass "unmapped_before_its_clear_is_sent_once_$policy"
	else
		fail "unmapped_before_its_clear_is_sent_once_$policy" "resent, redundant: $(resent "$policy")"
	fi
done

part=$SV3_TMP/part.s3t
run "$SV3" trace cut "$lazy" "$part" --from 50820 --count 4000
run "$SV3" replay "$part" --view iova
if [ "$status" -eq 0 ]; then
	pass part_without_interrupts_stands_alone
else
	fail part_without_interrupts_stands_alone "exit status $status" "$err"
fi
