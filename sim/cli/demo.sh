#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh SV3 FOLDER - migrate a guest under a real DMA trace, by the usual policies, and say what came out.
# The sentences are made from the results: other parameters give other sentences.
set -eu

sv3=${1:-build/sv3}
folder=${2:-build/demo}
trace=traces/samples/nvme-rand-strict.s3t
results=$(mktemp)
trap 'rm -f "$results"' EXIT

# show OPTION... - the command, its table, and its numbers into $results
show() {
	echo "\$ $sv3 compare $trace${*:+ $*}"
	"$sv3" compare "$trace" --csv "$results" "$@"
	echo
}

# In plain words: what the policies that track dirt in hardware cost against each other.
sentence() {
	awk -F , '
	function grouped(n,  text) {
		for (; n >= 1000; n = int(n / 1000))
			text = sprintf(",%03d%s", n % 1000, text)
		return n text
	}
	function against(policy,  less) {
		less = resent["hw-auto"] - resent[policy]
		if (less == 0)
			return "just as many"
		return grouped(less < 0 ? -less : less) (less > 0 ? " fewer" : " more")
	}
	NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	{
		resent[$1] = $column["pages_resent"]
		redundant[$1] = $column["pages_redundant"]
		tlbi[$1] = $column["tlbi"]
		downtime[$1] = $column["downtime_ns"] / 1000000
		lost += $1 ~ /^hw-/ ? $column["pages_lost"] : 0
	}
	END {
		printf "In words: auto-clear sent %s pages again, %s of them needlessly; ",
			grouped(resent["hw-auto"]), grouped(redundant["hw-auto"])
		printf "one manual clear a round sent %s; ", against("hw-manual")
		printf "clearing each page right before its copy sent %s ", against("hw-manual-page")
		printf "(%s needlessly), with %s invalidations instead of %s ",
			grouped(redundant["hw-manual-page"]),
			grouped(tlbi["hw-manual-page"]), grouped(tlbi["hw-auto"])
		printf "and %.1f ms of downtime instead of %.1f ms; ",
			downtime["hw-manual-page"], downtime["hw-auto"]
		print (lost ? grouped(lost) " pages were lost." : "no page was lost.")
	}' "$results" | fold -s -w 100 | sed "s,  *$,,"
	echo
}

echo "A real trace: a Linux guest, an NVMe disk, random I/O (traces/samples/README.md)."
echo
echo "1. The default setting: a fast link, the times of the trace as recorded."
show
sentence
echo "2. A slower link, and the same I/O in 3 % of the time: pages get dirty while others are sent."
show --link 1G --time-scale 0.03 --report "$folder"
sentence
