#!/bin/sh
# SPDX-License-Identifier: MIT
#
# explore.sh BUILD [SOURCE] - a suite: the driver of Linux on the explorer. What it does as it is, what it does
# with an explicit flush behind each clear, and whether one store that passes its barrier is found.
set -u
. sim/linux/suite.sh
build linux/explore release linux-command "$1" "${2-}"
echo "Linux ${folder##*/}"
failed=0

row() { # NAME EXPECTED SEEN
	if [ "$2" = "$3" ]; then
		echo "ok linux/explore/$1: expected $2, seen $3"
	else
		echo "FAIL linux/explore/$1: expected $2, seen $3"
		sed 's/^/    /' "$SV3_TMP/out"
		failed=1
	fi
}

# explore ARGUMENTS: $found is the rule that was broken or "nothing", $how how much was explored
explore() {
	"$program" explore "$@" >"$SV3_TMP/out" 2>&1
	status=$?
	found=$(sed -n 's/^rule  *\([a-z-]*\) .*/\1/p' "$SV3_TMP/out")
	[ -n "$found" ] || found=nothing
	[ $status -eq 2 ] || [ $status -eq 0 ] || found="status $status"
	how=$(awk -v name="$1" '$1 == name { print $7 }' "$SV3_TMP/out")
}
says() { # PATTERN: how often a line of the story or the finding has it
	grep -c "$1" "$SV3_TMP/out"
}

# The driver as it is: iommufd's round, a TLB that keeps dirty state.
explore collect --driver linux --save "$SV3_TMP/schedule"
row 'a dirty round, as it is' lost "$found"
row 'the write that is lost hits the TLB' 1 "$(says 'writes page [01]: TLB hit')"
explore --replay "$SV3_TMP/schedule"
row 'the schedule, saved and replayed' lost "$found"
explore collect --driver linux --monitor
row 'the same with the monitor' owed "$found"
row 'which names what is missing' 1 "$(says 'was cleaned: .* no TLBI that covers it was sent')"
for scenario in block many-pages two-devices tracking; do
	explore $scenario --driver linux
	row "$scenario, as it is" lost "$found"
done

# With iommu_flush_iotlb_all() behind each clear: every order, with the monitor.
for scenario in collect block many-pages tracking restart stop unmap-reuse; do
	explore $scenario --driver linux-flushed --monitor
	row "$scenario, flushed" 'nothing in all' "$found in $how"
done
for scenario in two-devices collect-cold two-cpus queue-wrap; do
	explore $scenario --driver linux-flushed --mode pct --schedules 20000
	row "$scenario, flushed" 'nothing in drawn' "$found in $how"
done

# What Linux does not promise, and says so in its interface.
explore late-map --driver linux-flushed
row 'leaves are born dirty' over-report "$found"
explore unmap --driver linux-flushed --mode pct --schedules 100000
row 'a write between the last bitmap and the unmap' lost "$found"

# The ioctl returns 0 for a range with a hole, and leaves out what is behind it (case dirty_hole).
explore hole --driver linux-flushed
row 'a range with a hole' lost "$found"

# A device goes on while its domain is replaced by another: the CD is invalid in between.
explore structures --driver linux-flushed
row 'a domain is replaced' structure "$found"

# A command of which one store passes dma_wmb().
explore collect --driver linux-reordered
row 'a store that is late' hang "$found"
explore two-cpus --driver linux-reordered --mode pct
row 'a store that is late, two CPUs' hang "$found"

explore collect --driver linux --mode merged
row 'states are not merged' 'status 1' "$found"
explore nosuch --driver linux
row 'a remedy names this program' 1 "$(says 'sv3-linux explore --list')"
explore collect --driver linux-flushed --measure
echo "  linux/explore: $(awk '$1 == "collect" { print $2 " schedules of up to " $4 " steps, " $NF " a second" }' "$SV3_TMP/out")"
exit $failed
