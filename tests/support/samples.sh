#!/bin/sh
# SPDX-License-Identifier: MIT
#
# samples.sh - is every sample trace read by the command?
set -u

found=
for trace in $(find traces/samples -type f 2>/dev/null |
	grep -E '\.(trc|s3t|csv|log)(\.xz|\.zst)?$' | sort); do
	found=1
	if details=$("$SV3" trace info "$trace" 2>&1); then
		echo "ok samples/${trace##*/}"
	else
		echo "FAIL samples/${trace##*/}"
		printf '%s\n' "$details" | sed 's/^/    /'
	fi
done
[ -n "$found" ] || echo 'skip samples: none in traces/samples'
