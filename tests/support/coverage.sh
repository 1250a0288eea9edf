#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coverage.sh BUILD - line coverage after the tests of the cov flavour ran: a table per source file.
set -eu
build=$1

find "$build/obj" -name '*.gcno' ! -path "$build/obj/tests/*" | sort |
	while read -r notes; do
		gcov -n -o "$(dirname "$notes")" "$notes" 2>/dev/null || :
	done |
	awk '
	/^File / { file = $2; gsub(/\047/, "", file) }
	# Headers are seen once per includer and would be counted so; only sources are listed.
	/^Lines executed:/ && file ~ /\.c$/ {
		split($2, part, /[:%]/)
		printf "%6.2f %% of %5d lines  %s\n", part[2], $4, file
		hit += part[2] * $4 / 100
		all += $4
		file = ""
	}
	END { if (all) printf "%6.2f %% of %5d lines  in all\n", 100 * hit / all, all }'

if command -v lcov >/dev/null && command -v genhtml >/dev/null; then
	lcov -q -c -d "$build" --no-external -b . -o "$build/lcov.info"
	genhtml -q "$build/lcov.info" -o "$build/html"
	echo "$build/html/index.html"
fi
